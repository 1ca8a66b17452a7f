// Loop: the turns of the one thread that owns the ring, the keyspace and every command.
//
// The owner calls turn() again and again and does its own work between two turns:
//
//   while (running) {
//     loop.turn(wait_ns);      // submit, wait, reap, run callbacks
//     execute_gathered();      // the commands whose bytes have arrived
//     net.recycle();           // the received bytes are no longer needed
//   }
//
// Rules of every callback of Loop, Disk, Net and Helpers:
// 1. It runs inside turn(), on the loop's thread, and never inside the call that submitted it.
// 2. It runs exactly once unless its comment says otherwise.
// 3. It may submit anything, but neither call turn() nor block.
// All functions are for the loop's thread alone unless they say otherwise.

#ifndef BASALT_IOURING_LOOP_H_
#define BASALT_IOURING_LOOP_H_

#include <cstdint>

#include "base/clock.h"
#include "base/function.h"

namespace iouring {

using Task = base::InlineFunction<void()>;

// Names one timer, never reused. A default TimerId names none.
struct TimerId {
  uint64_t value = 0;
  explicit operator bool() const { return value != 0; }
};

inline constexpr uint64_t kWaitForever = UINT64_MAX;

class Loop {
 public:
  virtual ~Loop() = default;

  // One turn: submits what was prepared; waits for a completion, a timer or a wake-up, at most
  // `wait_ns_max` (0 polls) and not at all while tasks are posted; reaps all completions; then
  // runs, in this order, their callbacks, due timers, and the tasks that were posted before the
  // turn's tasks began.
  virtual void turn(uint64_t wait_ns_max) = 0;

  // Runs `task` in the next turn, or in this one when called from a completion's callback or a
  // timer; in the order of posting.
  virtual void post(Task task) = 0;

  // Runs `task` once in the first turn at or after `deadline_ns` of clock().monotonic_ns(). Timers
  // of one turn run in the order of their deadlines. A deadline in the past is due at once.
  virtual TimerId add_timer(uint64_t deadline_ns, Task task) = 0;
  // Destroys the task unrun. False, and no effect, if it has run or is running.
  virtual bool cancel_timer(TimerId id) = 0;

  virtual const base::Clock& clock() const = 0;
  // clock().monotonic_ns() as it was when the turn's callbacks began.
  virtual uint64_t turn_ns() const = 0;
};

}  // namespace iouring

#endif  // BASALT_IOURING_LOOP_H_
