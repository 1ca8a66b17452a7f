#include <climits>
#include <unordered_set>

#include "engine/commands/hash_commands.h"
#include "engine/commands/random_ranks.h"
#include "engine/commands/value_access.h"
#include "engine/engine.h"
#include "engine/value/hash_value.h"

namespace engine {

namespace {

// The hash at the key; empty after the reply of another type.
struct Found {
  bool wrong_type = false;
  const Entry* entry = nullptr;
  const base::KeyHasher* hasher = nullptr;

  HashView view() const { return {entry, hasher}; }
};

Found find_hash(const CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kHash);
  if (!entry.has_value()) return {.wrong_type = true};
  return {.entry = *entry, .hasher = context.keyspace().shared().hasher};
}

void reply_or_null(resp::ReplyWriter& reply, const std::optional<Element>& value) {
  value.has_value() ? reply_element(reply, *value) : reply.null();
}

// How a pair is one reply: two elements of the array around it, or in RESP3 an array of its own.
class PairReplies {
 public:
  PairReplies(resp::ReplyWriter& reply, bool with_values)
      : reply_(reply),
        with_values_(with_values),
        nested_(with_values && reply.protocol() == resp::Protocol::kResp3) {}

  void begin(uint64_t pairs) { reply_.array(with_values_ && !nested_ ? pairs * 2 : pairs); }
  void add(const HashPair& pair) {
    if (nested_) reply_.array(2);
    reply_element(reply_, pair.field);
    if (with_values_) reply_element(reply_, pair.value);
  }

 private:
  resp::ReplyWriter& reply_;
  const bool with_values_;
  const bool nested_;
};

void reply_random_pairs(const CommandContext& context, const HashView& view, int64_t count,
                        bool with_values) {
  PairReplies replies(context.reply(), with_values);
  base::Random& random = *context.keyspace().shared().random;
  if (count < 0) {
    const auto wanted = static_cast<uint64_t>(-count);
    replies.begin(wanted);
    for (uint64_t i = 0; i < wanted; ++i) replies.add(view.at(random.below(view.size())));
    return;
  }
  RandomRanks ranks(random, view.size(), static_cast<uint64_t>(count));
  replies.begin(ranks.wanted());
  if (!ranks.one_by_one()) {
    view.for_each([&](const HashPair& pair) {
      if (ranks.takes_next()) replies.add(pair);
    });
    return;
  }
  for (const uint64_t rank : ranks.chosen()) replies.add(view.at(rank));
}

}  // namespace

void hget_command(CommandContext& context) {
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  if (found.entry == nullptr) return context.reply().null();
  reply_or_null(context.reply(), found.view().find(context.word(2)));
}

void hmget_command(CommandContext& context) {
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  context.reply().array(context.argc() - 2);
  for (size_t i = 2; i < context.argc(); ++i) {
    if (found.entry == nullptr) {
      context.reply().null();
    } else {
      reply_or_null(context.reply(), found.view().find(context.word(i)));
    }
  }
}

void hgetall_command(CommandContext& context) {
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  resp::ReplyWriter& reply = context.reply();
  if (found.entry == nullptr) return reply.map(0);
  reply.map(found.view().size());
  found.view().for_each([&reply](const HashPair& pair) {
    reply_element(reply, pair.field);
    reply_element(reply, pair.value);
  });
}

void hkeys_command(CommandContext& context) {
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  resp::ReplyWriter& reply = context.reply();
  if (found.entry == nullptr) return reply.array(0);
  reply.array(found.view().size());
  found.view().for_each([&reply](const HashPair& pair) { reply_element(reply, pair.field); });
}

void hvals_command(CommandContext& context) {
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  resp::ReplyWriter& reply = context.reply();
  if (found.entry == nullptr) return reply.array(0);
  reply.array(found.view().size());
  found.view().for_each([&reply](const HashPair& pair) { reply_element(reply, pair.value); });
}

void hlen_command(CommandContext& context) {
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  context.reply().integer(found.entry == nullptr ? 0 : static_cast<int64_t>(found.view().size()));
}

void hexists_command(CommandContext& context) {
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  const bool exists = found.entry != nullptr && found.view().find(context.word(2)).has_value();
  context.reply().integer(exists ? 1 : 0);
}

void hstrlen_command(CommandContext& context) {
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  std::optional<Element> value;
  if (found.entry != nullptr) value = found.view().find(context.word(2));
  const size_t bytes = value.has_value() ? ElementText(*value).view().size() : 0;
  context.reply().integer(static_cast<int64_t>(bytes));
}

void hscan_command(CommandContext& context) {
  ElementScan scan;
  if (!parse_scan_cursor(context, &scan)) return;
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  resp::ReplyWriter& reply = context.reply();
  if (found.entry == nullptr) return reply_empty_scan(reply);
  if (!parse_scan_options(context, &scan)) return;
  std::vector<HashPair> pairs;
  const auto take = [&](const HashPair& pair) {
    if (scan.accepts(pair.field)) pairs.push_back(pair);
  };
  uint64_t cursor = 0;
  if (found.view().packed()) {
    found.view().for_each(take);
  } else {
    cursor = scan_tree(context, *found.entry->tree(), scan,
                       [&](base::ByteSpan element) { take(HashView::pair_of(element)); });
  }
  reply.array(2);
  reply.bulk_integer(static_cast<int64_t>(cursor));
  reply.array(pairs.size() * 2);
  for (const HashPair& pair : pairs) {
    reply_element(reply, pair.field);
    reply_element(reply, pair.value);
  }
}

void hrandfield_command(CommandContext& context) {
  int64_t count = 0;
  bool with_values = false;
  if (context.argc() > 2) {
    if (!count_word(context, 2, &count)) return;
    if (context.argc() > 4 || (context.argc() == 4 && !context.word_is(3, "withvalues")))
      return context.error(kSyntaxError);
    with_values = context.argc() == 4;
    if (with_values && (count < -LONG_MAX / 2 || count > LONG_MAX / 2))
      return context.error("value is out of range");
  }
  const Found found = find_hash(context);
  if (found.wrong_type) return;
  if (context.argc() > 2) {
    if (found.entry == nullptr || count == 0) return context.reply().array(0);
    return reply_random_pairs(context, found.view(), count, with_values);
  }
  if (found.entry == nullptr) return context.reply().null();
  base::Random& random = *context.keyspace().shared().random;
  reply_element(context.reply(), found.view().at(random.below(found.view().size())).field);
}

}  // namespace engine
