// Snapshot: one point-in-time copy of the data set, streamed out while commands go on.
//
//   freeze (one turn)   new epoch; live map frozen, its segments pinned; databases' mapping noted
//     cold pass         the records whose frozen bit is set, segment by segment, payloads as they
//     are dirty pass        a walk of the dictionaries: entries of an older epoch that are dirty or
//                       demoting (clean ones stand in the frozen map)
//     pre-images        such an entry that changes, goes or is demoted before the walk comes by
//   both sums must agree with the freeze, then the file is renamed into place
//
// Both passes and the pre-images fill batches of immutable bytes; the stream helper frames, sums
// and hands them to the sink, which bounds what is in flight. Passes wait while the stream has no
// room. Pre-images cannot wait: beyond a part of what they may take in memory they go to the log
// and come back after the walk (snapshot_spill.h); over_cap() tells the gate to hold writers when
// the log does not keep up either.
//
// A cold large string is read page by page where its root is met; whatever else is written
// meanwhile waits behind it, since a value's bytes stand together in the file.
//
// (1) A unit of the freeze is written exactly once: it is either in the frozen map or has an entry
//     of an older epoch, and whoever writes that entry gives it the current epoch.
// (2) The number of keys written and the XOR of their hashes equal those at the freeze, or the
//     snapshot fails.
//
// Loop thread only.

#ifndef BASALT_ENGINE_SNAPSHOT_H_
#define BASALT_ENGINE_SNAPSHOT_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/residence.h"
#include "engine/snapshot_batch.h"
#include "engine/snapshot_pages.h"
#include "engine/snapshot_spill.h"
#include "logstore/log_store.h"
#include "persist/rdb_stream.h"
#include "persist/stream_sink.h"

namespace engine {

class Engine;

class Snapshot final : public SnapshotObserver {
 public:
  using Done = base::InlineFunction<void(const base::Status&)>;

  struct Progress {
    uint64_t keys = 0;  // Written, and at the freeze.
    uint64_t keys_total = 0;
    uint64_t bytes = 0;  // Of the file so far.
    uint64_t pre_images = 0;
    uint64_t spilled_batches = 0;  // Of pre-images, to the log.
    uint64_t backlog_bytes = 0;
    uint64_t backlog_bytes_max = 0;
  };

  // Writes to `sink`, which is open. `aof_base`: the file says that commands follow it. `engine`
  // outlives the snapshot.
  Snapshot(Engine* engine, std::unique_ptr<persist::StreamSink> sink, bool aof_base);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // Freezes. `done` runs once, when the sink has finished or given up; the snapshot may then be
  // destroyed from a later turn.
  void begin(Done done);
  // A slice of both passes; true when there is more to do at once.
  bool step();
  // Gives up with this error.
  void fail(const base::Error& error);

  // More pre-images wait than may: writers are held.
  bool over_cap() const { return backlog_bytes_ > backlog_cap_; }
  Progress progress() const;
  void set_limits(const persist::StreamLimits& limits) { sink_->set_limits(limits); }
  const persist::StreamStatistics& stream() const { return sink_->statistics(); }

  // SnapshotObserver.
  void before_change(NamespaceId namespace_id, uint64_t hash, Entry* entry) override;
  bool has_room() const override { return failed_ || stream_->has_room(); }

 private:
  struct Source {
    NamespaceId namespace_id;
    int database;
  };

  // What waits while a cold large string is written.
  struct Deferred {
    size_t bytes_max;
    persist::RdbStream::Batch batch;
    persist::RdbStream::Task done;
  };

  void note_freeze();
  void thaw();
  void begin_file();
  bool dirty_step();
  bool cold_step();
  bool next_segment();
  bool begin_cold_large(int database, const logstore::RecordView& record);
  bool cold_large_step();
  void submit(size_t bytes_max, persist::RdbStream::Batch batch, persist::RdbStream::Task done);
  void write_entry(int database, uint64_t hash, const Entry* entry, bool is_pre_image);
  void write_large(int database, uint64_t hash, const Entry* entry, bool is_pre_image);
  void write_tree(int database, uint64_t hash, const Entry* entry);
  void add_item(const SnapshotItem& item, uint64_t hash);
  void submit_batch();
  void submit(std::shared_ptr<const SnapshotBatch> batch, uint64_t owed_bytes);
  bool spill_step();
  int database_of(NamespaceId id) const;
  bool is_drained(NamespaceId id) const;
  void maybe_finish();
  void end(const base::Status& status);

  Engine* const engine_;
  const std::unique_ptr<persist::StreamSink> sink_;
  std::unique_ptr<persist::RdbStream> stream_;
  std::unique_ptr<logstore::FrozenView> frozen_;
  std::unique_ptr<logstore::SegmentReader> reader_;
  Done done_;
  const bool aof_base_;
  const bool compress_;
  const uint64_t backlog_cap_;

  std::vector<Source> sources_;
  std::unordered_map<NamespaceId, int> database_by_namespace_;
  uint64_t expected_keys_ = 0;
  uint64_t expected_xor_ = 0;
  uint64_t keys_ = 0;
  uint64_t hash_xor_ = 0;
  uint64_t pre_images_ = 0;

  std::unique_ptr<SnapshotBatch> batch_;  // Being filled; null when empty.
  std::shared_ptr<SnapshotFraming> framing_;
  uint64_t backlog_bytes_ = 0;            // In batches that are not written yet.
  std::unique_ptr<SnapshotSpill> spill_;  // With a cold tier.
  uint64_t spilled_batches_ = 0;
  // Of large pre-images: shared, so that only what their strings change or lose takes memory, which
  // the budget counts; they hold no writers.
  uint64_t large_backlog_bytes_ = 0;
  uint64_t backlog_bytes_max_ = 0;
  std::vector<std::byte> scratch_;

  size_t source_ = 0;      // Of the dirty pass.
  uint64_t position_ = 0;  // In hash order.
  bool dirty_done_ = false;
  size_t segment_ = 0;  // Of the cold pass.
  bool cold_done_ = false;
  bool cold_waits_ = false;                    // For a read.
  std::unique_ptr<SnapshotPages> cold_large_;  // Being written.
  std::deque<Deferred> deferred_;
  bool finishing_ = false;
  bool failed_ = false;
  base::Status failure_ = base::ok_status();
};

}  // namespace engine

#endif  // BASALT_ENGINE_SNAPSHOT_H_
