#include <fmt/format.h>

#include <climits>
#include <vector>

#include "engine/commands/stream_arguments.h"
#include "engine/commands/stream_commands.h"
#include "engine/commands/stream_effects.h"
#include "engine/engine.h"
#include "resp/numbers.h"

namespace engine {

namespace {

// How many pending entries XAUTOCLAIM looks at for each that it may claim.
constexpr int64_t kAttemptsFactor = 10;
constexpr int64_t kAutoclaimMax = LONG_MAX / 16;
constexpr int64_t kAutoclaimDefault = 100;

struct ClaimOptions {
  int64_t min_idle_ms = 0;
  int64_t delivered_ms = -1;
  int64_t deliveries = -1;
  bool force = false;
  bool ids_alone = false;
  StreamId last_id;
};

// The group that XCLAIM and XAUTOCLAIM name; null after the reply.
const StreamGroup* find_group(const CommandContext& context) {
  const auto entry = peek_value(context, context.key(1), ValueType::kStream);
  if (!entry.has_value()) return nullptr;
  const StreamGroup* const group =
      *entry == nullptr ? nullptr : StreamView(*entry).state().group(context.word(2));
  if (group == nullptr)
    context.error(fmt::format("-NOGROUP No such key '{}' or consumer group '{}'", context.word(1),
                              context.word(2)));
  return group;
}

bool parse_claim_options(const CommandContext& context, size_t i, ClaimOptions* options) {
  for (; i < context.argc(); ++i) {
    const bool more = i + 1 < context.argc();
    if (context.word_is(i, "force")) {
      options->force = true;
    } else if (context.word_is(i, "justid")) {
      options->ids_alone = true;
    } else if (more && context.word_is(i, "idle")) {
      if (!integer_or(context, ++i, &options->delivered_ms,
                      "Invalid IDLE option argument for XCLAIM"))
        return false;
      options->delivered_ms = static_cast<int64_t>(static_cast<uint64_t>(context.now_ms()) -
                                                   static_cast<uint64_t>(options->delivered_ms));
    } else if (more && context.word_is(i, "time")) {
      if (!integer_or(context, ++i, &options->delivered_ms,
                      "Invalid TIME option argument for XCLAIM"))
        return false;
    } else if (more && context.word_is(i, "retrycount")) {
      if (!integer_or(context, ++i, &options->deliveries,
                      "Invalid RETRYCOUNT option argument for XCLAIM"))
        return false;
    } else if (more && context.word_is(i, "lastid")) {
      if (!id_word(context, ++i, &options->last_id)) return false;
    } else {
      context.error(fmt::format("Unrecognized XCLAIM option '{}'", context.word(i)));
      return false;
    }
  }
  return true;
}

// Gives pending entries of a group to one consumer.
class Claim {
 public:
  Claim(const CommandContext& context, const ClaimOptions& options)
      : context_(context),
        options_(options),
        edit_(context.keyspace(), context.key(1)),
        stream_(edit_.tree()),
        group_(edit_.state().group(context.word(2))),
        effects_(context, context.word(1), context.word(2)) {}

  StreamGroup& group() { return *group_; }
  StreamEffects& effects() { return effects_; }
  bool exists(StreamId id) const { return stream_.contains(id); }
  bool is_idle(const Pending& pending) const {
    return options_.min_idle_ms == 0 ||
           context_.now_ms() - pending.delivered_ms >= options_.min_idle_ms;
  }

  // The entry is no longer there: nobody has it either.
  void forget(const Pending& pending) {
    effects_.given(*group_, *group_->consumer_of(pending.consumer), pending);
    group_->acknowledge(pending.id);
    ++changes_;
  }

  // Replies with the entry. REQUIRES: it exists.
  void give(Pending pending) {
    take_consumer();
    pending.consumer = consumer_->id;
    pending.delivered_ms = options_.delivered_ms;
    if (options_.deliveries >= 0) {
      pending.deliveries = static_cast<uint64_t>(options_.deliveries);
    } else if (!options_.ids_alone) {
      ++pending.deliveries;
    }
    group_->give(pending);
    if (options_.ids_alone) {
      reply_id(context_.reply(), pending.id);
    } else {
      CHECK(reply_entry_of(context_.reply(), stream_, pending.id));
    }
    effects_.given(*group_, *consumer_, pending);
    ++changes_;
  }

  void changed() { ++changes_; }
  void finish() {
    edit_.finish(changes_);
    if (created_)
      context_.keyspace().notify(context_.key(1), {notify_event::kStream, "xgroup-createconsumer"});
    effects_.finish();
  }

 private:
  void take_consumer() {
    if (consumer_ != nullptr) return;
    consumer_ = group_->consumer(context_.word(3));
    if (consumer_ == nullptr) {
      consumer_ = group_->add_consumer(context_.word(3));
      created_ = true;
    }
    consumer_->seen_ms = context_.now_ms();
  }

