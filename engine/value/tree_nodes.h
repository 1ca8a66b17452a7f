// TreeNodes: a CountedTree whose leaves are nodes: runs of bytes, each in a page of its own, that
// stand for several elements of the value, which the type's own code finds within the node.
//
// So lists and streams pack their elements as Redis does (a listpack per node) and still have rank,
// freeze and freeing in slices from the tree. A tree has either nodes or elements, never both. A
// node's bytes are its part of the value's payload. Nodes are in the order in which they were put
// beside each other; where the order is one of keys (streams), a node begins with the key of its
// first element, and tag and key ascend.
//
// A node grows and shrinks in place, at either end without moving what is between, until its page's
// room is used up; then its page is replaced by one with more.

#ifndef BASALT_ENGINE_VALUE_TREE_NODES_H_
#define BASALT_ENGINE_VALUE_TREE_NODES_H_

#include <cstddef>
#include <cstdint>

#include "engine/value/counted_tree.h"

namespace engine {

// A place in the sequence of nodes, valid until the tree changes.
class NodeCursor {
 public:
  // At the end.
  NodeCursor() = default;
  // The first or last node; at the end when there is none.
  static NodeCursor first(const CountedTree& tree);
  static NodeCursor last(const CountedTree& tree);
  // The node that has the element of a rank; at the end when there is none.
  static NodeCursor at(const CountedTree& tree, uint64_t rank);
  // The last node whose key is not above the probe's, or else the first.
  static NodeCursor covering(const CountedTree& tree, const TreeProbe& probe);

  bool at_end() const { return path_.depth == 0; }
  // REQUIRES: !at_end(), here and below.
  base::ByteSpan bytes() const { return page()->element(0); }
  uint64_t weight() const { return page()->weight(); }
  uint32_t tag() const { return page()->tag(0); }
  // How many bytes the page could hold.
  size_t room() const { return page()->room(); }
  // Of at(): how many of the node's elements come before that one.
  uint64_t within() const { return within_; }
  void next() { step(1); }
  void previous() { step(-1); }

 private:
  friend class TreeNodes;

  const TreePage* page() const { return path_.steps[path_.depth - 1].page; }
  void step(int direction);
  // Goes down to the first or last leaf below the path's end.
  void descend(TreePage* page, bool to_last);

  CountedTree::Path path_;
  uint64_t within_ = 0;
};

// What a node's bytes become.
struct NodeSplice {
  size_t offset = 0;
  size_t removed = 0;
  base::ByteSpan with;     // Not the tree's own.
  int64_t weight = 0;      // How many elements more.
  size_t room_wanted = 0;  // What a page with more room takes, if that is enough.
};

struct NewNode {
  uint32_t tag = 0;
  base::ByteSpan bytes;
  uint64_t weight = 1;
  size_t room = 0;             // At least the bytes.
  bool free_in_front = false;  // Where the room is that is left.
};

// Changes of a tree of nodes. REQUIRES: the tree is not shared.
class TreeNodes {
 public:
  enum class Side : uint8_t { kBefore, kAfter };

  explicit TreeNodes(CountedTree* tree) : tree_(tree) {}

  // Returns the node's bytes, which the caller may overwrite until the next change. The cursor
  // stays at the node.
  base::MutableByteSpan splice(NodeCursor* at, const NodeSplice& splice);
  // Beside the cursor's node; at the end of the tree when the cursor is at the end.
  void insert(NodeCursor at, Side side, const NewNode& node);
  void append(const NewNode& node) { insert(NodeCursor::last(*tree_), Side::kAfter, node); }
  // Appends the node of another tree; its page is shared.
  void append_shared(const NodeCursor& from);
  // The first key of a node may become another with this.
  void set_tag(NodeCursor* at, uint32_t tag);
  void erase(NodeCursor at);

 private:
  TreePage* resize(NodeCursor* at, size_t room, bool free_in_front);
  void insert_page(NodeCursor* at, Side side, TreePage* page);
  void own(NodeCursor* at) { tree_->own(&at->path_); }

  CountedTree* const tree_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_TREE_NODES_H_
