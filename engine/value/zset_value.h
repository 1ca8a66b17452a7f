// Sorted sets: members with scores, in an entry of type kZset.
//
//   kPlain  a listpack: member, score, member, score, ... in the order of (score, member)
//   kPaged  a tree with a companion (score_tree.h)
//
// As in Redis a sorted set is packed until it has more members, or a longer one, than the limits
// allow, and paged from then on. A packed one that came from a file may be out of order; then what
// ranges answer is unspecified, as it is for ranges of members with different scores.

#ifndef BASALT_ENGINE_VALUE_ZSET_VALUE_H_
#define BASALT_ENGINE_VALUE_ZSET_VALUE_H_

#include <optional>
#include <string_view>
#include <vector>

#include "engine/value/listpack.h"
#include "engine/value/score_tree.h"
#include "engine/value/tree_key.h"
#include "engine/value/value_tools.h"

namespace engine {

struct ScoredMember {
  Element member;
  double score = 0;
};

// Ranks from `first` up to before `end`.
struct RankRange {
  uint64_t first = 0;
  uint64_t end = 0;

  uint64_t size() const { return end - first; }
};

struct ScoreRange {
  double min = 0;
  double max = 0;
  bool min_open = false;
  bool max_open = false;

  bool empty() const { return min > max || (min == max && (min_open || max_open)); }
};

struct LexBound {
  enum class Kind : uint8_t { kLowest, kText, kHighest };
  Kind kind = Kind::kText;
  std::string_view text = {};
  bool open = false;
};

struct LexRange {
  LexBound min;
  LexBound max;

  bool empty() const;
  bool above_min(std::string_view member) const;
  bool below_max(std::string_view member) const;
};

// What a sorted set holds. Views live until the entry changes.
class ZsetView {
 public:
  // REQUIRES: an entry of type kZset. Both outlive the view.
  ZsetView(const Entry* entry, const base::KeyHasher* hasher) : entry_(entry), hasher_(hasher) {}

  bool packed() const { return !entry_->out_of_line(); }
  uint64_t size() const;
  std::optional<double> find(std::string_view member) const;
  std::optional<uint64_t> rank(std::string_view member) const;
  // REQUIRES: rank < size().
  ScoredMember at(uint64_t rank) const;
  RankRange range(const ScoreRange& range) const;
  // `backwards`: as a walk from the end finds it.
  RankRange range(const LexRange& range, bool backwards = false) const;
  // Those of the ranks in order, or backwards: fn(const ScoredMember&) returns whether to go on.
  template <class Fn>
  void for_each(RankRange ranks, bool backwards, Fn fn) const;
  template <class Fn>
  void for_each(Fn fn) const {
    for_each({0, size()}, false, fn);
  }

  static ScoredMember scored_of(const TreeItem& item) {
    const ScoreItem scored = score_item_of(item);
    return {Element::of_text(scored.member), scored.score};
  }

 private:
  std::vector<ScoredMember> packed_members() const;

  const Entry* const entry_;
  const base::KeyHasher* const hasher_;
};

// An entry for an empty sorted set under `key`, to be filled at once.
Entry* new_zset(EntryHeap& heap, std::string_view key, EntryOptions options);

// Gives a member a score; `old` is what it has now, by find(). Returns the entry to use from now
// on, here and below. REQUIRES: type kZset, dirty, of the current epoch; a text that is not the
// entry's own; no NaN.
Entry* zset_put(const ValueTools& tools, Entry* entry, std::optional<double> old,
                std::string_view member, double score);
// REQUIRES: the member has this score. A sorted set without members is the caller's to delete.
Entry* zset_erase(const ValueTools& tools, Entry* entry, std::string_view member, double score);
Entry* zset_erase(const ValueTools& tools, Entry* entry, RankRange ranks);

// ---- How it works

template <class Fn>
void ZsetView::for_each(RankRange ranks, bool backwards, Fn fn) const {
  if (ranks.first >= ranks.end) return;
  if (packed()) {
    const std::vector<ScoredMember> members = packed_members();
    for (uint64_t i = 0; i < ranks.size(); ++i)
      if (!fn(members[backwards ? ranks.end - 1 - i : ranks.first + i])) return;
    return;
  }
  TreeCursor cursor(*entry_->tree(), backwards ? ranks.end - 1 : ranks.first);
  for (uint64_t i = 0; i < ranks.size(); ++i) {
    if (!fn(scored_of(cursor.item()))) return;
    backwards ? cursor.previous() : cursor.next();
  }
}

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_ZSET_VALUE_H_
