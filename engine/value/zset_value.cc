#include "engine/value/zset_value.h"

#include <algorithm>

#include "base/limits.h"

namespace engine {

namespace {

// Where a member lies in a listpack.
struct Place {
  size_t member;
  size_t score;
  size_t end;
};

double score_in(const Element& element) {
  double score = 0;
  parse_score(element, &score);
  return score;
}

std::optional<Place> find_packed(const Listpack& pack, std::string_view member) {
  const ElementProbe probe(member);
  for (size_t at = pack.first(); !pack.at_end(at);) {
    Place place{at, 0, 0};
    const Element element = pack.read(at, &place.score);
    place.end = pack.next(place.score);
    if (probe.is(element)) return place;
    at = place.end;
  }
  return std::nullopt;
}

// Where a new member comes in.
size_t packed_place(const Listpack& pack, std::string_view member, double score) {
  size_t at = pack.first();
  while (!pack.at_end(at)) {
    size_t score_at = 0;
    size_t next = 0;
    const Element element = pack.read(at, &score_at);
    const double other = score_in(pack.read(score_at, &next));
    if (other > score || (other == score && ElementText(element).view() > member)) break;
    at = next;
  }
  return at;
}

void write_header(Entry* entry, size_t count) {
  Listpack::write_header(entry->mutable_value(), entry->value().size(), count);
}

Entry* to_tree(const ValueTools& tools, Entry* entry) {
  CountedTree* const tree = new_score_tree();
  ZsetView(entry, tools.hasher).for_each([&](const ScoredMember& scored) {
    const ElementText member(scored.member);
    // Bytes from outside may hold a member twice.
    if (!find_score(*tree, *tools.hasher, member.view()).has_value())
      add_score(tree, *tools.hasher, member.view(), scored.score);
    return true;
  });
  return tools.heap->with_tree(entry, tree);
}

// Of a new member, or of one that gets another score: that stays within the limits.
bool fits_packed(const ValueTools& tools, const Entry* entry, std::string_view member,
                 bool is_new) {
  const size_t count = Listpack(entry->value()).count();
  const size_t more =
      Listpack::entry_bytes_max(member.size()) + Listpack::entry_bytes_max(resp::kDoubleTextBytes);
  if (entry->value().size() + more > base::kInlineValueBytesMax) return false;
  return !is_new ||
         (count / 2 + 1 <= tools.limits.zset_entries && count + 2 <= Listpack::kCountMax &&
          member.size() <= tools.limits.zset_value_bytes);
}

Entry* erase_place(const ValueTools& tools, Entry* entry, const Place& place, size_t members) {
  const size_t count = Listpack(entry->value()).count() - 2 * members;
  entry = splice_value(*tools.heap, entry, place.member, place.end - place.member, {});
  write_header(entry, count);
  return entry;
}

Entry* insert_packed(const ValueTools& tools, Entry* entry, std::string_view member, double score) {
  const Listpack pack(entry->value());
  const size_t count = pack.count() + 2;
  const size_t at = packed_place(pack, member, score);
  std::string bytes;
  Listpack::append_entry(member, &bytes);
  Listpack::append_entry(ScoreText(score).view(), &bytes);
  entry = splice_value(*tools.heap, entry, at, 0, bytes);
  write_header(entry, count);
  return entry;
}

int compare(const LexBound& bound, std::string_view member) {
  if (bound.kind != LexBound::Kind::kText) return bound.kind == LexBound::Kind::kLowest ? -1 : 1;
  return bound.text.compare(member);
}

}  // namespace

bool LexRange::empty() const {
  if (min.kind != max.kind) return min.kind > max.kind;
  const int order = min.kind == LexBound::Kind::kText ? min.text.compare(max.text) : 0;
  return order > 0 || (order == 0 && (min.open || max.open));
}

bool LexRange::above_min(std::string_view member) const {
  const int order = compare(min, member);
  return min.open ? order < 0 : order <= 0;
}

bool LexRange::below_max(std::string_view member) const {
  const int order = compare(max, member);
  return max.open ? order > 0 : order >= 0;
}

// ---- Reading

uint64_t ZsetView::size() const {
  return packed() ? Listpack(entry_->value()).count() / 2 : entry_->tree()->size();
}

std::vector<ScoredMember> ZsetView::packed_members() const {
  const Listpack pack(entry_->value());
  std::vector<ScoredMember> members;
  members.reserve(size());
  for (size_t at = pack.first(); !pack.at_end(at);) {
    ScoredMember scored;
    scored.member = pack.read(at, &at);
    scored.score = score_in(pack.read(at, &at));
    members.push_back(scored);
  }
  return members;
}

std::optional<double> ZsetView::find(std::string_view member) const {
  if (!packed()) return find_score(*entry_->tree(), *hasher_, member);
  const Listpack pack(entry_->value());
  const std::optional<Place> place = find_packed(pack, member);
  size_t next = 0;
  if (!place.has_value()) return std::nullopt;
  return score_in(pack.read(place->score, &next));
}

std::optional<uint64_t> ZsetView::rank(std::string_view member) const {
  if (packed()) {
    const ElementProbe probe(member);
    const std::vector<ScoredMember> members = packed_members();
    const auto at = std::find_if(members.begin(), members.end(), [&](const ScoredMember& scored) {
      return probe.is(scored.member);
    });
    if (at == members.end()) return std::nullopt;
    return static_cast<uint64_t>(at - members.begin());
  }
  const std::optional<double> score = find(member);
  if (!score.has_value()) return std::nullopt;
  bool found = false;
  return entry_->tree()->rank_of(ScoreKey(*score, member).probe(), &found);
}

ScoredMember ZsetView::at(uint64_t rank) const {
  if (!packed()) return scored_of(entry_->tree()->at(rank));
  const Listpack pack(entry_->value());
  size_t at = pack.first();
  for (uint64_t i = 0; i < rank * 2; ++i) at = pack.next(at);
  ScoredMember scored;
  scored.member = pack.read(at, &at);
  scored.score = score_in(pack.read(at, &at));
  return scored;
}

RankRange ZsetView::range(const ScoreRange& range) const {
  if (range.empty()) return {};
  const auto below = [&](double score) {
    return range.min_open ? score <= range.min : score < range.min;
  };
  const auto within = [&](double score) {
    return range.max_open ? score < range.max : score <= range.max;
  };
  if (packed()) {
    const std::vector<ScoredMember> members = packed_members();
    RankRange ranks;
    while (ranks.first < members.size() && below(members[ranks.first].score)) ++ranks.first;
    ranks.end = ranks.first;
    while (ranks.end < members.size() && within(members[ranks.end].score)) ++ranks.end;
    return ranks;
  }
  // The order of the next score begins where that of this one ends.
  const auto rank_of = [this](double score, bool behind) {
    bool found = false;
    const ScoreKey key(order_of_score(score) + (behind ? 1 : 0), {});
    return entry_->tree()->rank_of(key.probe(), &found);
  };
  return {rank_of(range.min, range.min_open), rank_of(range.max, !range.max_open)};
}

RankRange ZsetView::range(const LexRange& range, bool backwards) const {
  const uint64_t count = size();
  if (range.empty() || count == 0) return {};
  if (packed()) {
    const std::vector<ScoredMember> members = packed_members();
    const auto above = [&](uint64_t i) {
      return range.above_min(ElementText(members[i].member).view());
    };
    const auto below = [&](uint64_t i) {
      return range.below_max(ElementText(members[i].member).view());
    };
    if (!above(count - 1) || !below(0)) return {};
    RankRange ranks{0, count};
    if (backwards) {
      while (ranks.end > 0 && !below(ranks.end - 1)) --ranks.end;
      ranks.first = ranks.end;
      while (ranks.first > 0 && above(ranks.first - 1)) --ranks.first;
    } else {
      while (ranks.first < count && !above(ranks.first)) ++ranks.first;
      ranks.end = ranks.first;
      while (ranks.end < count && below(ranks.end)) ++ranks.end;
    }
    return ranks;
  }
  const CountedTree& tree = *entry_->tree();
  const double score = score_item_of(tree.at(0)).score;
  const auto rank_of = [&](const LexBound& bound, bool behind) {
    if (bound.kind != LexBound::Kind::kText)
      return bound.kind == LexBound::Kind::kLowest ? 0 : count;
    bool found = false;
    const uint64_t rank = tree.rank_of(ScoreKey(score, bound.text).probe(), &found);
    return found && behind ? rank + 1 : rank;
  };
  const RankRange ranks{rank_of(range.min, range.min.open), rank_of(range.max, !range.max.open)};
  return ranks.first < ranks.end ? ranks : RankRange{};
}

// ---- Writing

Entry* new_zset(EntryHeap& heap, std::string_view key, EntryOptions options) {
  options.type = ValueType::kZset;
  options.form = ValueForm::kPlain;
  return heap.create(key, Listpack::empty(), options);
}

Entry* zset_put(const ValueTools& tools, Entry* entry, std::optional<double> old,
                std::string_view member, double score) {
  if (!entry->out_of_line()) {
    if (fits_packed(tools, entry, member, !old.has_value())) {
      if (old.has_value()) entry = zset_erase(tools, entry, member, *old);
      return insert_packed(tools, entry, member, score);
    }
    entry = to_tree(tools, entry);
  }
  CountedTree* const tree = writable_tree(entry);
  old.has_value() ? change_score(tree, *tools.hasher, member, *old, score)
                  : add_score(tree, *tools.hasher, member, score);
  return entry;
}

Entry* zset_erase(const ValueTools& tools, Entry* entry, std::string_view member, double score) {
  if (!entry->out_of_line()) {
    const std::optional<Place> place = find_packed(Listpack(entry->value()), member);
    CHECK(place.has_value());
    return erase_place(tools, entry, *place, 1);
  }
  remove_score(writable_tree(entry), *tools.hasher, member, score);
  return entry;
}

Entry* zset_erase(const ValueTools& tools, Entry* entry, RankRange ranks) {
  if (!entry->out_of_line()) {
    const Listpack pack(entry->value());
    Place place{pack.first(), 0, 0};
    for (uint64_t i = 0; i < ranks.first * 2; ++i) place.member = pack.next(place.member);
    place.end = place.member;
    for (uint64_t i = 0; i < ranks.size() * 2; ++i) place.end = pack.next(place.end);
    return erase_place(tools, entry, place, ranks.size());
  }
  CountedTree* const tree = writable_tree(entry);
  for (uint64_t i = 0; i < ranks.size(); ++i) {
    const ScoreItem scored = score_item_of(tree->at(ranks.first));
    remove_score(tree, *tools.hasher, std::string(scored.member), scored.score);
  }
  return entry;
}

}  // namespace engine
