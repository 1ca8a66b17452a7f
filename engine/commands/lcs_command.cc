#include <algorithm>
#include <cstring>
#include <string>

#include "base/memory.h"
#include "engine/commands/command_limits.h"
#include "engine/commands/string_commands.h"
#include "engine/commands/string_reply.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"

namespace engine {

namespace {

struct LcsOptions {
  bool positions = false;  // IDX
  bool length = false;     // LEN
  bool with_match_length = false;
  int64_t match_length_min = 0;
};

// A string of the comparison, as one piece.
class Text {
 public:
  explicit Text(const Entry* entry) {
    if (entry == nullptr) return;
    if (!entry->out_of_line()) {
      view_ = entry->value();
      return;
    }
    copy_.resize(string_bytes(*entry));
    entry->chunks()->copy_range(0, {reinterpret_cast<std::byte*>(copy_.data()), copy_.size()});
    view_ = copy_;
  }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  std::string_view view() const { return view_; }

 private:
  std::string copy_;
  std::string_view view_;
};

// lengths(i, j): the length of the longest common subsequence of the first i bytes of a and the
// first j of b.
class LengthTable {
 public:
  static uint64_t bytes(uint64_t a_bytes, uint64_t b_bytes) {
    return (a_bytes + 1) * (b_bytes + 1) * sizeof(uint32_t);
  }

  LengthTable(std::string_view a, std::string_view b)
      : columns_(b.size() + 1),
        cells_(static_cast<uint32_t*>(
            base::allocate(bytes(a.size(), b.size()), base::MemoryUse::kOther))) {
    std::fill_n(cells_, columns_, 0u);
    for (size_t i = 1; i <= a.size(); ++i) {
      const uint32_t* const above = cells_ + (i - 1) * columns_;
      uint32_t* const row = cells_ + i * columns_;
      row[0] = 0;
      for (size_t j = 1; j < columns_; ++j)
        row[j] = a[i - 1] == b[j - 1] ? above[j - 1] + 1 : std::max(above[j], row[j - 1]);
    }
  }
  ~LengthTable() { base::deallocate(cells_, base::MemoryUse::kOther); }
  LengthTable(const LengthTable&) = delete;
  LengthTable& operator=(const LengthTable&) = delete;

  uint32_t operator()(size_t i, size_t j) const { return cells_[i * columns_ + j]; }

 private:
  const size_t columns_;
  uint32_t* const cells_;
};

// Walks back through the table as Redis does, so that of several longest subsequences the same one
// is found and its ranges are cut at the same places: a match that does not continue the open range
// ends it and is in no range itself.
template <class EmitRange>
std::string trace_back(std::string_view a, std::string_view b, const LengthTable& lengths,
                       EmitRange&& emit) {
  std::string found(lengths(a.size(), b.size()), '\0');
  size_t left = found.size();
  size_t i = a.size();
  size_t j = b.size();
  const size_t closed = a.size();
  size_t a_first = closed;
  size_t a_last = 0;
  size_t b_first = 0;
  size_t b_last = 0;
  while (i > 0 && j > 0) {
    bool ends = false;
    if (a[i - 1] == b[j - 1]) {
      found[--left] = a[i - 1];
      if (a_first == closed) {
        a_first = a_last = i - 1;
        b_first = b_last = j - 1;
      } else if (a_first == i && b_first == j) {
        --a_first;
        --b_first;
      } else {
        ends = true;
      }
      ends = ends || a_first == 0 || b_first == 0;
      --i;
      --j;
    } else {
      if (lengths(i - 1, j) > lengths(i, j - 1)) {
        --i;
      } else {
        --j;
      }
      ends = a_first != closed;
    }
    if (!ends) continue;
    emit(a_first, a_last, b_first, b_last);
    a_first = closed;
  }
  return found;
}

bool parse_options(const CommandContext& context, LcsOptions* options) {
  for (size_t i = 3; i < context.argc(); ++i) {
    if (context.word_is(i, "idx")) {
      options->positions = true;
    } else if (context.word_is(i, "len")) {
      options->length = true;
    } else if (context.word_is(i, "withmatchlen")) {
      options->with_match_length = true;
    } else if (context.word_is(i, "minmatchlen") && i + 1 < context.argc()) {
      if (!context.integer_word(++i, &options->match_length_min)) return false;
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  if (!options->positions || !options->length) return true;
  context.error("If you want both the length and indexes, please just use IDX.");
  return false;
}

void reply_range(resp::ReplyWriter& reply, size_t first, size_t last) {
  reply.array(2);
  reply.integer(static_cast<int64_t>(first));
  reply.integer(static_cast<int64_t>(last));
}

void reply_positions(const CommandContext& context, const LcsOptions& options, std::string_view a,
                     std::string_view b, const LengthTable& lengths) {
  resp::ReplyWriter& reply = context.reply();
  reply.map(2);
  reply.bulk("matches");
  const resp::ReplyWriter::Deferred matches = reply.deferred();
  uint64_t count = 0;
  trace_back(a, b, lengths, [&](size_t a_first, size_t a_last, size_t b_first, size_t b_last) {
    const auto bytes = static_cast<int64_t>(a_last - a_first + 1);
    if (bytes < options.match_length_min) return;
    ++count;
    reply.array(options.with_match_length ? 3 : 2);
    reply_range(reply, a_first, a_last);
    reply_range(reply, b_first, b_last);
    if (options.with_match_length) reply.integer(bytes);
  });
  reply.end_array(matches, count);
  reply.bulk("len");
  reply.integer(lengths(a.size(), b.size()));
}

bool is_string(const Entry* entry) {
  return entry == nullptr || entry->type() == ValueType::kString;
}

}  // namespace

void lcs_command(CommandContext& context) {
  const Entry* const first = context.keyspace().find(context.key(1));
  const Entry* const second = context.keyspace().find(context.key(2));
  if (!is_string(first) || !is_string(second))
    return context.error("The specified keys must contain string values");
  LcsOptions options;
  if (!parse_options(context, &options)) return;
  const uint64_t a_bytes = first == nullptr ? 0 : string_bytes(*first);
  const uint64_t b_bytes = second == nullptr ? 0 : string_bytes(*second);
  // Both are at most kChunkedStringBytesMax, so that the product does not overflow.
  const uint64_t table_bytes = LengthTable::bytes(a_bytes, b_bytes);
  if (table_bytes > static_cast<uint64_t>(context.engine().options().proto_max_bulk_len))
    return context.error(
        "Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  if (!may_take(context, table_bytes + a_bytes + b_bytes)) return;

  const Text a(first);
  const Text b(second);
  const LengthTable lengths(a.view(), b.view());
  if (options.positions) return reply_positions(context, options, a.view(), b.view(), lengths);
  if (options.length) return context.reply().integer(lengths(a.view().size(), b.view().size()));
  context.reply().bulk(
      trace_back(a.view(), b.view(), lengths, [](size_t, size_t, size_t, size_t) {}));
}

}  // namespace engine
