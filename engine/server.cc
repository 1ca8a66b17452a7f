#include "engine/server.h"

#include <algorithm>
#include <utility>

#include "base/memory.h"

namespace engine {

namespace {

constexpr int64_t kIdleCheckMs = 1000;

constexpr std::string_view kProtectedModeError =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password "
    "is set for the default user. In this mode connections are only accepted from the loopback "
    "interface. If you want to connect from external computers to Redis you may adopt one of the "
    "following solutions: 1) Just disable protected mode sending the command 'CONFIG SET "
    "protected-mode no' from the loopback interface by connecting to Redis from the same host the "
    "server is running, however MAKE SURE Redis is not publicly accessible from internet if you do "
    "so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable "
    "the protected mode by editing the Redis configuration file, and setting the protected mode "
    "option to 'no', and then restarting the server. 3) If you started the server manually just "
    "for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication "
    "password for the default user. NOTE: You only need to do one of the above things in order for "
    "the server to start accepting connections from the outside.";

}  // namespace

Server::Server(Engine* engine, iouring::Net* net)
    : engine_(engine),
      net_(net),
      listeners_(engine, net, [this](iouring::SocketId socket) { accept(socket); }),
      client_memory_(engine) {
  batch_.reserve(kBatchCommands);
  engine->output_gate().set_listener(this);
}

Server::~Server() { engine_->output_gate().set_listener(nullptr); }

// ---- Accepting

bool Server::is_protected(iouring::SocketId socket) const {
  const Options& options = engine_->options();
  return options.protected_mode && options.requirepass.empty() && !net_->is_local(socket);
}

void Server::accept(iouring::SocketId socket) {
  if (connections_.size() >= static_cast<size_t>(engine_->options().maxclients)) {
    ++engine_->statistics().connections_rejected;
    return refuse_newcomer(socket, "-ERR max number of clients reached");
  }
  if (is_protected(socket)) {
    ++engine_->statistics().connections_rejected;
    return refuse_newcomer(socket, kProtectedModeError);
  }
  auto owned = std::make_unique<Connection>(this, socket, engine_->next_session_id());
  Connection* const connection = owned.get();
  Session& session = connection->session();
  session.peer_address = net_->peer_address(socket);
  session.local_address = net_->local_address(socket);
  session.descriptor = net_->descriptor(socket);
  session.is_local = net_->is_local(socket);
  session.created_ms = session.active_ms = engine_->environment().clock->wall_ms();
  session.authenticated = engine_->options().requirepass.empty();
  configure_parser(connection);
  ++engine_->statistics().connections_received;
  connections_.emplace(connection, std::move(owned));
  engine_->add_session(&session);
  net_->attach(socket, connection);
}

// A connection that is told why and closed; it never executes anything.
void Server::refuse_newcomer(iouring::SocketId socket, std::string_view error) {
  auto owned = std::make_unique<Connection>(this, socket, engine_->next_session_id());
  Connection* const connection = owned.get();
  connections_.emplace(connection, std::move(owned));
  net_->attach(socket, connection);
  connection->session().reply.error(error);
  connection->close_after_flush();
}

void Server::configure_parser(Connection* connection) {
  connection->parser().set_authenticated(!engine_->must_authenticate(connection->session()));
  connection->parser().set_bulk_bytes_max(
      static_cast<uint64_t>(engine_->options().proto_max_bulk_len));
}

// ---- Connections

void Server::enqueue(Connection* connection) {
  if (connection->queued || connection->closing()) return;
  connection->queued = true;
  ready_.push_back(connection);
}

void Server::touch(Connection* connection) {
  if (connection->touched || connection->closing()) return;
  connection->touched = true;
  touched_.push_back(connection);
}

uint64_t Server::query_buffer_limit() const { return engine_->options().client_query_buffer_limit; }

void Server::log_closing(const Session& session, const char* why) {
  engine_->log().warning("Closing client that {}: id={} addr={}", why, session.id,
                         session.peer_address);
}

void Server::forget_session(Connection* connection) {
  engine_->remove_session(&connection->session());
}

void Server::destroy(Connection* connection) {
  client_memory_.forget(connection);
  if (connection->queued) std::erase(ready_, connection);
  std::erase(touched_, connection);
  if (connection->listed_as_held) std::erase(held_, connection);
  connections_.erase(connection);
}

// ---- Output that waits for the append only file

void Server::note_held(Connection* connection) {
  if (connection->listed_as_held) return;
  connection->listed_as_held = true;
  held_.push_back(connection);
}

void Server::on_output_released() {
  for (Connection* connection : std::exchange(held_, {})) {
    connection->listed_as_held = false;
    if (!connection->closing()) connection->flush();
  }
}

void Server::on_outcome_unknown() {
  for (const auto& [connection, owned] : connections_) {
    if (!connection->is_held() || connection->closing()) continue;
    log_closing(connection->session(), "waits for a reply whose outcome is unknown");
    connection->close();
  }
}

uint64_t Server::begin_send(uint64_t bytes) {
  Statistics& statistics = engine_->statistics();
  statistics.output_bytes += bytes;
  statistics.send_bytes_in_flight += bytes;
  statistics.send_bytes_in_flight_max =
      std::max(statistics.send_bytes_in_flight_max, statistics.send_bytes_in_flight);
  ++statistics.sends_in_flight;
  statistics.sends_in_flight_max =
      std::max(statistics.sends_in_flight_max, statistics.sends_in_flight);
  return engine_->environment().loop->turn_ns();
}

void Server::end_send(uint64_t bytes, uint64_t begin_ns) {
  Statistics& statistics = engine_->statistics();
  ++statistics.writes;
  --statistics.sends_in_flight;
  statistics.send_bytes_in_flight -= bytes;
  statistics.send_latency.add(engine_->environment().loop->turn_ns() - begin_ns);
}

// ---- Turns

void Server::turn() {
  iouring::Loop& loop = *engine_->environment().loop;
  const uint64_t now_ns = turn_end_ns_;
  const uint64_t tick_ns = engine_->next_tick_ns();
  const bool poll = more_work_ || (!ready_.empty() && !engine_->commands_held());
  loop.turn(poll || tick_ns <= now_ns ? 0 : tick_ns - now_ns);
  engine_->begin_turn();
  run_rounds();
  more_work_ = engine_->end_turn();
  finish_turn();
}

void Server::run_rounds() {
  size_t commands = 0;
  while (!engine_->commands_held() && !engine_->must_send() && !ready_.empty() &&
         commands < kTurnCommands) {
    gather();
    commands += batch_.size();
    if (batch_.empty() && in_round_.empty()) continue;
    execute_batch();
    settle_round();
  }
}

void Server::gather() {
  batch_.clear();
  in_round_.clear();
  while (!ready_.empty() && batch_.size() < kBatchCommands) {
    Connection* const connection = ready_.front();
    ready_.pop_front();
    connection->queued = false;
    touch(connection);
    const size_t before = batch_.size();
    const bool more = take(connection);
    if (batch_.size() != before) in_round_.push_back(connection);
    // Behind the others, so that a long pipeline does not keep them waiting.
    if (more && batch_.size() == before) enqueue(connection);
  }
}

bool Server::take(Connection* connection) {
  connection->parser().set_authenticated(!engine_->must_authenticate(connection->session()));
  const size_t before = batch_.size();
  if (LargeCommand* const large = connection->large()) [[unlikely]] {
    if (!connection->may_execute()) return false;
    if (large->is_complete()) {
      take_large_command(connection);
      return true;
    }
    if (!connection->receive_large()) {
      connection->on_starved();
      return false;
    }
  }
  while (batch_.size() < kBatchCommands && connection->may_execute()) {
    const std::string_view view = connection->view();
    resp::CommandParser& parser = connection->parser();
    const resp::ParseStatus status = parser.parse(view.substr(connection->parsed), &arena_);
    connection->parsed += parser.consumed();
    switch (status) {
      case resp::ParseStatus::kCommand: {
        if (connection->large() != nullptr) [[unlikely]] {
          connection->complete_large();
          take_large_command(connection);
          return true;
        }
        Request request = engine_->prepare(connection->session(), parser.arguments());
        batch_.push_back({connection, request, connection->parsed});
        // What it may send next depends on whether this command authenticates it.
        if (engine_->must_authenticate(connection->session())) return true;
        break;
      }
      case resp::ParseStatus::kError:
        if (batch_.size() == before) protocol_error(connection);
        return false;
      case resp::ParseStatus::kLargeBulk:
        if (batch_.size() != before) return true;
        connection->drop_parsed();
        if (!take_large(connection)) return false;
        break;
      case resp::ParseStatus::kIncomplete:
        // Views of commands in the batch must stay: more comes into view once they have run.
        if (batch_.size() != before) return true;
        connection->drop_parsed();
        if (connection->pull()) break;
        connection->on_starved();
        return false;
    }
  }
  return connection->may_execute();
}

void Server::look_for_large(Connection* connection) {
  connection->parser().set_authenticated(!engine_->must_authenticate(connection->session()));
  const resp::ParseStatus status = connection->parser().parse(connection->view(), &arena_);
  if (status == resp::ParseStatus::kCommand) return;  // It is parsed again when its turn has come.
  connection->parsed += connection->parser().consumed();
  connection->drop_parsed();
  if (status == resp::ParseStatus::kLargeBulk && begin_large(connection))
    connection->receive_large();
}

bool Server::begin_large(Connection* connection) {
  const resp::LargeBulk bulk = connection->parser().large_bulk();
  if (bulk.total_bytes > client_memory_.bulk_bytes_max()) return false;
  if (!is_chunked_value(*connection, bulk)) return false;
  connection->begin_large();
  return true;
}

bool Server::take_large(Connection* connection) {
  if (begin_large(connection)) {
    if (connection->receive_large()) return true;
    connection->on_starved();
    return false;
  }
  const resp::LargeBulk bulk = connection->parser().large_bulk();
  if (bulk.total_bytes > client_memory_.bulk_bytes_max()) {
    engine_->reply_error(&connection->session(),
                         fmt::format("-OOM command needs {} bytes, limit {}", bulk.total_bytes,
                                     client_memory_.bulk_bytes_max()));
    log_closing(connection->session(), "sends a bulk of more than a quarter of maxmemory");
    connection->close_after_flush();
    return false;
  }
  // It is put together once, when all of it is here: doubling a buffer would hold it three times.
  const uint64_t missing = bulk.total_bytes - bulk.bytes_here;
  if (connection->behind_bytes() >= missing) {
    connection->pull_exactly(missing);
    return true;
  }
  connection->on_starved();
  return false;
}

bool Server::is_chunked_value(const Connection& connection, const resp::LargeBulk& bulk) const {
  if (bulk.total_bytes <= base::kInlineValueBytesMax || bulk.name_bytes == 0) return false;
  if (bulk.total_bytes > kChunkedStringBytesMax) return false;
  const std::string_view name = connection.view().substr(bulk.name_offset, bulk.name_bytes);
  const Command* const command = engine_->commands().resolve({&name, 1});
  return command != nullptr && command->chunked_word == bulk.argument_index;
}

void Server::take_large_command(Connection* connection) {
  Request request = engine_->prepare(connection->session(), connection->large()->words());
  request.large = connection->large();
  batch_.push_back({connection, request, connection->parsed});
}

void Server::protocol_error(Connection* connection) {
  engine_->reply_error(&connection->session(), connection->parser().error_text());
  connection->close_after_flush();
}

void Server::execute_batch() {
  for (const Item& item : batch_)
    engine_->prefetch_entries(item.connection->session(), item.request);
  engine_->begin_batch();
  for (const Item& item : batch_) execute(item);
  engine_->end_batch();
}

void Server::execute(const Item& item) {
  Connection* const connection = item.connection;
  if (!connection->may_execute() || engine_->must_send()) return skip(item);
  Session& session = connection->session();
  session.discards_reply = session.reply_mode != ReplyMode::kOn;
  const uint64_t replied = connection->output().produced();
  const Outcome outcome = engine_->execute(&session, item.request);
  session.discards_reply = false;
  if (outcome == Outcome::kParked) return;
  connection->executed = item.end;
  if (item.request.large != nullptr) [[unlikely]]
    connection->end_large();
  if (session.reply_mode == ReplyMode::kOn) [[likely]]
    return;
  if (session.reply_mode == ReplyMode::kSkipNext) {
    session.reply_mode = ReplyMode::kSkip;
    connection->output().truncate(replied);
  } else {
    connection->output().truncate(replied);
    if (session.reply_mode == ReplyMode::kSkip) session.reply_mode = ReplyMode::kOn;
  }
  connection->output().append(session.kept_pushes);
  session.kept_pushes.clear();
}

// Its session waits: this command runs later. What it will need is read meanwhile.
void Server::skip(const Item& item) {
  Session& session = item.connection->session();
  if (!session.parked || item.connection->closing()) return;
  engine_->look_ahead(&session, item.request, ++session.looked_ahead);
}

void Server::settle_round() {
  for (Connection* connection : in_round_) {
    connection->session().looked_ahead = 0;
    if (connection->closing()) continue;
    connection->rewind_parser();
    connection->consume();
    if (connection->session().close_requested) {
      connection->close();
    } else if (connection->has_input() && connection->may_execute()) {
      enqueue(connection);
    }
  }
}

void Server::finish_turn() {
  for (Connection* connection : touched_) {
    connection->touched = false;
    if (connection->closing()) continue;
    if (connection->session().close_requested) {
      connection->close();
      continue;
    }
    if (connection->output().pending_bytes() > kFreeOutputBytes) limit_output(connection);
    connection->flush();
    if (!connection->closing()) connection->keep_arrived();
  }
  touched_.clear();
  for (Connection* connection : ready_) connection->keep_arrived();
  arena_.clear();
  net_->recycle();
  client_memory_.resume_paused();
  if (client_memory_.over_limit(0)) close_largest();
  const int64_t now_ms = engine_->now_ms();
  if (now_ms - last_idle_check_ms_ >= kIdleCheckMs) close_idle(now_ms);
  turn_end_ns_ = engine_->environment().clock->monotonic_ns();
  engine_->statistics().turns.add(turn_end_ns_ - engine_->environment().loop->turn_ns());
}

// Before anything is sent, as in Redis: what one command adds can be too much already.
void Server::limit_output(Connection* connection) {
  if (connection->closing()) return;
  const uint64_t pending = connection->output().pending_bytes();
  const ClientClass client_class =
      connection->session().subscriptions != nullptr ? ClientClass::kPubsub : ClientClass::kNormal;
  const OutputBufferLimit& limit =
      engine_->options().client_output_buffer_limit[static_cast<size_t>(client_class)];
  if (engine_->must_authenticate(connection->session()) && pending > kFreeOutputBytes)
    return close_over_output(connection, "does not read its replies and has not authenticated");
  if (limit.hard_bytes != 0 && pending > limit.hard_bytes)
    return close_over_output(connection, "exceeds the hard client-output-buffer-limit");
  if (limit.soft_bytes == 0 || pending <= limit.soft_bytes) {
    connection->over_soft_limit_ms = 0;
    return;
  }
  const int64_t now_ms = engine_->now_ms();
  if (connection->over_soft_limit_ms == 0) connection->over_soft_limit_ms = now_ms;
  if (now_ms - connection->over_soft_limit_ms > limit.soft_seconds * 1000)
    close_over_output(connection, "exceeds the soft client-output-buffer-limit");
}

void Server::close_over_output(Connection* connection, const char* why) {
  ++engine_->statistics().output_buffer_limit_disconnections;
  log_closing(connection->session(), why);
  connection->close();
}

void Server::close_idle(int64_t now_ms) {
  last_idle_check_ms_ = now_ms;
  const int64_t timeout_ms = engine_->options().timeout * 1000;
  std::vector<Connection*> gone;
  for (const auto& [connection, owned] : connections_) {
    limit_output(connection);
    const Session& session = connection->session();
    const bool idle = timeout_ms != 0 && !session.blocked && !session.parked &&
                      session.subscriptions == nullptr && now_ms - session.active_ms > timeout_ms;
    if (session.close_requested || idle) gone.push_back(connection);
  }
  for (Connection* connection : gone) connection->close();
}

// One at a time: what those hold that are being closed is as good as free.
void Server::close_largest() {
  Connection* largest = nullptr;
  uint64_t closing_bytes = 0;
  for (const auto& [connection, owned] : connections_) {
    if (connection->closing()) closing_bytes += connection->buffer_bytes();
    if (connection->closing() || connection->session().no_evict) continue;
    if (largest == nullptr || connection->buffer_bytes() > largest->buffer_bytes())
      largest = connection;
  }
  if (largest == nullptr || !client_memory_.over_limit(closing_bytes)) return;
  ++engine_->statistics().evicted_clients;
  log_closing(largest->session(), "holds the most of the memory for clients (maxmemory-clients)");
  client_memory_.note_closed(engine_->environment().loop->turn_ns());
  largest->close();
}

void Server::stop() {
  stopping_ = true;
  listeners_.close();
  for (const auto& [connection, owned] : connections_) connection->close_after_flush();
}

}  // namespace engine
