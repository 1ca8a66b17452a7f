#include "engine/startup.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "engine/snapshots.h"
#include "engine/version.h"

namespace engine {

namespace {

// Descriptors beside those of clients: files, the ring, RocksDB's tables.
constexpr uint64_t kOwnFiles = 512;

}  // namespace

void apply_log_level(const Options& options, base::Logger* log) {
  log->set_level(static_cast<base::LogLevel>(options.loglevel));
}

void print_greeting(const Options& options, const std::string& config_file, base::Logger* log) {
  log->warning("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
  log->warning("Redis version={}, bits=64, basalt={}, pid={}, just started", kRedisVersion,
               kBasaltVersion, getpid());
  if (config_file.empty()) {
    log->warning(
        "Warning: no config file specified, using the default config. In order to specify "
        "a config file use basalt-server /path/to/basalt.conf");
  } else {
    log->warning("Configuration loaded");
  }
  log->notice("Running mode=standalone, port={}.", options.port);
  if (options.always_show_logo)
    log->notice("Basalt {} (Redis {}), Port: {}, PID: {}", kBasaltVersion, kRedisVersion,
                options.port, getpid());
}

uint64_t raise_file_limit(Config* config, base::Logger* log) {
  Options& options = config->mutable_options();
  const uint64_t wanted = static_cast<uint64_t>(options.maxclients) + kOwnFiles;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return wanted;
  rlimit raised = limit;
  raised.rlim_cur = wanted;
  raised.rlim_max = std::max<rlim_t>(limit.rlim_max, wanted);
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
  raised = limit;
  raised.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &raised);
  if (raised.rlim_cur >= wanted) return wanted;
  const uint64_t clients = raised.rlim_cur > kOwnFiles + 1 ? raised.rlim_cur - kOwnFiles : 1;
  log->warning(
      "You requested maxclients of {} requiring at least {} max file descriptors, and the "
      "limit is {}. maxclients is now {}. Raise the limit with 'ulimit -n' or LimitNOFILE.",
      options.maxclients, wanted, static_cast<uint64_t>(raised.rlim_cur), clients);
  options.maxclients = static_cast<int64_t>(clients);
  return raised.rlim_cur;
}

std::string ring_failure_text(const base::Error& error) {
  return fmt::format(
      "Can't set up io_uring: {}. Basalt needs Linux 6.1 or newer with io_uring allowed: check "
      "'sysctl kernel.io_uring_disabled' (0 allows it), and in a container run with the seccomp "
      "profile docs/seccomp-io-uring.json.",
      error.to_string());
}

void configure_schedule(const Options& options, iouring::IoSchedule* disk) {
  using iouring::IoClass;
  const auto operations = [](int64_t depth) { return static_cast<uint32_t>(depth); };
  constexpr uint64_t kAnyBytes = UINT64_MAX;
  disk->set_limit(IoClass::kAof, {16, kAnyBytes});
  disk->set_limit(IoClass::kColdRead, {operations(options.tier_read_depth), kAnyBytes});
  disk->set_limit(IoClass::kDemotion, {operations(options.tier_write_depth), kAnyBytes});
  disk->set_limit(IoClass::kCompaction, {4, 4 * base::kIoBytesMax});
  disk->set_limit(IoClass::kSnapshot, {operations(options.snapshot_io_depth),
                                       static_cast<uint64_t>(options.snapshot_buffer)});
}

void Shutdown::on_signal(int signal_number) {
  // As Redis: whoever insists gets out at once, without saving.
  if (signal_number == SIGINT && ++interrupts_ > 1) _exit(1);
  signal_ = signal_number;
}

int run_server(Engine* engine, Server* server, Shutdown* shutdown) {
  engine->log().notice("Ready to accept connections");
  while (!shutdown->requested()) server->turn();
  return 0;
}

void warn_about_machine(const Environment&, base::Logger*) {}

}  // namespace engine
