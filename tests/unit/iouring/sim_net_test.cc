#define BOOST_TEST_MODULE sim_net
#include "iouring/sim_net.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

using namespace iouring;

namespace {

struct Peer final : SocketHandler {
  Net* net;
  SocketId id;
  std::string received;
  std::string outgoing;
  iovec part{};
  int end_error = -1;
  std::vector<int32_t> sends;
  std::vector<size_t> intos;
  bool closed = false;

  Peer(Net* on, SocketId socket) : net(on), id(socket) { net->attach(id, this); }
  void on_receive(base::ByteSpan bytes) override { received += base::as_text(bytes); }
  void on_receive_end(int error) override { end_error = error; }
  void on_receive_into(size_t result) override { intos.push_back(result); }
  void on_send_done(int32_t result) override { sends.push_back(result); }
  void on_closed() override { closed = true; }
  void send_all(std::string text) {
    outgoing = std::move(text);
    part = {outgoing.data(), outgoing.size()};
    net->send(id, {&part, 1}, SendNotice::kPrompt);
  }
};

struct SimNetFixture {
  base::SimClock clock;
  SimLoop loop{5, &clock};
  SimNet net{&loop};
  std::vector<std::unique_ptr<Peer>> peers;
  ListenerId listener;

  SimNetFixture() {
    listener = *net.listen(ListenOptions{}, [this](SocketId id) {
      peers.push_back(std::make_unique<Peer>(&net, id));
    });
  }
  void run() {
    while (!loop.idle()) {
      loop.turn(kWaitForever);
      net.recycle();
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(bytes_arrive_in_order_in_both_directions, SimNetFixture) {
  const auto client = net.connect(listener);
  run();
  BOOST_REQUIRE(peers.size() == 1u);
  const std::string text(50'000, 'x');
  net.client_send(client, text + "end");
  peers[0]->send_all("reply");
  run();
  BOOST_TEST((peers[0]->received == text + "end"));
  BOOST_TEST(net.client_take(client) == "reply");
  BOOST_TEST(peers[0]->sends.at(0) == 5);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_does_not_read_holds_up_the_send, SimNetFixture) {
  const auto client = net.connect(listener);
  run();
  net.set_window(client, 10);
  peers[0]->send_all("0123456789abcdef");
  run();
  BOOST_TEST(peers[0]->sends.empty());
  BOOST_TEST(net.client_take(client) == "0123456789");
  run();
  BOOST_TEST(net.client_take(client) == "abcdef");
  BOOST_TEST(peers[0]->sends.at(0) == 16);
}

BOOST_FIXTURE_TEST_CASE(ends_resets_and_closes_are_told_apart, SimNetFixture) {
  const auto leaving = net.connect(listener), broken = net.connect(listener);
  run();
  net.client_send(leaving, "last");
  net.client_shut(leaving);
  net.client_reset(broken);
  run();
  Peer& first = peers[0]->end_error == 0 ? *peers[0] : *peers[1];
  Peer& second = peers[0]->end_error == 0 ? *peers[1] : *peers[0];
  BOOST_TEST(first.received == "last");
  BOOST_TEST(second.end_error == ECONNRESET);
  net.close(first.id);
  BOOST_TEST(!first.closed);
  run();
  BOOST_TEST(first.closed);
  BOOST_TEST(net.client_is_closed(leaving));
}

BOOST_FIXTURE_TEST_CASE(a_bulk_goes_where_it_is_wanted_even_while_paused, SimNetFixture) {
  const auto client = net.connect(listener);
  run();
  std::string into(1000, '\0');
  net.receive_into(peers[0]->id, std::as_writable_bytes(std::span(into)));
  net.pause_receive(peers[0]->id);
  net.client_send(client, std::string(1000, 'b') + "rest");
  run();
  BOOST_TEST(into == std::string(1000, 'b'));
  BOOST_TEST(peers[0]->intos.at(0) == 1000u);
  net.resume_receive(peers[0]->id);
  run();
  BOOST_TEST(peers[0]->received == "rest");
}

BOOST_FIXTURE_TEST_CASE(a_paused_listener_keeps_newcomers_waiting, SimNetFixture) {
  net.pause_accept();
  net.connect(listener);
  run();
  BOOST_TEST(peers.empty());
  net.resume_accept();
  run();
  BOOST_TEST(peers.size() == 1u);
}
