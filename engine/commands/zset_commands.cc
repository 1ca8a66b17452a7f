#include "engine/commands/zset_commands.h"

#include <cmath>
#include <vector>

#include "engine/commands/zset_access.h"
#include "engine/engine.h"

namespace engine {

namespace {

// False after the reply.
bool parse_add_options(const CommandContext& context, AddOptions* options) {
  options->increments = context.command().name == "zincrby";
  for (; options->first < context.argc(); ++options->first) {
    const auto is = [&](std::string_view name) { return context.word_is(options->first, name); };
    if (is("nx")) {
      options->only_new = true;
    } else if (is("xx")) {
      options->only_old = true;
    } else if (is("ch")) {
      options->counts_changed = true;
    } else if (is("incr")) {
      options->increments = true;
    } else if (is("gt")) {
      options->only_greater = true;
    } else if (is("lt")) {
      options->only_less = true;
    } else {
      break;
    }
  }
  const size_t words = context.argc() - options->first;
  std::string_view error;
  if (words == 0 || words % 2 != 0) {
    error = kSyntaxError;
  } else if (options->only_new && options->only_old) {
    error = "-ERR XX and NX options at the same time are not compatible";
  } else if (options->only_new + options->only_greater + options->only_less > 1) {
    error = "-ERR GT, LT, and/or NX options at the same time are not compatible";
  } else if (options->increments && words > 2) {
    error = "-ERR INCR option supports a single increment-element pair";
  }
  if (!error.empty()) context.error(error);
  return error.empty();
}

// False after the reply.
bool parse_scores(const CommandContext& context, size_t first, std::vector<NewScore>* members) {
  for (size_t i = first; i < context.argc(); i += 2) {
    double score = 0;
    if (!resp::parse_double(context.word(i), &score)) {
      context.error(kNotFloatError);
      return false;
    }
    members->push_back({context.word(i + 1), score});
  }
  return true;
}

// What becomes of one member.
struct AddOutcome {
  enum class Kind : uint8_t { kNothing, kNotANumber, kSame, kUpdate, kAdd };
  Kind kind = Kind::kNothing;
  double score = 0;
};

AddOutcome outcome_of(const AddOptions& options, std::optional<double> old, double score) {
  using Kind = AddOutcome::Kind;
  if (!old.has_value()) return {options.only_old ? Kind::kNothing : Kind::kAdd, score};
  if (options.only_new) return {Kind::kNothing, score};
  if (options.increments) score += *old;
  if (std::isnan(score)) return {Kind::kNotANumber, score};
  if ((options.only_less && score >= *old) || (options.only_greater && score <= *old))
    return {Kind::kNothing, score};
  return {score == *old ? Kind::kSame : Kind::kUpdate, score};
}

// Adds members to what a key holds, if anything.
class Adding {
 public:
  Adding(const CommandContext& context, const Key& key, const Entry* entry)
      : context_(context), key_(key), entry_(entry) {}

  AddOutcome add(const AddOptions& options, std::string_view member, double score) {
    const std::optional<double> old = find(member);
    const AddOutcome outcome = outcome_of(options, old, score);
    if (outcome.kind < AddOutcome::Kind::kUpdate) return outcome;
    // Nothing is changed, and the value stays clean, before there is something to change.
    if (!edit_.has_value()) edit_.emplace(context_, key_);
    edit_->put(old, member, outcome.score);
    ++(outcome.kind == AddOutcome::Kind::kAdd ? added_ : updated_);
    return outcome;
  }
  void finish(std::string_view event) {
    if (edit_.has_value()) edit_->finish(event);
  }
  int64_t added() const { return added_; }
  int64_t changed() const { return added_ + updated_; }

 private:
  std::optional<double> find(std::string_view member) {
    if (edit_.has_value()) return edit_->view().find(member);
    if (entry_ == nullptr) return std::nullopt;
    return zset_view(context_, entry_).find(member);
  }

