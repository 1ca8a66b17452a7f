#include "engine/value/chunked_string.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/memory.h"

namespace engine {

namespace {

constexpr auto kUse = base::MemoryUse::kChunks;
constexpr size_t kChunk = base::kChunkBytes;

}  // namespace

// The header lies apart from the bytes: together they would not fit the allocator's 64 KiB class.
struct ChunkedString::Chunk {
  std::atomic<uint32_t> refs;
  uint32_t capacity;
  std::byte* bytes;
};

ChunkedString* ChunkedString::create() {
  return new (base::allocate(sizeof(ChunkedString), kUse)) ChunkedString;
}

ChunkedString* ChunkedString::create(base::ByteSpan bytes) {
  ChunkedString* const chunks = create();
  chunks->append(bytes);
  return chunks;
}

ChunkedString* ChunkedString::freeze() {
  refs_.fetch_add(1, std::memory_order_relaxed);
  return this;
}

void ChunkedString::release(ChunkedString* chunks) {
  if (chunks == nullptr) return;
  while (!release_step(chunks, SIZE_MAX)) {
  }
}

bool ChunkedString::release_step(ChunkedString* chunks, size_t chunks_max) {
  // Alone with it nobody can take another reference, so only the last owner frees in steps.
  if (chunks->shared() && chunks->refs_.fetch_sub(1, std::memory_order_acq_rel) > 1) return true;
  chunks->refs_.store(1, std::memory_order_relaxed);
  std::vector<Chunk*>& list = chunks->chunks_;
  for (; chunks_max > 0 && !list.empty(); --chunks_max) {
    unref(list.back());
    list.pop_back();
  }
  if (!list.empty()) return false;
  base::charge(kUse, -static_cast<int64_t>(chunks->list_bytes_));
  chunks->~ChunkedString();
  base::deallocate(chunks, kUse);
  return true;
}

ChunkedString* ChunkedString::writable(ChunkedString* chunks) {
  if (!chunks->shared()) return chunks;
  ChunkedString* const copy = create();
  copy->size_ = chunks->size_;
  copy->chunks_ = chunks->chunks_;
  copy->charge_list();
  for (Chunk* const chunk : copy->chunks_) chunk->refs.fetch_add(1, std::memory_order_relaxed);
  release(chunks);
  return copy;
}

ChunkedString::Chunk* ChunkedString::new_chunk(size_t capacity) {
  capacity = std::min(base::good_bytes(capacity), kChunk);
  auto* const bytes = static_cast<std::byte*>(base::allocate(capacity, kUse));
  return new (base::allocate(sizeof(Chunk), kUse))
      Chunk{{1}, static_cast<uint32_t>(capacity), bytes};
}

void ChunkedString::unref(Chunk* chunk) {
  if (chunk->refs.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  base::deallocate(chunk->bytes, kUse);
  chunk->~Chunk();
  base::deallocate(chunk, kUse);
}

size_t ChunkedString::chunk_bytes(size_t index) const {
  return static_cast<size_t>(std::min<uint64_t>(kChunk, size_ - index * kChunk));
}

ChunkedString::Chunk* ChunkedString::own_chunk(size_t index, size_t capacity) {
  Chunk* const chunk = chunks_[index];
  const bool sole = chunk->refs.load(std::memory_order_acquire) == 1;
  if (sole && chunk->capacity >= capacity) return chunk;
  // Doubling what was too small keeps a series of short appends linear.
  const size_t wanted = chunk->capacity >= capacity
                            ? capacity
                            : std::min(kChunk, std::max(capacity, size_t{2} * chunk->capacity));
  Chunk* const copy = new_chunk(wanted);
  std::memcpy(copy->bytes, chunk->bytes, std::min(chunk_bytes(index), wanted));
  unref(chunk);
  chunks_[index] = copy;
  return copy;
}

void ChunkedString::charge_list() {
  const size_t bytes = chunks_.capacity() * sizeof(Chunk*);
  base::charge(kUse, static_cast<int64_t>(bytes) - static_cast<int64_t>(list_bytes_));
  list_bytes_ = bytes;
}

base::MutableByteSpan ChunkedString::extend(size_t bytes_max) {
  CHECK(!shared());
  CHECK_GT(bytes_max, 0u);
  CHECK_LT(size_, kChunkedStringBytesMax);
  bytes_max = std::min<size_t>(bytes_max, kChunkedStringBytesMax - size_);
  const size_t used = size_ % kChunk;
  const size_t bytes = std::min(bytes_max, kChunk - used);
  if (used == 0) {
    chunks_.push_back(new_chunk(bytes));
    charge_list();
  }
  const Chunk* const chunk = own_chunk(chunks_.size() - 1, used + bytes);
  size_ += bytes;
  return {chunk->bytes + used, bytes};
}

void ChunkedString::append(base::ByteSpan bytes) {
  CHECK_LE(bytes.size(), kChunkedStringBytesMax - size_);
  while (!bytes.empty()) {
    const base::MutableByteSpan to = extend(bytes.size());
    std::memcpy(to.data(), bytes.data(), to.size());
    bytes = bytes.subspan(to.size());
  }
}

void ChunkedString::set_range(uint64_t offset, base::ByteSpan bytes) {
  CHECK(!shared());
  CHECK_LE(offset, kChunkedStringBytesMax);
  CHECK_LE(bytes.size(), kChunkedStringBytesMax - offset);
  if (bytes.empty()) return;
  if (offset > size_) resize(offset);
  while (!bytes.empty() && offset < size_) {
    const auto index = static_cast<size_t>(offset / kChunk);
    const size_t within = offset % kChunk;
    const size_t count = std::min(bytes.size(), chunk_bytes(index) - within);
    std::memcpy(own_chunk(index, chunk_bytes(index))->bytes + within, bytes.data(), count);
    offset += count;
    bytes = bytes.subspan(count);
  }
  append(bytes);
}

void ChunkedString::set_range(uint64_t offset, ChunkedString* from) {
  CHECK(!from->shared());
  CHECK_LE(offset, kChunkedStringBytesMax);
  CHECK_LE(from->size_, kChunkedStringBytesMax - offset);
  if (offset > size_) resize(offset);
  if (offset == size_ && size_ % kChunk == 0) {
    chunks_.insert(chunks_.end(), from->chunks_.begin(), from->chunks_.end());
    charge_list();
    size_ += from->size_;
  } else {
    for (size_t i = 0; i < from->chunks_.size(); ++i) {
      set_range(offset + i * kChunk, from->chunk(i));
      unref(from->chunks_[i]);
    }
  }
  from->chunks_.clear();
  release(from);
}

void ChunkedString::resize(uint64_t size) {
  CHECK(!shared());
  CHECK_LE(size, kChunkedStringBytesMax);
  while (size_ < size) {
    const base::MutableByteSpan to = extend(static_cast<size_t>(size - size_));
    std::memset(to.data(), 0, to.size());
  }
  if (size_ == size) return;
  size_ = size;
  const auto count = static_cast<size_t>((size + kChunk - 1) / kChunk);
  for (; chunks_.size() > count; chunks_.pop_back()) unref(chunks_.back());
}

void ChunkedString::get_range(uint64_t offset, uint64_t bytes, std::vector<iovec>* out) const {
  CHECK_LE(offset, size_);
  CHECK_LE(bytes, size_ - offset);
  while (bytes > 0) {
    const auto index = static_cast<size_t>(offset / kChunk);
    const size_t within = offset % kChunk;
    const auto count = static_cast<size_t>(std::min<uint64_t>(bytes, kChunk - within));
    out->push_back({chunks_[index]->bytes + within, count});
    offset += count;
    bytes -= count;
  }
}

void ChunkedString::copy_range(uint64_t offset, base::MutableByteSpan out) const {
  std::vector<iovec> pieces;
  get_range(offset, out.size(), &pieces);
  std::byte* to = out.data();
  for (const iovec& piece : pieces) {
    std::memcpy(to, piece.iov_base, piece.iov_len);
    to += piece.iov_len;
  }
}

base::ByteSpan ChunkedString::chunk(size_t index) const {
  CHECK_LT(index, chunks_.size());
  return {chunks_[index]->bytes, chunk_bytes(index)};
}

uint64_t ChunkedString::allocated_bytes() const {
  uint64_t bytes = base::usable_bytes(this) + list_bytes_;
  for (const Chunk* const chunk : chunks_)
    bytes += base::usable_bytes(chunk) + base::usable_bytes(chunk->bytes);
  return bytes;
}

}  // namespace engine
