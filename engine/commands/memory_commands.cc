#include "engine/commands/memory_commands.h"

#include <string>

#include "base/memory.h"
#include "engine/commands/help_text.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"
#include "engine/value/counted_tree.h"

namespace engine {

namespace {

// Below this a data set says nothing about its server.
constexpr uint64_t kLeastBytes = 5 * 1024 * 1024;
// A bucket's share of a key: a slot and its tag at nine tenths full.
constexpr uint64_t kTableBytesPerKey = 9;

}  // namespace

void memory_usage_command(CommandContext& context) {
  for (size_t i = 3; i < context.argc(); i += 2) {
    if (!context.word_is(i, "samples") || i + 1 == context.argc())
      return context.error(kSyntaxError);
    int64_t samples = 0;
    if (!context.integer_word(i + 1, &samples)) return;
    if (samples < 0) return context.error(kSyntaxError);
  }
  Entry* const entry = context.keyspace().peek(context.key(2));
  if (entry == nullptr) return context.reply().null();
  uint64_t bytes = entry->allocated_bytes() + kTableBytesPerKey;
  if (entry->form() == ValueForm::kChunked) bytes += entry->chunks()->allocated_bytes();
  if (entry->form() == ValueForm::kPaged) bytes += entry->tree()->allocated_bytes();
  context.reply().integer(static_cast<int64_t>(bytes));
}

void memory_doctor_command(CommandContext& context) {
  Engine& engine = context.engine();
  const uint64_t used = base::memory_used_total();
  if (used < kLeastBytes)
    return context.reply().verbatim(
        "txt",
        "Hi Sam, this instance is empty or is using very little memory, my issues detector can't "
        "be used in these conditions. Please, leave for your mission on Earth and fill it with "
        "some data. The new Sam and I will be back to our programming as soon as I finished "
        "rebooting.\n");
  std::string findings;
  const uint64_t resident = engine.environment().resident_bytes();
  if (base::memory_used_peak() > used + used / 2)
    findings +=
        " * Peak memory: In the past this instance used more than 150% the memory that is "
        "currently using. The allocator gives free pages back by itself; MEMORY PURGE asks it to "
        "do so now.\n\n";
  if (resident > used + used * 2 / 5 && resident > used + kLeastBytes * 2)
    findings +=
        " * High fragmentation: The resident set is more than 1.4 times the memory in use. Entries "
        "are moved together in the background while this pays.\n\n";
  if (engine.gate().waiting_writers() > 0)
    findings +=
        " * Writers wait for memory: demotion cannot keep up with them. See writers_parked in INFO "
        "memory and the figures of INFO tier.\n\n";
  if (findings.empty())
    return context.reply().verbatim(
        "txt",
        "Hi Sam, I can't find any memory issue in your instance. I can only account for what "
        "occurs on this base.\n");
  context.reply().verbatim(
      "txt", "Sam, I detected a few issues in this Basalt instance memory implants:\n\n" +
                 findings + "I'm here to keep you safe, Sam. I want to help you.\n");
}

void memory_purge_command(CommandContext& context) {
  base::release_free_memory();
  context.reply().ok();
}

void memory_malloc_stats_command(CommandContext& context) {
  context.reply().bulk("Stats not supported for the current allocator");
}

void memory_stats_command(CommandContext& context) {
  Engine& engine = context.engine();
  Databases& databases = engine.databases();
  const uint64_t used = base::memory_used_total();
  const uint64_t peak = std::max(used, base::memory_used_peak());
  const uint64_t resident = engine.environment().resident_bytes();
  const uint64_t startup = engine.startup_memory_bytes();
  const uint64_t data =
      base::memory_used(base::MemoryUse::kEntries) + base::memory_used(base::MemoryUse::kChunks);
  const uint64_t overhead = used - std::min(used, data);
  const uint64_t above_startup = used - std::min(used, startup);
  const uint64_t keys = databases.keys();
  resp::ReplyWriter& reply = context.reply();
  const auto add = [&reply](std::string_view name, uint64_t value) {
    reply.bulk(name);
    reply.integer(static_cast<int64_t>(value));
  };
  const auto add_ratio = [&reply](std::string_view name, double part, double whole) {
    reply.bulk(name);
    reply.number(whole == 0 ? 0 : part / whole);
  };
  const auto as_double = [](uint64_t value) { return static_cast<double>(value); };
  reply.map(20);
  add("peak.allocated", peak);
  add("total.allocated", used);
  add("startup.allocated", startup);
  add("replication.backlog", 0);
  add("clients.slaves", 0);
  add("clients.normal", base::memory_used(base::MemoryUse::kClients));
  add("cluster.links", 0);
  add("aof.buffer", base::memory_used(base::MemoryUse::kAof));
  add("lua.caches", 0);
  add("functions.caches", 0);
  add("overhead.total", overhead);
  add("keys.count", keys);
  add("keys.bytes-per-key", keys == 0 ? 0 : above_startup / keys);
  add("dataset.bytes", used - overhead);
  add_ratio("dataset.percentage", as_double(used - overhead) * 100, as_double(above_startup));
  add_ratio("peak.percentage", as_double(used) * 100, as_double(peak));
  add("allocator.allocated", used);
  add("allocator.resident", resident);
  add_ratio("fragmentation", as_double(resident), as_double(used));
  add("fragmentation.bytes", resident - std::min(resident, used));
}

void memory_help_command(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "DOCTOR",
      "    Return memory problems reports.",
      "MALLOC-STATS",
      "    Return internal statistics report from the memory allocator.",
      "PURGE",
      "    Attempt to purge dirty pages for reclamation by the allocator.",
      "STATS",
      "    Return information about the memory usage of the server.",
      "USAGE <key> [SAMPLES <count>]",
      "    Return memory in bytes used by <key> and its value. Nested values are",
      "    sampled up to <count> times (default: 5, 0 means sample all).",
  };
  reply_help(context, kLines);
}

}  // namespace engine
