#include "engine/query_buffer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace engine {

void QueryBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  bytes_ += bytes.size();
  if (behind_.empty() && end_ - begin_ + bytes.size() <= kFrontBytes) {
    append_front(bytes);
  } else {
    append_behind(bytes);
  }
}

// Room for `bytes` more behind what the front has.
void QueryBuffer::reserve_front(size_t bytes) {
  const size_t kept = end_ - begin_;
  if (end_ + bytes <= capacity_) return;
  const size_t capacity = resp::BlockPool::block_bytes(kept + bytes);
  if (capacity == capacity_) {
    std::memmove(front_, front_ + begin_, kept);
  } else {
    char* const block = pool_->take(capacity);
    if (kept != 0) std::memcpy(block, front_ + begin_, kept);
    if (front_ != nullptr) pool_->give(front_, capacity_);
    block_bytes_ += capacity - capacity_;
    front_ = block;
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = kept;
}

void QueryBuffer::append_front(std::string_view bytes) {
  reserve_front(bytes.size());
  std::memcpy(front_ + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

void QueryBuffer::append_behind(std::string_view bytes) {
  while (!bytes.empty()) {
    if (behind_.empty() || behind_.back().end == behind_.back().capacity) {
      const size_t capacity = resp::BlockPool::block_bytes(kFrontBytes);
      behind_.push_back({pool_->take(capacity), capacity, 0, 0});
      block_bytes_ += capacity;
    }
    Block& block = behind_.back();
    const size_t count = std::min(bytes.size(), block.capacity - block.end);
    std::memcpy(block.bytes + block.end, bytes.data(), count);
    block.end += count;
    bytes.remove_prefix(count);
  }
}

void QueryBuffer::drop(size_t bytes) {
  CHECK_LE(bytes, end_ - begin_);
  begin_ += bytes;
  bytes_ -= bytes;
  if (begin_ == end_) release_front();
}

bool QueryBuffer::pull() {
  if (behind_.empty()) return false;
  // Doubling keeps the copies of a large bulk linear in its length.
  pull_exactly(std::min<uint64_t>(std::max(end_ - begin_, kFrontBytes), behind_bytes()));
  return true;
}

void QueryBuffer::pull_exactly(uint64_t wanted) {
  CHECK_LE(wanted, behind_bytes());
  reserve_front(wanted);
  while (wanted > 0) {
    const Block& block = behind_.front();
    const size_t count = std::min<size_t>(wanted, block.end - block.begin);
    append_front({block.bytes + block.begin, count});
    drop_behind(count);
    wanted -= count;
  }
}

void QueryBuffer::drop_behind(size_t bytes) {
  Block& block = behind_.front();
  block.begin += bytes;
  if (block.begin != block.end) return;
  pool_->give(block.bytes, block.capacity);
  block_bytes_ -= block.capacity;
  behind_.pop_front();
}

std::string_view QueryBuffer::piece_after(size_t offset) const {
  const std::string_view front = view();
  CHECK_LE(offset, front.size());
  if (offset < front.size()) return front.substr(offset);
  if (behind_.empty()) return {};
  const Block& block = behind_.front();
  return {block.bytes + block.begin, block.end - block.begin};
}

void QueryBuffer::drop_after(size_t offset, size_t bytes) {
  CHECK_LE(bytes, piece_after(offset).size());
  bytes_ -= bytes;
  if (offset == end_ - begin_) return drop_behind(bytes);
  char* const at = front_ + begin_ + offset;
  std::memmove(at, at + bytes, static_cast<size_t>(front_ + end_ - at) - bytes);
  end_ -= bytes;
}

void QueryBuffer::release_front() {
  if (front_ != nullptr) pool_->give(front_, capacity_);
  block_bytes_ -= capacity_;
  front_ = nullptr;
  capacity_ = begin_ = end_ = 0;
}

void QueryBuffer::clear() {
  release_front();
  for (const Block& block : behind_) pool_->give(block.bytes, block.capacity);
  behind_.clear();
  bytes_ = 0;
  block_bytes_ = 0;
}

}  // namespace engine
