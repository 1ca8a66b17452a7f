#define BOOST_TEST_MODULE uring_net
#include "iouring/uring_net.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "iouring/socket_address.h"

using namespace iouring;

namespace {

constexpr uint64_t kSecondNs = 1'000'000'000;

// Echoes what it receives, or does what a test tells it.
struct Peer final : SocketHandler {
  Net* net;
  SocketId id;
  bool echo = true;
  bool sending = false;
  bool closed = false;
  std::string received;
  std::string outgoing;
  iovec part{};
  int end_error = -1;
  std::vector<int32_t> sends;
  std::vector<size_t> intos;
  SendNotice notice = SendNotice::kPrompt;
  std::function<void(Peer&)> receive_hook;
  std::function<void(Peer&)> into_hook;

  Peer(Net* on, SocketId socket) : net(on), id(socket) { net->attach(id, this); }
  void on_receive(base::ByteSpan bytes) override {
    received += base::as_text(bytes);
    if (receive_hook) receive_hook(*this);
    if (echo && !sending) send_all(received), received.clear();
  }
  void on_receive_end(int error) override {
    end_error = error;
    if (echo) net->close(id);
  }
  void on_receive_into(size_t result) override {
    intos.push_back(result);
    if (into_hook) into_hook(*this);
  }
  void on_send_done(int32_t result) override {
    sending = false;
    sends.push_back(result);
    if (echo && !received.empty() && result > 0) send_all(received), received.clear();
  }
  void on_closed() override { closed = true; }
  void send_all(std::string text) {
    sending = true;
    outgoing = std::move(text);
    part = {outgoing.data(), outgoing.size()};
    net->send(id, {&part, 1}, notice);
  }
};

struct NetFixture {
  base::SystemClock clock;
  std::unique_ptr<UringLoop> loop;
  std::unique_ptr<UringNet> net;
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<int> clients;
  ListenerId listener;
  uint16_t port = 0;

  explicit NetFixture(UringNetOptions options = {}) {
    auto created = UringLoop::create(&clock, {});
    BOOST_REQUIRE(created.ok());
    loop = std::move(created).value();
    auto sockets = UringNet::create(loop.get(), options);
    BOOST_REQUIRE(sockets.ok());
    net = std::move(sockets).value();
    ListenOptions where;
    where.address = "127.0.0.1";
    auto listening = net->listen(
        where, [this](SocketId id) { peers.push_back(std::make_unique<Peer>(net.get(), id)); });
    BOOST_REQUIRE(listening.ok());
    listener = *listening;
    port = net->listener_port(listener);
  }
  ~NetFixture() {
    for (const int fd : clients)
      if (fd >= 0) ::close(fd);
  }

  void turn() {
    loop->turn(kSecondNs);
    net->recycle();
  }
  template <class Condition>
  void turn_until(Condition condition) {
    for (int i = 0; i < 100000 && !condition(); ++i) turn();
    BOOST_REQUIRE(condition());
  }
  int connect_client() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const auto address = *resolve_address("127.0.0.1", port);
    BOOST_REQUIRE(connect(fd, address.get(), address.bytes) == 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    clients.push_back(fd);
    return fd;
  }
  Peer& connect_peer(int* client) {
    const size_t before = peers.size();
    *client = connect_client();
    turn_until([&] { return peers.size() == before + 1; });
    return *peers.back();
  }
  // Writes all of `text`, turning the loop while the socket is full.
  void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(fd, text.data(), text.size());
      if (n > 0)
        text.remove_prefix(static_cast<size_t>(n));
      else
        loop->turn(0), net->recycle();
    }
  }
  std::string read_exactly(int fd, size_t bytes) {
    std::string text;
    char chunk[65536];
    while (text.size() < bytes) {
      const ssize_t n = ::read(fd, chunk, std::min(sizeof chunk, bytes - text.size()));
      if (n > 0)
        text.append(chunk, static_cast<size_t>(n));
      else if (n == 0)
        break;
      else
        loop->turn(1'000'000), net->recycle();
    }
    return text;
  }
};

