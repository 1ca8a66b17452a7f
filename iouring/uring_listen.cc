// UringNet's listeners.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/check.h"
#include "iouring/socket_address.h"
#include "iouring/uring_net.h"
#include "iouring/uring_net_internal.h"

namespace iouring {

namespace {

// How long accepting rests after the process ran out of descriptors or memory.
constexpr uint64_t kAcceptRestNs = 100'000'000;

base::Error listen_error(int positive_errno, const char* detail) {
  if (positive_errno == EADDRINUSE) return {base::ErrorCode::kBusy, positive_errno, detail};
  return base::Error::from_errno(positive_errno, detail);
}

void set_option(int fd, int level, int name, int value) {
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

// Accepted sockets inherit all of these from their listener, which saves four system calls per
// connection. The proportions are Redis's.
void apply_keepalive(int fd, uint32_t seconds) {
  const auto interval = static_cast<int>(seconds);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, interval > 0 ? 1 : 0);
  if (interval == 0) return;
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, interval);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval >= 3 ? interval / 3 : 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

// Removes a socket file that nobody listens on any more; a live one stays and bind() fails.
void remove_stale_socket(const SocketAddress& address, const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  if (connect(fd, address.get(), address.bytes) != 0 && errno == ECONNREFUSED)
    ::unlink(path.c_str());
  ::close(fd);
}

base::Result<int> open_tcp(const ListenOptions& options) {
  auto address = resolve_address(options.address, options.port);
  if (!address.ok()) return address.error();
  const int fd = socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return listen_error(errno, "socket");
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address->family() == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  apply_keepalive(fd, options.keepalive_s);
  if (bind(fd, address->get(), address->bytes) == 0) return fd;
  const int error = errno;
  ::close(fd);
  return listen_error(error, "bind");
}

base::Result<int> open_unix(const ListenOptions& options) {
  auto address = unix_address(options.unix_path);
  if (!address.ok()) return address.error();
  remove_stale_socket(*address, options.unix_path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return listen_error(errno, "socket");
  if (bind(fd, address->get(), address->bytes) == 0) {
    if (options.unix_mode != 0) (void)chmod(options.unix_path.c_str(), options.unix_mode);
    return fd;
  }
  const int error = errno;
  ::close(fd);
  return listen_error(error, "bind");
}

}  // namespace

UringNet::Listener& UringNet::listener(ListenerId id) const {
  CHECK_LT(id.slot, listeners_.size());
  CHECK(listeners_[id.slot] != nullptr);
  return *listeners_[id.slot];
}

base::Result<ListenerId> UringNet::listen(const ListenOptions& options, AcceptCallback on_accept) {
  const bool is_unix = !options.unix_path.empty();
  const base::Result<int> fd = is_unix ? open_unix(options) : open_tcp(options);
  if (!fd.ok()) return fd.error();
  if (::listen(*fd, options.backlog) != 0) {
    const int error = errno;
    ::close(*fd);
    return listen_error(error, "listen");
  }
  auto added = std::make_unique<Listener>();
  added->complete = &UringNet::accept_completed;
  added->net = this;
  added->is_unix = is_unix;
  added->unix_path = options.unix_path;
  added->on_accept = std::move(on_accept);
  SocketAddress bound;
  bound.bytes = sizeof bound.storage;
  if (getsockname(*fd, bound.get(), &bound.bytes) == 0) added->port = bound.port();
  added->file = loop_->register_file(*fd);
  arm_accept(added.get());
  listeners_.push_back(std::move(added));
  return ListenerId{static_cast<uint32_t>(listeners_.size() - 1)};
}

void UringNet::arm_accept(Listener* from) {
  if (from->armed || from->closing || accept_paused_) return;
  io_uring_sqe* const sqe = loop_->prepare(from);
  fill_sqe(sqe, IORING_OP_ACCEPT, from->file, nullptr, 0, 0);
  sqe->accept_flags = SOCK_CLOEXEC;
  sqe->ioprio = IORING_ACCEPT_MULTISHOT;
  from->armed = true;
}

void UringNet::accept_completed(Operation* operation, int32_t result, uint32_t flags) {
  auto* const from = static_cast<Listener*>(operation);
  UringNet* const net = from->net;
  if ((flags & IORING_CQE_F_MORE) == 0) from->armed = false;
  if (from->closing) {
    if (result >= 0) ::close(result);
    if (!from->armed) net->destroy_listener(from);
    return;
  }
  if (result >= 0) {
    from->on_accept(net->adopt(result));
  } else if (result == -EMFILE || result == -ENFILE || result == -ENOBUFS || result == -ENOMEM) {
    // Trying again at once would spin: the connection that cannot be taken stays first in line.
    from->rest_timer =
        net->loop_->add_timer(net->loop_->clock().monotonic_ns() + kAcceptRestNs, [net, from] {
          from->rest_timer = TimerId{};
          net->arm_accept(from);
        });
    return;
  }
  if (from->closing && !from->armed) return net->destroy_listener(from);
  net->arm_accept(from);
}

void UringNet::close_listener(ListenerId id) {
  Listener& closed = listener(id);
  if (closed.closing) return;
  closed.closing = true;
  if (!closed.unix_path.empty()) ::unlink(closed.unix_path.c_str());
  // The port is free at once, not only when the cancelled accept has come back.
  ::shutdown(closed.file.fd, SHUT_RDWR);
  loop_->cancel_timer(closed.rest_timer);
  if (closed.armed) return loop_->cancel(&closed);
  Listener* const gone = &closed;
  loop_->post([this, gone] { destroy_listener(gone); });
}

void UringNet::destroy_listener(Listener* gone) {
  loop_->unregister_file(gone->file);
  ::close(gone->file.fd);
  for (auto& entry : listeners_)
    if (entry.get() == gone) entry.reset();
}

uint16_t UringNet::listener_port(ListenerId id) const { return listener(id).port; }

void UringNet::pause_accept() {
  if (accept_paused_) return;
  accept_paused_ = true;
  for (const auto& entry : listeners_)
    if (entry != nullptr && entry->armed && !entry->closing) loop_->cancel(entry.get());
}

void UringNet::resume_accept() {
  if (!accept_paused_) return;
  accept_paused_ = false;
  for (const auto& entry : listeners_)
    if (entry != nullptr) arm_accept(entry.get());
}

void UringNet::set_keepalive(uint32_t seconds) {
  for (const auto& entry : listeners_)
    if (entry != nullptr && !entry->is_unix) apply_keepalive(entry->file.fd, seconds);
}

}  // namespace iouring
