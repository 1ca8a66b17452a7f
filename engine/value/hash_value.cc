#include "engine/value/hash_value.h"

#include "base/limits.h"

namespace engine {

namespace {

// Where a field lies in a listpack.
struct Place {
  size_t field;
  size_t value;
  size_t end;
};

std::optional<Place> find_packed(const Listpack& pack, std::string_view field) {
  const ElementProbe probe(field);
  for (size_t at = pack.first(); !pack.at_end(at);) {
    Place place{at, 0, 0};
    const Element element = pack.read(at, &place.value);
    place.end = pack.next(place.value);
    if (probe.is(element)) return place;
    at = place.end;
  }
  return std::nullopt;
}

Entry* to_tree(const ValueTools& tools, Entry* entry) {
  CountedTree* const tree = CountedTree::create();
  HashView(entry, tools.hasher).for_each([&](const HashPair& pair) {
    TreeKey key(*tools.hasher, ElementText(pair.field).view());
    tree->put(key.probe(), key.with_value(ElementText(pair.value).view()));
  });
  return tools.heap->with_tree(entry, tree);
}

bool fits_packed(const ValueTools& tools, const Entry* entry, std::string_view field,
                 std::string_view value) {
  const uint64_t limit = tools.limits.hash_value_bytes;
  const size_t more =
      Listpack::entry_bytes_max(field.size()) + Listpack::entry_bytes_max(value.size());
  return field.size() <= limit && value.size() <= limit &&
         entry->value().size() + more <= base::kInlineValueBytesMax;
}

void write_header(Entry* entry, size_t count) {
  Listpack::write_header(entry->mutable_value(), entry->value().size(), count);
}

// Nothing when the hash has to become paged first.
Entry* put_packed(const ValueTools& tools, Entry* entry, std::string_view field,
                  std::string_view value, bool* added) {
  const Listpack pack(entry->value());
  const size_t count = pack.count();
  std::string bytes;
  if (const std::optional<Place> place = find_packed(pack, field)) {
    *added = false;
    Listpack::append_entry(value, &bytes);
    entry = splice_value(*tools.heap, entry, place->value, place->end - place->value, bytes);
    write_header(entry, count);
    return entry;
  }
  if (count / 2 + 1 > tools.limits.hash_entries || count + 2 > Listpack::kCountMax) return nullptr;
  *added = true;
  Listpack::append_entry(field, &bytes);
  Listpack::append_entry(value, &bytes);
  entry = splice_value(*tools.heap, entry, entry->value().size() - 1, 0, bytes);
  write_header(entry, count + 2);
  return entry;
}

}  // namespace

HashPair HashView::pair_of(base::ByteSpan element) {
  HashPair pair;
  size_t taken = 0;
  pair.field = read_rdb_element(element, &taken);
  pair.value = read_rdb_element(element.subspan(taken), &taken);
  return pair;
}

uint64_t HashView::size() const {
  return packed() ? Listpack(entry_->value()).count() / 2 : entry_->tree()->size();
}

std::optional<Element> HashView::find(std::string_view field) const {
  if (packed()) {
    const Listpack pack(entry_->value());
    const std::optional<Place> place = find_packed(pack, field);
    size_t next = 0;
    if (!place.has_value()) return std::nullopt;
    return pack.read(place->value, &next);
  }
  const TreeKey key(*hasher_, field);
  const std::optional<base::ByteSpan> element = entry_->tree()->find(key.probe());
  if (!element.has_value()) return std::nullopt;
  return pair_of(*element).value;
}

HashPair HashView::at(uint64_t rank) const {
  if (!packed()) return pair_of(entry_->tree()->at(rank).bytes);
  const Listpack pack(entry_->value());
  size_t at = pack.first();
  for (uint64_t i = 0; i < rank * 2; ++i) at = pack.next(at);
  HashPair pair;
  pair.field = pack.read(at, &at);
  pair.value = pack.read(at, &at);
  return pair;
}

Entry* new_hash(EntryHeap& heap, std::string_view key, EntryOptions options) {
  options.type = ValueType::kHash;
  options.form = ValueForm::kPlain;
  return heap.create(key, Listpack::empty(), options);
}

Entry* hash_put(const ValueTools& tools, Entry* entry, std::string_view field,
                std::string_view value, bool* added) {
  if (!entry->out_of_line()) {
    if (fits_packed(tools, entry, field, value))
      if (Entry* const changed = put_packed(tools, entry, field, value, added)) return changed;
    entry = to_tree(tools, entry);
  }
  TreeKey key(*tools.hasher, field);
  CountedTree* const tree = writable_tree(entry);
  // The key's bytes may move when the value is put behind it.
  const base::ByteSpan element = key.with_value(value);
  *added = tree->put(key.probe(), element);
  return entry;
}

Entry* hash_erase(const ValueTools& tools, Entry* entry, std::string_view field, bool* erased) {
  if (entry->out_of_line()) {
    const TreeKey key(*tools.hasher, field);
    *erased = writable_tree(entry)->erase(key.probe());
    return entry;
  }
  const Listpack pack(entry->value());
  const std::optional<Place> place = find_packed(pack, field);
  *erased = place.has_value();
  if (!place.has_value()) return entry;
  const size_t count = pack.count();
  entry = splice_value(*tools.heap, entry, place->field, place->end - place->field, {});
  write_header(entry, count - 2);
  return entry;
}

}  // namespace engine
