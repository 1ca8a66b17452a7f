// Workload: random commands over a few hundred keys, most of them on a few hot ones.

#ifndef BASALT_TESTS_SIM_WORKLOAD_H_
#define BASALT_TESTS_SIM_WORKLOAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/command_table.h"
#include "tests/sim/model.h"

namespace sim {

class Workload {
 public:
  // `random` and `commands` outlive it. Commands without a handler are not issued.
  Workload(base::Random* random, const engine::CommandIndex& commands, int databases);

  Words next(int64_t now_ms);
  std::string random_key();

 private:
  using Maker = Words (Workload::*)(int64_t now_ms);
  struct Choice {
    const char* name;
    uint32_t weight;
    Maker make;
  };
  static const std::vector<Choice>& choices();

  std::string random_value();
  std::string random_delay();
  std::string random_database();
  Words key_only(int64_t);
  Words several_keys(int64_t);
  Words no_words(int64_t);
  Words flush(int64_t);
  Words key_and_value(int64_t);
  Words set(int64_t);
  Words set_enormous(int64_t);
  Words mset(int64_t);
  Words append(int64_t);
  Words setrange(int64_t);
  Words getrange(int64_t);
  Words incr(int64_t);
  Words pexpire(int64_t);
  Words pexpireat(int64_t now_ms);
  Words two_keys(int64_t);
  Words copy(int64_t);
  Words move(int64_t);
  Words swapdb(int64_t);

  base::Random* const random_;
  const int databases_;
  std::vector<const Choice*> available_;
  uint64_t weight_ = 0;
  uint64_t values_made_ = 0;
  const char* name_ = nullptr;  // Of the command being made.
  const uint64_t keys_;
  const size_t scale_;  // Of the values' sizes.
};

}  // namespace sim

#endif  // BASALT_TESTS_SIM_WORKLOAD_H_
