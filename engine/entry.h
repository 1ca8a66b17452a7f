// Entry: one key with its value, in one allocation.
//
//     offset 0   header, 8 bytes
//                  bits  0..23  access counter (LRU clock or LFU counter; the caller's meaning)
//                  bits 24..31  epoch (of snapshots, compared modulo 256)
//                  bits 32..34  ValueType
//                  bits 35..36  ValueForm
//                  bits 37..38  EntryState
//                  bit  39      has_expiry
//                  bit  40      has_record_ref
//                  bit  41      probation
//                  bit  42      wide
//                  bits 43..45  zero
//                  bits 46..53  key length    } both zero when wide
//                  bits 54..63  value length  }
//            8   if wide: key length, value length, 4 bytes each (little-endian)
//            +   if has_expiry: absolute expiry in milliseconds, 8 bytes
//            +   if has_record_ref: packed reference to the record of a clean entry, 8 bytes
//            +   key bytes, then value bytes
//
// So a 16-byte key with an 8-byte value, dirty and without expiry, is 32 bytes. A value of form
// kChunked or kPaged is out of line: its value bytes are one pointer.
//
// Exactly one pointer to an entry exists between two turns: its slot in a dictionary. Whatever
// reshapes an entry may move it and returns where it is now; the caller stores that pointer in the
// slot (Dictionary::replace) before it does anything else with the dictionary.
//
// Threads: an EntryHeap and its entries belong to the loop thread.

#ifndef BASALT_ENGINE_ENTRY_H_
#define BASALT_ENGINE_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"

namespace engine {

class ChunkedString;
class CountedTree;

enum class ValueType : uint8_t { kString, kList, kSet, kZset, kHash, kStream };

enum class ValueForm : uint8_t {
  kPlain,    // The value's bytes, or one packed buffer, inline.
  kRaw,      // Inline bytes of a string after APPEND or SETRANGE (OBJECT ENCODING says raw).
  kChunked,  // A ChunkedString*.
  kPaged,    // A CountedTree*.
};

// (I1) The states that have an entry; an absent or cold unit has none.
enum class EntryState : uint8_t {
  kDirty,     // The only copy.
  kDemoting,  // The only valid copy; its record is being written.
  kClean,     // A cache of the record that record_ref() names.
};

inline constexpr int64_t kNoExpiry = -1;
inline constexpr uint32_t kAccessMax = (1u << 24) - 1;

class Entry {
 public:
  Entry() = delete;
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  std::string_view key() const { return {bytes() + key_offset(), key_length()}; }
  // The inline bytes. REQUIRES: !out_of_line().
  std::string_view value() const {
    CHECK(!out_of_line());
    return {bytes() + value_offset(), value_length()};
  }
  // The same, for changes that keep the length. REQUIRES: !out_of_line().
  char* mutable_value() {
    CHECK(!out_of_line());
    return mutable_bytes() + value_offset();
  }
  // The out-of-line string. REQUIRES: form() == kChunked.
  ChunkedString* chunks() const {
    CHECK(form() == ValueForm::kChunked);
    return static_cast<ChunkedString*>(object());
  }
  // Names another object; the old one is the caller's. REQUIRES: form() == kChunked.
  void set_chunks(ChunkedString* chunks);
  // The out-of-line aggregate. REQUIRES: form() == kPaged.
  CountedTree* tree() const {
    CHECK(form() == ValueForm::kPaged);
    return static_cast<CountedTree*>(object());
  }
  // As set_chunks. REQUIRES: form() == kPaged.
  void set_tree(CountedTree* tree);

  ValueType type() const { return static_cast<ValueType>(field(32, 3)); }
  void set_type(ValueType type) { set_field(32, 3, static_cast<uint64_t>(type)); }
  ValueForm form() const { return static_cast<ValueForm>(field(35, 2)); }
  bool out_of_line() const { return form() >= ValueForm::kChunked; }
  EntryState state() const { return static_cast<EntryState>(field(37, 2)); }
  void set_state(EntryState state) { set_field(37, 2, static_cast<uint64_t>(state)); }

  // 0 to kAccessMax.
  uint32_t access() const { return static_cast<uint32_t>(field(0, 24)); }
  void set_access(uint32_t access) { set_field(0, 24, access); }
  uint8_t epoch() const { return static_cast<uint8_t>(field(24, 8)); }
  void set_epoch(uint8_t epoch) { set_field(24, 8, epoch); }
  bool probation() const { return field(41, 1) != 0; }
  void set_probation(bool probation) { set_field(41, 1, probation ? 1 : 0); }

  bool has_expiry() const { return field(39, 1) != 0; }
  // kNoExpiry when there is none.
  int64_t expiry_ms() const {
    return has_expiry() ? base::load_le<int64_t>(bytes() + expiry_offset()) : kNoExpiry;
  }
  bool has_record_ref() const { return field(40, 1) != 0; }
  // The packed reference, opaque here; 0 when there is none.
  uint64_t record_ref() const {
    return has_record_ref() ? base::load_le<uint64_t>(bytes() + record_ref_offset()) : 0;
  }

