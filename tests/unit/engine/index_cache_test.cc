#define BOOST_TEST_MODULE engine_index_cache
#include "engine/index_cache.h"

#include <boost/test/unit_test.hpp>

namespace engine {
namespace {

constexpr uint64_t kMiB = 1024 * 1024;
constexpr uint64_t kMaxmemory = 256 * kMiB;

struct Fixture {
  Fixture() : cache(&budget) {
    budget.set_limits({.maxmemory = kMaxmemory, .bounds_resident = true, .low_water_percent = 90});
    cache.set_maxmemory(kMaxmemory);
    give_room(50 * kMiB);
  }

  void give_room(uint64_t bytes) {
    const uint64_t target = kMaxmemory / 1000 * 970;
    budget.sample(target - bytes, target - bytes);
    counted = target - bytes;
  }
  // Ticks with a full cache in front of an index of `disk_bytes`; every one has misses.
  void run(int ticks, uint64_t disk_bytes, bool misses = true) {
    for (int i = 0; i < ticks; ++i) {
      if (misses) sample.device_reads += 100;
      sample.disk_bytes = disk_bytes;
      sample.cached_bytes = cache.bytes();
      cache.tick(sample, counted, pressed);
    }
  }

  Budget budget;
  IndexCache cache;
  IndexCache::Sample sample;
  uint64_t counted = 0;
  bool pressed = false;
};

BOOST_FIXTURE_TEST_CASE(it_begins_with_an_eighth, Fixture) {
  BOOST_TEST(cache.bytes() == kMaxmemory / 8);
}

BOOST_FIXTURE_TEST_CASE(it_grows_to_what_the_index_takes, Fixture) {
  run(100, 90 * kMiB);
  BOOST_TEST(cache.bytes() >= 90 * kMiB);
  BOOST_TEST(cache.bytes() <= 110 * kMiB);
  BOOST_TEST(budget.reserved_bytes() == 0u);
}

BOOST_FIXTURE_TEST_CASE(it_never_takes_more_than_half, Fixture) {
  run(1000, 4096 * kMiB);
  BOOST_TEST(cache.bytes() == cache.most());
  BOOST_TEST(cache.bytes() <= kMaxmemory / 2);
}

BOOST_FIXTURE_TEST_CASE(it_does_not_grow_while_nothing_misses_it, Fixture) {
  run(1, 90 * kMiB);
  const uint64_t before = cache.bytes();
  run(100, 90 * kMiB, false);
  BOOST_TEST(cache.bytes() == before);
}

BOOST_FIXTURE_TEST_CASE(it_does_not_grow_before_it_is_full, Fixture) {
  for (int i = 0; i < 100; ++i) {
    sample.device_reads += 100;
    sample.disk_bytes = 90 * kMiB;
    sample.cached_bytes = cache.bytes() / 2;
    cache.tick(sample, counted, false);
  }
  BOOST_TEST(cache.bytes() == cache.least());
}

BOOST_FIXTURE_TEST_CASE(without_room_a_step_is_reserved_and_waits, Fixture) {
  give_room(0);
  run(10, 90 * kMiB);
  BOOST_TEST(cache.bytes() == cache.least());
  BOOST_TEST(budget.reserved_bytes() > 0u);
  BOOST_TEST(budget.excess(counted) > 0u);
  give_room(50 * kMiB);
  run(1, 90 * kMiB);
  BOOST_TEST(cache.bytes() > cache.least());
  BOOST_TEST(budget.reserved_bytes() == 0u);
}

BOOST_FIXTURE_TEST_CASE(it_shrinks_with_the_index, Fixture) {
  run(100, 90 * kMiB);
  run(100, 10 * kMiB);
  BOOST_TEST(cache.bytes() <= cache.least() + kMaxmemory / 32);
}

BOOST_FIXTURE_TEST_CASE(it_gives_way_when_nothing_else_can_and_then_rests, Fixture) {
  run(100, 90 * kMiB);
  pressed = true;
  run(100, 90 * kMiB);
  BOOST_TEST(cache.bytes() == cache.least());
  BOOST_TEST(budget.reserved_bytes() == 0u);
  pressed = false;
  run(100, 90 * kMiB);
  BOOST_TEST(cache.bytes() == cache.least());
  run(1000, 90 * kMiB);
  BOOST_TEST(cache.bytes() > cache.least());
}

BOOST_FIXTURE_TEST_CASE(a_lower_limit_holds_at_once, Fixture) {
  run(100, 110 * kMiB);
  cache.set_maxmemory(64 * kMiB);
  BOOST_TEST(cache.bytes() <= 32 * kMiB);
}

}  // namespace
}  // namespace engine
