#include <array>
#include <string>
#include <vector>

#include "base/limits.h"
#include "engine/commands/bit_commands.h"
#include "engine/commands/command_limits.h"
#include "engine/commands/string_edit.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"

namespace engine {

namespace {

enum class Operation : uint8_t { kAnd, kOr, kXor, kNot };

constexpr size_t kBlockBytes = 64 * 1024;

bool operation_word(const CommandContext& context, Operation* operation) {
  constexpr std::array<std::string_view, 4> kNames = {"and", "or", "xor", "not"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (!context.word_is(1, kNames[i])) continue;
    *operation = static_cast<Operation>(i);
    return true;
  }
  context.error(kSyntaxError);
  return false;
}

// Byte by byte, which compilers turn into vector instructions.
void combine(Operation operation, base::ByteSpan with, base::MutableByteSpan into) {
  for (size_t i = 0; i < into.size(); ++i) {
    switch (operation) {
      case Operation::kAnd:
        into[i] &= with[i];
        break;
      case Operation::kOr:
        into[i] |= with[i];
        break;
      case Operation::kXor:
        into[i] ^= with[i];
        break;
      case Operation::kNot:
        into[i] = ~into[i];
        break;
    }
  }
}

// Makes the blocks of the result one after the other.
class Combiner {
 public:
  Combiner(Operation operation, std::vector<StringPieces> sources)
      : operation_(operation), sources_(std::move(sources)) {}

  uint64_t bytes() const {
    uint64_t longest = 0;
    for (const StringPieces& source : sources_) longest = std::max(longest, source.bytes());
    return longest;
  }
  void make(uint64_t offset, base::MutableByteSpan block) {
    sources_[0].read(offset, block);
    if (operation_ == Operation::kNot) return combine(operation_, {}, block);
    for (size_t i = 1; i < sources_.size(); ++i) {
      const base::MutableByteSpan other = base::MutableByteSpan(other_).first(block.size());
      sources_[i].read(offset, other);
      combine(operation_, other, block);
    }
  }

 private:
  const Operation operation_;
  const std::vector<StringPieces> sources_;
  std::vector<std::byte> other_ = std::vector<std::byte>(kBlockBytes);
};

void store_inline(Keyspace& keyspace, const Key& key, Combiner& combiner) {
  std::string value(combiner.bytes(), '\0');
  combiner.make(0, {reinterpret_cast<std::byte*>(value.data()), value.size()});
  keyspace.set(key, value, {.form = ValueForm::kRaw});
}

void store_chunks(Keyspace& keyspace, const Key& key, Combiner& combiner) {
  ChunkedString* const chunks = ChunkedString::create();
  std::vector<std::byte> block(kBlockBytes);
  const uint64_t bytes = combiner.bytes();
  for (uint64_t offset = 0; offset < bytes; offset += block.size()) {
    block.resize(std::min<uint64_t>(kBlockBytes, bytes - offset));
    combiner.make(offset, block);
    chunks->append(block);
  }
  keyspace.set_chunks(key, chunks, {});
}

}  // namespace

void bitop_command(CommandContext& context) {
  Operation operation = Operation::kAnd;
  if (!operation_word(context, &operation)) return;
  if (operation == Operation::kNot && context.argc() != 4)
    return context.error("BITOP NOT must be called with a single source key.");
  Keyspace& keyspace = context.keyspace();
  std::vector<StringPieces> sources;
  for (size_t i = 3; i < context.argc(); ++i) {
    const Entry* const entry = keyspace.find(context.key(i));
    if (entry != nullptr && entry->type() != ValueType::kString)
      return context.error(kWrongTypeError);
    sources.emplace_back(entry);
  }
  Combiner combiner(operation, std::move(sources));
  const uint64_t bytes = combiner.bytes();
  if (bytes > base::kInlineValueBytesMax && !may_take(context, bytes)) return;
  const Key to = context.key(2);
  if (bytes == 0) {
    if (keyspace.erase(to)) keyspace.changed(to, kDelEvent);
  } else if (bytes <= base::kInlineValueBytesMax) {
    store_inline(keyspace, to, combiner);
  } else {
    store_chunks(keyspace, to, combiner);
  }
  if (bytes > 0) keyspace.changed(to, {notify_event::kString, "set"});
  context.reply().integer(static_cast<int64_t>(bytes));
}

}  // namespace engine
