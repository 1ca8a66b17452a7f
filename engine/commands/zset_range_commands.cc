// Ranges of sorted sets by rank, score or member: replied, stored or removed. Each range becomes
// one of ranks first.

#include <algorithm>

#include "engine/commands/command_limits.h"
#include "engine/commands/zset_access.h"
#include "engine/commands/zset_commands.h"
#include "engine/engine.h"

namespace engine {

namespace {

enum class By : uint8_t { kUnsaid, kRank, kScore, kLex };

struct RangeCommand {
  size_t key_word = 1;
  By by = By::kUnsaid;
  bool backwards = false;
  bool fixed_direction = false;  // REV is no option.
  bool stores = false;
};

struct RangeOptions {
  By by = By::kRank;
  bool backwards = false;
  bool with_scores = false;
  int64_t offset = 0;
  int64_t limit = -1;
};

// What a range is in any sorted set.
struct RangeSpec {
  By by = By::kRank;
  bool backwards = false;
  int64_t start = 0;
  int64_t stop = 0;
  ScoreRange scores;
  LexRange lex;
};

// False after the reply.
bool parse_options(const CommandContext& context, const RangeCommand& command,
                   RangeOptions* options) {
  bool said_direction = command.fixed_direction;
  options->by = command.by;
  options->backwards = command.backwards;
  for (size_t i = command.key_word + 3; i < context.argc(); ++i) {
    const auto is = [&](std::string_view name) { return context.word_is(i, name); };
    if (!command.stores && is("withscores")) {
      options->with_scores = true;
    } else if (is("limit") && context.argc() - i - 1 >= 2) {
      if (!context.integer_word(i + 1, &options->offset) ||
          !context.integer_word(i + 2, &options->limit))
        return false;
      i += 2;
    } else if (!said_direction && is("rev")) {
      options->backwards = said_direction = true;
    } else if (options->by == By::kUnsaid && is("bylex")) {
      options->by = By::kLex;
    } else if (options->by == By::kUnsaid && is("byscore")) {
      options->by = By::kScore;
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  if (options->by == By::kUnsaid) options->by = By::kRank;
  std::string_view error;
  if (options->limit != -1 && options->by == By::kRank)
    error =
        "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
  if (options->with_scores && options->by == By::kLex)
    error = "-ERR syntax error, WITHSCORES not supported in combination with BYLEX";
  if (!error.empty()) context.error(error);
  // LIMIT n -1 of ranks says nothing.
  if (options->by == By::kRank) options->offset = 0;
  return error.empty();
}

// False after the reply. The range's words are `first` and the one after it.
bool parse_range(const CommandContext& context, size_t first, By by, bool backwards,
                 RangeSpec* spec) {
  spec->by = by;
  spec->backwards = backwards;
  if (by == By::kRank)
    return context.integer_word(first, &spec->start) &&
           context.integer_word(first + 1, &spec->stop);
  // Backwards the range is given from its upper end.
  const std::string_view min = context.word(backwards ? first + 1 : first);
  const std::string_view max = context.word(backwards ? first : first + 1);
  const bool by_score = by == By::kScore;
  if (by_score ? parse_score_range(min, max, &spec->scores) : parse_lex_range(min, max, &spec->lex))
    return true;
  context.error(by_score ? kScoreRangeError : kLexRangeError);
  return false;
}

RankRange ranks_of(const RangeSpec& spec, const ZsetView& view) {
  switch (spec.by) {
    case By::kScore:
      return view.range(spec.scores);
    case By::kLex:
      return view.range(spec.lex, spec.backwards);
    default:
      break;
  }
  const uint64_t size = view.size();
  const RankRange ranks = rank_range(spec.start, spec.stop, size);
  if (!spec.backwards || ranks.size() == 0) return ranks;
  return {size - ranks.end, size - ranks.first};
}

// LIMIT: in the direction of the walk.
RankRange limited(RankRange ranks, const RangeOptions& options) {
  if (options.offset < 0) return {};
  const uint64_t skipped = std::min<uint64_t>(static_cast<uint64_t>(options.offset), ranks.size());
  const uint64_t left = ranks.size() - skipped;
  const uint64_t taken =
      options.limit < 0 ? left : std::min<uint64_t>(static_cast<uint64_t>(options.limit), left);
  if (options.backwards) {
    ranks.end -= skipped;
    ranks.first = ranks.end - taken;
  } else {
    ranks.first += skipped;
    ranks.end = ranks.first + taken;
  }
  return ranks;
}

void store_range(const CommandContext& context, const Entry* entry, const RangeSpec& spec,
                 const RangeOptions& options) {
  const bool large = entry != nullptr && entry->out_of_line();
  if (large && !may_grow(context, entry->tree()->allocated_bytes())) return;
  NewZset result(context, context.key(1));
  if (entry != nullptr) {
    const ZsetView view = zset_view(context, entry);
    view.for_each(limited(ranks_of(spec, view), options), false, [&](const ScoredMember& scored) {
      result.put(std::nullopt, ElementText(scored.member).view(), scored.score);
      return true;
    });
  }
  result.store("zrangestore");
}

void range_command(const CommandContext& context, const RangeCommand& command) {
  RangeOptions options;
  if (!parse_options(context, command, &options)) return;
  RangeSpec spec;
  if (!parse_range(context, command.key_word + 1, options.by, options.backwards, &spec)) return;
  const auto entry = read_value(context, context.key(command.key_word), ValueType::kZset);
  if (!entry.has_value()) return;
  if (command.stores) return store_range(context, *entry, spec, options);
  if (*entry == nullptr) return context.reply().array(0);
  const ZsetView view = zset_view(context, *entry);
  const RankRange ranks = limited(ranks_of(spec, view), options);
  ScoreReplies replies(context.reply(), options.with_scores);
  replies.begin(ranks.size());
  view.for_each(ranks, options.backwards, [&](const ScoredMember& scored) {
    replies.add(scored);
    return true;
  });
}

void remove_range(const CommandContext& context, By by, std::string_view event) {
  RangeSpec spec;
  if (!parse_range(context, 2, by, false, &spec)) return;
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kZset);
  if (!entry.has_value()) return;
  RankRange ranks;
  if (*entry != nullptr) ranks = ranks_of(spec, zset_view(context, *entry));
  erase_ranks(context, key, ranks, event);
  context.reply().integer(static_cast<int64_t>(ranks.size()));
}

}  // namespace

void zrange_command(CommandContext& context) { range_command(context, {}); }

void zrangestore_command(CommandContext& context) {
  range_command(context, {.key_word = 2, .stores = true});
}

void zrevrange_command(CommandContext& context) {
  range_command(context, {.by = By::kRank, .backwards = true, .fixed_direction = true});
}

void zrangebyscore_command(CommandContext& context) {
  range_command(context, {.by = By::kScore, .fixed_direction = true});
}

void zrevrangebyscore_command(CommandContext& context) {
  range_command(context, {.by = By::kScore, .backwards = true, .fixed_direction = true});
}

void zrangebylex_command(CommandContext& context) {
  range_command(context, {.by = By::kLex, .fixed_direction = true});
}

void zrevrangebylex_command(CommandContext& context) {
  range_command(context, {.by = By::kLex, .backwards = true, .fixed_direction = true});
}

void zremrangebyrank_command(CommandContext& context) {
  remove_range(context, By::kRank, "zremrangebyrank");
}

void zremrangebyscore_command(CommandContext& context) {
  remove_range(context, By::kScore, "zremrangebyscore");
}

void zremrangebylex_command(CommandContext& context) {
  remove_range(context, By::kLex, "zremrangebylex");
}

}  // namespace engine
