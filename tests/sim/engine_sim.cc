// engine_sim: runs seeds of the simulation, each in a process of its own, and ends with a table of
// what occurred.
//
//   engine_sim [--seeds N] [--first SEED] [--operations N] [--jobs N] [--seed SEED]
//
// --seed runs one seed with the engine's log. Fails when a seed fails, when a row of the table
// is 0, or when a seed run twice leaves two traces.

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/memory.h"
#include "tests/sim/simulation.h"

namespace {

struct Settings {
  uint64_t seeds = 200;
  uint64_t first = 1;
  uint64_t operations = 2000;
  uint64_t jobs = 2;
  uint64_t only = 0;
};

// What a child reports through its pipe.
struct Report {
  uint64_t trace_hash = 0;
  sim::Coverage coverage;
};

bool run_seed(uint64_t seed, uint64_t operations, bool verbose, Report* report) {
  // Not destroyed after a failure: nothing in it is as its destructor wants it.
  auto simulation = std::make_unique<sim::Simulation>(
      sim::SimulationOptions{.seed = seed, .operations = operations, .verbose = verbose});
  try {
    simulation->run();
    report->trace_hash = simulation->trace_hash();
    report->coverage = simulation->coverage();
    return true;
  } catch (const sim::Failure& failure) {
    std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed),
                 failure.text.c_str());
    static_cast<void>(simulation.release());
    return false;
  }
}

struct Child {
  uint64_t seed;
  int pipe;
};

class Runner {
 public:
  explicit Runner(const Settings& settings) : settings_(settings) {}

  int run() {
    for (uint64_t i = 0; i < settings_.seeds; ++i) {
      while (children_.size() >= settings_.jobs) wait_for_one();
      start(settings_.first + i);
      if (failed_ >= kFailuresMax) break;
    }
    // The first seed once more: its trace must be the same.
    if (failed_ == 0) {
      while (!children_.empty()) wait_for_one();
      expected_trace_ = traces_.at(settings_.first);
      start(settings_.first);
    }
    while (!children_.empty()) wait_for_one();
    if (failed_ == 0 && traces_.at(settings_.first) != expected_trace_) {
      std::printf("seed %llu left two traces\n", static_cast<unsigned long long>(settings_.first));
      ++failed_;
    }
    print();
    return failed_ == 0 && empty_rows_ == 0 ? 0 : 1;
  }

 private:
  static constexpr uint64_t kFailuresMax = 10;

  void start(uint64_t seed) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t pid = fork();
    if (pid < 0) std::abort();
    if (pid == 0) {
      close(ends[0]);
      Report report;
      const bool good = run_seed(seed, settings_.operations, false, &report);
      if (good && write(ends[1], &report, sizeof report) != sizeof report) _exit(2);
      _exit(good ? 0 : 1);
    }
    close(ends[1]);
    children_[pid] = {seed, ends[0]};
  }

  void wait_for_one() {
    int status = 0;
    const pid_t pid = wait(&status);
    if (pid < 0) std::abort();
    const Child child = children_.at(pid);
    children_.erase(pid);
    Report report;
    const bool complete = read(child.pipe, &report, sizeof report) == sizeof report;
    close(child.pipe);
    if (status == 0 && complete) {
      coverage_.add(report.coverage);
      traces_[child.seed] = report.trace_hash;
      ++passed_;
      return;
    }
    ++failed_;
    std::printf(
        "FAILED: seed %llu (status %d). To see it: engine_sim --seed %llu --operations %llu\n",
        static_cast<unsigned long long>(child.seed), status,
        static_cast<unsigned long long>(child.seed),
        static_cast<unsigned long long>(settings_.operations));
    std::fflush(stdout);
  }

  void print() {
    std::printf("%-40s %14s\n", "what occurred", "times");
    for (size_t i = 0; i < sim::kSeenCount; ++i) {
      const bool empty = coverage_.counts[i] == 0;
      empty_rows_ += empty ? 1 : 0;
      std::printf("%-40s %14llu%s\n", sim::kSeenNames[i],
                  static_cast<unsigned long long>(coverage_.counts[i]), empty ? "  <- never" : "");
    }
    std::printf("%llu runs passed, %llu failed\n", static_cast<unsigned long long>(passed_),
                static_cast<unsigned long long>(failed_));
  }

  const Settings settings_;
  std::map<pid_t, Child> children_;
  std::map<uint64_t, uint64_t> traces_;
  sim::Coverage coverage_;
  uint64_t passed_ = 0;
  uint64_t failed_ = 0;
  uint64_t empty_rows_ = 0;
  uint64_t expected_trace_ = 0;
};

bool parse(int argc, char** argv, Settings* settings) {
  const std::map<std::string_view, uint64_t*> options = {{"--seeds", &settings->seeds},
                                                         {"--first", &settings->first},
                                                         {"--operations", &settings->operations},
                                                         {"--jobs", &settings->jobs},
                                                         {"--seed", &settings->only}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(argv[i]);
    if (option == options.end() || i + 1 == argc) return false;
    const char* const end = argv[i + 1] + std::strlen(argv[i + 1]);
    if (std::from_chars(argv[i + 1], end, *option->second).ptr != end) return false;
  }
  return settings->seeds > 0 && settings->jobs > 0;
}

}  // namespace

int main(int argc, char** argv) {
  base::configure_allocator();
  Settings settings;
  if (!parse(argc, argv, &settings)) {
    std::fprintf(stderr,
                 "usage: engine_sim [--seeds N] [--first SEED] [--operations N] [--jobs N] "
                 "[--seed SEED]\n");
    return 2;
  }
  if (settings.only == 0) return Runner(settings).run();
  Report report;
  if (!run_seed(settings.only, settings.operations, true, &report)) return 1;
  std::printf("seed %llu passed, trace %016llx\n", static_cast<unsigned long long>(settings.only),
              static_cast<unsigned long long>(report.trace_hash));
  return 0;
}
