// CountedTree: pages that outgrow or outlive their content, from the leaf to the root.

#include <algorithm>

#include "engine/value/counted_tree.h"

namespace engine {

namespace {

using Child = TreePage::Child;

constexpr size_t kFull = TreePage::kPayloadMax;
// Two neighbours share what is at most so much of them; more becomes three pages.
constexpr size_t kSharedFill = kFull * 15 / 16;
// Below a quarter of a page a leaf looks for a neighbour to join, if both fill three quarters.
constexpr size_t kSparseCost = kFull / 4;
constexpr size_t kJoinedCostMax = kFull * 3 / 4;
// The page after a full one, in a tree that is filled in order.
constexpr size_t kNextLeafCost = 1024;
// Smaller ones keep their size whatever leaves.
constexpr size_t kShrinkingCapacity = 256;

bool is_big(const TreeItem& item) { return item.bytes.size() > TreePage::kElementBytesMax; }
size_t cost_of(const TreeItem& item) { return TreePage::item_cost(item.bytes.size()); }
// Room for some more.
size_t roomy(size_t cost) { return std::min(kFull, cost + cost / 4); }

uint64_t elements_of(const TreePage* page) {
  if (page->is_leaf()) return page->weight();
  uint64_t elements = 0;
  for (const Child& child : page->all_children()) elements += child.elements;
  return elements;
}

Child child_of(TreePage* page) {
  return {page, elements_of(page), page->is_leaf() ? page->tag(0) : page->child(0).tag};
}

}  // namespace

// The content of neighbouring leaves, to be spread over new ones.
class CountedTree::Rebuild {
 public:
  explicit Rebuild(CountedTree* tree) : tree_(tree) {}

  // The page's items from `from` on, before `to`. Big pages stay what they are.
  void take(TreePage* page, size_t from, size_t to) {
    for (size_t i = from; i < to; ++i)
      pieces_.push_back({page->item(i), page->is_big() ? page : nullptr});
  }
  void add(const TreeItem& item) { pieces_.push_back({item, nullptr}); }

  std::vector<Child> build() {
    size_t first = 0;
    size_t cost = 0;
    for (size_t i = 0; i < pieces_.size(); ++i) {
      const Piece& piece = pieces_[i];
      if (piece.page == nullptr && !is_big(piece.item)) {
        cost += cost_of(piece.item);
        continue;
      }
      spread(first, i, cost);
      TreePage* const page =
          piece.page != nullptr ? piece.page : tree_->took(TreePage::new_big(piece.item));
      made_.push_back(child_of(page));
      first = i + 1;
      cost = 0;
    }
    spread(first, pieces_.size(), cost);
    return std::move(made_);
  }

 private:
  struct Piece {
    TreeItem item;
    TreePage* page;  // Of a big one that stays.
  };

  // Fills pages evenly with the small items of [first, end).
  void spread(size_t first, size_t end, size_t cost) {
    if (first == end) return;
    const size_t pages = cost <= kFull ? 1 : (cost + kSharedFill - 1) / kSharedFill;
    const size_t share = cost / pages;
    std::vector<TreeItem> items;
    size_t filled = 0;
    const auto flush = [&] {
      const size_t room = pages > 1 ? kFull : roomy(filled);
      made_.push_back(child_of(tree_->took(TreePage::new_leaf(items, room))));
      items.clear();
      filled = 0;
    };
    for (size_t i = first; i < end; ++i) {
      const TreeItem& item = pieces_[i].item;
      if (!items.empty() && (filled >= share || filled + cost_of(item) > kFull)) flush();
      items.push_back(item);
      filled += cost_of(item);
    }
    flush();
  }