struct SmallBuffersFixture : NetFixture {
  SmallBuffersFixture() : NetFixture(UringNetOptions{2, 4096}) {}
};

std::string random_text(size_t bytes, uint64_t seed) {
  base::Random random(seed);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(an_echo_comes_back, NetFixture) {
  int client;
  connect_peer(&client);
  write_all(client, "hello");
  BOOST_TEST(read_exactly(client, 5) == "hello");
  write_all(client, "again");
  BOOST_TEST(read_exactly(client, 5) == "again");
}

BOOST_FIXTURE_TEST_CASE(a_client_that_leaves_is_reported_and_its_slot_is_used_again, NetFixture) {
  int client;
  Peer& first = connect_peer(&client);
  const SocketId old = first.id;
  ::close(client);
  clients.clear();
  turn_until([&] { return first.closed; });
  BOOST_TEST(first.end_error == 0);
  Peer& second = connect_peer(&client);
  BOOST_TEST(second.id.slot == old.slot);
  BOOST_TEST(second.id.generation != old.generation);
  write_all(client, "x");
  BOOST_TEST(read_exactly(client, 1) == "x");
}

BOOST_FIXTURE_TEST_CASE(a_thousand_connections_are_each_answered, NetFixture) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &limit);
  constexpr size_t kConnections = 1000;
  for (size_t i = 0; i < kConnections; ++i) {
    connect_client();
    if (i % 100 == 99) turn_until([&] { return peers.size() == i + 1; });
  }
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < kConnections; ++i)
      write_all(clients[i], "ping " + std::to_string(10000 + i));
    for (size_t i = 0; i < kConnections; ++i)
      BOOST_TEST(read_exactly(clients[i], 10) == "ping " + std::to_string(10000 + i));
  }
  for (int& fd : clients) ::close(fd), fd = -1;
  turn_until([&] {
    return std::all_of(peers.begin(), peers.end(), [](const auto& peer) { return peer->closed; });
  });
}

BOOST_FIXTURE_TEST_CASE(a_send_of_many_parts_arrives_whole_and_in_order, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  // Far more than a socket's buffer, so that the kernel stops in the middle.
  std::vector<std::string> texts;
  std::vector<iovec> parts;
  std::string all;
  for (size_t i = 0; i < 200; ++i) texts.push_back(random_text(1 + i * 700, i));
  for (std::string& text : texts) {
    parts.push_back({text.data(), text.size()});
    all += text;
  }
  peer.net->send(peer.id, parts, SendNotice::kPrompt);
  BOOST_TEST((read_exactly(client, all.size()) == all));
  turn_until([&] { return !peer.sends.empty(); });
  BOOST_TEST(peer.sends[0] == static_cast<int32_t>(all.size()));
}

