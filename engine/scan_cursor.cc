#include "engine/scan_cursor.h"

#include "base/check.h"

namespace engine {

namespace {

// A Feistel network over two halves: a bijection whatever the round function is.
constexpr unsigned kHalfBits = kScanPrefixBits / 2;
constexpr uint64_t kHalfMask = (uint64_t{1} << kHalfBits) - 1;
constexpr uint64_t kCursorMask = (uint64_t{1} << kScanPrefixBits) - 1;
static_assert(kHalfBits * 2 == kScanPrefixBits);

// The finaliser of SplitMix64.
uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

ScanCursors::ScanCursors(base::Random& random) {
  for (uint64_t& secret : secrets_) secret = random.next();
}

uint64_t ScanCursors::permute(uint64_t prefix) const {
  uint64_t left = prefix >> kHalfBits;
  uint64_t right = prefix & kHalfMask;
  for (const uint64_t secret : secrets_) {
    const uint64_t next = left ^ (mix(right + secret) & kHalfMask);
    left = right;
    right = next;
  }
  return left << kHalfBits | right;
}

uint64_t ScanCursors::restore(uint64_t cursor) const {
  uint64_t left = cursor >> kHalfBits;
  uint64_t right = cursor & kHalfMask;
  for (size_t round = kRounds; round-- > 0;) {
    const uint64_t before = right ^ (mix(left + secrets_[round]) & kHalfMask);
    right = left;
    left = before;
  }
  return left << kHalfBits | right;
}

// 0 is taken out of its cycle, so that the rest is still a bijection: what would become 0 becomes
// what 0 would have become.
uint64_t ScanCursors::cursor_of(uint64_t position) const {
  CHECK_EQ(position % kScanUnit, 0u);
  if (position == 0) return 0;
  const uint64_t cursor = permute(position / kScanUnit);
  return cursor != 0 ? cursor : permute(0);
}

uint64_t ScanCursors::position_of(uint64_t cursor) const {
  cursor &= kCursorMask;
  if (cursor == 0) return 0;
  const uint64_t prefix = restore(cursor);
  return (prefix != 0 ? prefix : restore(0)) * kScanUnit;
}

}  // namespace engine
