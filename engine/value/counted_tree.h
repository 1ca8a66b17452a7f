// CountedTree: a large aggregate as a B+tree of pages that know how many elements lie below them.
//
//     CountedTree (refs, root, sizes) --> inner pages --> leaves, big pages (tree_page.h)
//
// An element is a run of bytes that begins with its key, in an encoding of which no key is the
// beginning of another (RDB strings are), or that is its key as a whole (TreeProbe::whole).
// Elements are in the order of (tag, key bytes), where the tag is a number that the caller makes
// from the key: the upper half of its hash for hashes and sets, so that the order is one that
// clients cannot choose. So members are found by tag with a glance at the key, an iteration can go
// on at a tag whatever changed meanwhile, and the counts give ranks and uniformly random elements
// in O(log n).
//
// A full leaf shares with its neighbour, and only two full ones become three: pages filled in any
// order are about four fifths full, in ascending order full. An element longer than
// TreePage::kElementBytesMax has a page of its own.
//
// Lists and streams have nodes of many elements in place of elements: tree_nodes.h.
//
// freeze() shares the whole tree in O(1). The first write after it makes a root of its own and then
// copies the pages on its way only. A frozen tree never changes, so any thread may read and release
// it. A tree is written by the loop only, and only while it has one reference:
//
//     CountedTree* tree = CountedTree::writable(entry->tree());
//     entry->set_tree(tree);
//     tree->put(probe, element);
//
// A tree may own a companion, a second tree over the same elements in another order. freeze()
// shares both, freeze_alone() the tree without it.
//
// Memory is counted as base::MemoryUse::kChunks; a page shared by several trees counts once.

#ifndef BASALT_ENGINE_VALUE_COUNTED_TREE_H_
#define BASALT_ENGINE_VALUE_COUNTED_TREE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "engine/value/tree_page.h"
#include "engine/value/tree_tail.h"

namespace engine {

// What is looked for: a key with its tag. An empty key is before all others of its tag.
struct TreeProbe {
  uint32_t tag = 0;
  base::ByteSpan key;
  // An element is its key, all of it; the beginning of a longer one is before that.
  bool whole = false;
};

class CountedTree {
 public:
  // An empty tree with one reference, the caller's.
  static CountedTree* create();
  // One more reference to the tree as it is now.
  CountedTree* freeze();
  // A tree with the same elements, which shares all pages and has neither companion nor tail.
  CountedTree* freeze_alone() const;
  // Gives up a reference; the last one frees the tree at once. Any thread. Null is allowed.
  static void release(CountedTree* tree);
  // Frees at most `pages_max` pages, if this is the last reference; true when the tree is gone,
  // false when there is more to do (the reference is then still the caller's).
  static bool release_step(CountedTree* tree, size_t pages_max);
  // Gives up the reference to `tree` for one to an equal tree that nobody else refers to.
  static CountedTree* writable(CountedTree* tree);

  bool shared() const { return refs_.load(std::memory_order_acquire) > 1; }
  uint64_t size() const { return size_; }
  // How many leaves there are, in a tree of nodes.
  uint64_t nodes() const { return nodes_; }
  // Of all elements together.
  uint64_t element_bytes() const { return element_bytes_; }
  // What the allocator set aside, shared pages, tail and companion included.
  uint64_t allocated_bytes() const {
    return allocated_bytes_ + sizeof(CountedTree) +
           (tail_ == nullptr ? 0 : tail_->allocated_bytes()) +
           (companion_ == nullptr ? 0 : companion_->allocated_bytes());
  }
  // A bound for what a TreeReader reads, and how much it is.
  uint64_t payload_bytes_max() const {
    return element_bytes_ + (tail_ == nullptr ? 0 : tail_->payload_bytes_max());
  }
  uint64_t payload_bytes() const;
  // A number that whoever writes keeps with the elements.
  uint64_t weight() const { return weight_; }
  void add_weight(int64_t more) { weight_ += static_cast<uint64_t>(more); }

  // What goes with the elements; null: nothing does.
  const TreeTail* tail() const { return tail_; }
  // REQUIRES: !shared().
  TreeTail* mutable_tail() { return tail_; }
  // Owns it. REQUIRES: there is none.
  void set_tail(TreeTail* tail) {
    CHECK(tail_ == nullptr);
    tail_ = tail;
  }

  // ---- The companion; null when there is none.
  const CountedTree* companion() const { return companion_; }
  // Owns `tree` (one reference). REQUIRES: there is none yet.
  void set_companion(CountedTree* tree) {
    CHECK(companion_ == nullptr);
    companion_ = tree;
  }
  // For changes. REQUIRES: !shared(), and there is one.
  CountedTree* writable_companion() {
    companion_ = writable(companion_);
    return companion_;
  }

  // ---- Reading. Views live until the next write.
  std::optional<base::ByteSpan> find(const TreeProbe& probe) const;
  // REQUIRES: rank < size().
  TreeItem at(uint64_t rank) const;
  // How many elements come before the first whose tag is not below `tag`.
  uint64_t rank_of_tag(uint32_t tag) const { return rank_of({tag, {}}); }
  // How many elements come before the probe's key; whether it is there itself.
  uint64_t rank_of(const TreeProbe& probe, bool* found = nullptr) const;

