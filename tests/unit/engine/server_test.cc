// The server on the simulated machine and a simulated net, where bytes arrive in pieces of any
// size.

#define BOOST_TEST_MODULE server
#include "engine/server.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/unit/engine/served_fixture.h"

using namespace engine;

namespace {

std::string random_text(base::Random& random, size_t bytes) {
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(large_values_arrive_whole_however_their_bytes_are_cut) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    sim::WorldOptions options = roomy_options();
    options.seed = seed;
    Served served(options);
    base::Random random(seed);
    std::string sent;
    std::string expected;
    std::string value;
    for (int i = 0; i < 12; ++i) {
      const std::string piece = random_text(random, 60'000 + random.below(150'000));
      if (random.one_in(4)) sent += "\r\n";
      switch (random.below(5)) {
        case 0:
          sent += command("SET", "k", piece);
          expected += "+OK\r\n";
          value = piece;
          break;
        case 1:
          sent += command("APPEND", "k", piece);
          value += piece;
          expected += fmt::format(":{}\r\n", value.size());
          break;
        case 2:
          sent += command("SET", "k", piece, "PX", "100000", "GET");
          expected += value.empty() ? "$-1\r\n" : bulk(value);
          value = piece;
          break;
        case 3: {
          const size_t offset = random.below(100'000);
          sent += command("SETRANGE", "k", std::to_string(offset), piece);
          value.resize(std::max(value.size(), offset + piece.size()));
          value.replace(offset, piece.size(), piece);
          expected += fmt::format(":{}\r\n", value.size());
          break;
        }
        default:
          sent += command("MSET", "other", piece) + command("ECHO", piece);
          expected += "+OK\r\n" + bulk(piece);
      }
      if (random.one_in(3)) {
        sent += command("GET", "k");
        expected += value.empty() ? "$-1\r\n" : bulk(value);
      }
    }
    const auto client = served.connect();
    for (size_t at = 0; at < sent.size();) {
      const size_t count = std::min(sent.size() - at, 1 + random.below(400'000));
      served.net.client_send(client, std::string_view(sent).substr(at, count));
      served.turns(static_cast<int>(random.below(20)));
      at += count;
    }
    BOOST_TEST_INFO("seed " << seed);
    BOOST_TEST((served.receive(client, expected.size()) == expected));
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_in_the_middle_gives_everything_back) {
  Served served;
  const uint64_t before = served.chunk_bytes();
  const std::string text = command("SET", "k", std::string(1'000'000, 'v'));
  for (const size_t bytes : {200u, 70'000u, 999'000u}) {
    for (const bool resets : {false, true}) {
      const auto client = served.connect();
      served.net.client_send(client, std::string_view(text).substr(0, bytes));
      served.turns(300);
      BOOST_TEST(served.chunk_bytes() - before + 3 * base::kChunkBytes > bytes);
      resets ? served.net.client_reset(client) : served.net.client_shut(client);
      served.turns(300);
      BOOST_TEST(served.net.client_is_closed(client));
      BOOST_TEST(served.chunk_bytes() == before);
    }
  }
  const auto client = served.connect();
  served.net.client_send(client, command("EXISTS", "k"));
  BOOST_TEST(served.receive(client, 4) == ":0\r\n");
}

BOOST_AUTO_TEST_CASE(what_was_only_announced_takes_no_memory) {
  Served served;
  const uint64_t before = base::memory_used_total();
  for (int i = 0; i < 50; ++i) {
    const auto client = served.connect();
    served.net.client_send(client, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$15000000\r\nbegin");
  }
  served.turns(1000);
  BOOST_TEST(base::memory_used_total() - before < 50 * 2 * base::kChunkBytes);
}

BOOST_AUTO_TEST_CASE(a_command_with_a_large_value_that_has_to_wait_runs_when_it_may) {
  Served served;
  const std::string value(300'000, 'v');
  served.machine.execute({"SET", "k", "short"});
  served.machine.make_cold("k");
  const auto client = served.connect();
  served.net.client_send(client, command("APPEND", "k", value) + command("PING"));
  BOOST_TEST(served.receive(client, 16) == ":300005\r\n+PONG\r\n");
  served.net.client_send(client, command("GET", "k"));
  const std::string expected = bulk("short" + value);
  BOOST_TEST((served.receive(client, expected.size()) == expected));
}

BOOST_AUTO_TEST_CASE(values_that_nobody_stores_are_given_back) {
  Served served;
  const uint64_t before = served.chunk_bytes();
  const std::string value(300'000, 'v');
  const auto client = served.connect();
  served.net.client_send(client, command("SET", "k", "1") + command("SETNX", "k", value) +
                                     command("SET", "k", value, "NX") +
                                     command("SET", "k", value, "nonsense") +
                                     command("SETEX", "k", "-1", value));
  const std::string expected =
      "+OK\r\n:0\r\n$-1\r\n-ERR syntax error\r\n-ERR invalid expire time in 'setex' command\r\n";
  BOOST_TEST(served.receive(client, expected.size()) == expected);
  served.turns(100);
  BOOST_TEST(served.chunk_bytes() == before);
}
