#include "base/clock.h"

#include <ctime>

namespace base {

namespace {

uint64_t read_ns(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

uint64_t SystemClock::monotonic_ns() const { return read_ns(CLOCK_MONOTONIC); }

int64_t SystemClock::wall_us() const { return static_cast<int64_t>(read_ns(CLOCK_REALTIME) / 1000); }

uint64_t SystemClock::thread_cpu_ns() const { return read_ns(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace base