  const CommandContext& context_;
  const Key key_;
  const Entry* const entry_;
  std::optional<ZsetEdit> edit_;
  int64_t added_ = 0;
  int64_t updated_ = 0;
};

std::optional<const Entry*> find_zset(const CommandContext& context) {
  return read_value(context, context.key(1), ValueType::kZset);
}

void reply_score(resp::ReplyWriter& reply, std::optional<double> score) {
  score.has_value() ? reply.number(*score) : reply.null();
}

void reply_rank(const CommandContext& context, bool from_end) {
  const auto entry = find_zset(context);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().null();
  const ZsetView view = zset_view(context, *entry);
  const std::optional<uint64_t> rank = view.rank(context.word(2));
  if (!rank.has_value()) return context.reply().null();
  context.reply().integer(static_cast<int64_t>(from_end ? view.size() - 1 - *rank : *rank));
}

}  // namespace

void zadd_command(CommandContext& context) {
  AddOptions options;
  if (!parse_add_options(context, &options)) return;
  std::vector<NewScore> members;
  if (parse_scores(context, options.first, &members)) add_members(context, options, members);
}

void add_members(const CommandContext& context, const AddOptions& options,
                 std::span<const NewScore> members) {
  const Key key = context.key(1);
  const std::optional<Entry*> entry = peek_value(context, key, ValueType::kZset);
  if (!entry.has_value()) return;
  Adding adding(context, key, *entry);
  AddOutcome last;
  for (const NewScore& member : members) last = adding.add(options, member.member, member.score);
  adding.finish(options.increments ? "zincr" : "zadd");
  if (last.kind == AddOutcome::Kind::kNotANumber)
    return context.error("resulting score is not a number (NaN)");
  if (options.increments) {
    const bool nothing = last.kind == AddOutcome::Kind::kNothing;
    return reply_score(context.reply(), nothing ? std::nullopt : std::optional<double>(last.score));
  }
  context.reply().integer(options.counts_changed ? adding.changed() : adding.added());
}

void zrem_command(CommandContext& context) {
  const Key key = context.key(1);
  const std::optional<Entry*> found = peek_value(context, key, ValueType::kZset);
  if (!found.has_value()) return;
  if (*found == nullptr) return context.reply().integer(0);
  size_t first = 2;
  while (first < context.argc() &&
         !zset_view(context, *found).find(context.word(first)).has_value())
    ++first;
  if (first == context.argc()) return context.reply().integer(0);
  ValueEdit edit(context.keyspace(), key);
  uint64_t left = ZsetView(edit.entry(), edit.tools().hasher).size();
  uint64_t removed = 0;
  for (size_t i = first; i < context.argc() && left > 0; ++i) {
    const std::optional<double> score =
        ZsetView(edit.entry(), edit.tools().hasher).find(context.word(i));
    if (!score.has_value()) continue;
    edit.entry() = zset_erase(edit.tools(), edit.entry(), context.word(i), *score);
    ++removed;
    --left;
  }
  edit.finish(left, removed, {notify_event::kSortedSet, "zrem"});
  context.reply().integer(static_cast<int64_t>(removed));
}

void zcard_command(CommandContext& context) {
  const auto entry = find_zset(context);
  if (!entry.has_value()) return;
  context.reply().integer(
      *entry == nullptr ? 0 : static_cast<int64_t>(zset_view(context, *entry).size()));
}

void zscore_command(CommandContext& context) {
  const auto entry = find_zset(context);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().null();
  reply_score(context.reply(), zset_view(context, *entry).find(context.word(2)));
}

void zmscore_command(CommandContext& context) {
  const auto entry = find_zset(context);
  if (!entry.has_value()) return;
  context.reply().array(context.argc() - 2);
  for (size_t i = 2; i < context.argc(); ++i) {
    std::optional<double> score;
    if (*entry != nullptr) score = zset_view(context, *entry).find(context.word(i));
    reply_score(context.reply(), score);
  }
}

void zrank_command(CommandContext& context) { reply_rank(context, false); }

void zrevrank_command(CommandContext& context) { reply_rank(context, true); }

void zcount_command(CommandContext& context) {
  ScoreRange range;
  if (!parse_score_range(context.word(2), context.word(3), &range))
    return context.error(kScoreRangeError);
  const auto entry = find_zset(context);
  if (!entry.has_value()) return;
  const uint64_t count = *entry == nullptr ? 0 : zset_view(context, *entry).range(range).size();
  context.reply().integer(static_cast<int64_t>(count));
}

void zlexcount_command(CommandContext& context) {
  LexRange range;
  if (!parse_lex_range(context.word(2), context.word(3), &range))
    return context.error(kLexRangeError);
  const auto entry = find_zset(context);
  if (!entry.has_value()) return;
  const uint64_t count = *entry == nullptr ? 0 : zset_view(context, *entry).range(range).size();
  context.reply().integer(static_cast<int64_t>(count));
}

}  // namespace engine
