// QueryBuffer: the bytes of a connection that were received and not executed yet.
//
//   front: [ dropped | view ]   one contiguous block      behind: [block] [block] [block] ...
//
// The parser sees the front only; pull() moves more of what stands behind into it. So a client that
// writes a hundred megabytes of small commands costs just those, and no copy of them.

#ifndef BASALT_ENGINE_QUERY_BUFFER_H_
#define BASALT_ENGINE_QUERY_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "resp/block_pool.h"

namespace engine {

class QueryBuffer {
 public:
  // The front takes appended bytes up to this size; more goes behind.
  static constexpr size_t kFrontBytes = 32 * 1024;

  // `pool` outlives the buffer.
  explicit QueryBuffer(resp::BlockPool* pool) : pool_(pool) {}
  ~QueryBuffer() { clear(); }
  QueryBuffer(const QueryBuffer&) = delete;
  QueryBuffer& operator=(const QueryBuffer&) = delete;

  bool empty() const { return bytes_ == 0; }
  // Everything kept, and what it takes in memory.
  uint64_t bytes() const { return bytes_; }
  uint64_t block_bytes() const { return block_bytes_; }
  // What does not stand in the front.
  uint64_t behind_bytes() const { return bytes_ - (end_ - begin_); }

  // The front. Valid until the next call that is not const.
  std::string_view view() const { return {front_ + begin_, end_ - begin_}; }
  void append(std::string_view bytes);
  // Drops bytes from the front's beginning. REQUIRES: it has so many.
  void drop(size_t bytes);
  // Moves the next bytes from behind into the front, at least as many as would double it; false
  // when nothing is behind.
  bool pull();
  // Moves exactly `bytes` of them. REQUIRES: so many are behind.
  void pull_exactly(uint64_t bytes);
  // The first bytes that follow the front's first `offset`, in one piece; empty when there are
  // none. Valid as view() is.
  std::string_view piece_after(size_t offset) const;
  // Drops bytes from the beginning of that piece.
  void drop_after(size_t offset, size_t bytes);
  void clear();

 private:
  struct Block {
    char* bytes;
    size_t capacity;
    size_t begin;
    size_t end;
  };

  void reserve_front(size_t bytes);
  void append_front(std::string_view bytes);
  void append_behind(std::string_view bytes);
  // Drops bytes from the beginning of what stands behind.
  void drop_behind(size_t bytes);
  void release_front();

  resp::BlockPool* const pool_;
  char* front_ = nullptr;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  std::deque<Block> behind_;
  uint64_t bytes_ = 0;
  uint64_t block_bytes_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_QUERY_BUFFER_H_
