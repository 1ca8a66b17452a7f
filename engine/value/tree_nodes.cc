#include "engine/value/tree_nodes.h"

#include <algorithm>
#include <utility>

namespace engine {

namespace {

// A page gives back what it does not use when that is three quarters of it; small ones stay.
constexpr size_t kShrinkingShare = 4;
constexpr size_t kShrinkingRoom = 256;

}  // namespace

// ---- Walking

void NodeCursor::descend(TreePage* page, bool to_last) {
  while (!page->is_leaf()) {
    const size_t i = to_last ? page->count() - 1 : 0;
    path_.push(page, i);
    page = page->child(i).page;
  }
  path_.push(page, 0);
}

NodeCursor NodeCursor::first(const CountedTree& tree) {
  NodeCursor cursor;
  if (tree.root_ != nullptr) cursor.descend(tree.root_, false);
  return cursor;
}

NodeCursor NodeCursor::last(const CountedTree& tree) {
  NodeCursor cursor;
  if (tree.root_ != nullptr) cursor.descend(tree.root_, true);
  return cursor;
}

NodeCursor NodeCursor::at(const CountedTree& tree, uint64_t rank) {
  NodeCursor cursor;
  cursor.path_ = tree.seek_rank(rank);
  if (!cursor.at_end()) cursor.within_ = std::exchange(cursor.path_.leaf().index, 0);
  return cursor;
}

NodeCursor NodeCursor::covering(const CountedTree& tree, const TreeProbe& probe) {
  NodeCursor cursor;
  bool found = false;
  cursor.path_ = tree.seek(probe, &found);
  if (!cursor.at_end()) cursor.path_.leaf().index = 0;
  return cursor;
}

void NodeCursor::step(int direction) {
  within_ = 0;
  --path_.depth;
  while (path_.depth > 0) {
    CountedTree::Step& parent = path_.leaf();
    const bool last = direction > 0 ? parent.index + 1 == parent.page->count() : parent.index == 0;
    if (!last) {
      parent.index = direction > 0 ? parent.index + 1 : parent.index - 1;
      return descend(parent.page->child(parent.index).page, direction < 0);
    }
    --path_.depth;
  }
}

// ---- Changing

// Replaces the node's page by one of another size. What is free is kept where the node changes.
TreePage* TreeNodes::resize(NodeCursor* at, size_t room, bool free_in_front) {
  TreePage* const page = at->path_.leaf().page;
  TreePage* const other = tree_->took(TreePage::new_node(page->tag(0), room));
  other->fill_node(page->element(0), free_in_front);
  other->set_weight(page->weight());
  tree_->replace_leaf(&at->path_, other);
  return other;
}

base::MutableByteSpan TreeNodes::splice(NodeCursor* at, const NodeSplice& splice) {
  own(at);
  TreePage* page = at->path_.leaf().page;
  const size_t old_bytes = page->element(0).size();
  const size_t bytes = old_bytes - splice.removed + splice.with.size();
  const bool at_front = splice.offset < old_bytes / 2;
  if (!page->splice_node(splice.offset, splice.removed, splice.with)) {
    page = resize(at, std::max(bytes, splice.room_wanted), at_front);
    CHECK(page->splice_node(splice.offset, splice.removed, splice.with));
  } else if (bytes < old_bytes && page->room() > kShrinkingRoom &&
             bytes * kShrinkingShare < page->room()) {
    page = resize(at, bytes * 2, at_front);
  }
  tree_->element_bytes_ += bytes;
  tree_->element_bytes_ -= old_bytes;
  if (splice.weight != 0) {
    page->set_weight(page->weight() + static_cast<uint64_t>(splice.weight));
    tree_->size_ += static_cast<uint64_t>(splice.weight);
    for (size_t level = 0; level + 1 < at->path_.depth; ++level) {
      const CountedTree::Step& parent = at->path_.steps[level];
      parent.page->child(parent.index).elements += static_cast<uint64_t>(splice.weight);
    }
  }
  return page->node();
}

void TreeNodes::set_tag(NodeCursor* at, uint32_t tag) {
  if (at->tag() == tag) return;
  own(at);
  at->path_.leaf().page->set_tag(tag);
  tree_->refresh(&at->path_, at->path_.depth - 1);
}

void TreeNodes::insert(NodeCursor at, Side side, const NewNode& node) {
  TreePage* const page =
      tree_->took(TreePage::new_node(node.tag, std::max(node.room, node.bytes.size())));
  page->fill_node(node.bytes, node.free_in_front);
  page->set_weight(node.weight);
  insert_page(&at, side, page);
}

void TreeNodes::append_shared(const NodeCursor& from) {
  TreePage* const page = from.path_.steps[from.path_.depth - 1].page;
  page->ref();
  NodeCursor at = NodeCursor::last(*tree_);
  insert_page(&at, Side::kAfter, tree_->took(page));
}

void TreeNodes::insert_page(NodeCursor* at, Side side, TreePage* page) {
  tree_->size_ += page->weight();
  tree_->element_bytes_ += page->element(0).size();
  ++tree_->nodes_;
  if (at->at_end()) {
    CHECK(tree_->root_ == nullptr);
    tree_->root_ = page;
    return;
  }
  CountedTree::Path& path = at->path_;
  // The node beside stays as it is, shared or not.
  --path.depth;
  if (path.depth == 0) {
    TreePage* const other = tree_->root_;
    const TreePage::Child old{other, other->weight(), other->tag(0)};
    const TreePage::Child made{page, page->weight(), page->tag(0)};
    const TreePage::Child both[] = {side == Side::kBefore ? made : old,
                                    side == Side::kBefore ? old : made};
    return tree_->put_root(both);
  }
  tree_->own(&path);
  const TreePage::Child made[] = {{page, page->weight(), page->tag(0)}};
  const size_t place = path.leaf().index + (side == Side::kAfter ? 1 : 0);
  tree_->replace_children(&path, path.depth - 1, place, 0, made);
}

void TreeNodes::erase(NodeCursor at) {
  CountedTree::Path& path = at.path_;
  TreePage* const page = path.leaf().page;
  tree_->size_ -= page->weight();
  tree_->element_bytes_ -= page->element(0).size();
  --tree_->nodes_;
  tree_->allocated_bytes_ -= page->allocated_bytes();
  --path.depth;
  if (path.depth == 0) {
    tree_->root_ = nullptr;
  } else {
    tree_->own(&path);
    tree_->replace_children(&path, path.depth - 1, path.leaf().index, 1, {});
  }
  TreePage::unref(page);
}

}  // namespace engine
