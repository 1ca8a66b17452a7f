// SnapshotPages: the pages of one cold large string, in order, for a snapshot's cold pass.
//
// Reads a few pages ahead and holds them until they are taken: memory is bounded whatever the
// string's length. Loop thread only; may be destroyed while reads are in flight.

#ifndef BASALT_ENGINE_SNAPSHOT_PAGES_H_
#define BASALT_ENGINE_SNAPSHOT_PAGES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/counted_allocator.h"
#include "base/result.h"
#include "engine/page_table.h"
#include "engine/value/large_string.h"
#include "logstore/log_store.h"

namespace engine {

class SnapshotPages {
 public:
  using Bytes =
      std::vector<std::byte, base::CountedAllocator<std::byte, base::MemoryUse::kSnapshot>>;

  struct Source {
    NamespaceId namespace_id = 0;
    uint64_t hash = 0;
    LargeString large;
    PageTable::Pages pages;  // Pinned by a frozen view until the last read.
  };
  SnapshotPages(logstore::LogStore* store, Source source);
  ~SnapshotPages();
  SnapshotPages(const SnapshotPages&) = delete;
  SnapshotPages& operator=(const SnapshotPages&) = delete;

  enum class Next : uint8_t {
    kWait,   // Nothing has arrived; the loop turns when it does.
    kPage,   // *page is the next one.
    kEnd,    // All were taken.
    kError,  // error() says what; nothing follows.
  };
  Next next(std::shared_ptr<const Bytes>* page);
  const base::Error& error() const;

 private:
  struct State;
  static void read_ahead(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_SNAPSHOT_PAGES_H_
