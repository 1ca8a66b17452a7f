// What the commands on sorted sets share: how they read arguments, reply and change values.

#ifndef BASALT_ENGINE_COMMANDS_ZSET_ACCESS_H_
#define BASALT_ENGINE_COMMANDS_ZSET_ACCESS_H_

#include <optional>
#include <span>
#include <string_view>

#include "engine/commands/value_access.h"
#include "engine/value/zset_value.h"

namespace engine {

inline constexpr std::string_view kScoreRangeError = "-ERR min or max is not a float";
inline constexpr std::string_view kLexRangeError = "-ERR min or max not valid string range item";

ZsetView zset_view(const CommandContext& context, const Entry* entry);

// "1.5", "(1.5", "-inf"; as Redis whatever strtod makes of it.
bool parse_score_range(std::string_view min, std::string_view max, ScoreRange* range);
// "[a", "(a", "-", "+". Views of the words.
bool parse_lex_range(std::string_view min, std::string_view max, LexRange* range);
// Of words that count from the end where they are negative.
RankRange rank_range(int64_t start, int64_t stop, uint64_t size);

// How a member with its score is one reply: two elements of the array around it, or in RESP3 an
// array of its own.
class ScoreReplies {
 public:
  ScoreReplies(resp::ReplyWriter& reply, bool with_scores, bool nested)
      : reply_(reply), with_scores_(with_scores), nested_(with_scores && nested) {}
  ScoreReplies(resp::ReplyWriter& reply, bool with_scores)
      : ScoreReplies(reply, with_scores, reply.protocol() == resp::Protocol::kResp3) {}

  void begin(uint64_t members) { reply_.array(with_scores_ && !nested_ ? members * 2 : members); }
  void add(const ScoredMember& scored) {
    if (nested_) reply_.array(2);
    reply_element(reply_, scored.member);
    if (with_scores_) reply_.number(scored.score);
  }

 private:
  resp::ReplyWriter& reply_;
  const bool with_scores_;
  const bool nested_;
};

// ---- ZADD and its like

struct AddOptions {
  bool only_new = false;        // NX
  bool only_old = false;        // XX
  bool only_greater = false;    // GT
  bool only_less = false;       // LT
  bool counts_changed = false;  // CH
  bool increments = false;      // INCR, ZINCRBY
  size_t first = 2;             // The word behind the options.
};

struct NewScore {
  std::string_view member;
  double score;
};

// Adds members to the key in word 1, and replies. zset_commands.cc
void add_members(const CommandContext& context, const AddOptions& options,
                 std::span<const NewScore> members);

// ---- The two ways in which a sorted set gets members

// A sorted set that changes in place, made when there is none.
class ZsetEdit {
 public:
  ZsetEdit(const CommandContext& context, const Key& key)
      : edit_(context.keyspace(), key, new_zset) {}

  ZsetView view() { return {edit_.entry(), edit_.tools().hasher}; }
  // `old` is the member's score by now.
  void put(std::optional<double> old, std::string_view member, double score) {
    edit_.entry() = zset_put(edit_.tools(), edit_.entry(), old, member, score);
    ++changes_;
  }
  void finish(std::string_view event) {
    edit_.finish(view().size(), changes_, {notify_event::kSortedSet, event});
  }

 private:
  ValueEdit edit_;
  uint64_t changes_ = 0;
};

// A sorted set that is made apart and then takes the place of what a key held, or is thrown away.
class NewZset {
 public:
  NewZset(const CommandContext& context, const Key& key);
  ~NewZset();
  NewZset(const NewZset&) = delete;
  NewZset& operator=(const NewZset&) = delete;

  ZsetView view() const { return {entry_, tools_.hasher}; }
  void put(std::optional<double> old, std::string_view member, double score) {
    entry_ = zset_put(tools_, entry_, old, member, score);
  }
  // Replies with the number of its members. Without members the key is deleted.
  void store(std::string_view event);

 private:
  const CommandContext& context_;
  const Key key_;
  const ValueTools tools_;
  Entry* entry_;
};

// Takes members out; the last one goes with the key. REQUIRES: the ranks are there.
void erase_ranks(const CommandContext& context, const Key& key, RankRange ranks,
                 std::string_view event);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_ZSET_ACCESS_H_
