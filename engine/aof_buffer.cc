#include "engine/aof_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/memory.h"
#include "engine/value/chunked_string.h"

namespace engine {

AofBuffer::~AofBuffer() {
  for (const Piece& piece : pieces_) release(piece);
  base::deallocate(spare_, base::MemoryUse::kAof);
}

void AofBuffer::release(const Piece& piece) {
  if (piece.block != nullptr && spare_ == nullptr) {
    spare_ = piece.block;
  } else if (piece.block != nullptr) {
    base::deallocate(piece.block, base::MemoryUse::kAof);
  } else if (piece.last_of_value && piece.chunks->shared()) {
    ChunkedString::release(piece.chunks);
  } else if (piece.last_of_value) {
    condemned_->push_back(piece.chunks);
  }
}

void AofBuffer::open_block() {
  std::byte* block = std::exchange(spare_, nullptr);
  if (block == nullptr)
    block = static_cast<std::byte*>(base::allocate(kBlockBytes, base::MemoryUse::kAof));
  pieces_.push_back({end_, 0, block, nullptr, 0, false});
}

std::byte* AofBuffer::reserve(size_t bytes) {
  CHECK_LE(bytes, kBlockBytes);
  if (pieces_.empty() || pieces_.back().block == nullptr ||
      kBlockBytes - pieces_.back().bytes < bytes)
    open_block();
  Piece& piece = pieces_.back();
  piece.bytes += bytes;
  end_ += bytes;
  return piece.block + piece.bytes - bytes;
}

void AofBuffer::append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (pieces_.empty() || pieces_.back().block == nullptr || pieces_.back().bytes == kBlockBytes) {
      open_block();
    }
    Piece& piece = pieces_.back();
    const size_t count = std::min(bytes.size(), kBlockBytes - piece.bytes);
    std::memcpy(piece.block + piece.bytes, bytes.data(), count);
    piece.bytes += count;
    end_ += count;
    bytes.remove_prefix(count);
  }
}

void AofBuffer::append(ChunkedString* chunks) {
  const size_t count = chunks->chunk_count();
  CHECK_GT(count, 0u);
  for (size_t i = 0; i < count; ++i) {
    const size_t bytes = chunks->chunk(i).size();
    pieces_.push_back({end_, bytes, nullptr, chunks, i, i + 1 == count});
    end_ += bytes;
  }
}

base::ByteSpan AofBuffer::at(uint64_t offset, size_t bytes_max) const {
  CHECK_GE(offset, begin_);
  CHECK_LE(offset, end_);
  if (offset == end_) return {};
  const auto behind =
      std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                       [](uint64_t at, const Piece& piece) { return at < piece.offset; });
  const Piece& piece = *std::prev(behind);
  const size_t skip = offset - piece.offset;
  const base::ByteSpan bytes = piece.block != nullptr ? base::ByteSpan{piece.block, piece.bytes}
                                                      : piece.chunks->chunk(piece.chunk_index);
  return bytes.subspan(skip, std::min(bytes.size() - skip, bytes_max));
}

void AofBuffer::drop_before(uint64_t offset) {
  CHECK_LE(offset, end_);
  begin_ = std::max(begin_, offset);
  // The last block stays while it has room.
  while (!pieces_.empty() && pieces_.front().offset + pieces_.front().bytes <= begin_) {
    if (pieces_.size() == 1 && pieces_.front().block != nullptr &&
        pieces_.front().bytes < kBlockBytes)
      return;
    release(pieces_.front());
    pieces_.pop_front();
  }
}

}  // namespace engine
