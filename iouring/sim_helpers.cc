#include "iouring/sim_helpers.h"

#include <utility>

namespace iouring {

namespace {

constexpr uint64_t kTraceWork = 0x100;
constexpr uint64_t kTraceReport = 0x200;

}  // namespace

void SimHelpers::run(HelperClass helper_class, Work work, Work done) {
  Queue& queue = queues_[static_cast<size_t>(helper_class)];
  queue.waiting.push_back({std::move(work), std::move(done)});
  loop_->schedule(queue.delay, kTraceWork + static_cast<uint64_t>(helper_class),
                  [this, helper_class] { work_one(helper_class); });
}

size_t SimHelpers::in_flight(HelperClass helper_class) const {
  const Queue& queue = queues_[static_cast<size_t>(helper_class)];
  return queue.waiting.size() + queue.finished.size();
}

void SimHelpers::set_delay(HelperClass helper_class, SimDelay delay) {
  queues_[static_cast<size_t>(helper_class)].delay = delay;
}

void SimHelpers::drop_all() {
  for (Queue& queue : queues_) {
    queue.waiting.clear();
    queue.finished.clear();
  }
}

// There is one event per job, but it takes the first job, not "its own": that keeps the order
// whichever event comes first. After drop_all() events may outnumber the jobs.
void SimHelpers::work_one(HelperClass helper_class) {
  Queue& queue = queues_[static_cast<size_t>(helper_class)];
  if (queue.waiting.empty()) return;
  if (helper_class == HelperClass::kIndexRead) {
    std::swap(queue.waiting.front(), queue.waiting[loop_->random().below(queue.waiting.size())]);
  }
  Job job = std::move(queue.waiting.front());
  queue.waiting.pop_front();
  job.work();
  job.work.reset();
  queue.finished.push_back(std::move(job));
  loop_->schedule(queue.delay, kTraceReport + static_cast<uint64_t>(helper_class),
                  [this, helper_class] { report_one(helper_class); });
}

void SimHelpers::report_one(HelperClass helper_class) {
  Queue& queue = queues_[static_cast<size_t>(helper_class)];
  if (queue.finished.empty()) return;
  Job job = std::move(queue.finished.front());
  queue.finished.pop_front();
  job.done();
}

}  // namespace iouring
