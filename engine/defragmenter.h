// Defragmenter: gives sparse allocator pages back by moving the entries on them together.
//
// Freeing a random 90 % of the entries leaves nearly every page with a few survivors, and resident
// memory at many times what is used. A pass has two walks over the dictionaries, both in slices:
//
//   1. count: adds up what is used on each 64 KiB page, from the pointers alone;
//   2. move: every entry on a page that is less than kSparsePercent used is moved to the second
//      heap (engine/entry_heaps.h), and its slot is updated.
//
// Entries above kSmallEntryBytesMax lie on larger pages, few enough that the allocator is asked
// about them directly. Without mimalloc a pass ends at once.
//
// Threads: the loop only.

#ifndef BASALT_ENGINE_DEFRAGMENTER_H_
#define BASALT_ENGINE_DEFRAGMENTER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/dictionary.h"
#include "engine/entry.h"

namespace engine {

class Defragmenter {
 public:
  static constexpr uint64_t kSparsePercent = 60;

  // `heap` outlives the defragmenter.
  explicit Defragmenter(EntryHeap* heap) : heap_(heap) {}

  // Begins a pass if none is running and does the next `buckets_max` buckets of it (some 100 ns per
  // moved entry, 10 ns per counted one). True while the pass has more to do. `dictionaries` are
  // those whose entries are in the heap; they may change between steps (a new one may be missed).
  // Entries move: no Entry* or Slot may be kept over a step.
  bool step(std::span<Dictionary* const> dictionaries, size_t buckets_max);
  // Ends a pass early.
  void stop();

  bool running() const { return phase_ != Phase::kIdle; }
  // Since construction.
  uint64_t moved_entries() const { return moved_entries_; }
  uint64_t moved_bytes() const { return moved_bytes_; }
  uint64_t passes() const { return passes_; }

 private:
  enum class Phase : uint8_t { kIdle, kCount, kMove };

  // Bytes used of each page, by page number; open addressing.
  class PageUse {
   public:
    void clear();
    void add(uint64_t page, uint64_t bytes);
    uint64_t bytes_of(uint64_t page) const;

   private:
    struct Cell {
      uint64_t page;  // 0: none.
      uint64_t bytes;
    };
    size_t place_of(uint64_t page) const;
    void grow();
    std::vector<Cell> cells_;
    size_t count_ = 0;
  };
  struct Range {
    uintptr_t begin, end;
  };

  void begin();
  void find_sparse_large_pages();
  bool on_sparse_page(const Entry* entry) const;
  uint64_t count_step(Dictionary& dictionary, size_t buckets_max);
  uint64_t move_step(Dictionary& dictionary, size_t buckets_max);

  EntryHeap* heap_;
  Phase phase_ = Phase::kIdle;
  size_t dictionary_ = 0;  // Index of the one that is walked,
  uint64_t position_ = 0;  // and how far.
  PageUse page_use_;
  std::vector<Range> sparse_large_;  // Sorted.
  uint64_t moved_entries_ = 0;
  uint64_t moved_bytes_ = 0;
  uint64_t passes_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_DEFRAGMENTER_H_
