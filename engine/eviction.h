// Eviction: deleting keys by maxmemory-policy, where no tier can take them.

#ifndef BASALT_ENGINE_EVICTION_H_
#define BASALT_ENGINE_EVICTION_H_

#include <cstdint>

namespace engine {

class Engine;

// Deletes keys until the budget has room for `bytes` more, sampling maxmemory-samples of them for
// each. False when the policy is noeviction or nothing is left to delete. One call deletes a
// bounded number; where that is not enough it returns true as Redis does, and the next goes on.
bool evict(Engine& engine, uint64_t bytes);

}  // namespace engine

#endif  // BASALT_ENGINE_EVICTION_H_
