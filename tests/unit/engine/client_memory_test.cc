#define BOOST_TEST_MODULE engine_client_memory
#include "engine/client_memory.h"

#include <boost/test/unit_test.hpp>

#include "base/memory.h"
#include "tests/unit/engine/served_fixture.h"

namespace engine {
namespace {

constexpr uint64_t kMiB = 1024 * 1024;

// Memory that nobody can demote, for as long as it lives.
struct Ballast {
  explicit Ballast(int64_t of_bytes) : bytes(of_bytes) {
    base::charge(base::MemoryUse::kOther, bytes);
  }
  ~Ballast() { base::charge(base::MemoryUse::kOther, -bytes); }
  const int64_t bytes;
};

struct Fixture {
  Engine& engine() { return machine.world.engine(); }
  Options& options() { return engine().config().mutable_options(); }
  void limit(uint64_t maxmemory, bool bounds_resident) {
    options().maxmemory = maxmemory;
    engine().budget().set_limits({.maxmemory = maxmemory, .bounds_resident = bounds_resident});
  }
  // The most that large values may take besides the buffers that there are.
  void expect_limit(uint64_t bytes) {
    const uint64_t buffers = base::memory_used(base::MemoryUse::kClients);
    memory.add_large(bytes - buffers);
    BOOST_TEST(!memory.over_limit(0));
    memory.add_large(1);
    BOOST_TEST(memory.over_limit(0));
    memory.remove_large(bytes - buffers + 1);
  }
  void expect_no_limit() {
    memory.add_large(uint64_t{1} << 50);
    BOOST_TEST(!memory.over_limit(0));
    memory.remove_large(uint64_t{1} << 50);
  }

