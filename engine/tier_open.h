// What the tier is built from, and how its parts follow the options.

#ifndef BASALT_ENGINE_TIER_OPEN_H_
#define BASALT_ENGINE_TIER_OPEN_H_

#include <memory>
#include <string>

#include "base/result.h"
#include "engine/tier.h"

namespace engine {

class Engine;

// Opens log store and index in `tier-dir`, which it locks and empties. Blocks; for start-up. The
// text of the error is complete for the log.
base::Result<std::unique_ptr<Tier>> open_tier(Engine& engine, std::string* message);
// After a change of options: depths, limits and caches.
void apply_tier_options(Engine& engine);
// Every 100 ms: figures of the index, recovery from errors.
void sample_tier(Engine& engine);

}  // namespace engine

#endif  // BASALT_ENGINE_TIER_OPEN_H_
