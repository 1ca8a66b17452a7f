// EntryHeap::Heaps: the allocator's heaps behind an EntryHeap; internal to it and Defragmenter.
//
// New entries go to the active one of two: the first, save for the time of a defragmentation pass.
// The pass moves the entries of sparse pages to the second, so that they land on pages that are
// being filled and not on another sparse one; afterwards new entries fill the holes of the first.
// Entries above kSmallEntryBytesMax have a pair of their own: the allocator keeps them on larger
// pages.

#ifndef BASALT_ENGINE_ENTRY_HEAPS_H_
#define BASALT_ENGINE_ENTRY_HEAPS_H_

#include <cstddef>
#include <vector>

#include "base/memory.h"
#include "engine/entry.h"

#ifdef BASALT_HAVE_MIMALLOC
#include <mimalloc.h>
#else
#include <cstdlib>
#endif

namespace engine {

// Up to here mimalloc puts blocks of one size on pages of 64 KiB, aligned to that; above, on pages
// of 512 KiB.
inline constexpr size_t kSmallEntryBytesMax = 16 * 1024;

#ifdef BASALT_HAVE_MIMALLOC

struct EntryHeap::Heaps {
  mi_heap_t* small[2] = {mi_heap_new(), mi_heap_new()};
  mi_heap_t* large[2] = {mi_heap_new(), mi_heap_new()};
  size_t active = 0;

  ~Heaps() {
    for (mi_heap_t* const heap : {small[0], small[1], large[0], large[1]}) mi_heap_delete(heap);
  }
  void* allocate(size_t bytes) {
    mi_heap_t* const heap = bytes <= kSmallEntryBytesMax ? small[active] : large[active];
    void* const memory = mi_heap_malloc(heap, bytes);
    CHECK(memory != nullptr);
    return memory;
  }
  static void deallocate(void* memory) { mi_free(memory); }
};

#else

struct EntryHeap::Heaps {
  // Inlined, g++ 12 takes asking for the usable size as a read of uninitialised memory.
  [[gnu::noinline]] void* allocate(size_t bytes) {
    void* const memory = std::malloc(bytes);
    CHECK(memory != nullptr);
    return memory;
  }
  static void deallocate(void* memory) { std::free(memory); }
};

#endif

}  // namespace engine

#endif  // BASALT_ENGINE_ENTRY_HEAPS_H_
