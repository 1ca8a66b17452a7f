#define BOOST_TEST_MODULE logstore_segment_table
#include "logstore/segment_table.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/logstore/fixture.h"

namespace logstore {
namespace {

struct Table {
  explicit Table(uint64_t segments_max) : machine(1) {
    int owner_pid = 0;
    std::string foreign;
    BOOST_REQUIRE(take_tier_directory(machine.disk, kTier, &owner_pid, &foreign).ok());
    table = std::make_unique<SegmentTable>(
        &machine.disk, &machine.loop, &live,
        SegmentTable::Options{.directory = kTier,
                              .store_id = 1,
                              .segment_bytes = kSegmentBytesMin,
                              .bytes_max = segments_max * kSegmentBytesMin,
                              .direct = true});
    table->refill();
  }
  ~Table() {
    table->stop();
    machine.until([&] { return table->is_idle(); });
    table.reset();
    machine.turns(10);
  }
  Segment* acquire(Stream stream) {
    machine.until([&] { return table->availability(stream) != AppendState::kBusy; });
    return table->availability(stream) == AppendState::kReady ? table->acquire(stream) : nullptr;
  }
  void seal(Segment* segment) {
    table->begin_sealing(segment);
    table->finish_sealing(segment);
  }
  Machine machine;
  LiveMap live;
  std::unique_ptr<SegmentTable> table;
};

BOOST_AUTO_TEST_CASE(segments_are_prepared_ahead_and_allocated_in_full) {
  Table world(10);
  BOOST_TEST((world.table->availability(Stream::kDemotion) == AppendState::kBusy));
  world.machine.until([&] { return world.table->free_count() == SegmentTable::kReadyTarget; });
  BOOST_TEST((world.table->availability(Stream::kDemotion) == AppendState::kReady));
  BOOST_TEST(world.machine.disk.used_bytes() >= 2 * kSegmentBytesMin);
}

BOOST_AUTO_TEST_CASE(the_last_segment_is_kept_for_compaction) {
  Table world(6);
  for (int i = 0; i < 5; ++i) BOOST_REQUIRE(world.acquire(Stream::kDemotion) != nullptr);
  BOOST_TEST((world.acquire(Stream::kDemotion) == nullptr));
  BOOST_TEST((world.table->availability(Stream::kDemotion) == AppendState::kFull));
  BOOST_TEST((world.acquire(Stream::kCompaction) != nullptr));
  BOOST_TEST((world.table->availability(Stream::kCompaction) == AppendState::kFull));
}

BOOST_AUTO_TEST_CASE(a_segment_is_reused_only_when_nothing_refers_to_it) {
  Table world(6);
  Segment* segment = world.acquire(Stream::kDemotion);
  const uint32_t generation = segment->generation;
  world.live.mark_live({segment->id, 0, 96}, 1);
  world.table->hold(segment->id);
  world.table->pin(segment->id);
  world.seal(segment);
  world.live.mark_dead({segment->id, 0, 96}, 1);
  world.table->reclaim(segment->id);
  BOOST_TEST((segment->state == SegmentState::kSealed));
  world.table->release(segment->id);
  BOOST_TEST((segment->state == SegmentState::kSealed));
  world.table->unpin(segment->id);
  BOOST_TEST((segment->state == SegmentState::kFree));
  BOOST_TEST((world.acquire(Stream::kDemotion) == segment));
  BOOST_TEST(segment->generation == generation + 1);
}

BOOST_AUTO_TEST_CASE(pre_images_are_kept_as_long_as_any_view_is_open) {
  Table world(6);
  Segment* segment = world.acquire(Stream::kPreImage);
  world.table->frozen_view_opened();
  world.table->frozen_view_opened();
  world.seal(segment);
  world.table->frozen_view_closed();
  BOOST_TEST((segment->state == SegmentState::kSealed));
  world.table->frozen_view_closed();
  BOOST_TEST((segment->state == SegmentState::kFree));
}

BOOST_AUTO_TEST_CASE(free_segments_beyond_a_reserve_go_back_to_the_file_system) {
  Table world(20);
  std::vector<Segment*> segments;
  for (int i = 0; i < 16; ++i) segments.push_back(world.acquire(Stream::kDemotion));
  for (Segment* segment : segments) world.seal(segment);
  world.machine.until([&] { return world.table->is_idle(); });
  BOOST_TEST(world.table->file_count() <= 5u);
  BOOST_TEST(world.machine.disk.list_directory("/tier/segments")->size() <= 5u);
  // Their ids are used again, and their generations go on.
  for (int i = 0; i < 10; ++i) BOOST_REQUIRE(world.acquire(Stream::kDemotion) != nullptr);
  BOOST_TEST(world.table->id_end() <= 20u);
}

BOOST_AUTO_TEST_CASE(a_full_device_is_told_and_tried_again) {
  Table world(20);
  world.machine.disk.set_capacity(4 * kSegmentBytesMin + 64 * 1024);
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(world.acquire(Stream::kDemotion) != nullptr);
  BOOST_TEST((world.acquire(Stream::kDemotion) == nullptr));
  BOOST_TEST((world.table->availability(Stream::kDemotion) == AppendState::kFull));
  BOOST_TEST((world.table->availability(Stream::kCompaction) == AppendState::kReady));
  world.machine.disk.set_capacity(UINT64_MAX);
  world.machine.until(
      [&] { return world.table->availability(Stream::kDemotion) == AppendState::kReady; });
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_made_is_told_and_tried_again) {
  for (const auto operation :
       {iouring::SimOperation::kOpen, iouring::SimOperation::kAllocate,
        iouring::SimOperation::kWrite, iouring::SimOperation::kSyncDirectory}) {
    Table world(20);
    world.machine.disk.fail(operation, 1, -EIO);
    world.machine.until(
        [&] { return world.table->availability(Stream::kDemotion) == AppendState::kFailed; });
    BOOST_TEST(world.table->io_errors() == 1u);
    world.machine.until(
        [&] { return world.table->availability(Stream::kDemotion) == AppendState::kReady; });
  }
}

BOOST_AUTO_TEST_CASE(a_lower_limit_gives_free_segments_back) {
  Table world(20);
  std::vector<Segment*> segments;
  for (int i = 0; i < 8; ++i) segments.push_back(world.acquire(Stream::kDemotion));
  world.machine.until([&] { return world.table->free_count() == 2; });
  world.table->set_bytes_max(8 * kSegmentBytesMin);
  world.machine.until([&] { return world.table->is_idle(); });
  BOOST_TEST((world.table->availability(Stream::kDemotion) == AppendState::kFull));
  BOOST_TEST((world.table->availability(Stream::kCompaction) == AppendState::kReady));
}

BOOST_AUTO_TEST_CASE(locations_from_outside_are_judged) {
  Table world(6);
  const Segment* segment = world.acquire(Stream::kDemotion);
  const auto readable = [&](uint32_t id, uint32_t bytes, uint32_t offset) {
    return world.table->is_readable({{id, 0, bytes}, offset});
  };
  BOOST_TEST(readable(segment->id, 96, 4096));
  BOOST_TEST(!readable(segment->id + 100, 96, 4096));
  BOOST_TEST(!readable(segment->id, 16, 4096));
  BOOST_TEST(!readable(segment->id, 96, 0));
  BOOST_TEST(!readable(segment->id, 96, data_end_max(kSegmentBytesMin) - 80));
  BOOST_TEST(!readable(segment->id, base::kUnitBytesMax + 16, 4096));
  BOOST_TEST(!readable(segment->id, base::kUnitBytesMax, 4096 + 16));
}

}  // namespace
}  // namespace logstore
