#include "engine/commands/stream_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "engine/engine.h"
#include "engine/value/tree_key.h"
#include "resp/numbers.h"

namespace engine {

namespace {

constexpr std::string_view kInvalidId = "Invalid stream ID specified as stream command argument";
constexpr size_t kIdTextMax = 127;
// What "~" without LIMIT may delete.
constexpr int64_t kNodesTrimmed = 100;
constexpr int64_t kTrimmedDefault = 10000;
constexpr int64_t kTrimmedMax = 1000000;

// As Redis's: what strtoull takes, unless it is negative.
bool parse_uint64(const std::string& text, uint64_t* value) {
  int64_t number = 0;
  if (resp::parse_int64(text, &number)) {
    *value = static_cast<uint64_t>(number);
    return number >= 0;
  }
  char* end = nullptr;
  errno = 0;
  *value = std::strtoull(text.c_str(), &end, 10);
  return errno == 0 && !text.empty() && *end == '\0';
}

bool invalid_id(const CommandContext& context) {
  context.error(kInvalidId);
  return false;
}

// "(" in front makes an interval open.
bool interval_word(const CommandContext& context, size_t i, StreamId* id, uint64_t missing,
                   bool* open) {
  const std::string_view word = context.word(i);
  *open = word.size() > 1 && word[0] == '(';
  if (parse_stream_id(*open ? word.substr(1) : word, id, missing, !*open)) return true;
  return invalid_id(context);
}

// MAXLEN or MINID at word `*i`, which moves to its last word.
bool parse_strategy(const CommandContext& context, size_t* i, StreamTrim* trim) {
  if (trim->by != StreamTrim::By::kNothing) {
    context.error("syntax error, MAXLEN and MINID options at the same time are not compatible");
    return false;
  }
  const bool by_length = context.word_is(*i, "maxlen");
  const std::string_view next = context.word(*i + 1);
  const bool two_more = *i + 2 < context.argc();
  trim->whole_nodes = two_more && next == "~";
  if (two_more && (next == "~" || next == "=")) ++*i;
  ++*i;
  if (!by_length) {
    trim->by = StreamTrim::By::kId;
    return id_word(context, *i, &trim->id);
  }
  int64_t length = 0;
  if (!context.integer_word(*i, &length)) return false;
  if (length < 0) {
    context.error("The MAXLEN argument must be >= 0.");
    return false;
  }
  trim->by = StreamTrim::By::kLength;
  trim->length = static_cast<uint64_t>(length);
  return true;
}

bool finish_trim(const CommandContext& context, bool is_addition, std::optional<int64_t> limit,
                 StreamTrim* trim) {
  const bool trims = trim->by != StreamTrim::By::kNothing;
  std::string_view error;
  if (limit.value_or(0) != 0 && !trims) {
    error = "syntax error, LIMIT cannot be used without specifying a trimming strategy";
  } else if (!is_addition && !trims) {
    error = "syntax error, XTRIM must be called with a trimming strategy";
  } else if (limit.has_value() && !trim->whole_nodes) {
    error = "syntax error, LIMIT cannot be used without the special ~ option";
  }
  if (!error.empty()) {
    context.error(error);
    return false;
  }
  if (!trim->whole_nodes) return true;
  const int64_t entries = context.engine().options().stream_node_max_entries;
  int64_t most = kTrimmedMax;
  if (entries <= kTrimmedMax / kNodesTrimmed) most = entries * kNodesTrimmed;
  if (most <= 0) most = kTrimmedDefault;
  trim->limit = static_cast<uint64_t>(limit.value_or(most));
  return true;
}

}  // namespace

StreamIdText::StreamIdText(StreamId id) {
  const auto end = fmt::format_to(text_, "{}-{}", id.ms, id.sequence);
  length_ = static_cast<size_t>(end - text_);
}

bool parse_stream_id(std::string_view text, StreamId* id, uint64_t missing, bool ends,
                     bool* has_sequence) {
  if (text.size() > kIdTextMax) return false;
  if (has_sequence != nullptr) *has_sequence = true;
  if (text == "-" || text == "+") {
    *id = text == "-" ? StreamId{} : StreamId::max();
    return ends;
  }
  const size_t dash = text.find('-');
  if (!parse_uint64(std::string(text.substr(0, dash)), &id->ms)) return false;
  id->sequence = missing;
  if (dash == std::string_view::npos) return true;
  const std::string_view sequence = text.substr(dash + 1);
  if (has_sequence != nullptr && sequence == "*") {
    *has_sequence = false;
    id->sequence = 0;
    return true;
  }
  return parse_uint64(std::string(sequence), &id->sequence);
}

bool id_word(const CommandContext& context, size_t i, StreamId* id, uint64_t missing) {
  return parse_stream_id(context.word(i), id, missing, false) || invalid_id(context);
}

bool interval_start(const CommandContext& context, size_t i, StreamId* id) {
  bool open = false;
  if (!interval_word(context, i, id, 0, &open)) return false;
  if (!open || id->increment()) return true;
  context.error("invalid start ID for the interval");
  return false;
}

bool interval_end(const CommandContext& context, size_t i, StreamId* id) {
  bool open = false;
  if (!interval_word(context, i, id, UINT64_MAX, &open)) return false;
  if (!open || id->decrement()) return true;
  context.error("invalid end ID for the interval");
  return false;
}

bool integer_or(const CommandContext& context, size_t i, int64_t* value, std::string_view error) {
  if (resp::parse_int64(context.word(i), value)) return true;
  context.error(error);
  return false;
}

bool parse_addition(const CommandContext& context, bool is_addition, StreamAddition* addition) {
  std::optional<int64_t> limit;
  size_t i = 2;
  for (; i < context.argc(); ++i) {
    const bool more = i + 1 < context.argc();
    if (is_addition && context.word(i) == "*") break;
    if (more && (context.word_is(i, "maxlen") || context.word_is(i, "minid"))) {
      if (!parse_strategy(context, &i, &addition->trim)) return false;
    } else if (more && context.word_is(i, "limit")) {
      int64_t value = 0;
      if (!context.integer_word(++i, &value)) return false;
      if (value < 0) {
        context.error("The LIMIT argument must be >= 0.");
        return false;
      }
      limit = value;
    } else if (is_addition && context.word_is(i, "nomkstream")) {
      addition->creates = false;
    } else if (is_addition) {
      addition->has_id = true;
      if (!parse_stream_id(context.word(i), &addition->id, 0, false, &addition->has_sequence))
        return invalid_id(context);
      break;
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  addition->id_word = i;
  return finish_trim(context, is_addition, limit, &addition->trim);
}

void reply_id(resp::ReplyWriter& reply, StreamId id) { reply.bulk(StreamIdText(id).view()); }

void reply_entry(resp::ReplyWriter& reply, const StreamNode& node, const StreamEntry& entry) {
  reply.array(2);
  reply_id(reply, entry.id);
  reply.array(entry.fields * 2);
  node.for_each_field(entry, [&reply](const Element& field, const Element& value) {
    reply_element(reply, field);
    reply_element(reply, value);
  });
}

bool reply_entry_of(resp::ReplyWriter& reply, const StreamView& stream, StreamId id) {
  bool found = false;
  stream.for_each(id, id, [&](const StreamNode& node, const StreamEntry& entry) {
    reply_entry(reply, node, entry);
    found = true;
    return false;
  });
  return found;
}

void subcommand_error(const CommandContext& context) {
  std::string name(context.word(0));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  context.error(
      fmt::format("unknown subcommand or wrong number of arguments for '{}'. Try {} HELP.",
                  context.word(1).substr(0, 128), name));
}

StreamEdit::StreamEdit(Keyspace& keyspace, const Key& key)
    : edit_(keyspace, key, new_stream), tree_(writable_tree(edit_.entry())) {}

}  // namespace engine
