// Codec: values to RDB payloads and back. The log, a snapshot, DUMP and RESTORE all carry a value
// as RDB's type byte and these bytes, so that a cold value is copied and never decoded.
//
// A string's payload is one RDB string (persist/rdb_string.h), exactly as redis-server writes it.

#ifndef BASALT_ENGINE_VALUE_CODEC_H_
#define BASALT_ENGINE_VALUE_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "persist/lzf.h"
#include "persist/rdb_format.h"
#include "persist/rdb_string.h"

namespace engine {

// The type byte of a string.
inline constexpr uint8_t kStringType = static_cast<uint8_t>(persist::RdbType::kString);

// A bound for encode_string() of a value of this length.
constexpr size_t encoded_bytes_max(size_t value_bytes) {
  return persist::encoded_string_bytes_max(value_bytes);
}
// Encodes a string value; `compress` is rdbcompression. Returns the payload's length. REQUIRES:
// room for encoded_bytes_max(); for values in chunks see raw_header().
size_t encode_string(std::string_view value, bool compress, std::byte* to);
// Encodes a number as a string value would be, without making its text first.
size_t encode_integer(int64_t value, std::byte* to);
// The start of the payload of a string whose bytes follow as they are: for values in chunks, which
// are not compressed. At most persist::kLengthBytesMax bytes.
size_t raw_header(uint64_t value_bytes, std::byte* to);

// The length of the value that `payload` holds, without decoding it: what STRLEN and the budget
// need. kCorrupt when it is no string payload.
base::Result<uint64_t> decoded_length(base::ByteSpan payload);
// Decodes into `to`. kInvalid when the value is longer than `to`, kCorrupt when the payload is
// damaged; the result is the value's length.
base::Result<size_t> decode_string(base::ByteSpan payload, base::MutableByteSpan to);
// The value's bytes where they lie, if the payload holds them as they are; else empty with
// `*is_raw` false.
base::Result<base::ByteSpan> raw_view(base::ByteSpan payload, bool* is_raw);

// Decodes a payload that arrives in pieces into pieces of the caller's, in bounded memory: for
// values in chunks.
//
//   StringDecoder decoder;
//   while (payload arrives) {
//     decoder.feed(piece);
//     while (decoder.read(chunk) > 0) ...
//   }
class StringDecoder {
 public:
  // Values longer than `value_bytes_max` are refused with kInvalid.
  explicit StringDecoder(uint64_t value_bytes_max);
  ~StringDecoder();

  // The next bytes of the payload; they stay valid until read() returned 0. REQUIRES: the piece
  // before was read until 0.
  base::Status feed(base::ByteSpan piece);
  // The next bytes of the value; 0: needs more, or done().
  base::Result<size_t> read(base::MutableByteSpan to);
  // The value's length, once length_known().
  bool length_known() const { return state_ != State::kHeader; }
  uint64_t value_bytes() const { return value_bytes_; }
  bool done() const { return length_known() && value_left_ == 0 && lzf_done(); }

 private:
  enum class State : uint8_t { kHeader, kRaw, kText, kLzf };

  base::Status parse_header();
  base::Result<size_t> read_lzf(base::MutableByteSpan to);
  bool lzf_done() const { return lzf_ == nullptr || lzf_->done(); }

  const uint64_t value_bytes_max_;
  State state_ = State::kHeader;
  base::ByteSpan input_;
  std::byte head_[persist::kRdbStringHeaderBytesMax + 4];
  size_t head_bytes_ = 0;
  std::byte text_[persist::kRdbIntegerTextBytesMax];
  size_t text_bytes_ = 0;
  uint64_t value_bytes_ = 0;
  uint64_t value_left_ = 0;
  std::unique_ptr<persist::LzfStream> lzf_;
  base::ByteSpan lzf_piece_;
};

// --- DUMP and RESTORE ---

// Two bytes of RDB version and eight of CRC64, both little-endian.
inline constexpr size_t kDumpFooterBytes = 10;

// The footer for a type byte and payload whose CRC64 together is `crc` (persist::crc64 from 0).
void dump_footer(uint64_t crc, std::byte* to);
// The complete DUMP of a payload.
std::string dump(uint8_t type, base::ByteSpan payload);

// What RESTORE was given.
struct Dumped {
  uint8_t type;
  base::ByteSpan payload;
};
inline constexpr char kRestoreChecksumError[] = "ERR DUMP payload version or checksum are wrong";
inline constexpr char kRestoreFormatError[] = "ERR Bad data format";

// Checks footer, version (at most persist::kRdbVersionMax) and shape. The error's detail is the
// reply to send: one of the two above.
base::Result<Dumped> check_dump(base::ByteSpan dumped);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_CODEC_H_
