// IndexOverlay: the writes to the key index that its store does not show yet, newest per key.
//
//   buckets, in hash order           writes, in the order of the calls
//   +------+                         oldest ------------------------> newest
//   | 0x00 |--> write --> write      [sent to the store ...][not sent yet ...]
//   | 0x01 |                                                ^ first_unsent()
//   | ...  |--> write
//
// A write is one allocation with its key behind it. It is in the chain of its hash's bucket, so
// that a lookup is one probe and a range is a run of buckets, and in the list of age, which is the
// order in which writes are sent and released. A second write to a key replaces the first and
// moves to the young end, unsent. For the loop thread alone.

#ifndef BASALT_LOGSTORE_INDEX_OVERLAY_H_
#define BASALT_LOGSTORE_INDEX_OVERLAY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "logstore/key_index_format.h"

namespace logstore {

struct OverlayWrite {
  UnitKey key;  // Points behind the write itself.
  // Of an erase only expire_at_ms counts: that of the value which it erases.
  IndexValue value;
  uint64_t sequence = 0;  // Grows with every call that writes.
  bool erased = false;
  bool with_row = false;  // The row of the expiry column is written too.

 private:
  friend class IndexOverlay;
  OverlayWrite* chain_next = nullptr;
  OverlayWrite* older = nullptr;
  OverlayWrite* newer = nullptr;
};

// A copy of a range of the overlay for a walk on another thread: sorted by hash, kind, key.
struct OverlaySlice {
  struct Entry {
    UnitKey key;  // Points into `key_bytes`.
    IndexValue value;
    bool erased;
  };
  std::vector<Entry> entries;
  std::vector<char> key_bytes;
  // All writes below `hash_end` are here; with `to_end` all of the namespace.
  bool to_end = true;
  uint64_t hash_end = 0;
};

class IndexOverlay {
 public:
  IndexOverlay();
  ~IndexOverlay();
  IndexOverlay(const IndexOverlay&) = delete;
  IndexOverlay& operator=(const IndexOverlay&) = delete;

  void put(const UnitKey& key, const IndexValue& value, bool with_row);
  void erase(const UnitKey& key, int64_t expire_at_ms);
  // The pending write of a key, or null. Valid until the next call that writes or releases.
  const OverlayWrite* find(const UnitKey& key) const;

  // The oldest write that was not sent, or null.
  const OverlayWrite* first_unsent() const { return first_unsent_; }
  // first_unsent() was sent: moves on to the next younger one.
  void sent();
  // Nothing counts as sent any more.
  void unsend_all();
  // Forgets the sent writes with a sequence of at most this.
  void release(uint64_t sequence);

  // The writes of a namespace with hash64 >= hash_from, and at least `puts_max` puts or
  // `key_bytes_max` bytes of keys of them if there are so many; to the end of a hash group.
  OverlaySlice slice(uint32_t namespace_id, uint64_t hash_from, bool with_pages, size_t puts_max,
                     size_t key_bytes_max) const;

  // The sequence of the youngest write ever made.
  uint64_t last_sequence() const { return last_sequence_; }
  // Of the oldest write that is still here. REQUIRES: count() > 0.
  uint64_t oldest_sequence() const;
  size_t count() const { return count_; }
  size_t unsent_count() const { return unsent_count_; }
  size_t bytes() const { return bytes_; }

 private:
  static constexpr unsigned kBucketBits = 14;
  static constexpr size_t kBuckets = size_t{1} << kBucketBits;
  static size_t bucket_of(uint64_t hash64) { return hash64 >> (64 - kBucketBits); }

  OverlayWrite* find_or_insert(const UnitKey& key);
  void make_youngest(OverlayWrite* write);
  void unlink_age(OverlayWrite* write);
  void destroy_oldest();

  std::vector<OverlayWrite*> buckets_;
  OverlayWrite* oldest_ = nullptr;
  OverlayWrite* newest_ = nullptr;
  OverlayWrite* first_unsent_ = nullptr;
  uint64_t last_sequence_ = 0;
  size_t count_ = 0;
  size_t unsent_count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_INDEX_OVERLAY_H_
