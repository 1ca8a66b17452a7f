// Work: which keys are asked for next, and what has come of it so far.

#ifndef BASALT_BENCH_LOAD_WORK_H_
#define BASALT_BENCH_LOAD_WORK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "bench/latency_histogram.h"
#include "bench/load_data.h"
#include "bench/load_options.h"

namespace bench {

struct Outcome {
  uint64_t requests = 0;
  uint64_t found = 0;
  uint64_t missing = 0;
  uint64_t wrong_values = 0;
  uint64_t errors = 0;
  std::string first_error;
  LatencyHistogram latency;

  void error(std::string_view text) {
    if (errors++ == 0) first_error = text;
  }
};

// Shared by all connections of one run; single-threaded.
class Work {
 public:
  // `options` and `clock` outlive it.
  Work(const LoadOptions* options, const base::Clock* clock)
      : options_(options),
        clock_(clock),
        random_(options->seed),
        next_key_(options->first_key),
        end_ns_(clock->monotonic_ns() + static_cast<uint64_t>(options->seconds * 1e9)) {}

  // False when no request is left to begin.
  bool may_begin() {
    if (finished_) return false;
    if (options_->each_key_once) {
      finished_ = !seek();
    } else if (options_->requests > 0) {
      finished_ = begun_ >= options_->requests;
    } else {
      // A clock read per 64 requests.
      finished_ = begun_ % 64 == 0 && clock_->monotonic_ns() >= end_ns_;
    }
    if (!finished_) ++begun_;
    return !finished_;
  }

  // A key of the request just begun. False when each key was to come once and none is left.
  bool next_key(uint64_t* key) {
    if (options_->each_key_once) {
      if (!seek()) return false;
      *key = next_key_++;
      return true;
    }
    do {
      *key = options_->first_key + random_.below(options_->keys);
    } while (!in_subset(*key, options_->subset_from, options_->subset_to));
    return true;
  }

  bool draws_set() {
    return options_->set_percent > 0 && random_.below(100) < options_->set_percent;
  }

  Outcome outcome;

 private:
  // Moves next_key_ to the next key of the subset; false at the end.
  bool seek() {
    uint64_t end = options_->first_key + options_->keys;
    while (next_key_ < end && !in_subset(next_key_, options_->subset_from, options_->subset_to)) {
      ++next_key_;
    }
    return next_key_ < end;
  }

  const LoadOptions* const options_;
  const base::Clock* const clock_;
  base::Random random_;
  uint64_t next_key_;
  uint64_t end_ns_;
  uint64_t begun_ = 0;
  bool finished_ = false;
};

}  // namespace bench

#endif  // BASALT_BENCH_LOAD_WORK_H_
