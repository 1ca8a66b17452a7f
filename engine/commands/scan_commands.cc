#include "engine/commands/scan_commands.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "engine/key_walk.h"

namespace engine {

namespace {

// What COUNT may ask for in one call; more is answered with this many and a cursor.
constexpr int64_t kCountMax = 16 * 1024;
constexpr int64_t kCountDefault = 10;

bool parse_options(const CommandContext& context, KeyStep* step) {
  int64_t count = kCountDefault;
  for (size_t i = 2; i < context.argc(); i += 2) {
    const bool more = i + 1 < context.argc();
    if (more && context.word_is(i, "count")) {
      if (!context.integer_word(i + 1, &count)) return false;
      if (count < 1) {
        context.error(kSyntaxError);
        return false;
      }
    } else if (more && context.word_is(i, "match")) {
      step->filter.pattern.reset();
      if (context.word(i + 1) != "*") step->filter.pattern = context.word(i + 1);
    } else if (more && context.word_is(i, "type")) {
      step->filter.type_name = context.word(i + 1);
      for (char& c : *step->filter.type_name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  step->keys_max = static_cast<size_t>(std::min(count, kCountMax));
  return true;
}

void reply_step(resp::ReplyWriter& reply, const ScanCursors& cursors, const KeyStep& step) {
  reply.array(2);
  reply.bulk_integer(static_cast<int64_t>(cursors.cursor_of(step.next)));
  reply.array(step.keys.size());
  for (const KeyStep::Found& found : step.keys) reply.bulk(found.key);
}

}  // namespace

bool parse_cursor(std::string_view word, uint64_t* cursor) {
  const std::string text(word);
  char* end = nullptr;
  errno = 0;
  *cursor = std::strtoul(text.c_str(), &end, 10);
  return !std::isspace(static_cast<unsigned char>(text[0])) && *end == '\0' && errno != ERANGE;
}

void scan_command(CommandContext& context) {
  uint64_t cursor = 0;
  if (!parse_cursor(context.word(1), &cursor)) return context.error("invalid cursor");
  auto step = std::make_unique<KeyStep>();
  if (!parse_options(context, step.get())) return;
  Engine& engine = context.engine();
  step->namespace_id = context.keyspace().id();
  step->from = engine.cursors().position_of(cursor);
  step->deletes_expired = true;
  step->done = [&engine, id = context.session().id](std::unique_ptr<KeyStep> answered) {
    engine.complete(id, [&engine, id, answered = std::move(answered)](resp::ReplyWriter& reply) {
      if (answered->failed) return engine.reply_error(engine.session(id), kKeyIndexError);
      reply_step(reply, engine.cursors(), *answered);
    });
  };
  step = take_step(engine, std::move(step));
  if (step == nullptr) return engine.block(&context.session());
  reply_step(context.reply(), engine.cursors(), *step);
}

}  // namespace engine
