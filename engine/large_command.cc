#include "engine/large_command.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/limits.h"
#include "engine/value/chunked_string.h"

namespace engine {

LargeCommand::LargeCommand(uint64_t value_bytes)
    : value_bytes_(value_bytes), value_(ChunkedString::create()) {
  CHECK_GT(value_bytes, 0u);
  CHECK_LE(value_bytes, kChunkedStringBytesMax);
}

LargeCommand::LargeCommand(LargeCommand* from)
    : value_bytes_(from->value_bytes_),
      received_bytes_(from->received_bytes_),
      value_(from->take_value()),
      text_(std::move(from->text_)),
      words_(std::move(from->words_)),
      value_word_(from->value_word_) {}

LargeCommand::~LargeCommand() { ChunkedString::release(value_); }

std::unique_ptr<LargeCommand> LargeCommand::detach() {
  CHECK(is_complete());
  return std::unique_ptr<LargeCommand>(new LargeCommand(this));
}

size_t LargeCommand::append(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && missing_bytes() > 0) {
    const base::MutableByteSpan to = space();
    const size_t count = std::min(to.size(), bytes.size() - taken);
    std::memcpy(to.data(), bytes.data() + taken, count);
    filled(count);
    taken += count;
  }
  return taken;
}

base::MutableByteSpan LargeCommand::space() {
  CHECK_GT(missing_bytes(), 0u);
  // A whole chunk at once: one that grows with each piece would be copied each time.
  if (space_.empty())
    space_ = value_->extend(std::min<uint64_t>(missing_bytes(), base::kChunkBytes));
  return space_;
}

void LargeCommand::filled(size_t bytes) {
  CHECK_LE(bytes, space_.size());
  space_ = space_.subspan(bytes);
  received_bytes_ += bytes;
}

void LargeCommand::complete(CommandWords words, size_t value_word) {
  CHECK_EQ(missing_bytes(), 0u);
  CHECK_LT(value_word, words.size());
  size_t bytes = 0;
  for (const std::string_view word : words) bytes += word.size();
  text_.reserve(bytes);
  for (const std::string_view word : words) {
    const size_t at = text_.size();
    text_.insert(text_.end(), word.begin(), word.end());
    words_.push_back({text_.data() + at, word.size()});
  }
  value_word_ = value_word;
}

ChunkedString* LargeCommand::take_value() {
  ChunkedString* const value = value_;
  value_ = nullptr;
  return value;
}

ChunkedString* LargeCommand::share_value() {
  if (value_ == nullptr) return nullptr;
  ChunkedString* const shared = value_->freeze();
  value_ = ChunkedString::writable(value_);
  return shared;
}

}  // namespace engine
