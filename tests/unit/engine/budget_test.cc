#define BOOST_TEST_MODULE engine_budget
#include "engine/budget.h"

#include <boost/test/unit_test.hpp>

namespace engine {
namespace {

constexpr uint64_t kMaxmemory = 100'000'000;
constexpr uint64_t kTarget = 97'000'000;

Budget bounded_budget(uint64_t maxmemory = kMaxmemory) {
  Budget budget;
  budget.set_limits({.maxmemory = maxmemory, .bounds_resident = true, .low_water_percent = 90});
  return budget;
}

BOOST_AUTO_TEST_CASE(without_a_limit_there_is_always_room) {
  Budget budget;
  budget.sample(1'000'000, 900'000);
  BOOST_TEST(!budget.limited());
  BOOST_TEST(budget.room(900'000) == INT64_MAX);
  BOOST_TEST(budget.excess(900'000) == 0u);
  BOOST_TEST(budget.request_bytes_max() == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(with_the_tier_off_counted_memory_alone_is_bounded) {
  Budget budget;
  budget.set_limits({.maxmemory = kMaxmemory, .bounds_resident = false});
  budget.sample(2 * kMaxmemory, 60'000'000);
  BOOST_TEST(budget.room(60'000'000) == 40'000'000);
  BOOST_TEST(budget.room(110'000'000) == -10'000'000);
}

BOOST_AUTO_TEST_CASE(counted_memory_may_grow_by_what_the_resident_set_has_left) {
  Budget budget = bounded_budget();
  budget.sample(57'000'000, 50'000'000);
  BOOST_TEST(budget.room(50'000'000) == static_cast<int64_t>(kTarget - 57'000'000));
  BOOST_TEST(budget.room(60'000'000) == static_cast<int64_t>(kTarget - 67'000'000));
}

BOOST_AUTO_TEST_CASE(a_resident_set_above_the_target_leaves_less_than_nothing) {
  Budget budget = bounded_budget();
  budget.sample(99'000'000, 90'000'000);
  BOOST_TEST(budget.room(90'000'000) == -2'000'000);
  BOOST_TEST(budget.excess(90'000'000) > 2'000'000u);
}

BOOST_AUTO_TEST_CASE(what_is_reserved_is_not_there_for_others) {
  Budget budget = bounded_budget();
  budget.sample(57'000'000, 50'000'000);
  const int64_t before = budget.room(50'000'000);
  budget.reserve(1'000'000);
  BOOST_TEST(budget.room(50'000'000) == before - 1'000'000);
  budget.release(1'000'000);
  BOOST_TEST(budget.room(50'000'000) == before);
}

BOOST_AUTO_TEST_CASE(demotion_begins_at_the_low_water_mark_before_room_is_gone) {
  Budget budget = bounded_budget();
  budget.sample(80'000'000, 80'000'000);
  BOOST_TEST(budget.excess(80'000'000) == 0u);
  budget.sample(90'000'000, 90'000'000);
  BOOST_TEST(budget.room(90'000'000) > 0);
  BOOST_TEST(budget.excess(90'000'000) > 0u);
}

BOOST_AUTO_TEST_CASE(above_the_target_writes_go_on_in_free_space_while_the_resident_set_stays) {
  Budget budget = bounded_budget(10 * kMaxmemory);
  budget.sample(600'000'000, 550'000'000);  // So much is nobody's.
  for (int i = 0; i < 20; ++i) budget.sample(980'000'000, 600'000'000);
  BOOST_TEST(budget.room(600'000'000) > 10'000'000);
  BOOST_TEST(budget.room(600'000'000) < static_cast<int64_t>(kMaxmemory / 16 * 10));
  // They did not fit there.
  for (uint64_t resident = 985'000'000; resident < 1'020'000'000; resident += 5'000'000)
    budget.sample(resident, 600'000'000);
  BOOST_TEST(budget.room(600'000'000) < 5'000'000);
  budget.sample(1'040'000'000, 600'000'000);
  BOOST_TEST(budget.room(600'000'000) < 0);
}

BOOST_AUTO_TEST_CASE(while_entries_are_moved_together_demotion_does_not_spread_free_space_further) {
  Budget budget = bounded_budget(10 * kMaxmemory);
  budget.sample(600'000'000, 550'000'000);
  budget.sample(980'000'000, 500'000'000);
  BOOST_TEST(budget.excess(500'000'000) > 0u);
  budget.set_moving(true);
  BOOST_TEST(budget.excess(500'000'000) == 0u);
  for (int i = 0; i < 20; ++i) budget.sample(1'060'000'000, 500'000'000);
  BOOST_TEST(budget.excess(500'000'000) > 0u);
  for (int i = 0; i < 20; ++i) budget.sample(980'000'000, 500'000'000);
  BOOST_TEST(budget.excess(500'000'000) == 0u);
  budget.set_moving(false);
  BOOST_TEST(budget.excess(500'000'000) > 0u);
}

BOOST_AUTO_TEST_CASE(one_request_may_need_a_quarter_of_maxmemory) {
  BOOST_TEST(bounded_budget().request_bytes_max() == kMaxmemory / 4);
  Budget counted;
  counted.set_limits({.maxmemory = kMaxmemory, .bounds_resident = false});
  BOOST_TEST(counted.request_bytes_max() == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(a_lower_limit_holds_from_the_moment_it_is_set) {
  Budget budget = bounded_budget();
  budget.sample(57'000'000, 50'000'000);
  budget.set_limits(
      {.maxmemory = kMaxmemory / 2, .bounds_resident = true, .low_water_percent = 90});
  BOOST_TEST(budget.room(50'000'000) < 0);
}

BOOST_AUTO_TEST_CASE(the_peak_of_the_resident_set_is_kept) {
  Budget budget = bounded_budget();
  budget.sample(70'000'000, 60'000'000);
  budget.sample(50'000'000, 40'000'000);
  BOOST_TEST(budget.resident_peak_bytes() == 70'000'000u);
  BOOST_TEST(budget.resident_bytes() == 50'000'000u);
}

}  // namespace
}  // namespace engine
