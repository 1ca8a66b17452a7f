// SimLoop: a Loop without a kernel. Completions come in random order at random times of a SimClock,
// all drawn from one seed: the same seed and the same calls give the same run and the same trace
// hash.

#ifndef BASALT_IOURING_SIM_LOOP_H_
#define BASALT_IOURING_SIM_LOOP_H_

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "iouring/loop.h"
#include "iouring/timer_heap.h"

namespace iouring {

// Inclusive bounds of a random delay.
struct SimDelay {
  uint64_t min_us;
  uint64_t max_us;
};

class SimLoop final : public Loop {
 public:
  // `clock` outlives the loop, which moves it.
  SimLoop(uint64_t seed, base::SimClock* clock) : random_(seed), clock_(clock) {}

  // Loop. A turn runs a random non-empty part, in random order, of the events that are due; with
  // none due it moves the clock to the next event or timer, at most by `wait_ns_max`. Waiting for
  // ever with nothing to come is a failed CHECK: the program under test hangs.
  void turn(uint64_t wait_ns_max) override;
  void post(Task task) override { posted_.push_back(std::move(task)); }
  TimerId add_timer(uint64_t deadline_ns, Task task) override {
    return timers_.add(deadline_ns, std::move(task));
  }
  bool cancel_timer(TimerId id) override { return timers_.cancel(id); }
  const base::Clock& clock() const override { return *clock_; }
  uint64_t turn_ns() const override { return turn_ns_; }

  // For the twins: runs `event` in a later turn after a random delay. `label` tells in the trace
  // what it was.
  void schedule(SimDelay delay, uint64_t label, Task event);
  // No event, and no posted task, is left; timers may be.
  bool idle() const { return events_.empty() && posted_.empty(); }
  // Turns until idle, at most `turns_max` times (a failed CHECK beyond that).
  void run_until_idle(uint64_t turns_max = 1'000'000);
  // A crash: events, timers and posted tasks are destroyed unrun.
  void drop_all();

  base::Random& random() { return random_; }
  uint64_t turns() const { return turns_; }
  // Mixes `value` into the trace.
  void trace(uint64_t value);
  uint64_t trace_hash() const { return trace_; }

 private:
  struct Event {
    uint64_t due_ns;
    uint64_t label;
    Task run;
  };

  void advance(uint64_t wait_ns_max);
  std::vector<Event> take_due();
  void run_timers();
  void run_posted();

  base::Random random_;
  base::SimClock* const clock_;
  std::vector<Event> events_;
  std::vector<Task> posted_;
  TimerHeap timers_;
  uint64_t turn_ns_ = 0;
  uint64_t turns_ = 0;
  uint64_t trace_ = 0;
};

}  // namespace iouring

#endif  // BASALT_IOURING_SIM_LOOP_H_
