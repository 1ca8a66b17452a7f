#include "bench/load_data.h"

#include <cstring>

#include "base/bytes.h"
#include "base/check.h"

namespace bench {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;
constexpr uint32_t kHeaderBytes = 8;
constexpr uint32_t kBytesWithHeader = 16;

uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

class Stream {
 public:
  Stream(uint64_t number, uint32_t tag, uint32_t value_bytes)
      : state_(mix(number * kGolden + tag) ^ value_bytes) {}
  uint64_t next() { return mix(state_ += kGolden); }

 private:
  uint64_t state_;
};

uint64_t header_of(uint32_t tag, uint32_t value_bytes) {
  return tag | (static_cast<uint64_t>(value_bytes) << 32);
}

}  // namespace

bool in_subset(uint64_t number, uint32_t from_percent, uint32_t to_percent) {
  if (from_percent == 0 && to_percent == 100) return true;
  uint64_t percent = mix(number + kGolden) % 100;
  return percent >= from_percent && percent < to_percent;
}

void append_key(std::string* out, uint64_t number, uint32_t key_bytes) {
  CHECK_GE(key_bytes, 16u);
  size_t begin = out->size();
  out->append("key:");
  out->append(key_bytes - 4, '0');
  for (size_t at = begin + key_bytes; number > 0; number /= 10) {
    (*out)[--at] = static_cast<char>('0' + number % 10);
  }
}

void append_value(std::string* out, uint64_t number, uint32_t tag, uint32_t value_bytes) {
  size_t at = out->size();
  size_t end = at + value_bytes;
  out->resize(end);
  if (value_bytes >= kBytesWithHeader) {
    base::store_le(out->data() + at, header_of(tag, value_bytes));
    at += kHeaderBytes;
  }
  Stream stream(number, tag, value_bytes);
  for (; at + 8 <= end; at += 8) base::store_le(out->data() + at, stream.next());
  if (at < end) {
    uint64_t last = stream.next();
    std::memcpy(out->data() + at, &last, end - at);
  }
}

bool value_is(std::string_view value, uint64_t number, uint32_t tag, uint32_t value_bytes) {
  if (value.size() != value_bytes) return false;
  size_t at = 0;
  if (value_bytes >= kBytesWithHeader) {
    if (base::load_le<uint64_t>(value.data()) != header_of(tag, value_bytes)) return false;
    at = kHeaderBytes;
  }
  Stream stream(number, tag, value_bytes);
  for (; at + 8 <= value.size(); at += 8) {
    if (base::load_le<uint64_t>(value.data() + at) != stream.next()) return false;
  }
  if (at == value.size()) return true;
  uint64_t last = stream.next();
  return std::memcmp(value.data() + at, &last, value.size() - at) == 0;
}

}  // namespace bench
