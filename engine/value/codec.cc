#include "engine/value/codec.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "persist/crc64.h"
#include "persist/rdb_grammar.h"

namespace engine {

namespace {

constexpr size_t kIntegerTextBytesMax = 20;
constexpr size_t kVersionBytes = 2;

base::Error corrupt(const char* detail) { return {base::ErrorCode::kCorrupt, 0, detail}; }
base::Error too_long() { return {base::ErrorCode::kInvalid, 0, "string value too long"}; }

}  // namespace

size_t encode_string(std::string_view value, bool compress, std::byte* to) {
  return persist::encode_string(base::as_bytes(value), compress, to);
}

size_t encode_integer(int64_t value, std::byte* to) {
  if (value >= INT32_MIN && value <= INT32_MAX) {
    return persist::encode_integer_string(static_cast<int32_t>(value), to);
  }
  char text[kIntegerTextBytesMax];
  const char* end = std::to_chars(text, text + sizeof text, value).ptr;
  const auto bytes = static_cast<size_t>(end - text);
  const size_t header = persist::encode_raw_string_header(bytes, to);
  std::memcpy(to + header, text, bytes);
  return header + bytes;
}

size_t raw_header(uint64_t value_bytes, std::byte* to) {
  return persist::encode_raw_string_header(value_bytes, to);
}

base::Result<uint64_t> decoded_length(base::ByteSpan payload) {
  return persist::decoded_string_bytes(payload);
}

base::Result<size_t> decode_string(base::ByteSpan payload, base::MutableByteSpan to) {
  const auto bytes = persist::decoded_string_bytes(payload);
  if (!bytes.ok()) return bytes.error();
  if (*bytes > to.size()) return too_long();
  RETURN_IF_ERROR(persist::decode_string(payload, to.first(*bytes)));
  return size_t{*bytes};
}

base::Result<base::ByteSpan> raw_view(base::ByteSpan payload, bool* is_raw) {
  const auto header = persist::parse_string_header(payload);
  if (!header.ok()) return header.error();
  if (!header->has_value()) return corrupt("string ends within its length");
  *is_raw = (*header)->form == persist::RdbStringForm::kRaw;
  const base::ByteSpan stored = payload.subspan((*header)->header_bytes);
  if (stored.size() != (*header)->stored_bytes) return corrupt("string does not have its length");
  return *is_raw ? stored : base::ByteSpan();
}

StringDecoder::StringDecoder(uint64_t value_bytes_max) : value_bytes_max_(value_bytes_max) {}
StringDecoder::~StringDecoder() = default;

base::Status StringDecoder::feed(base::ByteSpan piece) {
  CHECK(input_.empty());
  input_ = piece;
  while (state_ == State::kHeader && !input_.empty()) {
    head_[head_bytes_++] = input_[0];
    input_ = input_.subspan(1);
    RETURN_IF_ERROR(parse_header());
  }
  return base::ok_status();
}

// Looks whether head_ is a complete header by now; of a number, the whole of it.
base::Status StringDecoder::parse_header() {
  const base::ByteSpan head(head_, head_bytes_);
  const auto header = persist::parse_string_header(head);
  if (!header.ok()) return header.error();
  if (!header->has_value()) return base::ok_status();
  value_bytes_ = (*header)->string_bytes;
  switch ((*header)->form) {
    case persist::RdbStringForm::kRaw:
      state_ = State::kRaw;
      break;
    case persist::RdbStringForm::kInteger: {
      if (head.size() < (*header)->encoded_bytes()) return base::ok_status();
      const auto bytes = decode_string(head, text_);
      if (!bytes.ok()) return bytes.error();
      value_bytes_ = *bytes;
      state_ = State::kText;
      break;
    }
    case persist::RdbStringForm::kLzf:
      state_ = State::kLzf;
      if (value_bytes_ > value_bytes_max_) return too_long();
      lzf_ = std::make_unique<persist::LzfStream>((*header)->stored_bytes, value_bytes_,
                                                  base::kChunkBytes);
      break;
  }
  value_left_ = value_bytes_;
  if (value_bytes_ > value_bytes_max_) return too_long();
  return base::ok_status();
}

base::Result<size_t> StringDecoder::read(base::MutableByteSpan to) {
  if (state_ == State::kHeader) return size_t{0};
  if (value_left_ == 0 && !input_.empty()) return corrupt("string does not have its length");
  if (state_ == State::kLzf) return read_lzf(to);
  base::ByteSpan from = input_;
  if (state_ == State::kText) {
    from = base::ByteSpan(text_, value_bytes_).subspan(value_bytes_ - value_left_);
  }
  const size_t count = std::min<uint64_t>({to.size(), from.size(), value_left_});
  if (count > 0) std::memcpy(to.data(), from.data(), count);
  if (state_ == State::kRaw) input_ = input_.subspan(count);
  value_left_ -= count;
  return count;
}

base::Result<size_t> StringDecoder::read_lzf(base::MutableByteSpan to) {
  size_t made = 0;
  while (made < to.size() && value_left_ > 0) {
    if (lzf_piece_.empty()) {
      RETURN_IF_ERROR(lzf_->feed(&input_));
      lzf_piece_ = lzf_->take();
      if (lzf_piece_.empty()) break;
    }
    const size_t count = std::min(to.size() - made, lzf_piece_.size());
    std::memcpy(to.data() + made, lzf_piece_.data(), count);
    lzf_piece_ = lzf_piece_.subspan(count);
    made += count;
    value_left_ -= count;
  }
  return made;
}

void dump_footer(uint64_t crc, std::byte* to) {
  base::store_le<uint16_t>(to, persist::kRdbVersion);
  base::store_le<uint64_t>(to + kVersionBytes, persist::crc64(crc, {to, kVersionBytes}));
}

std::string dump(uint8_t type, base::ByteSpan payload) {
  std::string dumped(1 + payload.size() + kDumpFooterBytes, '\0');
  dumped[0] = static_cast<char>(type);
  if (!payload.empty()) std::memcpy(dumped.data() + 1, payload.data(), payload.size());
  auto* bytes = reinterpret_cast<std::byte*>(dumped.data());
  const uint64_t crc = persist::crc64(0, {bytes, 1 + payload.size()});
  dump_footer(crc, bytes + 1 + payload.size());
  return dumped;
}

base::Result<Dumped> check_dump(base::ByteSpan dumped) {
  if (dumped.size() < kDumpFooterBytes) return corrupt(kRestoreChecksumError);
  const base::ByteSpan body = dumped.first(dumped.size() - kDumpFooterBytes);
  const std::byte* footer = dumped.data() + body.size();
  const auto version = base::load_le<uint16_t>(footer);
  const auto crc = base::load_le<uint64_t>(footer + kVersionBytes);
  if (version > persist::kRdbVersionMax ||
      crc != persist::crc64(0, dumped.first(body.size() + kVersionBytes))) {
    return corrupt(kRestoreChecksumError);
  }
  if (body.empty()) return corrupt(kRestoreFormatError);
  const auto type = static_cast<uint8_t>(body[0]);
  // As in Redis, bytes behind the value are not looked at.
  const auto bytes = persist::value_bytes(type, body.subspan(1));
  if (!bytes.ok()) return corrupt(kRestoreFormatError);
  return Dumped{type, body.subspan(1, *bytes)};
}

}  // namespace engine
