#include "persist/rdb_string.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "persist/lzf.h"
#include "persist/rdb_format.h"

namespace persist {

namespace {

// Redis does not try to compress what is not longer, and keeps the result if it saves this much.
constexpr size_t kCompressMoreThanBytes = 20;
constexpr size_t kCompressSavesBytes = 4;

constexpr uint8_t special(RdbStringEncoding encoding) {
  return static_cast<uint8_t>(kLengthSpecial | static_cast<uint8_t>(encoding));
}

base::Error corrupt(const char* detail) { return {base::ErrorCode::kCorrupt, 0, detail}; }

// A number's text as it would be printed: no other spelling of it.
std::optional<int32_t> exact_int32(base::ByteSpan string) {
  if (string.empty() || string.size() > kRdbIntegerTextBytesMax) return std::nullopt;
  const std::string_view text = base::as_text(string);
  const bool negative = text[0] == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  if (digits[0] == '0' && text.size() > 1) return std::nullopt;
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int32_t load_integer(base::ByteSpan stored) {
  switch (stored.size()) {
    case 1:
      return base::load_le<int8_t>(stored.data());
    case 2:
      return base::load_le<int16_t>(stored.data());
    default:
      return base::load_le<int32_t>(stored.data());
  }
}

size_t integer_text(int32_t value, char (&text)[kRdbIntegerTextBytesMax]) {
  return static_cast<size_t>(std::to_chars(text, text + sizeof text, value).ptr - text);
}

base::Result<std::optional<RdbStringHeader>> parse_lzf_header(base::ByteSpan from) {
  const RdbLength compressed = decode_length(from.subspan(1));
  if (!compressed.valid || compressed.special) return corrupt("Invalid LZF compressed string");
  if (compressed.bytes == 0) return std::optional<RdbStringHeader>();
  const RdbLength raw = decode_length(from.subspan(1 + compressed.bytes));
  if (!raw.valid || raw.special) return corrupt("Invalid LZF compressed string");
  if (raw.bytes == 0) return std::optional<RdbStringHeader>();
  if (!lzf_lengths_possible(compressed.value, raw.value)) {
    return corrupt("Invalid LZF compressed string");
  }
  return std::optional(RdbStringHeader{
      .form = RdbStringForm::kLzf,
      .header_bytes = static_cast<uint8_t>(1 + compressed.bytes + raw.bytes),
      .stored_bytes = compressed.value,
      .string_bytes = raw.value,
  });
}

// A header that fills `from` exactly.
base::Result<RdbStringHeader> whole_string_header(base::ByteSpan from) {
  auto header = parse_string_header(from);
  if (!header.ok()) return header.error();
  if (!header->has_value()) return corrupt("string ends within its length");
  const RdbStringHeader& found = **header;
  if (found.stored_bytes != from.size() - found.header_bytes) {
    return corrupt("string does not have its length");
  }
  return found;
}

size_t compress_string(base::ByteSpan string, std::byte* to) {
  constexpr size_t kRoomForHeader = kRdbStringHeaderBytesMax;
  const size_t compressed = lzf_compress(
      string, base::MutableByteSpan(to + kRoomForHeader, string.size() - kCompressSavesBytes));
  if (compressed == 0) return 0;
  to[0] = std::byte(special(RdbStringEncoding::kLzf));
  size_t bytes = 1;
  bytes += encode_length(compressed, to + bytes);
  bytes += encode_length(string.size(), to + bytes);
  std::memmove(to + bytes, to + kRoomForHeader, compressed);
  return bytes + compressed;
}

}  // namespace

base::Result<std::optional<RdbStringHeader>> parse_string_header(base::ByteSpan from) {
  const RdbLength length = decode_length(from);
  if (!length.valid) return corrupt("Invalid string length encoding");
  if (length.bytes == 0) return std::optional<RdbStringHeader>();
  if (!length.special) {
    return std::optional(RdbStringHeader{.form = RdbStringForm::kRaw,
                                         .header_bytes = length.bytes,
                                         .stored_bytes = length.value,
                                         .string_bytes = length.value});
  }
  switch (static_cast<RdbStringEncoding>(length.value)) {
    case RdbStringEncoding::kInt8:
    case RdbStringEncoding::kInt16:
    case RdbStringEncoding::kInt32:
      return std::optional(RdbStringHeader{.form = RdbStringForm::kInteger,
                                           .header_bytes = 1,
                                           .stored_bytes = uint64_t{1} << length.value,
                                           .string_bytes = 0});
    case RdbStringEncoding::kLzf:
      return parse_lzf_header(from);
  }
  return corrupt("Unknown RDB string encoding type");
}

size_t encode_integer_string(int32_t value, std::byte* to) {
  if (value >= INT8_MIN && value <= INT8_MAX) {
    to[0] = std::byte(special(RdbStringEncoding::kInt8));
    base::store_le(to + 1, static_cast<int8_t>(value));
    return 2;
  }
  if (value >= INT16_MIN && value <= INT16_MAX) {
    to[0] = std::byte(special(RdbStringEncoding::kInt16));
    base::store_le(to + 1, static_cast<int16_t>(value));
    return 3;
  }
  to[0] = std::byte(special(RdbStringEncoding::kInt32));
  base::store_le(to + 1, value);
  return 5;
}

size_t encode_string(base::ByteSpan string, bool compress, std::byte* to) {
  if (const std::optional<int32_t> value = exact_int32(string)) {
    return encode_integer_string(*value, to);
  }
  if (compress && string.size() > kCompressMoreThanBytes) {
    const size_t bytes = compress_string(string, to);
    if (bytes > 0) return bytes;
  }
  const size_t header = encode_length(string.size(), to);
  if (!string.empty()) std::memcpy(to + header, string.data(), string.size());
  return header + string.size();
}

size_t encode_raw_string_header(uint64_t string_bytes, std::byte* to) {
  return encode_length(string_bytes, to);
}

base::Result<uint64_t> decoded_string_bytes(base::ByteSpan from) {
  const auto header = whole_string_header(from);
  if (!header.ok()) return header.error();
  if (header->form != RdbStringForm::kInteger) return header->string_bytes;
  char text[kRdbIntegerTextBytesMax];
  return uint64_t{integer_text(load_integer(from.subspan(header->header_bytes)), text)};
}

base::Status decode_string(base::ByteSpan from, base::MutableByteSpan to) {
  const auto view = view_string(from, to);
  if (!view.ok()) return view.error();
  if (view->size() != to.size()) return corrupt("string does not have its length");
  if (!to.empty() && view->data() != to.data()) std::memcpy(to.data(), view->data(), to.size());
  return base::ok_status();
}

base::Result<base::ByteSpan> view_string(base::ByteSpan from, base::MutableByteSpan scratch) {
  const auto header = whole_string_header(from);
  if (!header.ok()) return header.error();
  const base::ByteSpan stored = from.subspan(header->header_bytes);
  if (header->form == RdbStringForm::kRaw) return stored;
  if (header->form == RdbStringForm::kInteger) {
    char text[kRdbIntegerTextBytesMax];
    const size_t bytes = integer_text(load_integer(stored), text);
    CHECK_LE(bytes, scratch.size());
    std::memcpy(scratch.data(), text, bytes);
    return base::ByteSpan(scratch.first(bytes));
  }
  CHECK_LE(header->string_bytes, scratch.size());
  const base::MutableByteSpan raw = scratch.first(header->string_bytes);
  RETURN_IF_ERROR(lzf_decompress(stored, raw));
  return base::ByteSpan(raw);
}

}  // namespace persist
