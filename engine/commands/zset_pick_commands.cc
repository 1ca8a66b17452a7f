// Members taken from the ends of sorted sets, at random, or in an iteration.

#include <climits>
#include <string>
#include <vector>

#include "engine/blocking.h"
#include "engine/commands/blocking_words.h"
#include "engine/commands/random_ranks.h"
#include "engine/commands/zset_access.h"
#include "engine/commands/zset_commands.h"
#include "engine/engine.h"

namespace engine {

namespace {

// Replies with members from one end and removes them. REQUIRES: so many are there.
void pop_members(const CommandContext& context, const Key& key, const Entry* entry, bool from_end,
                 ScoreReplies* replies, uint64_t count) {
  const ZsetView view = zset_view(context, entry);
  const uint64_t size = view.size();
  const RankRange ranks = from_end ? RankRange{size - count, size} : RankRange{0, count};
  view.for_each(ranks, from_end, [replies](const ScoredMember& scored) {
    replies->add(scored);
    return true;
  });
  erase_ranks(context, key, ranks, from_end ? "zpopmax" : "zpopmin");
}

void pop_command(const CommandContext& context, bool from_end) {
  if (context.argc() > 3) return context.error(kSyntaxError);
  int64_t count = 1;
  const bool has_count = context.argc() == 3;
  if (has_count && (!resp::parse_int64(context.word(2), &count) || count < 0))
    return context.error("value is out of range, must be positive");
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kZset);
  if (!entry.has_value()) return;
  if (*entry == nullptr || count == 0) return context.reply().array(0);
  const uint64_t members =
      std::min(static_cast<uint64_t>(count), zset_view(context, *entry).size());
  const bool nested = has_count && context.reply().protocol() == resp::Protocol::kResp3;
  ScoreReplies replies(context.reply(), true, nested);
  replies.begin(members);
  pop_members(context, key, *entry, from_end, &replies, members);
}

struct MpopOptions {
  size_t first = 0;  // The word of the first key.
  size_t keys = 0;
  bool from_end = false;
  int64_t count = 1;
};

// From the number of keys at word `number` on. False after the reply.
bool parse_mpop(const CommandContext& context, size_t number, MpopOptions* options) {
  const auto fail = [&context](std::string_view error) {
    context.error(error);
    return false;
  };
  int64_t keys = 0;
  if (!resp::parse_int64(context.word(number), &keys) || keys < 1)
    return fail("numkeys should be greater than 0");
  if (static_cast<uint64_t>(keys) > context.argc() - number - 2) return fail(kSyntaxError);
  options->first = number + 1;
  options->keys = static_cast<size_t>(keys);
  const size_t where = options->first + options->keys;
  options->from_end = context.word_is(where, "max");
  if (!options->from_end && !context.word_is(where, "min")) return fail(kSyntaxError);
  bool has_count = false;
  for (size_t i = where + 1; i < context.argc(); ++i) {
    if (has_count || !context.word_is(i, "count") || i + 1 == context.argc())
      return fail(kSyntaxError);
    has_count = true;
    if (!resp::parse_int64(context.word(++i), &options->count) || options->count < 1)
      return fail("count should be greater than 0");
  }
  return true;
}

void reply_random_members(const CommandContext& context, const ZsetView& view, int64_t count,
                          bool with_scores) {
  ScoreReplies replies(context.reply(), with_scores);
  base::Random& random = *context.keyspace().shared().random;
  if (count < 0) {
    const auto wanted = static_cast<uint64_t>(-count);
    replies.begin(wanted);
    for (uint64_t i = 0; i < wanted; ++i) replies.add(view.at(random.below(view.size())));
    return;
  }
  RandomRanks ranks(random, view.size(), static_cast<uint64_t>(count));
  replies.begin(ranks.wanted());
  if (ranks.one_by_one()) {
    for (const uint64_t rank : ranks.chosen()) replies.add(view.at(rank));
    return;
  }
  view.for_each([&](const ScoredMember& scored) {
    if (ranks.takes_next()) replies.add(scored);
    return true;
  });
}

// The sorted set at a key that the command may take from now, or null; nothing after an error.
std::optional<Entry*> zset_to_pop(const CommandContext& context, const Key& key) {
  const Blocking& blocking = context.engine().blocking();
  if (!blocking.looks_at(context, key)) return nullptr;
  if (!blocking.runs_again(context)) return peek_value(context, key, ValueType::kZset);
  Entry* const entry = context.keyspace().peek(key);
  return entry != nullptr && entry->type() == ValueType::kZset ? entry : nullptr;
}

void wait_to_pop(CommandContext& context, bool from_end) {
  int64_t deadline_ms = 0;
  const size_t timeout = context.argc() - 1;
  if (!timeout_word(context, timeout, &deadline_ms)) return;
  for (size_t i = 1; i < timeout; ++i) {
    const Key key = context.key(i);
    const auto entry = zset_to_pop(context, key);
    if (!entry.has_value()) return;
    if (*entry == nullptr) continue;
    context.reply().array(3);
    context.reply().bulk(key.text);
    ScoreReplies replies(context.reply(), true, false);
    pop_members(context, key, *entry, from_end, &replies, 1);
    return context.effect({from_end ? "ZPOPMAX" : "ZPOPMIN", key.text});
  }
  wait_for_keys(context, 1, timeout, deadline_ms);
}

// ZMPOP, and BZMPOP, which has its timeout before the number of keys at word `number`.
void pop_from_first(CommandContext& context, size_t number) {
  const bool waits = number == 2;
  int64_t deadline_ms = 0;
  MpopOptions options;
  if (!parse_mpop(context, number, &options)) return;
  if (waits && !timeout_word(context, 1, &deadline_ms)) return;
  for (size_t i = options.first; i < options.first + options.keys; ++i) {
    const Key key = context.key(i);
    const auto entry = zset_to_pop(context, key);
    if (!entry.has_value()) return;
    if (*entry == nullptr) continue;
    const uint64_t members =
        std::min(static_cast<uint64_t>(options.count), zset_view(context, *entry).size());
    context.reply().array(2);
    context.reply().bulk(key.text);
    ScoreReplies replies(context.reply(), true, true);
    replies.begin(members);
    pop_members(context, key, *entry, options.from_end, &replies, members);
    return context.effect(
        {options.from_end ? "ZPOPMAX" : "ZPOPMIN", key.text, static_cast<int64_t>(members)});
  }
  if (!waits) return context.reply().null_array();
  wait_for_keys(context, options.first, options.first + options.keys, deadline_ms);
}

}  // namespace