  const CommandContext& context_;
  const ClaimOptions& options_;
  StreamEdit edit_;
  const StreamView stream_;
  StreamGroup* const group_;
  StreamEffects effects_;
  StreamConsumer* consumer_ = nullptr;
  bool created_ = false;
  uint64_t changes_ = 0;
};

}  // namespace

void xclaim_command(CommandContext& context) {
  const StreamGroup* const found = find_group(context);
  if (found == nullptr) return;
  ClaimOptions options;
  if (!integer_or(context, 4, &options.min_idle_ms, "Invalid min-idle-time argument for XCLAIM"))
    return;
  options.min_idle_ms = std::max<int64_t>(options.min_idle_ms, 0);
  std::vector<StreamId> ids;
  size_t i = 5;
  for (StreamId id; i < context.argc() && parse_stream_id(context.word(i), &id, 0, false); ++i)
    ids.push_back(id);
  if (!parse_claim_options(context, i, &options)) return;
  const int64_t now_ms = context.now_ms();
  if (options.delivered_ms < 0 || options.delivered_ms > now_ms) options.delivered_ms = now_ms;

  Claim claim(context, options);
  StreamGroup& group = claim.group();
  const bool moved = options.last_id > group.last_id;
  if (moved) group.last_id = options.last_id;
  resp::ReplyWriter& reply = context.reply();
  const auto length = reply.deferred();
  uint64_t claimed = 0;
  bool told = false;
  for (const StreamId id : ids) {
    const std::optional<Pending> pending = group.pending().find(id);
    if (!claim.exists(id)) {
      if (pending.has_value()) claim.forget(*pending);
      told |= pending.has_value();
      continue;
    }
    if (pending.has_value() ? !claim.is_idle(*pending) : !options.force) continue;
    claim.give(pending.value_or(Pending{.id = id, .deliveries = 1}));
    ++claimed;
    told = true;
  }
  if (moved && !told) {
    claim.effects().moved(group);
    claim.changed();
  }
  reply.end_array(length, claimed);
  claim.finish();
}

namespace {

bool parse_autoclaim(const CommandContext& context, ClaimOptions* options, StreamId* start,
                     int64_t* count) {
  if (!integer_or(context, 4, &options->min_idle_ms,
                  "Invalid min-idle-time argument for XAUTOCLAIM"))
    return false;
  options->min_idle_ms = std::max<int64_t>(options->min_idle_ms, 0);
  if (!interval_start(context, 5, start)) return false;
  for (size_t i = 6; i < context.argc(); ++i) {
    if (i + 1 < context.argc() && context.word_is(i, "count")) {
      if (!integer_or(context, ++i, count, "COUNT must be > 0")) return false;
      if (*count < 1 || *count > kAutoclaimMax) {
        context.error("COUNT must be > 0");
        return false;
      }
    } else if (context.word_is(i, "justid")) {
      options->ids_alone = true;
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

}  // namespace

void xautoclaim_command(CommandContext& context) {
  ClaimOptions options;
  StreamId next;
  int64_t count = kAutoclaimDefault;
  if (!parse_autoclaim(context, &options, &next, &count)) return;
  if (find_group(context) == nullptr) return;
  options.delivered_ms = context.now_ms();

  Claim claim(context, options);
  StreamGroup& group = claim.group();
  resp::ReplyWriter& reply = context.reply();
  std::vector<StreamId> deleted;
  // What comes first in the reply is known last: where the next call goes on.
  resp::OutputBuffer* const out = &reply.out();
  reply.array(3);
  const auto cursor = out->open_hole(sizeof(StreamIdText) + 16);
  const auto length = reply.deferred();
  uint64_t claimed = 0;
  uint64_t rank = group.pending().rank_of(next);
  for (int64_t attempts = count * kAttemptsFactor;
       attempts > 0 && count > 0 && rank < group.pending().size(); --attempts) {
    const Pending pending = group.pending().at(rank);
    if (!claim.exists(pending.id)) {
      claim.forget(pending);
      deleted.push_back(pending.id);
      --count;
      continue;
    }
    ++rank;
    if (!claim.is_idle(pending)) continue;
    claim.give(pending);
    ++claimed;
    --count;
  }
  reply.end_array(length, claimed);
  const StreamIdText text(rank < group.pending().size() ? group.pending().at(rank).id : StreamId{});
  out->fill_hole(cursor, fmt::format("${}\r\n{}\r\n", text.view().size(), text.view()));
  reply.array(deleted.size());
  for (const StreamId id : deleted) reply_id(reply, id);
  claim.finish();
}

}  // namespace engine
