#define BOOST_TEST_MODULE engine_listeners
#include "engine/listeners.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <map>

#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

// A net that only listens, and fails where the test says.
class ListeningNet final : public iouring::Net {
 public:
  // "address:port" of what is open, in the order of opening; unix sockets by their path.
  std::vector<std::string> open() const {
    std::vector<std::string> names;
    for (const Listener& listener : listeners)
      if (listener.is_open) names.push_back(listener.name);
    return names;
  }

  base::Result<iouring::ListenerId> listen(const iouring::ListenOptions& options,
                                           AcceptCallback on_accept) override {
    const std::string name = options.unix_path.empty()
                                 ? fmt::format("{}:{}", options.address, options.port)
                                 : options.unix_path;
    const auto failing = failures.find(name);
    if (failing != failures.end()) return base::Error::from_errno(failing->second, "bind");
    for (const Listener& other : listeners)
      if (other.is_open && other.name == name) return base::Error::from_errno(EADDRINUSE, "bind");
    listeners.push_back({name, options, std::move(on_accept), true});
    return iouring::ListenerId{static_cast<uint32_t>(listeners.size() - 1)};
  }
  void close_listener(iouring::ListenerId id) override { listeners.at(id.slot).is_open = false; }
  uint16_t listener_port(iouring::ListenerId id) const override {
    return listeners.at(id.slot).options.port;
  }
  void pause_accept() override {}
  void resume_accept() override {}
  void attach(iouring::SocketId, iouring::SocketHandler*) override {}
  void send(iouring::SocketId, std::span<const iovec>, iouring::SendNotice) override {}
  void pause_receive(iouring::SocketId) override {}
  void resume_receive(iouring::SocketId) override {}
  void receive_into(iouring::SocketId, base::MutableByteSpan) override {}
  void close(iouring::SocketId) override {}
  void recycle() override {}
  std::string peer_address(iouring::SocketId) const override { return {}; }
  std::string local_address(iouring::SocketId) const override { return {}; }
  bool is_unix(iouring::SocketId) const override { return false; }
  bool is_local(iouring::SocketId) const override { return true; }
  int descriptor(iouring::SocketId) const override { return -1; }
  void set_keepalive(uint32_t) override {}

  struct Listener {
    std::string name;
    iouring::ListenOptions options;
    AcceptCallback on_accept;
    bool is_open;
  };
  std::vector<Listener> listeners;
  std::map<std::string, int> failures;
};

using Names = std::vector<std::string>;

struct Fixture {
  Fixture() {
    options().port = 7000;
    options().bind = {"127.0.0.1", "::1"};
  }
  Options& options() { return machine.world.engine().config().mutable_options(); }
  base::Status open() { return listeners.open(&message); }
  std::string set(const std::string& name, const std::string& value) {
    return machine.execute({"CONFIG", "SET", name, value});
  }

  Machine machine;
  ListeningNet net;
  std::vector<uint32_t> accepted;
  std::string message;
  Listeners listeners{&machine.world.engine(), &net,
                      [this](iouring::SocketId socket) { accepted.push_back(socket.slot); }};
};

BOOST_FIXTURE_TEST_CASE(it_listens_on_every_address_and_on_the_unix_socket, Fixture) {
  options().unixsocket = "/tmp/socket";
  options().unixsocketperm = 0700;
  options().tcp_backlog = 99;
  options().tcp_keepalive = 77;
  BOOST_REQUIRE(open().ok());
  BOOST_TEST((net.open() == Names{"127.0.0.1:7000", "::1:7000", "/tmp/socket"}));
  BOOST_TEST(net.listeners[0].options.backlog == 99);
  BOOST_TEST(net.listeners[0].options.keepalive_s == 77u);
  BOOST_TEST(net.listeners[2].options.unix_mode == 0700u);
  for (uint32_t i = 0; i < 3; ++i) net.listeners[i].on_accept({i, 0});
  BOOST_TEST((accepted == std::vector<uint32_t>{0, 1, 2}));
  listeners.close();
  BOOST_TEST(net.open().empty());
}

