#include "tests/sim/world.h"

#include "base/memory.h"
#include "engine/loading.h"
#include "engine/snapshots.h"
#include "tests/unit/engine/fake_environment.h"

namespace sim {

namespace {

// Small, so that a few hundred keys fill, empty and compact many.
constexpr uint64_t kSegmentBytes = 2 * base::kIoBytesMax;
constexpr uint64_t kTurnNsMax = 2'000'000;
constexpr int kTurnsMax = 200'000;

// The engine asks a plain function for its resident set.
struct ResidentModel {
  uint64_t counted_at_start = 0;
  uint64_t percent = 100;
  uint64_t fixed_bytes = 0;
};
ResidentModel resident_model;

uint64_t resident_bytes() {
  const uint64_t counted = base::memory_used_total();
  const uint64_t grown = counted - std::min(counted, resident_model.counted_at_start);
  return resident_model.fixed_bytes + grown * resident_model.percent / 100;
}

}  // namespace

struct World::Instance {
  engine::FakeEnvironment machine;
  std::unique_ptr<engine::Config> config;
  std::unique_ptr<iouring::IoSchedule> disk;
  logstore::SimIndexStore* index_store = nullptr;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<engine::Loading> loading;
};

World::World(const WorldOptions& options)
    : options_(options),
      random_(options.seed),
      cost_clock_(&clock_, options.seed + 1),
      loop_(options.seed + 2, &clock_),
      disk_(&loop_),
      helpers_(&loop_),
      log_(&clock_) {
  if (!options.verbose && !log_.open("/dev/null").ok()) throw Failure{"no /dev/null"};
  if (!disk_.make_directory(kDirectory).ok()) throw Failure{"no directory"};
}

World::~World() = default;

engine::Engine& World::engine() { return *instance_->engine; }
logstore::SimIndexStore& World::index_store() { return *instance_->index_store; }

void World::configure(Instance* instance) {
  instance->machine.directories.insert(kDirectory);
  engine::ConfigSources sources;
  sources.command_line = fmt::format(
      "tier yes\nmaxmemory 64mb\nsave \"\"\ndir {}\ntier-dir {}\ndatabases {}\n"
      "tier-max-bytes {}\nmaxmemory-policy noeviction\nstop-writes-on-bgsave-error no\n"
      "snapshot-rate-limit {}\n",
      kDirectory, kTierDirectory, options_.databases, options_.tier_bytes_max,
      options_.snapshot_bytes_per_second);
  engine::Config::LoadResult loaded = engine::Config::load(sources, &instance->machine);
  if (loaded.config == nullptr) throw Failure{"configuration: " + loaded.error};
  instance->config = std::move(loaded.config);
  // Less than a user may set: as much as a few hundred keys need to feel it.
  instance->config->mutable_options().maxmemory = options_.maxmemory;
}

void World::start() {
  auto instance = std::make_unique<Instance>();
  configure(instance.get());
  instance->disk = std::make_unique<iouring::IoSchedule>(&loop_, &disk_);

  engine::Environment environment;
  environment.loop = &loop_;
  environment.disk = instance->disk.get();
  environment.helpers = &helpers_;
  environment.clock = &cost_clock_;
  environment.random = &random_;
  environment.log = &log_;
  environment.config = instance->config.get();
  environment.resident_bytes = resident_bytes;
  environment.segment_bytes = kSegmentBytes;
  environment.open_index = [this, &instance](
                               const std::string&,
                               size_t) -> base::Result<std::unique_ptr<logstore::KeyIndex>> {
    logstore::KeyIndexLimits limits;
    limits.overlay_bytes_max = 64 * 1024;
    logstore::SimIndex made =
        logstore::make_sim_index(random_.next(), options_.not_cached_per_mille, limits, &helpers_);
    instance->index_store = made.store;
    return std::move(made.index);
  };
  instance->engine = std::make_unique<engine::Engine>(environment);
  std::string message;
  if (!instance->engine->open(&message).ok()) throw Failure{"start: " + message};
  // A policy with LFU would also evict.
  if (options_.lfu) instance->engine->databases().shared().access.configure(true, 10, 1);
  resident_model = {base::memory_used_total(), options_.resident_percent, options_.maxmemory / 4};
  instance_ = std::move(instance);
  load();
}

void World::load() {
  if (!disk_.file_status(kSnapshotPath).ok()) return;
  auto loading = std::make_unique<engine::Loading>(&engine(), kSnapshotPath);
  bool ended = false;
  std::string failure;
  engine().set_loading(loading.get());
  loading->begin([&](const std::string& text) {
    failure = text;
    ended = true;
  });
  instance_->loading = std::move(loading);
  until([&] { return ended; }, "the end of the load");
  engine().set_loading(nullptr);
  turn();
  instance_->loading.reset();
  if (!failure.empty()) throw Failure{"load: " + failure};
}

void World::crash() {
  // What the dead process held is nobody's: its destructors would wait for completions.
  // Kept where a leak checker sees it.
  static auto* const forgotten = new std::vector<Instance*>;
  forgotten->push_back(instance_.release());
  disk_.crash(random_.next());
  helpers_.drop_all();
  loop_.drop_all();
}

void World::stop() {
  until([this] { return !engine().snapshots().running(); }, "the end of a snapshot");
  tier().stop();
  until([this] { return is_idle(); }, "an idle engine");
  instance_.reset();
  loop_.run_until_idle();
}

bool World::is_idle() { return tier().is_idle() && !engine().snapshots().running(); }

void World::turn(const std::function<void()>& commands) {
  const uint64_t now_ns = clock_.monotonic_ns();
  const uint64_t tick_ns = engine().next_tick_ns();
  uint64_t wait_ns = more_ || tick_ns <= now_ns ? 0 : tick_ns - now_ns;
  loop_.turn(std::min(wait_ns, kTurnNsMax));
  engine().begin_turn();
  commands();
  more_ = engine().end_turn();
}

void World::quiet_turn() {
  loop_.turn(kTurnNsMax);
  tier().index().flush_turn();
}

void World::until(const std::function<bool()>& condition, const char* what) {
  for (int i = 0; i < kTurnsMax; ++i) {
    if (condition()) return;
    turn();
  }
  throw Failure{fmt::format("it waits for ever for {}", what)};
}

}  // namespace sim
