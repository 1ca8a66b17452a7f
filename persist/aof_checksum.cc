#include "persist/aof_checksum.h"

#include <charconv>
#include <cstring>

namespace persist {

namespace {

constexpr size_t kDigits = 16;

char* format_number(uint64_t value, char* to) {
  for (size_t i = kDigits; i > 0; --i, value >>= 4) to[i - 1] = "0123456789abcdef"[value & 15];
  return to + kDigits;
}

}  // namespace

void format_aof_batch(const AofBatchHeader& header, char* to) {
  std::memcpy(to, kAofBatchPrefix.data(), kAofBatchPrefix.size());
  to = format_number(header.crc, to + kAofBatchPrefix.size());
  *to++ = ',';
  to = format_number(header.bytes, to);
  *to++ = ',';
  to = format_number(header.pending_bytes, to);
  std::memcpy(to, "\r\n", 2);
}

std::optional<AofBatchHeader> parse_aof_batch(std::string_view line) {
  if (line.size() != kAofBatchHeaderBytes || !line.starts_with(kAofBatchPrefix) ||
      !line.ends_with("\r\n"))
    return std::nullopt;
  line.remove_prefix(kAofBatchPrefix.size());
  uint64_t values[3];
  for (uint64_t& value : values) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + kDigits, value, 16);
    if (error != std::errc() || end != line.data() + kDigits) return std::nullopt;
    line.remove_prefix(kDigits);
    if (&value != &values[2] && line.front() != ',') return std::nullopt;
    line.remove_prefix(1);
  }
  return AofBatchHeader{values[0], values[1], values[2]};
}

}  // namespace persist
