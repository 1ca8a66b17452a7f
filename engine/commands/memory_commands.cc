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

void memory_help_command(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "DOCTOR",
      "    Return memory problems reports.",
      "PURGE",
      "    Attempt to purge dirty pages for reclamation by the allocator.",
      "USAGE <key> [SAMPLES <count>]",
      "    Return memory in bytes used by <key> and its value. Nested values are",
      "    sampled up to <count> times (default: 5, 0 means sample all).",
  };
  reply_help(context, kLines);
}

}  // namespace engine
