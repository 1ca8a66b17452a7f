// The numbers of the log's file format. FORMAT.md is normative and drawn from the same tables.

#ifndef BASALT_LOGSTORE_FORMAT_H_
#define BASALT_LOGSTORE_FORMAT_H_

#include <cstdint>

#include "base/limits.h"
#include "logstore/record_ref.h"

namespace logstore {

inline constexpr uint32_t kFormatVersion = 1;

// The unit of O_DIRECT I/O; a block is written once per generation of its segment.
inline constexpr uint32_t kBlockBytes = 4096;
static_assert(kBlockBytes == base::kDiskAlignBytes);

// ---- Segment header: block 0 of the file.
inline constexpr uint64_t kSegmentMagic = 0x31474553'4c534142;  // "BASLSEG1"
inline constexpr uint32_t kSegmentHeaderBytes = kBlockBytes;
inline constexpr uint32_t kSegmentMagicOffset = 0;           // 8
inline constexpr uint32_t kSegmentVersionOffset = 8;         // 4
inline constexpr uint32_t kSegmentBlockBytesOffset = 12;     // 4
inline constexpr uint32_t kSegmentStoreIdOffset = 16;        // 8
inline constexpr uint32_t kSegmentIdOffset = 24;             // 4
inline constexpr uint32_t kSegmentGenerationOffset = 28;     // 4
inline constexpr uint32_t kSegmentFileBytesOffset = 32;      // 8
inline constexpr uint32_t kSegmentFirstSequenceOffset = 40;  // 8
inline constexpr uint32_t kSegmentStreamOffset = 48;         // 1, then zeros
inline constexpr uint32_t kSegmentCrcOffset = 4092;          // 4: CRC32C of bytes 0-4091

// ---- Record.
inline constexpr uint32_t kRecordMagic = 0x31525342;  // "BSR1"
inline constexpr uint32_t kRecordHeaderBytes = 80;
inline constexpr uint32_t kRecordMagicOffset = 0;          // 4
inline constexpr uint32_t kRecordVersionOffset = 4;        // 1
inline constexpr uint32_t kRecordKindOffset = 5;           // 1: UnitKind
inline constexpr uint32_t kRecordTypeOffset = 6;           // 1: RDB's type byte
inline constexpr uint32_t kRecordFlagsOffset = 7;          // 1: RecordFlags
inline constexpr uint32_t kRecordStoreIdOffset = 8;        // 8
inline constexpr uint32_t kRecordSegmentOffset = 16;       // 4
inline constexpr uint32_t kRecordGenerationOffset = 20;    // 4
inline constexpr uint32_t kRecordOffsetOffset = 24;        // 4: bytes from the start of the file
inline constexpr uint32_t kRecordOrdinalOffset = 28;       // 4
inline constexpr uint32_t kRecordSequenceOffset = 32;      // 8
inline constexpr uint32_t kRecordHashOffset = 40;          // 8
inline constexpr uint32_t kRecordNamespaceOffset = 48;     // 4
inline constexpr uint32_t kRecordKeyBytesOffset = 52;      // 4
inline constexpr uint32_t kRecordPayloadBytesOffset = 56;  // 4
inline constexpr uint32_t kRecordRawBytesOffset = 60;      // 4
inline constexpr uint32_t kRecordExpiryOffset = 64;        // 8
inline constexpr uint32_t kRecordBodyCrcOffset = 72;       // 4: CRC32C of bytes 80 to the end
inline constexpr uint32_t kRecordHeaderCrcOffset = 76;     // 4: CRC32C of bytes 0-75

inline constexpr uint8_t kRecordFlagExpiry = 1;      // The expiry field holds one.
inline constexpr uint8_t kRecordFlagCompressed = 2;  // The payload is LZF of raw_bytes bytes.
inline constexpr uint8_t kRecordFlagsKnown = kRecordFlagExpiry | kRecordFlagCompressed;

// The smallest record: the ordinals of a segment suffice.
inline constexpr uint32_t kRecordBytesMin = kRecordHeaderBytes;
static_assert(base::kSegmentBytes / kRecordBytesMin <= kOrdinalMax);
static_assert(base::kUnitBytesMax <= base::kIoBytesMax);

// ---- Segment footer: the last footer_blocks() blocks of a sealed segment's file.
inline constexpr uint64_t kFooterMagic = 0x31544f46'4c534142;  // "BASLFOT1"
inline constexpr uint32_t kFooterHeaderBytes = 64;
inline constexpr uint32_t kFooterMagicOffset = 0;        // 8
inline constexpr uint32_t kFooterVersionOffset = 8;      // 4
inline constexpr uint32_t kFooterIdOffset = 12;          // 4
inline constexpr uint32_t kFooterStoreIdOffset = 16;     // 8
inline constexpr uint32_t kFooterGenerationOffset = 24;  // 4
inline constexpr uint32_t kFooterRecordsOffset = 28;     // 4
inline constexpr uint32_t kFooterDataEndOffset = 32;     // 4
inline constexpr uint32_t kFooterTableCrcOffset = 36;    // 4: CRC32C of bytes 64 to the end
inline constexpr uint32_t kFooterReservedOffset = 40;    // 20 zeros
inline constexpr uint32_t kFooterHeaderCrcOffset = 60;   // 4: CRC32C of bytes 0-59
inline constexpr uint32_t kFooterEntryBytes = 4;
// An entry: ordinal in bits 0-19, offset in the block / 16 in bits 20-27, and bit 31 when a record
// starts in the block (else the entry is 0).
inline constexpr uint32_t kFooterEntryOffsetShift = kOrdinalBits;
inline constexpr uint32_t kFooterEntryPresent = 1u << 31;

constexpr uint32_t footer_blocks(uint64_t segment_bytes) {
  const uint64_t blocks = segment_bytes / kBlockBytes;
  const uint64_t per_block = kBlockBytes + kFooterEntryBytes;
  return static_cast<uint32_t>((kFooterHeaderBytes + kFooterEntryBytes * blocks + per_block - 1) /
                               per_block);
}
// Where the records of a segment end at the latest.
constexpr uint32_t data_end_max(uint64_t segment_bytes) {
  return static_cast<uint32_t>(segment_bytes -
                               static_cast<uint64_t>(footer_blocks(segment_bytes)) * kBlockBytes);
}
static_assert(footer_blocks(base::kSegmentBytes) == 16);
// The least segment: a header, one record of the largest size, a footer.
inline constexpr uint64_t kSegmentBytesMin = 2 * base::kIoBytesMax;
static_assert(data_end_max(kSegmentBytesMin) >= kSegmentHeaderBytes + base::kUnitBytesMax);

}  // namespace logstore

#endif  // BASALT_LOGSTORE_FORMAT_H_
