#include "engine/background.h"

#include <algorithm>

#include "base/memory.h"
#include "engine/engine.h"
#include "engine/loading.h"
#include "engine/snapshots.h"

namespace engine {

namespace {

// Steps of a slice, each well below the budget: some ten microseconds.
constexpr size_t kExpiryBuckets = 32;
constexpr size_t kDemotionBuckets = 32;
constexpr size_t kDemotionBytes = 16 * 1024;
constexpr size_t kFreedEntries = 64;
constexpr size_t kResizeBuckets = 32;
constexpr size_t kDefragmentationBuckets = 32;
// A pass pays when it moved one in so many bytes of entries.
constexpr uint64_t kDefragmentationShare = 20;
constexpr uint64_t kStuckNs = 500'000'000;
// What a pass moves is resident twice until its end: so much of maxmemory.
constexpr uint64_t kDefragmentPassShare = 32;
constexpr uint64_t kDefragmentRestNs = 500'000'000;
constexpr uint64_t kDefragmentRestNsMax = 60'000'000'000;
// Values read once wait in this share of maxmemory for a second touch.
constexpr uint64_t kProbationShare = 16;

// Times a run by the thread's CPU time. Asking for that is a system call, which a run that finds no
// work is spared: what it spent until its first question is measured by the monotonic clock, unless
// work is expected.
class RunTimer {
 public:
  RunTimer(const base::Clock& clock, bool work_expected)
      : clock_(clock),
        by_cpu_(work_expected),
        begin_ns_(by_cpu_ ? clock.thread_cpu_ns() : clock.monotonic_ns()) {}

  uint64_t elapsed_ns() {
    if (!by_cpu_) {
      by_cpu_ = true;
      begin_ns_ = clock_.thread_cpu_ns() - (clock_.monotonic_ns() - begin_ns_);
    }
    return clock_.thread_cpu_ns() - begin_ns_;
  }

