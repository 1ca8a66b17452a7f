#include "engine/commands/tier_commands.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/memory.h"
#include "engine/commands/help_text.h"
#include "engine/engine.h"
#include "engine/info.h"
#include "engine/option_table.h"

namespace engine {

namespace {

constexpr std::string_view kTierOffError =
    "-ERR the cold tier is off: start the server with tier yes";

bool require_tier(CommandContext& context) {
  if (context.engine().tier() != nullptr) return true;
  context.error(kTierOffError);
  return false;
}

// What became of a key that is to be demoted.
enum class Demotion : uint8_t { kAbsent, kAlreadyCold, kBegun, kNotNow };

Demotion demote(CommandContext& context, const Key& key) {
  const std::optional<KeyFacts> facts = context.keyspace().facts(key);
  if (!facts.has_value()) return Demotion::kAbsent;
  if (facts->entry == nullptr) return Demotion::kAlreadyCold;
  if (facts->entry->state() == EntryState::kDemoting) return Demotion::kBegun;
  Demoter& demoter = *context.engine().background().demoter();
  return demoter.demote_key(context.keyspace(), key) ? Demotion::kBegun : Demotion::kNotNow;
}

// As the two kinds of commands tell what became of their keys, in their order.
using DemotionReply = void (*)(resp::ReplyWriter& reply, std::span<const std::string> keys,
                               std::span<const Demotion> results);

// Keys that could not leave at once because the log was not ready: tried again, for a while.
class Demotions : public std::enable_shared_from_this<Demotions> {
 public:
  Demotions(CommandContext& context, size_t first_key, DemotionReply reply)
      : engine_(&context.engine()),
        session_id_(context.session().id),
        namespace_id_(context.keyspace().id()),
        deadline_ns_(now_ns() + kPatienceNs),
        reply_(reply) {
    for (size_t i = first_key; i < context.argc(); ++i) {
      keys_.emplace_back(context.word(i));
      results_.push_back(demote(context, context.key(i)));
    }
  }

  // Replies now or, with the session blocked, later.
  void begin(CommandContext& context) {
    engine_->tier()->store().flush(logstore::Stream::kDemotion);
    if (!waits()) return reply_(context.reply(), keys_, results_);
    engine_->block(&context.session());
    try_later();
  }

 private:
  static constexpr uint64_t kPatienceNs = 2'000'000'000;
  static constexpr uint64_t kRetryNs = 2'000'000;

  uint64_t now_ns() const { return engine_->environment().loop->clock().monotonic_ns(); }
  bool waits() const {
    return std::find(results_.begin(), results_.end(), Demotion::kNotNow) != results_.end() &&
           now_ns() < deadline_ns_;
  }

  void try_later() {
    engine_->environment().loop->add_timer(now_ns() + kRetryNs,
                                           [self = shared_from_this()] { self->run(); });
  }

  void run() {
    Keyspace* const keyspace = engine_->databases().find(namespace_id_);
    for (size_t i = 0; i < keys_.size(); ++i)
      if (results_[i] == Demotion::kNotNow) results_[i] = retry(keyspace, keys_[i]);
    if (waits()) return try_later();
    engine_->tier()->store().flush(logstore::Stream::kDemotion);
    engine_->complete(session_id_, [self = shared_from_this()](resp::ReplyWriter& reply) {
      self->reply_(reply, self->keys_, self->results_);
    });
  }

  Demotion retry(Keyspace* keyspace, const std::string& text) {
    if (keyspace == nullptr) return Demotion::kAbsent;
    const Key key = keyspace->key_of(text);
    const Entry* const entry = keyspace->resident(key);
    if (entry == nullptr)
      return keyspace->may_be_cold(key) ? Demotion::kAlreadyCold : Demotion::kAbsent;
    if (entry->state() == EntryState::kDemoting) return Demotion::kBegun;
    Demoter& demoter = *engine_->background().demoter();
    return demoter.demote_key(*keyspace, key) ? Demotion::kBegun : Demotion::kNotNow;
  }

  Engine* const engine_;
  const uint64_t session_id_;
  const NamespaceId namespace_id_;
  const uint64_t deadline_ns_;
  const DemotionReply reply_;
  std::vector<std::string> keys_;
  std::vector<Demotion> results_;
};

void reply_demoted(resp::ReplyWriter& reply, std::span<const std::string>,
                   std::span<const Demotion> results) {
  int64_t demoted = 0;
  for (const Demotion result : results)
    demoted += result == Demotion::kBegun || result == Demotion::kAlreadyCold ? 1 : 0;
  reply.integer(demoted);
}

uint64_t resident_value_bytes(Engine& engine) {
  return engine.databases().shared().heap.bytes() + base::memory_used(base::MemoryUse::kChunks);
}

struct Line {
  std::string_view name;
  std::string_view value;
};

// The lines of a section of INFO, its title left out. Views into `text`.
std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const size_t end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos)
      lines.push_back({line.substr(0, colon), line.substr(colon + 1)});
  }
  return lines;
}

}  // namespace

