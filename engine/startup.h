// Starting and stopping a server: what is printed, checked and adjusted around the loop.

#ifndef BASALT_ENGINE_STARTUP_H_
#define BASALT_ENGINE_STARTUP_H_

#include <cstdint>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "engine/config.h"
#include "engine/engine.h"
#include "engine/server.h"

namespace engine {

// Descriptors beside those of clients: files, the ring, RocksDB's tables.
inline constexpr uint64_t kOwnFiles = 512;

void apply_log_level(const Options& options, base::Logger* log);
// The first lines of the log, with Redis's texts and the pid that tools look for.
void print_greeting(const Options& options, const std::string& config_file, base::Logger* log);
// Raises the limit of open files for maxclients, or lowers maxclients to it. Returns the
// descriptors that may be open.
uint64_t raise_file_limit(Config* config, base::Logger* log);
// Why there is no ring, and what to do about it.
std::string ring_failure_text(const base::Error& error);

// What was asked of the server by signals and by SHUTDOWN.
class Shutdown {
 public:
  // The second SIGINT leaves at once.
  void on_signal(int signal_number);
  bool requested() const { return signal_ != 0; }
  int signal_number() const { return signal_; }
  void acknowledge() { signal_ = 0; }

 private:
  int signal_ = 0;
  int interrupts_ = 0;
};

// Loads the data set, serves until a shutdown, saves as the options say. Returns the exit code.
int run_server(Engine* engine, Server* server, Shutdown* shutdown);
// Closes the server and the tier and waits, up to a limit, for what is in flight: both may then be
// destroyed. run_server() ends with it; for a start that fails after the engine was opened.
void drain(Engine* engine, Server* server, int exit_code);

}  // namespace engine

#endif  // BASALT_ENGINE_STARTUP_H_
