#define BOOST_TEST_MODULE logstore_compaction
#include "logstore/compaction.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/logstore/model.h"

namespace logstore {
namespace {

std::string key_of(uint64_t number) { return "key" + std::to_string(number); }

void fill(World& world, uint64_t keys, size_t value_bytes) {
  for (uint64_t i = 0; i < keys; ++i) world.put({0, key_of(i)}, std::string(value_bytes, 'v'));
  world.until([&] { return world.model.pending() == 0; });
}

BOOST_AUTO_TEST_CASE(space_amplification_stays_within_the_limit_under_overwrites) {
  LogStoreOptions options = World::small_options();
  options.bytes_max = 128u << 20;
  World world(1, options);
  base::Random& random = world.machine.random;
  constexpr uint64_t kKeys = 4000;
  fill(world, kKeys, 10'000);
  uint64_t highest = 0;
  for (int i = 0; i < 20'000; ++i) {
    // Half of the writes go to a tenth of the keys.
    const uint64_t number = random.below(random.one_in(2) ? kKeys / 10 : kKeys);
    world.put({0, key_of(number)}, std::string(random.below(20'000), 'w'));
    if (i % 4 == 0) world.turn();
    if (i % 500 == 0) highest = std::max(highest, world.store->statistics().amplification_percent);
  }
  const LogStoreStatistics figures = world.store->statistics();
  BOOST_TEST_MESSAGE("highest " << highest << " %, written "
                                << figures.written_bytes * 100 / figures.appended_bytes
                                << " % of appended, " << figures.segments << " segments");
  BOOST_TEST(highest <= 130u);
  BOOST_TEST(figures.written_bytes < 5 * figures.appended_bytes);
}

BOOST_AUTO_TEST_CASE(a_mostly_deleted_store_shrinks) {
  World world(1);
  fill(world, 6000, 1000);
  const uint64_t before = world.store->statistics().disk_bytes;
  for (uint64_t i = 0; i < 6000; ++i)
    if (!world.machine.random.one_in(10)) world.model.erase({0, key_of(i)});
  world.turns(3000);
  const LogStoreStatistics figures = world.store->statistics();
  BOOST_TEST(figures.live_bytes == world.model.live().bytes);
  BOOST_TEST(figures.segments <= 4u);
  BOOST_TEST(figures.disk_bytes <= before / 2);
}

BOOST_AUTO_TEST_CASE(a_full_store_wins_space_through_its_reserve) {
  LogStoreOptions options = World::small_options();
  options.bytes_max = 10 * kSegmentBytesMin;
  World world(2, options);
  uint64_t next = 0;
  while (world.store->append_state(Stream::kDemotion) != AppendState::kFull) {
    if (world.model.put({0, key_of(next)}, std::string(1000, 'v'))) ++next;
    world.machine.turn();
  }
  world.machine.until([&] { return world.model.pending() == 0; });
  // A third of each segment dies: only copying what is live frees any.
  for (uint64_t i = 0; i < next; i += 3) world.model.erase({0, key_of(i)});
  for (int round = 0; round < 500; ++round) world.put({0, key_of(next++)}, std::string(1000, 'v'));
  BOOST_TEST(world.store->statistics().compactions > 0u);
  BOOST_TEST(world.store->statistics().disk_bytes <= options.bytes_max);
}

BOOST_AUTO_TEST_CASE(a_unit_that_changes_while_it_is_copied_is_not_moved) {
  uint64_t changed = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    World world(seed);
    fill(world, 1500, 1000);
    world.store->compact_all();
    for (uint64_t i = 0; i < 1500; i += 2) world.model.erase({0, key_of(i)});
    for (int i = 0; i < 3000; ++i) {
      world.turn();
      if (!world.store->is_compacting()) continue;
      world.model.erase({0, key_of(world.machine.random.below(1500))});
      ++changed;
    }
    BOOST_TEST(world.store->statistics().live_bytes == world.model.live().bytes);
  }
  BOOST_TEST(changed > 100u);
}

BOOST_AUTO_TEST_CASE(a_pinned_segment_is_no_victim) {
  World world(3);
  fill(world, 3000, 1000);
  auto view = world.store->freeze();
  for (uint64_t i = 0; i < 3000; ++i)
    if (i % 10 != 0) world.model.erase({0, key_of(i)});
  world.turns(2000);
  BOOST_TEST(world.store->statistics().relocated_records == 0u);
  BOOST_TEST(world.store->statistics().pinned_dead_bytes > 2'000'000u);
  view.reset();
  world.turns(2000);
  BOOST_TEST(world.store->statistics().relocated_records > 0u);
  BOOST_TEST(world.store->statistics().segments <= 3u);
}

BOOST_AUTO_TEST_CASE(a_victim_that_becomes_pinned_is_given_up) {
  World world(4);
  fill(world, 3000, 1000);
  for (uint64_t i = 0; i < 3000; i += 2) world.model.erase({0, key_of(i)});
  world.machine.until([&] {
    world.store->compact_step(1);
    return world.store->statistics().relocated_records > 0;
  });
  const Model::Units expected = world.model.clean_units();
  const auto view = world.store->freeze();
  world.turns(500);
  LiveUsage frozen;
  for (const auto& segment : view->live().segments()) {
    frozen.records += segment.live.records;
    frozen.bytes += segment.live.bytes;
  }
  BOOST_TEST(frozen.records == expected.size());
  BOOST_TEST(frozen.bytes == view->live().total().bytes);
}

BOOST_AUTO_TEST_CASE(a_record_that_cannot_be_read_is_left_where_it_is) {
  World world(5);
  fill(world, 1500, 1000);
  const Model::Key damaged{0, key_of(100)};
  const Location at = world.model.units().at(damaged).location;
  world.machine.disk.corrupt(segment_path(kTier, at.ref.segment), at.offset + 200, 1);
  for (uint64_t i = 0; i < 1500; ++i)
    if (i % 10 != 0) world.model.erase({0, key_of(i)});
  world.turns(3000);
  const LogStoreStatistics figures = world.store->statistics();
  BOOST_TEST(figures.corrupt_records >= 1u);
  BOOST_TEST((world.model.units().at(damaged).location == at));
  // The others of its segment have moved.
  for (const auto& [key, unit] : world.model.units())
    if (key != damaged) BOOST_REQUIRE(unit.location.ref.segment != at.ref.segment);
  world.model.read(damaged);
  world.until([&] { return world.model.read_errors() == 1; });
  // Its segment comes back with its last record's end.
  const uint64_t segments = world.store->statistics().segments;
  world.model.erase(damaged);
  BOOST_TEST(world.store->statistics().segments == segments - 1);
}

BOOST_AUTO_TEST_CASE(a_read_error_pauses_compaction_and_does_not_end_it) {
  World world(6);
  fill(world, 3000, 1000);
  for (uint64_t i = 0; i < 3000; ++i)
    if (i % 4 != 0) world.model.erase({0, key_of(i)});
  world.machine.disk.fail(iouring::SimOperation::kRead, 2, -EIO);
  world.turns(40);
  BOOST_TEST(world.store->statistics().io_errors == 1u);
  world.until([&] { return world.store->statistics().amplification_percent <= 130; });
}

BOOST_AUTO_TEST_CASE(a_request_for_all_leaves_little_that_is_dead) {
  World world(7);
  fill(world, 4000, 1000);
  for (uint64_t i = 0; i < 4000; ++i)
    if (i % 20 == 0) world.model.erase({0, key_of(i)});
  world.turns(1000);
  const uint64_t before = world.store->statistics().dead_bytes;
  world.store->compact_all();
  world.turns(3000);
  const LogStoreStatistics figures = world.store->statistics();
  BOOST_TEST(figures.dead_bytes < before / 2);
  BOOST_TEST(!world.store->is_compacting());
  BOOST_TEST(figures.live_bytes == world.model.live().bytes);
}

BOOST_AUTO_TEST_CASE(a_step_keeps_to_its_budget_of_records) {
  // The simulated clock stands still within a turn, so that only the look at the clock can be
  // counted: a budget of nothing ends after the least slice.
  World world(8);
  fill(world, 2000, 500);
  for (uint64_t i = 0; i < 2000; i += 2) world.model.erase({0, key_of(i)});
  uint64_t most = 0;
  for (int i = 0; i < 3000; ++i) {
    world.machine.turn();
    const uint64_t before = world.store->statistics().written_bytes;
    world.store->compact_step(0);
    most = std::max(most, world.store->statistics().written_bytes - before);
  }
  BOOST_TEST(world.store->statistics().relocated_records > 500u);
  BOOST_TEST(most <= 2 * base::kIoBytesMax);
}

}  // namespace
}  // namespace logstore
