// SegmentTable: the segments' files and states. Creates, hands out, recycles and removes them.
//
//                prepare()            acquire()        SegmentWriter         seal()
//     kAbsent ─────────────► kFree ──────────────► kActive ─────► kSealing ─────► kSealed
//        ▲  remove             ▲                                                    │
//        └─────────────────────┴────────── reclaim(): I4 holds ─────────────────────┘
//
// (I4) A segment leaves kSealed only when it has no live record, no hold (a read, write, scan or
//      completion in flight) and no pin (a frozen view; for pre-images any frozen view).
// One free segment is kept in reserve for compaction, so that space can be won on a full disk.
// A file stays open while it exists. Loop thread only.

#ifndef BASALT_LOGSTORE_SEGMENT_TABLE_H_
#define BASALT_LOGSTORE_SEGMENT_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "iouring/disk.h"
#include "iouring/loop.h"
#include "logstore/live_map.h"
#include "logstore/segment_preparer.h"
#include "logstore/stream.h"

namespace logstore {

enum class SegmentState : uint8_t {
  kAbsent,
  kPreparing,
  kFree,
  kActive,
  kSealing,  // Takes no more records; its last writes, footer and fdatasync are under way.
  kSealed,
  kRemoving,
};

inline constexpr uint32_t kScanFailuresMax = 3;

struct Segment {
  uint32_t id = 0;
  iouring::File file;
  SegmentState state = SegmentState::kAbsent;
  Stream stream = Stream::kDemotion;
  uint32_t generation = 0;  // Of its contents; grows when it is acquired.
  uint32_t data_end = 0;    // Behind the last batch submitted.
  uint32_t record_count = 0;
  uint32_t holds = 0;
  uint32_t pins = 0;
  uint64_t last_sequence = 0;  // When its last record was appended: how old it is.
  bool has_footer = false;
  bool is_damaged = false;     // A write, sync or record of it failed: to be emptied first.
  bool is_victim = false;      // Compaction walks it, or waits for copies of its records.
  uint32_t scan_failures = 0;  // Walks of it that failed; at kScanFailuresMax it is left alone.

  bool holds_records() const {
    return state == SegmentState::kActive || state == SegmentState::kSealing ||
           state == SegmentState::kSealed;
  }
};

class SegmentTable {
 public:
  struct Options {
    std::string directory;  // The tier's.
    uint64_t store_id = 0;
    uint64_t segment_bytes = 0;
    uint64_t bytes_max = 0;
    bool direct = true;
  };
  // Free segments kept ready beyond the ones in use: the reserve and the next.
  static constexpr uint32_t kReadyTarget = 2;
  // Fewer than that cannot work: one active per stream and the reserve.
  static constexpr uint32_t kSegmentsMin = kStreams + 1;

  // All outlive the table. `live` is asked whether a segment may be reused.
  SegmentTable(iouring::Disk* disk, iouring::Loop* loop, LiveMap* live, const Options& options);
  // REQUIRES: is_idle().
  ~SegmentTable();
  SegmentTable(const SegmentTable&) = delete;
  SegmentTable& operator=(const SegmentTable&) = delete;

  // Called, from the loop, when acquire() may have become possible.
  void set_on_change(base::InlineFunction<void()> on_change) { on_change_ = std::move(on_change); }
  // Prepares what kReadyTarget asks for. Called by the table itself, and once to begin.
  void refill();
  // Prepares no more.
  void stop();
  bool is_idle() const { return !preparer_.is_busy() && removing_ == 0 && hold_count_ == 0; }

  // kReady when acquire() succeeds.
  AppendState availability(Stream stream) const;
  // A free segment, now kActive with its next generation. REQUIRES: availability() is kReady.
  Segment* acquire(Stream stream);
  void begin_sealing(Segment* segment);
  void finish_sealing(Segment* segment);

  Segment& at(uint32_t id);
  const Segment& at(uint32_t id) const;
  // Ids are below this; some may be kAbsent.
  uint32_t id_end() const { return static_cast<uint32_t>(segments_.size()); }

  void hold(uint32_t id);
  void release(uint32_t id);
  void pin(uint32_t id);
  void unpin(uint32_t id);
  void frozen_view_opened() { ++frozen_views_; }
  void frozen_view_closed();
  uint32_t frozen_views() const { return frozen_views_; }
  bool is_pinned(const Segment& segment) const;
  // Whether the record lies in what was written of a segment in use. Locations may come from disk.
  bool is_readable(const Location& location) const;
  // Frees the segment if I4 allows it. Called when its last live record died.
  void reclaim(uint32_t id);

  void set_bytes_max(uint64_t bytes_max);
  uint64_t store_id() const { return options_.store_id; }
  uint64_t segment_bytes() const { return options_.segment_bytes; }
  // No further file will be made: what is free is all there is.
  bool is_at_limit() const { return file_count_ >= files_max() || failure_ != AppendState::kReady; }
  uint32_t free_count() const { return static_cast<uint32_t>(free_.size()); }
  uint64_t file_count() const { return file_count_; }
  uint64_t io_errors() const { return io_errors_; }

 private:
  void on_prepared(uint32_t id, const base::Result<iouring::File>& file);
  bool may_reuse(const Segment& segment) const;
  void make_free(Segment& segment);
  void remove(Segment& segment);
  uint32_t take_absent_id();
  uint64_t files_max() const;
  void changed();

  iouring::Disk* const disk_;
  iouring::Loop* const loop_;
  LiveMap* const live_;
  Options options_;
  SegmentPreparer preparer_;
  base::InlineFunction<void()> on_change_;
  std::vector<std::unique_ptr<Segment>> segments_;  // By id.
  std::vector<uint32_t> free_;
  std::vector<uint32_t> absent_;
  uint64_t file_count_ = 0;  // Neither absent nor being removed.
  uint32_t removing_ = 0;
  uint64_t hold_count_ = 0;
  uint32_t frozen_views_ = 0;
  uint64_t io_errors_ = 0;
  bool stopped_ = false;
  AppendState failure_ = AppendState::kReady;  // kFull or kFailed after a failed preparation.
  iouring::TimerId retry_;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_SEGMENT_TABLE_H_
