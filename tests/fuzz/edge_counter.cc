#include "tests/fuzz/edge_counter.h"

#include <cstdint>
#include <vector>

namespace fuzz {

namespace {

// One bit per code address, by its distance from the hook; code further away shares bits.
constexpr size_t kBits = size_t{1} << 24;

struct Edges {
  std::vector<uint64_t> bits = std::vector<uint64_t>(kBits / 64);
  size_t count = 0;
};

Edges& edges() {
  // The compiler's hook has no other place for state; destructors call it, so it is never freed.
  static Edges& the_edges = *new Edges;
  return the_edges;
}

}  // namespace

size_t edges_seen() { return edges().count; }

}  // namespace fuzz

extern "C" void __sanitizer_cov_trace_pc() {
  const auto here = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  const auto base = reinterpret_cast<uintptr_t>(&fuzz::edges_seen);
  const size_t bit = (here - base) % fuzz::kBits;
  fuzz::Edges& edges = fuzz::edges();
  uint64_t& word = edges.bits[bit / 64];
  const uint64_t mask = uint64_t{1} << (bit % 64);
  edges.count += (word & mask) == 0;
  word |= mask;
}
