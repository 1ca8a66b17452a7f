#include "iouring/uring_net.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/memory.h"
#include "iouring/socket_address.h"
#include "iouring/uring_net_internal.h"

namespace iouring {

namespace {

constexpr uint16_t kBufferGroup = 0;
// A ring of buffers as the kernel wants it, in pages.
size_t ring_bytes(uint32_t buffers) { return base::align_up(buffers * sizeof(io_uring_buf), 4096); }
// Buffers that start at multiples of 4096 would all compete for the same few sets of the caches:
// a request touches only the first lines of its buffer.
constexpr size_t kStaggerBytes = 192;

}  // namespace

// The ring of provided buffers, and which of them the handlers hold.
class UringNet::Buffers {
 public:
  Buffers(uint32_t buffers, uint32_t buffer_bytes)
      : count_(buffers), bytes_(buffer_bytes), stride_(buffer_bytes + kStaggerBytes) {
    held_.reserve(buffers);
  }
  ~Buffers() {
    if (ring_ != nullptr) munmap(ring_, ring_bytes(count_));
    base::deallocate(memory_, base::MemoryUse::kIo);
  }

  base::Status set_up(io_uring* ring) {
    void* const mapped = mmap(nullptr, ring_bytes(count_), PROT_READ | PROT_WRITE,
                              MAP_ANONYMOUS | MAP_PRIVATE | MAP_POPULATE, -1, 0);
    if (mapped == MAP_FAILED) return base::Error::from_errno(errno, "ring of receive buffers");
    ring_ = static_cast<io_uring_buf_ring*>(mapped);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uint64_t>(ring_);
    registration.ring_entries = count_;
    registration.bgid = kBufferGroup;
    const int error = io_uring_register_buf_ring(ring, &registration, 0);
    if (error < 0) return base::Error::from_errno(-error, "ring of receive buffers");
    memory_ = static_cast<std::byte*>(
        base::allocate_aligned(count_ * stride_, base::kDiskAlignBytes, base::MemoryUse::kIo));
    io_uring_buf_ring_init(ring_);
    for (uint32_t i = 0; i < count_; ++i) held_.push_back(static_cast<uint16_t>(i));
    give_back();
    return base::ok_status();
  }

  base::ByteSpan hold(uint32_t flags, int32_t length) {
    const auto index = static_cast<uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT);
    held_.push_back(index);
    return {memory_ + index * stride_, static_cast<size_t>(length)};
  }

  // False if none was held.
  bool give_back() {
    if (held_.empty()) return false;
    const int mask = io_uring_buf_ring_mask(count_);
    for (size_t i = 0; i < held_.size(); ++i) {
      io_uring_buf_ring_add(ring_, memory_ + held_[i] * stride_, bytes_, held_[i], mask,
                            static_cast<int>(i));
    }
    io_uring_buf_ring_advance(ring_, static_cast<int>(held_.size()));
    held_.clear();
    return true;
  }

 private:
  const uint32_t count_;
  const uint32_t bytes_;
  const size_t stride_;
  io_uring_buf_ring* ring_ = nullptr;
  std::byte* memory_ = nullptr;
  std::vector<uint16_t> held_;
};

base::Result<std::unique_ptr<UringNet>> UringNet::create(UringLoop* loop,
                                                         const UringNetOptions& options) {
  std::unique_ptr<UringNet> net(new UringNet(loop));
  net->buffers_ = std::make_unique<Buffers>(options.buffers, options.buffer_bytes);
  RETURN_IF_ERROR(net->buffers_->set_up(loop->ring()));
  return net;
}

UringNet::UringNet(UringLoop* loop) : loop_(loop) {}

UringNet::~UringNet() {
  for (const auto& socket : sockets_)
    if (socket->open) ::close(socket->file.fd);
  for (const auto& entry : listeners_) {
    if (entry == nullptr) continue;
    ::close(entry->file.fd);
    if (!entry->unix_path.empty()) ::unlink(entry->unix_path.c_str());
  }
  io_uring_unregister_buf_ring(loop_->ring(), kBufferGroup);
}

