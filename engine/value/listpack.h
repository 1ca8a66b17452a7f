// Listpack: Redis's packed sequence of strings and numbers, byte for byte.
//
//     u32 bytes, u16 count | entry, entry, ... | 0xff          (little-endian)
//     entry: encoding with its data, then the length of that, to be read backwards
//
// The value bytes of a small aggregate's entry are a listpack, so that it goes to a file, to DUMP
// and to the log by copying. Bytes from outside are judged once (persist/rdb_blobs.h), when they
// come in; the functions here trust them.

#ifndef BASALT_ENGINE_VALUE_LISTPACK_H_
#define BASALT_ENGINE_VALUE_LISTPACK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/value/element.h"

namespace engine {

class Listpack {
 public:
  static constexpr size_t kHeaderBytes = 6;
  // Counts above this are not kept in the header.
  static constexpr size_t kCountMax = 65534;
  // Without elements.
  static std::string_view empty();

  // A view; `bytes` is a whole listpack.
  explicit Listpack(std::string_view bytes) : bytes_(bytes) {}

  size_t count() const { return base::load_le<uint16_t>(bytes_.data() + 4); }
  // Where the first entry is, or the end mark.
  size_t first() const { return kHeaderBytes; }
  bool at_end(size_t offset) const { return static_cast<uint8_t>(bytes_[offset]) == 0xff; }
  // The element at an offset. REQUIRES: !at_end(offset).
  Element read(size_t offset, size_t* next) const;
  // Where the entry behind that one is.
  size_t next(size_t offset) const {
    size_t after = 0;
    read(offset, &after);
    return after;
  }

  // Where the end mark is.
  size_t end() const { return bytes_.size() - 1; }
  // The bytes of all entries.
  std::string_view entries() const { return bytes_.substr(first(), end() - first()); }
  // Where the entry before is. REQUIRES: offset > first().
  size_t previous(size_t offset) const;
  // Where the entry of a rank is, from the nearer end; end() for their count.
  size_t place_of(size_t rank) const;

  // ---- Making one
  // A text of this length takes at most so many bytes.
  static constexpr size_t entry_bytes_max(size_t text_bytes) { return text_bytes + 10; }
  // Appends the entry that Redis would write for the text.
  static void append_entry(std::string_view text, std::string* to);
  static void append_number(int64_t number, std::string* to);
  static void write_header(char* listpack, size_t bytes, size_t count);

 private:
  std::string_view bytes_;
};

// Appends elements, then gives the whole.
class ListpackBuilder {
 public:
  ListpackBuilder() : bytes_(Listpack::kHeaderBytes, '\0') {}
  void append(std::string_view text) {
    Listpack::append_entry(text, &bytes_);
    ++count_;
  }
  // Entries as another listpack has them.
  void append_entries(std::string_view entries, size_t count) {
    bytes_.append(entries);
    count_ += count;
  }
  size_t count() const { return count_; }
  // Of the whole by now.
  size_t bytes() const { return bytes_.size() + 1; }
  // This is empty afterwards, to be filled again.
  std::string finish();

 private:
  std::string bytes_;
  size_t count_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_LISTPACK_H_
