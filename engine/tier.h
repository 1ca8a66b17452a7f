// Tier: the cold half of the engine. Owns the log store, the key index, the fetch table and the
// writes of demotions, and moves units between memory and disk on behalf of the residences.
//
// Reading: the gate asks for a key (locate, read), the tier answers at once or opens a slot in the
// fetch table and wakes the holders later. A value that arrives becomes a clean entry on probation:
// it stays while the slot is held, then waits in a FIFO of bounded size for a second touch.
// Writing: demote() hands an entry's record to the log; its completion makes the unit clean, unless
// it changed meanwhile. A large string is a root and pages (value/large_string.h), written and read
// piece by piece; its state is that of the root.
//
// Loop thread only.

#ifndef BASALT_ENGINE_TIER_H_
#define BASALT_ENGINE_TIER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/budget.h"
#include "engine/compression_gate.h"
#include "engine/databases.h"
#include "engine/fetch_table.h"
#include "engine/index_cache.h"
#include "engine/large_reads.h"
#include "engine/large_writes.h"
#include "engine/page_table.h"
#include "logstore/key_index.h"
#include "logstore/log_store.h"

namespace engine {

struct TierStatistics {
  uint64_t hits_hot = 0;   // Keys of commands that were resident.
  uint64_t hits_cold = 0;  // That had to be read.
  uint64_t absent = 0;     // That were nowhere.
  uint64_t demoted_keys = 0;
  uint64_t demoted_bytes = 0;
  uint64_t dropped_keys = 0;  // Clean entries that left memory.
  uint64_t fetched_keys = 0;
  uint64_t stale_reads = 0;      // Answers thrown away (I5).
  uint64_t coalesced_reads = 0;  // Needs that joined a read in flight.
  uint64_t parked_commands = 0;
  uint64_t read_errors = 0;
  uint64_t cancelled_demotions = 0;
  uint64_t relocated_resident = 0;  // Records that compaction moved, of clean units.
};

class Tier {
 public:
  struct Parts {
    std::unique_ptr<logstore::LogStore> store;
    std::unique_ptr<logstore::KeyIndex> index;
    Databases* databases = nullptr;
    Budget* budget = nullptr;
  };
  explicit Tier(Parts parts);
  ~Tier();
  Tier(const Tier&) = delete;
  Tier& operator=(const Tier&) = delete;

  logstore::LogStore& store() { return *store_; }
  logstore::KeyIndex& index() { return *index_; }
  IndexCache& index_cache() { return index_cache_; }
  FetchTable& fetches() { return fetches_; }
  PageTable& pages() { return pages_; }
  LargeWrites& large_writes() { return large_writes_; }
  const LargeReads& large_reads() const { return large_reads_; }
  const TierStatistics& statistics() const { return statistics_; }
  TierStatistics& mutable_statistics() { return statistics_; }

  // ---- Reading (for the gate)
  enum class Answer : uint8_t {
    kAbsent,
    kLocated,  // *where is filled.
    kPending,  // The session holds a slot and will be woken.
    kFailed,   // *error is filled.
  };
  // Where the record of a key lies that is not resident and may be cold.
  Answer locate(Keyspace& keyspace, const Key& key, Session* session, logstore::IndexValue* where,
                base::Error* error);
  // Brings a located key's value in: kPending, or kFailed when the read that the session waited
  // for failed.
  Answer fetch(Keyspace& keyspace, const Key& key, const logstore::IndexValue& where,
               Session* session, base::Error* error);
  // Gives back the session's holds of commands up to `command_sequence`.
  void release_holds(Session* session, uint64_t command_sequence);
  void release_all_holds(Session* session);

  // ---- Writing
  // Whether demote() may be called; false when the store or the index cannot take more now.
  bool can_demote() const;
  // It may not be called, and that passes: buffers, the next segment or index writes are under way.
  bool demotion_has_to_wait() const;
  // dirty -> demoting, then cold, or clean if it is used meanwhile. False: the record was not taken
  // (see can_demote()), nothing changed. REQUIRES: is_demotable(), of the current epoch.
  bool demote(Keyspace& keyspace, uint64_t hash, Entry* entry, bool compress);
  // absent -> cold, for a load: the record is what the file has. `done(false)` when it could not be
  // written. False: it was not taken, and `done` is dropped.
  bool append_loaded(Keyspace& keyspace, const logstore::UnitFields& fields, base::ByteSpan payload,
                     base::InlineFunction<void(bool written)> done);
  // The same for a large string, which comes page by page (LargeWrites::append_page), and its end.
  uint64_t begin_large_load(Keyspace& keyspace, const Key& key, int64_t expiry_ms,
                            uint64_t string_bytes, base::InlineFunction<void(bool written)> done);
  // Residence's: the unit changed while its record was written.
  void cancel_demotion(NamespaceId namespace_id, const Key& key);
  // What comes free when the entry leaves memory.
  static uint64_t resident_bytes_of(const Entry* entry);
  size_t demotions_in_flight() const { return demotions_.size(); }
  // What comes free when they are written.
  uint64_t demotion_bytes_in_flight() const { return demotion_bytes_in_flight_; }
  // clean -> cold. Whether it may is the caller's to know (is_pinned).
  void drop(Keyspace& keyspace, uint64_t hash, Entry* entry);
  // Whether a fetch slot keeps the entry where it is.
  bool is_pinned(NamespaceId namespace_id, const Key& key);

