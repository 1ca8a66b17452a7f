#include "engine/commands/string_commands.h"

#include "engine/engine.h"
#include "engine/value/chunked_string.h"

namespace engine {

void get_command(CommandContext& context) {
  Entry* const entry = context.keyspace().find(context.key(1));
  if (entry == nullptr) return context.reply().null();
  if (entry->type() != ValueType::kString) return context.error(kWrongTypeError);
  context.reply().bulk(entry->value());
}

void set_command(CommandContext& context) {
  context.keyspace().set_string(context.key(1), context.word(2), {});
  context.reply().ok();
}

void mset_command(CommandContext& context) {
  for (size_t i = 1; i + 1 < context.argc(); i += 2)
    context.keyspace().set_string(context.key(i), context.word(i + 1), {});
  context.reply().ok();
}

}  // namespace engine
