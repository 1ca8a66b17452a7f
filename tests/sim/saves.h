// Saves: follows the engine's snapshots and compares each file with the model as it was at the
// freeze; knows what may be on the disk after a crash.

#ifndef BASALT_TESTS_SIM_SAVES_H_
#define BASALT_TESTS_SIM_SAVES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/sim/coverage.h"
#include "tests/sim/model.h"
#include "tests/sim/world.h"

namespace sim {

// The content of an RDB file: throws a Failure when it is not intact.
Model parse_snapshot(std::string_view file, int databases);
// What is wrong with `file` as a snapshot of `frozen` taken at `frozen_ms`; empty when nothing is.
// A key that had expired may be in the file or not.
std::string compare_snapshot(const Model& file, const Model& frozen, int64_t frozen_ms);

class Saves {
 public:
  // All outlive it.
  Saves(World* world, Coverage* coverage, int databases);

  // After everything that may begin or end a snapshot. `may_fail`: a fault excuses a failure.
  void observe(const Model& model, bool may_fail);
  bool running() const { return frozen_.has_value(); }

  // After a crash and before the restart: which data set must be loaded.
  Model survivor();

 private:
  struct Frozen {
    Model model;
    int64_t at_ms;
  };

  void settle(bool may_fail);
  void note_freeze(const Model& model);
  std::optional<Model> read_file();

  World* const world_;
  Coverage* const coverage_;
  const int databases_;
  std::optional<Frozen> frozen_;    // Of the snapshot that runs.
  uint64_t pre_images_ = 0;         // Of the snapshot that runs, when last looked at.
  uint64_t spilled_batches_ = 0;    // Likewise.
  bool excused_ = false;            // Since its freeze.
  std::vector<Frozen> candidates_;  // What the file may be.
  bool may_be_missing_ = true;
};

}  // namespace sim

#endif  // BASALT_TESTS_SIM_SAVES_H_
