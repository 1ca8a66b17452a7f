// How much of the code under test an input reached: the hook that -fsanitize-coverage=trace-pc
// calls at the beginning of every basic block, with g++ and clang alike.

#ifndef BASALT_TESTS_FUZZ_EDGE_COUNTER_H_
#define BASALT_TESTS_FUZZ_EDGE_COUNTER_H_

#include <cstddef>

namespace fuzz {

// Distinct places passed since the start.
size_t edges_seen();

}  // namespace fuzz

#endif  // BASALT_TESTS_FUZZ_EDGE_COUNTER_H_
