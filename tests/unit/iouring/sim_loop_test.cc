#define BOOST_TEST_MODULE sim_loop
#include "iouring/sim_loop.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "iouring/sim_helpers.h"

using namespace iouring;

namespace {

struct Run {
  std::vector<int> order;
  uint64_t hash = 0;
  uint64_t end_ns = 0;
};

Run run_with(uint64_t seed) {
  base::SimClock clock;
  SimLoop loop(seed, &clock);
  SimHelpers helpers(&loop);
  Run run;
  for (int i = 0; i < 50; ++i)
    loop.schedule({1, 100}, static_cast<uint64_t>(i), [&run, i] { run.order.push_back(i); });
  for (int i = 100; i < 120; ++i)
    helpers.run(
        HelperClass::kIndexRead, [] {}, [&run, i] { run.order.push_back(i); });
  loop.run_until_idle();
  run.hash = loop.trace_hash();
  run.end_ns = clock.monotonic_ns();
  return run;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_run_and_another_seed_another) {
  const Run a = run_with(1), b = run_with(1), c = run_with(2);
  BOOST_TEST(a.order == b.order, boost::test_tools::per_element());
  BOOST_TEST(a.hash == b.hash);
  BOOST_TEST(a.end_ns == b.end_ns);
  BOOST_TEST(a.hash != c.hash);
  BOOST_TEST((a.order != c.order));
  BOOST_TEST(a.order.size() == 70u);
  BOOST_TEST(!std::is_sorted(a.order.begin(), a.order.end()));
}

BOOST_AUTO_TEST_CASE(waiting_moves_the_clock_to_the_next_timer_and_no_further) {
  base::SimClock clock;
  SimLoop loop(1, &clock);
  const uint64_t start = clock.monotonic_ns();
  bool ran = false;
  loop.add_timer(start + 5'000'000, [&] { ran = true; });
  loop.turn(1'000'000);
  BOOST_TEST(!ran);
  BOOST_TEST(clock.monotonic_ns() < start + 2'000'000);
  loop.turn(kWaitForever);
  BOOST_TEST(ran);
  BOOST_TEST(clock.monotonic_ns() < start + 6'000'000);
}

BOOST_AUTO_TEST_CASE(helpers_of_one_thread_keep_the_order_and_pools_do_not) {
  base::SimClock clock;
  SimLoop loop(3, &clock);
  SimHelpers helpers(&loop);
  std::vector<int> worked, finished, pool;
  for (int i = 0; i < 100; ++i) {
    helpers.run(
        HelperClass::kStream, [&worked, i] { worked.push_back(i); },
        [&finished, i] { finished.push_back(i); });
    helpers.run(
        HelperClass::kIndexRead, [&pool, i] { pool.push_back(i); }, [] {});
  }
  BOOST_TEST(worked.empty());
  BOOST_TEST(helpers.in_flight(HelperClass::kStream) == 100u);
  loop.run_until_idle();
  BOOST_TEST(std::is_sorted(worked.begin(), worked.end()));
  BOOST_TEST(std::is_sorted(finished.begin(), finished.end()));
  BOOST_TEST(!std::is_sorted(pool.begin(), pool.end()));
  BOOST_TEST(finished.size() == 100u);
  BOOST_TEST(pool.size() == 100u);
}

BOOST_AUTO_TEST_CASE(after_a_crash_nothing_that_was_under_way_happens) {
  base::SimClock clock;
  SimLoop loop(4, &clock);
  SimHelpers helpers(&loop);
  bool ran = false;
  loop.post([&] { ran = true; });
  loop.schedule({1, 10}, 1, [&] { ran = true; });
  loop.add_timer(0, [&] { ran = true; });
  helpers.run(
      HelperClass::kFree, [&] { ran = true; }, [&] { ran = true; });
  helpers.drop_all();
  loop.drop_all();
  for (int i = 0; i < 10; ++i) loop.turn(1'000'000);
  BOOST_TEST(!ran);
  BOOST_TEST(loop.idle());
}
