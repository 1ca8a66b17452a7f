// Answers +PONG to whatever commands arrive: what the loop and the network cost by themselves.
//
//   bench/pong [port] [--ring-features 6.1]
//
// Commands are only counted, by their '*'. Compare with `redis-benchmark -t ping_mbulk`.

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "iouring/uring_loop.h"
#include "iouring/uring_net.h"

namespace {

class PongConnection;

// The connections that a turn has given something to answer.
struct Turn {
  std::vector<PongConnection*> answered;
};

class PongConnection final : public iouring::SocketHandler {
 public:
  PongConnection(iouring::Net* net, iouring::SocketId id, Turn* turn)
      : net_(net), id_(id), turn_(turn) {
    net_->attach(id_, this);
  }

  void on_receive(base::ByteSpan bytes) override {
    size_t commands = 0;
    for (const std::byte byte : bytes) commands += byte == std::byte{'*'};
    if (commands > 0 && owed_ == 0) turn_->answered.push_back(this);
    owed_ += commands;
  }
  void on_receive_end(int) override { net_->close(id_); }
  void on_receive_into(size_t) override {}
  void on_send_done(int32_t result) override {
    sending_ = false;
    if (result < 0) return net_->close(id_);
    if (owed_ > 0) answer();
  }
  void on_closed() override {
    std::erase(turn_->answered, this);
    delete this;
  }

  void answer() {
    if (sending_ || owed_ == 0) return;
    static constexpr std::string_view kPong = "+PONG\r\n";
    while (replies_.size() < owed_ * kPong.size())
      replies_.insert(replies_.end(), kPong.begin(), kPong.end());
    part_ = {replies_.data(), owed_ * kPong.size()};
    owed_ = 0;
    sending_ = true;
    net_->send(id_, {&part_, 1}, iouring::SendNotice::kLazy);
  }

 private:
  iouring::Net* const net_;
  const iouring::SocketId id_;
  Turn* const turn_;
  size_t owed_ = 0;
  bool sending_ = false;
  iovec part_{};
  std::vector<char> replies_;
};

int fail(const base::Error& error) {
  std::fprintf(stderr, "pong: %s\n", error.to_string().c_str());
  return 1;
}

int serve(uint16_t port, const iouring::UringOptions& options) {
  base::SystemClock clock;
  auto loop = iouring::UringLoop::create(&clock, options);
  if (!loop.ok()) return fail(loop.error());
  auto net = iouring::UringNet::create(loop->get(), {});
  if (!net.ok()) return fail(net.error());
  iouring::Net* const sockets = net->get();
  bool stop = false;
  (*loop)->on_signal(SIGTERM, [&stop](int) { stop = true; });
  (*loop)->on_signal(SIGINT, [&stop](int) { stop = true; });
  Turn turn;
  iouring::ListenOptions where;
  where.address = "127.0.0.1";
  where.port = port;
  const auto listener =
      sockets->listen(where, [&](iouring::SocketId id) { new PongConnection(sockets, id, &turn); });
  if (!listener.ok()) return fail(listener.error());
  while (!stop) {
    (*loop)->turn(iouring::kWaitForever);
    for (PongConnection* const connection : turn.answered) connection->answer();
    turn.answered.clear();
    sockets->recycle();
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  iouring::UringOptions options;
  options.only_linux_6_1 = argc > 3 && std::strcmp(argv[2], "--ring-features") == 0;
  return serve(argc > 1 ? static_cast<uint16_t>(std::atoi(argv[1])) : 7777, options);
}
