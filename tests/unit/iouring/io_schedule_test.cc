#define BOOST_TEST_MODULE io_schedule
#include "iouring/io_schedule.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <vector>

#include "iouring/sim_disk.h"

using namespace iouring;

namespace {

struct ScheduleFixture {
  base::SimClock clock;
  SimLoop loop{11, &clock};
  SimDisk disk{&loop};
  IoSchedule schedule{&loop, &disk};
  std::vector<std::byte> bytes{base::kIoBytesMax};
  File file;
  int finished = 0;

  ScheduleFixture() {
    OpenOptions options;
    options.read = options.write = options.create = true;
    schedule.open("/f", options, [this](int32_t slot) { file.slot = slot; });
    loop.run_until_idle();
    disk.set_delay({100, 100});
  }
  void read(IoClass io_class, size_t length = 4096) {
    schedule.read(file, base::MutableByteSpan(bytes).first(length), 0, io_class,
                  [this](int32_t) { ++finished; });
  }
  void write(IoClass io_class, size_t length = 4096) {
    schedule.write(file, base::ByteSpan(bytes).first(length), 0, io_class,
                   [this](int32_t) { ++finished; });
  }
  uint32_t in_flight(IoClass io_class) const { return schedule.statistics(io_class).in_flight; }
  uint32_t background() const {
    return in_flight(IoClass::kDemotion) + in_flight(IoClass::kCompaction) +
           in_flight(IoClass::kSnapshot);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_class_never_exceeds_its_operations_and_bytes, ScheduleFixture) {
  schedule.set_limit(IoClass::kSnapshot, {3, 100'000});
  for (int i = 0; i < 50; ++i) read(IoClass::kSnapshot, i % 2 == 0 ? 40'000 : 4096);
  while (!loop.idle()) {
    BOOST_TEST(in_flight(IoClass::kSnapshot) <= 3u);
    BOOST_TEST(schedule.statistics(IoClass::kSnapshot).bytes_in_flight <= 100'000u);
    loop.turn(kWaitForever);
  }
  const IoClassStatistics& row = schedule.statistics(IoClass::kSnapshot);
  BOOST_TEST(finished == 50);
  BOOST_TEST(row.operations == 50u);
  BOOST_TEST(row.in_flight_max == 3u);
  BOOST_TEST(row.bytes_in_flight_max <= 100'000u);
  BOOST_TEST(row.bytes == 25u * 40'000 + 25 * 4096);
  BOOST_TEST(row.waiting == 0u);
  BOOST_TEST(row.bytes_in_flight == 0u);
  BOOST_TEST(row.latency.count() == 50u);
  BOOST_TEST(row.latency.max_ns() >= 100'000u);
}

BOOST_FIXTURE_TEST_CASE(an_operation_larger_than_the_limit_runs_alone, ScheduleFixture) {
  schedule.set_limit(IoClass::kCompaction, {8, 10'000});
  for (int i = 0; i < 3; ++i) read(IoClass::kCompaction, 50'000);
  BOOST_TEST(in_flight(IoClass::kCompaction) == 1u);
  loop.run_until_idle();
  BOOST_TEST(finished == 3);
  BOOST_TEST(schedule.statistics(IoClass::kCompaction).in_flight_max == 1u);
}

BOOST_FIXTURE_TEST_CASE(background_shrinks_to_one_operation_while_cold_reads_run, ScheduleFixture) {
  for (int i = 0; i < 4; ++i) read(IoClass::kColdRead);
  for (int i = 0; i < 5; ++i) {
    write(IoClass::kDemotion);
    read(IoClass::kCompaction);
    read(IoClass::kSnapshot);
  }
  while (in_flight(IoClass::kColdRead) > 0) {
    BOOST_TEST(background() == 1u);
    loop.turn(kWaitForever);
  }
  BOOST_TEST(background() > 1u);
  loop.run_until_idle();
  BOOST_TEST(finished == 19);
}

BOOST_FIXTURE_TEST_CASE(no_background_class_starves_under_endless_cold_reads, ScheduleFixture) {
  for (int i = 0; i < 100; ++i) {
    write(IoClass::kDemotion);
    read(IoClass::kCompaction);
    read(IoClass::kSnapshot);
  }
  for (int turn = 0; turn < 100; ++turn) {
    while (schedule.statistics(IoClass::kColdRead).waiting +
               schedule.statistics(IoClass::kColdRead).in_flight <
           8)
      read(IoClass::kColdRead);
    loop.turn(kWaitForever);
  }
  for (const IoClass io_class : {IoClass::kDemotion, IoClass::kCompaction, IoClass::kSnapshot})
    BOOST_TEST(schedule.statistics(io_class).operations >= 10u);
  loop.run_until_idle();
}

BOOST_FIXTURE_TEST_CASE(failures_are_passed_on_and_counted, ScheduleFixture) {
  disk.fail(SimOperation::kSync, 1, -EIO);
  int32_t outcome = 0;
  schedule.sync(file, true, IoClass::kAof, [&](int32_t result) { outcome = result; });
  loop.run_until_idle();
  BOOST_TEST(outcome == -EIO);
  BOOST_TEST(schedule.statistics(IoClass::kAof).errors == 1u);
  BOOST_TEST(in_flight(IoClass::kAof) == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_lower_limit_applies_to_what_starts_next, ScheduleFixture) {
  schedule.set_limit(IoClass::kSnapshot, {8, 1 << 20});
  for (int i = 0; i < 20; ++i) read(IoClass::kSnapshot);
  BOOST_TEST(in_flight(IoClass::kSnapshot) == 8u);
  schedule.set_limit(IoClass::kSnapshot, {1, 1 << 20});
  BOOST_TEST(in_flight(IoClass::kSnapshot) == 8u);
  while (in_flight(IoClass::kSnapshot) > 1) loop.turn(kWaitForever);
  schedule.reset_maxima();
  loop.run_until_idle();
  BOOST_TEST(schedule.statistics(IoClass::kSnapshot).in_flight_max == 1u);
  BOOST_TEST(finished == 20);
}
