// What a server does with its process and its machine beside serving: the background, the pid file,
// the lock of its directory, and warnings about settings of the machine that will hurt.

#ifndef BASALT_ENGINE_MACHINE_H_
#define BASALT_ENGINE_MACHINE_H_

#include <string>

#include "base/log.h"
#include "base/result.h"
#include "engine/config_environment.h"
#include "engine/engine.h"
#include "iouring/net.h"

namespace engine {

// `daemonize yes`: leaves the terminal; only the child returns. REQUIRES: no other thread, no ring.
void go_to_background();

// Writes the process id to `pidfile` where one is configured (or where it went to the background),
// and removes it when destroyed.
class PidFile {
 public:
  PidFile(const Options& options, base::Logger* log);
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::string path_;  // Empty: none was written.
};

// One server for each port and directory. The text of the error is complete for the log.
base::Status lock_data_directory(const Environment& environment, std::string* message);

// One warning with its remedy for each thing about the machine that will hurt. The engine is open.
void warn_about_machine(Engine& engine, ConfigEnvironment* machine, bool arena_registered);

// How ready the kernel is to kill this process when memory runs out (oom-score-adj), as it was at
// the start and as the options want it.
class OomScore {
 public:
  // Takes the score over; a failure is logged.
  OomScore(const Options& options, base::Logger* log);
  // Empty, or why the kernel refused.
  std::string follow(const Options& options);

 private:
  int at_start_ = 0;
  bool is_changed_ = false;
};

// Has the options followed that the engine knows nothing of. All outlive the configuration's hooks.
void follow_options(Engine* engine, iouring::Net* net, OomScore* score);

}  // namespace engine

#endif  // BASALT_ENGINE_MACHINE_H_
