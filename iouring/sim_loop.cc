#include "iouring/sim_loop.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace iouring {

void SimLoop::trace(uint64_t value) {
  // The finaliser of SplitMix64 over a running sum.
  uint64_t mixed = trace_ + value + 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  trace_ = mixed ^ (mixed >> 31);
}

void SimLoop::schedule(SimDelay delay, uint64_t label, Task event) {
  const uint64_t us = delay.min_us + random_.below(delay.max_us - delay.min_us + 1);
  events_.push_back({clock_->monotonic_ns() + us * 1000, label, std::move(event)});
}

void SimLoop::turn(uint64_t wait_ns_max) {
  ++turns_;
  advance(wait_ns_max);
  turn_ns_ = clock_->monotonic_ns();
  for (Event& event : take_due()) {
    trace(event.label);
    trace(turn_ns_);
    if (event.run) event.run();
  }
  run_timers();
  run_posted();
}

void SimLoop::advance(uint64_t wait_ns_max) {
  // Every turn takes some time of its own.
  clock_->advance_us(static_cast<int64_t>(1 + random_.below(10)));
  const uint64_t now_ns = clock_->monotonic_ns();
  uint64_t next_ns = UINT64_MAX;
  for (const Event& event : events_) next_ns = std::min(next_ns, event.due_ns);
  if (!timers_.empty()) next_ns = std::min(next_ns, timers_.deadline_ns());
  if (!posted_.empty() || next_ns <= now_ns || wait_ns_max == 0) return;
  CHECK(next_ns != UINT64_MAX || wait_ns_max != kWaitForever);
  const uint64_t wait_ns = std::min(next_ns - now_ns, wait_ns_max);
  clock_->advance_us(static_cast<int64_t>((wait_ns + 999) / 1000));
}

std::vector<SimLoop::Event> SimLoop::take_due() {
  const auto first_due =
      std::stable_partition(events_.begin(), events_.end(),
                            [this](const Event& event) { return event.due_ns > turn_ns_; });
  std::vector<Event> due(std::make_move_iterator(first_due),
                         std::make_move_iterator(events_.end()));
  events_.erase(first_due, events_.end());
  for (size_t i = due.size(); i > 1; --i) std::swap(due[i - 1], due[random_.below(i)]);
  // Some of them wait for another turn, but never all.
  while (due.size() > 1 && random_.one_in(4)) {
    events_.push_back(std::move(due.back()));
    due.pop_back();
  }
  return due;
}

void SimLoop::run_timers() {
  const uint64_t sequence_end = timers_.sequence_end();
  while (timers_.due(turn_ns_, sequence_end)) {
    Task task = timers_.pop();
    task();
  }
}

void SimLoop::run_posted() {
  std::vector<Task> running;
  std::swap(running, posted_);
  for (Task& task : running) task();
}

void SimLoop::run_until_idle(uint64_t turns_max) {
  for (uint64_t i = 0; !idle(); ++i) {
    CHECK_LT(i, turns_max);
    turn(kWaitForever);
  }
}

void SimLoop::drop_all() {
  events_.clear();
  posted_.clear();
  timers_ = TimerHeap();
}

}  // namespace iouring