 private:
  const base::Clock& clock_;
  bool by_cpu_;
  uint64_t begin_ns_;  // Modulo 2^64.
};

}  // namespace

const char* slice_cause_name(SliceCause cause) {
  static constexpr const char* kNames[kSliceCauses] = {"loading",    "snapshot",       "demotion",
                                                       "compaction", "expiry",         "freeing",
                                                       "resize",     "defragmentation"};
  return kNames[static_cast<size_t>(cause)];
}

namespace {

// LATENCY counts in milliseconds.
constexpr uint64_t kEventNs = 1'000'000;

// Redis's name where it has one.
const char* latency_event(SliceCause cause) {
  if (cause == SliceCause::kExpiry) return "expire-cycle";
  if (cause == SliceCause::kDefragmentation) return "active-defrag-cycle";
  return slice_cause_name(cause);
}

}  // namespace

Background::Background(Engine* engine)
    : engine_(engine),
      expirer_(&engine->databases(), engine->tier()),
      defragmenter_(&engine->databases().shared().heap) {
  if (engine->tier() != nullptr)
    demoter_ = std::make_unique<Demoter>(&engine->databases(), engine->tier());
}

Background::~Background() = default;

bool Background::run() {
  const uint64_t now_ns = engine_->environment().loop->turn_ns();
  if (now_ns >= next_tick_ns_) tick(now_ns);

  RunTimer timer(*engine_->environment().clock, worked_);
  uint64_t spent_ns = 0;
  worked_ = false;
  bool more = false;
  for (size_t i = 0; i < kSliceCauses; ++i) {
    const auto cause = static_cast<SliceCause>((first_cause_ + i) % kSliceCauses);
    // Whoever stands behind a cause that spends everything is first in the next turn.
    if (spent_ns >= kBudgetNs) {
      first_cause_ = static_cast<size_t>(cause);
      return true;
    }
    bool cause_has_more = true;
    uint64_t slice_ns = 0;
    bool ran = false;
    while (cause_has_more && spent_ns + slice_ns < kBudgetNs) {
      cause_has_more = slice(cause);
      ran = ran || cause_has_more;
      if (!ran) break;
      slice_ns = timer.elapsed_ns() - spent_ns;
    }
    more = more || cause_has_more;
    if (!ran) continue;
    worked_ = true;
    spent_ns += slice_ns;
    SliceStatistics& statistics = statistics_[static_cast<size_t>(cause)];
    ++statistics.slices;
    statistics.cpu_ns += slice_ns;
    statistics.longest_ns = std::max(statistics.longest_ns, slice_ns);
    if (slice_ns >= kEventNs) [[unlikely]]
      engine_->command_log().note_event(latency_event(cause), slice_ns, engine_->now_ms() / 1000);
  }
  return more;
}

void Background::tick(uint64_t now_ns) {
  next_tick_ns_ = now_ns + kTickNs;
  const uint64_t counted = base::memory_used_total();
  base::note_memory_peak();
  engine_->budget().sample(engine_->environment().resident_bytes(), counted);
  expirer_.tick(engine_->now_ms());
  Statistics& statistics = engine_->statistics();
  const uint64_t now_ms = now_ns / 1'000'000;
  statistics.commands_rate.sample(statistics.commands_processed, now_ms);
  statistics.input_rate.sample(statistics.input_bytes, now_ms);
  statistics.output_rate.sample(statistics.output_bytes, now_ms);
  engine_->on_tick();
}

bool Background::slice(SliceCause cause) {
  switch (cause) {
    case SliceCause::kLoading:
      return loading_slice();
    case SliceCause::kSnapshot:
      return snapshot_slice();
    case SliceCause::kDemotion:
      return demotion_slice();
    case SliceCause::kCompaction:
      return compaction_slice();
    case SliceCause::kExpiry:
      return expirer_.step(kExpiryBuckets);
    case SliceCause::kFreeing:
      return freeing_slice();
    case SliceCause::kResize:
      return resize_slice();
    case SliceCause::kDefragmentation:
      return defragmentation_slice();
    case SliceCause::kCount:
      break;
  }
  return false;
}

bool Background::loading_slice() {
  return engine_->loading() != nullptr && engine_->loading()->step();
}

bool Background::snapshot_slice() { return engine_->snapshots().step(); }

bool Background::demotion_slice() {
  if (demoter_ == nullptr) return false;
  Tier& tier = *engine_->tier();
  demoter_->set_compress(engine_->options().rdbcompression);
  const Budget& budget = engine_->budget();
  if (tier.large_writes().step()) return true;
  tier.trim_probation(budget.limits().maxmemory / kProbationShare);
  const uint64_t excess = budget.excess(base::memory_used_total());
  // What is asked for on request was taken off when it was found; what the budget asks for comes
  // off when it is written.
  const uint64_t coming = tier.demotion_bytes_in_flight();
  const uint64_t wanted = std::max(excess - std::min(excess, coming), requested_demotion_);
  if (wanted == 0) {
    note_stuck(false);
    return false;
  }
  const uint64_t found =
      demoter_->step(std::min<uint64_t>(wanted, kDemotionBytes), kDemotionBuckets);
  requested_demotion_ -= std::min(requested_demotion_, found);
  if (demoter_->found_nothing()) requested_demotion_ = 0;
  const Databases& databases = engine_->databases();
  note_stuck(excess > 0 && demoter_->found_nothing() && tier.demotions_in_flight() == 0 &&
             !databases.has_condemned());
  return tier.can_demote() && !demoter_->found_nothing();
}

// What was freed last may still be on its way back to the kernel; after a while the index's cache
// gives way, and when that brings nothing either, writers are refused.
void Background::note_stuck(bool stuck) {
  const uint64_t now_ns = engine_->environment().loop->turn_ns();
  stuck_since_ns_ = stuck ? std::min(stuck_since_ns_, now_ns) : UINT64_MAX;
  stuck_ = stuck && now_ns - stuck_since_ns_ >= kStuckNs;
  const IndexCache& cache = engine_->tier()->index_cache();
  if (stuck_ && cache.bytes() > cache.least()) cache_shrank_ns_ = now_ns;
  engine_->gate().set_exhausted(stuck_ && now_ns - cache_shrank_ns_ >= kStuckNs);
}

bool Background::compaction_slice() {
  if (engine_->tier() == nullptr) return false;
  return engine_->tier()->store().compact_step(kBudgetNs / 4);
}

bool Background::freeing_slice() { return engine_->databases().free_step(kFreedEntries); }

bool Background::resize_slice() {
  Databases& databases = engine_->databases();
  for (int i = 0; i < databases.count(); ++i) {
    resize_database_ = (resize_database_ + 1) % databases.count();
    Keyspace& keyspace = databases.at(resize_database_);
    if (keyspace.dictionary().resize_step(kResizeBuckets)) return true;
    if (keyspace.residence().filter().grow_step(kResizeBuckets)) return true;
  }
  return false;
}

bool Background::defragmentation_slice() {
  const uint64_t now_ns = engine_->environment().loop->turn_ns();
  if (!defragmenter_.running()) {
    if (now_ns < defragment_after_ns_ || !engine_->budget().worth_defragmenting()) return false;
    moved_before_pass_ = defragmenter_.moved_bytes();
    const uint64_t maxmemory = engine_->budget().limits().maxmemory;
    defragmenter_.set_pass_bytes_max(maxmemory / kDefragmentPassShare);
    engine_->budget().set_moving(true);
  }
  std::vector<Dictionary*> dictionaries;
  Databases& databases = engine_->databases();
  for (int i = 0; i < databases.count(); ++i) dictionaries.push_back(&databases.at(i).dictionary());
  if (defragmenter_.step(dictionaries, kDefragmentationBuckets)) return true;
  // A pass that found little to move says that what is resident beyond the counted is no free space
  // between entries: the next one waits longer.
  const uint64_t moved = defragmenter_.moved_bytes() - moved_before_pass_;
  const bool paid = defragmenter_.left_some() ||
                    moved > engine_->databases().shared().heap.bytes() / kDefragmentationShare;
  defragment_rest_ns_ =
      paid ? kDefragmentRestNs : std::min(defragment_rest_ns_ * 2, kDefragmentRestNsMax);
  // After the next samples, which show what came free.
  defragment_after_ns_ = now_ns + (defragmenter_.left_some() ? 2 * kTickNs : defragment_rest_ns_);
  engine_->budget().set_moving(defragmenter_.left_some());
  return false;
}

}  // namespace engine
