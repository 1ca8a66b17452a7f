// TreeTail: what a value has beside the elements of its tree, and what follows them in its payload:
// the consumer groups of a stream.
//
// It belongs to the tree and is frozen with it: while the tree is shared nobody changes it, and the
// copy that is written to gets a copy of the tail, which shares what is large.

#ifndef BASALT_ENGINE_VALUE_TREE_TAIL_H_
#define BASALT_ENGINE_VALUE_TREE_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace engine {

class CountedTree;

// How far a payload has been made; the numbers are the tail's.
struct TailPosition {
  uint64_t part = 0;
  uint64_t group = 0;
  uint64_t consumer = 0;
  uint64_t rank = 0;
};

class TreeTail {
 public:
  virtual ~TreeTail() = default;

  virtual TreeTail* copy() const = 0;
  // Frees at most about so many pages; true when the rest may be deleted. Nothing else is called
  // then.
  virtual bool release_step(size_t pages_max) = 0;
  virtual uint64_t allocated_bytes() const = 0;
  virtual uint64_t payload_bytes_max() const = 0;
  // Appends the next piece, at most some KiB; false at the end. Any thread while the tree is
  // frozen.
  virtual bool append_payload(const CountedTree& tree, TailPosition* at, std::string* to) const = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_TREE_TAIL_H_