  Machine machine;
  ClientMemory memory{&machine.world.engine()};
};

BOOST_FIXTURE_TEST_CASE(the_limit_of_all_clients_is_the_option_or_a_share_of_maxmemory, Fixture) {
  limit(100 * kMiB, true);
  options().maxmemory_clients = 7 * kMiB;
  expect_limit(7 * kMiB);
  options().maxmemory_clients = -20;
  expect_limit(100 * kMiB / 100 * 20);
  options().maxmemory_clients = 0;
  expect_limit(50 * kMiB);
  options().tier = false;
  expect_no_limit();
  options().tier = true;
  limit(0, true);
  expect_no_limit();
  options().maxmemory_clients = -20;
  expect_no_limit();
  options().maxmemory_clients = 7 * kMiB;
  expect_limit(7 * kMiB);
}

BOOST_FIXTURE_TEST_CASE(what_is_being_closed_is_as_good_as_free, Fixture) {
  options().maxmemory_clients = 7 * kMiB;
  const uint64_t buffers = base::memory_used(base::MemoryUse::kClients);
  memory.add_large(9 * kMiB - buffers);
  BOOST_TEST(memory.over_limit(2 * kMiB - 1));
  BOOST_TEST(!memory.over_limit(2 * kMiB));
  BOOST_TEST(!memory.over_limit(100 * kMiB));
}

BOOST_FIXTURE_TEST_CASE(a_little_input_is_received_whatever_memory_there_is, Fixture) {
  limit(base::memory_used_total(), true);
  const Ballast ballast(10 * kMiB);
  BOOST_TEST(memory.may_receive(0));
  BOOST_TEST(memory.may_receive(kMiB));
  BOOST_TEST(!memory.may_receive(kMiB + 1));
  // The limit is on the data set alone where no tier is.
  limit(base::memory_used_total() / 2, false);
  BOOST_TEST(memory.may_receive(kMiB + 1));
  limit(0, true);
  BOOST_TEST(memory.may_receive(kMiB + 1));
}

BOOST_FIXTURE_TEST_CASE(input_of_one_client_is_at_most_half_of_maxmemory, Fixture) {
  limit(64 * kMiB, true);
  BOOST_TEST(memory.may_receive(32 * kMiB));
  BOOST_TEST(!memory.may_receive(32 * kMiB + 1));
}

BOOST_FIXTURE_TEST_CASE(a_bulk_is_at_most_what_one_request_may_need, Fixture) {
  limit(64 * kMiB, true);
  BOOST_TEST(memory.bulk_bytes_max() == 16 * kMiB);
  limit(0, true);
  BOOST_TEST(memory.bulk_bytes_max() == UINT64_MAX);
}

// Clients that send while no command is executed.
struct Crowded : Served {
  Crowded() {
    for (int i = 0; i < 2; ++i) {
      const auto client = connect();
      net.client_send(client, command("CLIENT", "SETNAME", i == 0 ? "large" : "small"));
      BOOST_REQUIRE_EQUAL(receive(client, 5), "+OK\r\n");
      (i == 0 ? large : small) = client;
    }
    engine().hold_commands(true);
  }
  Engine& engine() { return machine.world.engine(); }
  uint64_t input_of(std::string_view name) {
    for (const auto& [id, session] : engine().sessions())
      if (session->name == name) return session->query_buffer_bytes;
    return UINT64_MAX;
  }
  bool is_there(std::string_view name) { return input_of(name) != UINT64_MAX; }
  // So that the next samples see it; not long enough for anything to be refused.
  void sample() {
    const uint64_t tick_ns = engine().next_tick_ns();
    while (engine().next_tick_ns() == tick_ns) server->turn();
  }
  void send(iouring::SimNet::ClientId client, size_t commands) {
    std::string text;
    const std::string word(10'000, 'v');
    for (size_t i = 0; i < commands; ++i) text += command("ECHO", word);
    net.client_send(client, text);
  }
  std::string replies(size_t commands) {
    std::string text;
    for (size_t i = 0; i < commands; ++i) text += bulk(std::string(10'000, 'v'));
    return text;
  }

  iouring::SimNet::ClientId large;
  iouring::SimNet::ClientId small;
};

BOOST_FIXTURE_TEST_CASE(a_client_waits_with_its_input_until_there_is_room_and_loses_none, Crowded) {
  {
    const Ballast ballast(100 * kMiB);
    sample();
    send(large, 400);
    for (int i = 0; i < 10'000 && input_of("large") <= kMiB; ++i) server->turn();
    const uint64_t held = input_of("large");
    BOOST_TEST(held > kMiB);
    sample();
    sample();
    // What was on its way when it was paused.
    BOOST_TEST(input_of("large") < kMiB + 256 * 1024);
    // Others are heard as before.
    send(small, 5);
    sample();
    BOOST_TEST(input_of("small") > 50'000u);
  }
  engine().hold_commands(false);
  const std::string expected = replies(400);
  BOOST_TEST((receive(large, expected.size()) == expected));
  BOOST_TEST((receive(small, replies(5).size()) == replies(5)));
  BOOST_TEST(engine().statistics().evicted_clients == 0u);
}

BOOST_FIXTURE_TEST_CASE(the_largest_client_goes_when_nothing_else_can_be_freed, Crowded) {
  const Ballast ballast(100 * kMiB);
  sample();
  send(large, 400);
  send(small, 5);
  for (int i = 0; i < 10'000 && is_there("large"); ++i) server->turn();
  BOOST_TEST(!is_there("large"));
  BOOST_TEST(is_there("small"));
  turns(100);
  BOOST_TEST(net.client_is_closed(large));
  BOOST_TEST(engine().statistics().evicted_clients == 1u);
  engine().hold_commands(false);
  BOOST_TEST((receive(small, replies(5).size()) == replies(5)));
}

BOOST_FIXTURE_TEST_CASE(a_client_that_may_not_be_closed_stays, Crowded) {
  for (const auto& [id, session] : engine().sessions())
    if (session->name == "large") session->no_evict = true;
  engine().config().mutable_options().maxmemory_clients = 2 * kMiB;
  send(small, 20);
  send(large, 300);
  for (int i = 0; i < 10'000 && is_there("small"); ++i) server->turn();
  BOOST_TEST(!is_there("small"));
  BOOST_TEST(is_there("large"));
  engine().hold_commands(false);
  BOOST_TEST((receive(large, replies(300).size()) == replies(300)));
}

BOOST_FIXTURE_TEST_CASE(clients_above_maxmemory_clients_lose_the_largest_of_them, Crowded) {
  engine().config().mutable_options().maxmemory_clients = 2 * kMiB;
  send(small, 20);
  send(large, 300);
  for (int i = 0; i < 10'000 && is_there("large"); ++i) server->turn();
  turns(100);
  BOOST_TEST(!is_there("large"));
  BOOST_TEST(is_there("small"));
  BOOST_TEST(engine().statistics().evicted_clients == 1u);
  engine().hold_commands(false);
  BOOST_TEST((receive(small, replies(20).size()) == replies(20)));
}

BOOST_FIXTURE_TEST_CASE(a_bulk_that_is_too_long_is_refused_before_it_is_received, Crowded) {
  engine().hold_commands(false);
  const uint64_t limit = 16 * kMiB;
  net.client_send(large, fmt::format("*2\r\n$4\r\nECHO\r\n${}\r\n", limit + 1));
  const std::string expected =
      fmt::format("-OOM command needs {} bytes, limit {}\r\n", limit + 1, limit);
  BOOST_TEST(receive(large, expected.size()) == expected);
  turns(100);
  BOOST_TEST(net.client_is_closed(large));
  BOOST_TEST(is_there("small"));
}

}  // namespace
}  // namespace engine
