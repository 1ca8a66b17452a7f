#include <algorithm>
#include <array>
#include <climits>
#include <optional>

#include "engine/commands/key_commands.h"
#include "engine/engine.h"
#include "resp/numbers.h"

namespace engine {

namespace {

// Redis keeps strings up to this length beside their header.
constexpr size_t kEmbeddedBytesMax = 44;
// Integers below this are one shared object in Redis, whose count of references is this.
constexpr int64_t kSharedIntegers = 10000;
constexpr int64_t kSharedReferences = INT_MAX;

constexpr std::array<std::string_view, 15> kHelp = {
    "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "ENCODING <key>",
    "    Return the kind of internal representation used in order to store the value",
    "    associated with a <key>.",
    "FREQ <key>",
    "    Return the access frequency index of the <key>. The returned integer is",
    "    proportional to the logarithm of the recent access frequency of the key.",
    "IDLETIME <key>",
    "    Return the idle time of the <key>, that is the approximated number of",
    "    seconds elapsed since the last access to the key.",
    "REFCOUNT <key>",
    "    Return the number of references of the value associated with the specified",
    "    <key>.",
    "HELP",
    "    Prints this help.",
};

bool is_integer(const Entry& entry, int64_t* value) {
  return entry.type() == ValueType::kString && entry.form() == ValueForm::kPlain &&
         resp::parse_int64(entry.value(), value);
}

// The key's facts, or nothing after the reply that it is not there.
std::optional<KeyFacts> find_object(const CommandContext& context) {
  const std::optional<KeyFacts> facts = context.keyspace().facts(context.key(2), true);
  if (!facts.has_value()) context.reply().null();
  return facts;
}

bool has_lru_or_lfu(MaxmemoryPolicy policy) {
  return policy == MaxmemoryPolicy::kVolatileLru || policy == MaxmemoryPolicy::kAllkeysLru ||
         policy == MaxmemoryPolicy::kVolatileLfu || policy == MaxmemoryPolicy::kAllkeysLfu;
}

}  // namespace

std::string_view value_encoding(const Entry& entry) {
  const bool paged = entry.form() == ValueForm::kPaged;
  if (entry.type() == ValueType::kList) return "quicklist";
  if (entry.type() == ValueType::kStream) return "stream";
  if (entry.type() == ValueType::kZset) return paged ? "skiplist" : "listpack";
  if (paged) return "hashtable";
  if (entry.type() == ValueType::kHash) return "listpack";
  if (entry.type() == ValueType::kSet) return "intset";
  int64_t ignored = 0;
  if (is_integer(entry, &ignored)) return "int";
  const bool embedded =
      entry.form() == ValueForm::kPlain && entry.value().size() <= kEmbeddedBytesMax;
  return embedded ? "embstr" : "raw";
}

void object_encoding_command(CommandContext& context) {
  if (const auto facts = find_object(context)) {
    // The gate has brought the value in.
    CHECK(facts->entry != nullptr);
    context.reply().bulk(value_encoding(*facts->entry));
  }
}

void object_refcount_command(CommandContext& context) {
  const auto facts = find_object(context);
  if (!facts.has_value()) return;
  const Options& options = context.engine().options();
  int64_t value = 0;
  const bool shared = facts->entry != nullptr && is_integer(*facts->entry, &value) && value >= 0 &&
                      value < kSharedIntegers &&
                      (options.maxmemory == 0 || !has_lru_or_lfu(options.maxmemory_policy));
  context.reply().integer(shared ? kSharedReferences : 1);
}

void object_idletime_command(CommandContext& context) {
  const auto facts = find_object(context);
  if (!facts.has_value()) return;
  const KeyspaceShared& shared = context.keyspace().shared();
  if (shared.access.lfu())
    return context.error(
        "An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust.");
  // A cold key has no counter; it became cold since the start.
  const int64_t up_s = (context.now_ms() - context.engine().statistics().started_ms) / 1000;
  context.reply().integer(facts->entry != nullptr
                              ? shared.access.idle_seconds(facts->entry->access())
                              : std::max<int64_t>(up_s, 0));
}

void object_freq_command(CommandContext& context) {
  const auto facts = find_object(context);
  if (!facts.has_value()) return;
  const KeyspaceShared& shared = context.keyspace().shared();
  if (!shared.access.lfu())
    return context.error(
        "An LFU maxmemory policy is not selected, access frequency not tracked. Please note that "
        "when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  context.reply().integer(facts->entry != nullptr ? shared.access.frequency(facts->entry->access())
                                                  : 0);
}

void object_help_command(CommandContext& context) {
  context.reply().array(kHelp.size());
  for (const std::string_view line : kHelp) context.reply().simple_string(line);
}

}  // namespace engine
