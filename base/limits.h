// Every bound that more than one folder relies on, with the relations between them.

#ifndef BASALT_BASE_LIMITS_H_
#define BASALT_BASE_LIMITS_H_

#include <cstdint>

namespace base {

// O_DIRECT transfers are aligned to this in memory, in the file and in length.
inline constexpr uint64_t kDiskAlignBytes = 4096;
// One disk operation moves at most this much: larger ones may be split by the kernel and end with
// EAGAIN after a part, and they keep small reads waiting.
inline constexpr uint64_t kIoBytesMax = 256 * 1024;
// A segment file of the log, allocated whole.
inline constexpr uint64_t kSegmentBytes = 64ull * 1024 * 1024;
// The largest record of the log, header and padding included.
inline constexpr uint64_t kUnitBytesMax = 256 * 1024;
// A user's key: record, index and snapshot take it whole.
inline constexpr uint64_t kKeyBytesMax = 65535;
// Strings above this are a sequence of chunks, in memory and in the tier.
inline constexpr uint64_t kInlineValueBytesMax = 64 * 1024;
// A chunk of a large string.
inline constexpr uint64_t kChunkBytes = 64 * 1024;
// Redis's bounds on what a client may send.
inline constexpr uint64_t kBulkBytesMaxDefault = 512ull * 1024 * 1024;
inline constexpr uint64_t kInlineCommandBytesMax = 64 * 1024;
inline constexpr uint64_t kArgumentsMax = 1024 * 1024;

static_assert(kIoBytesMax % kDiskAlignBytes == 0);
static_assert(kSegmentBytes % kIoBytesMax == 0);
static_assert(kUnitBytesMax <= kIoBytesMax);
static_assert(kChunkBytes + 1024 <= kUnitBytesMax, "a chunk with its record header is one unit");
static_assert(kInlineValueBytesMax + kKeyBytesMax + kDiskAlignBytes <= kUnitBytesMax);

}  // namespace base

#endif  // BASALT_BASE_LIMITS_H_
