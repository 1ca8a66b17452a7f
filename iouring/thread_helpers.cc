#include "iouring/thread_helpers.h"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace iouring {

namespace {

// At most 15 characters: what top and perf show.
constexpr const char* kThreadNames[kHelperClasses] = {"index-write", "index-read", "stream", "free",
                                                      "file"};

}  // namespace

void ThreadHelpers::JobList::push(Job* job) {
  job->next = nullptr;
  (last == nullptr ? first : last->next) = job;
  last = job;
}

ThreadHelpers::Job* ThreadHelpers::JobList::pop() {
  Job* const job = first;
  if (job == nullptr) return nullptr;
  first = job->next;
  if (first == nullptr) last = nullptr;
  return job;
}

ThreadHelpers::ThreadHelpers(UringLoop* loop, const ThreadHelpersOptions& options) : loop_(loop) {
  loop_->on_wake([this] { run_finished(); });
  // Threads inherit the mask: no signal may end up in one of them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (size_t i = 0; i < kHelperClasses; ++i) {
    const auto helper_class = static_cast<HelperClass>(i);
    const uint32_t count = helper_class == HelperClass::kIndexRead ? options.index_read_threads : 1;
    for (uint32_t n = 0; n < count; ++n)
      queues_[i].threads.emplace_back(
          [this, i, helper_class] { serve(&queues_[i], helper_class); });
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ThreadHelpers::~ThreadHelpers() {
  for (Queue& queue : queues_) {
    const std::lock_guard lock(queue.mutex);
    queue.stop = true;
    queue.not_empty.notify_all();
  }
  for (Queue& queue : queues_)
    for (std::thread& thread : queue.threads) thread.join();
}

void ThreadHelpers::run(HelperClass helper_class, Work work, Work done) {
  if (free_ == nullptr) free_ = jobs_.emplace_back(std::make_unique<Job>()).get();
  Job* const job = free_;
  free_ = job->next;
  job->work = std::move(work);
  job->done = std::move(done);
  job->helper_class = helper_class;
  ++in_flight_[static_cast<size_t>(helper_class)];
  Queue& queue = queues_[static_cast<size_t>(helper_class)];
  {
    const std::lock_guard lock(queue.mutex);
    queue.jobs.push(job);
  }
  queue.not_empty.notify_one();
}

void ThreadHelpers::serve(Queue* queue, HelperClass helper_class) {
  pthread_setname_np(pthread_self(), kThreadNames[static_cast<size_t>(helper_class)]);
  for (;;) {
    Job* job;
    {
      std::unique_lock lock(queue->mutex);
      queue->not_empty.wait(lock, [queue] { return queue->stop || queue->jobs.first != nullptr; });
      if (queue->stop) return;
      job = queue->jobs.pop();
    }
    job->work();
    // What the work holds may be large: it is destroyed here, not on the loop.
    job->work.reset();
    report(job);
  }
}

void ThreadHelpers::report(Job* job) {
  bool was_empty;
  {
    const std::lock_guard lock(finished_mutex_);
    was_empty = finished_.first == nullptr;
    finished_.push(job);
  }
  if (was_empty) loop_->wake();
}

void ThreadHelpers::run_finished() {
  JobList finished;
  {
    const std::lock_guard lock(finished_mutex_);
    std::swap(finished, finished_);
  }
  while (Job* const job = finished.pop()) {
    --in_flight_[static_cast<size_t>(job->helper_class)];
    Work done = std::move(job->done);
    job->next = free_;
    free_ = job;
    done();
  }
}

}  // namespace iouring