UringNet::Socket& UringNet::live_socket(SocketId id) const {
  CHECK_LT(id.slot, sockets_.size());
  Socket& socket = *sockets_[id.slot];
  CHECK_EQ(socket.id.generation, id.generation);
  CHECK(socket.open);
  return socket;
}

SocketId UringNet::adopt(int fd) {
  if (free_slots_.empty()) {
    const auto slot = static_cast<uint32_t>(sockets_.size());
    Socket& added = *sockets_.emplace_back(std::make_unique<Socket>());
    added.net = this;
    added.id = {slot, 0};
    added.receive_operation.socket = &added;
    added.send_operation.socket = &added;
    added.send_operation.complete = &UringNet::send_completed;
    free_slots_.push_back(slot);
  }
  Socket& socket = *sockets_[free_slots_.back()];
  free_slots_.pop_back();
  ++socket.id.generation;
  socket.file = loop_->register_file(fd);
  socket.open = true;
  return socket.id;
}

void UringNet::attach(SocketId id, SocketHandler* handler) {
  Socket& socket = live_socket(id);
  CHECK(socket.handler == nullptr);
  CHECK(handler != nullptr);
  socket.handler = handler;
  advance_receive(&socket);
}

void UringNet::advance_receive(Socket* socket) {
  if (socket->receive != Receive::kIdle || socket->closing || socket->receive_ended) return;
  if (socket->starved || socket->delivering || socket->handler == nullptr) return;
  if (socket->has_into) {
    const base::MutableByteSpan left = socket->into.subspan(socket->into_filled);
    socket->receive_operation.complete = &UringNet::into_completed;
    io_uring_sqe* const sqe = loop_->prepare(&socket->receive_operation);
    const auto length = static_cast<uint32_t>(std::min<size_t>(left.size(), INT_MAX));
    fill_sqe(sqe, IORING_OP_RECV, socket->file, left.data(), length, 0);
    sqe->msg_flags = MSG_WAITALL;
    socket->receive = Receive::kInto;
  } else if (!socket->paused) {
    socket->receive_operation.complete = &UringNet::receive_completed;
    io_uring_sqe* const sqe = loop_->prepare(&socket->receive_operation);
    fill_sqe(sqe, IORING_OP_RECV, socket->file, nullptr, 0, 0);
    sqe->ioprio = IORING_RECV_MULTISHOT;
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = kBufferGroup;
    socket->receive = Receive::kMultishot;
  }
}

void UringNet::cancel_multishot(Socket* socket) {
  if (socket->receive != Receive::kMultishot) return;
  socket->receive = Receive::kCancelling;
  loop_->cancel(&socket->receive_operation);
}

void UringNet::receive_completed(Operation* operation, int32_t result, uint32_t flags) {
  Socket* const socket = static_cast<SocketOperation*>(operation)->socket;
  UringNet* const net = socket->net;
  base::ByteSpan bytes;
  if ((flags & IORING_CQE_F_BUFFER) != 0) bytes = net->buffers_->hold(flags, std::max(result, 0));
  const bool common =
      result > 0 && (flags & IORING_CQE_F_MORE) != 0 && !socket->has_into && !socket->closing;
  if (__builtin_expect(common, 1)) {
    socket->handler->on_receive(bytes);
    return;
  }
  net->receive_uncommon(socket, result, flags, bytes);
}

void UringNet::receive_uncommon(Socket* socket, int32_t result, uint32_t flags,
                                base::ByteSpan bytes) {
  if ((flags & IORING_CQE_F_MORE) == 0) socket->receive = Receive::kIdle;
  if (socket->closing) return finish_close_if_idle(socket);
  socket->delivering = true;
  if (result > 0) {
    deliver(socket, bytes);
  } else if (result == 0) {
    end_receive(socket, 0);
  } else if (result == -ENOBUFS) {
    socket->starved = true;
    starved_.push_back(socket->id);
  } else if (result != -ECANCELED && result != -EINTR && result != -EAGAIN) {
    end_receive(socket, -result);
  }
  socket->delivering = false;
  advance_receive(socket);
}

