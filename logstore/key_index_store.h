// IndexStore: the ordered store under a KeyIndex, by column and encoded key.
//
// KeyIndexCore does everything that makes an index of it: overlay, batches, merging, staleness.
// A store only has to keep these few promises, so that RocksDB and the simulation share the rest.
// Who calls a function is said at it; functions of different threads may run at the same time.

#ifndef BASALT_LOGSTORE_KEY_INDEX_STORE_H_
#define BASALT_LOGSTORE_KEY_INDEX_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "logstore/key_index.h"

namespace logstore {

enum class IndexColumn : uint8_t {
  kUnits,   // index key -> encoded IndexValue
  kExpiry,  // expiry row -> nothing
};

// Operations in order, in one buffer: what the loop hands to the index thread.
class IndexBatch {
 public:
  enum class Operation : uint8_t { kPutUnit, kEraseUnit, kPutRow, kEraseRow };

  // `value` is empty for all but kPutUnit.
  void append(Operation operation, std::string_view key, std::string_view value = {});
  // Calls visit(operation, key, value) in the order of append.
  template <class Visit>
  void for_each(Visit&& visit) const;
  size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }

 private:
  struct Head {
    uint32_t key_bytes;
    uint16_t value_bytes;
    Operation operation;
  };
  std::string bytes_;
  size_t count_ = 0;
};

template <class Visit>
void IndexBatch::for_each(Visit&& visit) const {
  for (size_t at = 0; at < bytes_.size();) {
    Head head;
    bytes_.copy(reinterpret_cast<char*>(&head), sizeof head, at);
    at += sizeof head;
    const std::string_view all = bytes_;
    visit(head.operation, all.substr(at, head.key_bytes),
          all.substr(at + head.key_bytes, head.value_bytes));
    at += head.key_bytes + head.value_bytes;
  }
}

// A moment of the store, between two batches. Released on a helper, or when nothing else runs.
class IndexView {
 public:
  virtual ~IndexView() = default;
};

// Walks a range of a view in key order. Starts at its first entry.
class IndexCursor {
 public:
  virtual ~IndexCursor() = default;
  virtual bool valid() const = 0;
  // REQUIRES: valid(). Views, until next().
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual void next() = 0;
  // Why the cursor ended before its range did.
  virtual base::Status status() const = 0;
};

struct StoreRead {
  std::string_view key;
  Lookup answer;
};

struct StoreSample {
  uint64_t memory_bytes = 0;
  uint64_t device_reads = 0;
  uint64_t disk_bytes = 0;
  uint64_t cache_bytes = 0;
  uint64_t cached_bytes = 0;
  uint64_t memtable_bytes = 0;
  uint64_t table_reader_bytes = 0;
  uint64_t keys_estimate = 0;
};

class IndexStore {
 public:
  virtual ~IndexStore() = default;

  // Loop thread. Never waits, may answer kNotCached.
  virtual Lookup get_cached(std::string_view key) = 0;

  // kIndexRead. Answers all of them, in ascending order of key; a view of null is the newest state.
  // The first error also comes back.
  virtual base::Status get_sorted(const IndexView* view, std::span<StoreRead> reads) = 0;
  // kIndexRead. From the first key >= `from` to the last one < `to`.
  virtual std::unique_ptr<IndexCursor> cursor(const IndexView& view, IndexColumn column,
                                              const std::string& from, const std::string& to) = 0;

  // kIndexWrite, all that follow. After a failure the store may hold any part of the batch.
  virtual base::Status apply(const IndexBatch& batch) = 0;
  virtual base::Status erase_range(const std::string& from, const std::string& to) = 0;
  // What all batches so far amount to.
  virtual std::shared_ptr<const IndexView> newest_view() = 0;
  // Leaves the state of error if the cause has gone.
  virtual base::Status recover() = 0;
  virtual void set_cache_bytes(size_t bytes) = 0;
  virtual StoreSample sample() = 0;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_KEY_INDEX_STORE_H_
