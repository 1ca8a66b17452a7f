#include <array>
#include <optional>
#include <vector>

#include "engine/commands/bit_commands.h"
#include "engine/commands/command_limits.h"
#include "engine/commands/string_edit.h"
#include "engine/engine.h"
#include "resp/numbers.h"

namespace engine {

namespace {

constexpr std::string_view kTypeError =
    "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 "
    "is.";
// A field of 64 bits may begin inside a byte.
constexpr size_t kFieldBytesMax = 9;

enum class Action : uint8_t { kGet, kSet, kIncrement };
enum class Overflow : uint8_t { kWrap, kSaturate, kFail };

__extension__ using Wide = __int128;
__extension__ using WideBits = unsigned __int128;

struct FieldType {
  bool is_signed = false;
  uint32_t bits = 0;

  Wide lowest() const { return is_signed ? -(Wide{1} << (bits - 1)) : Wide{0}; }
  Wide highest() const { return (Wide{1} << (is_signed ? bits - 1 : bits)) - 1; }
  // A field's bits as its value.
  int64_t value_of(uint64_t raw) const {
    if (!is_signed || bits == 64) return static_cast<int64_t>(raw);
    const uint64_t sign = uint64_t{1} << (bits - 1);
    return static_cast<int64_t>((raw ^ sign) - sign);
  }
  uint64_t mask() const { return bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }
};

struct FieldOperation {
  Action action = Action::kGet;
  Overflow overflow = Overflow::kWrap;
  FieldType type;
  uint64_t offset = 0;
  int64_t operand = 0;

  uint64_t bytes_end() const { return (offset + type.bits - 1) / 8 + 1; }
};

bool type_word(const CommandContext& context, size_t i, FieldType* type) {
  const std::string_view word = context.word(i);
  const bool is_signed = word.starts_with('i');
  int64_t bits = 0;
  const bool valid = (is_signed || word.starts_with('u')) &&
                     resp::parse_int64(word.substr(1), &bits) && bits >= 1 &&
                     bits <= (is_signed ? 64 : 63);
  if (!valid) {
    context.error(kTypeError);
    return false;
  }
  *type = {is_signed, static_cast<uint32_t>(bits)};
  return true;
}

bool overflow_word(const CommandContext& context, size_t i, Overflow* overflow) {
  constexpr std::array<std::string_view, 3> kNames = {"wrap", "sat", "fail"};
  for (size_t at = 0; at < kNames.size(); ++at) {
    if (!context.word_is(i, kNames[at])) continue;
    *overflow = static_cast<Overflow>(at);
    return true;
  }
  context.error("Invalid OVERFLOW type specified");
  return false;
}

// What stands at word `i` and how many words it has; 0: none of the three.
size_t action_word(const CommandContext& context, size_t i, Action* action) {
  const size_t words = context.argc() - i;
  if (context.word_is(i, "get") && words >= 3) {
    *action = Action::kGet;
    return 3;
  }
  *action = context.word_is(i, "set") ? Action::kSet : Action::kIncrement;
  return words >= 4 && (*action == Action::kSet || context.word_is(i, "incrby")) ? 4 : 0;
}

// All operations, before any has an effect; false with the error replied.
bool parse_operations(const CommandContext& context, std::vector<FieldOperation>* operations) {
  Overflow overflow = Overflow::kWrap;
  for (size_t i = 2; i < context.argc();) {
    if (context.word_is(i, "overflow") && i + 1 < context.argc()) {
      if (!overflow_word(context, i + 1, &overflow)) return false;
      i += 2;
      continue;
    }
    FieldOperation operation;
    operation.overflow = overflow;
    const size_t words = action_word(context, i, &operation.action);
    if (words == 0) {
      context.error(kSyntaxError);
      return false;
    }
    if (!type_word(context, i + 1, &operation.type)) return false;
    if (!bit_offset_word(context, i + 2, operation.type.bits, &operation.offset)) return false;
    if (words == 4 && !context.integer_word(i + 3, &operation.operand)) return false;
    operations->push_back(operation);
    i += words;
  }
  return true;
}

uint64_t read_field(const StringPieces& string, const FieldOperation& at) {
  std::array<std::byte, kFieldBytesMax> bytes{};
  string.read(at.offset / 8, base::MutableByteSpan(bytes).first(at.bytes_end() - at.offset / 8));
  WideBits window = 0;
  for (const std::byte byte : bytes) window = window << 8 | static_cast<uint8_t>(byte);
  const auto behind = static_cast<uint32_t>(kFieldBytesMax * 8 - at.offset % 8) - at.type.bits;
  return static_cast<uint64_t>(window >> behind) & at.type.mask();
}

void write_field(StringEdit* edit, const FieldOperation& at, uint64_t raw) {
  const uint64_t from = at.offset / 8;
  std::array<std::byte, kFieldBytesMax> bytes{};
  const base::MutableByteSpan touched = base::MutableByteSpan(bytes).first(at.bytes_end() - from);
  edit->pieces().read(from, touched);
  for (uint32_t bit = 0; bit < at.type.bits; ++bit) {
    const uint64_t place = at.offset % 8 + bit;
    const auto mask = static_cast<std::byte>(0x80 >> (place % 8));
    const bool one = (raw >> (at.type.bits - 1 - bit) & 1) != 0;
    std::byte& byte = bytes[place / 8];
    byte = one ? byte | mask : byte & ~mask;
  }
  edit->write(from, touched);
}

// The bits to store; nothing when the result does not fit and the operation then fails.
std::optional<uint64_t> result_of(const FieldOperation& operation, int64_t old) {
  const FieldType& type = operation.type;
  Wide result = operation.operand;
  if (operation.action == Action::kIncrement) {
    result += old;
  } else if (!type.is_signed) {
    // A negative number is a large one.
    result = static_cast<Wide>(static_cast<uint64_t>(operation.operand));
  }
  if (result < type.lowest() || result > type.highest()) {
    if (operation.overflow == Overflow::kFail) return std::nullopt;
    if (operation.overflow == Overflow::kSaturate)
      result = result < type.lowest() ? type.lowest() : type.highest();
  }
  return static_cast<uint64_t>(result) & type.mask();
}

// Executes operations in order. The string counts as changed only if it grows or a bit changes.
class FieldRunner {
 public:
  // `entry` is null when the key is absent.
  FieldRunner(const CommandContext& context, const Key& key, const Entry* entry, uint64_t bytes_min)
      : context_(context), key_(key), string_(entry), bytes_min_(bytes_min) {
    if (bytes_min_ > string_.bytes()) edit();
  }

