// Counted allocation: what used_memory and the budget by consumer are made of.
//
// Every large consumer allocates through here, or charges what a library allocated for it. The
// counters are process-wide, as the allocator under them is: the one exception to the rule against
// mutable globals. Any thread may allocate and free; mimalloc serves when the build has it.

#ifndef BASALT_BASE_MEMORY_H_
#define BASALT_BASE_MEMORY_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace base {

enum class MemoryUse : uint8_t {
  kEntries,    // Keys with their inline values.
  kChunks,     // Pages of large values.
  kTables,     // Dictionary buckets.
  kFilter,     // Fingerprints of cold keys.
  kLiveMap,    // Liveness of records.
  kIndex,      // RocksDB's caches and memtables, and the overlay of pending writes.
  kIo,         // The arena of the disk, receive buffers.
  kClients,    // Query buffers, replies, parked commands.
  kFetched,    // Cold values read and not promoted.
  kSnapshot,   // Stream buffers and pre-images.
  kAof,        // Effects that are not durable yet.
  kOther,
  kCount,
};

inline constexpr size_t kMemoryUses = static_cast<size_t>(MemoryUse::kCount);
const char* memory_use_name(MemoryUse use);

// Never null: an allocation that the machine refuses ends the process. What a client or a file
// chooses the size of is reserved from the budget first.
void* allocate(size_t bytes, MemoryUse use);
// As allocate; `alignment` is a power of two.
void* allocate_aligned(size_t bytes, size_t alignment, MemoryUse use);
// `use` is the one it was allocated for. Null is allowed.
void deallocate(void* pointer, MemoryUse use);
// What the allocator set aside for it, at least what was asked for.
size_t usable_bytes(const void* pointer);
// What `allocate(bytes)` would set aside.
size_t good_bytes(size_t bytes);

// Counts memory that was not allocated through here (a library's, an mmap).
void charge(MemoryUse use, int64_t bytes);

uint64_t memory_used(MemoryUse use);
uint64_t memory_used_total();
// The highest memory_used_total() that note_memory_peak() saw.
uint64_t memory_used_peak();
void note_memory_peak();

// Gives free pages back to the kernel as far as the allocator can.
void release_free_memory();
// Settings that keep resident memory near what is used; call first in main.
void configure_allocator();

}  // namespace base

#endif  // BASALT_BASE_MEMORY_H_
