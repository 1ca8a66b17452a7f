#include "engine/entry.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "base/memory.h"
#include "engine/entry_heaps.h"
#include "engine/value/chunked_string.h"
#include "engine/value/counted_tree.h"

namespace engine {

namespace {

constexpr size_t kShortKeyMax = 255;
constexpr size_t kShortValueMax = 1023;
constexpr uint64_t kKeyLengthMax = UINT32_MAX;
constexpr size_t kPointerBytes = sizeof(void*);

std::string_view pointer_bytes(void* const& pointer) {
  return {reinterpret_cast<const char*>(&pointer), kPointerBytes};
}

}  // namespace

static_assert(sizeof(Entry) == 8);
static_assert(base::kInlineValueBytesMax <= UINT32_MAX);

void Entry::set_chunks(ChunkedString* chunks) {
  CHECK(form() == ValueForm::kChunked);
  base::store_le<void*>(mutable_bytes() + value_offset(), chunks);
}

void Entry::set_tree(CountedTree* tree) {
  CHECK(form() == ValueForm::kPaged);
  base::store_le<void*>(mutable_bytes() + value_offset(), tree);
}

size_t Entry::allocated_bytes() const { return base::usable_bytes(this); }

// What determines the size of an entry and the places of its parts.
struct EntryHeap::Shape {
  size_t key_length;
  size_t value_length;
  bool has_expiry;
  bool has_record_ref;

