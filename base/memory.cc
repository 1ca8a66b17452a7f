#include "base/memory.h"

#include <atomic>
#include <cstdlib>

#include "base/check.h"

#ifdef BASALT_HAVE_MIMALLOC
#include <mimalloc.h>
#else
#include <malloc.h>
#endif

namespace base {

namespace {

std::array<std::atomic<int64_t>, kMemoryUses> used_bytes;
std::atomic<uint64_t> peak_bytes;

std::atomic<int64_t>& counter(MemoryUse use) { return used_bytes[static_cast<size_t>(use)]; }

// Not const: with -fsanitize g++ takes a const pointer to fresh memory for a read of it.
size_t held_bytes(void* pointer) {
#ifdef BASALT_HAVE_MIMALLOC
  return mi_usable_size(pointer);
#else
  return malloc_usable_size(pointer);
#endif
}

}  // namespace

const char* memory_use_name(MemoryUse use) {
  static constexpr const char* kNames[kMemoryUses] = {
      "entries", "chunks",  "tables",  "filter",   "live_map", "index",
      "io",      "clients", "fetched", "snapshot", "aof", "other"};
  return kNames[static_cast<size_t>(use)];
}

void* allocate(size_t bytes, MemoryUse use) {
#ifdef BASALT_HAVE_MIMALLOC
  void* const pointer = mi_malloc(bytes);
#else
  void* const pointer = std::malloc(bytes);
#endif
  CHECK(pointer != nullptr);
  counter(use).fetch_add(static_cast<int64_t>(held_bytes(pointer)), std::memory_order_relaxed);
  return pointer;
}

void* allocate_aligned(size_t bytes, size_t alignment, MemoryUse use) {
#ifdef BASALT_HAVE_MIMALLOC
  void* const pointer = mi_malloc_aligned(bytes, alignment);
#else
  void* pointer = nullptr;
  if (posix_memalign(&pointer, alignment, bytes) != 0) pointer = nullptr;
#endif
  CHECK(pointer != nullptr);
  counter(use).fetch_add(static_cast<int64_t>(held_bytes(pointer)), std::memory_order_relaxed);
  return pointer;
}

void deallocate(void* pointer, MemoryUse use) {
  if (pointer == nullptr) return;
  counter(use).fetch_sub(static_cast<int64_t>(held_bytes(pointer)), std::memory_order_relaxed);
#ifdef BASALT_HAVE_MIMALLOC
  mi_free(pointer);
#else
  std::free(pointer);
#endif
}

size_t usable_bytes(const void* pointer) { return held_bytes(const_cast<void*>(pointer)); }

size_t good_bytes(size_t bytes) {
#ifdef BASALT_HAVE_MIMALLOC
  return mi_good_size(bytes);
#else
  return bytes;
#endif
}

void charge(MemoryUse use, int64_t bytes) {
  counter(use).fetch_add(bytes, std::memory_order_relaxed);
}

uint64_t memory_used(MemoryUse use) {
  const int64_t bytes = counter(use).load(std::memory_order_relaxed);
  return bytes > 0 ? static_cast<uint64_t>(bytes) : 0;
}

uint64_t memory_used_total() {
  uint64_t total = 0;
  for (size_t i = 0; i < kMemoryUses; ++i) total += memory_used(static_cast<MemoryUse>(i));
  return total;
}

uint64_t memory_used_peak() { return peak_bytes.load(std::memory_order_relaxed); }

void note_memory_peak() {
  const uint64_t now = memory_used_total();
  if (now > peak_bytes.load(std::memory_order_relaxed))
    peak_bytes.store(now, std::memory_order_relaxed);
}

void release_free_memory() {
#ifdef BASALT_HAVE_MIMALLOC
  mi_collect(true);
#else
  malloc_trim(0);
#endif
}

void configure_allocator() {
#ifdef BASALT_HAVE_MIMALLOC
  // With the default delay the pages that a demotion burst empties stay resident: freeing a random
  // 90 % of entries and moving the rest left 179 MB resident by default, 36 MB with no delay.
  mi_option_set(mi_option_page_reset, 0);
  mi_option_set(mi_option_decommit_delay, 0);
#endif
}

}  // namespace base
