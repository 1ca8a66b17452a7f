// LogStore: the log-structured store of values on disk. Appends records, reads them back verified,
// knows which are live, and reclaims the space of those that are not.
//
//   append ──► SegmentWriter (one per Stream) ──► segments/0000002a.seg ──► sealed, fdatasync
//   read   ──► depth-bounded, one aligned read that covers the record, every check
//   live map ─ mark_live / mark_dead / freeze ──► FrozenView (pins its segments)
//   compact_step ──► victim ─ SegmentReader ─ copies ──► OnRelocated ──► segment free
//
// It knows units, not what they mean: what a payload holds, which units exist and where their
// index lies is the caller's. The caller keeps these rules:
//   - A record is not live by being appended: at its completion the caller decides, in that step,
//     and calls mark_live() (or leaves it dead, when the unit changed meanwhile).
//   - Whatever replaces or deletes a unit whose record is live calls mark_dead() in that step.
//   - OnRelocated moves the unit's Location in index and memory in that step.
// In return (I4): a segment is reused only when no live bit, no frozen view, no read, write or scan
// in flight and no record still in a completion refers to it.
//
// The store is volatile so far: open() empties the directory. Loop thread only. Continuations run
// from the loop's turn, never inside the call that took them.

#ifndef BASALT_LOGSTORE_LOG_STORE_H_
#define BASALT_LOGSTORE_LOG_STORE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/function.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "iouring/disk.h"
#include "iouring/loop.h"
#include "logstore/key_index_format.h"
#include "logstore/live_map.h"
#include "logstore/record.h"
#include "logstore/record_ref.h"
#include "logstore/relocation.h"
#include "logstore/segment_reader.h"
#include "logstore/stream.h"

namespace logstore {

// What the store runs on. All outlive it; `log` may be null.
struct Environment {
  iouring::Disk* disk;
  iouring::Loop* loop;
  base::Random* random;
  base::Logger* log = nullptr;
};

struct LogStoreOptions {
  // Of all segments, but at least four of them; 0: what the file system has free, less 5 % of it.
  uint64_t bytes_max = 0;
  uint64_t segment_bytes = base::kSegmentBytes;  // A multiple of 256 KiB, >= kSegmentBytesMin.
  uint32_t read_depth = 64;                      // Reads in flight; more wait in order.
  uint32_t write_depth = 4;                      // Writes in flight per stream.
  uint64_t flush_delay_ns = 5'000'000;       // A partly filled buffer is written after that long.
  uint32_t amplification_max_percent = 130;  // Of occupied over live bytes, pins aside.
  uint64_t compaction_bytes_in_flight = 2 * base::kIoBytesMax;
};

// The figures of INFO "# Tier" and more. Counters are since open().
struct LogStoreStatistics {
  uint64_t live_bytes = 0;
  uint64_t dead_bytes = 0;  // Occupied, not live, and not pinned.
  uint64_t live_records = 0;
  uint64_t segments = 0;         // With records, the active ones included.
  uint64_t free_segments = 0;    // Preallocated and empty.
  uint64_t pinned_segments = 0;  // Held by frozen views.
  uint64_t pinned_dead_bytes = 0;
  uint64_t disk_bytes = 0;  // Of all segment files.
  uint64_t corrupt_records = 0;
  uint64_t io_errors = 0;
  uint64_t reads = 0;  // Device reads for read().
  uint64_t read_bytes = 0;
  uint64_t reads_in_flight = 0;
  uint64_t reads_waiting = 0;
  uint64_t appended_records = 0;
  uint64_t appended_bytes = 0;  // Records of kDemotion and kPreImage.
  uint64_t written_bytes = 0;   // To the device, all streams, padding included.
  uint64_t compactions = 0;     // Victims emptied.
  uint64_t relocated_records = 0;
  uint64_t relocated_bytes = 0;
  uint64_t amplification_percent = 100;  // Occupied over live bytes, pins aside.
};

class FrozenView;

class LogStore {
 public:
  // The Location, or why the record was not written. Nothing of the record is live yet.
  using AppendDone = base::InlineFunction<void(base::Result<Location>)>;
  // The view is valid during the call. Errors: kCorrupt (also counted and logged), kIo.
  using ReadDone = base::InlineFunction<void(const base::Result<RecordView>&)>;
  using OnWritable = base::InlineFunction<void()>;

