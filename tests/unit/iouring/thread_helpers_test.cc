#define BOOST_TEST_MODULE thread_helpers
#include "iouring/thread_helpers.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <thread>
#include <vector>

using namespace iouring;

namespace {

struct HelpersFixture {
  base::SystemClock clock;
  std::unique_ptr<UringLoop> loop = std::move(UringLoop::create(&clock, {})).value();
  ThreadHelpers helpers{loop.get(), {}};

  template <class Condition>
  void turn_until(Condition condition) {
    for (int i = 0; i < 100000 && !condition(); ++i) loop->turn(1'000'000'000);
    BOOST_REQUIRE(condition());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(work_runs_elsewhere_and_done_on_the_loop, HelpersFixture) {
  const auto loop_thread = std::this_thread::get_id();
  std::thread::id worked, finished;
  helpers.run(
      HelperClass::kFile, [&] { worked = std::this_thread::get_id(); },
      [&] { finished = std::this_thread::get_id(); });
  BOOST_TEST(helpers.in_flight(HelperClass::kFile) == 1u);
  turn_until([&] { return finished != std::thread::id(); });
  BOOST_TEST((worked != loop_thread));
  BOOST_TEST((finished == loop_thread));
  BOOST_TEST(helpers.in_flight(HelperClass::kFile) == 0u);
}

BOOST_FIXTURE_TEST_CASE(classes_of_one_thread_keep_the_order, HelpersFixture) {
  std::vector<int> worked, finished;
  constexpr int kJobs = 3000;
  for (int i = 0; i < kJobs; ++i) {
    helpers.run(
        HelperClass::kIndexWrite, [&worked, i] { worked.push_back(i); },
        [&finished, i] { finished.push_back(i); });
  }
  BOOST_TEST(!helpers.has_room(HelperClass::kIndexWrite));
  BOOST_TEST(helpers.has_room(HelperClass::kIndexRead));
  turn_until([&] { return finished.size() == kJobs; });
  for (int i = 0; i < kJobs; ++i) {
    BOOST_REQUIRE_EQUAL(worked[static_cast<size_t>(i)], i);
    BOOST_REQUIRE_EQUAL(finished[static_cast<size_t>(i)], i);
  }
  BOOST_TEST(helpers.has_room(HelperClass::kIndexWrite));
}

BOOST_FIXTURE_TEST_CASE(done_may_start_more_work, HelpersFixture) {
  std::atomic<int> works = 0;
  int left = 500;
  std::function<void()> again = [&] {
    helpers.run(
        HelperClass::kIndexRead, [&] { ++works; },
        [&] {
          if (--left > 0) again();
        });
  };
  again();
  turn_until([&] { return left == 0; });
  BOOST_TEST(works == 500);
}

BOOST_AUTO_TEST_CASE(helpers_that_go_away_run_no_done) {
  base::SystemClock clock;
  auto loop = std::move(UringLoop::create(&clock, {})).value();
  bool ran = false;
  {
    ThreadHelpers helpers(loop.get(), {});
    for (int i = 0; i < 100; ++i)
      helpers.run(
          HelperClass::kFree, [] {}, [&] { ran = true; });
  }
  BOOST_TEST(!ran);
}
