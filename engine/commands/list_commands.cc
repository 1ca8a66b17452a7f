#include "engine/commands/list_commands.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <vector>

#include "engine/commands/value_access.h"
#include "engine/engine.h"
#include "engine/value/list_value.h"

namespace engine {

namespace {

constexpr KeyEvent kTrimEvent = {notify_event::kList, "ltrim"};

// As Redis does: negative ones count from the end, and both are cut to the list. False when the
// range is empty.
bool clip_range(int64_t size, int64_t* start, int64_t* end) {
  if (*start < 0) *start = std::max<int64_t>(*start + size, 0);
  if (*end < 0) *end += size;
  *end = std::min(*end, size - 1);
  return *start <= *end && *start < size;
}

struct PosOptions {
  int64_t rank = 1;
  int64_t count = -1;  // Not given.
  int64_t length_max = 0;
};

bool positive_option(const CommandContext& context, size_t i, int64_t* value,
                     std::string_view error) {
  if (resp::parse_int64(context.word(i), value) && *value >= 0) return true;
  context.error(error);
  return false;
}

bool parse_pos_options(const CommandContext& context, PosOptions* options) {
  for (size_t i = 3; i < context.argc(); i += 2) {
    const bool more = i + 1 < context.argc();
    if (more && context.word_is(i, "rank")) {
      if (!context.integer_word(i + 1, &options->rank)) return false;
      if (options->rank == 0) {
        context.error(
            "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
            "negative to start from the end of the list");
        return false;
      }
    } else if (more && context.word_is(i, "count")) {
      if (!positive_option(context, i + 1, &options->count, "COUNT can't be negative"))
        return false;
    } else if (more && context.word_is(i, "maxlen")) {
      if (!positive_option(context, i + 1, &options->length_max, "MAXLEN can't be negative"))
        return false;
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

// The ranks of elements equal to `text`, at most `count_max` (0: all) after `skipped` of them, of
// the first or last `length_max` elements (0: all).
struct Search {
  std::string_view text;
  bool backward = false;
  uint64_t skipped = 0;
  uint64_t count_max = 0;
  uint64_t length_max = 0;
};

std::vector<uint64_t> find_all(const ListView& view, const Search& search) {
  std::vector<uint64_t> ranks;
  const uint64_t size = view.size();
  const uint64_t looks = search.length_max == 0 ? size : std::min(size, search.length_max);
  const ElementProbe probe(search.text);
  uint64_t looked = 0;
  uint64_t matches = 0;
  const auto look = [&](uint64_t rank, const Element& element) {
    if (looked++ == looks) return false;
    if (probe.is(element) && ++matches > search.skipped) ranks.push_back(rank);
    return search.count_max == 0 || ranks.size() < search.count_max;
  };
  if (search.backward) {
    uint64_t rank = size;
    view.for_each_back(size - 1, [&](const Element& element) { return look(--rank, element); });
    return ranks;
  }
  uint64_t rank = 0;
  view.for_each(0, [&](const Element& element) { return look(rank++, element); });
  return ranks;
}

// The rank of an index that may count from the end; nothing when it is outside.
std::optional<uint64_t> rank_of(int64_t index, uint64_t size) {
  const auto length = static_cast<int64_t>(size);
  if (index < 0) index += length;
  if (index < 0 || index >= length) return std::nullopt;
  return static_cast<uint64_t>(index);
}

}  // namespace

void llen_command(CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kList);
  if (!entry.has_value()) return;
  context.reply().integer(*entry == nullptr ? 0 : static_cast<int64_t>(ListView(*entry).size()));
}

void lindex_command(CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kList);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().null();
  int64_t index = 0;
  if (!context.integer_word(2, &index)) return;
  const ListView view(*entry);
  const std::optional<uint64_t> rank = rank_of(index, view.size());
  if (!rank.has_value()) return context.reply().null();
  reply_element(context.reply(), view.at(*rank));
}

void lrange_command(CommandContext& context) {
  int64_t start = 0;
  int64_t end = 0;
  if (!context.integer_word(2, &start) || !context.integer_word(3, &end)) return;
  const auto entry = read_value(context, context.key(1), ValueType::kList);
  if (!entry.has_value()) return;
  resp::ReplyWriter& reply = context.reply();
  if (*entry == nullptr) return reply.array(0);
  const ListView view(*entry);
  if (!clip_range(static_cast<int64_t>(view.size()), &start, &end)) return reply.array(0);
  auto left = static_cast<uint64_t>(end - start + 1);
  reply.array(left);
  view.for_each(static_cast<uint64_t>(start), [&](const Element& element) {
    reply_element(reply, element);
    return --left > 0;
  });
}

void lset_command(CommandContext& context) {
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kList);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.error(kNoSuchKeyError);
  int64_t index = 0;
  if (!context.integer_word(2, &index)) return;
  const uint64_t size = ListView(*entry).size();
  const std::optional<uint64_t> rank = rank_of(index, size);
  if (!rank.has_value()) return context.error(kOutOfRangeError);
  ValueEdit edit(context.keyspace(), key);
  edit.entry() = list_set(edit.tools(), edit.entry(), *rank, context.word(3));
  edit.finish(size, 1, {notify_event::kList, "lset"});
  context.reply().ok();
}

void linsert_command(CommandContext& context) {
  const bool after = context.word_is(2, "after");
  if (!after && !context.word_is(2, "before")) return context.error(kSyntaxError);
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kList);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().integer(0);
  const ListView view(*entry);
  const std::vector<uint64_t> found = find_all(view, {.text = context.word(3), .count_max = 1});
  if (found.empty()) return context.reply().integer(-1);
  const uint64_t size = view.size() + 1;
  ValueEdit edit(context.keyspace(), key);
  edit.entry() =
      list_insert(edit.tools(), edit.entry(), found[0] + (after ? 1 : 0), context.word(4));
  edit.finish(size, 1, {notify_event::kList, "linsert"});
  context.reply().integer(static_cast<int64_t>(size));
}

