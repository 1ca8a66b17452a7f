// Dictionary: the keys of one namespace in memory, in the order of their hashes.
//
// A table of n buckets, n any number; a hash belongs to bucket floor(hash * n / 2^64), so buckets
// follow the hash order (base::order_preserving_bucket). A bucket is one cache line:
//
//     +--------+--------+-- ... --+--------+----------+----------+-- ... --+----------+
//     | tag 0  | tag 1  |         | tag 7  | slot 0   | slot 1   |         | slot 7   |
//     | 2 B    | 2 B    |         | 2 B    | 6 B      | 6 B      |         | 6 B      |
//     +--------+--------+-- ... --+--------+----------+----------+-- ... --+----------+
//
// A tag is the low 16 bits of the hash, which the bucket does not imply (0 is stored as 1); a slot
// is a 48-bit Entry*. Tag 0 means empty, save for slot 7: with tag 0 and a pointer it is the link
// to an overflow bucket (same layout), or, when a chain grew long, to an OrderedChain that holds
// all of the bucket's entries sorted, so that a flood of colliding keys costs a binary search and
// not a walk.
//
// A resize (x1.25 at 90 % full; down when below 30 %) reserves a second table and moves a frontier
// through hash space: hashes below it live in the new table, the others in the old one, so there
// is one probe always. Every insert and erase moves a bounded number of buckets; resize_step() in
// idle time does the rest. Pages behind the frontier are given back in steps of 256 KiB. Entries do
// not store their hash: a move hashes the keys again.
//
// A position in hash order is a hash: it means "everything below was passed", survives resizes,
// and 0 is both the start and the end of a walk.
//
// Threads: the loop only.

#ifndef BASALT_ENGINE_DICTIONARY_H_
#define BASALT_ENGINE_DICTIONARY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "engine/entry.h"
#include "engine/page_region.h"

namespace engine {

struct Bucket;
class OrderedChain;

// scan() returns positions whose low bits are zero: keys whose hashes share the upper 52 bits come
// in one call, so 52 bits are a complete cursor.
inline constexpr unsigned kScanPrefixBits = 52;
inline constexpr uint64_t kScanUnit = uint64_t{1} << (64 - kScanPrefixBits);

class Dictionary {
 public:
  using HashFunction = uint64_t (*)(const base::KeyHasher& hasher, std::string_view key);

  // Where an entry's pointer is kept. Valid until the dictionary changes.
  class Slot {
   public:
    Slot() = default;
    explicit operator bool() const { return place_ != nullptr; }
    // REQUIRES: the slot was found.
    Entry* entry() const;

   private:
    friend class Dictionary;
    friend class OrderedChain;
    explicit Slot(std::byte* place) : place_(place) {}
    std::byte* place_ = nullptr;  // Six bytes, little-endian.
  };

  struct Found {
    uint64_t hash;
    Entry* entry;
  };

  // `heap` and `hasher` outlive the dictionary. Tests of floods pass a hash function of their own.
  Dictionary(EntryHeap* heap, const base::KeyHasher* hasher, HashFunction hash_function = nullptr);
  // Destroys the entries that are left.
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  // `hash` is hash_of(key) wherever both are asked for.
  uint64_t hash_of(std::string_view key) const { return hash_function_(*hasher_, key); }

  // Start fetching the bucket, then (some 100 ns later) the entries in it that could match, so that
  // find() of a batch of keys waits for memory once. The second is false when none can match.
  void prefetch_bucket(uint64_t hash) const;
  bool prefetch_entry(uint64_t hash) const;

  // Null when absent.
  Entry* find(uint64_t hash, std::string_view key) const;
  Slot find_slot(uint64_t hash, std::string_view key) const;
  // Takes over `entry`. REQUIRES: its key is absent.
  void insert(uint64_t hash, Entry* entry);
  // Stores what a reshape of the slot's entry returned. The key must be the same.
  void replace(Slot slot, Entry* entry);
  // The same for who did not keep the slot; `was` may be freed already. REQUIRES: `was` is in here.
  void replace(uint64_t hash, const Entry* was, Entry* entry);
  // Unlinks the entry and hands it to the caller; null when absent.
  Entry* erase(uint64_t hash, std::string_view key);

  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // XOR of the hashes of all keys: with size(), what a snapshot compares its walk with.
  uint64_t hash_xor() const { return hash_xor_; }

  // Calls visitor(Entry*, uint64_t hash) for every entry with from <= hash < the returned position
  // (0: the end was reached), which lies about `buckets_max` buckets further. An entry present
  // from the call with 0 to the one that returns 0 is visited exactly once unless it was erased
  // and inserted again; one that comes or goes meanwhile may or may not be.
  // The order within a call is not specified. The visitor may change the dictionary, but must not
  // free entries other than the one it was given. REQUIRES: from is a multiple of kScanUnit.
  template <class Visitor>
  uint64_t scan(uint64_t from, size_t buckets_max, Visitor&& visitor) {
    std::vector<Found> found;
    const uint64_t next = collect(from, buckets_max, &found);
    for (const Found& one : found) visitor(one.entry, one.hash);
    return next;
  }
  // The same into a vector (appended).
  uint64_t collect(uint64_t from, size_t buckets_max, std::vector<Found>* found) const;

