// basalt-server: wires the parts together and runs the loop.

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "engine/command_line.h"
#include "engine/config.h"
#include "engine/config_environment.h"
#include "engine/cpu_affinity.h"
#include "engine/engine.h"
#include "engine/machine.h"
#include "engine/process.h"
#include "engine/server.h"
#include "engine/startup.h"
#include "engine/version.h"
#include "iouring/io_schedule.h"
#include "iouring/thread_helpers.h"
#include "iouring/uring_disk.h"
#include "iouring/uring_loop.h"
#include "iouring/uring_net.h"
#include "logstore/rocks_index.h"

namespace {

int fail(base::Logger* log, const std::string& message) {
  log->warning("{}", message);
  return 1;
}

int serve(engine::Config* config, engine::ConfigEnvironment* machine,
          const std::vector<std::string>& warnings) {
  const engine::Options& options = config->options();
  base::SystemClock clock;
  base::Logger log(&clock);
  if (!log.open(options.logfile).ok()) {
    std::fprintf(stderr, "Can't open the log file %s\n", options.logfile.c_str());
    return 1;
  }
  engine::apply_log_level(options, &log);
  engine::print_greeting(options, config->file(), &log);
  for (const std::string& warning : warnings) log.warning("{}", warning);
  const uint64_t clients = engine::raise_file_limit(config, &log);

  base::Random random = base::Random::from_entropy();
  auto loop =
      iouring::UringLoop::create(&clock, {.file_slots = static_cast<uint32_t>(clients),
                                          .only_linux_6_1 = options.ring_features == "6.1"});
  if (!loop.ok()) return fail(&log, engine::ring_failure_text(loop.error()));
  engine::Shutdown shutdown;
  for (const int signal : {SIGTERM, SIGINT})
    (*loop)->on_signal(signal, [&shutdown](int number) { shutdown.on_signal(number); });
  engine::ThreadPlacement placement(options, &log);
  iouring::ThreadHelpers helpers(loop->get(), {});
  iouring::UringDisk uring_disk(loop->get(), &helpers, {});
  iouring::IoSchedule disk(loop->get(), &uring_disk);
  auto net = iouring::UringNet::create(loop->get(), {});
  if (!net.ok()) return fail(&log, engine::ring_failure_text(net.error()));

  engine::Environment environment;
  environment.loop = loop->get();
  environment.disk = &disk;
  environment.helpers = &helpers;
  environment.clock = &clock;
  environment.random = &random;
  environment.log = &log;
  environment.config = config;
  environment.resident_bytes = engine::resident_bytes;
  environment.open_index = [&helpers](const std::string& directory, size_t cache_bytes) {
    logstore::RocksIndexOptions index;
    index.directory = directory;
    index.cache_bytes = cache_bytes;
    return logstore::open_rocks_index(index, &helpers);
  };

  std::string message;
  if (!engine::lock_data_directory(environment, &message).ok()) return fail(&log, message);
  engine::Engine engine(environment);
  if (!engine.open(&message).ok()) return fail(&log, message);
  engine::Server server(&engine, net->get());
  if (!server.listen(&message).ok()) {
    engine::drain(&engine, &server, 1);
    return fail(&log, message);
  }
  engine::OomScore score(options, &log);
  engine::follow_options(&engine, net->get(), &score);
  engine::warn_about_machine(engine, machine, uring_disk.arena_registered());
  const engine::PidFile pid_file(options, &log);
  placement.place_loop();
  return engine::run_server(&engine, &server, &shutdown);
}

}  // namespace

int main(int argc, char** argv) {
  base::configure_allocator();
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const engine::StartAction action = engine::parse_command_line(arguments, engine::version_line());
  if (action.kind == engine::StartAction::Kind::kPrint) {
    std::fputs(action.text.c_str(), action.exit_code == 0 ? stdout : stderr);
    return action.exit_code;
  }
  engine::SystemEnvironment machine;
  engine::Config::LoadResult loaded = engine::Config::load(action.sources, &machine);
  if (loaded.config == nullptr) {
    std::fputs(loaded.error.c_str(), stderr);
    return 1;
  }
  if (action.kind == engine::StartAction::Kind::kCheckConfig) {
    for (const std::string& warning : loaded.warnings) std::printf("%s\n", warning.c_str());
    std::puts("The configuration is valid.");
    return 0;
  }
  if (loaded.config->options().daemonize) engine::go_to_background();
  return serve(loaded.config.get(), &machine, loaded.warnings);
}
