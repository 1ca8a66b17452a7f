// Coverage: what occurred in a run, so that a run that proves nothing is noticed.

#ifndef BASALT_TESTS_SIM_COVERAGE_H_
#define BASALT_TESTS_SIM_COVERAGE_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace sim {

enum class Seen : uint8_t {
  kCommands,
  kParked,
  kColdReads,
  kMultiPageReads,
  kCoalescedReads,
  kStaleReads,
  kPromotions,
  kDemotions,
  kCancelledDemotions,
  kDrops,
  kExpiries,
  kFlushes,
  kCompactions,
  kRelocations,
  kResidentRelocations,
  kSnapshots,
  kSnapshotsFailed,
  kPreImages,
  kSpilledBatches,
  kDemotingAtFreeze,
  kWaitedForRoom,
  kRefusedOom,
  kTierErrors,
  kFaults,
  kDamagedRecords,
  kRebuilds,
  kCrashes,
  kCrashesInSnapshot,
  kLoadedKeys,
  kCount,
};

inline constexpr size_t kSeenCount = static_cast<size_t>(Seen::kCount);
inline constexpr std::array<const char*, kSeenCount> kSeenNames = {
    "commands",
    "commands parked",
    "cold reads",
    "cold strings of several pages read",
    "coalesced reads",
    "stale reads thrown away",
    "promotions on the second touch",
    "demotions",
    "demotions overtaken by a change",
    "clean entries dropped",
    "keys expired",
    "databases flushed",
    "segments compacted",
    "records relocated",
    "records of resident units relocated",
    "snapshots compared with the model",
    "snapshots failed by a fault",
    "pre-images in memory",
    "batches of pre-images in the log",
    "units demoting at a freeze",
    "writers that waited for room",
    "commands refused -OOM",
    "commands answered with a tier error",
    "faults injected",
    "records damaged",
    "index rebuilds",
    "crashes",
    "crashes during a snapshot",
    "keys loaded after a crash",
};

struct Coverage {
  std::array<uint64_t, kSeenCount> counts{};

  void add(Seen what, uint64_t count = 1) { counts[static_cast<size_t>(what)] += count; }
  void add(const Coverage& other) {
    for (size_t i = 0; i < kSeenCount; ++i) counts[i] += other.counts[i];
  }
};

}  // namespace sim

#endif  // BASALT_TESTS_SIM_COVERAGE_H_