void lrem_command(CommandContext& context) {
  int64_t count = 0;
  if (!context.integer_word(2, &count)) return;
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kList);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().integer(0);
  const ListView view(*entry);
  // The least number has no opposite: Redis removes all then.
  const uint64_t most = count == INT64_MIN ? 0 : static_cast<uint64_t>(std::abs(count));
  std::vector<uint64_t> ranks =
      find_all(view, {.text = context.word(3), .backward = count < 0, .count_max = most});
  if (ranks.empty()) return context.reply().integer(0);
  // From the end, so that the ranks before stay what they are.
  std::sort(ranks.begin(), ranks.end(), std::greater<>());
  const uint64_t left = view.size() - ranks.size();
  ValueEdit edit(context.keyspace(), key);
  for (const uint64_t rank : ranks)
    edit.entry() = list_erase(edit.tools(), edit.entry(), rank, 1,
                              &context.keyspace().shared().condemned_trees);
  edit.finish(left, ranks.size(), {notify_event::kList, "lrem"});
  context.reply().integer(static_cast<int64_t>(ranks.size()));
}

void ltrim_command(CommandContext& context) {
  int64_t start = 0;
  int64_t end = 0;
  if (!context.integer_word(2, &start) || !context.integer_word(3, &end)) return;
  Keyspace& keyspace = context.keyspace();
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kList);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().ok();
  const uint64_t size = ListView(*entry).size();
  if (!clip_range(static_cast<int64_t>(size), &start, &end)) {
    keyspace.erase(key);
    keyspace.changed(key, kTrimEvent);
    keyspace.changed(key, kDelEvent);
    return context.reply().ok();
  }
  const auto first = static_cast<uint64_t>(start);
  const auto behind = static_cast<uint64_t>(end) + 1;
  if (first == 0 && behind == size) {
    keyspace.changed(key, kTrimEvent);
    return context.reply().ok();
  }
  ValueEdit edit(keyspace, key);
  std::vector<CountedTree*>* const condemned = &keyspace.shared().condemned_trees;
  edit.entry() = list_erase(edit.tools(), edit.entry(), behind, size - behind, condemned);
  edit.entry() = list_erase(edit.tools(), edit.entry(), 0, first, condemned);
  edit.finish(behind - first, size - (behind - first), kTrimEvent);
  context.reply().ok();
}

void lpos_command(CommandContext& context) {
  PosOptions options;
  if (!parse_pos_options(context, &options)) return;
  const auto entry = read_value(context, context.key(1), ValueType::kList);
  if (!entry.has_value()) return;
  resp::ReplyWriter& reply = context.reply();
  const bool one = options.count < 0;
  if (*entry == nullptr) return one ? reply.null() : reply.array(0);
  const bool backward = options.rank < 0;
  // The least number has no opposite: Redis skips nothing then.
  const uint64_t skipped =
      options.rank == INT64_MIN ? 0 : static_cast<uint64_t>(std::abs(options.rank)) - 1;
  const std::vector<uint64_t> found =
      find_all(ListView(*entry), {.text = context.word(2),
                                  .backward = backward,
                                  .skipped = skipped,
                                  .count_max = one ? 1 : static_cast<uint64_t>(options.count),
                                  .length_max = static_cast<uint64_t>(options.length_max)});
  if (one) return found.empty() ? reply.null() : reply.integer(static_cast<int64_t>(found[0]));
  reply.array(found.size());
  for (const uint64_t rank : found) reply.integer(static_cast<int64_t>(rank));
}

}  // namespace engine