  // Takes `directory` (created if missing, its parent must exist): locks it, refuses one that holds
  // foreign files (kInvalid) and empties it. Blocks; for start-up. Segments are made from the first
  // append or append_state() on.
  struct OpenFailure {
    int owner_pid = 0;    // Of kBusy: who has the directory; 0 unknown.
    std::string foreign;  // Of kInvalid: the first file that is not the tier's.
  };
  static base::Result<std::unique_ptr<LogStore>> open(const std::string& directory,
                                                      const LogStoreOptions& options,
                                                      const Environment& environment,
                                                      OpenFailure* failure);
  // REQUIRES: is_idle(). Files stay; the next open() empties them.
  ~LogStore();
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  // ---- Appending

  // Copies the record into the stream's write buffer and returns where it will stand; `done`
  // follows when it is written there or failed. Without a Location `done` is destroyed uncalled:
  // kInvalid (larger than base::kUnitBytesMax), kBusy, kNoSpace, kIo as append_state() says.
  // kPreImage REQUIRES a FrozenView; kCompaction is the store's own.
  base::Result<Location> append(Stream stream, const UnitFields& fields,
                                std::span<const base::ByteSpan> payload, AppendDone done);
  // For a record of any size; smaller ones may be taken a little longer.
  AppendState append_state(Stream stream) const;
  // Called once per change from another state to kReady, from the loop's turn. One at a time.
  void set_on_writable(Stream stream, OnWritable on_writable);
  // Writes what the stream's buffer holds without waiting for more.
  void flush(Stream stream);

  // ---- Reading

  // Reads the record at `location`, which is live (or a pre-image, or pinned by a FrozenView), and
  // checks everything: checksums, place, unit. A record that is still in a write buffer is served
  // from it.
  void read(const Location& location, const UnitKey& expected, iouring::IoClass io_class,
            ReadDone done);

  // ---- The live map (live_map.h)

  void mark_live(const RecordRef& ref, uint32_t namespace_id);
  void mark_dead(const RecordRef& ref, uint32_t namespace_id);
  void drop_namespace(uint32_t namespace_id);
  const LiveMap& live_map() const;
  // The live map of this moment, its segments pinned until the view is destroyed. O(segments).
  std::unique_ptr<FrozenView> freeze();

  // ---- Compaction

  // Called in the step in which a live record moves. Set once, before the first compact_step().
  void set_on_relocated(OnRelocated on_relocated);
  // Does what compaction has to do and can do now, for at most about `budget_ns` of thread CPU;
  // false when there is nothing to do before something changes. Call it every turn.
  bool compact_step(uint64_t budget_ns);
  // Compacts whatever has dead bytes, whatever the amplification, until none is left or it fails.
  void compact_all();
  bool is_compacting() const;

  // ---- State

  LogStoreStatistics statistics() const;
  uint64_t store_id() const;
  const std::string& directory() const;
  // At any time.
  void set_bytes_max(uint64_t bytes_max);
  void set_read_depth(uint32_t depth);
  void set_write_depth(uint32_t depth);
  // Seals what is active, finishes what is in flight; takes no more appends. Turn the loop until
  // is_idle().
  void stop();
  // Nothing is in flight and no FrozenView is left: may be destroyed.
  bool is_idle() const;

 private:
  friend class FrozenView;
  class Impl;
  explicit LogStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The live records of one moment. Destroy it when the last reader is done. The store outlives it.
class FrozenView {
 public:
  ~FrozenView();
  FrozenView(const FrozenView&) = delete;
  FrozenView& operator=(const FrozenView&) = delete;

  const FrozenLiveMap& live() const { return live_; }
  // Yields the records of the segment (one of live().segments()) that were live at the moment; to
  // leave out those of namespaces dropped before it is the caller's: ask live().dropped().
  // `options.wanted` is set here.
  std::unique_ptr<SegmentReader> scan(uint32_t segment_id, ScanOptions options) const;

 private:
  friend class LogStore;
  FrozenView(LogStore::Impl* store, FrozenLiveMap live, std::vector<uint32_t> pinned);
  LogStore::Impl* const store_;
  const FrozenLiveMap live_;
  const std::vector<uint32_t> pinned_;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_LOG_STORE_H_
