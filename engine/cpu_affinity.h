// The processors that threads run on, as server_cpulist and bio_cpulist name them.

#ifndef BASALT_ENGINE_CPU_AFFINITY_H_
#define BASALT_ENGINE_CPU_AFFINITY_H_

#include <sched.h>

#include <string>
#include <string_view>

#include "base/log.h"
#include "engine/options.h"

namespace engine {

// A list as of taskset(1): "0,2-5,8-14:2" is 0, 2 to 5, and every second from 8 to 14. False for
// anything else, an empty list and processors from CPU_SETSIZE on.
[[nodiscard]] bool parse_cpu_list(std::string_view list, cpu_set_t* processors);

// Where the threads of a server run. Threads inherit the processors of the one that starts them: so
// the start itself runs on those of the helpers, and the loop moves to its own when it begins. A
// list that cannot be followed is reported and changes nothing.
class ThreadPlacement {
 public:
  // Before the helper threads are made. `options` and `log` outlive it.
  ThreadPlacement(const Options& options, base::Logger* log);
  // When all of them run.
  void place_loop();

 private:
  void place(const char* option, const std::string& list);

  const Options& options_;
  base::Logger* const log_;
  cpu_set_t at_start_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_CPU_AFFINITY_H_