void UringNet::deliver(Socket* socket, base::ByteSpan bytes) {
  if (socket->has_into) {
    const size_t taken = std::min(bytes.size(), socket->into.size() - socket->into_filled);
    std::copy_n(bytes.data(), taken, socket->into.data() + socket->into_filled);
    socket->into_filled += taken;
    bytes = bytes.subspan(taken);
    if (socket->into_filled < socket->into.size()) return;
    finish_into(socket);
    // The handler may have asked for more of the stream, which these bytes begin.
    if (!bytes.empty() && !socket->closing) deliver(socket, bytes);
    return;
  }
  socket->handler->on_receive(bytes);
}

void UringNet::end_receive(Socket* socket, int error) {
  socket->receive_ended = true;
  if (socket->has_into) finish_into(socket);
  if (!socket->closing) socket->handler->on_receive_end(error);
}

void UringNet::finish_into(Socket* socket) {
  socket->has_into = false;
  socket->handler->on_receive_into(socket->into_filled);
}

void UringNet::into_completed(Operation* operation, int32_t result, uint32_t) {
  Socket* const socket = static_cast<SocketOperation*>(operation)->socket;
  UringNet* const net = socket->net;
  socket->receive = Receive::kIdle;
  if (socket->closing) return net->finish_close_if_idle(socket);
  socket->delivering = true;
  if (result > 0) {
    socket->into_filled += static_cast<size_t>(result);
    if (socket->into_filled == socket->into.size()) net->finish_into(socket);
  } else if (result == 0) {
    net->end_receive(socket, 0);
  } else if (result != -EINTR && result != -EAGAIN) {
    net->end_receive(socket, -result);
  }
  socket->delivering = false;
  net->advance_receive(socket);
}

void UringNet::pause_receive(SocketId id) {
  Socket& socket = live_socket(id);
  socket.paused = true;
  if (!socket.has_into) cancel_multishot(&socket);
}

void UringNet::resume_receive(SocketId id) {
  Socket& socket = live_socket(id);
  socket.paused = false;
  advance_receive(&socket);
}

void UringNet::receive_into(SocketId id, base::MutableByteSpan into) {
  Socket& socket = live_socket(id);
  CHECK(!socket.has_into && !socket.closing && !socket.receive_ended);
  CHECK(!into.empty());
  socket.has_into = true;
  socket.into = into;
  socket.into_filled = 0;
  // No buffer of the ring is needed for it.
  socket.starved = false;
  cancel_multishot(&socket);
  advance_receive(&socket);
}

void UringNet::send(SocketId id, std::span<const iovec> parts, SendNotice notice) {
  Socket& socket = live_socket(id);
  CHECK(!socket.send_in_flight && !socket.closing);
  CHECK(!parts.empty() && parts.size() <= IOV_MAX);
  size_t bytes = 0;
  for (const iovec& part : parts) bytes += part.iov_len;
  CHECK(bytes > 0 && bytes <= INT_MAX);
  socket.parts = parts;
  socket.send_bytes = bytes;
  socket.sent_bytes = 0;
  socket.send_in_flight = true;
  io_uring_sqe* quiet = nullptr;
  if (notice == SendNotice::kLazy) quiet = loop_->prepare_quiet(&socket.send_operation);
  if (quiet == nullptr) return submit_send(&socket, parts);
  fill_send(&socket, parts, quiet);
  // What does not fit the socket's buffer at once comes back as a failure that names the part sent,
  // which without MSG_WAITALL would count as success.
  quiet->msg_flags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
}

void UringNet::submit_send(Socket* socket, std::span<const iovec> parts) {
  io_uring_sqe* const sqe = loop_->prepare(&socket->send_operation);
  fill_send(socket, parts, sqe);
  sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
}

void UringNet::fill_send(Socket* socket, std::span<const iovec> parts, io_uring_sqe* sqe) {
  if (parts.size() == 1) {
    fill_sqe(sqe, IORING_OP_SEND, socket->file, parts[0].iov_base,
             static_cast<uint32_t>(parts[0].iov_len), 0);
  } else {
    socket->message.msg_iov = const_cast<iovec*>(parts.data());
    socket->message.msg_iovlen = parts.size();
    fill_sqe(sqe, IORING_OP_SENDMSG, socket->file, &socket->message, 1, 0);
  }
}

