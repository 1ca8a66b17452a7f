// Unions, intersections and differences of sorted sets and sets.

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/commands/command_limits.h"
#include "engine/commands/zset_access.h"
#include "engine/commands/zset_commands.h"
#include "engine/engine.h"
#include "engine/value/set_value.h"

namespace engine {

namespace {

enum class Kind : uint8_t { kUnion, kIntersection, kDifference };
enum class Aggregate : uint8_t { kSum, kMin, kMax };
enum class For : uint8_t { kReply, kStore, kCount };

// A sorted set, a set whose members have the score 1, or nothing.
struct Operand {
  const Entry* entry = nullptr;
  const base::KeyHasher* hasher = nullptr;
  double weight = 1;

  bool is_set() const { return entry->type() == ValueType::kSet; }
  SetView set() const { return {entry, hasher}; }
  ZsetView zset() const { return {entry, hasher}; }

  uint64_t size() const {
    if (entry == nullptr) return 0;
    return is_set() ? set().size() : zset().size();
  }
  std::optional<double> find(std::string_view member) const {
    if (entry == nullptr) return std::nullopt;
    if (!is_set()) return zset().find(member);
    return set().contains(member) ? std::optional<double>(1) : std::nullopt;
  }
  // fn(const ScoredMember&) returns whether to go on.
  template <class Fn>
  void for_each(Fn fn) const {
    if (entry == nullptr) return;
    if (!is_set()) return zset().for_each(fn);
    set().for_each([&fn](const Element& member) { return fn(ScoredMember{member, 1}); });
  }
};

struct Question {
  Kind kind;
  For made_for;
  std::vector<Operand> operands;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  int64_t limit = 0;
};

double weighted(double score, double weight) {
  const double product = score * weight;
  return std::isnan(product) ? 0 : product;
}

double aggregated(Aggregate aggregate, double a, double b) {
  switch (aggregate) {
    case Aggregate::kSum:
      // Infinities of both signs.
      return std::isnan(a + b) ? 0 : a + b;
    case Aggregate::kMin:
      return std::min(a, b);
    case Aggregate::kMax:
      return std::max(a, b);
  }
  return a;
}

// False after the reply, here and below. `first` is the word of the number of keys; `*next` the
// one behind the keys.
bool parse_operands(const CommandContext& context, size_t first, Question* question, size_t* next) {
  int64_t keys = 0;
  if (!context.integer_word(first, &keys)) return false;
  if (keys < 1) {
    context.error(fmt::format("at least 1 input key is needed for '{}' command",
                              context.command().full_name));
    return false;
  }
  if (static_cast<uint64_t>(keys) > context.argc() - first - 1) {
    context.error(kSyntaxError);
    return false;
  }
  *next = first + 1 + static_cast<size_t>(keys);
  for (size_t i = first + 1; i < *next; ++i) {
    const Entry* const entry = context.keyspace().find(context.key(i));
    if (entry != nullptr && entry->type() != ValueType::kZset && entry->type() != ValueType::kSet) {
      context.error(kWrongTypeError);
      return false;
    }
    question->operands.push_back({entry, context.keyspace().shared().hasher});
  }
  return true;
}

bool parse_weights(const CommandContext& context, size_t first, Question* question) {
  for (size_t i = 0; i < question->operands.size(); ++i) {
    if (resp::parse_double(context.word(first + i), &question->operands[i].weight)) continue;
    context.error("weight value is not a float");
    return false;
  }
  return true;
}

bool parse_aggregate(const CommandContext& context, size_t i, Question* question) {
  if (context.word_is(i, "sum")) {
    question->aggregate = Aggregate::kSum;
  } else if (context.word_is(i, "min")) {
    question->aggregate = Aggregate::kMin;
  } else if (context.word_is(i, "max")) {
    question->aggregate = Aggregate::kMax;
  } else {
    context.error(kSyntaxError);
    return false;
  }
  return true;
}

bool parse_options(const CommandContext& context, size_t first, Question* question) {
  const bool counts = question->made_for == For::kCount;
  const bool weighs = question->kind != Kind::kDifference && !counts;
  for (size_t i = first; i < context.argc(); ++i) {
    const size_t left = context.argc() - i - 1;
    if (weighs && left >= question->operands.size() && context.word_is(i, "weights")) {
      if (!parse_weights(context, i + 1, question)) return false;
      i += question->operands.size();
    } else if (weighs && left >= 1 && context.word_is(i, "aggregate")) {
      if (!parse_aggregate(context, ++i, question)) return false;
    } else if (question->made_for == For::kReply && context.word_is(i, "withscores")) {
      question->with_scores = true;
    } else if (counts && left >= 1 && context.word_is(i, "limit")) {
      if (!resp::parse_int64(context.word(++i), &question->limit) || question->limit < 0) {
        context.error("LIMIT can't be negative");
        return false;
      }
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

bool parse_question(const CommandContext& context, size_t first, Question* question) {
  size_t next = 0;
  if (!parse_operands(context, first, question, &next)) return false;
  if (!parse_options(context, next, question)) return false;
  // Also the order in which scores are added, of which the last digits tell.
  if (question->kind != Kind::kDifference)
    std::stable_sort(question->operands.begin(), question->operands.end(),
                     [](const Operand& a, const Operand& b) { return a.size() < b.size(); });
  return true;
}

// fn(member, score) returns whether to go on.
template <class Fn>
void intersect(const Question& question, Fn fn) {
  const std::vector<Operand>& operands = question.operands;
  operands[0].for_each([&](const ScoredMember& scored) {
    const ElementText member(scored.member);
    double score = weighted(scored.score, operands[0].weight);
    for (size_t i = 1; i < operands.size(); ++i) {
      const std::optional<double> other = operands[i].find(member.view());
      if (!other.has_value()) return true;
      score = aggregated(question.aggregate, score, *other * operands[i].weight);
    }
    return static_cast<bool>(fn(member.view(), score));
  });
}

template <class Fn>
void subtract(const Question& question, Fn fn) {
  const std::vector<Operand>& operands = question.operands;
  operands[0].for_each([&](const ScoredMember& scored) {
    const ElementText member(scored.member);
    for (size_t i = 1; i < operands.size(); ++i)
      if (operands[i].find(member.view()).has_value()) return true;
    return static_cast<bool>(fn(member.view(), scored.score));
  });
}

void unite(const Question& question, NewZset* result) {
  for (const Operand& operand : question.operands) {
    operand.for_each([&](const ScoredMember& scored) {
      const ElementText member(scored.member);
      const double score = weighted(scored.score, operand.weight);
      const std::optional<double> old = result->view().find(member.view());
      if (!old.has_value()) {
        result->put(old, member.view(), score);
      } else if (const double sum = aggregated(question.aggregate, *old, score); sum != *old) {
        result->put(old, member.view(), sum);
      }
      return true;
    });
  }
}

void answer(const Question& question, NewZset* result) {
  const auto put = [result](std::string_view member, double score) {
    result->put(std::nullopt, member, score);
    return true;
  };
  switch (question.kind) {
    case Kind::kUnion:
      return unite(question, result);
    case Kind::kIntersection:
      return intersect(question, put);
    case Kind::kDifference:
      return subtract(question, put);
  }
}

// What a sorted set of the whole result may take at most.
uint64_t bytes_max(const Question& question) {
  uint64_t bytes = 0;
  for (const Operand& operand : question.operands)
    if (operand.entry != nullptr && operand.entry->out_of_line())
      bytes += operand.entry->tree()->allocated_bytes() * (operand.is_set() ? 2 : 1);
  return bytes;
}

void reply_answer(const CommandContext& context, Kind kind) {
  Question question{kind, For::kReply, {}};
  if (!parse_question(context, 1, &question) || !may_grow(context, bytes_max(question))) return;
  NewZset result(context, {});
  answer(question, &result);
  ScoreReplies replies(context.reply(), question.with_scores);
  replies.begin(result.view().size());
  result.view().for_each([&replies](const ScoredMember& scored) {
    replies.add(scored);
    return true;
  });
}

// The destination may be one of the operands: it is replaced when the result is complete.
void store_answer(const CommandContext& context, Kind kind, std::string_view event) {
  const Key to = context.key(1);
  Question question{kind, For::kStore, {}};
  if (!parse_question(context, 2, &question) || !may_grow(context, bytes_max(question))) return;
  NewZset result(context, to);
  answer(question, &result);
  result.store(event);
}

}  // namespace

void zunion_command(CommandContext& context) { reply_answer(context, Kind::kUnion); }

void zinter_command(CommandContext& context) { reply_answer(context, Kind::kIntersection); }

void zdiff_command(CommandContext& context) { reply_answer(context, Kind::kDifference); }

void zunionstore_command(CommandContext& context) {
  store_answer(context, Kind::kUnion, "zunionstore");
}

void zinterstore_command(CommandContext& context) {
  store_answer(context, Kind::kIntersection, "zinterstore");
}

void zdiffstore_command(CommandContext& context) {
  store_answer(context, Kind::kDifference, "zdiffstore");
}

void zintercard_command(CommandContext& context) {
  Question question{Kind::kIntersection, For::kCount, {}};
  if (!parse_question(context, 1, &question)) return;
  int64_t members = 0;
  intersect(question, [&](std::string_view, double) { return ++members != question.limit; });
  context.reply().integer(members);
}

}  // namespace engine
