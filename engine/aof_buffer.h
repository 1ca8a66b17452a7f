// AofBuffer: the end of the effect stream, from the first byte that is not durable yet.
//
//   begin()                                            end()
//   [block: durable | written | not written] -> [chunk of a long value] -> [block | room]
//
// Bytes have 64-bit offsets in the stream and stay in place until they are dropped: they are
// written from here, and written again, to another file, if the disk failed to keep them. A long
// value is not copied: its chunks are referred to.
//
// Memory is counted as base::MemoryUse::kAof, that of chunks where they belong.

#ifndef BASALT_ENGINE_AOF_BUFFER_H_
#define BASALT_ENGINE_AOF_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace engine {

class ChunkedString;

class AofBuffer {
 public:
  static constexpr size_t kBlockBytes = 64 * 1024;

  // `condemned` gets the references to long values that are the last.
  explicit AofBuffer(std::vector<ChunkedString*>* condemned) : condemned_(condemned) {}
  ~AofBuffer();
  AofBuffer(const AofBuffer&) = delete;
  AofBuffer& operator=(const AofBuffer&) = delete;

  void append(std::string_view bytes);
  // `bytes` that stand together, for the caller to fill in while nothing of them is used.
  std::byte* reserve(size_t bytes);
  // Takes over one reference.
  void append(ChunkedString* chunks);

  // Of the stream: the first byte that is kept, and behind the last.
  uint64_t begin() const { return begin_; }
  uint64_t end() const { return end_; }
  uint64_t bytes() const { return end_ - begin_; }
  // Bytes at `offset` that stand together, at least one unless offset == end(), at most
  // `bytes_max`. They stay until drop_before() passes them. REQUIRES: offset in [begin(), end()].
  base::ByteSpan at(uint64_t offset, size_t bytes_max) const;
  void drop_before(uint64_t offset);

 private:
  struct Piece {
    uint64_t offset;
    size_t bytes;
    std::byte* block;       // Own memory, or null.
    ChunkedString* chunks;  // Else these bytes of a value,
    size_t chunk_index;
    bool last_of_value;  // whose reference this piece gives up.
  };

  void release(const Piece& piece);
  void open_block();

  std::vector<ChunkedString*>* const condemned_;
  std::deque<Piece> pieces_;
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  std::byte* spare_ = nullptr;  // A block, for the next one.
};

}  // namespace engine

#endif  // BASALT_ENGINE_AOF_BUFFER_H_
