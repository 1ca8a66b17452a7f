#include "engine/commands/connection_commands.h"

#include <algorithm>
#include <climits>

#include "engine/engine.h"
#include "engine/transaction.h"
#include "engine/transactions.h"
#include "engine/version.h"
#include "engine/watches.h"

namespace engine {

namespace {

constexpr std::string_view kWrongPassError =
    "-WRONGPASS invalid username-password pair or user is disabled.";

// Takes as long for a wrong password as for the right one, whatever they have in common.
bool is_password(std::string_view given, std::string_view password) {
  uint8_t difference = given.size() == password.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i) {
    const char other = password.empty() ? '\0' : password[i % password.size()];
    difference = static_cast<uint8_t>(difference | (given[i] ^ other));
  }
  return difference == 0;
}

// There is one user, "default", who needs no password while requirepass is empty.
bool authenticate(CommandContext& context, std::string_view user, std::string_view password) {
  const std::string& required = context.engine().options().requirepass;
  if (user != "default" || !(required.empty() || is_password(password, required))) {
    context.error(kWrongPassError);
    return false;
  }
  context.session().authenticated = true;
  context.session().user = user;
  return true;
}

// Reads the options of HELLO; false when one was wrong and the error is written.
bool apply_hello_options(CommandContext& context) {
  for (size_t i = 2; i < context.argc(); ++i) {
    const size_t more = context.argc() - 1 - i;
    if (context.word_is(i, "auth") && more >= 2) {
      if (!authenticate(context, context.word(i + 1), context.word(i + 2))) return false;
      i += 2;
    } else if (context.word_is(i, "setname") && more >= 1) {
      if (!is_client_name(context.word(i + 1))) {
        context.error(kClientNameError);
        return false;
      }
      context.session().name = context.word(++i);
    } else {
      context.error(fmt::format("-ERR Syntax error in HELLO option '{}'", context.word(i)));
      return false;
    }
  }
  return true;
}

}  // namespace

bool is_client_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

void ping_command(CommandContext& context) {
  if (context.argc() > 2) return context.error(wrong_arity_error(context.command()));
  resp::ReplyWriter& reply = context.reply();
  if (context.session().subscriptions != nullptr && reply.protocol() == resp::Protocol::kResp2) {
    reply.array(2);
    reply.bulk("pong");
    return reply.bulk(context.argc() == 2 ? context.word(1) : "");
  }
  if (context.argc() == 2) return reply.bulk(context.word(1));
  reply.pong();
}

void echo_command(CommandContext& context) { context.reply().bulk(context.word(1)); }

void hello_command(CommandContext& context) {
  int64_t version = 0;
  if (context.argc() >= 2) {
    const std::string_view text = context.word(1);
    if (!resp::parse_int64(text, &version))
      return context.error("-ERR Protocol version is not an integer or out of range");
    if (version < 2 || version > 3) return context.error("-NOPROTO unsupported protocol version");
  }
  if (!apply_hello_options(context)) return;
  Session& session = context.session();
  if (context.engine().must_authenticate(session))
    return context.error(
        "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
        "protocol version at the same time");
  resp::ReplyWriter& reply = context.reply();
  if (version != 0) reply.set_protocol(static_cast<resp::Protocol>(version));
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(static_cast<int64_t>(reply.protocol()));
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(session.id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
}

void auth_command(CommandContext& context) {
  if (context.argc() > 3) return context.error(kSyntaxError);
  if (context.argc() == 2) {
    if (context.engine().options().requirepass.empty())
      return context.error(
          "-ERR AUTH <password> called without any password configured for the default user. Are "
          "you sure your configuration is correct?");
    if (!authenticate(context, "default", context.word(1))) return;
  } else if (!authenticate(context, context.word(1), context.word(2))) {
    return;
  }
  context.reply().ok();
}

void select_command(CommandContext& context) {
  int64_t index = 0;
  if (!context.integer_word(1, &index)) return;
  if (index < INT_MIN || index > INT_MAX)
    return context.error(
        fmt::format("-ERR value is out of range, value must between {} and {}", INT_MIN, INT_MAX));
  if (index < 0 || index >= context.engine().databases().count())
    return context.error("-ERR DB index is out of range");
  context.session().database = static_cast<int>(index);
  context.reply().ok();
}

void quit_command(CommandContext& context) {
  context.reply().ok();
  context.session().close_after_reply = true;
}

void reset_command(CommandContext& context) {
  Session& session = context.session();
  if (session.transaction != nullptr) context.engine().transactions().discard(&session);
  context.engine().watches().end(&session);
  context.engine().pubsub().forget(&session);
  context.engine().command_log().forget(&session);
  context.engine().refresh_key_events();
  session.database = 0;
  session.authenticated = context.engine().options().requirepass.empty();
  session.user = "default";
  session.name.clear();
  session.reply_mode = ReplyMode::kOn;
  context.reply().set_protocol(resp::Protocol::kResp2);
  context.reply().simple_string("RESET");
}

}  // namespace engine
