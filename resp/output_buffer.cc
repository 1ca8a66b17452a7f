#include "resp/output_buffer.h"

#include <algorithm>
#include <new>

#include "base/bytes.h"
#include "base/check.h"

namespace resp {

namespace {

// A burst of replies begins with a block of the size that the last one filled, up to this.
constexpr size_t kFirstBlockBytesMax = 16 * 1024;

char* aligned(char* at, size_t alignment) {
  return at + ((0 - reinterpret_cast<uintptr_t>(at)) & (alignment - 1));
}

}  // namespace

OutputBuffer::Node* OutputBuffer::append_node(char* at, Block* block) {
  if (tail_ != nullptr) tail_->end = end_;
  Node* const node = new (at) Node{.next = nullptr,
                                   .block = block,
                                   .begin = nullptr,
                                   .end = nullptr,
                                   .lease = {},
                                   .borrowed = false};
  ++block->nodes;
  if (tail_ == nullptr) {
    head_ = node;
  } else {
    tail_->next = node;
  }
  tail_ = node;
  return node;
}

// The bytes behind `tail` are what is appended from now on.
void OutputBuffer::begin_tail_bytes(Node* tail) {
  end_ = tail_begin_ = reinterpret_cast<char*>(tail + 1);
  tail->begin = tail->end = end_;
  limit_ = reinterpret_cast<char*>(tail->block) + tail->block->bytes;
}

void OutputBuffer::open_block(size_t bytes) {
  CHECK_LE(bytes, kRoomBytesMax);
  const size_t needed = BlockPool::block_bytes(sizeof(Block) + sizeof(Node) + bytes);
  const size_t block_bytes = std::max(next_block_bytes_, needed);
  next_block_bytes_ = std::min(block_bytes * 2, BlockPool::kPooledBytesMax);
  Block* const block = new (pool_->take(block_bytes)) Block{.bytes = block_bytes, .nodes = 0};
  block_bytes_ += block_bytes;
  tail_begin_position_ = produced();
  begin_tail_bytes(append_node(reinterpret_cast<char*>(block + 1), block));
}

void OutputBuffer::append_slowly(std::string_view bytes) {
  while (!bytes.empty()) {
    if (end_ == limit_) open_block(std::min(bytes.size(), kRoomBytesMax));
    const size_t now = std::min(bytes.size(), static_cast<size_t>(limit_ - end_));
    std::memcpy(end_, bytes.data(), now);
    end_ += now;
    bytes.remove_prefix(now);
  }
}

void OutputBuffer::append_borrowed(std::string_view bytes, Lease lease) {
  // The borrowed node and the next tail stand behind what was written, so that a value between
  // two short texts costs no further block.
  constexpr size_t kNodesBytes = 2 * sizeof(Node) + alignof(Node);
  room(kNodesBytes);
  char* const at = aligned(end_, alignof(Node));
  Block* const block = tail_->block;
  tail_begin_position_ = produced() + bytes.size();
  Node* const node = append_node(at, block);
  node->begin = bytes.data();
  node->end = bytes.data() + bytes.size();
  node->lease = lease;
  node->borrowed = true;
  end_ = const_cast<char*>(node->end);  // What append_node seals a tail with.
  begin_tail_bytes(append_node(at + sizeof(Node), block));
}

OutputBuffer::Hole OutputBuffer::open_hole(size_t bytes) {
  char* const at = room(bytes);
  written(at + bytes);
  ++open_holes_;
  return {.node = tail_, .at = at, .bytes = bytes};
}

void OutputBuffer::fill_hole(Hole hole, std::string_view header) {
  CHECK_LE(header.size(), hole.bytes);
  CHECK_GT(open_holes_, 0u);
  --open_holes_;
  Node* const node = static_cast<Node*>(hole.node);
  const char* const end = node_end(node);
  char* const behind = hole.at + hole.bytes;
  const size_t gap = hole.bytes - header.size();
  std::memcpy(hole.at, header.data(), header.size());
  std::memmove(behind - gap, behind, static_cast<size_t>(end - behind));
  if (node == tail_) {
    end_ -= gap;
  } else {
    node->end -= gap;
    tail_begin_position_ -= gap;
  }
}

void OutputBuffer::free_node(Node* node) {
  Block* const block = node->block;
  const Lease lease = node->lease;
  if (--block->nodes == 0) {
    block_bytes_ -= block->bytes;
    pool_->give(reinterpret_cast<char*>(block), block->bytes);
  }
  if (lease.release != nullptr) lease.release(lease.owner);
}

void OutputBuffer::free_chain(Node* first) {
  while (first != nullptr) {
    Node* const next = first->next;
    free_node(first);
    first = next;
  }
}

void OutputBuffer::truncate(uint64_t position) {
  CHECK_EQ(open_holes_, 0u);
  CHECK_GE(position, in_flight_end_);
  CHECK_LE(position, produced());
  if (position == produced()) return;
  // The node of the buffer's own in which the position lies. Behind a borrowed one there always
  // is another, so a position between two appends has one.
  uint64_t node_position = sent_;
  Node* node = head_;
  while (true) {
    const auto bytes = static_cast<uint64_t>(node_end(node) - node->begin);
    if (!node->borrowed && position <= node_position + bytes) break;
    node_position += bytes;
    node = node->next;
    CHECK(node != nullptr);
  }
  CHECK_GE(position, node_position);
  Node* const dropped = node->next;
  node->next = nullptr;
  tail_ = node;
  tail_begin_ = const_cast<char*>(node->begin);
  tail_begin_position_ = node_position;
  end_ = tail_begin_ + (position - node_position);
  limit_ = reinterpret_cast<char*>(node->block) + node->block->bytes;
  free_chain(dropped);
}

size_t OutputBuffer::gather(std::span<iovec> iovecs, uint64_t until) {
  CHECK_EQ(open_holes_, 0u);
  CHECK_EQ(in_flight_end_, sent_);
  size_t count = 0;
  for (const Node* node = head_; node != nullptr && count < iovecs.size(); node = node->next) {
    if (in_flight_end_ >= until) break;
    const auto bytes = static_cast<uint64_t>(node_end(node) - node->begin);
    const uint64_t taken = std::min(bytes, until - in_flight_end_);
    if (taken == 0) continue;
    iovecs[count++] = {.iov_base = const_cast<char*>(node->begin),
                       .iov_len = static_cast<size_t>(taken)};
    in_flight_end_ += taken;
  }
  return count;
}

void OutputBuffer::sent() {
  uint64_t bytes = in_flight_end_ - sent_;
  sent_ = in_flight_end_;
  if (sent_ == produced()) return become_empty();
  while (true) {
    const auto here = static_cast<uint64_t>(node_end(head_) - head_->begin);
    if (bytes < here || head_ == tail_) break;
    Node* const done = head_;
    head_ = head_->next;
    bytes -= here;
    free_node(done);
  }
  if (bytes == 0) return;
  head_->begin += bytes;
}

void OutputBuffer::become_empty() {
  const uint64_t position = produced();
  const uint64_t burst = position - burst_begin_;
  Node* const first = head_;
  head_ = tail_ = nullptr;
  end_ = limit_ = tail_begin_ = nullptr;
  tail_begin_position_ = burst_begin_ = position;
  sent_ = in_flight_end_ = position;
  next_block_bytes_ =
      std::min(BlockPool::block_bytes(sizeof(Block) + sizeof(Node) + static_cast<size_t>(burst)),
               kFirstBlockBytesMax);
  free_chain(first);
}

void OutputBuffer::clear() {
  open_holes_ = 0;
  become_empty();
}

std::string OutputBuffer::pending_copy() const {
  std::string copy;
  for (const Node* node = head_; node != nullptr; node = node->next)
    copy.append(node->begin, static_cast<size_t>(node_end(node) - node->begin));
  return copy;
}

}  // namespace resp
