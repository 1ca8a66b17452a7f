// OutputBuffer: the bytes that a connection still has to send, in order.
//
//   head                                   tail
//   [block: sent | in flight | waiting] -> [borrowed piece of a value] -> [block: ... | room]
//
// A chain of nodes in blocks that never move: while the kernel sends what gather() named, replies
// are appended behind it, growth copies nothing, and a large value is not copied but borrowed. The
// nodes stand in the blocks themselves, a block goes back to the pool with its last node, and a
// connection without output holds none.
//
// Positions are 64-bit offsets in the stream of everything ever appended. Group commit uses them:
// what may leave is everything before the position at which the last durable effect was produced.
//   sent <= in_flight_end <= produced

#ifndef BASALT_RESP_OUTPUT_BUFFER_H_
#define BASALT_RESP_OUTPUT_BUFFER_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "resp/block_pool.h"

namespace resp {

// Keeps borrowed bytes alive: `release(owner)` is called once, when they were sent or discarded.
// It must not append to the buffer.
struct Lease {
  void (*release)(void* owner) = nullptr;
  void* owner = nullptr;
};

class OutputBuffer {
 public:
  // The most that room() can be asked for.
  static constexpr size_t kRoomBytesMax = 4096;

  // `pool` outlives the buffer.
  explicit OutputBuffer(BlockPool* pool) : pool_(pool) {}
  ~OutputBuffer() { clear(); }
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

  // Appending. -------------------------------------------------------------------------------

  // Where `bytes` <= kRoomBytesMax may be written; written(end) keeps what was.
  char* room(size_t bytes) {
    if (static_cast<size_t>(limit_ - end_) < bytes) [[unlikely]]
      open_block(bytes);
    return end_;
  }
  void written(char* end) { end_ = end; }

  void append(std::string_view bytes) {
    if (static_cast<size_t>(limit_ - end_) < bytes.size()) [[unlikely]]
      return append_slowly(bytes);
    if (bytes.empty()) return;  // Both pointers may be null.
    std::memcpy(end_, bytes.data(), bytes.size());
    end_ += bytes.size();
  }

  // Appends without copying. The bytes stay in place until lease.release is called, or without a
  // release function as long as the buffer.
  void append_borrowed(std::string_view bytes, Lease lease);

  // Takes back everything appended since produced() was `position`.
  // REQUIRES: nothing of it was gathered, no hole is open.
  void truncate(uint64_t position);

  // A hole of `bytes` <= kRoomBytesMax for a header that is not known yet; fill_hole writes the
  // header (at most `bytes`) and closes the rest of the hole: at most a block's bytes move, and
  // produced() shrinks. Holes are filled last opened first.
  struct Hole {
    void* node;
    char* at;
    size_t bytes;
  };
  Hole open_hole(size_t bytes);
  void fill_hole(Hole hole, std::string_view header);

  // Sending. ---------------------------------------------------------------------------------

  // Names what is to be sent next: from the end of the last gather, up to `until`, in at most
  // iovecs.size() pieces. Returns how many it filled; those bytes are in flight until sent().
  // REQUIRES: nothing is in flight, no hole is open.
  size_t gather(std::span<iovec> iovecs, uint64_t until = UINT64_MAX);
  uint64_t in_flight_bytes() const { return in_flight_end_ - sent_; }
  bool all_in_flight() const { return produced() == in_flight_end_; }
  // Everything in flight was sent: its blocks are recycled and its leases released.
  void sent();
  // Drops everything, what is in flight too.
  // REQUIRES: the kernel does not use it any more.
  void clear();

  uint64_t produced() const {
    return tail_begin_position_ + static_cast<uint64_t>(end_ - tail_begin_);
  }
  // Not sent yet, in flight included.
  uint64_t pending_bytes() const { return produced() - sent_; }
  bool empty() const { return pending_bytes() == 0; }
  // Memory held in blocks; borrowed bytes are their owner's.
  size_t block_bytes() const { return block_bytes_; }

  // A copy of what is pending, for tests and tools.
  std::string pending_copy() const;

 private:
  // At the front of every block of the pool.
  struct Block {
    size_t bytes;  // Of the whole block.
    size_t nodes;  // That stand in it.
  };
  // Bytes of the block behind this node, or borrowed ones. The tail is never a borrowed one.
  struct Node {
    Node* next;
    Block* block;       // The one it stands in.
    const char* begin;  // First byte not sent.
    const char* end;    // Behind the last byte; end_ is it for the tail.
    Lease lease;
    bool borrowed;
  };

  void open_block(size_t bytes);
  void append_slowly(std::string_view bytes);
  // Makes a node at `at`, which stands in `block`, the tail.
  Node* append_node(char* at, Block* block);
  void begin_tail_bytes(Node* tail);
  void free_node(Node* node);
  void free_chain(Node* first);
  void become_empty();
  const char* node_end(const Node* node) const { return node == tail_ ? end_ : node->end; }

  BlockPool* const pool_;
  // Where the next byte goes and the end of its block; null when there is no block.
  char* end_ = nullptr;
  char* limit_ = nullptr;
  char* tail_begin_ = nullptr;        // The tail's first byte,
  uint64_t tail_begin_position_ = 0;  // and its position.
  Node* head_ = nullptr;
  Node* tail_ = nullptr;
  uint64_t sent_ = 0;
  uint64_t in_flight_end_ = 0;
  uint64_t burst_begin_ = 0;  // The position at which the buffer was last empty.
  size_t block_bytes_ = 0;
  size_t next_block_bytes_ = BlockPool::kBlockBytesMin;
  size_t open_holes_ = 0;
};

}  // namespace resp

#endif  // BASALT_RESP_OUTPUT_BUFFER_H_