void UringNet::send_completed(Operation* operation, int32_t result, uint32_t) {
  Socket* const socket = static_cast<SocketOperation*>(operation)->socket;
  if (__builtin_expect(socket->closing, 0)) {
    socket->send_in_flight = false;
    return socket->net->finish_close_if_idle(socket);
  }
  if (result == kQuietSuccess) {
    socket->sent_bytes = socket->send_bytes;
  } else if (result > 0) {
    socket->sent_bytes += static_cast<size_t>(result);
  }
  const bool retry = result > 0 || result == -EINTR || result == -EAGAIN;
  if (__builtin_expect(socket->sent_bytes < socket->send_bytes && retry, 0))
    return socket->net->resubmit_rest(socket);
  socket->send_in_flight = false;
  const bool complete = socket->sent_bytes == socket->send_bytes;
  const int32_t error = result < 0 ? result : -EPIPE;
  socket->handler->on_send_done(complete ? static_cast<int32_t>(socket->sent_bytes) : error);
}

void UringNet::resubmit_rest(Socket* socket) {
  size_t skip = socket->sent_bytes;
  socket->rest.clear();
  for (const iovec& part : socket->parts) {
    const size_t skipped = std::min(skip, part.iov_len);
    skip -= skipped;
    if (skipped == part.iov_len) continue;
    socket->rest.push_back(
        {static_cast<std::byte*>(part.iov_base) + skipped, part.iov_len - skipped});
  }
  submit_send(socket, socket->rest);
}

void UringNet::close(SocketId id) {
  Socket& socket = live_socket(id);
  if (socket.closing) return;
  socket.closing = true;
  if (socket.handler == nullptr) return destroy(&socket);
  const bool receiving = socket.receive != Receive::kIdle;
  if (receiving) loop_->cancel(&socket.receive_operation);
  if (socket.send_in_flight) loop_->cancel(&socket.send_operation);
  if (receiving || socket.send_in_flight) return;
  loop_->post([this, id] { finish_close_if_idle(sockets_[id.slot].get()); });
}

void UringNet::finish_close_if_idle(Socket* socket) {
  if (socket->receive != Receive::kIdle || socket->send_in_flight) return;
  SocketHandler* const handler = socket->handler;
  destroy(socket);
  handler->on_closed();
}

void UringNet::destroy(Socket* socket) {
  loop_->unregister_file(socket->file);
  ::close(socket->file.fd);
  socket->open = false;
  socket->handler = nullptr;
  socket->file = RingFile{};
  socket->closing = false;
  socket->paused = false;
  socket->receive_ended = false;
  socket->starved = false;
  socket->has_into = false;
  socket->rest = {};
  free_slots_.push_back(socket->id.slot);
}

void UringNet::recycle() {
  if (!buffers_->give_back() || starved_.empty()) return;
  for (const SocketId id : starved_) {
    Socket& socket = *sockets_[id.slot];
    if (!(socket.id == id) || !socket.open || !socket.starved) continue;
    socket.starved = false;
    advance_receive(&socket);
  }
  starved_.clear();
}

std::string UringNet::peer_address(SocketId id) const {
  SocketAddress address;
  address.bytes = sizeof address.storage;
  const int fd = live_socket(id).file.fd;
  // A unix client has no name of its own; Redis prints the server's.
  if (is_unix(id)) return local_address(id);
  if (getpeername(fd, address.get(), &address.bytes) != 0) return "?:0";
  return address.to_string();
}

std::string UringNet::local_address(SocketId id) const {
  SocketAddress address;
  address.bytes = sizeof address.storage;
  if (getsockname(live_socket(id).file.fd, address.get(), &address.bytes) != 0) return "?:0";
  return address.to_string();
}

bool UringNet::is_unix(SocketId id) const {
  SocketAddress address;
  address.bytes = sizeof address.storage;
  return getsockname(live_socket(id).file.fd, address.get(), &address.bytes) == 0 &&
         address.family() == AF_UNIX;
}

bool UringNet::is_local(SocketId id) const {
  SocketAddress address;
  address.bytes = sizeof address.storage;
  return is_unix(id) || (getpeername(live_socket(id).file.fd, address.get(), &address.bytes) == 0 &&
                         address.is_loopback());
}

int UringNet::descriptor(SocketId id) const { return live_socket(id).file.fd; }

}  // namespace iouring
