// One RDB string: how keys, aux fields, string values and the blobs of aggregates are stored.
//
// A string is a length and its bytes, or one of four special encodings: a number in 1, 2 or 4
// bytes, or LZF. The encoder chooses as redis-server does, so that a file or a DUMP payload made
// here is the one redis-server would have made.

#ifndef BASALT_PERSIST_RDB_STRING_H_
#define BASALT_PERSIST_RDB_STRING_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace persist {

enum class RdbStringForm : uint8_t { kRaw, kInteger, kLzf };

// What the first bytes of a string say. The payload that follows is not looked at, the lengths are
// checked against each other only.
struct RdbStringHeader {
  RdbStringForm form = RdbStringForm::kRaw;
  uint8_t header_bytes = 0;   // Of the lengths, for a number without the number itself.
  uint64_t stored_bytes = 0;  // What follows the header.
  // The string's own length. For numbers 0: it takes the number to know.
  uint64_t string_bytes = 0;

  uint64_t encoded_bytes() const { return header_bytes + stored_bytes; }
};
inline constexpr size_t kRdbStringHeaderBytesMax = 19;
// The longest text of a number.
inline constexpr size_t kRdbIntegerTextBytesMax = 11;

// Reads a header. Empty: `from` ends within it. kCorrupt: an unknown encoding, or LZF lengths that
// cannot be.
base::Result<std::optional<RdbStringHeader>> parse_string_header(base::ByteSpan from);

// A bound for what encode_string() writes.
constexpr size_t encoded_string_bytes_max(size_t string_bytes) { return string_bytes + 24; }

// Writes `string` as redis-server would: as a number if it is the shortest text of one within 32
// bits, by LZF if `compress` and it is longer than 20 bytes and shrinks by 4 or more, else as it
// is. Returns the bytes written. REQUIRES: room for encoded_string_bytes_max(), less than 4 GiB.
size_t encode_string(base::ByteSpan string, bool compress, std::byte* to);
// The text of a number within 32 bits, encoded as encode_string() would; at most 5 bytes.
size_t encode_integer_string(int32_t value, std::byte* to);
// The header of a string of `string_bytes` bytes that follows as it is.
size_t encode_raw_string_header(uint64_t string_bytes, std::byte* to);

// The length of the string that the complete encoding `from` stands for, without decoding it.
// kCorrupt: `from` is not exactly one string, as far as can be known without decompression.
base::Result<uint64_t> decoded_string_bytes(base::ByteSpan from);

// Decodes the complete encoding `from` into `to`, which has exactly decoded_string_bytes() bytes.
base::Status decode_string(base::ByteSpan from, base::MutableByteSpan to);

// As decode_string(), but a string that is stored as it is stays where it is: the result points
// into `from`, or into `scratch` (at least decoded_string_bytes() long unless the form is kRaw).
base::Result<base::ByteSpan> view_string(base::ByteSpan from, base::MutableByteSpan scratch);

}  // namespace persist

#endif  // BASALT_PERSIST_RDB_STRING_H_
