// Defragmenter: gives sparse allocator pages back by moving the entries on them together.
//
// Freeing a random 90 % of the entries leaves nearly every page with a few survivors, and resident
// memory at many times what is used. A pass has two walks over the dictionaries, all in slices:
//
//   1. count: adds up what is used on each 64 KiB page, from the pointers alone;
//   2. choose: of the pages that are less than kSparsePercent used, the emptiest ones;
//   3. move: every entry on a chosen page is moved to the second heap (engine/entry_heaps.h), and
//      its slot is updated.
//
// Pages lie across the order of the walk, so none is empty before its end and what was moved is
// resident twice until then. That is why a pass chooses no more than so many bytes.
//
// Entries above kSmallEntryBytesMax lie on larger pages, few enough that the allocator is asked
// about them directly. Without mimalloc a pass ends at once.
//
// Threads: the loop only.

#ifndef BASALT_ENGINE_DEFRAGMENTER_H_
#define BASALT_ENGINE_DEFRAGMENTER_H_

#include <algorithm>
#include <array>
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

  // What a pass moves at most; about, for what comes and goes meanwhile is not known.
  void set_pass_bytes_max(uint64_t bytes) { pass_bytes_max_ = bytes; }

  // Begins a pass if none is running and does the next `buckets_max` buckets of it (some 100 ns per
  // moved entry, 10 ns per counted one). True while the pass has more to do. `dictionaries` are
  // those whose entries are in the heap; they may change between steps (a new one may be missed).
  // Entries move: no Entry* or Slot may be kept over a step.
  bool step(std::span<Dictionary* const> dictionaries, size_t buckets_max);
  // Ends a pass early.
  void stop();

  bool running() const { return phase_ != Phase::kIdle; }
  // The last pass left sparse pages for the next one.
  bool left_some() const { return left_some_; }
  // Since construction.
  uint64_t moved_entries() const { return moved_entries_; }
  uint64_t moved_bytes() const { return moved_bytes_; }
  uint64_t passes() const { return passes_; }

 private:
  enum class Phase : uint8_t { kIdle, kCount, kChoose, kMove };
  // Pages are chosen by what is used on them, in classes of 1 KiB.
  static constexpr unsigned kClassShift = 10;
  static constexpr size_t kClasses = 64;

  // Bytes used of each page, by page number; open addressing.
  class PageUse {
   public:
    void clear();
    void add(uint64_t page, uint64_t bytes);
    uint64_t bytes_of(uint64_t page) const;
    // Calls visit(bytes) for the pages of `cells_max` cells from `from` on; where to go on, or 0.
    template <class F>
    size_t visit(size_t from, size_t cells_max, F&& visit) const {
      const size_t end = std::min(from + cells_max, cells_.size());
      for (size_t i = from; i < end; ++i)
        if (cells_[i].page != 0) visit(cells_[i].bytes);
      return end == cells_.size() ? 0 : end;
    }

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
  bool walk(std::span<Dictionary* const> dictionaries, size_t buckets_max);
  bool choose_step();
  void choose_classes();
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
  uint64_t pass_bytes_max_ = UINT64_MAX;
  std::array<uint64_t, kClasses> class_bytes_{};  // Of the sparse pages, by class.
  size_t chosen_classes_ = 0;                     // All pages of the classes below,
  uint64_t chosen_share_ = 0;  // and this share, of 256, of those of the class itself.
  uint64_t large_bytes_ = 0;   // Chosen of the large pages.
  bool left_some_ = false;
  uint64_t moved_entries_ = 0;
  uint64_t moved_bytes_ = 0;
  uint64_t passes_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_DEFRAGMENTER_H_