void tier_stats_command(CommandContext& context) {
  std::string text;
  info::add_tier(context.engine(), &text);
  const std::vector<Line> lines = lines_of(text);
  resp::ReplyWriter& reply = context.reply();
  reply.map(lines.size());
  for (const Line& line : lines) {
    reply.bulk(line.name);
    int64_t value = 0;
    resp::parse_int64(line.value, &value) ? reply.integer(value) : reply.bulk(line.value);
  }
}

void tier_demote_command(CommandContext& context) {
  if (!require_tier(context)) return;
  Engine& engine = context.engine();
  if (context.argc() == 3 && context.word_is(2, "all")) {
    engine.background().demote_bytes(resident_value_bytes(engine));
    return context.reply().ok();
  }
  if (context.argc() == 4 && context.word_is(2, "bytes")) {
    uint64_t bytes = 0;
    if (!parse_bytes(context.word(3), &bytes) || bytes == 0)
      return context.error("-ERR the amount must be a positive number of bytes, such as 100mb");
    engine.background().demote_bytes(bytes);
    return context.reply().ok();
  }
  std::make_shared<Demotions>(context, 2, reply_demoted)->begin(context);
}

// The gate has brought the values in; a second touch is what keeps them.
void tier_promote_command(CommandContext& context) {
  if (!require_tier(context)) return;
  int64_t promoted = 0;
  for (size_t i = 2; i < context.argc(); ++i) {
    Entry* const entry = context.keyspace().peek(context.key(i));
    if (entry == nullptr) continue;
    if (entry->probation()) {
      entry->set_probation(false);
      ++context.keyspace().shared().promoted_keys;
    }
    ++promoted;
  }
  context.reply().integer(promoted);
}

namespace {

void reply_field(resp::ReplyWriter& reply, std::string_view name, uint64_t value) {
  reply.bulk(name);
  reply.integer(static_cast<int64_t>(value));
}

std::string_view state_name(const Entry& entry) {
  switch (entry.state()) {
    case EntryState::kDirty:
      return "dirty";
    case EntryState::kDemoting:
      return "demoting";
    case EntryState::kClean:
      break;
  }
  return entry.probation() ? "clean, on probation" : "clean";
}

void reply_resident(resp::ReplyWriter& reply, const Entry& entry) {
  const uint64_t packed = entry.record_ref();
  reply.map(packed == 0 ? 2 : 5);
  reply.bulk("state");
  reply.bulk(state_name(entry));
  reply_field(reply, "resident_bytes", entry.allocated_bytes());
  if (packed == 0) return;
  const logstore::RecordRef ref = logstore::RecordRef::unpack(packed);
  reply_field(reply, "segment", ref.segment);
  reply_field(reply, "ordinal", ref.ordinal);
  reply_field(reply, "bytes", ref.bytes);
}

}  // namespace

void tier_key_command(CommandContext& context) {
  if (!require_tier(context)) return;
  const Key key = context.key(2);
  resp::ReplyWriter& reply = context.reply();
  const std::optional<KeyFacts> facts = context.keyspace().facts(key);
  if (!facts.has_value()) return reply.null();
  if (facts->entry != nullptr) return reply_resident(reply, *facts->entry);
  const logstore::IndexValue* const where = context.keyspace().cold_place(key);
  CHECK(where != nullptr);
  reply.map(6);
  reply.bulk("state");
  reply.bulk("cold");
  reply_field(reply, "segment", where->location.ref.segment);
  reply_field(reply, "offset", where->location.offset);
  reply_field(reply, "ordinal", where->location.ref.ordinal);
  reply_field(reply, "bytes", where->location.ref.bytes);
  reply_field(reply, "payload_bytes", where->payload_bytes);
}

void tier_compact_command(CommandContext& context) {
  if (!require_tier(context)) return;
  context.engine().tier()->store().compact_all();
  context.reply().ok();
}

void tier_help_command(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "COMPACT",
      "    Give back all dead space of the log, in the background.",
      "DEMOTE <key> [<key> ...]",
      "    Demote keys; return how many are, or are being, demoted.",
      "DEMOTE ALL",
      "    Demote everything, in the background.",
      "DEMOTE BYTES <amount>",
      "    Demote the coldest keys until so much memory is free, in the background.",
      "KEY <key>",
      "    Return where a key lies: its state, and its record's segment, offset and bytes.",
      "PROMOTE <key> [<key> ...]",
      "    Read keys into memory and keep them there; return how many were found.",
      "STATS",
      "    Return the figures of INFO tier.",
  };
  reply_help(context, kLines);
}

// ---- RedRock's commands

