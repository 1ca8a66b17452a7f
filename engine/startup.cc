#include "engine/startup.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include "engine/aof.h"
#include "engine/loading.h"
#include "engine/process.h"
#include "engine/service_manager.h"
#include "engine/snapshots.h"
#include "engine/startup_aof.h"
#include "engine/version.h"

namespace engine {

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

void Shutdown::on_signal(int signal_number) {
  // As Redis: whoever insists gets out at once, without saving.
  if (signal_number == SIGINT && ++interrupts_ > 1) _exit(1);
  signal_ = signal_number;
}

namespace {

// What a shutdown waits for replies and reads in flight at most.
constexpr uint64_t kDrainNs = 2'000'000'000;

// The process that wrote this temporary file of a snapshot; 0 when it is none.
int64_t writer_of(std::string_view name) {
  constexpr std::string_view kPrefix = "temp-";
  constexpr std::string_view kSuffix = ".rdb";
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return 0;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(std::min(kSuffix.size(), name.size()));
  int64_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return error == std::errc() && end == name.data() + name.size() ? pid : 0;
}

// A killed snapshot leaves its temporary file. Servers may share a directory, so one that is being
// written by another stays.
void remove_leftovers(Engine* engine) {
  iouring::Disk& disk = *engine->environment().disk;
  const std::string& directory = engine->options().dir;
  const auto entries = disk.list_directory(directory);
  if (!entries.ok()) return;
  for (const iouring::DirectoryEntry& entry : *entries) {
    const int64_t pid = entry.is_directory ? 0 : writer_of(entry.name);
    if (pid <= 0 || is_server_process(pid)) continue;
    const base::Status removed = disk.remove_file(directory + "/" + entry.name);
    engine->log().notice("{}, left by a snapshot that was not finished: {}", entry.name,
                         removed.ok() ? "removed" : removed.error().to_string());
  }
}

// False when the data set could not be loaded; the reason is in the log.
bool load_snapshot(Engine* engine, Server* server, const Shutdown& shutdown) {
  const std::string path = engine->options().dir + "/" + engine->options().dbfilename;
  if (!engine->environment().disk->file_status(path).ok()) return true;
  Loading loading(engine, path);
  bool ended = false;
  std::string failure;
  engine->set_loading(&loading);
  engine->log().notice("Loading DB in memory from {}", path);
  loading.begin([&ended, &failure](const std::string& text) {
    failure = text;
    ended = true;
  });
  while (!ended && !shutdown.requested()) server->turn();
  if (!ended) {
    loading.cancel();
    while (!ended) server->turn();
  }
  engine->set_loading(nullptr);
  if (shutdown.requested()) return true;
  if (!failure.empty()) {
    engine->log().warning("{}", failure);
    return false;
  }
  const LoadStatistics& statistics = loading.statistics();
  engine->note_load(statistics);
  engine->log().notice(
      "Done loading RDB, keys loaded: {}, keys expired: {}. {} keys went to the cold tier",
      statistics.keys_loaded, statistics.keys_expired, statistics.keys_cold);
  engine->log().notice("DB loaded from disk: {:.3f} seconds",
                       static_cast<double>(engine->now_ms() - statistics.started_ms) / 1000.0);
  return true;
}

// Clients are told that the data set is being loaded while nothing loads it but the start goes on.
class Opening final : public LoadInProgress {
 public:
  explicit Opening(Engine* engine) : engine_(engine) { resume(); }
  ~Opening() { engine_->set_loading(nullptr); }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;
  // After another load.
  void resume() { engine_->set_loading(this); }

  // LoadInProgress.
  bool step() override { return false; }
  const LoadStatistics& statistics() const override { return engine_->last_load(); }