  // ---- Writing. REQUIRES: !shared(); bytes that are not the tree's own.
  // Adds the element, or replaces the one of the same key; true when it was added. `element` begins
  // with probe.key.
  bool put(const TreeProbe& probe, base::ByteSpan element);
  // Adds the element unless its key is there already; true when it was added.
  bool add(const TreeProbe& probe, base::ByteSpan element);
  // Puts an element of another key, with the same tag, in the place of the probe's. False, with
  // nothing changed, unless that is there and clearly the only one of its tag, and there is room.
  bool replace_alone(const TreeProbe& probe, base::ByteSpan element);
  bool erase(const TreeProbe& probe);
  // REQUIRES: rank < size().
  void erase_at(uint64_t rank);

  // Every invariant; empty, or what is wrong. For tests.
  std::string check() const;
  // Leaves, and the share of them that is filled, in percent. For tests.
  struct Fill {
    uint64_t leaves = 0;
    uint64_t percent = 0;
  };
  Fill fill() const;

 private:
  friend class TreeCursor;
  friend class NodeCursor;
  friend class TreeNodes;

  static constexpr size_t kLevelsMax = 12;

  // The way from the root to a slot of a leaf.
  struct Step {
    TreePage* page;
    size_t index;
  };
  struct Path {
    std::array<Step, kLevelsMax> steps;
    size_t depth = 0;

    Step& leaf() { return steps[depth - 1]; }
    void push(TreePage* page, size_t index) {
      CHECK_LT(depth, kLevelsMax);
      steps[depth++] = {page, index};
    }
  };
  class Rebuild;
  class Checker;

  CountedTree() = default;
  ~CountedTree() = default;

  Path seek(const TreeProbe& probe, bool* found) const;
  Path seek_rank(uint64_t rank) const;
  void own(Path* path);
  void insert_at(Path* path, const TreeItem& item);
  void erase_path(Path* path);
  // counted_tree_pages.cc: pages that outgrow or outlive their content.
  bool append_leaf(Path* path, const TreeItem& item);
  bool grow_leaf(Path* path, const TreeItem& item);
  void spread(Path* path, const TreeItem& item);
  void rebalance(Path* path);
  void replace_children(Path* path, size_t depth, size_t first, size_t count,
                        std::span<const TreePage::Child> with);
  void split_inner(Path* path, size_t depth, size_t first, size_t count,
                   std::span<const TreePage::Child> with);
  void merge_inner(Path* path, size_t depth);
  void put_root(std::span<const TreePage::Child> children);
  void adjust(Path* path, int elements);
  void refresh(Path* path, size_t depth);
  // Counting what the tree's pages take.
  TreePage* took(TreePage* page);
  void drop(TreePage* page);
  void replace_leaf(Path* path, TreePage* page);

  std::atomic<uint32_t> refs_{1};
  TreePage* root_ = nullptr;  // Null: empty.
  TreeTail* tail_ = nullptr;
  uint64_t size_ = 0;
  uint64_t nodes_ = 0;
  uint64_t element_bytes_ = 0;
  uint64_t allocated_bytes_ = 0;
  uint64_t weight_ = 0;
  CountedTree* companion_ = nullptr;
};

// A walk over a tree in order or backwards, valid until the tree changes.
class TreeCursor {
 public:
  // At the element of this rank; at the end when there is none.
  explicit TreeCursor(const CountedTree& tree, uint64_t rank = 0);
  // At the probe's key, or the first one behind it.
  TreeCursor(const CountedTree& tree, const TreeProbe& probe);

  bool at_end() const { return path_.depth == 0; }
  // REQUIRES: !at_end(), here and below.
  TreeItem item() const;
  void next();
  // At the end, when it was at the first element.
  void previous();

 private:
  void settle();

  CountedTree::Path path_;
};

// What an element is made of elsewhere: some bytes, its own or a part of them, and some more.
struct TreePiece {
  std::array<std::byte, 8> head;
  size_t head_bytes = 0;
  base::ByteSpan body;
  std::array<std::byte, 8> tail;
  size_t tail_bytes = 0;
};

// The bytes of all elements in order, and of the tail, in pieces of any size. The tree is frozen or
// does not change.
class TreeReader {
 public:
  // Without `transform` the elements as they are.
  using Transform = void (*)(const TreeItem& item, TreePiece* piece);
  explicit TreeReader(const CountedTree& tree, Transform transform = nullptr);
  // Fills `to` as far as there is something; how much.
  size_t read(base::MutableByteSpan to);

 private:
  void make_piece();
  // Of the piece at hand from `taken_` on, up to the end of its part.
  base::ByteSpan rest() const;
  size_t read_tail(base::MutableByteSpan to);

  const CountedTree& tree_;
  TreeCursor cursor_;
  const Transform transform_;
  TreePiece piece_;
  size_t taken_ = 0;  // Of the piece, or of tail_.
  TailPosition tail_at_;
  std::string tail_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_COUNTED_TREE_H_
