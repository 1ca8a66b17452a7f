#define BOOST_TEST_MODULE access
#include "engine/access.h"

#include <boost/test/unit_test.hpp>

using engine::AccessClock;

namespace {

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kStartMs = 1'700'000'000'000;

}  // namespace

BOOST_AUTO_TEST_CASE(without_lfu_a_counter_is_the_second_of_the_last_use) {
  base::Random random(1);
  AccessClock clock(&random);
  clock.set_now(kStartMs);
  const uint32_t access = clock.fresh();
  clock.set_now(kStartMs + 90'000);
  BOOST_TEST(clock.idle_seconds(access) == 90u);
  BOOST_TEST(clock.coldness(access) == 90u);
  BOOST_TEST(clock.idle_seconds(clock.touched(access)) == 0u);
  BOOST_TEST(clock.idle_seconds(clock.from_idle(1234)) == 1234u);
}

BOOST_AUTO_TEST_CASE(the_idle_time_survives_the_wrap_of_24_bits) {
  base::Random random(1);
  AccessClock clock(&random);
  constexpr int64_t kWrapMs = (int64_t{1} << 24) * 1000;
  clock.set_now(kWrapMs - 5000);
  const uint32_t access = clock.fresh();
  clock.set_now(kWrapMs + 7000);
  BOOST_TEST(clock.idle_seconds(access) == 12u);
}

BOOST_AUTO_TEST_CASE(an_lfu_counter_grows_with_use_ever_more_slowly) {
  base::Random random(7);
  AccessClock clock(&random);
  clock.configure(true, 10, 1);
  clock.set_now(kStartMs);
  uint32_t access = clock.fresh();
  BOOST_TEST(clock.frequency(access) == AccessClock::kLfuInitial);
  for (int i = 0; i < 100; ++i) access = clock.touched(access);
  const int after_100 = clock.frequency(access);
  for (int i = 0; i < 10'000; ++i) access = clock.touched(access);
  const int after_10100 = clock.frequency(access);
  // Redis's table for a factor of 10: about 10 after 100 hits, 18 after 1000, 142 after 100k.
  BOOST_TEST(after_100 > 5);
  BOOST_TEST(after_100 < 20);
  BOOST_TEST(after_10100 > after_100 + 10);
  BOOST_TEST(after_10100 < 100);
}

BOOST_AUTO_TEST_CASE(an_lfu_counter_decays_by_one_for_each_period_unused) {
  base::Random random(7);
  AccessClock clock(&random);
  clock.configure(true, 10, 2);
  clock.set_now(kStartMs);
  const uint32_t access = clock.from_frequency(40);
  clock.set_now(kStartMs + 20 * kMinuteMs);
  BOOST_TEST(clock.frequency(access) == 30);
  clock.set_now(kStartMs + 200 * kMinuteMs);
  BOOST_TEST(clock.frequency(access) == 0);
  BOOST_TEST(clock.coldness(access) == 255u);
}
