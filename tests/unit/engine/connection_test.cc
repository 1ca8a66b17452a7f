#define BOOST_TEST_MODULE engine_connection
#include "engine/connection.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/engine/served_fixture.h"

namespace engine {
namespace {

using Client = iouring::SimNet::ClientId;

struct Fixture : Served {
  Engine& engine() { return machine.world.engine(); }
  Options& options() { return engine().config().mutable_options(); }
  // Everything that comes until the server has closed the connection.
  std::string receive_all(Client client) {
    std::string text;
    for (int i = 0; i < 10'000 && !net.client_is_closed(client); ++i) {
      server->turn();
      text += net.client_take(client);
    }
    BOOST_TEST(net.client_is_closed(client));
    return text;
  }
  // The only session.
  const Session& session() {
    BOOST_REQUIRE_EQUAL(sessions().size(), 1u);
    return *sessions().front();
  }
  std::vector<const Session*> sessions() {
    std::vector<const Session*> found;
    for (const auto& [id, session] : engine().sessions())
      if (!session->peer_address.empty()) found.push_back(session);
    return found;
  }
};

BOOST_FIXTURE_TEST_CASE(a_command_may_come_byte_by_byte, Fixture) {
  const Client client = connect();
  const std::string text = command("SET", "key", "value") + command("GET", "key");
  for (const char c : text) {
    net.client_send(client, std::string_view(&c, 1));
    turns(4);
  }
  const std::string expected = "+OK\r\n" + bulk("value");
  BOOST_TEST(receive(client, expected.size()) == expected);
  turns(1);
  BOOST_TEST(session().query_buffer_bytes == 0u);
}

BOOST_FIXTURE_TEST_CASE(replies_keep_their_order_when_a_command_has_to_wait, Fixture) {
  machine.execute({"SET", "cold", "value"});
  machine.make_cold("cold");
  const Client client = connect();
  net.client_send(client, command("SET", "hot", "1") + command("GET", "cold") +
                              command("INCR", "hot") + command("APPEND", "cold", "+"));
  const std::string expected = "+OK\r\n" + bulk("value") + ":2\r\n:6\r\n";
  BOOST_TEST(receive(client, expected.size()) == expected);
  // A parked command is tried again; it has run once.
  BOOST_TEST(session().commands == 4u);
}

BOOST_FIXTURE_TEST_CASE(what_arrives_behind_a_parked_command_is_kept, Fixture) {
  machine.execute({"SET", "cold", "value"});
  machine.make_cold("cold");
  machine.world.disk().set_delay({200'000, 200'000});
  const Client client = connect();
  net.client_send(client, command("GET", "cold"));
  for (int i = 0; i < 1000 && (sessions().empty() || !session().parked); ++i) server->turn();
  BOOST_REQUIRE(session().parked);
  std::string expected = bulk("value");
  for (int i = 0; i < 50; ++i) {
    const std::string word(static_cast<size_t>(i) * 40, static_cast<char>('a' + i % 26));
    net.client_send(client, command("ECHO", word));
    expected += bulk(word);
    if (i % 10 == 0) turns(2);
  }
  BOOST_TEST((receive(client, expected.size()) == expected));
}

BOOST_FIXTURE_TEST_CASE(a_client_that_has_sent_its_last_gets_all_replies_before_the_end, Fixture) {
  machine.execute({"SET", "cold", "value"});
  machine.make_cold("cold");
  const Client client = connect();
  net.client_send(client, command("ECHO", "a") + command("GET", "cold") + command("ECHO", "b") +
                              "*2\r\n$4\r\nECHO\r\n$100\r\nonly a part");
  net.client_shut(client);
  BOOST_TEST(receive_all(client) == bulk("a") + bulk("value") + bulk("b"));
  BOOST_TEST(sessions().empty());
  // One that sends nothing is closed as well.
  const Client silent = connect();
  turns(100);
  net.client_shut(silent);
  BOOST_TEST(receive_all(silent) == "");
}

BOOST_FIXTURE_TEST_CASE(nothing_behind_quit_is_executed, Fixture) {
  const Client client = connect();
  net.client_send(client, command("SET", "a", "1") + command("QUIT") + command("SET", "b", "1"));
  BOOST_TEST(receive_all(client) == "+OK\r\n+OK\r\n");
  BOOST_TEST(machine.execute({"EXISTS", "a", "b"}) == sim::integer(1));
}

BOOST_FIXTURE_TEST_CASE(a_protocol_error_is_answered_after_the_commands_before_it, Fixture) {
  const Client client = connect();
  net.client_send(client, command("SET", "a", "1") + "*1\r\n:5\r\n" + command("SET", "b", "1"));
  BOOST_TEST(receive_all(client) == "+OK\r\n-ERR Protocol error: expected '$', got ':'\r\n");
  BOOST_TEST(machine.execute({"EXISTS", "a", "b"}) == sim::integer(1));
}

BOOST_FIXTURE_TEST_CASE(a_client_that_passes_the_query_buffer_limit_is_closed, Fixture) {
  options().client_query_buffer_limit = 100'000;
  const Client within = connect();
  const Client beyond = connect();
  net.client_send(within, "*2\r\n$4\r\nECHO\r\n$60000\r\n" + std::string(50'000, 'v'));
  net.client_send(beyond, "*2\r\n$4\r\nECHO\r\n$200000\r\n" + std::string(150'000, 'v'));
  BOOST_TEST(receive_all(beyond) == "");
  BOOST_TEST(sessions().size() == 1u);
  net.client_send(within, std::string(10'000, 'v') + "\r\n");
  const std::string expected = bulk(std::string(60'000, 'v'));
  BOOST_TEST((receive(within, expected.size()) == expected));
}

BOOST_FIXTURE_TEST_CASE(a_client_that_does_not_read_executes_no_more_until_it_does, Fixture) {
  const std::string value(400'000, 'v');
  machine.execute({"SET", "key", value});
  const Client client = connect();
  net.set_window(client, 1000);
  std::string text;
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    text += command("GET", "key");
    expected += bulk(value);
  }
  net.client_send(client, text);
  turns(200);
  // So many fit below the limit, and the one that passes it.
  BOOST_TEST(session().commands == Connection::kOutputBytesMax / value.size() + 1);
  net.set_window(client, SIZE_MAX);
  BOOST_TEST((receive(client, expected.size()) == expected));
  BOOST_TEST(session().commands == 10u);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_vanishes_while_it_waits_leaves_nothing_behind, Fixture) {
  machine.execute({"SET", "cold", "value"});
  machine.make_cold("cold");
  machine.world.disk().set_delay({200'000, 200'000});
  const Client client = connect();
  net.client_send(client, command("GET", "cold") + command("SET", "b", "1"));
  for (int i = 0; i < 1000 && (sessions().empty() || !session().parked); ++i) server->turn();
  BOOST_REQUIRE(session().parked);
  net.client_reset(client);
  for (int i = 0; i < 10'000 && !sessions().empty(); ++i) server->turn();
  BOOST_TEST(sessions().empty());
  turns(100);
  BOOST_TEST(machine.world.tier().fetches().empty());
  BOOST_TEST(machine.execute({"EXISTS", "b"}) == sim::integer(0));
}

BOOST_FIXTURE_TEST_CASE(a_killed_client_is_closed_and_executes_nothing_more, Fixture) {
  const Client victim = connect();
  net.client_send(victim, command("CLIENT", "ID"));
  turns(100);
  const uint64_t id = session().id;
  const Client killer = connect();
  net.client_send(killer, command("CLIENT", "KILL", "ID", std::to_string(id)));
  BOOST_TEST(receive(killer, 4) == ":1\r\n");
  turns(100);
  BOOST_TEST(net.client_is_closed(victim));
  BOOST_TEST(sessions().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(replies_can_be_turned_off_and_skipped, Fixture) {
  const Client client = connect();
  net.client_send(client, command("CLIENT", "REPLY", "SKIP") + command("ECHO", "a") +
                              command("ECHO", "b") + command("CLIENT", "REPLY", "OFF") +
                              command("ECHO", "c") + command("CLIENT", "REPLY", "ON") +
                              command("ECHO", "d"));
  const std::string expected = bulk("b") + "+OK\r\n" + bulk("d");
  BOOST_TEST(receive(client, expected.size()) == expected);
}

}  // namespace
}  // namespace engine
