#include "engine/commands/bit_commands.h"

#include <bit>
#include <optional>

#include "engine/commands/command_limits.h"
#include "engine/commands/string_edit.h"
#include "engine/engine.h"
#include "resp/numbers.h"

namespace engine {

namespace {

constexpr std::string_view kBitOffsetError = "-ERR bit offset is not an integer or out of range";
constexpr std::string_view kBitError = "-ERR bit is not an integer or out of range";

// Bits [first, last] of a string.
struct BitRange {
  int64_t first = 0;
  int64_t last = -1;
  bool empty() const { return first > last; }
};

// The value of word 1's key; false, with the error replied, when it is no string.
bool find_string(const CommandContext& context, const Entry** entry) {
  *entry = context.keyspace().find(context.key(1));
  if (*entry == nullptr || (*entry)->type() == ValueType::kString) return true;
  context.error(kWrongTypeError);
  return false;
}

// "BYTE" or "BIT" at word `i`; replies with a syntax error for anything else.
bool unit_word(const CommandContext& context, size_t i, bool* in_bits) {
  *in_bits = context.word_is(i, "bit");
  if (*in_bits || context.word_is(i, "byte")) return true;
  context.error(kSyntaxError);
  return false;
}

// What start and end, negative ones from the end, select of a string.
BitRange select(int64_t start, int64_t end, uint64_t bytes, bool in_bits) {
  const int64_t length = static_cast<int64_t>(in_bits ? bytes * 8 : bytes);
  if (start < 0) start = std::max<int64_t>(length + start, 0);
  if (end < 0) end = std::max<int64_t>(length + end, 0);
  end = std::min(end, length - 1);
  if (start > end) return {};
  if (in_bits) return {start, end};
  return {start * 8, end * 8 + 7};
}

uint8_t mask_from(int64_t bit) { return static_cast<uint8_t>(0xff >> (bit & 7)); }
uint8_t mask_to(int64_t bit) { return static_cast<uint8_t>(0xff << (7 - (bit & 7))); }

uint64_t count_ones(base::ByteSpan bytes) {
  uint64_t ones = 0;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8))
    ones += static_cast<uint64_t>(std::popcount(base::load_le<uint64_t>(bytes.data())));
  for (const std::byte byte : bytes)
    ones += static_cast<uint64_t>(std::popcount(static_cast<uint8_t>(byte)));
  return ones;
}

int64_t count_range(const StringPieces& string, BitRange range) {
  const auto begin = static_cast<uint64_t>(range.first) / 8;
  const auto end = static_cast<uint64_t>(range.last) / 8;
  uint64_t ones = 0;
  string.each(begin, end - begin + 1, [&ones](base::ByteSpan piece) {
    ones += count_ones(piece);
    return true;
  });
  // What the first and the last byte have outside of the range.
  const auto outside = [&string](uint64_t at, uint8_t mask) {
    return static_cast<uint64_t>(std::popcount(static_cast<uint8_t>(string.byte(at) & ~mask)));
  };
  ones -= outside(begin, mask_from(range.first));
  ones -= outside(end, mask_to(range.last));
  return static_cast<int64_t>(ones);
}

// The place of the first byte of a piece that has something else than `skipped` in each bit.
size_t first_other_byte(base::ByteSpan bytes, uint8_t skipped) {
  const uint64_t skipped_word = skipped == 0 ? 0 : ~uint64_t{0};
  size_t at = 0;
  while (at + 8 <= bytes.size() && base::load_le<uint64_t>(bytes.data() + at) == skipped_word)
    at += 8;
  while (at < bytes.size() && static_cast<uint8_t>(bytes[at]) == skipped) ++at;
  return at;
}

// The first bit of the range that is `wanted`.
std::optional<int64_t> find_bit(const StringPieces& string, BitRange range, bool wanted) {
  const auto end = static_cast<uint64_t>(range.last) / 8;
  auto at = static_cast<uint64_t>(range.first) / 8;
  // Bits before the range count as not wanted; so the first byte is looked at alone.
  const auto place = [wanted](uint64_t byte_at, uint8_t byte) {
    const auto hits = static_cast<uint8_t>(wanted ? byte : ~byte);
    return static_cast<int64_t>(byte_at * 8) + std::countl_zero(hits);
  };
  const auto flipped = static_cast<uint8_t>(wanted ? string.byte(at) : ~string.byte(at));
  const auto hits = static_cast<uint8_t>(flipped & mask_from(range.first));
  std::optional<int64_t> found;
  if (hits != 0) {
    found = static_cast<int64_t>(at * 8) + std::countl_zero(hits);
  } else if (at < end) {
    ++at;
    string.each(at, end - at + 1, [&](base::ByteSpan piece) {
      const size_t skipped = first_other_byte(piece, wanted ? 0x00 : 0xff);
      if (skipped < piece.size()) found = place(at + skipped, static_cast<uint8_t>(piece[skipped]));
      at += piece.size();
      return !found.has_value();
    });
  }
  return found.has_value() && *found <= range.last ? found : std::nullopt;
}

}  // namespace

