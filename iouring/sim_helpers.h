// SimHelpers: Helpers whose work runs on the loop's thread, in a random later turn. Classes of one
// thread keep the order of run(); the pool does not.

#ifndef BASALT_IOURING_SIM_HELPERS_H_
#define BASALT_IOURING_SIM_HELPERS_H_

#include <array>
#include <deque>

#include "iouring/helpers.h"
#include "iouring/sim_loop.h"

namespace iouring {

class SimHelpers final : public Helpers {
 public:
  // `loop` outlives the helpers.
  explicit SimHelpers(SimLoop* loop) : loop_(loop) {}

  void run(HelperClass helper_class, Work work, Work done) override;
  bool has_room(HelperClass helper_class) const override {
    return in_flight(helper_class) < kHelperQueueMax;
  }
  size_t in_flight(HelperClass helper_class) const override;

  // How long work waits and takes, and its report back; [20, 2000] us at first.
  void set_delay(HelperClass helper_class, SimDelay delay);
  // A crash: nothing that was given to run() happens any more.
  void drop_all();

 private:
  struct Job {
    Work work;
    Work done;
  };
  struct Queue {
    std::deque<Job> waiting;
    std::deque<Job> finished;
    SimDelay delay{20, 2000};
  };

  void work_one(HelperClass helper_class);
  void report_one(HelperClass helper_class);

  SimLoop* const loop_;
  std::array<Queue, kHelperClasses> queues_;
};

}  // namespace iouring

#endif  // BASALT_IOURING_SIM_HELPERS_H_