 private:
  Engine* const engine_;
};

// The append only file before the snapshot: it is the newer of the two. Until it is open nobody is
// served: what was acknowledged would not be in it.
bool load_data(Engine* engine, Server* server, const Shutdown& shutdown) {
  if (!engine->options().appendonly) return load_snapshot(engine, server, shutdown);
  Turn turn = [server, &shutdown] {
    server->turn();
    return !shutdown.requested();
  };
  Opening opening(engine);
  const AofFound found = load_append_only_files(engine, &turn);
  if (found == AofFound::kFailed) return false;
  if (found == AofFound::kStopped) return true;
  if (found == AofFound::kNone && engine->options().aof_missing_use_rdb) {
    if (!load_snapshot(engine, server, shutdown)) return false;
    if (engine->databases().keys() > 0)
      engine->log().warning(
          "There was no append only file: the data set is that of the snapshot, and a base of the "
          "append only file is made from it (aof-missing-use-rdb)");
  }
  opening.resume();
  return shutdown.requested() || open_append_only_file(engine, found, &turn);
}

// Has everything that was appended synced.
void sync_append_only_file(Engine* engine, Server* server) {
  Aof& aof = engine->aof();
  if (aof.state() != Aof::State::kOn) return;
  engine->log().notice("Calling fsync() on the AOF file.");
  aof.sync_now();
  while (!aof.synced() && !aof.refuses_writes()) server->turn();
}

bool wants_save(const Engine& engine, const ShutdownRequest& request) {
  if (request.save == ShutdownRequest::Save::kAsConfigured) return !engine.options().save.empty();
  return request.save == ShutdownRequest::Save::kYes;
}

// Saves if that is wanted. False when the server must go on.
bool save_before_exit(Engine* engine, Server* server, const ShutdownRequest& request) {
  Snapshots& snapshots = engine->snapshots();
  if (snapshots.running()) {
    engine->log().warning("There is a background save in progress. Giving it up.");
    snapshots.cancel();
    while (snapshots.running()) server->turn();
  }
  sync_append_only_file(engine, server);
  if (!wants_save(*engine, request)) return true;
  engine->log().notice("Saving the final RDB snapshot before exiting.");
  bool saved = false;
  const base::Status begun =
      snapshots.begin_save([&saved](const base::Status& status) { saved = status.ok(); });
  while (begun.ok() && snapshots.running()) server->turn();
  if (saved) return true;
  engine->log().warning("Error trying to save the DB, {}.",
                        request.force ? "exiting anyway" : "can't exit");
  return request.force;
}

ShutdownRequest request_of_signal(const Options& options, int signal_number) {
  const uint8_t flags =
      signal_number == SIGINT ? options.shutdown_on_sigint : options.shutdown_on_sigterm;
  ShutdownRequest request;
  if ((flags & kShutdownSave) != 0) request.save = ShutdownRequest::Save::kYes;
  if ((flags & kShutdownNoSave) != 0) request.save = ShutdownRequest::Save::kNo;
  request.force = (flags & kShutdownForce) != 0;
  request.now = (flags & kShutdownNow) != 0;
  return request;
}

}  // namespace

void drain(Engine* engine, Server* server, int exit_code) {
  server->stop();
  if (engine->tier() != nullptr) engine->tier()->stop();
  const base::Clock& clock = *engine->environment().clock;
  const uint64_t deadline_ns = clock.monotonic_ns() + kDrainNs;
  const auto busy = [engine, server] {
    return !server->stopped() || !engine->aof().is_idle() ||
           (engine->tier() != nullptr && !engine->tier()->is_idle());
  };
  while (busy() && clock.monotonic_ns() < deadline_ns) server->turn();
  if (!busy()) return;
  // Everything that has to survive is durable; the rest belongs to the kernel's operations.
  engine->log().warning("Operations are still in flight, leaving without them");
  _exit(exit_code);
}

int run_server(Engine* engine, Server* server, Shutdown* shutdown) {
  remove_leftovers(engine);
  if (!load_data(engine, server, *shutdown)) return 1;
  engine->log().notice("Ready to accept connections");
  notify_service_manager(engine->options(), "STATUS=Ready to accept connections\nREADY=1\n");
  while (true) {
    if (shutdown->requested()) {
      engine->log().warning("Received {} scheduling shutdown...",
                            shutdown->signal_number() == SIGINT ? "SIGINT" : "SIGTERM");
      engine->request_shutdown(request_of_signal(engine->options(), shutdown->signal_number()));
      shutdown->acknowledge();
    }
    if (engine->shutdown().has_value()) {
      engine->log().warning("User requested shutdown...");
      engine->hold_commands(true);
      if (save_before_exit(engine, server, *engine->shutdown())) break;
      engine->hold_commands(false);
      engine->abort_shutdown();
    }
    server->turn();
  }
  notify_service_manager(engine->options(), "STOPPING=1\n");
  drain(engine, server, 0);
  engine->log().warning("Basalt (Redis) is now ready to exit, bye bye...");
  return 0;
}

}  // namespace engine
