#include <string>
#include <vector>

#include "engine/commands/random_ranks.h"
#include "engine/commands/set_commands.h"
#include "engine/commands/value_access.h"
#include "engine/engine.h"
#include "engine/value/set_value.h"

namespace engine {

namespace {

constexpr KeyEvent kSpopEvent = {notify_event::kSet, "spop"};

// Takes `count` members out and replies with each as a bulk. REQUIRES: so many are there.
void pop_members(const CommandContext& context, const Key& key, uint64_t count) {
  base::Random& random = *context.keyspace().shared().random;
  ValueEdit edit(context.keyspace(), key);
  uint64_t left = SetView(edit.entry(), edit.tools().hasher).size();
  std::vector<std::string> popped;
  for (uint64_t i = 0; i < count; ++i, --left) {
    const std::string member =
        text_of(SetView(edit.entry(), edit.tools().hasher).at(random.below(left)));
    context.reply().bulk(member);
    bool erased = false;
    edit.entry() = set_erase(edit.tools(), edit.entry(), member, &erased);
    CHECK(erased);
    if (context.wants_effects()) popped.push_back(member);
  }
  edit.finish(left, count, kSpopEvent);
  std::vector<EffectWord> words{"SREM", key.text};
  words.insert(words.end(), popped.begin(), popped.end());
  context.effect(words);
}

void pop_count(const CommandContext& context) {
  int64_t count = 0;
  if (!resp::parse_int64(context.word(2), &count) || count < 0)
    return context.error("value is out of range, must be positive");
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kSet);
  if (!entry.has_value()) return;
  if (*entry == nullptr || count == 0) return context.reply().set(0);
  resp::ReplyWriter& reply = context.reply();
  const SetView view(*entry, context.keyspace().shared().hasher);
  const uint64_t size = view.size();
  if (static_cast<uint64_t>(count) < size) {
    reply.set(static_cast<uint64_t>(count));
    return pop_members(context, key, static_cast<uint64_t>(count));
  }
  reply.set(size);
  view.for_each([&reply](const Element& member) {
    reply_element(reply, member);
    return true;
  });
  context.keyspace().erase(key);
  context.keyspace().changed(key, kSpopEvent);
  context.keyspace().changed(key, kDelEvent);
  const bool lazy = context.engine().options().lazyfree_lazy_server_del;
  context.effect({lazy ? "UNLINK" : "DEL", key.text});
}

}  // namespace

void spop_command(CommandContext& context) {
  if (context.argc() == 3) return pop_count(context);
  if (context.argc() > 3) return context.error(kSyntaxError);
  const Key key = context.key(1);
  const auto entry = peek_value(context, key, ValueType::kSet);
  if (!entry.has_value()) return;
  if (*entry == nullptr) return context.reply().null();
  pop_members(context, key, 1);
}

void srandmember_command(CommandContext& context) {
  if (context.argc() > 3) return context.error(kSyntaxError);
  int64_t count = 0;
  const bool has_count = context.argc() == 3;
  if (has_count && !count_word(context, 2, &count)) return;
  const auto entry = read_value(context, context.key(1), ValueType::kSet);
  if (!entry.has_value()) return;
  resp::ReplyWriter& reply = context.reply();
  if (*entry == nullptr) return has_count ? reply.array(0) : reply.null();
  base::Random& random = *context.keyspace().shared().random;
  const SetView view(*entry, context.keyspace().shared().hasher);
  if (!has_count) return reply_element(reply, view.at(random.below(view.size())));
  if (count < 0) {
    const auto wanted = static_cast<uint64_t>(-count);
    reply.array(wanted);
    for (uint64_t i = 0; i < wanted; ++i) reply_element(reply, view.at(random.below(view.size())));
    return;
  }
  RandomRanks ranks(random, view.size(), static_cast<uint64_t>(count));
  reply.array(ranks.wanted());
  if (ranks.one_by_one()) {
    for (const uint64_t rank : ranks.chosen()) reply_element(reply, view.at(rank));
    return;
  }
  view.for_each([&](const Element& member) {
    if (ranks.takes_next()) reply_element(reply, member);
    return true;
  });
}

}  // namespace engine
