// UringNet: the Net over a UringLoop.
//
// Receiving. All sockets share one ring of provided buffers. A multishot receive per socket stays
// armed; each of its completions names a buffer, which is passed to the handler and held until
// recycle(). A receive that ended because no buffer was left (ENOBUFS) is armed again by the
// recycle() that gives buffers back.
//
//   kIdle ----arm----> kMultishot --cancel--> kCancelling --terminal completion--> kIdle
//     \-----arm----> kInto (one receive into the caller's bytes) -------------------/
//
// receive_into() and pause_receive() cancel the multishot receive and wait for its terminal
// completion: bytes may still arrive through it. What does goes to receive_into()'s bytes first.
//
// Sending. One SQE per send with MSG_WAITALL, so that the kernel goes on by itself after a part;
// what it still leaves is submitted again. A lazy send is a quiet operation (UringLoop): the enter
// that sends the replies of a turn is then the one that waits for the next requests, where
// completions of sends would end its wait at once.

#ifndef BASALT_IOURING_URING_NET_H_
#define BASALT_IOURING_URING_NET_H_

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "iouring/net.h"
#include "iouring/uring_loop.h"

namespace iouring {

struct UringNetOptions {
  uint32_t buffers = 512;        // A power of two, at most 32768.
  uint32_t buffer_bytes = 8192;  // A multiple of 4096.
};

class UringNet final : public Net {
 public:
  // `loop` outlives the net. kNoMemory or kIo where the kernel refuses the buffer ring.
  static base::Result<std::unique_ptr<UringNet>> create(UringLoop* loop,
                                                        const UringNetOptions& options);
  // Closes everything without callbacks. The loop must not turn afterwards while receives or sends
  // were in flight.
  ~UringNet() override;

  base::Result<ListenerId> listen(const ListenOptions& options, AcceptCallback on_accept) override;
  void close_listener(ListenerId id) override;
  uint16_t listener_port(ListenerId id) const override;
  void pause_accept() override;
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
  bool is_unix(SocketId id) const override;
  bool is_local(SocketId id) const override;
  int descriptor(SocketId id) const override;
  void set_keepalive(uint32_t seconds) override;

 private:
  struct Socket;
  struct Listener;
  struct SocketOperation : Operation {
    Socket* socket = nullptr;
  };
  enum class Receive : uint8_t { kIdle, kMultishot, kCancelling, kInto };
  class Buffers;

  explicit UringNet(UringLoop* loop);

  // --- Accepting (uring_listen.cc) ---
  Listener& listener(ListenerId id) const;
  void arm_accept(Listener* from);
  static void accept_completed(Operation* operation, int32_t result, uint32_t flags);
  void destroy_listener(Listener* gone);
  SocketId adopt(int fd);

  // --- Sockets ---
  Socket& live_socket(SocketId id) const;
  static void receive_completed(Operation* operation, int32_t result, uint32_t flags);
  static void into_completed(Operation* operation, int32_t result, uint32_t flags);
  static void send_completed(Operation* operation, int32_t result, uint32_t flags);
  void receive_uncommon(Socket* socket, int32_t result, uint32_t flags, base::ByteSpan bytes);
  void deliver(Socket* socket, base::ByteSpan bytes);
  void end_receive(Socket* socket, int error);
  void finish_into(Socket* socket);
  // Arms what the socket wants, if nothing is in flight for receiving.
  void advance_receive(Socket* socket);
  void cancel_multishot(Socket* socket);
  void submit_send(Socket* socket, std::span<const iovec> parts);
  static void fill_send(Socket* socket, std::span<const iovec> parts, io_uring_sqe* sqe);
  void resubmit_rest(Socket* socket);
  // Frees a closing socket once nothing of it is in flight.
  void finish_close_if_idle(Socket* socket);
  void destroy(Socket* socket);

  UringLoop* const loop_;
  std::unique_ptr<Buffers> buffers_;
  std::vector<std::unique_ptr<Socket>> sockets_;  // By slot.
  std::vector<uint32_t> free_slots_;
  std::vector<SocketId> starved_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  bool accept_paused_ = false;
};

}  // namespace iouring

#endif  // BASALT_IOURING_URING_NET_H_
