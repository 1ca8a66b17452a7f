// ChunkedString: a string above 64 KiB as a sequence of chunks.
//
//     ChunkedString (refs, size, chunk pointers) --> Chunk (refs, capacity) --> 64 KiB of bytes
//
// Every chunk but the last holds exactly base::kChunkBytes; the last one's memory follows its
// length. Root and chunks are counted references: freeze() shares the whole string in O(1), and the
// first write after it copies the root (the pointers) and then only the chunks that it touches.
//
// A frozen string never changes, so any thread may read and release it. A string is written by the
// loop only, and only while it has one reference:
//
//     ChunkedString* chunks = ChunkedString::writable(entry->chunks());
//     entry->set_chunks(chunks);
//     chunks->append(bytes);
//
// Memory is counted as base::MemoryUse::kChunks; a chunk shared by several roots counts once.

#ifndef BASALT_ENGINE_VALUE_CHUNKED_STRING_H_
#define BASALT_ENGINE_VALUE_CHUNKED_STRING_H_

#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace engine {

inline constexpr uint64_t kChunkedStringBytesMax = base::kBulkBytesMaxDefault;

class ChunkedString {
 public:
  // An empty string with one reference, the caller's.
  static ChunkedString* create();
  static ChunkedString* create(base::ByteSpan bytes);

  // One more reference to the string as it is now.
  ChunkedString* freeze();
  // Gives up a reference; the last one frees the string at once. Any thread. Null is allowed.
  static void release(ChunkedString* chunks);
  // Frees at most `chunks_max` chunks from the end, if this is the last reference; true when the
  // string is gone, false when there is more to do (the reference is then still the caller's).
  static bool release_step(ChunkedString* chunks, size_t chunks_max);
  // Gives up the reference to `chunks` for one to an equal string that nobody else refers to:
  // itself, or a copy of the root.
  static ChunkedString* writable(ChunkedString* chunks);

  uint64_t size() const { return size_; }
  bool shared() const { return refs_.load(std::memory_order_acquire) > 1; }
  size_t chunk_count() const { return chunks_.size(); }

  // The writes. REQUIRES: !shared(), and a resulting size of at most kChunkedStringBytesMax.
  //
  void append(base::ByteSpan bytes);
  // Lengthens the string by at most `bytes_max` > 0 and returns the new, uninitialised bytes, at
  // least one, which the caller fills before anyone reads them: for receiving in place.
  base::MutableByteSpan extend(size_t bytes_max);
  // Overwrites from `offset` on; a gap after the present end is filled with zeros.
  void set_range(uint64_t offset, base::ByteSpan bytes);
  // The same with the bytes of `from`, whose reference it gives up. Never holds both in full:
  // chunks that fit where they go are moved there, others are copied and freed one by one.
  // REQUIRES: `from` is not shared.
  void set_range(uint64_t offset, ChunkedString* from);
  // Cuts, or lengthens with zeros.
  void resize(uint64_t size);

  // Appends to `out` the pieces of [offset, offset + bytes), in order. REQUIRES: within the string.
  // The pieces live as long as this reference and until the next write.
  void get_range(uint64_t offset, uint64_t bytes, std::vector<iovec>* out) const;
  // The same, copied. `out` has exactly the wanted length.
  void copy_range(uint64_t offset, base::MutableByteSpan out) const;
  // The bytes of chunk `index`.
  base::ByteSpan chunk(size_t index) const;

  // What the allocator set aside for root and chunks, shared ones included.
  uint64_t allocated_bytes() const;

 private:
  struct Chunk;

  ChunkedString() = default;
  ~ChunkedString() = default;

  static Chunk* new_chunk(size_t capacity);
  static void unref(Chunk* chunk);
  // The chunk as one that only this string refers to, with room for `capacity` bytes.
  Chunk* own_chunk(size_t index, size_t capacity);
  size_t chunk_bytes(size_t index) const;
  void charge_list();

  std::atomic<uint32_t> refs_{1};
  uint64_t size_ = 0;
  std::vector<Chunk*> chunks_;
  size_t list_bytes_ = 0;  // What chunks_ was counted with.
};

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_CHUNKED_STRING_H_