  static Shape of(const Entry& entry) {
    return {entry.key_length(), entry.value_length(), entry.has_expiry(), entry.has_record_ref()};
  }
  bool wide() const { return key_length > kShortKeyMax || value_length > kShortValueMax; }
  size_t prefix_bytes() const {
    return sizeof(Entry) + 8 * (size_t{wide()} + size_t{has_expiry} + size_t{has_record_ref});
  }
  size_t bytes() const { return prefix_bytes() + key_length + value_length; }
  void write_to(Entry* entry) const {
    entry->set_field(39, 1, has_expiry);
    entry->set_field(40, 1, has_record_ref);
    entry->set_field(42, 1, wide());
    entry->set_field(46, 8, wide() ? 0 : key_length);
    entry->set_field(54, 10, wide() ? 0 : value_length);
    if (!wide()) return;
    base::store_le(entry->mutable_bytes() + 8, static_cast<uint32_t>(key_length));
    base::store_le(entry->mutable_bytes() + 12, static_cast<uint32_t>(value_length));
  }
};

EntryHeap::EntryHeap() : heaps_(new Heaps) {}

EntryHeap::~EntryHeap() {
  CHECK_EQ(entries_, 0u);
  delete heaps_;
}

void* EntryHeap::allocate(size_t bytes) {
  void* const memory = heaps_->allocate(bytes);
  const size_t usable = base::usable_bytes(memory);
  base::charge(base::MemoryUse::kEntries, static_cast<int64_t>(usable));
  bytes_ += usable;
  return memory;
}

void EntryHeap::deallocate(void* memory) {
  const size_t usable = base::usable_bytes(memory);
  base::charge(base::MemoryUse::kEntries, -static_cast<int64_t>(usable));
  bytes_ -= usable;
  Heaps::deallocate(memory);
}

Entry* EntryHeap::build(std::string_view key, std::string_view value, ValueForm form,
                        const EntryOptions& options) {
  CHECK_LE(key.size(), kKeyLengthMax);
  CHECK_LE(value.size(), base::kInlineValueBytesMax);
  const Shape shape{key.size(), value.size(), options.expiry_ms != kNoExpiry,
                    options.record_ref != 0};
  auto* const entry = static_cast<Entry*>(allocate(shape.bytes()));
  entry->header_ = 0;
  shape.write_to(entry);
  entry->set_type(options.type);
  entry->set_field(35, 2, static_cast<uint64_t>(form));
  entry->set_state(options.state);
  entry->set_access(options.access);
  entry->set_epoch(options.epoch);
  entry->set_probation(options.probation);
  char* const bytes = entry->mutable_bytes();
  if (shape.has_expiry) base::store_le(bytes + entry->expiry_offset(), options.expiry_ms);
  if (shape.has_record_ref) base::store_le(bytes + entry->record_ref_offset(), options.record_ref);
  std::copy(key.begin(), key.end(), bytes + entry->key_offset());
  std::copy(value.begin(), value.end(), bytes + entry->value_offset());
  ++entries_;
  return entry;
}

Entry* EntryHeap::create(std::string_view key, std::string_view value,
                         const EntryOptions& options) {
  CHECK(options.form == ValueForm::kPlain || options.form == ValueForm::kRaw);
  return build(key, value, options.form, options);
}

Entry* EntryHeap::create_chunked(std::string_view key, ChunkedString* chunks,
                                 const EntryOptions& options) {
  void* const pointer = chunks;
  return build(key, pointer_bytes(pointer), ValueForm::kChunked, options);
}

Entry* EntryHeap::create_paged(std::string_view key, CountedTree* tree,
                               const EntryOptions& options) {
  void* const pointer = tree;
  return build(key, pointer_bytes(pointer), ValueForm::kPaged, options);
}

void EntryHeap::destroy(Entry* entry) {
  if (entry->form() == ValueForm::kChunked) ChunkedString::release(entry->chunks());
  if (entry->form() == ValueForm::kPaged) CountedTree::release(entry->tree());
  deallocate(entry);
  --entries_;
}

Entry* EntryHeap::reshape(Entry* entry, const Shape& shape, size_t kept_value_bytes) {
  const Shape from = Shape::of(*entry);
  const size_t kept = from.key_length + std::min(from.value_length, kept_value_bytes);
  const int64_t expiry_ms = entry->expiry_ms();
  const uint64_t record_ref = entry->record_ref();
  const size_t usable = base::usable_bytes(entry);
  // In place only within the size class: an entry that became smaller must give memory back.
  const bool in_place = shape.bytes() <= usable && usable - base::good_bytes(shape.bytes()) < 16;
  Entry* const to = in_place ? entry : static_cast<Entry*>(allocate(shape.bytes()));
  std::memmove(to->mutable_bytes() + shape.prefix_bytes(), entry->bytes() + from.prefix_bytes(),
               kept);
  if (!in_place) {
    to->header_ = entry->header_;
    deallocate(entry);
  }
  shape.write_to(to);
  if (shape.has_expiry) base::store_le(to->mutable_bytes() + to->expiry_offset(), expiry_ms);
  if (shape.has_record_ref)
    base::store_le(to->mutable_bytes() + to->record_ref_offset(), record_ref);
  return to;
}

Entry* EntryHeap::resized(Entry* entry, size_t value_bytes, size_t kept_bytes, ValueForm form) {
  Shape shape = Shape::of(*entry);
  shape.value_length = value_bytes;
  entry = reshape(entry, shape, kept_bytes);
  entry->set_field(35, 2, static_cast<uint64_t>(form));
  return entry;
}

Entry* EntryHeap::with_value(Entry* entry, std::string_view value, ValueForm form) {
  CHECK(form == ValueForm::kPlain || form == ValueForm::kRaw);
  CHECK_LE(value.size(), base::kInlineValueBytesMax);
  entry = resized(entry, value.size(), 0, form);
  std::copy(value.begin(), value.end(), entry->mutable_value());
  return entry;
}

Entry* EntryHeap::with_value_bytes(Entry* entry, size_t value_bytes, ValueForm form) {
  CHECK(!entry->out_of_line());
  CHECK(form == ValueForm::kPlain || form == ValueForm::kRaw);
  CHECK_LE(value_bytes, base::kInlineValueBytesMax);
  const size_t was = entry->value_length();
  entry = resized(entry, value_bytes, std::min(was, value_bytes), form);
  if (value_bytes > was) std::fill_n(entry->mutable_value() + was, value_bytes - was, '\0');
  return entry;
}

Entry* EntryHeap::with_chunks(Entry* entry, ChunkedString* chunks) {
  entry = resized(entry, kPointerBytes, 0, ValueForm::kChunked);
  entry->set_chunks(chunks);
  return entry;
}

Entry* EntryHeap::with_tree(Entry* entry, CountedTree* tree) {
  entry = resized(entry, kPointerBytes, 0, ValueForm::kPaged);
  entry->set_tree(tree);
  return entry;
}

Entry* EntryHeap::with_expiry(Entry* entry, int64_t expiry_ms) {
  CHECK_NE(expiry_ms, kNoExpiry);
  if (!entry->has_expiry()) {
    Shape shape = Shape::of(*entry);
    shape.has_expiry = true;
    entry = reshape(entry, shape, shape.value_length);
  }
  base::store_le(entry->mutable_bytes() + entry->expiry_offset(), expiry_ms);
  return entry;
}

Entry* EntryHeap::without_expiry(Entry* entry) {
  if (!entry->has_expiry()) return entry;
  Shape shape = Shape::of(*entry);
  shape.has_expiry = false;
  return reshape(entry, shape, shape.value_length);
}

Entry* EntryHeap::with_record_ref(Entry* entry, uint64_t record_ref) {
  CHECK_NE(record_ref, 0u);
  if (!entry->has_record_ref()) {
    Shape shape = Shape::of(*entry);
    shape.has_record_ref = true;
    entry = reshape(entry, shape, shape.value_length);
  }
  base::store_le(entry->mutable_bytes() + entry->record_ref_offset(), record_ref);
  return entry;
}

Entry* EntryHeap::without_record_ref(Entry* entry) {
  if (!entry->has_record_ref()) return entry;
  Shape shape = Shape::of(*entry);
  shape.has_record_ref = false;
  return reshape(entry, shape, shape.value_length);
}

Entry* EntryHeap::with_key(Entry* entry, std::string_view key) {
  const Shape from = Shape::of(*entry);
  Shape shape = from;
  shape.key_length = key.size();
  CHECK_LE(key.size(), kKeyLengthMax);
  auto* const to = static_cast<Entry*>(allocate(shape.bytes()));
  to->header_ = entry->header_;
  shape.write_to(to);
  char* const bytes = to->mutable_bytes();
  if (shape.has_expiry) base::store_le(bytes + to->expiry_offset(), entry->expiry_ms());
  if (shape.has_record_ref) base::store_le(bytes + to->record_ref_offset(), entry->record_ref());
  std::copy(key.begin(), key.end(), bytes + to->key_offset());
  std::memcpy(bytes + to->value_offset(), entry->bytes() + entry->value_offset(),
              from.value_length);
  deallocate(entry);
  return to;
}

Entry* EntryHeap::move(Entry* entry) {
  const size_t bytes = Shape::of(*entry).bytes();
  auto* const to = static_cast<Entry*>(allocate(bytes));
  std::memcpy(to->mutable_bytes(), entry->bytes(), bytes);
  deallocate(entry);
  return to;
}

}  // namespace engine
