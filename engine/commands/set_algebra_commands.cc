// Intersections, unions and differences. Each is a walk over one or all of the sets that gives
// members to a receiver: a reply, a count, or a set that is being made.

#include <algorithm>
#include <vector>

#include "engine/commands/command_limits.h"
#include "engine/commands/set_commands.h"
#include "engine/commands/value_access.h"
#include "engine/engine.h"
#include "engine/value/set_value.h"

namespace engine {

namespace {

// The sets at words [first, end), with nulls for those that are not there.
using Sets = std::vector<const Entry*>;

std::optional<Sets> find_sets(const CommandContext& context, size_t first, size_t end) {
  Sets sets;
  for (size_t i = first; i < end; ++i) {
    const auto entry = read_value(context, context.key(i), ValueType::kSet);
    if (!entry.has_value()) return std::nullopt;
    sets.push_back(*entry);
  }
  return sets;
}

class Algebra {
 public:
  Algebra(const CommandContext& context, Sets sets) : context_(context), sets_(std::move(sets)) {}

  // fn(member) returns whether to go on. Each member comes once.
  template <class Fn>
  void intersection(Fn fn) {
    if (std::find(sets_.begin(), sets_.end(), nullptr) != sets_.end()) return;
    std::stable_sort(sets_.begin(), sets_.end(), [this](const Entry* a, const Entry* b) {
      return view(a).size() < view(b).size();
    });
    view(sets_[0]).for_each([&](const Element& member) {
      const ElementText text(member);
      for (size_t i = 1; i < sets_.size(); ++i)
        if (!view(sets_[i]).contains(text.view())) return true;
      return static_cast<bool>(fn(member));
    });
  }

  template <class Fn>
  void difference(Fn fn) {
    if (sets_[0] == nullptr) return;
    view(sets_[0]).for_each([&](const Element& member) {
      const ElementText text(member);
      for (size_t i = 1; i < sets_.size(); ++i)
        if (sets_[i] != nullptr && view(sets_[i]).contains(text.view())) return true;
      return static_cast<bool>(fn(member));
    });
  }

  // A member of several sets comes with the first of them.
  template <class Fn>
  void all(Fn fn) {
    for (size_t i = 0; i < sets_.size(); ++i) {
      if (sets_[i] == nullptr) continue;
      view(sets_[i]).for_each([&](const Element& member) {
        const ElementText text(member);
        for (size_t j = 0; j < i; ++j)
          if (sets_[j] != nullptr && view(sets_[j]).contains(text.view())) return true;
        return static_cast<bool>(fn(member));
      });
    }
  }

  // What a set of the whole result may take at most.
  uint64_t bytes_max() const {
    uint64_t bytes = 0;
    for (const Entry* const entry : sets_)
      if (entry != nullptr && entry->out_of_line()) bytes += entry->tree()->allocated_bytes();
    return bytes;
  }

 private:
  SetView view(const Entry* entry) const { return {entry, context_.keyspace().shared().hasher}; }

  const CommandContext& context_;
  Sets sets_;
};

enum class Kind : uint8_t { kIntersection, kUnion, kDifference };

template <class Fn>
void walk(Algebra& algebra, Kind kind, Fn fn) {
  switch (kind) {
    case Kind::kIntersection:
      return algebra.intersection(fn);
    case Kind::kUnion:
      return algebra.all(fn);
    case Kind::kDifference:
      return algebra.difference(fn);
  }
}

void reply_members(const CommandContext& context, Kind kind) {
  std::optional<Sets> sets = find_sets(context, 1, context.argc());
  if (!sets.has_value()) return;
  Algebra algebra(context, std::move(*sets));
  resp::ReplyWriter& reply = context.reply();
  const resp::ReplyWriter::Deferred header = reply.deferred();
  uint64_t members = 0;
  walk(algebra, kind, [&](const Element& member) {
    reply_element(reply, member);
    ++members;
    return true;
  });
  reply.end_set(header, members);
}

void store_members(const CommandContext& context, Kind kind, std::string_view event) {
  std::optional<Sets> sets = find_sets(context, 2, context.argc());
  if (!sets.has_value()) return;
  Algebra algebra(context, std::move(*sets));
  const uint64_t bytes = algebra.bytes_max();
  if (!may_grow(context, bytes)) return;
  Keyspace& keyspace = context.keyspace();
  const Key to = context.key(1);
  const ValueTools tools = keyspace.shared().value_tools();
  // The destination may be one of the sets: it is replaced when the result is complete.
  Entry* result = new_set(keyspace.heap(), to.text, keyspace.fresh_options());
  uint64_t members = 0;
  walk(algebra, kind, [&](const Element& member) {
    bool added = false;
    result = set_add(tools, result, ElementText(member).view(), &added);
    ++members;
    return true;
  });
  const bool replaces = keyspace.exists(to) && keyspace.erase(to);
  if (members > 0) {
    keyspace.add(to, result, !replaces);
    keyspace.changed(to, {notify_event::kSet, event});
  } else {
    keyspace.heap().destroy(result);
    if (replaces) keyspace.changed(to, kDelEvent);
  }
  context.reply().integer(static_cast<int64_t>(members));
}

// The words from the keys on; false after the reply.
bool parse_limit(const CommandContext& context, size_t first, int64_t* limit) {
  for (size_t i = first; i < context.argc(); ++i) {
    if (!context.word_is(i, "limit") || i + 1 == context.argc()) {
      context.error(kSyntaxError);
      return false;
    }
    if (!resp::parse_int64(context.word(++i), limit) || *limit < 0) {
      context.error("LIMIT can't be negative");
      return false;
    }
  }
  return true;
}

}  // namespace

void sinter_command(CommandContext& context) { reply_members(context, Kind::kIntersection); }
void sunion_command(CommandContext& context) { reply_members(context, Kind::kUnion); }
void sdiff_command(CommandContext& context) { reply_members(context, Kind::kDifference); }
void sinterstore_command(CommandContext& context) {
  store_members(context, Kind::kIntersection, "sinterstore");
}
void sunionstore_command(CommandContext& context) {
  store_members(context, Kind::kUnion, "sunionstore");
}
void sdiffstore_command(CommandContext& context) {
  store_members(context, Kind::kDifference, "sdiffstore");
}

void sintercard_command(CommandContext& context) {
  int64_t keys = 0;
  if (!resp::parse_int64(context.word(1), &keys) || keys < 1)
    return context.error("numkeys should be greater than 0");
  if (static_cast<uint64_t>(keys) > context.argc() - 2)
    return context.error("Number of keys can't be greater than number of args");
  const size_t end = 2 + static_cast<size_t>(keys);
  int64_t limit = 0;
  if (!parse_limit(context, end, &limit)) return;
  std::optional<Sets> sets = find_sets(context, 2, end);
  if (!sets.has_value()) return;
  Algebra algebra(context, std::move(*sets));
  int64_t members = 0;
  algebra.intersection([&](const Element&) { return ++members != limit; });
  context.reply().integer(members);
}

}  // namespace engine
