// RecordRef and Location: how the rest of the program names a record of the log.
//
// A RecordRef says which record it is and how long (enough to clear its bit in the live map); a
// Location also says where it lies (enough to read it). Neither carries the segment's generation:
// both are only held while the record is live, and a segment with a live record is not reused (I4).

#ifndef BASALT_LOGSTORE_RECORD_REF_H_
#define BASALT_LOGSTORE_RECORD_REF_H_

#include <cstdint>

#include "base/check.h"
#include "base/limits.h"

namespace logstore {

inline constexpr uint32_t kRecordAlignBytes = 16;
inline constexpr uint32_t kSegmentIdBits = 24;
inline constexpr uint32_t kOrdinalBits = 20;
inline constexpr uint32_t kBlocks16Bits = 15;
inline constexpr uint32_t kSegmentIdMax = (1u << kSegmentIdBits) - 1;
inline constexpr uint32_t kOrdinalMax = (1u << kOrdinalBits) - 1;

static_assert(base::kUnitBytesMax / kRecordAlignBytes < (1u << kBlocks16Bits));

struct RecordRef {
  uint32_t segment = 0;  // Id, at most kSegmentIdMax.
  uint32_t ordinal = 0;  // Of the record within its segment, from 0; at most kOrdinalMax.
  uint32_t bytes = 0;    // Header and padding included, a multiple of kRecordAlignBytes.

  bool operator==(const RecordRef&) const = default;

  // blocks16 in bits 0-14, ordinal in 15-34, segment in 35-58; bits 59-63 are 0 and the holder's.
  uint64_t pack() const {
    CHECK_LE(segment, kSegmentIdMax);
    CHECK_LE(ordinal, kOrdinalMax);
    CHECK_EQ(bytes % kRecordAlignBytes, 0u);
    return static_cast<uint64_t>(segment) << (kOrdinalBits + kBlocks16Bits) |
           static_cast<uint64_t>(ordinal) << kBlocks16Bits | bytes / kRecordAlignBytes;
  }
  // Ignores bits 59-63.
  static RecordRef unpack(uint64_t packed) {
    return {static_cast<uint32_t>(packed >> (kOrdinalBits + kBlocks16Bits)) & kSegmentIdMax,
            static_cast<uint32_t>(packed >> kBlocks16Bits) & kOrdinalMax,
            (static_cast<uint32_t>(packed) & ((1u << kBlocks16Bits) - 1)) * kRecordAlignBytes};
  }
};

static_assert(kSegmentIdBits + kOrdinalBits + kBlocks16Bits == 59);

struct Location {
  RecordRef ref;
  uint32_t offset = 0;  // Bytes from the start of the segment's file, a multiple of 16.

  bool operator==(const Location&) const = default;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_RECORD_REF_H_
