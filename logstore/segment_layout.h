// What a segment's file holds around its records: the header block, the footer that finds records
// by ordinal, and the rule that places a record (FORMAT.md, "Segment").
//
//   0        4096                                       data_end      data_end_max        file end
//   | header | records, in batches of whole blocks ...  |   (unused)  | footer (sealed)   |
//
// Pure functions and values; no I/O.

#ifndef BASALT_LOGSTORE_SEGMENT_LAYOUT_H_
#define BASALT_LOGSTORE_SEGMENT_LAYOUT_H_

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "logstore/format.h"

namespace logstore {

struct SegmentHeader {
  uint64_t store_id = 0;
  uint32_t segment = 0;
  uint32_t generation = 0;
  uint64_t segment_bytes = 0;
  uint64_t first_sequence = 0;
  uint8_t stream = 0;
};

// REQUIRES: `block` is kSegmentHeaderBytes.
void encode_segment_header(const SegmentHeader& header, base::MutableByteSpan block);
// kCorrupt or kUnsupported when the block is not a header of this format.
base::Result<SegmentHeader> decode_segment_header(base::ByteSpan block);

// Where a record of `record_bytes` goes when the bytes before `at` (a multiple of 16) are taken: at
// `at`, or at the next block when it then touches fewer blocks and wastes at most an eighth of its
// size. So no record touches more blocks than fit one I/O, and few small ones touch two.
uint32_t place_record(uint32_t at, uint32_t record_bytes);

// How many blocks [offset, offset + bytes) touches.
constexpr uint32_t blocks_touched(uint32_t offset, uint32_t bytes) {
  return (offset + bytes - 1) / kBlockBytes - offset / kBlockBytes + 1;
}

// For each block in which a record starts, the first such record. Kept while a segment is filled,
// written as its footer when it is sealed.
class BlockTable {
 public:
  struct Entry {
    uint32_t ordinal;
    uint32_t offset;  // In the file.
  };

  // Records are noted in order. Ignores all but the first of a block.
  void note(uint32_t ordinal, uint32_t offset);
  const std::vector<Entry>& entries() const { return entries_; }
  // The index of the entry at whose block or behind it the record starts: the last with an ordinal
  // of at most `ordinal`. entries().size() when there is none.
  size_t find(uint32_t ordinal) const;

  // The footer: footer_blocks(segment_bytes) blocks. REQUIRES: `to` is that large.
  struct Identity {
    uint64_t store_id = 0;
    uint32_t segment = 0;
    uint32_t generation = 0;
    uint32_t record_count = 0;
    uint32_t data_end = 0;
  };
  void encode_footer(const Identity& identity, base::MutableByteSpan to) const;
  // Also checks `expected` (but record_count), and that the entries ascend within data_end.
  static base::Result<BlockTable> decode_footer(base::ByteSpan footer, const Identity& expected);

 private:
  std::vector<Entry> entries_;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_SEGMENT_LAYOUT_H_
