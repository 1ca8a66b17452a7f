// ThreadHelpers: the Helpers made of real threads, which report back through a UringLoop.

#ifndef BASALT_IOURING_THREAD_HELPERS_H_
#define BASALT_IOURING_THREAD_HELPERS_H_

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "iouring/helpers.h"
#include "iouring/uring_loop.h"

namespace iouring {

struct ThreadHelpersOptions {
  uint32_t index_read_threads = 6;
};

class ThreadHelpers final : public Helpers {
 public:
  // `loop` outlives the helpers, which take its on_wake(). The threads block all signals.
  ThreadHelpers(UringLoop* loop, const ThreadHelpersOptions& options);
  ~ThreadHelpers() override;

  void run(HelperClass helper_class, Work work, Work done) override;
  bool has_room(HelperClass helper_class) const override {
    return in_flight(helper_class) < kHelperQueueMax;
  }
  size_t in_flight(HelperClass helper_class) const override {
    return in_flight_[static_cast<size_t>(helper_class)];
  }

 private:
  struct Job {
    Work work;
    Work done;
    HelperClass helper_class = HelperClass::kFile;
    Job* next = nullptr;
  };
  // First in, first out, linked through Job::next.
  struct JobList {
    Job* first = nullptr;
    Job* last = nullptr;
    void push(Job* job);
    Job* pop();
  };
  struct Queue {
    std::mutex mutex;
    std::condition_variable not_empty;
    JobList jobs;       // Under mutex.
    bool stop = false;  // Under mutex.
    std::vector<std::thread> threads;
  };

  void serve(Queue* queue, HelperClass helper_class);
  void report(Job* job);
  void run_finished();

  UringLoop* const loop_;
  std::array<Queue, kHelperClasses> queues_;
  std::mutex finished_mutex_;
  JobList finished_;  // Under finished_mutex_.

  // The loop's own.
  std::array<size_t, kHelperClasses> in_flight_{};
  std::vector<std::unique_ptr<Job>> jobs_;
  Job* free_ = nullptr;
};

}  // namespace iouring

#endif  // BASALT_IOURING_THREAD_HELPERS_H_
