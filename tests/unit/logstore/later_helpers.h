// Helpers for tests: works and their `done`s run one at a time when step() says so, in a random
// order that keeps what iouring::Helpers promises. A work and its done are two steps, so that
// anything may happen between what a helper saw and what the loop is told.

#ifndef BASALT_TESTS_UNIT_LOGSTORE_LATER_HELPERS_H_
#define BASALT_TESTS_UNIT_LOGSTORE_LATER_HELPERS_H_

#include <deque>
#include <utility>
#include <vector>

#include "base/random.h"
#include "iouring/helpers.h"

class LaterHelpers final : public iouring::Helpers {
 public:
  explicit LaterHelpers(uint64_t seed) : random_(seed) {}

  void run(iouring::HelperClass helper_class, Work work, Work done) override {
    jobs_[static_cast<size_t>(helper_class)].push_back({std::move(work), std::move(done), false});
  }
  bool has_room(iouring::HelperClass helper_class) const override {
    return in_flight(helper_class) < iouring::kHelperQueueMax;
  }
  size_t in_flight(iouring::HelperClass helper_class) const override {
    return jobs_[static_cast<size_t>(helper_class)].size();
  }

  // Runs one work or one done; false when there is none.
  bool step() {
    std::vector<std::pair<size_t, size_t>> runnable;
    for (size_t c = 0; c < iouring::kHelperClasses; ++c) {
      const bool pool = c == static_cast<size_t>(iouring::HelperClass::kIndexRead);
      bool work_found = false;
      for (size_t i = 0; i < jobs_[c].size(); ++i) {
        const bool first = jobs_[c][i].worked ? i == 0 : !work_found;
        work_found = work_found || !jobs_[c][i].worked;
        if (pool || first) runnable.emplace_back(c, i);
      }
    }
    if (runnable.empty()) return false;
    const auto [c, i] = runnable[random_.below(runnable.size())];
    Job& job = jobs_[c][i];
    if (!job.worked) {
      job.worked = true;
      job.work();
      return true;
    }
    Work done = std::move(job.done);
    jobs_[c].erase(jobs_[c].begin() + static_cast<std::ptrdiff_t>(i));
    done();
    return true;
  }

 private:
  struct Job {
    Work work;
    Work done;
    bool worked;
  };
  base::Random random_;
  std::deque<Job> jobs_[iouring::kHelperClasses];
};

#endif  // BASALT_TESTS_UNIT_LOGSTORE_LATER_HELPERS_H_
