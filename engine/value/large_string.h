// Large strings in the log: a root that names the value, and the value's bytes in pages.
//
//   root   kind 1, key: the user's, type kLargeStringType, payload: LargeString (README.md), plain
//          length: the string's
//   pages  kind 2, key: page_key(value id, page index), type kStringType, hash of the root's key,
//          payload: the string's bytes from index * kLargePageBytes on, as they are
//
// The type byte is none of RDB's: no such payload may leave the log. A snapshot writes the string
// as RDB does, from the pages.

#ifndef BASALT_ENGINE_VALUE_LARGE_STRING_H_
#define BASALT_ENGINE_VALUE_LARGE_STRING_H_

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace engine {

inline constexpr uint8_t kLargeStringType = 0x80;
// Three chunks: with its header a page is one device read of at most 256 KiB.
inline constexpr uint64_t kLargePageBytes = 3 * base::kChunkBytes;
static_assert(kLargePageBytes + 2 * base::kDiskAlignBytes <= base::kUnitBytesMax);

struct LargeString {
  uint64_t value_id = 0;
  uint64_t bytes = 0;  // More than base::kInlineValueBytesMax.

  bool operator==(const LargeString&) const = default;
};

constexpr uint64_t large_page_count(uint64_t string_bytes) {
  return (string_bytes + kLargePageBytes - 1) / kLargePageBytes;
}
constexpr uint64_t large_page_bytes(uint64_t string_bytes, uint64_t page) {
  const uint64_t left = string_bytes - page * kLargePageBytes;
  return left < kLargePageBytes ? left : kLargePageBytes;
}

inline constexpr size_t kLargeRootBytes = 24;

// Writes kLargeRootBytes.
void encode_large_root(const LargeString& large, std::byte* to);
// kCorrupt unless it is what encode_large_root() makes of a string of at most 512 MB.
base::Result<LargeString> decode_large_root(base::ByteSpan payload);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_LARGE_STRING_H_
