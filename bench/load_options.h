// What the load generator is asked to do, from its command line.

#ifndef BASALT_BENCH_LOAD_OPTIONS_H_
#define BASALT_BENCH_LOAD_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bench {

enum class Operation { kGet, kSet, kMset, kMget, kDel, kExpire };

// What a GET may find.
enum class Absent {
  kFails,     // Every key exists; a missing one is an error.
  kAllowed,   // Missing ones are counted.
  kExpected,  // No key exists; a value is an error.
};

struct LoadOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  uint32_t clients = 50;
  uint32_t pipeline = 1;
  Operation operation = Operation::kGet;
  // Of 100 requests, this many are SETs instead of `operation`.
  uint32_t set_percent = 0;
  // Keys per MSET and MGET.
  uint32_t keys_per_request = 10;

  // Keys are numbered first_key .. first_key + keys - 1; those outside the subset are left out.
  uint64_t first_key = 0;
  uint64_t keys = 1'000'000;
  uint32_t key_bytes = 16;
  // Percentiles of a hash of the key's number: the same keys for every run that names them.
  uint32_t subset_from = 0;
  uint32_t subset_to = 100;

  uint32_t value_bytes = 64;
  // Written into values of 16 bytes and more, and part of what all values derive from.
  uint32_t tag = 1;
  uint64_t time_to_live_ms = 0;  // Of SET (0: none) and of PEXPIRE.

  // Each key once, in order; otherwise keys are drawn uniformly for `requests` or `seconds`.
  bool each_key_once = false;
  uint64_t requests = 0;
  double seconds = 0;
  Absent absent = Absent::kFails;
  uint64_t seed = 1;
};

// Names are the fields' in words: "--value-bytes 64 --operation mset --each-key-once".
// Fails with kInvalid, and a line about it on stderr.
base::Result<LoadOptions> parse_load_options(const std::vector<std::string>& arguments);

}  // namespace bench

#endif  // BASALT_BENCH_LOAD_OPTIONS_H_
