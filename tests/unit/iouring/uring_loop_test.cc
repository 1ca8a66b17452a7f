#define BOOST_TEST_MODULE uring_loop
#include "iouring/uring_loop.h"

#include <unistd.h>
#include <csignal>

#include <array>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

using namespace iouring;

namespace {

constexpr uint64_t kSecondNs = 1'000'000'000;

struct RingFixture {
  base::SystemClock clock;
  std::unique_ptr<UringLoop> loop = [this] {
    UringOptions options;
    options.submission_entries = 8;
    auto created = UringLoop::create(&clock, options);
    BOOST_REQUIRE(created.ok());
    return std::move(created).value();
  }();

  template <class Condition>
  void turn_until(Condition condition) {
    for (int i = 0; i < 10000 && !condition(); ++i) loop->turn(kSecondNs);
    BOOST_REQUIRE(condition());
  }
};

struct Counted : Operation {
  int completions = 0;
  int32_t result = 1;
  Counted() {
    complete = [](Operation* operation, int32_t outcome, uint32_t) {
      auto* const self = static_cast<Counted*>(operation);
      ++self->completions;
      self->result = outcome;
    };
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(posted_tasks_run_in_order_in_the_next_turn, RingFixture) {
  std::vector<int> seen;
  loop->post([&] {
    seen.push_back(1);
    loop->post([&] { seen.push_back(3); });
  });
  loop->post([&] { seen.push_back(2); });
  BOOST_TEST(seen.empty());
  loop->turn(kWaitForever);
  BOOST_TEST(seen.size() == 2u);
  loop->turn(kWaitForever);
  BOOST_TEST(seen == (std::vector<int>{1, 2, 3}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(more_operations_than_the_submission_queue_holds_all_complete, RingFixture) {
  // More than fit the CQ of 64, too: the kernel keeps what overflows.
  std::vector<Counted> operations(500);
  for (Counted& operation : operations)
    fill_sqe(loop->prepare(&operation), IORING_OP_NOP, RingFile{}, nullptr, 0, 0);
  for (const Counted& operation : operations) BOOST_TEST(operation.completions == 0);
  turn_until([&] {
    for (const Counted& operation : operations)
      if (operation.completions == 0) return false;
    return true;
  });
  for (const Counted& operation : operations) {
    BOOST_TEST(operation.completions == 1);
    BOOST_TEST(operation.result == 0);
  }
}

BOOST_FIXTURE_TEST_CASE(all_that_is_ready_is_reaped_in_one_turn, RingFixture) {
  // Twenty completions is what the kernel hands over per call when task work is deferred.
  constexpr size_t kPipes = 60;
  std::array<std::array<int, 2>, kPipes> pipes;
  std::array<Counted, kPipes> reads;
  std::array<char, kPipes> bytes{};
  for (size_t i = 0; i < kPipes; ++i) {
    BOOST_REQUIRE(pipe(pipes[i].data()) == 0);
    fill_sqe(loop->prepare(&reads[i]), IORING_OP_READ, RingFile{pipes[i][0], -1}, &bytes[i], 1, 0);
  }
  loop->turn(0);
  for (auto& ends : pipes) BOOST_REQUIRE(write(ends[1], "x", 1) == 1);
  loop->turn(kSecondNs);
  for (size_t i = 0; i < kPipes; ++i) {
    BOOST_TEST(reads[i].completions == 1);
    close(pipes[i][0]);
    close(pipes[i][1]);
  }
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_operation_completes_as_cancelled, RingFixture) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  Counted read;
  char byte = 0;
  const RingFile file = loop->register_file(ends[0]);
  BOOST_TEST(file.slot >= 0);
  fill_sqe(loop->prepare(&read), IORING_OP_READ, file, &byte, 1, 0);
  loop->turn(0);
  loop->cancel(&read);
  turn_until([&] { return read.completions == 1; });
  BOOST_TEST((read.result == -ECANCELED || read.result == -EINTR));
  loop->unregister_file(file);
  close(ends[0]);
  close(ends[1]);
}

BOOST_FIXTURE_TEST_CASE(a_timer_runs_once_and_not_before_its_deadline, RingFixture) {
  const uint64_t deadline = clock.monotonic_ns() + 2'000'000;
  uint64_t ran_at = 0;
  int runs = 0;
  loop->add_timer(deadline, [&] {
    ran_at = clock.monotonic_ns();
    ++runs;
  });
  const TimerId cancelled = loop->add_timer(deadline, [&] { runs += 100; });
  BOOST_TEST(loop->cancel_timer(cancelled));
  turn_until([&] { return runs > 0; });
  BOOST_TEST(ran_at >= deadline);
  BOOST_TEST(runs == 1);
}

BOOST_FIXTURE_TEST_CASE(another_thread_wakes_a_waiting_loop, RingFixture) {
  int woken = 0;
  loop->on_wake([&] { ++woken; });
  std::thread other([&] { loop->wake(); });
  turn_until([&] { return woken == 1; });
  other.join();
  loop->wake();
  loop->wake();
  loop->turn(kSecondNs);
  BOOST_TEST(woken == 2);
}

BOOST_FIXTURE_TEST_CASE(signals_arrive_as_callbacks, RingFixture) {
  std::vector<int> seen;
  loop->on_signal(SIGUSR1, [&](int number) { seen.push_back(number); });
  loop->on_signal(SIGUSR2, [&](int number) { seen.push_back(number); });
  kill(getpid(), SIGUSR2);
  turn_until([&] { return seen.size() == 1; });
  kill(getpid(), SIGUSR1);
  turn_until([&] { return seen.size() == 2; });
  BOOST_TEST(seen == (std::vector<int>{SIGUSR2, SIGUSR1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(linux_6_1_features_hide_what_is_newer) {
  base::SystemClock clock;
  UringOptions options;
  options.only_linux_6_1 = true;
  auto loop = UringLoop::create(&clock, options);
  BOOST_REQUIRE(loop.ok());
  BOOST_TEST((*loop)->features().to_string() == "none");
}

BOOST_FIXTURE_TEST_CASE(a_full_table_of_fixed_files_falls_back_to_descriptors, RingFixture) {
  UringOptions options;
  options.file_slots = 64;
  auto small = UringLoop::create(&clock, options);
  BOOST_REQUIRE(small.ok());
  std::vector<RingFile> files;
  for (int i = 0; i < 65; ++i) files.push_back((*small)->register_file(0));
  BOOST_TEST(files[63].slot >= 0);
  BOOST_TEST(files[64].slot == -1);
  BOOST_TEST(files[64].fd == 0);
  for (const RingFile file : files) (*small)->unregister_file(file);
  BOOST_TEST((*small)->register_file(0).slot >= 0);
}
