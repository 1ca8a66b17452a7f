// KeyIndexCore: a KeyIndex over any IndexStore.
//
// The life of a write:
//   put/erase -> overlay, unsent --flush_turn--> batch on kIndexWrite --done--> applied
//             -> released from the overlay, once no read is under way that began before
// The life of a lookup_async:
//   gathered --flush_turn--> sorted, split over the kIndexRead helpers --done--> the overlay is
//   asked again, and only what it does not know is answered by the store
//
//   C1  A read that is under way began with a ticket: the sequence up to which writes were applied
//       then. The overlay keeps every younger write until the ticket is given back. So whatever
//       the helper saw or missed, the overlay knows.
//   C2  view_ shows exactly the batches whose completion the loop has seen. So view_ with the
//       overlay on top is the present moment, whatever the index thread is doing.
//   C3  After an error nothing is released and nothing sent until retry(); then every write in the
//       overlay is sent again. There is one write per key, so the order does not matter.

#ifndef BASALT_LOGSTORE_KEY_INDEX_CORE_H_
#define BASALT_LOGSTORE_KEY_INDEX_CORE_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "iouring/helpers.h"
#include "logstore/index_overlay.h"
#include "logstore/key_index.h"
#include "logstore/key_index_store.h"

namespace logstore {

struct KeyIndexLimits {
  size_t overlay_bytes_max = 8 * 1024 * 1024;
  // A turn's writes are sent when there are so many, or when no batch is under way.
  size_t write_batch_min = 64;
  size_t write_batch_max = 1024;
  size_t write_batches_in_flight_max = 4;
  // A turn's lookups are split so that each part has at least this many, over at most as many
  // parts as there are threads to read.
  size_t read_part_min = 2;
  size_t read_parts_max = 4;
  size_t reads_in_flight_max = 64;
};

class KeyIndexCore final : public KeyIndex {
 public:
  // `helpers` outlives the index or has dropped its works before the index is destroyed.
  KeyIndexCore(std::unique_ptr<IndexStore> store, iouring::Helpers* helpers,
               const KeyIndexLimits& limits);
  ~KeyIndexCore() override;

  Lookup lookup(const UnitKey& key) override;
  void lookup_async(const UnitKey& key, LookupDone done) override;
  void put(const UnitKey& key, const IndexValue& value) override;
  void relocate(const UnitKey& key, const IndexValue& value) override;
  void erase(const UnitKey& key, int64_t expire_at_ms) override;
  void drop_namespace(uint32_t namespace_id, StatusDone done) override;
  void walk(const WalkOptions& options, WalkDone done) override;
  void due(int64_t now_ms, uint32_t entries_max, DueDone done) override;
  void flush_turn() override;
  bool idle() const override;
  size_t overlay_bytes() const override { return overlay_.bytes(); }
  bool overlay_full() const override;
  void set_cache_bytes(size_t bytes) override;
  size_t memory_bytes() const override;
  void sample() override;
  const IndexStatistics& statistics() const override { return statistics_; }
  const base::Status& health() const override { return health_; }
  void retry(StatusDone done) override;

  // For the store's owner (the simulation).
  IndexStore* store() { return store_.get(); }

 private:
  struct ReadBatch;
  struct WriteJob;
  struct WalkJob;
  struct DueJob;

  // A namespace on its way out: answers absent until no write and no read older than its removal
  // is left.
  struct Drop {
    uint32_t namespace_id;
    uint64_t sequence;  // Of the youngest write before it.
    bool sent = false;
    bool applied = false;
    uint64_t applied_serial = 0;  // Tickets from this one on see it gone.
    StatusDone done;
  };
  struct Ticket {
    uint64_t serial;
    uint64_t sequence;
    bool returned = false;
  };

  // True when pending writes decide the key's answer.
  bool answer_pending(const UnitKey& key, Lookup* answer) const;
  bool is_dropped(uint32_t namespace_id) const;
  Lookup look_in_store(const UnitKey& key);

  uint64_t take_ticket();
  void return_ticket(uint64_t serial);
  void release_applied();

  void send_reads();
  void send_read_part(std::unique_ptr<ReadBatch> part);
  void deliver(ReadBatch& part);

  void send_writes();
  void send_write_batch();
  void append_write(const OverlayWrite& write, WriteJob* job);
  void finish_write(WriteJob& job);
  void send_drops();
  void finish_drop(uint32_t namespace_id, const base::Status& status,
                   std::shared_ptr<const IndexView> view);
  void replace_view(std::shared_ptr<const IndexView> view);
  void fail(const base::Status& status);

  void send_due_parts(const std::shared_ptr<DueJob>& job);
  void finish_due(DueJob& job);
  bool due_row_is_current(const IndexEntry& candidate, Lookup* now) const;
  void note_sample(const StoreSample& sample);

  const KeyIndexLimits limits_;
  const std::unique_ptr<IndexStore> store_;
  iouring::Helpers* const helpers_;

  IndexOverlay overlay_;
  uint64_t applied_sequence_ = 0;
  size_t jobs_in_flight_ = 0;  // Of any kind.
  size_t write_batches_in_flight_ = 0;
  std::vector<Drop> drops_;
  std::vector<std::string> stale_rows_;  // Of the expiry column, to be erased.

  std::deque<Ticket> tickets_;  // Oldest first.
  uint64_t next_serial_ = 0;
  size_t reads_in_flight_ = 0;
  std::unique_ptr<ReadBatch> gathered_;

  std::shared_ptr<const IndexView> view_;
  std::vector<std::shared_ptr<const IndexView>> retired_views_;  // To be released on a helper.

  // No row of view_ but stale ones is earlier: where the next due() begins, past the tombstones of
  // what was due before.
  int64_t due_floor_ms_ = 0;
  int64_t newer_row_floor_ms_ = INT64_MAX;  // The earliest row put since a due() began.
  bool due_in_flight_ = false;

  // How often the block cache knew, of late: 0 never, kGateScale always.
  uint32_t cached_score_;
  uint32_t unprobed_ = 0;
  std::string key_scratch_;

  base::Status health_ = base::ok_status();
  IndexStatistics statistics_;
  bool sample_in_flight_ = false;
  int64_t charged_bytes_ = 0;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_KEY_INDEX_CORE_H_
