#include "logstore/segment_layout.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "logstore/crc32c.h"

namespace logstore {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorCode;
using base::load_le;
using base::store_le;

Error corrupt(const char* what) { return Error{ErrorCode::kCorrupt, 0, what}; }

}  // namespace

void encode_segment_header(const SegmentHeader& header, base::MutableByteSpan block) {
  CHECK_EQ(block.size(), kSegmentHeaderBytes);
  std::byte* to = block.data();
  std::memset(to, 0, block.size());
  store_le<uint64_t>(to + kSegmentMagicOffset, kSegmentMagic);
  store_le<uint32_t>(to + kSegmentVersionOffset, kFormatVersion);
  store_le<uint32_t>(to + kSegmentBlockBytesOffset, kBlockBytes);
  store_le<uint64_t>(to + kSegmentStoreIdOffset, header.store_id);
  store_le<uint32_t>(to + kSegmentIdOffset, header.segment);
  store_le<uint32_t>(to + kSegmentGenerationOffset, header.generation);
  store_le<uint64_t>(to + kSegmentFileBytesOffset, header.segment_bytes);
  store_le<uint64_t>(to + kSegmentFirstSequenceOffset, header.first_sequence);
  store_le<uint8_t>(to + kSegmentStreamOffset, header.stream);
  store_le<uint32_t>(to + kSegmentCrcOffset, crc32c(block.first(kSegmentCrcOffset)));
}

base::Result<SegmentHeader> decode_segment_header(ByteSpan block) {
  if (block.size() < kSegmentHeaderBytes) return corrupt("segment header cut short");
  const std::byte* from = block.data();
  if (load_le<uint64_t>(from + kSegmentMagicOffset) != kSegmentMagic)
    return corrupt("segment magic");
  if (load_le<uint32_t>(from + kSegmentCrcOffset) != crc32c(block.first(kSegmentCrcOffset)))
    return corrupt("segment header checksum");
  if (load_le<uint32_t>(from + kSegmentVersionOffset) != kFormatVersion)
    return Error{ErrorCode::kUnsupported, 0, "segment version"};
  if (load_le<uint32_t>(from + kSegmentBlockBytesOffset) != kBlockBytes)
    return Error{ErrorCode::kUnsupported, 0, "segment block size"};
  SegmentHeader header;
  header.store_id = load_le<uint64_t>(from + kSegmentStoreIdOffset);
  header.segment = load_le<uint32_t>(from + kSegmentIdOffset);
  header.generation = load_le<uint32_t>(from + kSegmentGenerationOffset);
  header.segment_bytes = load_le<uint64_t>(from + kSegmentFileBytesOffset);
  header.first_sequence = load_le<uint64_t>(from + kSegmentFirstSequenceOffset);
  header.stream = load_le<uint8_t>(from + kSegmentStreamOffset);
  return header;
}

uint32_t place_record(uint32_t at, uint32_t record_bytes) {
  const auto boundary = static_cast<uint32_t>(base::align_up(at, kBlockBytes));
  const bool fewer = blocks_touched(boundary, record_bytes) < blocks_touched(at, record_bytes);
  return fewer && (boundary - at) <= record_bytes / 8 ? boundary : at;
}

void BlockTable::note(uint32_t ordinal, uint32_t offset) {
  if (!entries_.empty()) {
    CHECK_LT(entries_.back().ordinal, ordinal);
    CHECK_LT(entries_.back().offset, offset);
    if (entries_.back().offset / kBlockBytes == offset / kBlockBytes) return;
  }
  entries_.push_back({ordinal, offset});
}

size_t BlockTable::find(uint32_t ordinal) const {
  auto after =
      std::upper_bound(entries_.begin(), entries_.end(), ordinal,
                       [](uint32_t value, const Entry& entry) { return value < entry.ordinal; });
  return after == entries_.begin() ? entries_.size()
                                   : static_cast<size_t>(after - entries_.begin()) - 1;
}

