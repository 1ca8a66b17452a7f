#include "persist/lzf.h"

#if __has_include(<lzf.h>)
#include <lzf.h>
#else
#include <liblzf/lzf.h>
#endif

#include <algorithm>
#include <cstring>

namespace persist {

namespace {

constexpr base::Error kCorruptLzf = {base::ErrorCode::kCorrupt, 0, "Invalid LZF compressed string"};
constexpr uint32_t kLongestShortRun = 7;

}  // namespace

size_t lzf_compress(base::ByteSpan raw, base::MutableByteSpan to) {
  CHECK_LE(raw.size(), UINT32_MAX);
  const size_t room = std::min<size_t>(to.size(), UINT32_MAX);
  if (raw.empty() || room == 0) return 0;
  return ::lzf_compress(raw.data(), static_cast<unsigned>(raw.size()), to.data(),
                        static_cast<unsigned>(room));
}

base::Status lzf_decompress(base::ByteSpan compressed, base::MutableByteSpan to) {
  if (!lzf_lengths_possible(compressed.size(), to.size())) return kCorruptLzf;
  if (compressed.empty()) return base::ok_status();
  if (compressed.size() > UINT32_MAX || to.size() > UINT32_MAX) {
    // liblzf counts in 32 bits.
    LzfStream stream(compressed.size(), to.size(), 1024 * 1024);
    while (!stream.done()) {
      RETURN_IF_ERROR(stream.feed(&compressed));
      const base::ByteSpan piece = stream.take();
      std::memcpy(to.data(), piece.data(), piece.size());
      to = to.subspan(piece.size());
    }
    return base::ok_status();
  }
  const unsigned made =
      ::lzf_decompress(compressed.data(), static_cast<unsigned>(compressed.size()), to.data(),
                       static_cast<unsigned>(to.size()));
  if (made != to.size()) return kCorruptLzf;
  return base::ok_status();
}

LzfStream::LzfStream(uint64_t compressed, uint64_t raw, size_t piece_bytes)
    : compressed_left_(compressed),
      raw_left_(raw),
      piece_bytes_(piece_bytes),
      buffer_(new std::byte[kLzfWindowBytes + piece_bytes]) {
  CHECK_GT(piece_bytes, 0u);
}

base::Status LzfStream::feed(base::ByteSpan* input) {
  make_room();
  while (end_ < buffer_bytes()) {
    if (state_ == State::kReference) {
      copy_reference();
    } else if (compressed_left_ == 0) {
      if (state_ != State::kControl || raw_left_ != 0) return kCorruptLzf;
      return base::ok_status();
    } else if (input->empty()) {
      return base::ok_status();
    } else if (state_ == State::kLiteral) {
      copy_literals(input);
    } else {
      const auto byte = static_cast<uint8_t>((*input)[0]);
      *input = input->subspan(1);
      --compressed_left_;
      RETURN_IF_ERROR(take_byte(byte));
    }
  }
  // The last instruction may end exactly where the buffer does.
  if (compressed_left_ == 0 && state_ == State::kControl && raw_left_ != 0) return kCorruptLzf;
  return base::ok_status();
}

base::ByteSpan LzfStream::take() {
  const base::ByteSpan made(buffer_.get() + begin_, end_ - begin_);
  begin_ = end_;
  return made;
}

// Once the piece is full and taken, its end becomes the window.
void LzfStream::make_room() {
  if (begin_ != end_ || end_ != buffer_bytes()) return;
  std::memmove(buffer_.get(), buffer_.get() + end_ - kLzfWindowBytes, kLzfWindowBytes);
  begin_ = end_ = kLzfWindowBytes;
}

base::Status LzfStream::take_byte(uint8_t byte) {
  switch (state_) {
    case State::kControl:
      if (byte < 32) {
        run_ = byte + 1u;
        if (run_ > compressed_left_ || run_ > raw_left_) return kCorruptLzf;
        state_ = State::kLiteral;
      } else {
        run_ = static_cast<uint32_t>(byte >> 5);
        offset_ = static_cast<uint32_t>(byte & 0x1f) << 8;
        state_ = run_ == kLongestShortRun ? State::kLongLength : State::kOffset;
      }
      return base::ok_status();
    case State::kLongLength:
      run_ += byte;
      state_ = State::kOffset;
      return base::ok_status();
    case State::kOffset:
      run_ += 2;
      offset_ += byte;
      if (offset_ + 1 > raw_made_ || run_ > raw_left_) return kCorruptLzf;
      state_ = State::kReference;
      return base::ok_status();
    default:
      CHECK(false);
      return kCorruptLzf;
  }
}

void LzfStream::copy_literals(base::ByteSpan* input) {
  const size_t count = std::min({static_cast<size_t>(run_), input->size(), buffer_bytes() - end_});
  std::memcpy(buffer_.get() + end_, input->data(), count);
  *input = input->subspan(count);
  compressed_left_ -= count;
  end_ += count;
  raw_made_ += count;
  raw_left_ -= count;
  run_ -= static_cast<uint32_t>(count);
  if (run_ == 0) state_ = State::kControl;
}

void LzfStream::copy_reference() {
  const size_t count = std::min<size_t>(run_, buffer_bytes() - end_);
  std::byte* to = buffer_.get() + end_;
  const std::byte* from = to - offset_ - 1;
  // A reference may reach into what it makes: byte by byte then, by definition.
  if (offset_ + 1 >= count) {
    std::memcpy(to, from, count);
  } else {
    for (size_t i = 0; i < count; ++i) to[i] = from[i];
  }
  end_ += count;
  raw_made_ += count;
  raw_left_ -= count;
  run_ -= static_cast<uint32_t>(count);
  if (run_ == 0) state_ = State::kControl;
}

}  // namespace persist
