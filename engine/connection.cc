#include "engine/connection.h"

#include "engine/server.h"

namespace engine {

Connection::Connection(Server* server, iouring::SocketId socket, uint64_t session_id)
    : server_(server),
      socket_(socket),
      query_(&server->blocks()),
      output_(&server->blocks()),
      session_(session_id, this, &output_) {}

Connection::~Connection() { end_large(); }

void Connection::on_receive(base::ByteSpan bytes) {
  if (closing_) return;
  server_->count_input(bytes.size());
  session_.query_buffer_bytes += bytes.size();
  const std::string_view text = base::as_text(bytes);
  if (query_.empty() && arrived_.empty()) {
    arrived_ = text;
    // What follows the beginning of a large value has arrived as well, or is about to.
    if (text.size() >= kFullBytes && large_ == nullptr && may_execute())
      server_->look_for_large(this);
  } else {
    keep_arrived();
    if (large_ != nullptr && large_->missing_bytes() > 0) {
      receive_of_large(text);
    } else {
      query_.append(text);
      limit_input();
    }
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
  if (input_bytes() > server_->query_buffer_limit()) {
    server_->log_closing(session_, "exceeded query buffer limit");
    close();
  } else if (!paused_ && !server_->client_memory().may_receive(input_bytes())) {
    paused_ = true;
    server_->client_memory().add_paused(this);
    server_->net().pause_receive(socket_);
  }
}

void Connection::on_receive_end(int) {
  input_ended_ = true;
  if (closing_) return;
  // Nobody would get what it would take.
  if (session_.waits_for_keys) return close();
  // What the peer sent before is executed first, as far as its replies can still be sent.
  if (!has_input() && !session_.parked && !session_.blocked) return close_after_flush();
  server_->enqueue(this);
}

void Connection::on_starved() {
  if (input_ended_) close_after_flush();
}

// ---- Large values

void Connection::begin_large() {
  const resp::LargeBulk bulk = parser_.large_bulk();
  CHECK_EQ(parsed, 0u);
  large_ = std::make_unique<LargeCommand>(bulk.total_bytes);
  large_offset_ = bulk.offset;
  if (query_.empty()) {
    query_.append(arrived_.substr(0, bulk.offset));
    large_->append(arrived_.substr(bulk.offset));
    arrived_ = {};
  }
  parser_.receive_out_of_line();
}

// Bytes that came before receive_into() was asked for, or after the last of it.
void Connection::receive_of_large(std::string_view text) {
  if (query_.bytes() == large_offset_) text.remove_prefix(large_->append(text));
  query_.append(text);
  receive_large();
}

bool Connection::receive_large() {
  while (large_->missing_bytes() > 0) {
    const std::string_view piece = query_.piece_after(large_offset_);
    if (piece.empty()) break;
    query_.drop_after(large_offset_, large_->append(piece));
  }
  note_large();
  if (large_->missing_bytes() == 0) return true;
  if (into_bytes_ != 0 || input_ended_) return false;
  limit_input();
  if (receives_nothing()) return false;
  const base::MutableByteSpan space = large_->space();
  into_bytes_ = space.size();
  server_->net().receive_into(socket_, space);
  return false;
}

void Connection::on_receive_into(size_t result) {
  const bool ended = result < into_bytes_;  // on_receive_end follows.
  into_bytes_ = 0;
  server_->count_input(result);
  session_.query_buffer_bytes += result;
  large_->filled(result);
  session_.active_ms = server_->now_ms();
  if (!ended && receive_large()) server_->enqueue(this);
}

void Connection::note_large() {
  server_->client_memory().add_large(large_->received_bytes() - large_bytes_);
  large_bytes_ = large_->received_bytes();
}

void Connection::complete_large() {
  large_->complete(parser_.arguments(), parser_.out_of_line().front().argument_index);
  executed = parsed;
  consume();
}

void Connection::end_large() {
  if (large_ == nullptr) return;
  server_->client_memory().remove_large(large_bytes_);
  large_bytes_ = 0;
  if (ChunkedString* const value = large_->take_value()) server_->condemn(value);
  session_.query_buffer_bytes -= large_->received_bytes();
  large_.reset();
}

void Connection::on_runnable() {
  session_.parked = false;
  server_->enqueue(this);
}

void Connection::on_output() { server_->touch(this); }

void Connection::resume() {
  paused_ = false;
  if (closing_) return;
  if (large_ != nullptr && large_->missing_bytes() > 0 && receive_large()) server_->enqueue(this);
  if (!receives_nothing()) server_->net().resume_receive(socket_);
}

void Connection::flush() {
  if (sending_ || closing_) return;
  const size_t count = output_.gather(pieces_, sendable());
  if (count == 0) {
    if (is_held()) return server_->note_held(this);
    if (session_.close_after_reply || (input_ended_ && !has_input() && may_execute())) close();
    return;
  }
  if (is_held()) server_->note_held(this);
  sending_ = true;
  send_begin_ns_ = server_->begin_send(output_.in_flight_bytes());
  // Often nothing has to be done after a send but to reuse its buffer.
  const bool waits = !output_.all_in_flight() || session_.close_after_reply || input_ended_ ||
                     has_input() || output_.in_flight_bytes() > kLazySendBytesMax;
  server_->net().send(socket_, {pieces_.data(), count},
                      waits ? iouring::SendNotice::kPrompt : iouring::SendNotice::kLazy);
}

// What was produced since the last call has seen all effects of now.
uint64_t Connection::sendable() {
  const OutputGate& gate = server_->output_gate();
  if (held_.empty() && !gate.holds()) [[likely]]
    return UINT64_MAX;
  const uint64_t produced = output_.produced();
  if (held_.empty()) sendable_ = output_.produced() - output_.pending_bytes();
  if (held_.empty() || held_.back().position < produced) {
    if (held_.size() == kHeldMax) held_.pop_back();
    held_.push_back({produced, gate.end()});
  }
  size_t safe = 0;
  while (safe < held_.size() && held_[safe].offset <= gate.safe())
    sendable_ = held_[safe++].position;
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(safe));
  return sendable_;
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
