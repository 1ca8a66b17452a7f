#include "engine/connection.h"

#include "engine/server.h"

namespace engine {

Connection::Connection(Server* server, iouring::SocketId socket, uint64_t session_id)
    : server_(server),
      socket_(socket),
      query_(&server->blocks()),
      output_(&server->blocks()),
      session_(session_id, this, &output_) {}

Connection::~Connection() = default;

void Connection::on_receive(base::ByteSpan bytes) {
  if (closing_) return;
  server_->count_input(bytes.size());
  session_.query_buffer_bytes += bytes.size();
  const std::string_view text = base::as_text(bytes);
  if (query_.empty() && arrived_.empty()) {
    arrived_ = text;
  } else {
    keep_arrived();
    query_.append(text);
    limit_input();
  }
  server_->enqueue(this);
}

void Connection::keep_arrived() {
  if (arrived_.empty()) return;
  query_.append(arrived_);
  arrived_ = {};
}

void Connection::consume() {
  if (query_.empty()) {
    arrived_.remove_prefix(executed);
  } else {
    query_.drop(executed);
  }
  session_.query_buffer_bytes -= executed;
  parsed -= executed;
  executed = 0;
}

void Connection::rewind_parser() {
  if (parsed == executed) return;
  parser_ = resp::CommandParser();
  server_->configure_parser(this);
  parsed = executed;
}

// A client that sends faster than it may be served is slowed down by its window; one that passes
// its limit is closed, as Redis does.
void Connection::limit_input() {
  if (query_.bytes() > server_->query_buffer_limit()) {
    server_->log_closing(session_, "exceeded query buffer limit");
    close();
  } else if (!paused_ && !server_->client_memory().may_receive(query_.bytes())) {
    paused_ = true;
    server_->client_memory().add_paused(this);
    server_->net().pause_receive(socket_);
  }
}

void Connection::on_receive_end(int) {
  input_ended_ = true;
  if (closing_) return;
  // What the peer sent before is executed first, as far as its replies can still be sent.
  if (!has_input() && !session_.parked && !session_.blocked) return close_after_flush();
  server_->enqueue(this);
}

void Connection::on_starved() {
  if (input_ended_) close_after_flush();
}

void Connection::on_receive_into(size_t) { CHECK(false); }  // Never asked for.

void Connection::on_runnable() {
  session_.parked = false;
  server_->enqueue(this);
}

void Connection::resume() {
  paused_ = false;
  if (!closing_) server_->net().resume_receive(socket_);
}

void Connection::flush() {
  if (sending_ || closing_) return;
  const size_t count = output_.gather(pieces_);
  if (count == 0) {
    if (session_.close_after_reply || (input_ended_ && !has_input() && may_execute())) close();
    return;
  }
  sending_ = true;
  send_begin_ns_ = server_->begin_send(output_.in_flight_bytes());
  // Often nothing has to be done after a send but to reuse its buffer.
  const bool waits = !output_.all_in_flight() || session_.close_after_reply || input_ended_ ||
                     has_input() || output_.in_flight_bytes() > kLazySendBytesMax;
  server_->net().send(socket_, {pieces_.data(), count},
                      waits ? iouring::SendNotice::kPrompt : iouring::SendNotice::kLazy);
}

void Connection::close_after_flush() {
  session_.close_after_reply = true;
  flush();
}

void Connection::on_send_done(int32_t result) {
  sending_ = false;
  server_->end_send(output_.in_flight_bytes(), send_begin_ns_);
  if (result < 0) return close();
  output_.sent();
  if (output_.empty()) over_soft_limit_ms = 0;
  if (!output_.empty() || session_.close_after_reply || input_ended_) flush();
  if (!closing_ && has_input()) server_->enqueue(this);
}

void Connection::close() {
  if (closing_) return;
  closing_ = true;
  server_->forget_session(this);
  server_->net().close(socket_);
}

void Connection::on_closed() {
  output_.clear();
  server_->destroy(this);
}

}  // namespace engine
