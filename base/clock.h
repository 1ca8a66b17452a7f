// Clock: the only source of time. Tests and the simulation pass a SimClock, so nothing that is
// tested reads the real one.

#ifndef BASALT_BASE_CLOCK_H_
#define BASALT_BASE_CLOCK_H_

#include <cstdint>

namespace base {

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds of a clock that never goes back; its zero means nothing.
  virtual uint64_t monotonic_ns() const = 0;
  // Microseconds since 1970-01-01 UTC.
  virtual int64_t wall_us() const = 0;
  // CPU time of the calling thread: what a background slice is charged with.
  virtual uint64_t thread_cpu_ns() const = 0;

  int64_t wall_ms() const { return wall_us() / 1000; }
};

class SystemClock final : public Clock {
 public:
  uint64_t monotonic_ns() const override;
  int64_t wall_us() const override;
  uint64_t thread_cpu_ns() const override;
};

// Moves only when told to. Thread CPU time advances with monotonic time.
class SimClock final : public Clock {
 public:
  explicit SimClock(int64_t start_wall_us = 1'700'000'000'000'000) : wall_us_(start_wall_us) {}

  uint64_t monotonic_ns() const override { return monotonic_ns_; }
  int64_t wall_us() const override { return wall_us_; }
  uint64_t thread_cpu_ns() const override { return monotonic_ns_; }

  void advance_us(int64_t us) {
    wall_us_ += us;
    monotonic_ns_ += static_cast<uint64_t>(us) * 1000;
  }

 private:
  uint64_t monotonic_ns_ = 1;
  int64_t wall_us_;
};

}  // namespace base

#endif  // BASALT_BASE_CLOCK_H_
