// Background: the work of the loop that no client waits for, cut into slices.
//
// A turn gives it one budget of thread CPU. Causes with work take turns; each runs small steps
// until the budget is spent, and the longest slice of each cause is kept for INFO (P2: none above
// 1 ms).

#ifndef BASALT_ENGINE_BACKGROUND_H_
#define BASALT_ENGINE_BACKGROUND_H_

#include <array>
#include <cstdint>
#include <memory>

#include "engine/defragmenter.h"
#include "engine/demoter.h"
#include "engine/expirer.h"

namespace engine {

class Engine;

enum class SliceCause : uint8_t {
  kLoading,
  kSnapshot,
  kDemotion,
  kCompaction,
  kExpiry,
  kFreeing,
  kResize,
  kDefragmentation,
  kCount,
};
inline constexpr size_t kSliceCauses = static_cast<size_t>(SliceCause::kCount);
const char* slice_cause_name(SliceCause cause);

struct SliceStatistics {
  uint64_t slices = 0;
  uint64_t cpu_ns = 0;
  uint64_t longest_ns = 0;
};

class Background {
 public:
  // What one turn may spend on all causes together.
  static constexpr uint64_t kBudgetNs = 100'000;
  static constexpr uint64_t kTickNs = 100'000'000;

  // `engine` outlives it; its tier is open already.
  explicit Background(Engine* engine);
  ~Background();

  // One turn's slices. True when something is left to do at once.
  bool run();
  // Samples and clocks, every 100 ms; run() calls it when it is due.
  uint64_t next_tick_ns() const { return next_tick_ns_; }

  Expirer& expirer() { return expirer_; }
  Demoter* demoter() { return demoter_.get(); }  // Null when the tier is off.
  const SliceStatistics& statistics(SliceCause cause) const {
    return statistics_[static_cast<size_t>(cause)];
  }
  void reset_statistics() { statistics_ = {}; }
  const Defragmenter& defragmenter() const { return defragmenter_; }
  // Memory is short and demotion has had nothing to free for a while.
  bool is_stuck() const { return stuck_; }

  // TIER DEMOTE BYTES and ALL: demotes so much beyond what the budget asks for.
  void demote_bytes(uint64_t bytes) { requested_demotion_ += bytes; }
  uint64_t requested_demotion() const { return requested_demotion_; }
  void forget_requested_demotion() { requested_demotion_ = 0; }

 private:
  void tick(uint64_t now_ns);
  bool slice(SliceCause cause);
  bool loading_slice();
  bool snapshot_slice();
  bool demotion_slice();
  void note_stuck(bool stuck);
  bool compaction_slice();
  bool freeing_slice();
  bool resize_slice();
  bool defragmentation_slice();

  Engine* const engine_;
  Expirer expirer_;
  std::unique_ptr<Demoter> demoter_;
  uint64_t next_tick_ns_ = 0;
  size_t first_cause_ = 0;
  bool worked_ = false;  // In the last run.
  uint64_t requested_demotion_ = 0;
  bool stuck_ = false;
  uint64_t stuck_since_ns_ = UINT64_MAX;  // Nothing to demote though memory is short.
  uint64_t cache_shrank_ns_ = 0;          // When the index's cache last had to give way.
  int resize_database_ = 0;
  Defragmenter defragmenter_;
  uint64_t moved_before_pass_ = 0;
  uint64_t defragment_rest_ns_ = 500'000'000;
  uint64_t defragment_after_ns_ = 0;
  std::array<SliceStatistics, kSliceCauses> statistics_{};
};

}  // namespace engine

#endif  // BASALT_ENGINE_BACKGROUND_H_
