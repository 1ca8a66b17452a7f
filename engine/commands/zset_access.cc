#include "engine/commands/zset_access.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "engine/engine.h"

namespace engine {

namespace {

bool parse_score_bound(std::string_view word, double* score, bool* open) {
  *open = word.starts_with('(');
  const std::string text(*open ? word.substr(1) : word);
  char* end = nullptr;
  *score = std::strtod(text.c_str(), &end);
  return *end == '\0' && !std::isnan(*score);
}

bool parse_lex_bound(std::string_view word, LexBound* bound) {
  const char first = word.empty() ? '\0' : word[0];
  if (first == '-' || first == '+') {
    bound->kind = first == '-' ? LexBound::Kind::kLowest : LexBound::Kind::kHighest;
    bound->open = true;
    return word.size() == 1 || word[1] == '\0';
  }
  if (first != '(' && first != '[') return false;
  bound->open = first == '(';
  bound->text = word.substr(1);
  return true;
}

}  // namespace

ZsetView zset_view(const CommandContext& context, const Entry* entry) {
  return {entry, context.keyspace().shared().hasher};
}

bool parse_score_range(std::string_view min, std::string_view max, ScoreRange* range) {
  return parse_score_bound(min, &range->min, &range->min_open) &&
         parse_score_bound(max, &range->max, &range->max_open);
}

bool parse_lex_range(std::string_view min, std::string_view max, LexRange* range) {
  return parse_lex_bound(min, &range->min) && parse_lex_bound(max, &range->max);
}

RankRange rank_range(int64_t start, int64_t stop, uint64_t size) {
  const auto count = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + count, 0);
  if (stop < 0) stop += count;
  stop = std::min(stop, count - 1);
  if (start > stop) return {};
  return {static_cast<uint64_t>(start), static_cast<uint64_t>(stop) + 1};
}

NewZset::NewZset(const CommandContext& context, const Key& key)
    : context_(context),
      key_(key),
      tools_(context.keyspace().shared().value_tools()),
      entry_(new_zset(*tools_.heap, key.text, context.keyspace().fresh_options())) {}

NewZset::~NewZset() {
  if (entry_ == nullptr) return;
  // Freed in slices.
  if (entry_->out_of_line())
    context_.keyspace().shared().condemned_trees.push_back(entry_->tree()->freeze());
  tools_.heap->destroy(entry_);
}

void NewZset::store(std::string_view event) {
  Keyspace& keyspace = context_.keyspace();
  const uint64_t members = view().size();
  const uint64_t changes = keyspace.shared().changes;
  const bool existed = keyspace.exists(key_) && keyspace.erase(key_);
  if (members > 0) {
    keyspace.add(key_, entry_, !existed);
    entry_ = nullptr;
    keyspace.changed(key_, {notify_event::kSortedSet, event});
  } else if (existed) {
    keyspace.changed(key_, kDelEvent);
  }
  keyspace.shared().changes = changes + (existed || members > 0 ? 1 : 0);
  context_.reply().integer(static_cast<int64_t>(members));
}

void erase_ranks(const CommandContext& context, const Key& key, RankRange ranks,
                 std::string_view event) {
  if (ranks.size() == 0) return;
  ValueEdit edit(context.keyspace(), key);
  const uint64_t size = ZsetView(edit.entry(), edit.tools().hasher).size();
  // All of a large one are freed in slices.
  if (ranks.size() < size) edit.entry() = zset_erase(edit.tools(), edit.entry(), ranks);
  edit.finish(size - ranks.size(), ranks.size(), {notify_event::kSortedSet, event});
}

}  // namespace engine
