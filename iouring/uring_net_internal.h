// What uring_net.cc and uring_listen.cc share; nobody else includes it.

#ifndef BASALT_IOURING_URING_NET_INTERNAL_H_
#define BASALT_IOURING_URING_NET_INTERNAL_H_

#include <string>
#include <vector>

#include "iouring/uring_net.h"

namespace iouring {

// One connection. Lives in its slot for ever; between two connections it is blank but for the
// generation.
struct UringNet::Socket {
  SocketOperation receive_operation;
  SocketOperation send_operation;
  UringNet* net = nullptr;
  SocketHandler* handler = nullptr;
  RingFile file;
  SocketId id;
  Receive receive = Receive::kIdle;
  bool open = false;
  bool closing = false;
  bool paused = false;
  bool receive_ended = false;
  bool starved = false;     // Waits for recycle() to have buffers again.
  bool delivering = false;  // Received bytes are being handed out: nothing is armed meanwhile.
  bool send_in_flight = false;
  bool has_into = false;

  base::MutableByteSpan into;  // Of receive_into(), if has_into.
  size_t into_filled = 0;

  std::span<const iovec> parts;  // Of the send in flight.
  size_t send_bytes = 0;
  size_t sent_bytes = 0;
  msghdr message{};
  std::vector<iovec> rest;  // The parts that a short send has left.
};

struct UringNet::Listener : Operation {
  UringNet* net = nullptr;
  RingFile file;
  bool is_unix = false;
  bool armed = false;
  bool closing = false;
  uint16_t port = 0;
  TimerId rest_timer;  // Until accepting is tried again, short of descriptors.
  std::string unix_path;
  AcceptCallback on_accept;
};

}  // namespace iouring

#endif  // BASALT_IOURING_URING_NET_INTERNAL_H_
