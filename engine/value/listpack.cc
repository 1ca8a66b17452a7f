#include "engine/value/listpack.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace engine {

namespace {

constexpr uint8_t kString32 = 0xf0;
constexpr uint8_t kInt16 = 0xf1;
constexpr uint8_t kInt24 = 0xf2;
constexpr uint8_t kInt32 = 0xf3;
constexpr uint8_t kInt64 = 0xf4;
constexpr char kEndMark = '\xff';

uint8_t byte_at(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

// Bytes of the backward length of an entry of this length. Redis's bounds, one below what fits.
size_t link_bytes(size_t entry_bytes) {
  if (entry_bytes <= 127) return 1;
  if (entry_bytes < 16383) return 2;
  if (entry_bytes < 2097151) return 3;
  if (entry_bytes < 268435455) return 4;
  return 5;
}

void append_link(size_t entry_bytes, std::string* to) {
  for (size_t i = link_bytes(entry_bytes); i-- > 0;) {
    const bool first = i + 1 == link_bytes(entry_bytes);
    const size_t bits = (entry_bytes >> (7 * i)) & 127;
    to->push_back(static_cast<char>(first ? bits : bits | 128));
  }
}

void append_number_bytes(int64_t number, std::string* to) {
  const auto byte = [to](int64_t value) { to->push_back(static_cast<char>(value & 0xff)); };
  const auto bytes = [&byte, number](int count) {
    for (int i = 0; i < count; ++i) byte(number >> (8 * i));
  };
  if (number >= 0 && number <= 127) {
    byte(number);
  } else if (number >= -4096 && number <= 4095) {
    byte(0xc0 | ((number >> 8) & 0x1f));
    byte(number);
  } else if (number >= INT16_MIN && number <= INT16_MAX) {
    byte(kInt16);
    bytes(2);
  } else if (number >= -(1 << 23) && number < (1 << 23)) {
    byte(kInt24);
    bytes(3);
  } else if (number >= INT32_MIN && number <= INT32_MAX) {
    byte(kInt32);
    bytes(4);
  } else {
    byte(kInt64);
    bytes(8);
  }
}

}  // namespace

std::string_view Listpack::empty() {
  static constexpr char kEmpty[] = {7, 0, 0, 0, 0, 0, kEndMark};
  return {kEmpty, sizeof kEmpty};
}

Element Listpack::read(size_t offset, size_t* next) const {
  const uint8_t first = byte_at(bytes_, offset);
  const char* const data = bytes_.data() + offset + 1;
  const auto number = [&](size_t data_bytes, int64_t value) {
    *next = offset + 1 + data_bytes + 1;
    return Element::of_number(value);
  };
  const auto text = [&](size_t header_bytes, size_t length) {
    const size_t entry_bytes = header_bytes + length;
    *next = offset + entry_bytes + link_bytes(entry_bytes);
    return Element::of_text(bytes_.substr(offset + header_bytes, length));
  };
  if (first < 0x80) return number(0, first);
  if (first < 0xc0) return text(1, first & 0x3f);
  if (first < 0xe0) {
    const int64_t bits = ((first & 0x1f) << 8) | static_cast<uint8_t>(data[0]);
    return number(1, bits < 4096 ? bits : bits - 8192);
  }
  if (first < 0xf0) return text(2, (size_t{first & 0x0fu} << 8) | static_cast<uint8_t>(data[0]));
  switch (first) {
    case kString32:
      return text(5, base::load_le<uint32_t>(data));
    case kInt16:
      return number(2, base::load_le<int16_t>(data));
    case kInt24: {
      const int64_t bits =
          base::load_le<uint16_t>(data) | (int64_t{static_cast<uint8_t>(data[2])} << 16);
      return number(3, bits < (1 << 23) ? bits : bits - (1 << 24));
    }
    case kInt32:
      return number(4, base::load_le<int32_t>(data));
    default:
      CHECK_EQ(first, kInt64);
      return number(8, base::load_le<int64_t>(data));
  }
}

size_t Listpack::previous(size_t offset) const {
  size_t entry_bytes = 0;
  size_t at = offset - 1;
  for (unsigned shift = 0;; shift += 7, --at) {
    const uint8_t byte = byte_at(bytes_, at);
    entry_bytes |= size_t{byte & 127u} << shift;
    if ((byte & 128) == 0) break;
  }
  return at - entry_bytes;
}

size_t Listpack::place_of(size_t rank) const {
  const size_t entries = count();
  if (rank <= entries / 2) {
    size_t at = first();
    for (size_t i = 0; i < rank; ++i) at = next(at);
    return at;
  }
  size_t at = end();
  for (size_t i = entries; i > rank; --i) at = previous(at);
  return at;
}

void Listpack::append_entry(std::string_view text, std::string* to) {
  const size_t begin = to->size();
  int64_t number = 0;
  if (resp::parse_int64(text, &number)) {
    append_number_bytes(number, to);
  } else {
    const size_t length = text.size();
    if (length < 64) {
      to->push_back(static_cast<char>(0x80 | length));
    } else if (length < 4096) {
      to->push_back(static_cast<char>(0xe0 | (length >> 8)));
      to->push_back(static_cast<char>(length & 0xff));
    } else {
      CHECK_LE(length, UINT32_MAX);
      to->push_back(static_cast<char>(kString32));
      for (int i = 0; i < 4; ++i) to->push_back(static_cast<char>(length >> (8 * i)));
    }
    to->append(text);
  }
  append_link(to->size() - begin, to);
}

void Listpack::append_number(int64_t number, std::string* to) {
  const size_t begin = to->size();
  append_number_bytes(number, to);
  append_link(to->size() - begin, to);
}

void Listpack::write_header(char* listpack, size_t bytes, size_t count) {
  base::store_le(listpack, static_cast<uint32_t>(bytes));
  base::store_le(listpack + 4, static_cast<uint16_t>(std::min<size_t>(count, UINT16_MAX)));
}

std::string ListpackBuilder::finish() {
  bytes_.push_back(kEndMark);
  Listpack::write_header(bytes_.data(), bytes_.size(), std::exchange(count_, 0));
  return std::exchange(bytes_, std::string(Listpack::kHeaderBytes, '\0'));
}

}  // namespace engine
