#include "engine/value/set_value.h"

#include <algorithm>

#include "base/limits.h"

namespace engine {

namespace {

Entry* to_tree(const ValueTools& tools, Entry* entry) {
  CountedTree* const tree = CountedTree::create();
  SetView(entry, tools.hasher).for_each([&](const Element& member) {
    const TreeKey key(*tools.hasher, ElementText(member).view());
    tree->add(key.probe(), key.alone());
    return true;
  });
  return tools.heap->with_tree(entry, tree);
}

// Nothing when the set has to become paged first.
Entry* add_integer(const ValueTools& tools, Entry* entry, int64_t value, bool* added) {
  const Intset integers(entry->value());
  size_t at = 0;
  *added = !integers.find(value, &at);
  if (!*added) return entry;
  const size_t count = integers.count() + 1;
  const size_t width = integers.width();
  const size_t wide = std::max(width, Intset::width_of(value));
  if (count > tools.limits.set_integers ||
      Intset::kHeaderBytes + count * wide > base::kInlineValueBytesMax)
    return nullptr;
  if (wide > width) return tools.heap->with_value(entry, integers.with(value), ValueForm::kPlain);
  char number[8];
  Intset::write_number(number, width, value);
  entry = splice_value(*tools.heap, entry, Intset::kHeaderBytes + at * width, 0, {number, width});
  Intset::write_count(entry->mutable_value(), count);
  return entry;
}

}  // namespace

Element SetView::member_of(base::ByteSpan element) {
  size_t taken = 0;
  return read_rdb_element(element, &taken);
}

uint64_t SetView::size() const {
  return packed() ? Intset(entry_->value()).count() : entry_->tree()->size();
}

bool SetView::contains(std::string_view member) const {
  if (packed()) {
    const ElementProbe probe(member);
    size_t at = 0;
    return probe.is_number && Intset(entry_->value()).find(probe.number, &at);
  }
  const TreeKey key(*hasher_, member);
  return entry_->tree()->find(key.probe()).has_value();
}

Element SetView::at(uint64_t rank) const {
  if (packed()) return Element::of_number(Intset(entry_->value()).at(rank));
  return member_of(entry_->tree()->at(rank).bytes);
}

Entry* new_set(EntryHeap& heap, std::string_view key, EntryOptions options) {
  options.type = ValueType::kSet;
  options.form = ValueForm::kPlain;
  return heap.create(key, Intset::empty(), options);
}

Entry* set_add(const ValueTools& tools, Entry* entry, std::string_view member, bool* added) {
  if (!entry->out_of_line()) {
    const ElementProbe probe(member);
    if (probe.is_number)
      if (Entry* const changed = add_integer(tools, entry, probe.number, added)) return changed;
    entry = to_tree(tools, entry);
  }
  const TreeKey key(*tools.hasher, member);
  *added = writable_tree(entry)->add(key.probe(), key.alone());
  return entry;
}

Entry* set_erase(const ValueTools& tools, Entry* entry, std::string_view member, bool* erased) {
  if (entry->out_of_line()) {
    const TreeKey key(*tools.hasher, member);
    *erased = writable_tree(entry)->erase(key.probe());
    return entry;
  }
  const Intset integers(entry->value());
  const ElementProbe probe(member);
  size_t at = 0;
  *erased = probe.is_number && integers.find(probe.number, &at);
  if (!*erased) return entry;
  const size_t count = integers.count() - 1;
  const size_t width = integers.width();
  entry = splice_value(*tools.heap, entry, Intset::kHeaderBytes + at * width, width, {});
  Intset::write_count(entry->mutable_value(), count);
  return entry;
}

}  // namespace engine
