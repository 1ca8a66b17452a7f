// LargeCommand: a command whose value is received in chunks, from the announcement of its length to
// its execution.
//
//   announced      memory is taken chunk by chunk, as the value's bytes come (append, space,
//   filled) value here     the rest of the command arrives as input like any other complete its
//   words are kept, apart from the input, until it has run: a parked command is
//                  offered again with the same value
//   executed       the handler has taken the chunks, or they are given up
//
// Loop thread only.

#ifndef BASALT_ENGINE_LARGE_COMMAND_H_
#define BASALT_ENGINE_LARGE_COMMAND_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/counted_allocator.h"
#include "engine/command_table.h"

namespace engine {

class ChunkedString;

class LargeCommand {
 public:
  // `value_bytes` is more than 0 and at most kChunkedStringBytesMax.
  explicit LargeCommand(uint64_t value_bytes);
  ~LargeCommand();
  LargeCommand(const LargeCommand&) = delete;
  LargeCommand& operator=(const LargeCommand&) = delete;

  // Of the value.
  uint64_t value_bytes() const { return value_bytes_; }
  uint64_t received_bytes() const { return received_bytes_; }
  uint64_t missing_bytes() const { return value_bytes_ - received_bytes_; }

  // Copies what belongs to the value from the beginning of `bytes`; returns how much that was.
  size_t append(std::string_view bytes);
  // Where the next bytes may be received; filled() says how many were. REQUIRES: some are missing.
  base::MutableByteSpan space();
  void filled(size_t bytes);

  // Copies the words; the one at `value_word` is the value. REQUIRES: nothing is missing.
  void complete(CommandWords words, size_t value_word);
  bool is_complete() const { return !words_.empty(); }
  // The value's word is empty here.
  CommandWords words() const { return words_; }
  size_t value_word() const { return value_word_; }
  // The reference is the caller's; null when it was taken before.
  ChunkedString* take_value();
  // One more reference to the value as it is now, which does not count for whoever takes the value
  // and changes it; null when it was taken.
  ChunkedString* share_value();
  // A complete command of its own with words and value, which are gone here.
  std::unique_ptr<LargeCommand> detach();

 private:
  explicit LargeCommand(LargeCommand* from);

  template <class T>
  using Counted = std::vector<T, base::CountedAllocator<T, base::MemoryUse::kClients>>;

  const uint64_t value_bytes_;
  uint64_t received_bytes_ = 0;
  ChunkedString* value_;
  base::MutableByteSpan space_;  // The end of value_, not filled yet.
  Counted<char> text_;           // Of words_.
  Counted<std::string_view> words_;
  size_t value_word_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_LARGE_COMMAND_H_
