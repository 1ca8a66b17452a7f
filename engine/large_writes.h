// LargeWrites: large strings on their way to the log, and the end of those that leave it.
//
// A write appends its pages as fast as the store takes them, each live from its completion on, and
// when all are there the root. The string is either at hand (a demotion: a frozen reference, so
// nothing is copied) or is given page by page (a load). A write that is cancelled or fails gives up
// the pages that it has written.
//
//   begin ──► pages ──► root ──► done(location of the root)
//     └── cancel, a failed append ──► release ──► done(error)
//
// Loop thread only. `done` runs from step() or a completion, never inside another call.

#ifndef BASALT_ENGINE_LARGE_WRITES_H_
#define BASALT_ENGINE_LARGE_WRITES_H_

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/function.h"
#include "engine/page_table.h"
#include "engine/value/chunked_string.h"
#include "logstore/key_index.h"
#include "logstore/log_store.h"

namespace engine {

class LargeWrites {
 public:
  using Done = base::InlineFunction<void(const base::Result<logstore::IndexValue>&)>;

  struct Root {
    NamespaceId namespace_id = 0;
    uint64_t hash = 0;
    std::string key;
    int64_t expiry_ms = logstore::kNoExpiry;
    uint64_t bytes = 0;  // Of the string.
  };

  // All outlive it. References to strings go to `condemned`, whose owner frees them in slices.
  LargeWrites(logstore::LogStore* store, logstore::KeyIndex* index, PageTable* pages,
              std::vector<ChunkedString*>* condemned)
      : store_(store), index_(index), pages_(pages), condemned_(condemned) {}
  ~LargeWrites();
  LargeWrites(const LargeWrites&) = delete;
  LargeWrites& operator=(const LargeWrites&) = delete;

  // Takes over the reference to `frozen`; null: the pages come with append_page(). Returns the
  // value's id.
  uint64_t begin(Root root, ChunkedString* frozen, Done done);
  // The next page of a write that has no string. False: the store takes nothing now, try again.
  bool append_page(uint64_t value_id, base::ByteSpan page);
  // The unit changed, or the load gave up: `done` follows with kCancelled, unless it ran before.
  void cancel(uint64_t value_id);
  // Before the tier forgets the namespace: its writes are cancelled, its values forgotten.
  void drop_namespace(NamespaceId namespace_id);

  // The unit with this root changed or went, and its bit is clear: its pages are given up, in
  // slices when they are many.
  void release(const logstore::RecordRef& root);

  // Appends or gives up some pages, or frees dropped values: some 100 us. True when there is more
  // to do at once.
  bool step();
  // The tier ends: nothing is appended or given up any more. `done` of what has nothing in flight
  // runs now.
  void stop();
  bool idle() const { return writes_.empty() && doomed_.empty(); }

 private:
  struct Write {
    Root root;
    ChunkedString* frozen = nullptr;
    Done done;
    size_t pages_appended = 0;
    size_t pages_written = 0;
    size_t in_flight = 0;
    bool root_appended = false;
    bool ended = false;  // Cancelled or failed; done() follows when nothing is in flight.
    base::Error error{base::ErrorCode::kCancelled};
  };
  enum class Progress : uint8_t { kMore, kBlocked, kWaits };

  bool append_unit(uint64_t value_id, const logstore::UnitFields& fields,
                   std::span<const base::ByteSpan> payload, logstore::LogStore::AppendDone done);
  Progress advance(uint64_t value_id, Write& write);
  Progress append_next_page(uint64_t value_id, Write& write);
  Progress append_root(uint64_t value_id, Write& write);
  logstore::UnitFields page_fields(const Root& root) const;
  void on_page(uint64_t value_id, size_t page, const base::Result<logstore::Location>& location);
  void on_root(uint64_t value_id, const base::Result<logstore::Location>& location);
  void end(uint64_t value_id, Write& write, const base::Error& error);
  void finish_ended(uint64_t value_id, Write& write);
  void finish(uint64_t value_id, const base::Result<logstore::IndexValue>& outcome);
  void doom(uint64_t value_id);
  bool release_pages(uint64_t value_id, size_t pages_max);

  logstore::LogStore* const store_;
  logstore::KeyIndex* const index_;
  PageTable* const pages_;
  std::vector<ChunkedString*>* const condemned_;
  std::unordered_map<uint64_t, Write> writes_;
  std::deque<uint64_t> queue_;   // Writes with something to append, or ended.
  std::deque<uint64_t> doomed_;  // Values whose pages are to be given up.
};

}  // namespace engine

#endif  // BASALT_ENGINE_LARGE_WRITES_H_
