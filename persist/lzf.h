// LZF, the compression of RDB strings: one call to compress, and decompression in bounded memory.
//
// A stream is a run of instructions (http://liblzf.plan9.de): 000LLLLL copies the L+1 bytes that
// follow; LLLooooo oooooooo copies L+2 bytes from o+1 bytes back; with LLL = 7 one more length byte
// stands before the low offset. So nothing reaches further back than 8 KiB, which is all that the
// decompressor keeps.

#ifndef BASALT_PERSIST_LZF_H_
#define BASALT_PERSIST_LZF_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace persist {

inline constexpr size_t kLzfWindowBytes = 8192;

// Whether a stream of `compressed` bytes can hold exactly `raw` bytes: an instruction makes at most
// 264 bytes of 3, and at least 1 of 2. What fails this is corrupt, and is refused before memory is
// taken for it.
constexpr bool lzf_lengths_possible(uint64_t compressed, uint64_t raw) {
  return raw / 88 <= compressed && compressed / 2 <= raw && (compressed == 0) == (raw == 0);
}

// Compresses `raw` into `to`; the bytes used, or 0 when it does not fit. liblzf keeps 512 KiB on
// the stack meanwhile. REQUIRES: raw.size() < 4 GiB.
size_t lzf_compress(base::ByteSpan raw, base::MutableByteSpan to);

// Decompresses a whole stream into exactly `to`; kCorrupt when it does not fill it exactly.
base::Status lzf_decompress(base::ByteSpan compressed, base::MutableByteSpan to);

// Decompresses a stream that arrives in pieces and leaves in pieces. Holds `piece_bytes` + 8 KiB.
class LzfStream {
 public:
  // The stream is `compressed` bytes long and makes `raw` bytes.
  LzfStream(uint64_t compressed, uint64_t raw, size_t piece_bytes);

  // Takes bytes from the front of `*input` until the piece is full, the stream is complete or the
  // input is used up. kCorrupt: an instruction reaches outside, or the two lengths disagree.
  base::Status feed(base::ByteSpan* input);

  // The bytes made since the last take; valid until the next feed().
  base::ByteSpan take();
  // feed() can make no more until take(). Without takes before that, the piece is `piece_bytes`.
  bool piece_full() const { return end_ == buffer_bytes() && begin_ != end_; }
  // All compressed bytes are taken and all raw bytes made.
  bool done() const { return compressed_left_ == 0 && raw_left_ == 0; }
  uint64_t compressed_left() const { return compressed_left_; }

 private:
  enum class State : uint8_t { kControl, kLiteral, kLongLength, kOffset, kReference };

  // Of the window and the piece.
  size_t buffer_bytes() const { return kLzfWindowBytes + piece_bytes_; }
  void make_room();
  void copy_literals(base::ByteSpan* input);
  void copy_reference();
  base::Status take_byte(uint8_t byte);

  uint64_t compressed_left_;
  uint64_t raw_left_;
  uint64_t raw_made_ = 0;
  size_t piece_bytes_;
  size_t begin_ = kLzfWindowBytes;  // In buffer_: what was made and not taken is [begin_, end_).
  size_t end_ = kLzfWindowBytes;
  std::unique_ptr<std::byte[]> buffer_;  // The window, then the piece.
  State state_ = State::kControl;
  uint32_t run_ = 0;     // Literal bytes left, or the length of a reference.
  uint32_t offset_ = 0;  // Of a reference, less one.
};

}  // namespace persist

#endif  // BASALT_PERSIST_LZF_H_