void zpopmin_command(CommandContext& context) { pop_command(context, false); }

void zpopmax_command(CommandContext& context) { pop_command(context, true); }

void zmpop_command(CommandContext& context) { pop_from_first(context, 1); }
void bzmpop_command(CommandContext& context) { pop_from_first(context, 2); }
void bzpopmin_command(CommandContext& context) { wait_to_pop(context, false); }
void bzpopmax_command(CommandContext& context) { wait_to_pop(context, true); }

void zrandmember_command(CommandContext& context) {
  int64_t count = 0;
  bool with_scores = false;
  const bool has_count = context.argc() > 2;
  if (has_count) {
    if (!count_word(context, 2, &count)) return;
    if (context.argc() > 4 || (context.argc() == 4 && !context.word_is(3, "withscores")))
      return context.error(kSyntaxError);
    with_scores = context.argc() == 4;
    if (with_scores && (count < -LONG_MAX / 2 || count > LONG_MAX / 2))
      return context.error("value is out of range");
  }
  const auto entry = read_value(context, context.key(1), ValueType::kZset);
  if (!entry.has_value()) return;
  resp::ReplyWriter& reply = context.reply();
  if (*entry == nullptr || (has_count && count == 0))
    return has_count ? reply.array(0) : reply.null();
  const ZsetView view = zset_view(context, *entry);
  if (has_count) return reply_random_members(context, view, count, with_scores);
  base::Random& random = *context.keyspace().shared().random;
  reply_element(reply, view.at(random.below(view.size())).member);
}

namespace {

// A packed one as it is, with its scores as they are written.
void scan_packed(resp::ReplyWriter& reply, const Entry* entry, const ElementScan& scan) {
  std::vector<Element> elements;
  const Listpack pack(entry->value());
  for (size_t at = pack.first(); !pack.at_end(at);) {
    const Element member = pack.read(at, &at);
    const Element score = pack.read(at, &at);
    if (scan.accepts(member)) elements.insert(elements.end(), {member, score});
  }
  reply.array(2);
  reply.bulk("0");
  reply.array(elements.size());
  for (const Element& element : elements) reply_element(reply, element);
}

}  // namespace

void zscan_command(CommandContext& context) {
  ElementScan scan;
  if (!parse_scan_cursor(context, &scan)) return;
  const auto entry = read_value(context, context.key(1), ValueType::kZset);
  if (!entry.has_value()) return;
  resp::ReplyWriter& reply = context.reply();
  if (*entry == nullptr) return reply_empty_scan(reply);
  if (!parse_scan_options(context, &scan)) return;
  if (!(*entry)->out_of_line()) return scan_packed(reply, *entry, scan);
  HashWindow window = members_by_hash(*(*entry)->tree(), *context.keyspace().shared().hasher,
                                      scan_position(context, scan.cursor), scan.count);
  std::erase_if(window.members, [&scan](const ScoreItem& scored) {
    return !scan.accepts(Element::of_text(scored.member));
  });
  const uint64_t cursor = window.next_tag.has_value() ? scan_cursor(context, *window.next_tag) : 0;
  reply.array(2);
  reply.bulk_integer(static_cast<int64_t>(cursor));
  reply.array(window.members.size() * 2);
  for (const ScoreItem& scored : window.members) {
    reply.bulk(scored.member);
    char text[resp::kDoubleTextBytes];
    const char* const end = resp::format_double(scored.score, text);
    reply.bulk({text, static_cast<size_t>(end - text)});
  }
}

}  // namespace engine
