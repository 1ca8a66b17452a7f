#include "engine/value/tree_page.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/memory.h"

namespace engine {

namespace {

constexpr auto kUse = base::MemoryUse::kChunks;
constexpr size_t kLeastBytes = 64;

// The first of the items, ordered by tag, whose tag is not below `tag`. It is looked for where it
// would be if the tags were spread evenly between the bounds, as those of hashes are, and from
// there on in growing steps: that touches a third of the cache lines that halving would, which is
// most of the time that a look-up in a large tree takes.
template <class Item>
size_t first_from(const Item* items, size_t count, uint32_t tag, TagBounds bounds) {
  size_t first = 0;
  size_t end = count;
  size_t step = 2;
  if (tag > bounds.low && count > 0) {
    const uint64_t wide = bounds.high > bounds.low ? bounds.high - bounds.low : 1;
    first = std::min<uint64_t>(uint64_t{tag - bounds.low} * count / wide, count - 1);
  }
  if (first < end && items[first].tag < tag) {
    for (++first; first + step < end && items[first + step].tag < tag; step *= 2) first += step + 1;
    end = std::min(end, first + step);
  } else {
    end = first;
    for (first = 0; step < end && items[end - step].tag >= tag; step *= 2) end -= step;
    if (step < end) first = end - step + 1;
  }
  const Item* const at =
      std::lower_bound(items + first, items + end, tag,
                       [](const Item& item, uint32_t wanted) { return item.tag < wanted; });
  return static_cast<size_t>(at - items);
}

// Without a parent that tells.
template <class Item>
TagBounds bounds_of(const Item* items, size_t count) {
  return count == 0 ? TagBounds{} : TagBounds{items[0].tag, items[count - 1].tag};
}

}  // namespace

// What the allocator rounds up to is used, within the bound of a page.
TreePage* TreePage::allocate(uint8_t level, size_t payload_bytes) {
  size_t bytes = kHeaderBytes + payload_bytes;
  if (bytes <= kBytesMax)
    bytes = std::min(kBytesMax, base::good_bytes(std::max(bytes, kLeastBytes)));
  return new (base::allocate(bytes, kUse)) TreePage(level, bytes - kHeaderBytes);
}

TreePage* TreePage::new_leaf(size_t cost) {
  CHECK_LE(cost, kPayloadMax);
  TreePage* const page = allocate(0, cost);
  page->heap_begin_ = static_cast<uint16_t>(page->capacity_);
  return page;
}

TreePage* TreePage::new_leaf(std::span<const TreeItem> items, size_t cost) {
  TreePage* const page = new_leaf(cost);
  for (const TreeItem& item : items) page->place(page->count_, item);
  return page;
}

TreePage* TreePage::new_big(const TreeItem& item) {
  CHECK_LE(item.bytes.size(), UINT32_MAX - kBytesMax);
  TreePage* const page = allocate(0, item_cost(item.bytes.size()));
  page->big_ = true;
  page->count_ = 1;
  page->used_ = static_cast<uint32_t>(item.bytes.size());
  page->slots()[0] = {item.tag, 0, 0};
  page->heap_begin_ = kSlotBytes;
  std::memcpy(page->payload() + kSlotBytes, item.bytes.data(), item.bytes.size());
  return page;
}

TreePage* TreePage::new_node(uint32_t tag, size_t room) {
  CHECK_LE(room, UINT32_MAX - kBytesMax);
  TreePage* const page = allocate(0, kSlotBytes + room);
  page->big_ = true;
  page->node_ = true;
  page->count_ = 1;
  page->slots()[0] = {tag, 0, 0};
  page->heap_begin_ = kSlotBytes;
  return page;
}

TreePage* TreePage::new_inner(uint8_t level, std::span<const Child> children) {
  CHECK(!children.empty());
  CHECK_LE(children.size(), kChildrenMax);
  // Room for a few more, so that not each split of a child is a copy of this page.
  const size_t wanted = std::min(kChildrenMax, children.size() + children.size() / 2 + 2);
  TreePage* const page = allocate(level, wanted * sizeof(Child));
  page->count_ = static_cast<uint16_t>(children.size());
  std::copy(children.begin(), children.end(), page->children());
  return page;
}

TreePage* TreePage::copy() const {
  if (node_) {
    TreePage* const node = new_node(tag(0), room());
    node->weight_ = weight_;
    node->heap_begin_ = heap_begin_;
    node->used_ = used_;
    std::memcpy(node->node().data(), element(0).data(), used_);
    return node;
  }
  if (big_) return new_big(item(0));
  if (is_leaf()) {
    TreePage* const leaf = new_leaf(capacity_);
    for (size_t i = 0; i < count_; ++i) leaf->place(i, item(i));
    return leaf;
  }
  for (const Child& child : all_children()) child.page->ref();
  return new_inner(level_, all_children());
}

void TreePage::unref(TreePage* page) {
  if (page->refs_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  if (!page->is_leaf())
    for (const Child& child : page->all_children()) unref(child.page);
  destroy(page);
}

void TreePage::destroy(TreePage* page) {
  page->~TreePage();
  base::deallocate(page, kUse);
}

size_t TreePage::allocated_bytes() const { return base::usable_bytes(this); }

size_t TreePage::lower_bound(uint32_t tag, TagBounds bounds) const {
  return first_from(slots(), count_, tag, bounds);
}

size_t TreePage::upper_bound(uint32_t tag) const {
  if (tag == UINT32_MAX) return count_;
  return first_from(slots(), count_, tag + 1, bounds_of(slots(), count_));
}

void TreePage::place(size_t i, const TreeItem& item) {
  const size_t bytes = item.bytes.size();
  heap_begin_ = static_cast<uint16_t>(heap_begin_ - bytes);
  if (bytes > 0) std::memcpy(payload() + heap_begin_, item.bytes.data(), bytes);
  std::memmove(slots() + i + 1, slots() + i, (count_ - i) * kSlotBytes);
  slots()[i] = {item.tag, heap_begin_, static_cast<uint16_t>(bytes)};
  ++count_;
  used_ += static_cast<uint32_t>(bytes);
}

bool TreePage::insert(size_t i, const TreeItem& item) {
  const size_t bytes = item_cost(item.bytes.size());
  if (big_ || item.bytes.size() > kElementBytesMax || cost() + bytes > capacity_) return false;
  if (room_between() < bytes) compact();
  place(i, item);
  return true;
}

void TreePage::remove(size_t i) {
  CHECK_LT(i, count_);
  used_ -= static_cast<uint32_t>(element(i).size());
  std::memmove(slots() + i, slots() + i + 1, (count_ - i - 1u) * kSlotBytes);
  --count_;
  if (count_ == 0) heap_begin_ = static_cast<uint16_t>(std::min<size_t>(capacity_, kPayloadMax));
}

void TreePage::overwrite(size_t i, base::ByteSpan bytes) {
  const base::ByteSpan place = element(i);
  CHECK_EQ(place.size(), bytes.size());
  if (!bytes.empty())
    std::memcpy(payload() + (place.data() - payload()), bytes.data(), bytes.size());
}

// Moves the elements together at the end.
void TreePage::compact() {
  std::array<std::byte, kPayloadMax> old;
  std::memcpy(old.data(), payload(), capacity_);
  size_t at = capacity_;
  for (size_t i = 0; i < count_; ++i) {
    Slot& slot = slots()[i];
    at -= slot.bytes;
    std::memcpy(payload() + at, old.data() + slot.offset, slot.bytes);
    slot.offset = static_cast<uint16_t>(at);
  }
  heap_begin_ = static_cast<uint16_t>(at);
}

void TreePage::fill_node(base::ByteSpan bytes, bool at_end) {
  CHECK_LE(bytes.size(), room());
  // Of pages that are larger than an offset can tell, the front is not used.
  const size_t begin = at_end && capacity_ <= UINT16_MAX ? capacity_ - bytes.size() : kSlotBytes;
  heap_begin_ = static_cast<uint16_t>(begin);
  used_ = static_cast<uint32_t>(bytes.size());
  std::memcpy(payload() + begin, bytes.data(), bytes.size());
}

bool TreePage::splice_node(size_t offset, size_t removed, base::ByteSpan with) {
  CHECK(node_);
  CHECK_LE(offset + removed, used_);
  const size_t used = used_ - removed + with.size();
  if (used > room()) return false;
  const size_t head = offset;
  const size_t tail = used_ - offset - removed;
  size_t begin = heap_begin_;
  if (head < tail && capacity_ <= UINT16_MAX && begin + removed >= kSlotBytes + with.size()) {
    begin += removed;
    begin -= with.size();
    std::memmove(payload() + begin, payload() + heap_begin_, head);
  } else {
    // Where there is not enough behind, all moves to the front.
    if (begin + used > capacity_) {
      std::memmove(payload() + kSlotBytes, payload() + begin, head);
      std::memmove(payload() + kSlotBytes + head + with.size(), payload() + begin + head + removed,
                   tail);
      begin = kSlotBytes;
    } else {
      std::memmove(payload() + begin + head + with.size(), payload() + begin + head + removed,
                   tail);
    }
  }
  if (!with.empty()) std::memcpy(payload() + begin + head, with.data(), with.size());
  heap_begin_ = static_cast<uint16_t>(begin);
  used_ = static_cast<uint32_t>(used);
  return true;
}

size_t TreePage::child_above(uint32_t tag, TagBounds bounds) const {
  return tag == UINT32_MAX ? count_ : first_from(children(), count_, tag + 1, bounds);
}

size_t TreePage::child_from(uint32_t tag) const {
  return first_from(children(), count_, tag, bounds_of(children(), count_));
}

bool TreePage::splice(size_t first, size_t count, std::span<const Child> with) {
  const size_t after = count_ - count + with.size();
  if (after * sizeof(Child) > capacity_ || after > kChildrenMax) return false;
  std::memmove(static_cast<void*>(children() + first + with.size()), children() + first + count,
               (count_ - first - count) * sizeof(Child));
  std::copy(with.begin(), with.end(), children() + first);
  count_ = static_cast<uint16_t>(after);
  return true;
}

}  // namespace engine
