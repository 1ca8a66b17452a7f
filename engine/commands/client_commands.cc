#include "engine/commands/client_commands.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/blocking.h"
#include "engine/commands/client_filter.h"
#include "engine/commands/connection_commands.h"
#include "engine/commands/help_text.h"
#include "engine/engine.h"
#include "engine/pubsub.h"
#include "engine/transaction.h"

namespace engine {

namespace {

// Redis keeps so much of a reply in the client itself, and the rest in a list of such blocks.
constexpr uint64_t kReplyBlockBytes = 16 * 1024;

std::string flags_of(const Session& session) {
  std::string flags;
  if (session.monitors) flags += 'O';
  if (session.subscriptions != nullptr) flags += 'P';
  if (session.transaction != nullptr) flags += 'x';
  if (session.blocked || session.postponed) flags += 'b';
  if (session.watch_touched) flags += 'd';
  if (session.close_after_reply) flags += 'c';
  if (session.local_address.starts_with('/')) flags += 'U';
  if (session.no_evict) flags += 'e';
  if (session.no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

size_t subscriptions(const Session& session, SubscriptionKind kind) {
  return session.subscriptions == nullptr ? 0 : session.subscriptions->count(kind);
}

std::string_view last_command(const CommandContext& context, const Session& session) {
  if (&session == &context.session()) return context.command().full_name;
  if (session.last_command_id == UINT16_MAX) return "NULL";
  return all_commands()[session.last_command_id].full_name;
}

// The bytes of the words in hand: nobody but the caller has any.
uint64_t argument_bytes(const CommandContext& context, const Session& session) {
  if (&session != &context.session()) return 0;
  uint64_t bytes = 0;
  for (size_t i = 1; i < context.argc(); ++i) bytes += context.word(i).size();
  return bytes;
}

// CLIENT LIST's line, with its newline.
void append_line(const CommandContext& context, Session& session, std::string* to) {
  const resp::OutputBuffer& out = session.reply.out();
  const uint64_t pending = out.pending_bytes();
  const uint64_t in_buffer = std::min(pending, kReplyBlockBytes);
  const uint64_t in_list = pending - in_buffer;
  const uint64_t arguments = argument_bytes(context, session);
  const Transaction* const transaction = session.transaction.get();
  const int64_t queued = transaction == nullptr ? -1 : static_cast<int64_t>(transaction->size());
  const uint64_t queued_bytes = transaction == nullptr ? 0 : transaction->allocated_bytes();
  const uint64_t total = sizeof(Session) + queued_bytes + session.query_buffer_bytes +
                         out.block_bytes() + arguments + session.name.size() +
                         session.peer_address.size();
  fmt::format_to(
      std::back_inserter(*to),
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} "
      "multi={} qbuf={} qbuf-free=0 argv-mem={} multi-mem={} rbs={} rbp={} obl={} oll={} omem={} "
      "tot-mem={} events={} cmd={} user={} redir=-1 resp={}\n",
      session.id, session.peer_address, session.local_address, session.descriptor, session.name,
      (context.now_ms() - session.created_ms) / 1000, (context.now_ms() - session.active_ms) / 1000,
      flags_of(session), session.database, subscriptions(session, SubscriptionKind::kChannel),
      subscriptions(session, SubscriptionKind::kPattern),
      subscriptions(session, SubscriptionKind::kShard), queued, session.query_buffer_bytes,
      arguments, queued_bytes, out.block_bytes(), out.block_bytes(), in_buffer,
      (in_list + kReplyBlockBytes - 1) / kReplyBlockBytes, in_list, total, in_list > 0 ? "rw" : "r",
      last_command(context, session), session.user, static_cast<int>(session.reply.protocol()));
}

// In the order in which they came. Those that were told to go are gone for CLIENT LIST already.
std::vector<Session*> all_sessions(const Engine& engine) {
  std::vector<Session*> sessions;
  for (const auto& [id, session] : engine.sessions())
    if (!session->close_requested) sessions.push_back(session);
  std::sort(sessions.begin(), sessions.end(),
            [](const Session* a, const Session* b) { return a->id < b->id; });
  return sessions;
}

}  // namespace

void client_id_command(CommandContext& context) {
  context.reply().integer(static_cast<int64_t>(context.session().id));
}

void client_info_command(CommandContext& context) {
  std::string line;
  append_line(context, context.session(), &line);
  context.reply().verbatim("txt", line);
}

void client_list_command(CommandContext& context) {
  std::string text;
  if (context.argc() == 4 && context.word_is(2, "type")) {
    const std::optional<ClientType> type = client_type_by_name(context.word(3));
    if (!type.has_value())
      return context.error(fmt::format("-ERR Unknown client type '{}'", context.word(3)));
    for (Session* session : all_sessions(context.engine()))
      if (client_type(*session) == *type) append_line(context, *session, &text);
  } else if (context.argc() > 3 && context.word_is(2, "id")) {
    for (size_t i = 3; i < context.argc(); ++i) {
      int64_t id = 0;
      if (!resp::parse_int64(context.word(i), &id)) return context.error("-ERR Invalid client ID");
      Session* const session = context.engine().session(static_cast<uint64_t>(id));
      if (session != nullptr && !session->close_requested) append_line(context, *session, &text);
    }
  } else if (context.argc() != 2) {
    return context.error(kSyntaxError);
  } else {
    for (Session* session : all_sessions(context.engine())) append_line(context, *session, &text);
  }
  context.reply().verbatim("txt", text);
}

void client_getname_command(CommandContext& context) {
  const std::string& name = context.session().name;
  name.empty() ? context.reply().null() : context.reply().bulk(name);
}

void client_setname_command(CommandContext& context) {
  if (!is_client_name(context.word(2))) return context.error(kClientNameError);
  context.session().name = context.word(2);
  context.reply().ok();
}

void client_setinfo_command(CommandContext& context) {
  std::string* field = nullptr;
  if (context.word_is(2, "lib-name")) field = &context.session().library_name;
  if (context.word_is(2, "lib-ver")) field = &context.session().library_version;
  if (field == nullptr)
    return context.error(fmt::format("-ERR Unrecognized option '{}'", context.word(2)));
  if (!is_client_name(context.word(3)))
    return context.error(fmt::format(
        "-ERR {} cannot contain spaces, newlines or special characters.", context.word(2)));
  *field = context.word(3);
  context.reply().ok();
}

void client_kill_command(CommandContext& context) {
  ClientFilter filter;
  const std::string error = parse_kill_filter(context.words(), &filter);
  if (!error.empty()) return context.error(error);
  int64_t killed = 0;
  for (Session* session : all_sessions(context.engine())) {
    if (!filter.matches(*session)) continue;
    if (session == &context.session()) {
      if (filter.skips_caller) continue;
      session->close_after_reply = true;
    } else {
      context.engine().kill(session);
    }
    ++killed;
  }
  if (!filter.old_form) return context.reply().integer(killed);
  if (killed == 0) return context.error("-ERR No such client");
  context.reply().ok();
}

void client_reply_command(CommandContext& context) {
  Session& session = context.session();
  if (context.word_is(2, "on")) {
    session.reply_mode = ReplyMode::kOn;
    context.reply().ok();
  } else if (context.word_is(2, "off")) {
    session.reply_mode = ReplyMode::kOff;
  } else if (context.word_is(2, "skip")) {
    if (session.reply_mode != ReplyMode::kOff) session.reply_mode = ReplyMode::kSkipNext;
  } else {
    context.error(kSyntaxError);
  }
}

namespace {

void set_switch(CommandContext& context, bool* value) {
  if (!context.word_is(2, "on") && !context.word_is(2, "off")) return context.error(kSyntaxError);
  *value = context.word_is(2, "on");
  context.reply().ok();
}

}  // namespace

void client_no_evict_command(CommandContext& context) {
  set_switch(context, &context.session().no_evict);
}

void client_no_touch_command(CommandContext& context) {
  set_switch(context, &context.session().no_touch);
}

void client_pause_command(CommandContext& context) {
  ClientPause::Kind kind = ClientPause::Kind::kAll;
  if (context.argc() > 4) return context.error(subcommand_syntax_error(context));
  if (context.argc() == 4 && context.word_is(3, "write")) {
    kind = ClientPause::Kind::kWrites;
  } else if (context.argc() == 4 && !context.word_is(3, "all")) {
    return context.error("CLIENT PAUSE mode must be WRITE or ALL");
  }
  int64_t timeout_ms = 0;
  if (!resp::parse_int64(context.word(2), &timeout_ms))
    return context.error("timeout is not an integer or out of range");
  if (timeout_ms < 0 || timeout_ms > INT64_MAX - context.now_ms())
    return context.error("timeout is negative");
  if (timeout_ms > 0) context.engine().client_pause().begin(kind, context.now_ms() + timeout_ms);
  context.reply().ok();
}

void client_unpause_command(CommandContext& context) {
  context.engine().end_client_pause();
  context.reply().ok();
}

void client_unblock_command(CommandContext& context) {
  if (context.argc() > 4) return context.error(subcommand_syntax_error(context));
  bool with_error = false;
  if (context.argc() == 4 && context.word_is(3, "error")) {
    with_error = true;
  } else if (context.argc() == 4 && !context.word_is(3, "timeout")) {
    return context.error("CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  int64_t id = 0;
  if (!context.integer_word(2, &id)) return;
  Session* const session = context.engine().session(static_cast<uint64_t>(id));
  const bool unblocked =
      session != nullptr && context.engine().blocking().unblock(session, with_error);
  context.reply().integer(unblocked ? 1 : 0);
}

// There is no tracking.
void client_getredir_command(CommandContext& context) { context.reply().integer(-1); }

void client_trackinginfo_command(CommandContext& context) {
  resp::ReplyWriter& reply = context.reply();
  reply.map(3);
  reply.bulk("flags");
  reply.set(1);
  reply.bulk("off");
  reply.bulk("redirect");
  reply.integer(-1);
  reply.bulk("prefixes");
  reply.array(0);
}

void client_help_command(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "GETNAME",
      "    Return the name of the current connection.",
      "ID",
      "    Return the ID of the current connection.",
      "INFO",
      "    Return information about the current client connection.",
      "KILL <ip:port>",
      "    Kill connection made from <ip:port>.",
      "KILL <option> <value> [<option> <value> [...]]",
      "    Kill connections. Options are:",
      "    * ADDR (<ip:port>|<unixsocket>:0)",
      "      Kill connections made from the specified address",
      "    * LADDR (<ip:port>|<unixsocket>:0)",
      "      Kill connections made to specified local address",
      "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
      "      Kill connections by type.",
      "    * USER <username>",
      "      Kill connections authenticated by <username>.",
      "    * SKIPME (YES|NO)",
      "      Skip killing current connection (default: yes).",
      "LIST [options ...]",
      "    Return information about client connections. Options:",
      "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
      "      Return clients of specified type.",
      "REPLY (ON|OFF|SKIP)",
      "    Control the replies sent to the current connection.",
      "SETINFO (LIB-NAME|LIB-VER) <value>",
      "    Tell the name or the version of the client library.",
      "SETNAME <name>",
      "    Assign the name <name> to the current connection.",
      "NO-EVICT (ON|OFF)",
      "    Protect current client connection from eviction.",
      "NO-TOUCH (ON|OFF)",
      "    Read and write without changing how hot the keys are.",
  };
  reply_help(context, kLines);
}

}  // namespace engine