  CountedTree* const tree_;
  std::vector<Piece> pieces_;
  std::vector<Child> made_;
};

// ---- Leaves

void CountedTree::replace_leaf(Path* path, TreePage* page) {
  drop(path->leaf().page);
  path->leaf().page = page;
  if (path->depth == 1) {
    root_ = page;
    return;
  }
  const Step& parent = path->steps[path->depth - 2];
  parent.page->child(parent.index).page = page;
}

// What comes in order needs no room in front of it: full pages stay full.
bool CountedTree::append_leaf(Path* path, const TreeItem& item) {
  const Step leaf = path->leaf();
  if (leaf.index != leaf.page->count()) return false;
  if (!leaf.page->is_big() && !is_big(item) && leaf.page->cost() + cost_of(item) <= kFull)
    return false;
  for (size_t level = 0; level + 1 < path->depth; ++level)
    if (path->steps[level].index + 1 != path->steps[level].page->count()) return false;
  TreePage* const page =
      took(is_big(item) ? TreePage::new_big(item) : TreePage::new_leaf({&item, 1}, kNextLeafCost));
  if (path->depth == 1) {
    // An empty leaf is there only while an element is being replaced.
    if (leaf.page->count() == 0) {
      drop(leaf.page);
      root_ = page;
      return true;
    }
    const Child both[] = {child_of(leaf.page), child_of(page)};
    put_root(both);
    return true;
  }
  const Step& parent = path->steps[path->depth - 2];
  if (leaf.page->count() > 0) {
    const Child after[] = {child_of(page)};
    replace_children(path, path->depth - 2, parent.index + 1, 0, after);
    return true;
  }
  drop(leaf.page);
  const Child instead[] = {child_of(page)};
  replace_children(path, path->depth - 2, parent.index, 1, instead);
  return true;
}

bool CountedTree::grow_leaf(Path* path, const TreeItem& item) {
  const Step leaf = path->leaf();
  const size_t cost = leaf.page->cost() + cost_of(item);
  if (leaf.page->is_big() || is_big(item) || cost > kFull) return false;
  TreePage* const page = took(TreePage::new_leaf(roomy(cost)));
  for (size_t i = 0; i < leaf.page->count(); ++i) CHECK(page->insert(i, leaf.page->item(i)));
  CHECK(page->insert(leaf.index, item));
  replace_leaf(path, page);
  refresh(path, path->depth - 1);
  return true;
}

void CountedTree::spread(Path* path, const TreeItem& item) {
  const Step leaf = path->leaf();
  TreePage* before = nullptr;
  TreePage* after = nullptr;
  size_t first = 0;
  if (path->depth > 1) {
    const Step& parent = path->steps[path->depth - 2];
    first = parent.index;
    // A small item beside a big page joins the neighbour on its side.
    const bool big = leaf.page->is_big();
    const auto neighbour = [&](size_t i) -> TreePage* {
      if (is_big(item) || i >= parent.page->count()) return nullptr;
      TreePage* const page = parent.page->child(i).page;
      return page->is_big() ? nullptr : page;
    };
    if (!big || leaf.index > 0) after = neighbour(parent.index + 1);
    if (after == nullptr && parent.index > 0 && (!big || leaf.index == 0))
      before = neighbour(parent.index - 1);
  }
  Rebuild rebuild(this);
  if (before != nullptr) rebuild.take(before, 0, before->count());
  rebuild.take(leaf.page, 0, leaf.index);
  rebuild.add(item);
  rebuild.take(leaf.page, leaf.index, leaf.page->count());
  if (after != nullptr) rebuild.take(after, 0, after->count());
  const std::vector<Child> made = rebuild.build();

  size_t count = 1;
  for (TreePage* const page : {before, leaf.page, after}) {
    if (page == nullptr) continue;
    if (page != leaf.page) ++count;
    if (page->is_big() && page->count() > 0) continue;  // Still there.
    allocated_bytes_ -= page->allocated_bytes();
    TreePage::unref(page);
  }
  if (path->depth == 1) return put_root(made);
  replace_children(path, path->depth - 2, before != nullptr ? first - 1 : first, count, made);
}

// After elements have left the path's leaf.
void CountedTree::rebalance(Path* path) {
  TreePage* const leaf = path->leaf().page;
  if (leaf->count() == 0) {
    drop(leaf);
    if (path->depth == 1) {
      root_ = nullptr;
      return;
    }
    return replace_children(path, path->depth - 2, path->steps[path->depth - 2].index, 1, {});
  }
  if (leaf->is_big()) return;
  if (leaf->cost() < kSparseCost && path->depth > 1) {
    const Step& parent = path->steps[path->depth - 2];
    const size_t last = parent.page->count() - 1;
    if (last > 0) {
      const size_t first = parent.index < last ? parent.index : parent.index - 1;
      TreePage* const pages[] = {parent.page->child(first).page,
                                 parent.page->child(first + 1).page};
      if (!pages[0]->is_big() && !pages[1]->is_big() &&
          pages[0]->cost() + pages[1]->cost() <= kJoinedCostMax) {
        Rebuild rebuild(this);
        for (TreePage* const page : pages) rebuild.take(page, 0, page->count());
        const std::vector<Child> made = rebuild.build();
        for (TreePage* const page : pages) {
          allocated_bytes_ -= page->allocated_bytes();
          TreePage::unref(page);
        }
        return replace_children(path, path->depth - 2, first, 2, made);
      }
    }
  }
  if (leaf->capacity() <= kShrinkingCapacity || leaf->cost() * 2 >= leaf->capacity()) return;
  Rebuild rebuild(this);
  rebuild.take(leaf, 0, leaf->count());
  replace_leaf(path, rebuild.build()[0].page);
}

// ---- Inner pages

// Brings counts and tags up to date above the page at `depth`.
void CountedTree::refresh(Path* path, size_t depth) {
  for (size_t level = depth; level-- > 0;) {
    const Step& step = path->steps[level];
    Child& child = step.page->child(step.index);
    child = child_of(child.page);
  }
}

void CountedTree::put_root(std::span<const Child> children) {
  if (children.size() == 1) {
    root_ = children[0].page;
    return;
  }
  const auto level = static_cast<uint8_t>(children[0].page->level() + 1);
  root_ = took(TreePage::new_inner(level, children));
}

// Replaces children of the page at `depth`, whose place in the path may be another afterwards.
void CountedTree::replace_children(Path* path, size_t depth, size_t first, size_t count,
                                   std::span<const Child> with) {
  TreePage* const page = path->steps[depth].page;
  if (!page->splice(first, count, with)) return split_inner(path, depth, first, count, with);
  if (page->count() == 0) {
    drop(page);
    if (depth > 0) return replace_children(path, depth - 1, path->steps[depth - 1].index, 1, {});
    root_ = nullptr;
    return;
  }
  refresh(path, depth);
  if (depth > 0) {
    if (page->count() < TreePage::kChildrenMax / 4) merge_inner(path, depth);
  } else if (page->count() == 1) {
    root_ = page->child(0).page;
    drop(page);
  }
}

// The same where they do not fit.
void CountedTree::split_inner(Path* path, size_t depth, size_t first, size_t count,
                              std::span<const Child> with) {
  TreePage* const page = path->steps[depth].page;
  const std::span<const Child> old = page->all_children();
  const auto at = [&](size_t i) { return old.begin() + static_cast<ptrdiff_t>(i); };
  std::vector<Child> all(old.begin(), at(first));
  all.insert(all.end(), with.begin(), with.end());
  all.insert(all.end(), at(first + count), old.end());
  const bool at_end = first + count == old.size();
  const uint8_t level = page->level();
  drop(page);
  size_t cut = all.size();
  if (all.size() > TreePage::kChildrenMax)
    cut = at_end ? all.size() - all.size() / 16 : all.size() / 2;
  std::vector<Child> made;
  const std::span<const Child> span(all);
  made.push_back(child_of(took(TreePage::new_inner(level, span.first(cut)))));
  if (cut < all.size())
    made.push_back(child_of(took(TreePage::new_inner(level, span.subspan(cut)))));
  if (depth == 0) return put_root(made);
  replace_children(path, depth - 1, path->steps[depth - 1].index, 1, made);
}

void CountedTree::merge_inner(Path* path, size_t depth) {
  const Step& parent = path->steps[depth - 1];
  const size_t last = parent.page->count() - 1;
  if (last == 0) return;
  const size_t first = parent.index < last ? parent.index : parent.index - 1;
  TreePage* const pages[] = {parent.page->child(first).page, parent.page->child(first + 1).page};
  if (pages[0]->count() + pages[1]->count() > TreePage::kChildrenMax * 3 / 4) return;
  std::vector<Child> all;
  for (TreePage* const page : pages) {
    const std::span<const Child> children = page->all_children();
    all.insert(all.end(), children.begin(), children.end());
    for (const Child& child : children) child.page->ref();
    allocated_bytes_ -= page->allocated_bytes();
    TreePage::unref(page);
  }
  const Child made[] = {
      child_of(took(TreePage::new_inner(static_cast<uint8_t>(parent.page->level() - 1), all)))};
  replace_children(path, depth - 1, first, 2, made);
}

// ---- For tests

class CountedTree::Checker {
 public:
  std::string wrong;
  uint64_t elements = 0;
  uint64_t bytes = 0;
  uint64_t allocated = 0;
  uint64_t nodes = 0;
  uint64_t leaves = 0;
  uint64_t leaf_cost = 0;
  uint64_t leaf_capacity = 0;

