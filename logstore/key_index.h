// KeyIndex: finds the record of a cold or clean unit.
//
// A map in hash order from (namespace, hash64, unit key) to where the unit's record lies, kept on
// disk and a block cache, with the writes that are not there yet in an overlay in memory. It is a
// cache of the log: everything in it can be rebuilt from the segments and the live map (I2), so it
// is never synced and an error in it costs no data. INDEX.md has the layouts.
//
// All functions are called by the loop thread and none of them waits. Every continuation runs from
// a later turn of the loop, never inside the call that it was given to; it may call the index
// again. Arguments that are views need to live only during the call.
//
//   X1  What put, relocate, erase and drop_namespace were told is what every later lookup, walk
//       and due answers, applied to the store or not; an answer that was under way when the key
//       was written is that of the write.
//   X2  Writes reach the store in the order of the calls, each key's last one at the latest.
//   X3  A walk shows one moment: that of the call.
//   X4  An error of the store is kept (health()) and stops demotion; lookups go on, and the writes
//       it refused stay in the overlay until retry() succeeds.

#ifndef BASALT_LOGSTORE_KEY_INDEX_H_
#define BASALT_LOGSTORE_KEY_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "logstore/key_index_format.h"

namespace logstore {

enum class LookupState : uint8_t {
  kFound,
  kAbsent,
  kNotCached,  // Only reading the device can tell: ask with lookup_async.
  kError,      // The store could not read or verify it; health() says why.
};

struct Lookup {
  LookupState state = LookupState::kAbsent;
  IndexValue value;  // Of kFound.
};

struct IndexEntry {
  UnitKey key;
  IndexValue value;
};

// One step through a namespace. `entries` are in the order of hash, then kind, then key bytes.
struct WalkPage {
  std::vector<IndexEntry> entries;
  std::vector<char> key_bytes;  // What the entries' keys point into.
  bool complete = false;        // Nothing follows; else the next step starts at `hash_next`.
  uint64_t hash_next = 0;
};

struct WalkOptions {
  uint32_t namespace_id = 0;
  uint64_t hash_from = 0;  // Entries with hash64 >= hash_from.
  // The step ends after this many entries or key bytes, but never between two entries whose
  // hashes agree in the upper kWalkGroupBits bits. REQUIRES: > 0.
  uint32_t entries_max = 1000;
  uint32_t key_bytes_max = 1024 * 1024;
  bool with_pages = false;  // Roots only unless set.
};

// As many bits of the hash as a SCAN cursor carries.
inline constexpr unsigned kWalkGroupBits = 52;

// Units whose value in the index has expired, soonest first.
struct DuePage {
  std::vector<IndexEntry> entries;
  std::vector<char> key_bytes;
  bool complete = false;  // Nothing else is due at that time.
};

struct IndexStatistics {
  uint64_t lookups = 0;          // lookup() and lookup_async().
  uint64_t overlay_answers = 0;  // Answered by a pending write.
  uint64_t cached_answers = 0;   // Found or absent without a device read.
  uint64_t not_cached = 0;       // lookup() that could not answer.
  uint64_t read_batches = 0;     // Sent to helpers, with the lookups in them.
  uint64_t read_lookups = 0;
  uint64_t write_batches = 0;  // Applied, with the operations in them.
  uint64_t write_operations = 0;
  uint64_t walks = 0;
  uint64_t due_candidates = 0;
  uint64_t due_stale_rows = 0;  // Hints of the expiry column that were dropped.
  uint64_t read_errors = 0;
  // Of the last sample:
  uint64_t device_reads = 0;  // Blocks that were not in the cache (data, index and filter).
  uint64_t disk_bytes = 0;    // Live files.
  uint64_t cache_bytes = 0;   // Capacity of the block cache, and what it holds.
  uint64_t cached_bytes = 0;
  uint64_t memtable_bytes = 0;
  uint64_t table_reader_bytes = 0;
  uint64_t keys_estimate = 0;
};

class KeyIndex {
 public:
  using LookupDone = base::InlineFunction<void(const Lookup&)>;
  using WalkDone = base::InlineFunction<void(base::Result<WalkPage>)>;
  using DueDone = base::InlineFunction<void(base::Result<DuePage>)>;
  using StatusDone = base::InlineFunction<void(const base::Status&)>;

  // REQUIRES: idle().
  virtual ~KeyIndex() = default;

  // Answers from the overlay or the block cache. While most answers would be kNotCached, it says
  // so for nearly all keys without looking.
  virtual Lookup lookup(const UnitKey& key) = 0;
  // Reads the device if it must; never answers kNotCached. The lookups of a turn are sorted and
  // sent to the helpers by flush_turn().
  virtual void lookup_async(const UnitKey& key, LookupDone done) = 0;

  // The key's record is `value` from now on. Also writes the hint of the expiry column.
  virtual void put(const UnitKey& key, const IndexValue& value) = 0;
  // As put, for a value whose expiry is what the key's value in the index has already: the hint is
  // there. For compaction.
  virtual void relocate(const UnitKey& key, const IndexValue& value) = 0;
  // The key has no record any more. `expire_at_ms` is that of the value which is erased, kNoExpiry
  // when it had none or the caller does not know it: then due() drops the hint when it is due.
  virtual void erase(const UnitKey& key, int64_t expire_at_ms) = 0;
  // Drops every key of the namespace: absent at once, the space comes back in the background.
  // REQUIRES: the namespace is not written to again. `done` may be empty.
  virtual void drop_namespace(uint32_t namespace_id, StatusDone done) = 0;

  virtual void walk(const WalkOptions& options, WalkDone done) = 0;
  // Units with expire_at_ms <= now_ms, soonest first, at most `entries_max`. The caller erases or
  // rewrites each of them, else the next call returns it again. Looks at `entries_max` hints at
  // most, so a page may be empty and not complete; misses a put that did not reach the store yet.
  // REQUIRES: no other due() is under way.
  virtual void due(int64_t now_ms, uint32_t entries_max, DueDone done) = 0;

  // Once at the end of every turn: sends the turn's lookups and writes to the helpers.
  virtual void flush_turn() = 0;
  // Nothing is under way or waiting to be sent, apart from writes that a store in error refuses.
  virtual bool idle() const = 0;

  // What pending writes take. Full: demotion has to wait; put and erase are never refused.
  virtual size_t overlay_bytes() const = 0;
  virtual bool overlay_full() const = 0;

  // The budget of the block cache, memtables included. Shrinking drops blocks at once.
  virtual void set_cache_bytes(size_t bytes) = 0;
  // Everything this index keeps in memory, as of the last sample; charged to MemoryUse::kIndex.
  virtual size_t memory_bytes() const = 0;
  // Takes a new sample of memory and disk figures on a helper; at most one is under way.
  virtual void sample() = 0;
  virtual const IndexStatistics& statistics() const = 0;

  // Ok, or the first error of the store since the last successful retry.
  virtual const base::Status& health() const = 0;
  // After an error: lets the store recover (space was made) and sends it everything pending. `done`
  // gets the outcome. REQUIRES: !health().ok().
  virtual void retry(StatusDone done) = 0;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_KEY_INDEX_H_