BOOST_FIXTURE_TEST_CASE(a_lazy_send_is_over_when_the_turn_that_sent_it_ends, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.notice = SendNotice::kLazy;
  for (int round = 0; round < 3; ++round) {
    peer.send_all("reply " + std::to_string(round));
    loop->turn(0);
    BOOST_TEST(!peer.sending);
    BOOST_TEST(peer.sends.back() == 7);
    BOOST_TEST(read_exactly(client, 7) == "reply " + std::to_string(round));
  }
  BOOST_TEST(peer.sends.size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(lazy_sends_to_a_client_that_does_not_read_all_arrive, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.echo = false;
  peer.notice = SendNotice::kLazy;
  std::string all;
  // Until one does not fit: the rest of it is then sent when there is room.
  for (uint64_t i = 0; i < 10000 && !peer.sending; ++i) {
    const std::string text = random_text(10000 + i, i);
    all += text;
    peer.send_all(text);
    loop->turn(0);
  }
  BOOST_TEST_REQUIRE(peer.sending);
  BOOST_TEST((read_exactly(client, all.size()) == all));
  turn_until([&] { return !peer.sending; });
  for (size_t i = 0; i < peer.sends.size(); ++i)
    BOOST_TEST(peer.sends[i] == static_cast<int32_t>(10000 + i));
}

BOOST_FIXTURE_TEST_CASE(a_lazy_send_to_a_client_that_left_is_an_error, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.echo = false;
  peer.notice = SendNotice::kLazy;
  const linger hard{1, 0};
  setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(client);
  clients.clear();
  turn_until([&] { return peer.end_error >= 0; });
  peer.send_all("too late");
  turn_until([&] { return !peer.sends.empty(); });
  BOOST_TEST(peer.sends[0] < 0);
  net->close(peer.id);
  turn_until([&] { return peer.closed; });
}

BOOST_FIXTURE_TEST_CASE(a_socket_closed_after_a_lazy_send_is_freed_and_the_bytes_arrive,
                        NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.notice = SendNotice::kLazy;
  peer.send_all("last words");
  loop->turn(0);
  net->close(peer.id);
  turn_until([&] { return peer.closed; });
  BOOST_TEST(read_exactly(client, 11) == "last words");
}

BOOST_FIXTURE_TEST_CASE(sending_to_a_client_that_left_is_an_error_and_not_a_signal, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.echo = false;
  const linger hard{1, 0};
  setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(client);
  clients.clear();
  turn_until([&] { return peer.end_error >= 0; });
  BOOST_TEST(peer.end_error == ECONNRESET);
  peer.send_all("too late");
  turn_until([&] { return !peer.sends.empty(); });
  BOOST_TEST(peer.sends[0] < 0);
  net->close(peer.id);
  turn_until([&] { return peer.closed; });
}

BOOST_FIXTURE_TEST_CASE(sockets_that_found_no_buffer_go_on_after_recycle, SmallBuffersFixture) {
  std::vector<int> fds(20);
  for (int& fd : fds) connect_peer(&fd);
  const std::string text = random_text(50000, 9);
  for (const int fd : fds) write_all(fd, text);
  for (const int fd : fds) BOOST_TEST((read_exactly(fd, text.size()) == text));
}

BOOST_FIXTURE_TEST_CASE(a_paused_socket_gets_nothing_until_it_is_resumed, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.echo = false;
  write_all(client, "one");
  turn_until([&] { return peer.received == "one"; });
  net->pause_receive(peer.id);
  loop->turn(0);
  loop->turn(0);
  write_all(client, "two");
  for (int i = 0; i < 5; ++i) loop->turn(1'000'000);
  BOOST_TEST(peer.received == "one");
  net->resume_receive(peer.id);
  turn_until([&] { return peer.received == "onetwo"; });
  // Paused and resumed within one turn: nothing is lost.
  net->pause_receive(peer.id);
  net->resume_receive(peer.id);
  write_all(client, "three");
  turn_until([&] { return peer.received == "onetwothree"; });
}

BOOST_FIXTURE_TEST_CASE(large_bulks_are_received_into_their_values, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.echo = false;
  const uint64_t seed = 77;
  BOOST_TEST_MESSAGE("seed " << seed);
  // A header of 8 bytes says how long the bulk is that follows; chunks of 64 KiB.
  base::Random random(seed);
  std::string stream;
  std::vector<std::string> bulks;
  for (int i = 0; i < 20; ++i) {
    bulks.push_back(random_text(random.below(i % 5 == 0 ? 3'000'000 : 200'000) + 100,
                                static_cast<uint64_t>(i) + 1000));
    std::string header = std::to_string(10'000'000 + bulks.back().size());
    stream += header + bulks.back();
  }
  std::vector<std::string> got;
  size_t got_bytes = 0;
  const auto parse = [&](Peer& self) {
    while (self.received.size() >= 8) {
      const size_t bytes = std::stoul(self.received.substr(0, 8)) - 10'000'000;
      const size_t have = std::min(bytes, self.received.size() - 8);
      got.push_back(self.received.substr(8, have));
      self.received.erase(0, 8 + have);
      got_bytes = have;
      got.back().resize(bytes);
      if (have == bytes) continue;
      const size_t next = std::min<size_t>(bytes - have, 65536);
      self.net->receive_into(self.id,
                             std::as_writable_bytes(std::span(got.back()).subspan(have, next)));
      return;
    }
  };
  peer.receive_hook = parse;
  peer.into_hook = [&](Peer& self) {
    got_bytes += self.intos.back();
    const size_t left = got.back().size() - got_bytes;
    if (left == 0) return;
    self.net->receive_into(
        self.id, std::as_writable_bytes(
                     std::span(got.back()).subspan(got_bytes, std::min<size_t>(left, 65536))));
  };
  write_all(client, stream);
  turn_until([&] { return got.size() == bulks.size() && got_bytes == bulks.back().size(); });
  BOOST_TEST((got == bulks));
}

BOOST_FIXTURE_TEST_CASE(a_stream_that_ends_within_a_bulk_says_how_much_came, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.echo = false;
  std::string into(1000, '\0');
  net->receive_into(peer.id, std::as_writable_bytes(std::span(into)));
  write_all(client, "only this");
  ::shutdown(client, SHUT_WR);
  turn_until([&] { return peer.end_error >= 0; });
  BOOST_TEST(peer.intos == std::vector<size_t>{9}, boost::test_tools::per_element());
  BOOST_TEST(into.substr(0, 9) == "only this");
  BOOST_TEST(peer.end_error == 0);
  BOOST_TEST(peer.received.empty());
}

BOOST_FIXTURE_TEST_CASE(closing_cuts_off_a_send_and_a_bulk_in_flight, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.echo = false;
  peer.send_all(random_text(50'000'000, 5));
  std::string into(1000, '\0');
  net->receive_into(peer.id, std::as_writable_bytes(std::span(into)));
  for (int i = 0; i < 5; ++i) loop->turn(1'000'000);
  net->close(peer.id);
  net->close(peer.id);
  BOOST_TEST(!peer.closed);
  turn_until([&] { return peer.closed; });
  BOOST_TEST(peer.sends.empty());
  BOOST_TEST(peer.intos.empty());
}

BOOST_FIXTURE_TEST_CASE(closing_from_within_a_callback_is_allowed, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  peer.echo = false;
  peer.receive_hook = [](Peer& self) { self.net->close(self.id); };
  write_all(client, "bye");
  turn_until([&] { return peer.closed; });
  char byte;
  ssize_t n = -1;
  turn_until([&] { return (n = ::read(client, &byte, 1)) >= 0 || errno != EAGAIN; });
  BOOST_TEST(n <= 0);
}

BOOST_FIXTURE_TEST_CASE(a_paused_listener_leaves_newcomers_in_the_backlog, NetFixture) {
  loop->turn(0);
  net->pause_accept();
  loop->turn(0);
  loop->turn(0);
  connect_client();
  for (int i = 0; i < 5; ++i) loop->turn(1'000'000);
  BOOST_TEST(peers.empty());
  net->resume_accept();
  turn_until([&] { return peers.size() == 1; });
}

BOOST_FIXTURE_TEST_CASE(accepted_sockets_do_not_delay_and_keep_alive, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  int value = 0;
  socklen_t size = sizeof value;
  getsockopt(net->descriptor(peer.id), IPPROTO_TCP, TCP_NODELAY, &value, &size);
  BOOST_TEST(value != 0);
  getsockopt(net->descriptor(peer.id), SOL_SOCKET, SO_KEEPALIVE, &value, &size);
  BOOST_TEST(value != 0);
  getsockopt(net->descriptor(peer.id), IPPROTO_TCP, TCP_KEEPIDLE, &value, &size);
  BOOST_TEST(value == 300);
  net->set_keepalive(0);
  Peer& next = connect_peer(&client);
  getsockopt(net->descriptor(next.id), SOL_SOCKET, SO_KEEPALIVE, &value, &size);
  BOOST_TEST(value == 0);
}

BOOST_FIXTURE_TEST_CASE(addresses_read_as_redis_prints_them, NetFixture) {
  int client;
  Peer& peer = connect_peer(&client);
  SocketAddress own;
  own.bytes = sizeof own.storage;
  getsockname(client, own.get(), &own.bytes);
  BOOST_TEST(net->peer_address(peer.id) == "127.0.0.1:" + std::to_string(own.port()));
  BOOST_TEST(net->local_address(peer.id) == "127.0.0.1:" + std::to_string(port));
  BOOST_TEST(net->is_local(peer.id));
  BOOST_TEST(!net->is_unix(peer.id));
}

BOOST_FIXTURE_TEST_CASE(a_busy_port_and_a_foreign_address_are_told_apart, NetFixture) {
  ListenOptions where;
  where.address = "127.0.0.1";
  where.port = port;
  const auto busy = net->listen(where, [](SocketId) {});
  BOOST_REQUIRE(!busy.ok());
  BOOST_TEST(busy.error().sys_errno == EADDRINUSE);
  BOOST_TEST((busy.error().code == base::ErrorCode::kBusy));
  BOOST_TEST(find_port_owner(port) == getpid());
  where.address = "192.0.2.1";
  const auto foreign = net->listen(where, [](SocketId) {});
  BOOST_REQUIRE(!foreign.ok());
  BOOST_TEST(foreign.error().sys_errno == EADDRNOTAVAIL);
  where.address = "no address";
  const auto invalid = net->listen(where, [](SocketId) {});
  BOOST_REQUIRE(!invalid.ok());
  BOOST_TEST((invalid.error().code == base::ErrorCode::kInvalid));
}

BOOST_FIXTURE_TEST_CASE(a_closed_listener_frees_its_port, NetFixture) {
  loop->turn(0);
  net->close_listener(listener);
  ListenOptions where;
  where.address = "127.0.0.1";
  where.port = port;
  for (int i = 0; i < 3; ++i) loop->turn(0);
  BOOST_TEST(net->listen(where, [](SocketId) {}).ok());
}

BOOST_FIXTURE_TEST_CASE(unix_sockets_serve_and_replace_stale_files, NetFixture) {
  char directory[] = "/tmp/basalt-net-XXXXXX";
  BOOST_REQUIRE(mkdtemp(directory) != nullptr);
  ListenOptions where;
  where.unix_path = std::string(directory) + "/socket";
  where.unix_mode = 0700;
  const auto address = *unix_address(where.unix_path);
  const int stale = socket(AF_UNIX, SOCK_STREAM, 0);
  BOOST_REQUIRE(bind(stale, address.get(), address.bytes) == 0);
  ::close(stale);
  const auto accept = [this](SocketId id) {
    peers.push_back(std::make_unique<Peer>(net.get(), id));
  };
  BOOST_REQUIRE(net->listen(where, accept).ok());
  const auto twice = net->listen(where, accept);
  BOOST_REQUIRE(!twice.ok());
  BOOST_TEST(twice.error().sys_errno == EADDRINUSE);
  const int client = socket(AF_UNIX, SOCK_STREAM, 0);
  clients.push_back(client);
  BOOST_REQUIRE(connect(client, address.get(), address.bytes) == 0);
  fcntl(client, F_SETFL, O_NONBLOCK);
  write_all(client, "over unix");
  BOOST_TEST(read_exactly(client, 9) == "over unix");
  BOOST_TEST(net->is_unix(peers.back()->id));
  BOOST_TEST(net->is_local(peers.back()->id));
  BOOST_TEST(net->peer_address(peers.back()->id) == where.unix_path + ":0");
  net.reset();
  BOOST_TEST(access(where.unix_path.c_str(), F_OK) != 0);
  rmdir(directory);
}
