// engine_sim: runs seeds of the simulation and ends with a table of what occurred.
//
//   engine_sim [--seeds N] [--first SEED] [--operations N] [--jobs N]
//   engine_sim --seed SEED [--operations N]     one seed, with the engine's log
//   engine_sim --prove                          plants one bug after the other and looks for it
//
// Fails when a seed fails, when a row of the table is 0, when a seed run twice leaves two traces,
// or when a planted bug is not found.

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <map>
#include <string_view>

#include "base/memory.h"
#include "tests/sim/planted.h"
#include "tests/sim/runner.h"

namespace {

// Seeds within which a planted bug must be found.
constexpr uint64_t kSeedsToFind = 200;

void print_table(const sim::Coverage& coverage) {
  fmt::print("{:<40} {:>14}\n", "what occurred", "times");
  for (size_t i = 0; i < sim::kSeenCount; ++i)
    fmt::print("{:<40} {:>14}{}\n", sim::kSeenNames[i], coverage.counts[i],
               coverage.counts[i] == 0 ? "  <- never" : "");
}

bool is_complete(const sim::Coverage& coverage) {
  for (const uint64_t count : coverage.counts)
    if (count == 0) return false;
  return true;
}

int run_seeds(const sim::RunnerOptions& options) {
  sim::Runner runner(options);
  runner.run();
  bool good = runner.failed() == 0;
  if (good && !runner.runs_again_the_same(options.first)) {
    fmt::print("seed {} left two traces\n", options.first);
    good = false;
  }
  print_table(runner.coverage());
  fmt::print("{} runs passed, {} failed\n", runner.passed(), runner.failed());
  return good && is_complete(runner.coverage()) ? 0 : 1;
}

int run_one(uint64_t seed, uint64_t operations) {
  sim::Report report;
  if (!sim::run_seed(seed, operations, true, &report)) return 1;
  print_table(report.coverage);
  fmt::print("seed {} passed, trace {:016x}\n", seed, report.trace_hash);
  return 0;
}

int prove(sim::RunnerOptions options) {
  options.seeds = kSeedsToFind;
  options.failures_max = 1;
  options.prints_failures = false;
  int missed = 0;
  for (const auto& [bug, name] : sim::kPlantedBugs) {
    options.bug = bug;
    sim::Runner runner(options);
    runner.run();
    if (runner.failed() != 0) {
      fmt::print("{:<40} found by seed {}\n", name, runner.failed_seed());
    } else {
      fmt::print("{:<40} NOT FOUND in {} seeds\n", name, options.seeds);
      ++missed;
    }
  }
  return missed == 0 ? 0 : 1;
}

bool parse(int argc, char** argv, const std::map<std::string_view, uint64_t*>& numbers,
           bool* proves) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--prove") {
      *proves = true;
      continue;
    }
    const auto number = numbers.find(argv[i]);
    if (number == numbers.end() || ++i == argc) return false;
    const char* const end = argv[i] + std::strlen(argv[i]);
    if (std::from_chars(argv[i], end, *number->second).ptr != end) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  base::configure_allocator();
  sim::RunnerOptions options;
  uint64_t seed = 0;
  bool proves = false;
  const bool parsed = parse(argc, argv,
                            {{"--seeds", &options.seeds},
                             {"--first", &options.first},
                             {"--operations", &options.operations},
                             {"--jobs", &options.jobs},
                             {"--seed", &seed}},
                            &proves);
  if (!parsed || options.seeds == 0 || options.jobs == 0) {
    fmt::print(stderr,
               "usage: engine_sim [--seeds N] [--first SEED] [--operations N] [--jobs N]\n"
               "       engine_sim --seed SEED [--operations N]\n"
               "       engine_sim --prove\n");
    return 2;
  }
  if (proves) return prove(options);
  if (seed != 0) return run_one(seed, options.operations);
  return run_seeds(options);
}
