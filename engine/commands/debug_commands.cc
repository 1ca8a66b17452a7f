#include "engine/commands/debug_commands.h"

#include <string>
#include <vector>

#include "engine/commands/key_commands.h"
#include "engine/engine.h"
#include "engine/glob.h"
#include "engine/value/chunked_string.h"
#include "engine/value/codec.h"
#include "engine/value/value_codec.h"

namespace engine {

namespace {

// The server stands still for that long: no client's commands run.
void debug_sleep(CommandContext& context) {
  double seconds = 0;
  // As in Redis a text that is no number is no time.
  if (!resp::parse_double(context.word(2), &seconds) || !(seconds > 0)) return context.reply().ok();
  constexpr double kSecondsMax = 1e6;
  Engine& engine = context.engine();
  const uint64_t session_id = context.session().id;
  engine.block(&context.session());
  engine.hold_commands(true);
  iouring::Loop& loop = *engine.environment().loop;
  const auto wait_ns = static_cast<uint64_t>(std::min(seconds, kSecondsMax) * 1e9);
  loop.add_timer(loop.clock().monotonic_ns() + wait_ns, [&engine, session_id] {
    engine.hold_commands(false);
    engine.complete(session_id, [](resp::ReplyWriter& reply) { reply.ok(); });
  });
}

uint64_t serialized_bytes(const Entry& entry, bool compress) {
  if (entry.form() == ValueForm::kChunked) {
    std::byte header[persist::kRdbStringHeaderBytesMax];
    const uint64_t bytes = entry.chunks()->size();
    return raw_header(bytes, header) + bytes;
  }
  if (entry.form() == ValueForm::kPaged) return encoded_value_bytes_max(entry);
  std::vector<std::byte> payload(encoded_value_bytes_max(entry));
  return encode_value(entry, compress, payload.data());
}

void debug_object(CommandContext& context) {
  const Entry* const entry = context.keyspace().peek(context.key(2));
  if (entry == nullptr) return context.error(kNoSuchKeyError);
  const AccessClock& access = context.keyspace().shared().access;
  const uint32_t idle_s = access.lfu() ? 0 : access.idle_seconds(entry->access());
  context.reply().simple_string(
      fmt::format("Value at:{} refcount:1 encoding:{} serializedlength:{} lru:{} "
                  "lru_seconds_idle:{}",
                  fmt::ptr(entry), value_encoding(*entry),
                  serialized_bytes(*entry, context.engine().options().rdbcompression),
                  entry->access(), idle_s));
}

void debug_set_active_expire(CommandContext& context) {
  int64_t active = 0;
  // As atoi: what is no number is 0.
  resp::parse_int64(context.word(2), &active);
  context.engine().background().expirer().set_active(active != 0);
  context.reply().ok();
}

// Matches the pattern against so many letters a.
void debug_stringmatch_len(CommandContext& context) {
  int64_t length = 0;
  constexpr int64_t kLengthMax = 16 * 1024 * 1024;
  if (!resp::parse_int64(context.word(2), &length) || length < 0 || length > kLengthMax)
    return context.error("-ERR value is out of range, must be positive");
  const std::string text(static_cast<size_t>(length), 'a');
  context.reply().integer(glob_match(context.word(3), text) ? 1 : 0);
}

// The text is the whole error line.
void debug_error(CommandContext& context) {
  std::string line = "-";
  line += context.word(2);
  for (char& c : line)
    if (c == '\r' || c == '\n') c = ' ';
  context.error(line);
}

void debug_log(CommandContext& context) {
  context.engine().log().warning("DEBUG LOG: {}", context.word(2));
  context.reply().ok();
}

void protocol_map(resp::ReplyWriter& reply) {
  reply.map(3);
  for (int64_t i = 0; i < 3; ++i) {
    reply.integer(i);
    reply.boolean(i == 1);
  }
}

void protocol_integers(resp::ReplyWriter& reply) {
  for (int64_t i = 0; i < 3; ++i) reply.integer(i);
}

void protocol_attribute(resp::ReplyWriter& reply) {
  if (reply.protocol() == resp::Protocol::kResp3) {
    reply.attribute(1);
    reply.bulk("key-popularity");
    reply.array(2);
    reply.bulk("key:123");
    reply.integer(90);
  }
  reply.bulk("Some real reply following the attribute");
}

void protocol_push(CommandContext& context) {
  resp::ReplyWriter& reply = context.reply();
  if (reply.protocol() == resp::Protocol::kResp2)
    return context.error("-ERR RESP2 is not supported by this command");
  reply.push(2);
  reply.bulk("server-cpu-usage");
  reply.integer(42);
  reply.bulk("Some real reply following the push reply");
}

void debug_protocol(CommandContext& context) {
  resp::ReplyWriter& reply = context.reply();
  const auto is = [&context](std::string_view name) { return context.word_is(2, name); };
  if (is("string")) return reply.bulk("Hello World");
  if (is("integer")) return reply.integer(12345);
  if (is("double")) return reply.number(3.141);
  if (is("bignum")) return reply.big_number("1234567999999999999999999999999999999");
  if (is("null")) return reply.null();
  if (is("array")) return reply.array(3), protocol_integers(reply);
  if (is("set")) return reply.set(3), protocol_integers(reply);
  if (is("map")) return protocol_map(reply);
  if (is("attrib")) return protocol_attribute(reply);
  if (is("push")) return protocol_push(context);
  if (is("verbatim")) return reply.verbatim("txt", "This is a verbatim\nstring");
  if (is("true") || is("false")) return reply.boolean(is("true"));
  context.error(
      "-ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

struct Subcommand {
  std::string_view name;
  size_t words_min;
  size_t words_max;
  CommandFunction run;
};

constexpr Subcommand kSubcommands[] = {
    {"digest", 2, 2, debug_digest},
    {"digest-value", 2, SIZE_MAX, debug_digest_value},
    {"error", 3, 3, debug_error},
    {"help", 2, 2, debug_help},
    {"log", 3, 3, debug_log},
    {"object", 3, 3, debug_object},
    {"populate", 3, 5, debug_populate},
    {"protocol", 3, 3, debug_protocol},
    {"reload", 2, SIZE_MAX, debug_reload},
    {"set-active-expire", 3, 3, debug_set_active_expire},
    {"sleep", 3, 3, debug_sleep},
    {"stringmatch-len", 4, 4, debug_stringmatch_len},
};

bool is_allowed(const CommandContext& context) {
  switch (context.engine().options().enable_debug_command) {
    case ProtectedAction::kNo:
      return false;
    case ProtectedAction::kYes:
      return true;
    case ProtectedAction::kLocal:
      break;
  }
  return context.session().is_local;
}

}  // namespace

void debug_command(CommandContext& context) {
  if (!is_allowed(context))
    return context.error(
        "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
        "you can run it from a local connection, otherwise you need to set this option in the "
        "configuration file, and then restart the server.");
  for (const Subcommand& row : kSubcommands) {
    if (!context.word_is(1, row.name)) continue;
    if (context.argc() < row.words_min || context.argc() > row.words_max) break;
    return row.run(context);
  }
  context.error(
      fmt::format("-ERR unknown subcommand or wrong number of arguments for '{}'. Try DEBUG HELP.",
                  context.word(1).substr(0, 128)));
}

void find_debug_keys(CommandWords words, KeyList* keys) {
  if (words.size() < 3) return;
  if (equals_folded(words[1], "object") && words.size() == 3) return keys->add(2, key_flag::kRo);
  if (!equals_folded(words[1], "digest-value")) return;
  for (size_t i = 2; i < words.size(); ++i) keys->add(static_cast<uint32_t>(i), key_flag::kRo);
}

}  // namespace engine