BOOST_FIXTURE_TEST_CASE(port_0_means_no_tcp_and_nothing_at_all_is_an_error, Fixture) {
  options().port = 0;
  BOOST_TEST(!open().ok());
  BOOST_TEST(message == "Configured to not listen anywhere, exiting.");
  options().unixsocket = "/tmp/socket";
  BOOST_REQUIRE(open().ok());
  BOOST_TEST((net.open() == Names{"/tmp/socket"}));
}

BOOST_FIXTURE_TEST_CASE(an_optional_address_that_the_host_lacks_is_passed_over, Fixture) {
  options().bind = {"-10.0.0.1", "-fe80::1", "127.0.0.1", "::*"};
  net.failures = {
      {"10.0.0.1:7000", EADDRNOTAVAIL}, {"fe80::1:7000", EAFNOSUPPORT}, {"::*:7000", EAFNOSUPPORT}};
  BOOST_REQUIRE(open().ok());
  BOOST_TEST((net.open() == Names{"127.0.0.1:7000"}));
}

BOOST_FIXTURE_TEST_CASE(an_address_that_fails_otherwise_ends_the_start_and_closes_the_others,
                        Fixture) {
  const auto expect = [this](const std::string& address, int error) {
    options().bind = {"127.0.0.1", "-" + address};
    net.failures = {{address + ":7000", error}};
    BOOST_TEST(!open().ok());
    BOOST_TEST(message.starts_with("Failed listening on port 7000 (TCP), aborting"), message);
    BOOST_TEST(net.open().empty());
  };
  expect("10.0.0.1", EACCES);
  BOOST_TEST(message.ends_with("aborting."));
  expect("10.0.0.1", EADDRINUSE);
  BOOST_TEST(message.ends_with("Stop it or choose another port."), message);
  // Not optional: not even what the host lacks.
  options().bind = {"127.0.0.1", "10.0.0.1"};
  net.failures = {{"10.0.0.1:7000", EADDRNOTAVAIL}};
  BOOST_TEST(!open().ok());
  BOOST_TEST(net.open().empty());
}

BOOST_FIXTURE_TEST_CASE(a_unix_socket_that_fails_is_named, Fixture) {
  options().unixsocket = "/none/socket";
  net.failures = {{"/none/socket", ENOENT}};
  BOOST_TEST(!open().ok());
  BOOST_TEST(message.starts_with("Failed opening Unix socket: /none/socket: not found"), message);
}

BOOST_FIXTURE_TEST_CASE(a_new_port_is_listened_on_before_the_old_one_is_closed, Fixture) {
  BOOST_REQUIRE(open().ok());
  BOOST_TEST(set("port", "7001") == sim::kOk);
  BOOST_TEST((net.open() == Names{"127.0.0.1:7001", "::1:7001"}));
  net.failures = {{"::1:7002", EADDRINUSE}};
  const std::string refused = set("port", "7002");
  BOOST_TEST(refused.find("Unable to listen on this port. Check server logs.") != std::string::npos,
             refused);
  BOOST_TEST((net.open() == Names{"127.0.0.1:7001", "::1:7001"}));
  BOOST_TEST(options().port == 7001);
  // Those of before were never closed.
  BOOST_TEST(net.listeners[2].is_open);
  BOOST_TEST(net.listeners[3].is_open);
  BOOST_TEST(set("port", "0") == sim::kOk);
  BOOST_TEST(net.open().empty());
}

BOOST_FIXTURE_TEST_CASE(new_addresses_replace_the_old_ones_or_those_come_back, Fixture) {
  BOOST_REQUIRE(open().ok());
  BOOST_TEST(set("bind", "*") == sim::kOk);
  BOOST_TEST((net.open() == Names{"*:7000"}));
  net.failures = {{"10.0.0.1:7000", EADDRNOTAVAIL}};
  const std::string refused = set("bind", "127.0.0.1 10.0.0.1");
  BOOST_TEST(refused.find("Failed to bind to specified addresses.") != std::string::npos, refused);
  BOOST_TEST((net.open() == Names{"*:7000"}));
}

}  // namespace
}  // namespace engine