  void walk(const TreePage* page, bool is_root) {
    allocated += page->allocated_bytes();
    if (page->count() == 0) return fail("an empty page");
    if (page->is_leaf()) return walk_leaf(page, is_root);
    for (const Child& child : page->all_children()) {
      if (child.page->level() + 1 != page->level()) return fail("leaves at different depths");
      const uint64_t before = elements;
      const uint32_t first = child.page->is_leaf() ? child.page->tag(0) : child.page->child(0).tag;
      walk(child.page, false);
      if (child.elements != elements - before) return fail("a wrong count");
      if (child.tag != first) return fail("a wrong tag");
    }
  }

 private:
  void fail(const char* what) {
    if (wrong.empty()) wrong = what;
  }

  void walk_node(const TreePage* node) {
    if (node->weight() == 0 || node->element(0).empty()) fail("an empty node");
    if (node->element(0).size() > node->room()) fail("an overfull node");
    if (nodes > 0 && node->tag(0) < last_.tag) fail("nodes out of order");
    last_ = node->item(0);
    ++nodes;
    elements += node->weight();
    bytes += node->element(0).size();
  }

  void walk_leaf(const TreePage* leaf, bool is_root) {
    if (leaf->is_node()) return walk_node(leaf);
    if (leaf->is_big() && (leaf->count() != 1 || !is_big(leaf->item(0))))
      return fail("a big page that is none");
    if (!leaf->is_big() && leaf->cost() > leaf->capacity()) return fail("an overfull leaf");
    if (!leaf->is_big() && !is_root) {
      ++leaves;
      leaf_cost += leaf->cost();
      leaf_capacity += leaf->capacity();
    }
    size_t used = 0;
    for (size_t i = 0; i < leaf->count(); ++i) {
      const TreeItem item = leaf->item(i);
      used += item.bytes.size();
      if (elements > 0 && !precedes(last_, item)) return fail("elements out of order");
      last_ = item;
      ++elements;
      bytes += item.bytes.size();
    }
    if (used + leaf->count() * TreePage::kSlotBytes != leaf->cost()) fail("a wrong cost");
  }

  static bool precedes(const TreeItem& a, const TreeItem& b) {
    if (a.tag != b.tag) return a.tag < b.tag;
    return std::lexicographical_compare(a.bytes.begin(), a.bytes.end(), b.bytes.begin(),
                                        b.bytes.end());
  }

  TreeItem last_;
};

std::string CountedTree::check() const {
  Checker checker;
  if (root_ != nullptr) checker.walk(root_, true);
  if (!checker.wrong.empty()) return checker.wrong;
  if (checker.elements != size_) return "the tree's size";
  if (checker.nodes != nodes_) return "the tree's nodes";
  if (checker.bytes != element_bytes_) return "the tree's bytes";
  if (checker.allocated != allocated_bytes_) return "the tree's memory";
  return {};
}

CountedTree::Fill CountedTree::fill() const {
  Checker checker;
  if (root_ != nullptr) checker.walk(root_, true);
  if (checker.leaves == 0) return {};
  return {checker.leaves, checker.leaf_cost * 100 / checker.leaf_capacity};
}

}  // namespace engine
