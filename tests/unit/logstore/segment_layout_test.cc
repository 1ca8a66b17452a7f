#define BOOST_TEST_MODULE logstore_segment_layout
#include "logstore/segment_layout.h"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "base/random.h"
#include "logstore/crc32c.h"

namespace logstore {
namespace {

BOOST_AUTO_TEST_CASE(the_checksum_is_crc32c) {
  BOOST_TEST(crc32c(base::as_bytes("123456789")) == 0xe3069283u);
}

BOOST_AUTO_TEST_CASE(a_segment_header_decodes_to_what_was_encoded) {
  std::vector<std::byte> block(kSegmentHeaderBytes);
  encode_segment_header({.store_id = 77,
                         .segment = 5,
                         .generation = 3,
                         .segment_bytes = base::kSegmentBytes,
                         .first_sequence = 1234,
                         .stream = 2},
                        block);
  const auto header = decode_segment_header(block);
  BOOST_REQUIRE(header.ok());
  BOOST_TEST(header->store_id == 77u);
  BOOST_TEST(header->segment == 5u);
  BOOST_TEST(header->generation == 3u);
  BOOST_TEST(header->segment_bytes == base::kSegmentBytes);
  BOOST_TEST(header->first_sequence == 1234u);
  BOOST_TEST(header->stream == 2);
  for (size_t at = 0; at < block.size(); ++at) {
    block[at] ^= std::byte{0x10};
    BOOST_REQUIRE(!decode_segment_header(block).ok());
    block[at] ^= std::byte{0x10};
  }
}

BOOST_AUTO_TEST_CASE(a_placed_record_is_read_by_one_io_and_wastes_little) {
  base::Random random(7);
  for (int round = 0; round < 100'000; ++round) {
    const auto at = static_cast<uint32_t>(random.below(100'000) * kRecordAlignBytes);
    const auto bytes = static_cast<uint32_t>(
        base::align_up(kRecordBytesMin + random.below(base::kUnitBytesMax - kRecordBytesMin + 1),
                       kRecordAlignBytes));
    const uint32_t placed = place_record(at, bytes);
    BOOST_REQUIRE_GE(placed, at);
    BOOST_REQUIRE_LE(placed - at, bytes / 8);
    BOOST_REQUIRE_LE(blocks_touched(placed, bytes) * kBlockBytes, base::kIoBytesMax);
  }
}

BOOST_AUTO_TEST_CASE(most_1_kib_values_touch_one_block) {
  uint32_t at = 0;
  uint32_t one_block = 0;
  const uint32_t bytes = 80 + 16 + 1024;
  for (int i = 0; i < 10'000; ++i) {
    at = place_record(at, bytes);
    one_block += blocks_touched(at, bytes) == 1;
    at += bytes;
  }
  BOOST_TEST(one_block > 7000u);
  BOOST_TEST(at < 10'000u * bytes * 102 / 100);
}

BlockTable example_table(uint32_t* data_end) {
  BlockTable table;
  uint32_t offset = kSegmentHeaderBytes;
  for (uint32_t ordinal = 0; ordinal < 500; ++ordinal) {
    table.note(ordinal, offset);
    offset += ordinal % 7 == 0 ? 9008 : 528;
  }
  *data_end = static_cast<uint32_t>(base::align_up(offset, kBlockBytes));
  return table;
}

BOOST_AUTO_TEST_CASE(a_footer_finds_the_block_of_every_record) {
  uint32_t data_end = 0;
  const BlockTable table = example_table(&data_end);
  const uint64_t segment_bytes = 2u << 20;
  std::vector<std::byte> footer(footer_blocks(segment_bytes) * kBlockBytes);
  const BlockTable::Identity identity{
      .store_id = 1, .segment = 2, .generation = 3, .record_count = 500, .data_end = data_end};
  table.encode_footer(identity, footer);
  const auto decoded = BlockTable::decode_footer(footer, identity);
  BOOST_REQUIRE(decoded.ok());
  BOOST_REQUIRE_EQUAL(decoded->entries().size(), table.entries().size());
  for (uint32_t ordinal = 0; ordinal < 500; ++ordinal) {
    const size_t at = decoded->find(ordinal);
    BOOST_REQUIRE_LT(at, decoded->entries().size());
    BOOST_REQUIRE_LE(decoded->entries()[at].ordinal, ordinal);
    BOOST_REQUIRE(decoded->entries()[at].offset == table.entries()[at].offset);
    if (at + 1 < decoded->entries().size())
      BOOST_REQUIRE_GT(decoded->entries()[at + 1].ordinal, ordinal);
  }
  for (size_t at = 0; at < footer.size(); ++at) {
    footer[at] ^= std::byte{1};
    BOOST_REQUIRE(!BlockTable::decode_footer(footer, identity).ok());
    footer[at] ^= std::byte{1};
  }
  BlockTable::Identity other = identity;
  other.generation = 4;
  BOOST_TEST(!BlockTable::decode_footer(footer, other).ok());
}

BOOST_AUTO_TEST_CASE(the_footer_of_any_segment_size_has_an_entry_for_every_data_block) {
  for (uint64_t bytes = kSegmentBytesMin; bytes <= base::kSegmentBytes; bytes += 256 * 1024) {
    const uint64_t footer = footer_blocks(bytes) * uint64_t{kBlockBytes};
    const uint64_t data_blocks = data_end_max(bytes) / kBlockBytes;
    BOOST_REQUIRE_LE(kFooterHeaderBytes + data_blocks * kFooterEntryBytes, footer);
  }
}

}  // namespace
}  // namespace logstore