  void run(const FieldOperation& operation) {
    const uint64_t old_raw = read_field(string_, operation);
    const int64_t old = operation.type.value_of(old_raw);
    if (operation.action == Action::kGet) return context_.reply().integer(old);
    const std::optional<uint64_t> raw = result_of(operation, old);
    if (!raw.has_value()) return context_.reply().null();
    if (*raw != old_raw) write_field(&edit(), operation, *raw);
    const bool replies_old = operation.action == Action::kSet;
    context_.reply().integer(replies_old ? old : operation.type.value_of(*raw));
  }

  bool changed() const { return edit_.has_value(); }

 private:
  StringEdit& edit() {
    if (!edit_.has_value()) {
      edit_.emplace(context_.keyspace(), key_, bytes_min_);
      string_ = edit_->pieces();
    }
    return *edit_;
  }

  const CommandContext& context_;
  const Key key_;
  StringPieces string_;
  const uint64_t bytes_min_;
  std::optional<StringEdit> edit_;
};

void run_all(CommandContext& context, bool only_reads) {
  std::vector<FieldOperation> operations;
  if (!parse_operations(context, &operations)) return;
  uint64_t bytes_min = 0;
  for (const FieldOperation& operation : operations)
    if (operation.action != Action::kGet) bytes_min = std::max(bytes_min, operation.bytes_end());
  if (only_reads && bytes_min != 0)
    return context.error("BITFIELD_RO only supports the GET subcommand");
  const Key key = context.key(1);
  Keyspace& keyspace = context.keyspace();
  const Entry* const entry = bytes_min == 0 ? keyspace.find(key) : keyspace.peek(key);
  if (entry != nullptr && entry->type() != ValueType::kString)
    return context.error(kWrongTypeError);
  const uint64_t bytes = StringPieces(entry).bytes();
  const uint64_t growth = bytes_min - std::min(bytes_min, bytes);
  if (!may_grow(context, growth)) return;
  FieldRunner runner(context, key, entry, bytes_min);
  context.reply().array(operations.size());
  for (const FieldOperation& operation : operations) runner.run(operation);
  if (runner.changed()) keyspace.changed(key, kSetbitEvent);
}

}  // namespace

void bitfield_command(CommandContext& context) { run_all(context, false); }
void bitfield_ro_command(CommandContext& context) { run_all(context, true); }

}  // namespace engine
