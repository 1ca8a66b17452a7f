#include "iouring/sim_net.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/check.h"

namespace iouring {

namespace {

constexpr uint64_t kTraceAccept = 0x400;
constexpr uint64_t kTraceReceive = 0x401;
constexpr uint64_t kTraceSend = 0x402;
constexpr uint64_t kTraceClose = 0x403;
constexpr SimDelay kDelay{5, 200};
constexpr size_t kPieceBytesMax = 8192;

}  // namespace

struct SimNet::Connection {
  uint32_t number = 0;
  uint32_t listener = 0;
  SocketHandler* handler = nullptr;
  bool accepted = false;
  bool closed = false;
  bool paused = false;
  bool receive_ended = false;
  bool receive_scheduled = false;
  bool send_scheduled = false;
  // The client.
  bool client_shut = false;
  bool client_reset = false;
  size_t window = SIZE_MAX;
  std::string to_server;
  std::string to_client;
  // The server's operations.
  bool has_into = false;
  base::MutableByteSpan into;
  size_t into_filled = 0;
  bool sending = false;
  std::string outgoing;
  size_t outgoing_sent = 0;
};

SimNet::SimNet(SimLoop* loop) : loop_(loop) {}
SimNet::~SimNet() = default;

SimNet::Connection& SimNet::connection(SocketId id) const {
  CHECK_LT(id.slot, connections_.size());
  CHECK(connections_[id.slot]->accepted);
  return *connections_[id.slot];
}

// --- The clients' side ---

SimNet::ClientId SimNet::connect(ListenerId listener) {
  CHECK(listeners_[listener.slot].open);
  auto added = std::make_unique<Connection>();
  added->number = static_cast<uint32_t>(connections_.size());
  added->listener = listener.slot;
  const uint32_t number = added->number;
  connections_.push_back(std::move(added));
  loop_->schedule(kDelay, kTraceAccept, [this, number] { accept(number); });
  return {number};
}

void SimNet::client_send(ClientId client, std::string_view bytes) {
  Connection& at = *connections_[client.number];
  CHECK(!at.client_shut && !at.client_reset);
  at.to_server += bytes;
  schedule_receive(&at);
}

void SimNet::client_shut(ClientId client) {
  connections_[client.number]->client_shut = true;
  schedule_receive(connections_[client.number].get());
}

void SimNet::client_reset(ClientId client) {
  connections_[client.number]->client_reset = true;
  schedule_receive(connections_[client.number].get());
  schedule_send(connections_[client.number].get());
}

std::string SimNet::client_take(ClientId client) {
  Connection& at = *connections_[client.number];
  std::string bytes = std::exchange(at.to_client, {});
  schedule_send(&at);
  return bytes;
}

void SimNet::set_window(ClientId client, size_t bytes) {
  connections_[client.number]->window = bytes;
  schedule_send(connections_[client.number].get());
}

bool SimNet::client_is_closed(ClientId client) const { return connections_[client.number]->closed; }

// --- Listening ---

base::Result<ListenerId> SimNet::listen(const ListenOptions& options, AcceptCallback on_accept) {
  const auto slot = static_cast<uint32_t>(listeners_.size());
  const auto port = options.port != 0 ? options.port : static_cast<uint16_t>(40000 + slot);
  for (const Listener& other : listeners_)
    if (other.open && other.port == port)
      return base::Error{base::ErrorCode::kBusy, EADDRINUSE, "bind"};
  listeners_.push_back({std::move(on_accept), port, true});
  return ListenerId{slot};
}

void SimNet::close_listener(ListenerId id) { listeners_[id.slot].open = false; }

uint16_t SimNet::listener_port(ListenerId id) const { return listeners_[id.slot].port; }

void SimNet::accept(uint32_t number) {
  Connection& at = *connections_[number];
  Listener& from = listeners_[at.listener];
  if (!from.open) {
    at.closed = true;
  } else if (accept_paused_) {
    waiting_.push_back(number);
  } else {
    at.accepted = true;
    from.on_accept({number, 1});
  }
}

void SimNet::resume_accept() {
  accept_paused_ = false;
  for (const uint32_t number : std::exchange(waiting_, {}))
    loop_->schedule(kDelay, kTraceAccept, [this, number] { accept(number); });
}

void SimNet::attach(SocketId id, SocketHandler* handler) {
  Connection& at = connection(id);
  CHECK(at.handler == nullptr && handler != nullptr);
  at.handler = handler;
  schedule_receive(&at);
}

// --- Receiving ---

void SimNet::schedule_receive(Connection* at) {
  const bool wants = at->handler != nullptr && !at->closed && !at->receive_ended;
  const bool has = !at->to_server.empty() || at->client_shut || at->client_reset;
  if (!wants || !has || at->receive_scheduled || (at->paused && !at->has_into)) return;
  at->receive_scheduled = true;
  const uint32_t number = at->number;
  loop_->schedule(kDelay, kTraceReceive, [this, number] { receive_step(number); });
}

// A step that was scheduled before a pause still delivers, as the kernel may.
void SimNet::receive_step(uint32_t number) {
  Connection* const at = connections_[number].get();
  at->receive_scheduled = false;
  if (at->closed) return;
  if (at->client_reset) return end_receive(at, ECONNRESET);
  if (at->to_server.empty()) return end_receive(at, 0);
  size_t piece = std::min(at->to_server.size(), kPieceBytesMax);
  if (!loop_->random().one_in(4)) piece = 1 + loop_->random().below(piece);
  if (at->has_into) {
    piece = std::min(piece, at->into.size() - at->into_filled);
    std::copy_n(base::as_bytes(at->to_server).data(), piece, at->into.data() + at->into_filled);
    at->to_server.erase(0, piece);
    at->into_filled += piece;
    if (at->into_filled == at->into.size()) {
      at->has_into = false;
      at->handler->on_receive_into(at->into_filled);
    }
  } else {
    held_.push_back(std::make_unique<std::string>(at->to_server.substr(0, piece)));
    at->to_server.erase(0, piece);
    at->handler->on_receive(base::as_bytes(*held_.back()));
  }
  schedule_receive(at);
}

void SimNet::end_receive(Connection* at, int error) {
  at->receive_ended = true;
  if (at->has_into) {
    at->has_into = false;
    at->handler->on_receive_into(at->into_filled);
  }
  if (!at->closed) at->handler->on_receive_end(error);
}

void SimNet::pause_receive(SocketId id) { connection(id).paused = true; }

void SimNet::resume_receive(SocketId id) {
  connection(id).paused = false;
  schedule_receive(&connection(id));
}

void SimNet::receive_into(SocketId id, base::MutableByteSpan into) {
  Connection& at = connection(id);
  CHECK(!at.has_into && !at.closed && !at.receive_ended && !into.empty());
  at.has_into = true;
  at.into = into;
  at.into_filled = 0;
  schedule_receive(&at);
}

void SimNet::recycle() {
  for (const auto& bytes : held_) std::fill(bytes->begin(), bytes->end(), '\xdd');
  held_.clear();
}

// --- Sending ---

void SimNet::send(SocketId id, std::span<const iovec> parts, SendNotice) {
  Connection& at = connection(id);
  CHECK(at.handler != nullptr && !at.sending && !at.closed);
  at.sending = true;
  at.outgoing.clear();
  at.outgoing_sent = 0;
  for (const iovec& part : parts)
    at.outgoing.append(static_cast<const char*>(part.iov_base), part.iov_len);
  CHECK(!at.outgoing.empty() && at.outgoing.size() <= INT_MAX);
  schedule_send(&at);
}

void SimNet::schedule_send(Connection* at) {
  const bool blocked = at->to_client.size() >= at->window && !at->client_reset;
  if (!at->sending || at->closed || at->send_scheduled || blocked) return;
  at->send_scheduled = true;
  const uint32_t number = at->number;
  loop_->schedule(kDelay, kTraceSend, [this, number] { send_step(number); });
}

void SimNet::send_step(uint32_t number) {
  Connection* const at = connections_[number].get();
  at->send_scheduled = false;
  if (at->closed || !at->sending) return;
  if (at->client_reset) return finish_send(at, -ECONNRESET);
  const size_t room = at->window - std::min(at->window, at->to_client.size());
  const size_t left = at->outgoing.size() - at->outgoing_sent;
  const size_t piece = std::min(room, left);
  at->to_client.append(at->outgoing, at->outgoing_sent, piece);
  at->outgoing_sent += piece;
  if (at->outgoing_sent == at->outgoing.size())
    return finish_send(at, static_cast<int32_t>(at->outgoing_sent));
  schedule_send(at);
}

void SimNet::finish_send(Connection* at, int32_t result) {
  at->sending = false;
  at->handler->on_send_done(result);
}

void SimNet::close(SocketId id) {
  Connection& at = connection(id);
  if (at.closed) return;
  at.closed = true;
  if (at.handler == nullptr) return;
  SocketHandler* const handler = at.handler;
  loop_->schedule(kDelay, kTraceClose, [handler] { handler->on_closed(); });
}

std::string SimNet::peer_address(SocketId id) const {
  return "127.0.0.1:" + std::to_string(10000 + id.slot % 50000);
}

std::string SimNet::local_address(SocketId id) const {
  return "127.0.0.1:" + std::to_string(listeners_[connection(id).listener].port);
}

}  // namespace iouring
