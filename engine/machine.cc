#include "engine/machine.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "engine/startup.h"

namespace engine {

namespace {

// What the cgroup must hold beside maxmemory: code, stacks, and pages of the kernel.
constexpr uint64_t kBesideMaxmemory = 32ull * 1024 * 1024;
constexpr char kHugePages[] = "/sys/kernel/mm/transparent_hugepage/enabled";

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

void go_to_background() {
  const pid_t child = fork();
  if (child != 0) _exit(child < 0 ? 1 : 0);
  setsid();
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return;
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, standard);
  if (null > STDERR_FILENO) ::close(null);
}

PidFile::PidFile(const Options& options, base::Logger* log) {
  std::string path = options.pidfile;
  if (path.empty() && options.daemonize) path = "/var/run/redis.pid";
  if (path.empty()) return;
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    log->warning("Can't write the pid file {}: {}", path, std::strerror(errno));
    return;
  }
  std::fprintf(file, "%d\n", static_cast<int>(getpid()));
  std::fclose(file);
  path_ = path;
}

PidFile::~PidFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

base::Status lock_data_directory(const Environment& environment, std::string* message) {
  const Options& options = environment.config->options();
  const std::string path = fmt::format("{}/.basalt-{}.lock", options.dir, options.port);
  int owner = 0;
  const base::Status locked = environment.disk->lock_file(path, &owner);
  if (locked.ok()) return locked;
  if (locked.error().code == base::ErrorCode::kBusy) {
    *message = fmt::format(
        "The directory {} is in use by process {}, which serves port {} too. Stop it, or choose "
        "another port or dir.",
        options.dir, owner, options.port);
  } else {
    *message = fmt::format(
        "Can't write in the directory {}: {}. Let this user write there, or choose another dir.",
        options.dir, locked.error().to_string());
  }
  return locked;
}

namespace {

// Redis turns huge pages off for itself, and warns only where that fails.
void check_huge_pages(const Options& options, base::Logger& log) {
  if (first_line(kHugePages).find("[always]") == std::string::npos) return;
  if (options.disable_thp && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0) return;
  log.warning(
      "WARNING You have Transparent Huge Pages (THP) support enabled in your kernel. This will "
      "create latency and memory usage issues. To fix this issue run the command 'echo madvise > "
      "{}' as root, and add it to your /etc/rc.local in order to retain the setting after a "
      "reboot, or set disable-thp yes.",
      kHugePages);
}

void check_tier_directory(Engine& engine) {
  const std::string& directory = engine.tier()->store().directory();
  const auto status = engine.environment().disk->file_system_status(directory);
  if (!status.ok()) return;
  if (status->is_memory) {
    engine.log().warning(
        "WARNING The cold tier lies in {}, a file system in memory: what is demoted still takes "
        "memory. Set tier-dir to a directory on a disk.",
        directory);
  } else if (!status->has_direct) {
    engine.log().warning(
        "WARNING The file system of {} has no O_DIRECT: cold reads go through the page cache, "
        "which is memory beside maxmemory. Set tier-dir to a directory on ext4 or XFS.",
        directory);
  }
}

void check_memory_limit(const Options& options, uint64_t memory_bytes, base::Logger& log) {
  if (options.maxmemory == 0 || memory_bytes >= options.maxmemory + kBesideMaxmemory) return;
  log.warning(
      "WARNING maxmemory is {} and this process may use {} (its cgroup's limit, or the machine's "
      "memory): it should have 32 MB more than maxmemory, or the kernel may kill it. Lower "
      "maxmemory, for example to 75%, or raise the limit.",
      options.maxmemory, memory_bytes);
}

}  // namespace

void warn_about_machine(Engine& engine, ConfigEnvironment* machine, bool arena_registered) {
  check_huge_pages(engine.options(), engine.log());
  check_memory_limit(engine.options(), machine->memory_bytes(), engine.log());
  if (!arena_registered)
    engine.log().warning(
        "WARNING The limit of locked memory is too small for the buffers of disk I/O, which is "
        "slower so. Raise it with 'ulimit -l unlimited', or LimitMEMLOCK in systemd.");
  if (engine.tier() != nullptr) check_tier_directory(engine);
}

namespace {

std::string follow_maxclients(const Options& options) {
  const auto wanted = static_cast<uint64_t>(options.maxclients) + kOwnFiles;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return {};
  const rlimit before = limit;
  limit.rlim_cur = wanted;
  limit.rlim_max = std::max<rlim_t>(limit.rlim_max, wanted);
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  const uint64_t clients = before.rlim_cur > kOwnFiles ? before.rlim_cur - kOwnFiles : 0;
  return fmt::format(
      "The operating system is not able to handle the specified number of clients, try with {}",
      clients);
}

constexpr const char* kOomScorePath = "/proc/self/oom_score_adj";
constexpr int kOomScoreMax = 1000;

}  // namespace

OomScore::OomScore(const Options& options, base::Logger* log) {
  std::ifstream(kOomScorePath) >> at_start_;
  const std::string failure = follow(options);
  if (!failure.empty()) log->warning("{}", failure);
}

std::string OomScore::follow(const Options& options) {
  const bool wanted = options.oom_score_adj != OomScoreAdj::kNo;
  if (!wanted && !is_changed_) return {};
  int score = at_start_;
  if (wanted) {
    score = options.oom_score_adj_values[0];
    if (options.oom_score_adj == OomScoreAdj::kRelative) score += at_start_;
    score = std::clamp(score, -kOomScoreMax, kOomScoreMax);
  }
  std::ofstream file(kOomScorePath);
  file << score << std::flush;
  if (!file) return fmt::format("Unable to write oom_score_adj: {}", std::strerror(errno));
  is_changed_ = wanted;
  return {};
}

void follow_options(Engine* engine, iouring::Net* net, OomScore* score) {
  Config& config = engine->config();
  config.on_change({"loglevel"}, [engine](const Options& options) {
    apply_log_level(options, &engine->log());
    return std::string();
  });
  config.on_change({"tcp-keepalive"}, [net](const Options& options) {
    net->set_keepalive(static_cast<uint32_t>(options.tcp_keepalive));
    return std::string();
  });
  config.on_change({"maxclients"}, follow_maxclients);
  config.on_change({"oom-score-adj", "oom-score-adj-values"},
                   [score](const Options& options) { return score->follow(options); });
}

}  // namespace engine
