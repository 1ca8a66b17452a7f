// Eviction: deleting keys by maxmemory-policy, where no tier can take them.

#ifndef BASALT_ENGINE_EVICTION_H_
#define BASALT_ENGINE_EVICTION_H_

#include <cstdint>

namespace engine {

class Engine;

// Deletes keys until the budget has room for `bytes` more, sampling maxmemory-samples of them for
// each. False when the policy is noeviction, nothing is left to delete, or too much would have to
// go at once for this turn.
bool evict(Engine& engine, uint64_t bytes);

}  // namespace engine

#endif  // BASALT_ENGINE_EVICTION_H_
