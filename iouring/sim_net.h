// SimNet: a Net in memory. Tests hold the clients' ends; bytes travel in pieces of random size with
// random delays of a SimLoop, each direction in order.
//
// Received bytes are overwritten at recycle(), so that whoever keeps a view of them is found out.

#ifndef BASALT_IOURING_SIM_NET_H_
#define BASALT_IOURING_SIM_NET_H_

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "iouring/net.h"
#include "iouring/sim_loop.h"

namespace iouring {

class SimNet final : public Net {
 public:
  // A client's end of a connection.
  struct ClientId {
    uint32_t number = UINT32_MAX;
  };

  // `loop` outlives the net.
  explicit SimNet(SimLoop* loop);
  ~SimNet() override;

  // --- The clients' side ---

  ClientId connect(ListenerId listener);
  void client_send(ClientId client, std::string_view bytes);
  // The client sends no more; it still reads.
  void client_shut(ClientId client);
  // The client is gone: the server's receives and sends fail with ECONNRESET.
  void client_reset(ClientId client);
  // What has arrived since the last call.
  std::string client_take(ClientId client);
  // How many bytes the client lets arrive before it takes them; without bound at first.
  void set_window(ClientId client, size_t bytes);
  // The server has closed the connection.
  bool client_is_closed(ClientId client) const;

  // --- Net ---

  base::Result<ListenerId> listen(const ListenOptions& options, AcceptCallback on_accept) override;
  void close_listener(ListenerId id) override;
  uint16_t listener_port(ListenerId id) const override;
  void pause_accept() override { accept_paused_ = true; }
  void resume_accept() override;
  void attach(SocketId id, SocketHandler* handler) override;
  void send(SocketId id, std::span<const iovec> parts, SendNotice notice) override;
  void pause_receive(SocketId id) override;
  void resume_receive(SocketId id) override;
  void receive_into(SocketId id, base::MutableByteSpan into) override;
  void close(SocketId id) override;
  void recycle() override;
  std::string peer_address(SocketId id) const override;
  std::string local_address(SocketId id) const override;
  bool is_unix(SocketId) const override { return false; }
  bool is_local(SocketId) const override { return true; }
  int descriptor(SocketId id) const override { return static_cast<int>(id.slot); }
  void set_keepalive(uint32_t) override {}

 private:
  // Both ends. Numbers are never reused: the slot of the SocketId is the client's number.
  struct Connection;
  struct Listener {
    AcceptCallback on_accept;
    uint16_t port;
    bool open;
  };

  Connection& connection(SocketId id) const;
  void accept(uint32_t number);
  void schedule_receive(Connection* at);
  void receive_step(uint32_t number);
  void end_receive(Connection* at, int error);
  void schedule_send(Connection* at);
  void send_step(uint32_t number);
  void finish_send(Connection* at, int32_t result);

  SimLoop* const loop_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<uint32_t> waiting_;  // Not accepted yet.
  std::vector<std::unique_ptr<std::string>> held_;
  bool accept_paused_ = false;
};

}  // namespace iouring

#endif  // BASALT_IOURING_SIM_NET_H_