  // What the allocator set aside for the entry itself, without an out-of-line object.
  size_t allocated_bytes() const;

 private:
  friend class EntryHeap;

  uint64_t field(unsigned shift, unsigned bits) const {
    return (header_ >> shift) & ((uint64_t{1} << bits) - 1);
  }
  void set_field(unsigned shift, unsigned bits, uint64_t value) {
    const uint64_t mask = ((uint64_t{1} << bits) - 1) << shift;
    header_ = (header_ & ~mask) | ((value << shift) & mask);
  }
  bool wide() const { return field(42, 1) != 0; }
  const char* bytes() const { return reinterpret_cast<const char*>(this); }
  char* mutable_bytes() { return reinterpret_cast<char*>(this); }
  size_t expiry_offset() const { return 8 + 8 * field(42, 1); }
  size_t record_ref_offset() const { return expiry_offset() + 8 * field(39, 1); }
  size_t key_offset() const { return record_ref_offset() + 8 * field(40, 1); }
  size_t value_offset() const { return key_offset() + key_length(); }
  size_t key_length() const {
    return wide() ? base::load_le<uint32_t>(bytes() + 8) : static_cast<size_t>(field(46, 8));
  }
  size_t value_length() const {
    return wide() ? base::load_le<uint32_t>(bytes() + 12) : static_cast<size_t>(field(54, 10));
  }
  void* object() const { return base::load_le<void*>(bytes() + value_offset()); }

  uint64_t header_;
};

struct EntryOptions {
  ValueType type = ValueType::kString;
  ValueForm form = ValueForm::kPlain;
  EntryState state = EntryState::kDirty;
  int64_t expiry_ms = kNoExpiry;
  uint64_t record_ref = 0;  // 0: none.
  uint32_t access = 0;
  uint8_t epoch = 0;
  bool probation = false;
};

// EntryHeap: the memory of entries, apart from all other memory so that its sparse pages hold
// nothing but entries and can be emptied by moving them (engine/defragmenter.h). Counted as
// base::MemoryUse::kEntries. One per engine, used by one thread, outlives its dictionaries.
class EntryHeap {
 public:
  EntryHeap();
  ~EntryHeap();
  EntryHeap(const EntryHeap&) = delete;
  EntryHeap& operator=(const EntryHeap&) = delete;

  // `value` is copied and at most base::kInlineValueBytesMax long; options.form is kPlain or kRaw.
  Entry* create(std::string_view key, std::string_view value, const EntryOptions& options);
  // Owns `chunks` (one reference) from now on; options.form is ignored.
  Entry* create_chunked(std::string_view key, ChunkedString* chunks, const EntryOptions& options);
  // The same for an aggregate.
  Entry* create_paged(std::string_view key, CountedTree* tree, const EntryOptions& options);
  // Frees the entry and gives up its reference to an out-of-line object. A large object is better
  // taken first and freed in slices.
  void destroy(Entry* entry);

  // Each of these keeps everything else about the entry, works in place when the size class does
  // not change, else frees `entry`, and returns the entry to use from now on.
  //
  // `value` must not lie inside the entry; `form` is kPlain or kRaw. An out-of-line object that
  // was there is the caller's from now on.
  Entry* with_value(Entry* entry, std::string_view value, ValueForm form);
  // Changes the length of an inline value: kept bytes stay, new ones are zero.
  Entry* with_value_bytes(Entry* entry, size_t value_bytes, ValueForm form);
  // Owns `chunks` (one reference) from now on.
  Entry* with_chunks(Entry* entry, ChunkedString* chunks);
  // Owns `tree` (one reference) from now on.
  Entry* with_tree(Entry* entry, CountedTree* tree);
  Entry* with_expiry(Entry* entry, int64_t expiry_ms);
  Entry* without_expiry(Entry* entry);
  // REQUIRES: record_ref != 0.
  Entry* with_record_ref(Entry* entry, uint64_t record_ref);
  Entry* without_record_ref(Entry* entry);
  // The entry under another key (RENAME).
  Entry* with_key(Entry* entry, std::string_view key);

  // Entries alive, and the bytes set aside for them.
  uint64_t entries() const { return entries_; }
  uint64_t bytes() const { return bytes_; }

 private:
  friend class Defragmenter;
  struct Shape;
  struct Heaps;

  void* allocate(size_t bytes);
  void deallocate(void* pointer);
  Entry* build(std::string_view key, std::string_view value, ValueForm form,
               const EntryOptions& options);
  Entry* resized(Entry* entry, size_t value_bytes, size_t kept_bytes, ValueForm form);
  Entry* reshape(Entry* entry, const Shape& shape, size_t kept_value_bytes);
  // A copy in the heap that new entries go to; frees `entry`.
  Entry* move(Entry* entry);

  Heaps* heaps_;
  uint64_t entries_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_ENTRY_H_
