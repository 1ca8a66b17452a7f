#include "engine/value/counted_tree.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/memory.h"

namespace engine {

namespace {

constexpr auto kUse = base::MemoryUse::kChunks;

// Of a probe to an element: negative, 0, positive.
int compare(const TreeProbe& probe, const TreeItem& item) {
  if (probe.tag != item.tag) return probe.tag < item.tag ? -1 : 1;
  const size_t bytes = std::min(probe.key.size(), item.bytes.size());
  if (probe.key.empty()) return -1;
  const int order = std::memcmp(probe.key.data(), item.bytes.data(), bytes);
  // Where no key is the beginning of another, the shorter length decides nothing.
  if (order != 0 || !probe.whole || probe.key.size() == item.bytes.size()) return order;
  return probe.key.size() < item.bytes.size() ? -1 : 1;
}

const TreePage* first_leaf(const TreePage* page) {
  while (!page->is_leaf()) page = page->child(0).page;
  return page;
}

uint32_t first_tag(const TreePage* page) {
  return page->is_leaf() ? page->tag(0) : page->child(0).tag;
}

// The child in which the probe is, if it is anywhere.
size_t child_for(const TreePage* page, const TreeProbe& probe, TagBounds bounds) {
  size_t end = page->child_above(probe.tag, bounds);
  if (end == 0 || page->child(end - 1).tag != probe.tag) return end == 0 ? 0 : end - 1;
  // The last of those that begin with the tag whose first element is not behind the probe.
  size_t first = end - 1;
  if (first > 0 && page->child(first - 1).tag == probe.tag) first = page->child_from(probe.tag);
  while (first < end) {
    const size_t middle = (first + end) / 2;
    if (compare(probe, first_leaf(page->child(middle).page)->item(0)) < 0) {
      end = middle;
    } else {
      first = middle + 1;
    }
  }
  return first == 0 ? 0 : first - 1;
}

size_t slot_for(const TreePage* leaf, const TreeProbe& probe, TagBounds bounds, bool* found) {
  size_t first = leaf->lower_bound(probe.tag, bounds);
  *found = false;
  if (first == leaf->count() || leaf->tag(first) != probe.tag) return first;
  const bool alone = first + 1 == leaf->count() || leaf->tag(first + 1) != probe.tag;
  size_t end = alone ? first + 1 : leaf->upper_bound(probe.tag);
  while (first < end) {
    const size_t middle = (first + end) / 2;
    const int order = compare(probe, leaf->item(middle));
    if (order == 0) {
      *found = true;
      return middle;
    }
    if (order < 0) {
      end = middle;
    } else {
      first = middle + 1;
    }
  }
  return first;
}

}  // namespace

// ---- References

CountedTree* CountedTree::create() {
  return new (base::allocate(sizeof(CountedTree), kUse)) CountedTree;
}

CountedTree* CountedTree::freeze() {
  refs_.fetch_add(1, std::memory_order_relaxed);
  return this;
}

CountedTree* CountedTree::freeze_alone() const {
  CountedTree* const frozen = create();
  frozen->root_ = root_;
  frozen->size_ = size_;
  frozen->nodes_ = nodes_;
  frozen->element_bytes_ = element_bytes_;
  frozen->allocated_bytes_ = allocated_bytes_;
  frozen->weight_ = weight_;
  if (root_ != nullptr) root_->ref();
  return frozen;
}

void CountedTree::release(CountedTree* tree) {
  if (tree == nullptr) return;
  while (!release_step(tree, SIZE_MAX)) {
  }
}

// Takes pages from the end of the rightmost inner page that nobody else has.
bool CountedTree::release_step(CountedTree* tree, size_t pages_max) {
  // Alone with it nobody can take another reference, so only the last owner frees in steps.
  if (tree->shared() && tree->refs_.fetch_sub(1, std::memory_order_acq_rel) > 1) return true;
  tree->refs_.store(1, std::memory_order_relaxed);
  for (; pages_max > 0 && tree->root_ != nullptr; --pages_max) {
    TreePage* parent = nullptr;
    TreePage* page = tree->root_;
    while (!page->is_leaf() && page->count() > 0 && !page->shared()) {
      parent = page;
      page = page->child(page->count() - 1).page;
    }
    if (parent == nullptr) {
      tree->root_ = nullptr;
    } else {
      parent->splice(parent->count() - 1, 1, {});
    }
    TreePage::unref(page);
  }
  if (tree->root_ != nullptr) return false;
  if (tree->tail_ != nullptr && !tree->tail_->release_step(std::max<size_t>(pages_max, 1)))
    return false;
  delete tree->tail_;
  tree->tail_ = nullptr;
  if (tree->companion_ != nullptr) {
    if (pages_max == 0 || !release_step(tree->companion_, pages_max)) return false;
    tree->companion_ = nullptr;
  }
  tree->~CountedTree();
  base::deallocate(tree, kUse);
  return true;
}

CountedTree* CountedTree::writable(CountedTree* tree) {
  if (!tree->shared()) return tree;
  CountedTree* const copy = tree->freeze_alone();
  if (tree->tail_ != nullptr) copy->tail_ = tree->tail_->copy();
  if (tree->companion_ != nullptr) copy->companion_ = tree->companion_->freeze();
  release(tree);
  return copy;
}

TreePage* CountedTree::took(TreePage* page) {
  allocated_bytes_ += page->allocated_bytes();
  return page;
}

void CountedTree::drop(TreePage* page) {
  allocated_bytes_ -= page->allocated_bytes();
  TreePage::destroy(page);
}

// ---- Reading

CountedTree::Path CountedTree::seek(const TreeProbe& probe, bool* found) const {
  Path path;
  *found = false;
  if (root_ == nullptr) return path;
  TreePage* page = root_;
  TagBounds bounds;
  while (!page->is_leaf()) {
    const size_t i = child_for(page, probe, bounds);
    path.push(page, i);
    bounds.low = page->child(i).tag;
    if (i + 1 < page->count()) bounds.high = page->child(i + 1).tag;
    page = page->child(i).page;
  }
  path.push(page, slot_for(page, probe, bounds, found));
  return path;
}

CountedTree::Path CountedTree::seek_rank(uint64_t rank) const {
  Path path;
  if (rank >= size_) return path;
  TreePage* page = root_;
  // From the nearer end: most ranks that are asked for are near one of them.
  for (uint64_t elements = size_; !page->is_leaf();) {
    size_t i = 0;
    if (rank < elements / 2) {
      for (; rank >= page->child(i).elements; ++i) rank -= page->child(i).elements;
    } else {
      uint64_t before = elements;
      for (i = page->count(); rank < before; --i) before -= page->child(i - 1).elements;
      rank -= before;
    }
    path.push(page, i);
    elements = page->child(i).elements;
    page = page->child(i).page;
  }
  path.push(page, rank);
  return path;
}

std::optional<base::ByteSpan> CountedTree::find(const TreeProbe& probe) const {
  bool found = false;
  Path path = seek(probe, &found);
  if (!found) return std::nullopt;
  return path.leaf().page->element(path.leaf().index);
}

TreeItem CountedTree::at(uint64_t rank) const {
  CHECK_LT(rank, size_);
  Path path = seek_rank(rank);
  return path.leaf().page->item(path.leaf().index);
}

uint64_t CountedTree::rank_of(const TreeProbe& probe, bool* found) const {
  bool is_there = false;
  Path path = seek(probe, &is_there);
  if (found != nullptr) *found = is_there;
  if (path.depth == 0) return 0;
  uint64_t rank = path.leaf().index;
  for (size_t level = 0; level + 1 < path.depth; ++level) {
    const Step& step = path.steps[level];
    for (size_t i = 0; i < step.index; ++i) rank += step.page->child(i).elements;
  }
  return rank;
}

uint64_t CountedTree::payload_bytes() const {
  uint64_t bytes = element_bytes_;
  TailPosition at;
  for (std::string piece; tail_ != nullptr && tail_->append_payload(*this, &at, &piece);) {
    bytes += piece.size();
    piece.clear();
  }
  return bytes;
}

// ---- Writing

// Makes every page of the path the tree's alone.
void CountedTree::own(Path* path) {
  for (size_t level = 0; level < path->depth; ++level) {
    Step& step = path->steps[level];
    if (!step.page->shared()) continue;
    TreePage* const copy = took(step.page->copy());
    allocated_bytes_ -= step.page->allocated_bytes();
    TreePage::unref(step.page);
    step.page = copy;
    if (level == 0) {
      root_ = copy;
    } else {
      const Step& parent = path->steps[level - 1];
      parent.page->child(parent.index).page = copy;
    }
  }
}

bool CountedTree::add(const TreeProbe& probe, base::ByteSpan element) {
  bool found = false;
  Path path = seek(probe, &found);
  if (found) return false;
  own(&path);
  insert_at(&path, {probe.tag, element});
  return true;
}

bool CountedTree::put(const TreeProbe& probe, base::ByteSpan element) {
  bool found = false;
  Path path = seek(probe, &found);
  own(&path);
  if (!found) {
    insert_at(&path, {probe.tag, element});
    return true;
  }
  const Step leaf = path.leaf();
  const size_t old_bytes = leaf.page->element(leaf.index).size();
  if (old_bytes == element.size()) {
    leaf.page->overwrite(leaf.index, element);
    return false;
  }
  leaf.page->remove(leaf.index);
  adjust(&path, -1);
  --size_;
  element_bytes_ -= old_bytes;
  insert_at(&path, {probe.tag, element});
  // The new one may leave a page that is far too large for it.
  if (element.size() < old_bytes) {
    path = seek(probe, &found);
    own(&path);
    rebalance(&path);
  }
  return false;
}

bool CountedTree::replace_alone(const TreeProbe& probe, base::ByteSpan element) {
  bool found = false;
  Path path = seek(probe, &found);
  if (!found || element.size() > TreePage::kElementBytesMax) return false;
  const size_t i = path.leaf().index;
  const TreePage* const leaf = path.leaf().page;
  // Those beyond the page are not looked at.
  if (i == 0 || i + 1 == leaf->count() || leaf->tag(i - 1) == probe.tag ||
      leaf->tag(i + 1) == probe.tag)
    return false;
  const size_t old_bytes = leaf->element(i).size();
  if (leaf->cost() - old_bytes + element.size() > leaf->capacity()) return false;
  own(&path);
  TreePage* const page = path.leaf().page;
  if (old_bytes == element.size()) {
    page->overwrite(i, element);
  } else {
    page->remove(i);
    CHECK(page->insert(i, {probe.tag, element}));
  }
  element_bytes_ += element.size() - old_bytes;
  return true;
}

// Puts the item before the path's slot. REQUIRES: the path is the tree's own. Afterwards the path
// leads nowhere.
void CountedTree::insert_at(Path* path, const TreeItem& item) {
  ++size_;
  element_bytes_ += item.bytes.size();
  if (path->depth == 0) {
    TreePage* const page =
        item.bytes.size() > TreePage::kElementBytesMax
            ? TreePage::new_big(item)
            : TreePage::new_leaf({&item, 1}, TreePage::item_cost(item.bytes.size()));
    root_ = took(page);
    return;
  }
  const Step& leaf = path->leaf();
  const bool was_empty = leaf.page->count() == 0;  // Its element is being replaced.
  if (leaf.page->insert(leaf.index, item))
    return was_empty ? refresh(path, path->depth - 1) : adjust(path, 1);
  if (append_leaf(path, item) || grow_leaf(path, item)) return;
  spread(path, item);
}

bool CountedTree::erase(const TreeProbe& probe) {
  bool found = false;
  Path path = seek(probe, &found);
  if (!found) return false;
  erase_path(&path);
  return true;
}

void CountedTree::erase_at(uint64_t rank) {
  CHECK_LT(rank, size_);
  Path path = seek_rank(rank);
  erase_path(&path);
}

void CountedTree::erase_path(Path* path) {
  own(path);
  const Step& leaf = path->leaf();
  --size_;
  element_bytes_ -= leaf.page->element(leaf.index).size();
  leaf.page->remove(leaf.index);
  adjust(path, -1);
  rebalance(path);
}

// The path's leaf has got or lost elements.
void CountedTree::adjust(Path* path, int elements) {
  if (path->leaf().page->count() == 0) return;  // It goes, or its way is made anew.
  for (size_t level = path->depth - 1; level-- > 0;) {
    const Step& step = path->steps[level];
    TreePage::Child& child = step.page->child(step.index);
    child.elements += static_cast<uint64_t>(static_cast<int64_t>(elements));
    child.tag = first_tag(child.page);
  }
}

// ---- Walking

TreeCursor::TreeCursor(const CountedTree& tree, uint64_t rank) : path_(tree.seek_rank(rank)) {}

TreeCursor::TreeCursor(const CountedTree& tree, const TreeProbe& probe) {
  bool found = false;
  path_ = tree.seek(probe, &found);
  if (path_.depth > 0) settle();
}

TreeItem TreeCursor::item() const {
  const CountedTree::Step& leaf = path_.steps[path_.depth - 1];
  return leaf.page->item(leaf.index);
}

void TreeCursor::next() {
  ++path_.leaf().index;
  settle();
}

// From behind a page's last element to the first of the page after it.
void TreeCursor::settle() {
  while (path_.depth > 0 && path_.leaf().index == path_.leaf().page->count()) {
    --path_.depth;
    if (path_.depth > 0) ++path_.leaf().index;
  }
  if (path_.depth == 0) return;
  while (!path_.leaf().page->is_leaf())
    path_.push(path_.leaf().page->child(path_.leaf().index).page, 0);
}

void TreeCursor::previous() {
  while (path_.depth > 0 && path_.leaf().index == 0) --path_.depth;
  if (path_.depth == 0) return;
  --path_.leaf().index;
  while (!path_.leaf().page->is_leaf()) {
    TreePage* const page = path_.leaf().page->child(path_.leaf().index).page;
    path_.push(page, page->count() - 1);
  }
}

TreeReader::TreeReader(const CountedTree& tree, Transform transform)
    : tree_(tree), cursor_(tree), transform_(transform) {
  make_piece();
}

void TreeReader::make_piece() {
  taken_ = 0;
  if (cursor_.at_end()) return;
  if (transform_ == nullptr) {
    piece_.body = cursor_.item().bytes;
  } else {
    transform_(cursor_.item(), &piece_);
  }
}

base::ByteSpan TreeReader::rest() const {
  size_t at = taken_;
  if (at < piece_.head_bytes)
    return base::ByteSpan(piece_.head).first(piece_.head_bytes).subspan(at);
  at -= piece_.head_bytes;
  if (at < piece_.body.size()) return piece_.body.subspan(at);
  return base::ByteSpan(piece_.tail).first(piece_.tail_bytes).subspan(at - piece_.body.size());
}

size_t TreeReader::read(base::MutableByteSpan to) {
  size_t made = 0;
  while (!cursor_.at_end()) {
    const base::ByteSpan from = rest();
    if (from.empty()) {
      cursor_.next();
      make_piece();
      continue;
    }
    if (made == to.size()) break;
    const size_t count = std::min(from.size(), to.size() - made);
    std::memcpy(to.data() + made, from.data(), count);
    made += count;
    taken_ += count;
  }
  if (!cursor_.at_end() || tree_.tail() == nullptr) return made;
  return made + read_tail(to.subspan(made));
}

size_t TreeReader::read_tail(base::MutableByteSpan to) {
  size_t made = 0;
  while (made < to.size()) {
    if (taken_ == tail_.size()) {
      tail_.clear();
      taken_ = 0;
      if (!tree_.tail()->append_payload(tree_, &tail_at_, &tail_)) break;
    }
    const size_t count = std::min(tail_.size() - taken_, to.size() - made);
    std::memcpy(to.data() + made, tail_.data() + taken_, count);
    made += count;
    taken_ += count;
  }
  return made;
}

}  // namespace engine
