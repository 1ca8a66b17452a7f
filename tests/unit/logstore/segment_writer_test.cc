#define BOOST_TEST_MODULE logstore_segment_writer
#include "logstore/segment_writer.h"

#include <boost/test/unit_test.hpp>
#include <memory>

#include "tests/unit/logstore/fixture.h"

namespace logstore {
namespace {

BOOST_AUTO_TEST_CASE(records_of_all_sizes_are_written_where_they_were_promised) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Parts parts(seed);
    std::vector<Written> records;
    std::vector<base::Status> statuses(200, base::ok_status());
    for (size_t i = 0; i < statuses.size(); ++i) {
      const uint64_t largest = parts.machine.random.one_in(10) ? base::kUnitBytesMax - 100 : 3000;
      Written record{"key" + std::to_string(i),
                     std::string(parts.machine.random.below(largest), static_cast<char>(i)),
                     {}};
      if (i == 7) record.value.resize(base::kUnitBytesMax - kRecordHeaderBytes - 4);
      record.location = parts.append(record.key, record.value, &statuses[i]);
      parts.live.mark_live(record.location.ref, 1);
      records.push_back(record);
    }
    parts.machine.until([&] { return parts.completed == parts.appended; });
    for (const Written& record : records) {
      BOOST_REQUIRE(parts.get(record) == record.value);
      parts.live.mark_dead(record.location.ref, 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_partly_filled_buffer_is_written_after_the_delay) {
  Parts parts(1);
  base::Status status = base::ok_status();
  const uint64_t began_ns = parts.machine.clock.monotonic_ns();
  parts.append("key", "value", &status);
  parts.machine.until([&] { return parts.completed == 1; });
  const uint64_t took_ns = parts.machine.clock.monotonic_ns() - began_ns;
  BOOST_TEST(took_ns >= 1'000'000u);
  BOOST_TEST(took_ns < 4'000'000u);
}

BOOST_AUTO_TEST_CASE(at_most_depth_writes_are_in_flight_and_the_state_says_so) {
  Parts parts(1, 64u << 20, 2);
  base::Status status = base::ok_status();
  bool was_busy = false;
  for (int i = 0; i < 100; ++i) {
    parts.append("key", std::string(200'000, 'v'), &status);
    BOOST_REQUIRE_LE(parts.writer->in_flight(), 2u);
    was_busy = was_busy || parts.writer->state() == AppendState::kBusy;
  }
  parts.machine.until([&] { return parts.completed == 100; });
  BOOST_TEST(was_busy);
}

BOOST_AUTO_TEST_CASE(a_record_is_found_in_its_buffer_until_its_completion_ended) {
  Parts parts(1);
  base::Status status = base::ok_status();
  const Location location = parts.append("key", "value", &status);
  const auto is_found = [&] {
    const Segment& segment = parts.table->at(location.ref.segment);
    const auto record = decode_record(parts.writer->find(location),
                                      {0xabcdef, segment.id, segment.generation, location.offset});
    return record.ok() && base::as_text(record->payload) == "value";
  };
  BOOST_TEST(is_found());
  parts.writer->flush();
  BOOST_TEST(is_found());
  parts.machine.until([&] { return parts.completed == 1; });
  BOOST_TEST(parts.writer->find(location).empty());
}

BOOST_AUTO_TEST_CASE(a_failed_write_fails_its_records_and_the_stream_pauses) {
  for (const int error : {EIO, ENOSPC}) {
    Parts parts(1);
    const Written before = parts.put("before", "1");
    parts.machine.disk.fail(iouring::SimOperation::kWrite, 1, -error, true);
    base::Status first = base::ok_status();
    base::Status second = base::ok_status();
    const Location lost = parts.append("lost", "2", &first);
    parts.append("lost too", "3", &second);
    parts.writer->flush();
    parts.machine.until([&] { return parts.completed == parts.appended; });
    BOOST_TEST(!first.ok());
    BOOST_TEST(!second.ok());
    BOOST_TEST(
        (parts.writer->state() == (error == EIO ? AppendState::kFailed : AppendState::kFull)));
    BOOST_TEST(parts.writer->statistics().io_errors == 1u);
    BOOST_TEST(parts.get(before) == "1");
    const Written after = parts.put("after", "4");
    BOOST_TEST(after.location.ref.segment != lost.ref.segment);
    BOOST_TEST(parts.get(after) == "4");
    parts.live.mark_dead(before.location.ref, 1);
    parts.live.mark_dead(after.location.ref, 1);
  }
}

BOOST_AUTO_TEST_CASE(a_sealed_segment_is_synced_once_and_has_a_footer) {
  Parts parts(1);
  const Written record = parts.put("key", "value");
  const uint64_t syncs = parts.machine.disk.count(iouring::SimOperation::kSync);
  parts.writer->close_segment();
  parts.machine.until([&] { return parts.writer->is_idle(); });
  BOOST_TEST(parts.machine.disk.count(iouring::SimOperation::kSync) == syncs + 1);
  const Segment& segment = parts.table->at(record.location.ref.segment);
  BOOST_TEST((segment.state == SegmentState::kSealed));
  BOOST_TEST(segment.has_footer);
  BOOST_TEST(!segment.is_damaged);
  const auto header = decode_segment_header(parts.machine.block_of(parts.path_of(record), 0));
  BOOST_REQUIRE(header.ok());
  BOOST_TEST(header->segment == segment.id);
  BOOST_TEST(header->generation == segment.generation);
  const auto footer = BlockTable::decode_footer(
      parts.machine.block_of(parts.path_of(record), data_end_max(Parts::kBytes)),
      {.store_id = 0xabcdef,
       .segment = segment.id,
       .generation = segment.generation,
       .record_count = 1,
       .data_end = segment.data_end});
  BOOST_REQUIRE(footer.ok());
  BOOST_TEST(footer->entries().size() == 1u);
  parts.live.mark_dead(record.location.ref, 1);
}

BOOST_AUTO_TEST_CASE(a_segment_that_cannot_be_synced_is_damaged_but_readable) {
  for (const auto operation : {iouring::SimOperation::kSync, iouring::SimOperation::kWrite}) {
    Parts parts(1);
    const Written record = parts.put("key", "value");
    parts.machine.disk.fail(operation, 1, -EIO);
    parts.writer->close_segment();
    parts.machine.until([&] { return parts.writer->is_idle(); });
    const Segment& segment = parts.table->at(record.location.ref.segment);
    BOOST_TEST((segment.state == SegmentState::kSealed));
    BOOST_TEST(segment.is_damaged);
    BOOST_TEST(segment.has_footer == (operation == iouring::SimOperation::kSync));
    parts.live.mark_dead(record.location.ref, 1);
  }
}

BOOST_AUTO_TEST_CASE(a_sealed_segment_survives_a_crash_whole) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Machine machine(seed);
    LiveMap live;
    uint64_t next_sequence = 1;
    int owner_pid = 0;
    std::string foreign;
    BOOST_REQUIRE(take_tier_directory(machine.disk, kTier, &owner_pid, &foreign).ok());
    auto table =
        std::make_unique<SegmentTable>(&machine.disk, &machine.loop, &live,
                                       SegmentTable::Options{.directory = kTier,
                                                             .store_id = 1,
                                                             .segment_bytes = kSegmentBytesMin,
                                                             .bytes_max = 8u << 20,
                                                             .direct = true});
    auto writer =
        std::make_unique<SegmentWriter>(&machine.disk, &machine.loop, table.get(), &next_sequence,
                                        SegmentWriter::Options{.stream = Stream::kDemotion});
    table->refill();
    machine.until([&] { return writer->state() == AppendState::kReady; });
    const std::string value(50'000, 'v');
    const base::ByteSpan parts[] = {base::as_bytes(value)};
    UnitFields fields;
    fields.key = "key";
    Location location;
    for (int i = 0; i < 4; ++i)
      location = writer->append(fields, parts, [](base::Result<Location>) {});
    live.mark_live(location.ref, 0);
    writer->close_segment();
    table->stop();
    machine.until([&] { return writer->is_idle() && table->is_idle(); });
    const uint32_t generation = table->at(location.ref.segment).generation;
    writer.reset();
    table.reset();
    machine.loop.drop_all();
    machine.disk.crash(seed);
    const std::string path = segment_path(kTier, location.ref.segment);
    std::vector<std::byte> bytes(blocks_touched(location.offset, location.ref.bytes) * kBlockBytes);
    BOOST_REQUIRE_EQUAL(
        machine.read_block(path, base::align_down(location.offset, kBlockBytes), bytes),
        static_cast<int32_t>(bytes.size()));
    const auto record = decode_record(base::ByteSpan(bytes).subspan(location.offset % kBlockBytes),
                                      {1, location.ref.segment, generation, location.offset});
    BOOST_REQUIRE_MESSAGE(record.ok(), "seed " << seed);
    BOOST_REQUIRE(base::as_text(record->payload) == value);
  }
}

}  // namespace
}  // namespace logstore