bool bit_offset_word(const CommandContext& context, size_t i, uint32_t field_bits,
                     uint64_t* offset) {
  std::string_view text = context.word(i);
  const bool counts_fields = field_bits > 0 && text.starts_with('#');
  if (counts_fields) text.remove_prefix(1);
  int64_t value = 0;
  bool fits = resp::parse_int64(text, &value) && value >= 0;
  if (fits && counts_fields) fits = !__builtin_mul_overflow(value, field_bits, &value);
  if (!fits || value / 8 >= context.engine().options().proto_max_bulk_len) {
    context.error(kBitOffsetError);
    return false;
  }
  *offset = static_cast<uint64_t>(value);
  return true;
}

void setbit_command(CommandContext& context) {
  uint64_t offset = 0;
  if (!bit_offset_word(context, 2, 0, &offset)) return;
  int64_t bit = 0;
  if (!resp::parse_int64(context.word(3), &bit) || (bit != 0 && bit != 1))
    return context.error(kBitError);
  Keyspace& keyspace = context.keyspace();
  const Key key = context.key(1);
  const Entry* const entry = keyspace.peek(key);
  if (entry != nullptr && entry->type() != ValueType::kString)
    return context.error(kWrongTypeError);
  const StringPieces before(entry);
  const uint64_t at = offset / 8;
  const uint8_t mask = static_cast<uint8_t>(0x80 >> (offset & 7));
  const uint8_t old = before.byte(at);
  const bool was = (old & mask) != 0;
  if (at >= before.bytes() || was != (bit == 1)) {
    const uint64_t growth = at + 1 - std::min(at + 1, before.bytes());
    if (!may_grow(context, growth)) return;
    StringEdit edit(keyspace, key, at + 1);
    edit.set_byte(at, static_cast<uint8_t>(bit == 1 ? old | mask : old & ~mask));
    keyspace.changed(key, kSetbitEvent);
  }
  context.reply().integer(was ? 1 : 0);
}

void getbit_command(CommandContext& context) {
  uint64_t offset = 0;
  if (!bit_offset_word(context, 2, 0, &offset)) return;
  const Entry* entry = nullptr;
  if (!find_string(context, &entry)) return;
  const uint8_t byte = StringPieces(entry).byte(offset / 8);
  context.reply().integer((byte >> (7 - (offset & 7))) & 1);
}

void bitcount_command(CommandContext& context) {
  const Entry* entry = nullptr;
  if (!find_string(context, &entry)) return;
  if (entry == nullptr) return context.reply().integer(0);
  const StringPieces string(entry);
  int64_t start = 0;
  int64_t end = -1;
  bool in_bits = false;
  if (context.argc() == 4 || context.argc() == 5) {
    if (!context.integer_word(2, &start) || !context.integer_word(3, &end)) return;
    if (start < 0 && end < 0 && start > end) return context.reply().integer(0);
    if (context.argc() == 5 && !unit_word(context, 4, &in_bits)) return;
  } else if (context.argc() != 2) {
    return context.error(kSyntaxError);
  }
  const BitRange range = select(start, end, string.bytes(), in_bits);
  context.reply().integer(range.empty() ? 0 : count_range(string, range));
}

void bitpos_command(CommandContext& context) {
  int64_t wanted = 0;
  if (!context.integer_word(2, &wanted)) return;
  if (wanted != 0 && wanted != 1) return context.error("The bit argument must be 1 or 0.");
  const Entry* entry = nullptr;
  if (!find_string(context, &entry)) return;
  // An absent key is an endless row of zeros.
  if (entry == nullptr) return context.reply().integer(wanted == 1 ? -1 : 0);
  const StringPieces string(entry);
  int64_t start = 0;
  int64_t end = -1;
  bool in_bits = false;
  if (context.argc() > 6) return context.error(kSyntaxError);
  if (context.argc() >= 4 && !context.integer_word(3, &start)) return;
  if (context.argc() == 6 && !unit_word(context, 5, &in_bits)) return;
  const bool end_given = context.argc() >= 5;
  if (end_given && !context.integer_word(4, &end)) return;
  const BitRange range = select(start, end, string.bytes(), in_bits);
  if (range.empty()) return context.reply().integer(-1);
  const std::optional<int64_t> found = find_bit(string, range, wanted == 1);
  if (found.has_value()) return context.reply().integer(*found);
  // Without an end the string goes on with zeros.
  context.reply().integer(wanted == 0 && !end_given ? range.last + 1 : -1);
}

}  // namespace engine
