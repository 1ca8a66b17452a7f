#define BOOST_TEST_MODULE timer_heap
#include "iouring/timer_heap.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <vector>

#include "base/random.h"

using namespace iouring;

BOOST_AUTO_TEST_CASE(timers_come_in_the_order_of_their_deadlines_and_equal_ones_as_added) {
  TimerHeap heap;
  std::vector<int> seen;
  heap.add(20, [&] { seen.push_back(3); });
  heap.add(10, [&] { seen.push_back(1); });
  heap.add(20, [&] { seen.push_back(4); });
  heap.add(10, [&] { seen.push_back(2); });
  while (!heap.empty()) heap.pop()();
  BOOST_TEST(seen == (std::vector<int>{1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cancelled_timer_is_gone_and_its_id_is_never_valid_again) {
  TimerHeap heap;
  const TimerId first = heap.add(1, [] {});
  BOOST_TEST(heap.cancel(first));
  BOOST_TEST(!heap.cancel(first));
  const TimerId second = heap.add(1, [] {});
  BOOST_TEST(!heap.cancel(first));
  BOOST_TEST(heap.cancel(second));
  BOOST_TEST(!heap.cancel(TimerId{}));
  BOOST_TEST(heap.empty());
}

BOOST_AUTO_TEST_CASE(a_timer_added_while_the_due_ones_run_waits_for_the_next_turn) {
  TimerHeap heap;
  heap.add(5, [] {});
  const uint64_t end = heap.sequence_end();
  heap.add(1, [] {});
  BOOST_TEST(!heap.due(10, end));
  BOOST_TEST(heap.due(10, heap.sequence_end()));
  BOOST_TEST(!heap.due(0, heap.sequence_end()));
}

BOOST_AUTO_TEST_CASE(random_adds_cancels_and_pops_agree_with_an_ordered_map) {
  const uint64_t seed = 42;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  TimerHeap heap;
  std::map<std::pair<uint64_t, int>, TimerId> model;
  int popped = -1;
  for (int step = 0; step < 20000; ++step) {
    const uint64_t choice = random.below(5);
    if (choice < 2 || model.empty()) {
      const uint64_t deadline = random.below(1000);
      model[{deadline, step}] = heap.add(deadline, [&popped, step] { popped = step; });
    } else if (choice == 2) {
      auto victim = model.begin();
      std::advance(victim, static_cast<long>(random.below(model.size())));
      BOOST_REQUIRE(heap.cancel(victim->second));
      model.erase(victim);
    } else {
      BOOST_REQUIRE_EQUAL(heap.deadline_ns(), model.begin()->first.first);
      heap.pop()();
      BOOST_REQUIRE_EQUAL(popped, model.begin()->first.second);
      model.erase(model.begin());
    }
    BOOST_REQUIRE_EQUAL(heap.empty(), model.empty());
  }
}