  // ---- Probation
  // Drops values on probation, oldest first, until they take at most `bytes`.
  void trim_probation(uint64_t bytes);
  uint64_t probation_bytes() const { return probation_bytes_; }

  // ---- Housekeeping
  void drop_namespace(NamespaceId namespace_id);
  // Starts reads that waited for memory; call every turn.
  void pump();
  // Nothing is in flight, so that it may be destroyed after stop().
  void stop();
  bool is_idle() const;

 private:
  struct Demotion {
    NamespaceId namespace_id;
    uint64_t hash;
    std::string key;
    logstore::IndexValue where;
    uint32_t access;  // Of the entry, to see whether it was used meanwhile.
    uint64_t bytes;   // That come free.
    bool cancelled = false;
    uint64_t value_id = 0;  // Of a large string.
  };
  struct Probationer {
    NamespaceId namespace_id;
    uint64_t hash;
    std::string key;
    uint64_t bytes;
  };

  static uint64_t demotion_key(NamespaceId id, uint64_t hash) {
    return hash ^ (static_cast<uint64_t>(id) * 0x9e3779b97f4a7c15);
  }
  void on_located(FetchId id, const logstore::Lookup& lookup);
  void on_read(FetchId id, const base::Result<logstore::RecordView>& record);
  bool demote_large(Keyspace& keyspace, uint64_t hash, Entry* entry);
  void add_demotion(uint64_t id, Demotion demotion);
  void on_demoted(uint64_t demotion_id, const base::Result<logstore::Location>& location);
  void on_loaded(uint64_t id, const base::Result<logstore::Location>& location);
  void on_relocated(const logstore::Relocation& relocation);
  void on_pages(FetchId id, const base::Result<ChunkedString*>& chunks);
  void settle(FetchId id);
  void fail(FetchSlot* slot, const base::Error& error);
  void take_in(FetchSlot& slot, const logstore::RecordView& record);
  void take_in_aggregate(FetchSlot& slot, const logstore::RecordView& record);
  EntryOptions fetched_options(const FetchSlot& slot);
  void settle_entry(FetchSlot& slot, Entry* entry);
  void take_in_entry(FetchSlot& slot, std::string_view value, ChunkedString* chunks);
  bool read_pages(FetchId id, const logstore::RecordView& record);
  bool start_read(FetchId id);
  void hold(FetchId id, Session* session);
  void wake_holders(FetchId id, const FetchSlot& slot);
  void close_if_done(FetchId id);
  void begin_probation(Keyspace& keyspace, const FetchSlot& slot);

  const std::unique_ptr<logstore::LogStore> store_;
  const std::unique_ptr<logstore::KeyIndex> index_;
  Databases* const databases_;
  Budget* const budget_;
  IndexCache index_cache_;
  FetchTable fetches_;
  PageTable pages_;
  LargeWrites large_writes_;
  LargeReads large_reads_;
  TierStatistics statistics_;

  std::unordered_map<uint64_t, Demotion> demotions_;  // By id.
  std::unordered_multimap<uint64_t, uint64_t> demotions_by_key_;
  uint64_t next_demotion_id_ = 1;
  uint64_t demotion_bytes_in_flight_ = 0;
  // Records of a load on their way, by id.
  struct Loaded {
    NamespaceId namespace_id;
    uint64_t hash;
    std::string key;
    logstore::IndexValue where;
    base::InlineFunction<void(bool)> done;
  };
  std::unordered_map<uint64_t, Loaded> loaded_;
  std::vector<std::byte> scratch_;  // The payload being encoded.
  CompressionGate compression_;

  std::deque<FetchId> waiting_for_memory_;
  uint32_t reads_in_flight_ = 0;
  uint32_t lookups_in_flight_ = 0;
  std::deque<Probationer> probation_;
  uint64_t probation_bytes_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_TIER_H_