void BlockTable::encode_footer(const Identity& identity, base::MutableByteSpan to) const {
  std::byte* header = to.data();
  std::memset(header, 0, to.size());
  for (const Entry& entry : entries_) {
    const size_t at = kFooterHeaderBytes + entry.offset / kBlockBytes * kFooterEntryBytes;
    CHECK_LE(at + kFooterEntryBytes, to.size());
    const uint32_t within = entry.offset % kBlockBytes / kRecordAlignBytes;
    store_le<uint32_t>(header + at,
                       kFooterEntryPresent | within << kFooterEntryOffsetShift | entry.ordinal);
  }
  store_le<uint64_t>(header + kFooterMagicOffset, kFooterMagic);
  store_le<uint32_t>(header + kFooterVersionOffset, kFormatVersion);
  store_le<uint32_t>(header + kFooterIdOffset, identity.segment);
  store_le<uint64_t>(header + kFooterStoreIdOffset, identity.store_id);
  store_le<uint32_t>(header + kFooterGenerationOffset, identity.generation);
  store_le<uint32_t>(header + kFooterRecordsOffset, identity.record_count);
  store_le<uint32_t>(header + kFooterDataEndOffset, identity.data_end);
  store_le<uint32_t>(header + kFooterTableCrcOffset, crc32c(to.subspan(kFooterHeaderBytes)));
  store_le<uint32_t>(header + kFooterHeaderCrcOffset, crc32c(to.first(kFooterHeaderCrcOffset)));
}

base::Result<BlockTable> BlockTable::decode_footer(ByteSpan footer, const Identity& expected) {
  if (footer.size() < kBlockBytes) return corrupt("segment footer cut short");
  const std::byte* from = footer.data();
  if (load_le<uint64_t>(from + kFooterMagicOffset) != kFooterMagic)
    return corrupt("segment footer magic");
  if (load_le<uint32_t>(from + kFooterHeaderCrcOffset) !=
          crc32c(footer.first(kFooterHeaderCrcOffset)) ||
      load_le<uint32_t>(from + kFooterTableCrcOffset) != crc32c(footer.subspan(kFooterHeaderBytes)))
    return corrupt("segment footer checksum");
  if (load_le<uint32_t>(from + kFooterVersionOffset) != kFormatVersion)
    return Error{ErrorCode::kUnsupported, 0, "segment footer version"};
  if (load_le<uint64_t>(from + kFooterStoreIdOffset) != expected.store_id ||
      load_le<uint32_t>(from + kFooterIdOffset) != expected.segment ||
      load_le<uint32_t>(from + kFooterGenerationOffset) != expected.generation ||
      load_le<uint32_t>(from + kFooterDataEndOffset) != expected.data_end)
    return corrupt("footer of another segment");
  BlockTable table;
  const size_t count = (footer.size() - kFooterHeaderBytes) / kFooterEntryBytes;
  for (size_t block = 0; block < count; ++block) {
    const auto entry = load_le<uint32_t>(from + kFooterHeaderBytes + block * kFooterEntryBytes);
    if ((entry & kFooterEntryPresent) == 0) continue;
    const uint32_t ordinal = entry & kOrdinalMax;
    const uint32_t within = (entry & ~kFooterEntryPresent) >> kFooterEntryOffsetShift;
    const uint64_t offset = block * kBlockBytes + uint64_t{within} * kRecordAlignBytes;
    if (within >= kBlockBytes / kRecordAlignBytes || offset < kSegmentHeaderBytes ||
        offset >= expected.data_end)
      return corrupt("segment footer entry");
    if (!table.entries_.empty() && table.entries_.back().ordinal >= ordinal)
      return corrupt("segment footer order");
    table.entries_.push_back({ordinal, static_cast<uint32_t>(offset)});
  }
  return table;
}

}  // namespace logstore
