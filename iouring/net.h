// Net: stream sockets. Nothing here allocates per request.
//
// A received run of bytes lies in a buffer of a ring shared by all sockets. It stays valid until
// recycle(), which the owner of the loop calls once a turn after it has executed the commands;
// whoever needs bytes for longer copies them. A turn that never recycles starves every socket.

#ifndef BASALT_IOURING_NET_H_
#define BASALT_IOURING_NET_H_

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/function.h"
#include "base/result.h"

namespace iouring {

// Names one connection. The generation makes a stale id detectable; a default SocketId is none.
struct SocketId {
  uint32_t slot = UINT32_MAX;
  uint32_t generation = 0;
  bool operator==(const SocketId&) const = default;
};

struct ListenerId {
  uint32_t slot = UINT32_MAX;
};

// When on_send_done comes.
enum class SendNotice : uint8_t {
  kPrompt,  // As soon as the send is over.
  kLazy,    // In the turn after that at the latest, which may wait for something else to happen.
            // Cheaper, for replies after which nothing has to be done.
};

// What happens on one socket. Callbacks follow the rules of loop.h, with as many calls as stated.
class SocketHandler {
 public:
  // The next bytes of the stream, valid until Net::recycle(). Any number of calls, several a turn.
  virtual void on_receive(base::ByteSpan bytes) = 0;
  // No more bytes will come: the peer has closed its side (error 0) or the receive failed (a
  // positive errno). At most once. Sending may still work after a 0.
  virtual void on_receive_end(int error) = 0;
  // receive_into() is over: `into` holds `result` bytes. Fewer than asked for means that the
  // stream ended (on_receive_end follows). Once for each receive_into().
  virtual void on_receive_into(size_t result) = 0;
  // The send is over: all its bytes (result), or -errno and the socket is fit only for close().
  // Once for each send().
  virtual void on_send_done(int32_t result) = 0;
  // Follows close(): no operation is left, the id is void, the handler may be destroyed. Once.
  virtual void on_closed() = 0;

 protected:
  ~SocketHandler() = default;
};

struct ListenOptions {
  std::string address;     // Numeric IPv4 or IPv6; "*" all IPv4 addresses, "::*" all IPv6 ones.
  uint16_t port = 0;       // 0: the kernel chooses; listener_port() tells.
  std::string unix_path;   // If not empty a unix socket; address and port are ignored.
  uint32_t unix_mode = 0;  // Permission bits of the unix socket; 0 leaves them to umask.
  int backlog = 511;
  uint32_t keepalive_s = 300;  // TCP keepalive of accepted sockets; 0 none.
};

class Net {
 public:
  using AcceptCallback = base::InlineFunction<void(SocketId)>;

  virtual ~Net() = default;

  // Binds and listens; accepting begins with the next turn. `on_accept` runs once for each new
  // connection, which must be attached or closed before the turn ends. A stale unix socket file
  // is replaced. Errors are told apart by sys_errno: EADDRINUSE (kBusy; find_port_owner() may know
  // who), EADDRNOTAVAIL and EAFNOSUPPORT (this host has no such address: Redis's optional
  // addresses skip it), EACCES; an address that does not parse is kInvalid.
  virtual base::Result<ListenerId> listen(const ListenOptions& options,
                                          AcceptCallback on_accept) = 0;
  virtual void close_listener(ListenerId id) = 0;
  // The bound port of a TCP listener.
  virtual uint16_t listener_port(ListenerId id) const = 0;
  // Stops and resumes accepting on all listeners (at maxclients): the kernel's backlog keeps the
  // newcomers. A few connections accepted already may still arrive after a pause.
  virtual void pause_accept() = 0;
  virtual void resume_accept() = 0;

  // Begins to receive. `handler` outlives the socket. Once per socket.
  virtual void attach(SocketId id, SocketHandler* handler) = 0;

  // Sends all bytes of `parts` (1 to IOV_MAX) in order. The array and the bytes stay unchanged
  // until on_send_done. REQUIRES: attached, no other send in flight on this socket, not closed, not
  // empty.
  virtual void send(SocketId id, std::span<const iovec> parts, SendNotice notice) = 0;

  // Stops receiving until resume_receive(), so that the peer is slowed down by its window. What
  // the kernel has already delivered is still passed on: up to some buffers' worth. Both are
  // idempotent; pausing during receive_into() takes effect after it.
  virtual void pause_receive(SocketId id) = 0;
  virtual void resume_receive(SocketId id) = 0;

  // The next `into.size()` bytes of the stream go to `into` instead of on_receive; then receiving
  // goes on as before. For large bulks: one copy, no buffer of the ring. `into` belongs to the
  // operation until on_receive_into. Bytes that on_receive has passed are not among them.
  // REQUIRES: no receive_into in progress, on_receive_end not called, not closed, into not empty.
  virtual void receive_into(SocketId id, base::MutableByteSpan into) = 0;

  // Ends the connection: what is in flight is cut off and no callback of the handler runs any more,
  // but on_closed, and that not inside this call. Until then the bytes of a send or receive_into in
  // flight belong to it. A socket that was never attached has no callback. Idempotent until
  // on_closed.
  virtual void close(SocketId id) = 0;

  // Gives all received bytes back; call once per turn. Sockets that found no buffer go on.
  virtual void recycle() = 0;

  // As Redis prints them: "127.0.0.1:6379", "[::1]:6379", "/path:0".
  virtual std::string peer_address(SocketId id) const = 0;
  virtual std::string local_address(SocketId id) const = 0;
  virtual bool is_unix(SocketId id) const = 0;
  // The peer's address is a loopback one, or a unix socket (for protected-mode).
  virtual bool is_local(SocketId id) const = 0;
  // The descriptor for CLIENT LIST's fd field; nobody reads or writes it.
  virtual int descriptor(SocketId id) const = 0;
  // Applies to the sockets accepted from now on: CONFIG SET tcp-keepalive.
  virtual void set_keepalive(uint32_t seconds) = 0;
};

// The process that listens on the TCP port of this host, or 0 if it cannot be told (another
// user's process). Reads /proc.
int find_port_owner(uint16_t port);

}  // namespace iouring

#endif  // BASALT_IOURING_NET_H_
