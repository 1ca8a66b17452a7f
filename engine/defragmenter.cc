#include "engine/defragmenter.h"

#include <algorithm>

#include "base/memory.h"
#include "engine/entry_heaps.h"

namespace engine {

namespace {

constexpr size_t kCellsMin = 1024;

}  // namespace

void Defragmenter::PageUse::clear() {
  cells_ = {};
  count_ = 0;
}

size_t Defragmenter::PageUse::place_of(uint64_t page) const {
  const size_t mask = cells_.size() - 1;
  size_t place = (page * 0x9e3779b97f4a7c15u >> 32) & mask;
  while (cells_[place].page != 0 && cells_[place].page != page) place = (place + 1) & mask;
  return place;
}

void Defragmenter::PageUse::grow() {
  std::vector<Cell> old(std::max(kCellsMin, cells_.size() * 2));
  old.swap(cells_);
  for (const Cell& cell : old)
    if (cell.page != 0) cells_[place_of(cell.page)] = cell;
}

void Defragmenter::PageUse::add(uint64_t page, uint64_t bytes) {
  if (2 * (count_ + 1) > cells_.size()) grow();
  Cell& cell = cells_[place_of(page)];
  if (cell.page == 0) {
    cell = {page, 0};
    ++count_;
  }
  cell.bytes += bytes;
}

uint64_t Defragmenter::PageUse::bytes_of(uint64_t page) const {
  return cells_.empty() ? 0 : cells_[place_of(page)].bytes;
}

#ifdef BASALT_HAVE_MIMALLOC

namespace {

constexpr uint64_t kPageShift = 16;
constexpr uint64_t kPageBytes = uint64_t{1} << kPageShift;
constexpr size_t kCellsChosenPerStep = 4096;

uint64_t page_of(const Entry* entry) { return reinterpret_cast<uintptr_t>(entry) >> kPageShift; }

}  // namespace

bool Defragmenter::step(std::span<Dictionary* const> dictionaries, size_t buckets_max) {
  switch (phase_) {
    case Phase::kIdle:
      begin();
      [[fallthrough]];
    case Phase::kCount:
      if (walk(dictionaries, buckets_max)) return true;
      phase_ = Phase::kChoose;
      return true;
    case Phase::kChoose:
      if (choose_step()) return true;
      heap_->heaps_->active = 1;
      phase_ = Phase::kMove;
      return true;
    case Phase::kMove:
      if (walk(dictionaries, buckets_max)) return true;
      ++passes_;
      stop();
  }
  return false;
}

// False at the end of the phase's walk.
bool Defragmenter::walk(std::span<Dictionary* const> dictionaries, size_t buckets_max) {
  if (dictionary_ < dictionaries.size()) {
    Dictionary& dictionary = *dictionaries[dictionary_];
    position_ = phase_ == Phase::kCount ? count_step(dictionary, buckets_max)
                                        : move_step(dictionary, buckets_max);
    if (position_ != 0) return true;
    ++dictionary_;
  }
  if (dictionary_ < dictionaries.size()) return true;
  dictionary_ = 0;
  return false;
}

void Defragmenter::begin() {
  phase_ = Phase::kCount;
  dictionary_ = 0;
  position_ = 0;
  class_bytes_ = {};
  chosen_classes_ = 0;
  chosen_share_ = 0;
  left_some_ = false;
}

void Defragmenter::stop() {
  phase_ = Phase::kIdle;
  heap_->heaps_->active = 0;
  page_use_.clear();
  sparse_large_.clear();
}

bool Defragmenter::choose_step() {
  position_ = page_use_.visit(position_, kCellsChosenPerStep, [this](uint64_t bytes) {
    if (bytes * 100 < kPageBytes * kSparsePercent) class_bytes_[bytes >> kClassShift] += bytes;
  });
  if (position_ != 0) return true;
  choose_classes();
  find_sparse_large_pages();
  return false;
}

// The emptiest pages give most for what is moved.
void Defragmenter::choose_classes() {
  uint64_t bytes = 0;
  while (chosen_classes_ < kClasses && class_bytes_[chosen_classes_] <= pass_bytes_max_ - bytes)
    bytes += class_bytes_[chosen_classes_++];
  if (chosen_classes_ == kClasses) return;
  left_some_ = true;
  chosen_share_ = (pass_bytes_max_ - bytes) * 256 / class_bytes_[chosen_classes_];
}

uint64_t Defragmenter::count_step(Dictionary& dictionary, size_t buckets_max) {
  return dictionary.relocate(position_, buckets_max, [this](Entry* entry) {
    const size_t bytes = entry->allocated_bytes();
    if (bytes <= kSmallEntryBytesMax) page_use_.add(page_of(entry), bytes);
    return entry;
  });
}

uint64_t Defragmenter::move_step(Dictionary& dictionary, size_t buckets_max) {
  return dictionary.relocate(position_, buckets_max, [this](Entry* entry) {
    if (!on_sparse_page(entry)) return entry;
    ++moved_entries_;
    moved_bytes_ += entry->allocated_bytes();
    return heap_->move(entry);
  });
}

void Defragmenter::find_sparse_large_pages() {
  large_bytes_ = 0;
  const auto visit = [](const mi_heap_t*, const mi_heap_area_t* area, void*, size_t block_bytes,
                        void* argument) {
    auto* const self = static_cast<Defragmenter*>(argument);
    const auto begin = reinterpret_cast<uintptr_t>(area->blocks);
    const uint64_t used = area->used * block_bytes;
    if (used * 100 >= area->reserved * kSparsePercent) return true;
    if (self->large_bytes_ + used > self->pass_bytes_max_) {
      self->left_some_ = true;
      return true;
    }
    self->large_bytes_ += used;
    self->sparse_large_.push_back({begin, begin + area->reserved});
    return true;
  };
  for (const mi_heap_t* const heap : heap_->heaps_->large)
    mi_heap_visit_blocks(heap, false, visit, this);
  std::sort(sparse_large_.begin(), sparse_large_.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
}

bool Defragmenter::on_sparse_page(const Entry* entry) const {
  // A page without a count was first used after the count.
  const uint64_t page = page_of(entry);
  const uint64_t used = page_use_.bytes_of(page);
  if (used != 0) {
    const size_t page_class = used >> kClassShift;
    if (page_class < chosen_classes_) return used * 100 < kPageBytes * kSparsePercent;
    return page_class == chosen_classes_ && (page * 0x9e3779b97f4a7c15u >> 56) < chosen_share_;
  }
  const auto address = reinterpret_cast<uintptr_t>(entry);
  const auto after =
      std::upper_bound(sparse_large_.begin(), sparse_large_.end(), address,
                       [](uintptr_t a, const Range& range) { return a < range.begin; });
  return after != sparse_large_.begin() && address < (after - 1)->end;
}

#else

bool Defragmenter::step(std::span<Dictionary* const>, size_t) {
  ++passes_;
  return false;
}

void Defragmenter::stop() {}

#endif

}  // namespace engine
