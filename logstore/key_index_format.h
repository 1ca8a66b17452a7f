// The bytes of the key index: keys that sort in hash order, compact values, rows of the expiry
// column (INDEX.md draws them).
//
// They come back from files, so decoding judges every length and answers false for what encoding
// does not produce.

#ifndef BASALT_LOGSTORE_KEY_INDEX_FORMAT_H_
#define BASALT_LOGSTORE_KEY_INDEX_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "logstore/record.h"
#include "logstore/record_ref.h"

namespace logstore {

// Names a unit in the index. `key` is a view: the user's key of a root, the page key of a page.
// `hash64` is the one its record carries.
struct UnitKey {
  uint32_t namespace_id = 0;
  uint64_t hash64 = 0;
  UnitKind kind = UnitKind::kRoot;
  std::string_view key;

  bool operator==(const UnitKey&) const = default;
};

// What the index knows of a unit without reading its record.
struct IndexValue {
  Location location;
  uint32_t payload_bytes = 0;  // Of the plain payload: what reading the value will need.
  uint8_t rdb_type = 0;
  int64_t expire_at_ms = kNoExpiry;

  bool operator==(const IndexValue&) const = default;
};

// namespace (4, big-endian) | hash64 (8, big-endian) | kind (1) | key
inline constexpr size_t kIndexKeyPrefixBytes = 13;
// expire_at_ms (8, big-endian) | index key
inline constexpr size_t kExpiryRowPrefixBytes = 8 + kIndexKeyPrefixBytes;
inline constexpr size_t kIndexValueBytesMax = 12 + 5 + 10;

// Append to `*to`.
void append_index_key(const UnitKey& key, std::string* to);
void append_expiry_row(int64_t expire_at_ms, std::string_view index_key, std::string* to);

// The first possible index key of a namespace from a hash on, always kIndexKeyPrefixBytes - 1 long.
std::string index_key_bound(uint32_t namespace_id, uint64_t hash64);
// The end of the namespace: greater than all its keys, at most all keys of any later one.
std::string index_namespace_end(uint32_t namespace_id);
// The first possible row that expires at that time or later.
std::string expiry_row_bound(int64_t expire_at_ms);

// `key->key` and `*index_key` point into what was decoded.
[[nodiscard]] bool decode_index_key(std::string_view bytes, UnitKey* key);
[[nodiscard]] bool decode_expiry_row(std::string_view bytes, int64_t* expire_at_ms,
                                     std::string_view* index_key);

// Writes to `to` (kIndexValueBytesMax) and returns the length: 13 to 15 bytes without an expiry,
// 6 more with one of this century.
size_t encode_index_value(const IndexValue& value, char* to);
[[nodiscard]] bool decode_index_value(std::string_view bytes, IndexValue* value);

}  // namespace logstore

#endif  // BASALT_LOGSTORE_KEY_INDEX_FORMAT_H_
