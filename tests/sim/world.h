// World: a simulated machine and the engine that runs on it.
//
// The machine (clock, loop, disk, helpers) lasts; the engine is started, driven turn by turn, and
// stopped or crashed. A crash forgets the engine as it is: it is never destroyed, as nothing is
// after a power cut.

#ifndef BASALT_TESTS_SIM_WORLD_H_
#define BASALT_TESTS_SIM_WORLD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "engine/engine.h"
#include "iouring/io_schedule.h"
#include "iouring/sim_disk.h"
#include "iouring/sim_helpers.h"
#include "iouring/sim_loop.h"
#include "logstore/sim_index.h"

namespace sim {

inline constexpr const char* kDirectory = "/data";
inline constexpr const char* kTierDirectory = "/data/tier";
inline constexpr const char* kSnapshotPath = "/data/dump.rdb";

// Thrown by whatever finds that the engine is wrong.
struct Failure {
  std::string text;
};

// Background work costs CPU time though the simulated clock stands still during a turn: each look
// at the time finds some more of it spent.
class CostClock final : public base::Clock {
 public:
  CostClock(const base::Clock* clock, uint64_t seed) : clock_(clock), random_(seed) {}
  uint64_t monotonic_ns() const override { return clock_->monotonic_ns(); }
  int64_t wall_us() const override { return clock_->wall_us(); }
  uint64_t thread_cpu_ns() const override { return cpu_ns_ += random_.below(20'000); }

 private:
  const base::Clock* const clock_;
  mutable base::Random random_;
  mutable uint64_t cpu_ns_ = 0;
};

struct WorldOptions {
  uint64_t seed = 1;
  int databases = 3;
  uint64_t maxmemory = 0;
  // Counted bytes since the start times this is what the process seems to take.
  uint64_t resident_percent = 100;
  uint64_t tier_bytes_max = 0;
  uint64_t snapshot_bytes_per_second = 0;  // 0: no limit.
  uint32_t not_cached_per_mille = 300;
  bool lfu = false;
  bool verbose = false;
};

class World {
 public:
  explicit World(const WorldOptions& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Starts an engine on what is on the disk; without() a snapshot it is empty.
  void start();
  // The power fails. REQUIRES: between two turns.
  void crash();
  // Waits for what is in flight and destroys the engine.
  void stop();

  // One turn: completions, then `commands`, then the engine's own work.
  void turn(const std::function<void()>& commands);
  void turn() {
    turn([] {});
  }
  // Turns until `condition`; fails when it does not come about.
  void until(const std::function<bool()>& condition, const char* what);
  // A turn in which the engine does nothing of its own.
  void quiet_turn();

  base::Random& random() { return random_; }
  base::SimClock& clock() { return clock_; }
  iouring::SimLoop& loop() { return loop_; }
  iouring::SimDisk& disk() { return disk_; }
  engine::Engine& engine();
  engine::Tier& tier() { return *engine().tier(); }
  logstore::SimIndexStore& index_store();
  base::Logger& log() { return log_; }
  // Nothing is in flight but ticks.
  bool is_idle();

 private:
  struct Instance;

  void configure(Instance* instance);
  void load();

  const WorldOptions options_;
  base::Random random_;
  base::SimClock clock_;
  CostClock cost_clock_;
  iouring::SimLoop loop_;
  iouring::SimDisk disk_;
  iouring::SimHelpers helpers_;
  base::Logger log_;
  std::unique_ptr<Instance> instance_;
  bool more_ = false;
};

}  // namespace sim

#endif  // BASALT_TESTS_SIM_WORLD_H_
