// Runner: runs seeds in processes of their own, several at a time, and adds up what they report.
//
// A process for each seed: a failed CHECK ends that seed only, what a crash leaves behind goes with
// it, and every seed starts from the same memory counters, alone or among others.

#ifndef BASALT_TESTS_SIM_RUNNER_H_
#define BASALT_TESTS_SIM_RUNNER_H_

#include <sys/types.h>

#include <cstdint>
#include <map>

#include "base/planted_bug.h"
#include "tests/sim/coverage.h"

namespace sim {

struct RunnerOptions {
  uint64_t first = 1;
  uint64_t seeds = 200;
  uint64_t operations = 2000;
  uint64_t jobs = 2;
  base::PlantedBug bug = base::PlantedBug::kNone;
  // Failures after which no further seed is started.
  uint64_t failures_max = 10;
  // Says which seeds failed and why.
  bool prints_failures = true;
};

struct Report {
  uint64_t trace_hash = 0;
  Coverage coverage;
};

// One seed in this process. False: it failed, and why was said on stderr.
bool run_seed(uint64_t seed, uint64_t operations, bool verbose, Report* report);

class Runner {
 public:
  explicit Runner(const RunnerOptions& options) : options_(options) {}

  // All seeds, or as many as failures_max lets run.
  void run();
  // One more run of a seed; false when it leaves another trace than before.
  bool runs_again_the_same(uint64_t seed);

  const Coverage& coverage() const { return coverage_; }
  uint64_t passed() const { return passed_; }
  uint64_t failed() const { return failed_; }
  uint64_t failed_seed() const { return failed_seed_; }  // The first to end; 0: none.

 private:
  struct Child {
    uint64_t seed;
    int pipe;
  };

  void start(uint64_t seed);
  void wait_for_one();
  [[noreturn]] void be_child(uint64_t seed, int pipe) const;

  const RunnerOptions options_;
  std::map<pid_t, Child> children_;
  std::map<uint64_t, uint64_t> traces_;  // By seed.
  Coverage coverage_;
  uint64_t passed_ = 0;
  uint64_t failed_ = 0;
  uint64_t failed_seed_ = 0;
};

}  // namespace sim

#endif  // BASALT_TESTS_SIM_RUNNER_H_