namespace {

std::string_view rock_answer(Demotion demotion) {
  switch (demotion) {
    case Demotion::kAbsent:
      return "NOT_FOUND_KEY";
    case Demotion::kAlreadyCold:
      return "ALREADY_WHOLE_ROCK_VAL";
    case Demotion::kBegun:
      return "CAN_EVICT_AND_WRITTEN_TO_ROCKSDB";
    case Demotion::kNotNow:
      break;
  }
  return "CAN_NOT_EVICT_FOR_IN_CANDIDATES_TRY_LATER";
}

void reply_rock_answers(resp::ReplyWriter& reply, std::span<const std::string> keys,
                        std::span<const Demotion> results) {
  reply.array(keys.size() * 2);
  for (size_t i = 0; i < keys.size(); ++i) {
    reply.bulk(keys[i]);
    reply.bulk(rock_answer(results[i]));
  }
}

}  // namespace

void rockevict_command(CommandContext& context) {
  if (!require_tier(context)) return;
  std::make_shared<Demotions>(context, 1, reply_rock_answers)->begin(context);
}

// Fields are not demoted one by one: the hash goes as a whole.
void rockevicthash_command(CommandContext& context) {
  if (!require_tier(context)) return;
  const Key key = context.key(1);
  const std::optional<KeyFacts> facts = context.keyspace().facts(key);
  const bool wrong = facts.has_value() && facts->type != ValueType::kHash;
  const std::string_view answer =
      wrong ? "CAN_NOT_EVICT_FOR_WRONG_TYPE_OR_ENCODING" : rock_answer(demote(context, key));
  context.reply().array((context.argc() - 2) * 2);
  for (size_t i = 2; i < context.argc(); ++i) {
    context.reply().bulk(context.word(i));
    context.reply().bulk(answer);
  }
}

void rockall_command(CommandContext& context) {
  if (!require_tier(context)) return;
  Engine& engine = context.engine();
  std::vector<std::string> lines;
  for (int i = 0; i < engine.databases().count(); ++i) {
    const uint64_t keys = engine.databases().at(i).dictionary().size();
    if (keys != 0) lines.push_back(fmt::format("key evict for dbid = {}, number = {}", i, keys));
  }
  if (lines.empty()) lines.emplace_back("All db key eviction are empty!");
  engine.background().demote_bytes(resident_value_bytes(engine));
  context.reply().array(lines.size());
  for (const std::string& line : lines) context.reply().bulk(line);
}

std::optional<uint64_t> parse_rock_bytes(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const char unit = text.back();
  int64_t number = 0;
  if (!resp::parse_int64(text.substr(0, text.size() - 1), &number) || number <= 0)
    return std::nullopt;
  constexpr int64_t kMost = int64_t{1} << 30;
  if (number > kMost) return std::nullopt;
  if (unit == 'm' || unit == 'M') return static_cast<uint64_t>(number) << 20;
  if (unit == 'g' || unit == 'G') return static_cast<uint64_t>(number) << 30;
  return std::nullopt;
}

void rockmem_command(CommandContext& context) {
  if (!require_tier(context)) return;
  const std::optional<uint64_t> bytes = parse_rock_bytes(context.word(1));
  if (!bytes.has_value())
    return context.error(
        "-ERR rockmem must specify correct memory size, not zero or negative to too large (more "
        "than system ram), the size number is like 77M or 77m or 77G or 77g");
  if (context.argc() > 3) return context.error(kSyntaxError);
  Engine& engine = context.engine();
  if (context.argc() == 3) {
    int64_t seconds = 0;
    constexpr int64_t kSecondsMax = 1'000'000'000;
    if (!resp::parse_int64(context.word(2), &seconds) || seconds <= 0 || seconds > kSecondsMax)
      return context.error("-ERR rockmem timeout for seconds must be positive integer!");
    iouring::Loop& loop = *engine.environment().loop;
    loop.add_timer(loop.clock().monotonic_ns() + static_cast<uint64_t>(seconds) * 1'000'000'000,
                   [&engine] { engine.background().forget_requested_demotion(); });
  }
  engine.background().demote_bytes(*bytes);
  context.reply().bulk(fmt::format("{} are being demoted in the background", human_bytes(*bytes)));
}

void rockstat_command(CommandContext& context) {
  if (!require_tier(context)) return;
  Engine& engine = context.engine();
  std::vector<std::string> lines;
  lines.push_back(fmt::format(
      "used_human = {}, used_peak_human = {}, rss = {}, maxmemory = {}",
      human_bytes(base::memory_used_total()), human_bytes(base::memory_used_peak()),
      human_bytes(engine.environment().resident_bytes()), human_bytes(engine.options().maxmemory)));
  for (int i = 0; i < engine.databases().count(); ++i) {
    Keyspace& keyspace = engine.databases().at(i);
    if (keyspace.size() == 0) continue;
    lines.push_back(fmt::format("db{}: key_num = {}, rock_num = {}", i, keyspace.size(),
                                keyspace.residence().counts().cold_keys));
  }
  std::string text;
  info::add_tier(engine, &text);
  for (const Line& line : lines_of(text))
    lines.push_back(fmt::format("{} = {}", line.name, line.value));
  context.reply().array(lines.size());
  for (const std::string& line : lines) context.reply().bulk(line);
}

void purgerocksdb_command(CommandContext& context) {
  if (!require_tier(context)) return;
  context.engine().tier()->store().compact_all();
  context.reply().ok();
}

}  // namespace engine
