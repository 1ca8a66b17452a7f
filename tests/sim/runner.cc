#include "tests/sim/runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "base/check.h"
#include "tests/sim/planted.h"
#include "tests/sim/simulation.h"

namespace sim {

bool run_seed(uint64_t seed, uint64_t operations, bool verbose, Report* report) {
  // Not destroyed after a failure: nothing in it is as its destructor wants it.
  auto simulation = std::make_unique<Simulation>(
      SimulationOptions{.seed = seed, .operations = operations, .verbose = verbose});
  try {
    simulation->run();
    report->trace_hash = simulation->trace_hash();
    report->coverage = simulation->coverage();
    return true;
  } catch (const Failure& failure) {
    fmt::print(stderr, "seed {}: {}\n", seed, failure.text);
    static_cast<void>(simulation.release());
    return false;
  }
}

void Runner::be_child(uint64_t seed, int pipe) const {
  if (!options_.prints_failures) {
    const int nowhere = open("/dev/null", O_WRONLY);
    CHECK_GE(dup2(nowhere, STDERR_FILENO), 0);
  }
  plant(options_.bug);
  Report report;
  const bool good = run_seed(seed, options_.operations, false, &report);
  if (good) CHECK(write(pipe, &report, sizeof report) == static_cast<ssize_t>(sizeof report));
  _exit(good ? 0 : 1);
}

void Runner::start(uint64_t seed) {
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  std::fflush(stdout);
  const pid_t pid = fork();
  CHECK_GE(pid, 0);
  if (pid == 0) {
    close(ends[0]);
    be_child(seed, ends[1]);
  }
  close(ends[1]);
  children_[pid] = {seed, ends[0]};
}

void Runner::wait_for_one() {
  int status = 0;
  const pid_t pid = wait(&status);
  CHECK_GT(pid, 0);
  const Child child = children_.at(pid);
  children_.erase(pid);
  Report report;
  const bool complete =
      read(child.pipe, &report, sizeof report) == static_cast<ssize_t>(sizeof report);
  close(child.pipe);
  if (status == 0 && complete) {
    coverage_.add(report.coverage);
    traces_[child.seed] = report.trace_hash;
    ++passed_;
    return;
  }
  if (failed_++ == 0) failed_seed_ = child.seed;
  if (options_.prints_failures)
    fmt::print("FAILED: seed {}. To see it: engine_sim --seed {} --operations {}\n", child.seed,
               child.seed, options_.operations);
}

void Runner::run() {
  for (uint64_t i = 0; i < options_.seeds && failed_ < options_.failures_max; ++i) {
    while (children_.size() >= options_.jobs) wait_for_one();
    start(options_.first + i);
  }
  while (!children_.empty()) wait_for_one();
}

bool Runner::runs_again_the_same(uint64_t seed) {
  const uint64_t before = traces_.at(seed);
  start(seed);
  wait_for_one();
  return traces_.at(seed) == before;
}

}  // namespace sim
