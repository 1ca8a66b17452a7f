// Compaction: copies what is still live out of segments that are mostly dead, so that they can be
// reused, and tells the owner where each unit lies now.
//
// Victims are chosen by cost-benefit (Rosenblum and Ousterhout, "The Design and Implementation of a
// Log-Structured File System"): the segment with the greatest (1 - u) * age / (1 + u), where u is
// its live share and age the number of records appended since it was filled. Damaged segments go
// first. Pinned segments are no victims: emptying them frees nothing.
//
// It runs while occupied bytes exceed the target share of live bytes (pins aside), while appends
// lack a segment and there is something to win, and after request_all().
//
// (I6) Whether a record moves is decided when its copy is written: if its bit is still set then,
//      bit and unit move in that step; else the copy is dead.
// A live record that cannot be read intact, or the third read error, leaves the segment in place:
// it is freed when its last live record dies. Loop thread only.

#ifndef BASALT_LOGSTORE_COMPACTION_H_
#define BASALT_LOGSTORE_COMPACTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/function.h"
#include "base/log.h"
#include "iouring/disk.h"
#include "iouring/loop.h"
#include "logstore/live_map.h"
#include "logstore/relocation.h"
#include "logstore/segment_reader.h"
#include "logstore/segment_table.h"
#include "logstore/segment_writer.h"

namespace logstore {

struct CompactionStatistics {
  uint64_t victims = 0;  // Walked to their end.
  uint64_t relocated_records = 0;
  uint64_t relocated_bytes = 0;
  uint64_t outdated_copies = 0;  // Died while their copy was in flight.
  uint64_t read_bytes = 0;
  uint64_t corrupt_records = 0;
  uint64_t io_errors = 0;
};

// What the segments hold, but for pinned ones.
struct Occupancy {
  uint64_t occupied_bytes = 0;
  uint64_t live_bytes = 0;
};
Occupancy measure_occupancy(const SegmentTable& table, const LiveMap& live);

class Compaction {
 public:
  struct Options {
    uint32_t amplification_max_percent = 130;
    uint64_t bytes_in_flight_max = 2 * base::kIoBytesMax;
  };
  // All outlive it; `log` may be null. `*next_sequence` is the writers'.
  Compaction(iouring::Disk* disk, iouring::Loop* loop, SegmentTable* table, LiveMap* live,
             SegmentWriter* writer, const uint64_t* next_sequence, base::Logger* log,
             const Options& options);
  ~Compaction();
  Compaction(const Compaction&) = delete;
  Compaction& operator=(const Compaction&) = delete;

  // REQUIRES: once, before the first step().
  void set_on_relocated(OnRelocated on_relocated) { on_relocated_ = std::move(on_relocated); }
  // See LogStore::compact_step.
  bool step(uint64_t budget_ns);
  // Every sealed segment with dead bytes becomes a victim once.
  void request_all();
  // Gives up the victim in hand; what was copied stays copied.
  void stop();
  // The victim in hand became pinned: emptying it wins nothing now.
  void forget_pinned_victim();

  // The limit of amplification is exceeded and compaction is at work on it: fresh records wait.
  bool is_behind() const;
  bool is_active() const { return reader_ != nullptr || copies_in_flight_ != 0; }
  const CompactionStatistics& statistics() const { return statistics_; }

 private:
  // Measures the occupancy if that is due.
  bool look();
  bool exceeds(uint64_t percent) const;
  bool wants_victim() const;
  Segment* choose_victim();
  void begin(Segment* victim);
  // False when the walk waits.
  bool advance();
  bool copy(const ScanItem& item);
  bool has_room_for(const Segment& victim) const;
  void on_copied(const RecordRef& from, uint32_t from_offset, uint32_t namespace_id,
                 const base::Result<Location>& to);
  void end_walk();
  void give_up(const char* why);
  void drop_reader();
  void forget_victims();

  iouring::Disk* const disk_;
  iouring::Loop* const loop_;
  SegmentTable* const table_;
  LiveMap* const live_;
  SegmentWriter* const writer_;
  const uint64_t* const next_sequence_;
  base::Logger* const log_;
  const Options options_;
  OnRelocated on_relocated_;
  std::unique_ptr<SegmentReader> reader_;  // Of the victim in hand.
  std::optional<ScanItem> uncopied_;       // The reader's last record, which has no place yet.
  std::vector<uint32_t> victims_;          // Marked is_victim: walked, and the one in hand.
  uint32_t copies_in_flight_ = 0;
  uint64_t all_before_sequence_ = 0;  // request_all(): segments filled before it.
  uint64_t paused_until_ns_ = 0;      // After an I/O error.
  uint64_t looked_ns_ = 0;            // The last look at the occupancy.
  uint64_t looked_sequence_ = 0;
  uint64_t looked_live_bytes_ = 0;
  Occupancy occupancy_;
  bool found_victim_ = true;  // By the last look for one.
  bool stopped_ = false;
  CompactionStatistics statistics_;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_COMPACTION_H_
