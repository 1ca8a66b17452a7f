// Simulation: one seed's run from an empty start to a stop, every reply and every snapshot compared
// with the model.

#ifndef BASALT_TESTS_SIM_SIMULATION_H_
#define BASALT_TESTS_SIM_SIMULATION_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/coverage.h"
#include "tests/sim/model.h"
#include "tests/sim/saves.h"
#include "tests/sim/workload.h"
#include "tests/sim/world.h"

namespace sim {

struct SimulationOptions {
  uint64_t seed = 1;
  uint64_t operations = 2000;
  bool verbose = false;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options);

  // Throws a Failure when the engine is wrong.
  void run();

  const Coverage& coverage() const { return coverage_; }
  // Of everything that happened, in order.
  uint64_t trace_hash() { return world_.loop().trace_hash(); }

 private:
  // What may go wrong in this run beside its clients' commands.
  struct Weather {
    bool faults = false;  // Operations of the disk and the index fail.
    bool damage = false;  // Records on the disk rot.
    bool crashes = false;
    bool small_disk = false;  // The tier's directory is soon full.
  };

  static WorldOptions world_options(const SimulationOptions& options, const Weather& weather);
  static Weather weather_of(uint64_t seed);

  void begin_clients();
  std::unique_ptr<Client> make_client(int database);
  void execute_commands();
  void on_reply(const Client& client, const Words& words, std::string_view reply);
  // Whether the reply is an error that a fault or the budget excuses: nothing has happened then.
  bool is_excused(int database, const Words& words, std::string_view reply);
  bool snapshot_may_fail() const;

  // What an operator, the machine or the device does between two turns.
  void disturb();
  void demote();
  void save();
  void inject_fault();
  void damage_record();
  void replace_client();
  void rebuild();
  void crash();
  // Waits until nothing is in flight, without further commands.
  void settle();
  // Reads every key of the model through a client.
  void sweep();
  // Compares invariants, keys and expiries. REQUIRES: settled.
  void compare_keys();
  // Adds what the engine counted to the coverage, before the engine goes.
  void gather_counts();
  void finish();

  const SimulationOptions options_;
  const Weather weather_;
  World world_;
  base::Random random_;
  Coverage coverage_;
  Model model_;
  Saves saves_;
  std::unique_ptr<Workload> workload_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::set<std::pair<uint32_t, std::string>> damaged_;  // By namespace.
  uint64_t executed_ = 0;
  int64_t index_heals_ms_ = 0;
};

}  // namespace sim

#endif  // BASALT_TESTS_SIM_SIMULATION_H_
