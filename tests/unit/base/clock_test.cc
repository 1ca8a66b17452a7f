#define BOOST_TEST_MODULE clock
#include "base/clock.h"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <thread>

using namespace base;

namespace {

uint64_t kernel_ns(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// Two readings of the kernel's clock enclose ours: no assumption on how fast anything runs.
template <class Read>
void check_between(clockid_t id, uint64_t unit_ns, const Read& read) {
  const uint64_t before = kernel_ns(id) / unit_ns;
  const auto ours = static_cast<uint64_t>(read());
  const uint64_t after = kernel_ns(id) / unit_ns;
  BOOST_TEST(before <= ours);
  BOOST_TEST(ours <= after);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_system_clock_reads_the_kernels_clocks) {
  const SystemClock clock;
  check_between(CLOCK_MONOTONIC, 1, [&] { return clock.monotonic_ns(); });
  check_between(CLOCK_REALTIME, 1000, [&] { return clock.wall_us(); });
  check_between(CLOCK_REALTIME, 1'000'000, [&] { return clock.wall_ms(); });
}

BOOST_AUTO_TEST_CASE(cpu_time_is_that_of_the_calling_thread) {
  const SystemClock clock;
  check_between(CLOCK_THREAD_CPUTIME_ID, 1, [&] { return clock.thread_cpu_ns(); });
  // Another thread has not spent what this one has.
  std::thread([&] {
    check_between(CLOCK_THREAD_CPUTIME_ID, 1, [&] { return clock.thread_cpu_ns(); });
  }).join();
}

BOOST_AUTO_TEST_CASE(a_sim_clock_moves_only_when_told) {
  SimClock clock(5'000'000);
  const uint64_t monotonic = clock.monotonic_ns();
  BOOST_TEST(clock.wall_us() == 5'000'000);
  BOOST_TEST(clock.wall_ms() == 5000);
  BOOST_TEST(clock.monotonic_ns() == monotonic);
  clock.advance_us(1500);
  BOOST_TEST(clock.wall_us() == 5'001'500);
  BOOST_TEST(clock.wall_ms() == 5001);
  BOOST_TEST(clock.monotonic_ns() == monotonic + 1'500'000);
  BOOST_TEST(clock.thread_cpu_ns() == clock.monotonic_ns());
}
