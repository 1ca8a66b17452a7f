#include "engine/transactions.h"

#include <fmt/format.h>

#include "engine/engine.h"
#include "engine/transaction.h"
#include "engine/value/chunked_string.h"
#include "engine/watches.h"

namespace engine {

namespace {

constexpr std::string_view kAbortedError =
    "-EXECABORT Transaction discarded because of previous errors.";

constexpr std::string_view kExecWords[] = {"exec"};

// By the row's name: rename-command gives it another for clients.
const Command* find_exec() {
  for (const Command& command : all_commands())
    if (command.full_name == "exec") return &command;
  return nullptr;
}

std::string aborted_by(std::string_view error) {
  if (error.starts_with('-')) error.remove_prefix(1);
  return fmt::format("-EXECABORT Transaction discarded because of: {}", error);
}

}  // namespace

// Takes the place of a session whose socket is gone. Nobody reads its replies.
struct Transactions::Orphan final : CommandSource {
  explicit Orphan(uint64_t id) : output(&blocks), session(id, this, &output) {}
  void on_runnable() override { session.parked = false; }

  resp::BlockPool blocks;
  resp::OutputBuffer output;
  Session session;
};

Transactions::Transactions(Engine* engine) : engine_(engine), exec_(find_exec()) {}

Transactions::~Transactions() = default;

void Transactions::begin(Session* session) {
  session->transaction = std::make_unique<Transaction>();
}

void Transactions::discard(Session* session) {
  condemn_values(session);
  session->transaction.reset();
  engine_->watches().end(session);
  engine_->refresh_key_events();
}

void Transactions::condemn_values(Session* session) {
  auto& condemned = engine_->databases().shared().condemned_chunks;
  session->transaction->for_each_large([&condemned](LargeCommand& large) {
    if (ChunkedString* const value = large.take_value()) condemned.push_back(value);
  });
}

// ---- Queueing

bool Transactions::takes(const Command& command) {
  const std::string_view name = command.full_name;
  return name != "multi" && name != "discard" && name != "watch" && name != "quit" &&
         name != "reset";
}

void Transactions::queue(Session* session, const Request& request) {
  Transaction& transaction = *session->transaction;
  uint64_t bytes = transaction.bytes();
  for (size_t i = 0; i < request.words.size(); ++i) bytes += request.words[i].size();
  if (request.large != nullptr) bytes += request.large->value_bytes();
  std::string error;
  if (!engine_->gate().may_queue(bytes, &error)) {
    engine_->reject(session, request, error);
    return;
  }
  transaction.add(request);
  session->reply.queued();
}

void Transactions::refused(Session* session, const Request& request, std::string_view error) {
  if (request.command == nullptr || request.command->full_name != "exec") {
    session->transaction->failed = true;
    return engine_->reply_error(session, error);
  }
  discard(session);
  engine_->reply_error(session, aborted_by(error));
}

// ---- Executing

Request Transactions::exec_request(Session* session, const Request& exec) {
  Transaction& transaction = *session->transaction;
  Request request = exec;
  request.flags |= transaction.any_flags() & (command_flag::kWrite | command_flag::kDenyOom);
  if (transaction.size() > 0) request.flags &= transaction.all_flags() | ~command_flag::kLoading;
  return request;
}

// What EXEC answers instead of executing anything.
bool Transactions::refuses(Session* session, const Request&) {
  const bool broken = Watches::broken(*session, engine_->now_ms());
  if (!session->transaction->failed && !broken) return false;
  if (session->transaction->failed) {
    discard(session);
    engine_->reply_error(session, kAbortedError);
  } else {
    discard(session);
    session->reply.null_array();
  }
  return true;
}

Transactions::Result Transactions::exec(Session* session, const Request& exec) {
  Transaction& transaction = *session->transaction;
  session->failed = false;
  begin_ns_ = engine_->command_begin_ns();
  if (refuses(session, exec)) {
    engine_->count_call(session, exec, begin_ns_);
    return Result::kDone;
  }
  transaction.find_keys(engine_->databases(), session->database);
  if (transaction.key_too_long()) {
    engine_->reject(session, exec, key_too_long_error());
    return Result::kDone;
  }
  Request all = exec;
  all.keys = transaction.keys();
  all.names_databases = true;
  all.queued_bytes = transaction.bytes();
  std::string error;
  switch (engine_->gate().admit(session, engine_->databases().at(session->database), all, &error)) {
    case Admission::kReady:
      break;
    case Admission::kParked:
      clear_notes();
      return Result::kParked;
    case Admission::kRefused:
      clear_notes();
      discard(session);
      engine_->reject(session, exec, error == kOomError ? aborted_by(error) : error);
      return Result::kDone;
  }
  engine_->watches().end(session);
  engine_->refresh_key_events();
  transaction.executing = true;
  engine_->effects().begin_unit();
  session->reply.array(transaction.size());
  if (!run(session)) return Result::kSuspended;
  finish(session, exec.words);
  return Result::kDone;
}

bool Transactions::run(Session* session) {
  Transaction& transaction = *session->transaction;
  while (transaction.done < transaction.size())
    if (!run_next(session)) return false;
  return true;
}

bool Transactions::run_next(Session* session) {
  Transaction& transaction = *session->transaction;
  const Request request = transaction.request(transaction.done);
  Keyspace& keyspace = engine_->databases().at(session->database);
  engine_->run(session, keyspace, request);
  while (session->wants_room) {
    session->wants_room = false;
    std::string error;
    switch (engine_->gate().admit_again(session, request, &error)) {
      case Admission::kReady:
        engine_->run(session, keyspace, request);
        break;
      case Admission::kRefused:
        reject_one(session, request, error);
        break;
      case Admission::kParked:
        suspend(session, false);
        return false;
    }
  }
  session->extra_bytes = 0;
  session->more_keys.clear();
  ++transaction.done;
  if (!session->blocked) return true;
  suspend(session, true);
  return false;
}

// An element of EXEC's reply.
void Transactions::reject_one(Session* session, const Request& request, std::string_view error) {
  ++engine_->statistics().commands[request.command->id].rejected_calls;
  engine_->reply_error(session, error);
}

void Transactions::finish(Session* session, CommandWords words) {
  clear_notes();
  engine_->effects().end_unit();
  // An error of a command inside is none of EXEC's.
  session->failed = false;
  Request exec;
  exec.command = exec_;
  exec.words = words;
  engine_->count_call(session, exec, begin_ns_);
  session->transaction->executing = false;
  discard(session);
}

void Transactions::clear_notes() {
  for (int i = 0; i < engine_->databases().count(); ++i)
    engine_->databases().at(i).clear_cold_notes();
}

// ---- Waiting in the middle

void Transactions::suspend(Session* session, bool waits_for_answer) {
  clear_notes();
  suspended_ = session;
  waits_for_answer_ = waits_for_answer;
  session->blocked = true;
  session->parked = !waits_for_answer;
}

bool Transactions::answered(Session* session) {
  if (session != suspended_) return false;
  CHECK(waits_for_answer_);
  waits_for_answer_ = false;
  return true;
}

void Transactions::resume() {
  if (!wants_turn()) return;
  Session* const session = suspended_;
  Transaction& transaction = *session->transaction;
  engine_->begin_batch();
  if (transaction.done < transaction.size()) {
    transaction.find_keys(engine_->databases(), session->database);
    Request rest = transaction.request(transaction.done);
    rest.keys = transaction.keys();
    rest.names_databases = true;
    std::string error;
    switch (
        engine_->gate().admit(session, engine_->databases().at(session->database), rest, &error)) {
      case Admission::kReady:
        break;
      case Admission::kParked:
        session->parked = true;
        clear_notes();
        return;
      case Admission::kRefused:
        // One of the rest cannot have what it needs: this one says so, the others go on.
        clear_notes();
        reject_one(session, rest, error);
        ++transaction.done;
        return;
    }
  }
  session->parked = false;
  suspended_ = nullptr;
  session->blocked = false;
  if (!run(session)) return;
  // Its own words are gone.
  finish(session, kExecWords);
  engine_->gate().finish(session);
  ++session->command_sequence;
  session->source->on_runnable();
  if (orphan_ != nullptr && session == &orphan_->session) {
    engine_->remove_session(session);
    orphan_.reset();
  }
}

Session* Transactions::forget(Session* session) {
  if (session != suspended_) {
    if (session->transaction != nullptr) condemn_values(session);
    return nullptr;
  }
  orphan_ = std::make_unique<Orphan>(session->id);
  Session& heir = orphan_->session;
  heir.transaction = std::move(session->transaction);
  heir.database = session->database;
  heir.blocked = true;
  heir.extra_bytes = session->extra_bytes;
  suspended_ = &heir;
  return &heir;
}

}  // namespace engine
