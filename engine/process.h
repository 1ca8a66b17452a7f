// What the engine asks of its process.

#ifndef BASALT_ENGINE_PROCESS_H_
#define BASALT_ENGINE_PROCESS_H_

#include <cstdint>

namespace engine {

// The resident set, from /proc/self/statm; 0 when it cannot be read.
uint64_t resident_bytes();
// The highest resident set since the start, or since it was reset through /proc/self/clear_refs.
uint64_t resident_peak_bytes();

}  // namespace engine

#endif  // BASALT_ENGINE_PROCESS_H_