  // A random entry, each about equally likely; null when empty.
  Entry* random_entry(base::Random& random) const;
  // Fills `out` with distinct entries of neighbouring buckets at a random place, prefetches their
  // headers, and returns how many it put there (0 only when empty): what eviction compares.
  size_t sample(base::Random& random, std::span<Entry*> out) const;

  // Calls Entry* relocate(Entry*) for the entries of about `buckets_max` buckets from position
  // `from` and stores what it returns; the pointer is all that is read, so a relocate that only
  // looks at addresses never touches the entries. Returns the next position, 0 at the end.
  template <class Relocate>
  uint64_t relocate(uint64_t from, size_t buckets_max, Relocate&& relocate_entry) {
    std::vector<Slot> slots;
    const uint64_t next = collect_slots(from, buckets_max, &slots);
    for (Slot slot : slots) {
      Entry* const was = slot.entry();
      Entry* const now = relocate_entry(was);
      if (now != was) replace(slot, now);
    }
    return next;
  }

  // Unlinks the entries of the next `buckets_max` buckets in hash order and calls release(Entry*)
  // for each; true while some, or memory to give back, are left. What a detached dictionary is
  // emptied with: after the first call only drain, scan, size and the destructor may be used.
  template <class Release>
  bool drain(size_t buckets_max, Release&& release) {
    std::vector<Entry*> entries;
    drain_front(buckets_max, &entries);
    for (Entry* const entry : entries) release(entry);
    return size_ != 0 || !retired_.empty();
  }

  // Moves up to `buckets_max` buckets of a resize in progress; true while there is more to do.
  bool resize_step(size_t buckets_max);
  bool resizing() const { return next_.count != 0; }
  // Makes room for `keys` keys at once. REQUIRES: never held a key.
  void reserve(uint64_t keys);

  // Resident bytes of buckets, overflow buckets and ordered chains (base::MemoryUse::kTables).
  uint64_t table_bytes() const;

 private:
  struct Table {
    PageRegion pages;
    uint64_t count = 0;  // Buckets; 0: no table.
    // Its overflow buckets: used ones lie below overflow_end, free ones are a list through their
    // links. A table has its own, so that a resize leaves no holes behind.
    PageRegion overflow_pages;
    uint64_t overflow_end = 0;
    Bucket* overflow_free = nullptr;

    Bucket* buckets() const { return reinterpret_cast<Bucket*>(pages.data()); }
    Bucket* take_overflow();
    void give_overflow(Bucket* bucket);
  };
  // The part of a bucket's range of hashes that lies in one table.
  struct Piece {
    Bucket* bucket;
    uint64_t last;  // The highest hash that belongs to it.
  };

  struct Live;

  static Table make_table(uint64_t count);
  Table& table_of(uint64_t hash) { return hash < frontier_ ? next_ : table_; }
  Bucket* bucket_of(uint64_t hash) const;

  void place(Table& table, uint64_t hash, Entry* entry);
  Entry* unlink(Table& table, uint64_t hash, std::string_view key);
  void clear_slot(Table& table, Bucket* head, Bucket* bucket, unsigned slot);
  void take_all(Table& table, Bucket* head, std::vector<Entry*>* entries);
  OrderedChain* make_ordered(Table& table, Bucket* head);
  void free_ordered(Bucket* bucket);
  void insert_ordered(OrderedChain* chain, uint64_t hash, Entry* entry);
  Entry* unlink_ordered(Bucket* head, OrderedChain* chain, uint64_t hash, std::string_view key);

  void resize_after(bool erased);
  void begin_resize(uint64_t count);
  void end_resize();
  void retire(Table& table);
  void release_retired();
  void move_bucket();
  uint64_t move_ordered(Bucket* bucket, OrderedChain* chain, uint64_t end);
  void advance_frontier(uint64_t frontier);
  void prefetch_entries_of(uint64_t index) const;

  Piece piece_at(uint64_t position) const;
  Live live() const;
  static void gather_chain(Bucket* head, std::vector<Slot>* slots);
  // Appends the slots of about `buckets_max` buckets from position `from` on and returns the last
  // hash that is covered; the next is a multiple of `unit`. Slots of other hashes of the first and
  // the last bucket may be among them.
  uint64_t gather(uint64_t from, size_t buckets_max, uint64_t unit, std::vector<Slot>* slots) const;
  uint64_t collect_slots(uint64_t from, size_t buckets_max, std::vector<Slot>* slots) const;
  void drain_front(size_t buckets_max, std::vector<Entry*>* entries);

  EntryHeap* heap_;
  const base::KeyHasher* hasher_;
  HashFunction hash_function_;
  Table table_;            // Hashes from the frontier on; all of them when not resizing.
  Table next_;             // Hashes below the frontier.
  uint64_t frontier_ = 0;  // A hash.
  uint64_t size_ = 0;
  uint64_t hash_xor_ = 0;
  std::vector<PageRegion> retired_;  // Overflow pages of former tables, given back in steps.
  uint64_t ordered_bytes_ = 0;
  uint64_t drained_ = 0;  // Position that drain() reached.
  bool draining_ = false;
};

}  // namespace engine

#endif  // BASALT_ENGINE_DICTIONARY_H_
