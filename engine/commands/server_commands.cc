#include "engine/commands/server_commands.h"

#include <string>

#include "engine/commands/help_text.h"
#include "engine/engine.h"
#include "engine/info.h"
#include "engine/snapshots.h"
#include "engine/version.h"

namespace engine {

void info_command(CommandContext& context) {
  const InfoSelection selection = select_info_sections(context.words().subspan(1));
  context.reply().verbatim("txt", info_text(context.engine(), selection));
}

void time_command(CommandContext& context) {
  const int64_t now_us = context.engine().environment().clock->wall_us();
  resp::ReplyWriter& reply = context.reply();
  reply.array(2);
  reply.bulk_integer(now_us / 1'000'000);
  reply.bulk_integer(now_us % 1'000'000);
}

void lolwut_command(CommandContext& context) {
  int64_t version = 0;
  if (context.argc() >= 3 && context.word_is(1, "version") && !context.integer_word(2, &version))
    return;
  std::string text;
  if (version == 5 || version == 6)
    text =
        " __    __    __    __\n"
        "/  \\__/  \\__/  \\__/  \\\n"
        "\\__/  \\__/  \\__/  \\__/\n"
        "/  \\__/  \\__/  \\__/  \\\n"
        "\\__/  \\__/  \\__/  \\__/\n"
        "\nBasalt columns, seen from above. ";
  context.reply().verbatim("txt", fmt::format("{}Redis ver. {}\n", text, kRedisVersion));
}

namespace {

// The keys are gone at once in both modes and their memory follows in slices.
bool is_flush_mode(CommandContext& context) {
  if (context.argc() == 1) return true;
  if (context.argc() == 2 && (context.word_is(1, "sync") || context.word_is(1, "async")))
    return true;
  context.error(kSyntaxError);
  return false;
}

}  // namespace

void flushdb_command(CommandContext& context) {
  if (!is_flush_mode(context)) return;
  context.engine().databases().flush(context.session().database);
  context.effect_as_sent();
  context.reply().ok();
}

void flushall_command(CommandContext& context) {
  if (!is_flush_mode(context)) return;
  Engine& engine = context.engine();
  for (int i = 0; i < engine.databases().count(); ++i) engine.databases().flush(i);
  // As in Redis the emptied data set is saved, so that a restart does not bring the old one back.
  if (!engine.options().save.empty()) engine.snapshots().schedule();
  context.effect_as_sent();
  context.reply().ok();
}

// ---- FUNCTION

void function_flush_command(CommandContext& context) {
  if (context.argc() > 3 ||
      (context.argc() == 3 && !context.word_is(2, "sync") && !context.word_is(2, "async")))
    return context.error("-ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  context.reply().ok();
}

void function_list_command(CommandContext& context) {
  bool has_name = false;
  bool has_code = false;
  for (size_t i = 2; i < context.argc(); ++i) {
    if (!has_code && context.word_is(i, "withcode")) {
      has_code = true;
    } else if (!has_name && context.word_is(i, "libraryname")) {
      if (i + 1 == context.argc()) return context.error("-ERR library name argument was not given");
      has_name = true;
      ++i;
    } else {
      return context.error(fmt::format("-ERR Unknown argument {}", context.word(i)));
    }
  }
  context.reply().array(0);
}

void function_stats_command(CommandContext& context) {
  resp::ReplyWriter& reply = context.reply();
  reply.map(2);
  reply.bulk("running_script");
  reply.null();
  reply.bulk("engines");
  reply.map(1);
  reply.bulk("LUA");
  reply.map(2);
  reply.bulk("libraries_count");
  reply.integer(0);
  reply.bulk("functions_count");
  reply.integer(0);
}

// No library, RDB version 10, and the CRC-64 of these two bytes.
void function_dump_command(CommandContext& context) {
  context.reply().bulk({"\x0a\x00\x5d\x9b\x5c\x40\x0f\x7f\xa2\xda", 10});
}

void function_help_command(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
      "    Return general information on all the libraries; there are none.",
      "STATS",
      "    Return information about the current function running:",
      "    * Function name",
      "    * Command used to run the function",
      "    * Duration in MS that the function is running",
      "    If no function is running, return nil",
      "    In addition, returns a list of available engines.",
      "FLUSH [ASYNC|SYNC]",
      "    Delete all the libraries.",
      "DUMP",
      "    Return a serialized payload representing the current libraries, can be restored using "
      "FUNCTION RESTORE command",
  };
  reply_help(context, kLines);
}

}  // namespace engine
