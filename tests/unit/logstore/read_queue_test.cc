#define BOOST_TEST_MODULE logstore_read_queue
#include "logstore/read_queue.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/logstore/fixture.h"

namespace logstore {
namespace {

using base::ErrorCode;

bool is_corrupt(const base::Status& status) {
  return !status.ok() && status.error().code == ErrorCode::kCorrupt;
}

BOOST_AUTO_TEST_CASE(a_small_record_is_one_read_of_one_block) {
  Parts parts(1);
  const Written record = parts.put("key", std::string(1024, 'v'));
  BOOST_TEST(parts.get(record) == record.value);
  BOOST_TEST(parts.reads->statistics().reads == 1u);
  BOOST_TEST(parts.reads->statistics().read_bytes == 4096u);
  parts.live.mark_dead(record.location.ref, 1);
}

BOOST_AUTO_TEST_CASE(every_byte_of_a_record_that_changes_on_disk_is_noticed) {
  Parts parts(1);
  const Written record = parts.put("a key of some length", std::string(150, 'v'));
  const uint64_t block_offset = base::align_down(record.location.offset, kBlockBytes);
  const std::vector<std::byte> good = parts.machine.block_of(parts.path_of(record), block_offset);
  for (uint32_t at = 0; at < record.location.ref.bytes; ++at) {
    std::vector<std::byte> bad = good;
    bad[record.location.offset % kBlockBytes + at] ^=
        static_cast<std::byte>(1 + parts.machine.random.below(255));
    parts.machine.write_block(parts.path_of(record), block_offset, bad);
    BOOST_REQUIRE(parts.get(record).empty());
    BOOST_REQUIRE(is_corrupt(parts.last_status));
  }
  BOOST_TEST(parts.reads->statistics().corrupt == record.location.ref.bytes);
  parts.machine.write_block(parts.path_of(record), block_offset, good);
  BOOST_TEST(parts.get(record) == record.value);
  parts.live.mark_dead(record.location.ref, 1);
}

BOOST_AUTO_TEST_CASE(swapped_and_misdirected_blocks_are_noticed) {
  Parts parts(2);
  const Written one = parts.put("key", std::string(3000, '1'));
  const Written two = parts.put("key", std::string(3000, '2'));
  parts.writer->close_segment();
  const Written three = parts.put("key", std::string(3000, '3'));
  BOOST_REQUIRE(three.location.ref.segment != one.location.ref.segment);
  const auto block = [&](const Written& record) {
    return parts.machine.block_of(parts.path_of(record),
                                  base::align_down(record.location.offset, kBlockBytes));
  };
  const auto overwrite = [&](const Written& record, const std::vector<std::byte>& with) {
    parts.machine.write_block(parts.path_of(record),
                              base::align_down(record.location.offset, kBlockBytes), with);
  };
  const auto block_one = block(one);
  const auto block_two = block(two);
  overwrite(one, block_two);
  overwrite(two, block_one);
  for (const Written* record : {&one, &two}) {
    BOOST_TEST(parts.get(*record).empty());
    BOOST_TEST(is_corrupt(parts.last_status));
  }
  overwrite(one, block(three));
  BOOST_TEST(parts.get(one).empty());
  BOOST_TEST(is_corrupt(parts.last_status));
  for (const Written* record : {&one, &two, &three}) parts.live.mark_dead(record->location.ref, 1);
}

BOOST_AUTO_TEST_CASE(a_stale_block_of_the_segments_last_generation_is_noticed) {
  Parts parts(3);
  const Written old = parts.put("key", std::string(3000, '1'));
  const auto stale = parts.machine.block_of(parts.path_of(old), kSegmentHeaderBytes);
  parts.live.mark_dead(old.location.ref, 1);
  // The same record in the same place of a later generation: only that differs.
  Written again;
  for (int round = 0; round < 50; ++round) {
    parts.writer->close_segment();
    parts.machine.until([&] { return parts.writer->is_idle(); });
    again = parts.put("key", std::string(3000, '1'));
    if (again.location == old.location) break;
    parts.live.mark_dead(again.location.ref, 1);
  }
  BOOST_REQUIRE((again.location == old.location));
  BOOST_TEST(parts.get(again) == again.value);
  parts.machine.write_block(parts.path_of(again), kSegmentHeaderBytes, stale);
  BOOST_TEST(parts.get(again).empty());
  BOOST_TEST(is_corrupt(parts.last_status));
  parts.live.mark_dead(again.location.ref, 1);
}

BOOST_AUTO_TEST_CASE(a_stale_block_within_a_large_record_is_noticed) {
  Parts parts(4);
  const Written record = parts.put("key", std::string(20'000, 'v'));
  const uint64_t third = base::align_down(record.location.offset, kBlockBytes) + 2 * kBlockBytes;
  parts.machine.write_block(parts.path_of(record), third, std::vector<std::byte>(kBlockBytes));
  BOOST_TEST(parts.get(record).empty());
  BOOST_TEST(is_corrupt(parts.last_status));
  parts.live.mark_dead(record.location.ref, 1);
}

BOOST_AUTO_TEST_CASE(a_record_of_another_unit_is_noticed) {
  Parts parts(5);
  const Written record = parts.put("key", "value");
  Written other = record;
  other.key = "kex";
  BOOST_TEST(parts.get(other).empty());
  BOOST_TEST(is_corrupt(parts.last_status));
  other = record;
  other.location.ref.ordinal += 1;
  BOOST_TEST(parts.get(other).empty());
  BOOST_TEST(is_corrupt(parts.last_status));
  parts.live.mark_dead(record.location.ref, 1);
}

BOOST_AUTO_TEST_CASE(a_location_outside_the_log_is_an_error) {
  Parts parts(6);
  Written record{"key", "value", {{12345, 0, 96}, 4096}};
  BOOST_TEST(parts.get(record).empty());
  BOOST_TEST(is_corrupt(parts.last_status));
}

BOOST_AUTO_TEST_CASE(a_read_error_is_an_error_of_that_read_only) {
  Parts parts(7);
  const Written record = parts.put("key", "value");
  parts.machine.disk.fail(iouring::SimOperation::kRead, 1, -EIO);
  BOOST_TEST(parts.get(record).empty());
  BOOST_TEST((parts.last_status.error().code == ErrorCode::kIo));
  BOOST_TEST(parts.reads->statistics().io_errors == 1u);
  BOOST_TEST(parts.get(record) == "value");
  parts.live.mark_dead(record.location.ref, 1);
}

BOOST_AUTO_TEST_CASE(reads_beyond_the_depth_wait_and_hold_their_segment) {
  Parts parts(8);
  const Written record = parts.put("key", "value");
  parts.writer->close_segment();
  parts.machine.until([&] { return parts.writer->is_idle(); });
  parts.reads->set_depth(3);
  int done = 0;
  for (int i = 0; i < 20; ++i) {
    parts.reads->read(record.location, record.unit(), iouring::IoClass::kColdRead,
                      [&](const base::Result<RecordView>& view) {
                        BOOST_TEST(view.ok());
                        ++done;
                      });
    BOOST_REQUIRE_LE(parts.reads->in_flight(), 3u);
  }
  BOOST_TEST(parts.reads->waiting() == 17u);
  // The unit is deleted meanwhile: its segment must not be reused under the reads.
  parts.live.mark_dead(record.location.ref, 1);
  parts.table->reclaim(record.location.ref.segment);
  const Segment& segment = parts.table->at(record.location.ref.segment);
  parts.machine.until([&] {
    BOOST_REQUIRE_LE(parts.reads->in_flight(), 3u);
    if (done < 20) BOOST_REQUIRE((segment.state == SegmentState::kSealed));
    return done == 20;
  });
  BOOST_TEST((segment.state == SegmentState::kFree));
}

}  // namespace
}  // namespace logstore
