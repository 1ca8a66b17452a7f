#define BOOST_TEST_MODULE logstore_recovery
#include "logstore/recovery.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/logstore/model.h"

namespace logstore {
namespace {

struct Rebuilt {
  std::map<Model::Key, IndexValue> entries;
  uint64_t lost = 0;
  bool failed = false;
};

Rebuilt rebuild(World& world, const FrozenView& view) {
  Rebuilt rebuilt;
  IndexRecovery recovery(&view, {}, [&](const UnitKey& unit, const IndexValue& value) {
    BOOST_REQUIRE((unit == Model::unit_key({unit.namespace_id, std::string(unit.key)})));
    const bool is_new =
        rebuilt.entries.emplace(Model::Key{unit.namespace_id, unit.key}, value).second;
    BOOST_REQUIRE(is_new);
  });
  for (;;) {
    const auto progress = recovery.step(static_cast<uint32_t>(1 + world.machine.random.below(100)));
    if (progress == IndexRecovery::Progress::kWaiting) world.turn();
    if (progress == IndexRecovery::Progress::kComplete) break;
    if (progress == IndexRecovery::Progress::kFailed) {
      rebuilt.failed = true;
      break;
    }
  }
  BOOST_TEST(recovery.entries() == rebuilt.entries.size());
  rebuilt.lost = recovery.lost();
  return rebuilt;
}

void scramble(World& world, int steps) {
  base::Random& random = world.machine.random;
  for (int step = 0; step < steps; ++step) {
    const Model::Key key{static_cast<uint32_t>(random.below(3)), std::to_string(random.below(500))};
    if (random.one_in(5)) {
      world.model.erase(key);
    } else {
      world.put(key, world.random_value());
    }
    if (random.one_in(3)) world.turn();
  }
  world.until([&] { return world.model.pending() == 0; });
}

BOOST_AUTO_TEST_CASE(segments_and_live_map_give_back_every_entry_of_the_index) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world(seed);
      scramble(world, 2000);
      // Dropped while their records still lie in the log.
      if (seed % 2 == 0) world.model.drop(1);
      const Model::Units expected = world.model.clean_units();
      const auto view = world.store->freeze();
      const Rebuilt rebuilt = rebuild(world, *view);
      BOOST_REQUIRE(!rebuilt.failed);
      BOOST_TEST(rebuilt.lost == 0u);
      BOOST_REQUIRE_EQUAL(rebuilt.entries.size(), expected.size());
      for (const auto& [key, unit] : expected) {
        const IndexValue& value = rebuilt.entries.at(key);
        BOOST_REQUIRE((value.location == unit.location));
        BOOST_REQUIRE_EQUAL(value.payload_bytes, unit.value.size());
        BOOST_REQUIRE_EQUAL(value.expire_at_ms, unit.expire_at_ms);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_record_costs_its_own_entry_only) {
  World world(11);
  scramble(world, 1500);
  const Model::Units expected = world.model.clean_units();
  const auto victim = expected.begin();
  const Location at = victim->second.location;
  world.machine.disk.corrupt(segment_path(kTier, at.ref.segment), at.offset + 1, 1);
  const auto view = world.store->freeze();
  const Rebuilt rebuilt = rebuild(world, *view);
  BOOST_TEST(rebuilt.lost == 1u);
  BOOST_TEST(rebuilt.entries.size() == expected.size() - 1);
  BOOST_TEST(rebuilt.entries.count(victim->first) == 0u);
}

BOOST_AUTO_TEST_CASE(a_segment_that_cannot_be_read_fails_the_recovery) {
  World world(12);
  scramble(world, 500);
  const auto view = world.store->freeze();
  world.machine.disk.fail(iouring::SimOperation::kRead, 1, -EIO);
  BOOST_TEST(rebuild(world, *view).failed);
}

}  // namespace
}  // namespace logstore
