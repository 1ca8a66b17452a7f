// FetchTable: one slot for every asynchronous look-up or read of a key (I5).
//
// A slot is opened when a command needs a key that may be cold, shared by all who need it, and
// closed when its last holder is done. Whatever changes the key's residence, location or existence
// meanwhile marks the slot stale: the answer that is under way is then thrown away, and the holders
// try again from the top. Otherwise an old value with perfect checksums would come back.
//
//   kLocating --index--> kLocated --read--> kReading --record--> kArrived
//        |                  (kMeta stops here)   |
//        +--> kAbsent                            +--> kFailed
//
// Slots are named by id and generation, never by pointer, across a turn. Loop thread only.

#ifndef BASALT_ENGINE_FETCH_TABLE_H_
#define BASALT_ENGINE_FETCH_TABLE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/key.h"
#include "logstore/key_index.h"

namespace engine {

struct Session;

struct FetchId {
  uint32_t index = UINT32_MAX;
  uint32_t generation = 0;
  bool operator==(const FetchId&) const = default;
};

// One command's claim on a slot; the slot lives and its value stays resident while there is one.
struct FetchHold {
  FetchId fetch;
  uint64_t command_sequence = 0;
};

enum class FetchStage : uint8_t { kLocating, kLocated, kReading, kArrived, kAbsent, kFailed };

struct FetchSlot {
  NamespaceId namespace_id = 0;
  uint64_t hash = 0;
  std::string key;
  FetchStage stage = FetchStage::kLocating;
  bool stale = false;
  bool wants_value = false;    // Somebody needs more than the index knows.
  logstore::IndexValue where;  // From kLocated on.
  base::Error error{base::ErrorCode::kIo};
  uint64_t reserved_bytes = 0;
  std::vector<Session*> holders;  // A session as often as it holds.

  Key as_key() const { return {key, hash}; }
  bool in_flight() const { return stage == FetchStage::kLocating || stage == FetchStage::kReading; }
};

class FetchTable {
 public:
  FetchTable() = default;
  FetchTable(const FetchTable&) = delete;
  FetchTable& operator=(const FetchTable&) = delete;

  bool empty() const { return by_key_.empty(); }
  size_t size() const { return by_key_.size(); }

  // The current slot of the key; null if there is none. Stale slots are not found.
  FetchSlot* find(NamespaceId namespace_id, const Key& key, FetchId* id);
  // REQUIRES: find() is null.
  FetchId open(NamespaceId namespace_id, const Key& key);
  // Null when the slot was closed.
  FetchSlot* get(FetchId id);

  void hold(FetchId id, Session* session);
  // Gives one hold of the session back. True when it was the last: the slot must then be closed
  // unless something is in flight for it, whose completion closes it.
  bool release(FetchId id, Session* session);
  // REQUIRES: no holder and nothing in flight.
  void close(FetchId id);

  // I5: the key changed. Its slot becomes stale and is no longer found.
  void invalidate(NamespaceId namespace_id, uint64_t hash, std::string_view key);
  void invalidate_namespace(NamespaceId namespace_id);

  // Calls visit(FetchId, FetchSlot&) for every slot that is open, stale ones too.
  template <class F>
  void for_each(F&& visit) {
    for (uint32_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].open) visit(FetchId{i, slots_[i].generation}, slots_[i].slot);
  }

  uint64_t stale_count() const { return stale_count_; }

 private:
  struct Row {
    FetchSlot slot;
    uint32_t generation = 0;
    bool open = false;
  };
  static uint64_t table_key(NamespaceId namespace_id, uint64_t hash) {
    return hash ^ (static_cast<uint64_t>(namespace_id) * 0x9e3779b97f4a7c15);
  }
  void unlist(uint32_t index);

  std::deque<Row> slots_;  // Rows stay in place while others are opened.
  std::vector<uint32_t> free_;
  std::unordered_multimap<uint64_t, uint32_t> by_key_;  // Slots that are not stale.
  uint64_t stale_count_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_FETCH_TABLE_H_
