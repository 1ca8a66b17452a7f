// What the engine asks of its process.

#ifndef BASALT_ENGINE_PROCESS_H_
#define BASALT_ENGINE_PROCESS_H_

#include <cstdint>
#include <string>

namespace engine {

// The resident set, from /proc/self/statm; 0 when it cannot be read.
uint64_t resident_bytes();
// The highest resident set since the start, or since it was reset through /proc/self/clear_refs.
uint64_t resident_peak_bytes();

// What does not change while the process runs.
struct ProcessFacts {
  std::string system;  // "Linux 6.1.0 x86_64".
  std::string executable;
  int process_id = 0;
  uint64_t memory_bytes = 0;  // Of the machine.
};
ProcessFacts process_facts();

struct CpuTimes {
  double user_s = 0;  // Of all threads.
  double system_s = 0;
  double thread_user_s = 0;  // Of the calling one.
  double thread_system_s = 0;
};
CpuTimes cpu_times();

// The allocator of this build, as INFO names it.
const char* allocator_name();

// Whether a process with this id lives that may be writing a snapshot: a server of this program or
// of Redis's family. Ids are used again, also by programs that have nothing to do with it.
bool is_server_process(int64_t pid);

}  // namespace engine

#endif  // BASALT_ENGINE_PROCESS_H_
