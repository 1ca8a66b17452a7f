#include "engine/commands/persistence_commands.h"

#include "engine/aof.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "engine/snapshots.h"

namespace engine {

namespace {

std::string failure_text(const base::Error& error) {
  return error.code == base::ErrorCode::kNoSpace ? "-ERR " + error.to_string() : "-ERR";
}

}  // namespace

// The caller waits for the durable file; all others are served meanwhile.
void save_command(CommandContext& context) {
  Engine& engine = context.engine();
  Snapshots& snapshots = engine.snapshots();
  if (snapshots.running()) return context.error("-ERR Background save already in progress");
  const uint64_t session_id = context.session().id;
  const base::Status begun =
      snapshots.begin_save([&engine, session_id](const base::Status& status) {
        engine.hold_commands(false);
        engine.complete(session_id, [status](resp::ReplyWriter& reply) {
          if (status.ok()) return reply.ok();
          reply.error(failure_text(status.error()));
        });
      });
  if (!begun.ok()) return context.error(failure_text(begun.error()));
  engine.block(&context.session());
  // As Redis does, if that is wanted: nobody else is served until the file is durable.
  engine.hold_commands(engine.options().save_blocks_clients);
}

void bgsave_command(CommandContext& context) {
  Engine& engine = context.engine();
  bool schedule = false;
  if (context.argc() > 1) {
    if (context.argc() != 2 || !context.word_is(1, "schedule")) return context.error(kSyntaxError);
    schedule = true;
  }
  Snapshots& snapshots = engine.snapshots();
  const bool rewrites = engine.aof().rewriting();
  if (snapshots.running() || rewrites) {
    if (!schedule && !rewrites) return context.error("-ERR Background save already in progress");
    if (!schedule)
      return context.error(
          "-ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE "
          "SCHEDULE in order to schedule a BGSAVE whenever possible.");
    snapshots.schedule();
    return context.reply().simple_string("Background saving scheduled");
  }
  const base::Status begun = snapshots.begin_save([](const base::Status&) {});
  if (!begun.ok()) return context.error(failure_text(begun.error()));
  context.reply().simple_string("Background saving started");
}

void bgrewriteaof_command(CommandContext& context) {
  switch (context.engine().aof().rewrite()) {
    case Aof::Begun::kAlready:
      return context.error("Background append only file rewriting already in progress");
    case Aof::Begun::kScheduled:
      return context.reply().simple_string("Background append only file rewriting scheduled");
    case Aof::Begun::kStarted:
      return context.reply().simple_string("Background append only file rewriting started");
  }
}

void lastsave_command(CommandContext& context) {
  context.reply().integer(context.engine().snapshots().statistics().last_save_ms / 1000);
}

void shutdown_command(CommandContext& context) {
  ShutdownRequest request;
  bool save = false;
  bool nosave = false;
  bool abort = false;
  for (size_t i = 1; i < context.argc(); ++i) {
    if (context.word_is(i, "nosave")) {
      nosave = true;
    } else if (context.word_is(i, "save")) {
      save = true;
    } else if (context.word_is(i, "now")) {
      request.now = true;
    } else if (context.word_is(i, "force")) {
      request.force = true;
    } else if (context.word_is(i, "abort")) {
      abort = true;
    } else {
      return context.error(kSyntaxError);
    }
  }
  const bool has_others = save || nosave || request.now || request.force;
  if ((abort && has_others) || (save && nosave)) return context.error(kSyntaxError);
  if (abort) {
    if (!context.engine().abort_shutdown()) return context.error("-ERR No shutdown in progress.");
    return context.reply().ok();
  }
  if (save) request.save = ShutdownRequest::Save::kYes;
  if (nosave) request.save = ShutdownRequest::Save::kNo;
  // Whoever asked is answered only if it does not come to it.
  request.session_id = context.session().id;
  context.engine().block(&context.session());
  context.engine().request_shutdown(request);
}

}  // namespace engine
