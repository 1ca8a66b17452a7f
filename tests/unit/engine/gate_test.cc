#define BOOST_TEST_MODULE engine_gate
#include "engine/gate.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

sim::WorldOptions tight_options() {
  sim::WorldOptions options = roomy_options();
  options.maxmemory = 4 * 1024 * 1024;
  options.resident_percent = 100;
  return options;
}

BOOST_AUTO_TEST_CASE(what_there_can_never_be_room_for_is_refused_without_effect) {
  Machine machine(tight_options());
  const std::string reply = machine.execute({"SET", "key", std::string(6 * 1024 * 1024, 'v')});
  BOOST_TEST(reply.starts_with("-OOM command needs"));
  BOOST_TEST(reply.find("limit 1048576") != std::string::npos);
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::kNull);
}

BOOST_AUTO_TEST_CASE(overwriting_a_cold_key_needs_no_read) {
  Machine machine;
  machine.execute({"SET", "key", "old"});
  machine.make_cold("key");
  machine.execute({"SET", "key", "new"});
  BOOST_TEST(machine.statistics().fetched_keys == 0u);
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("new"));
}

BOOST_AUTO_TEST_CASE(the_cold_keys_of_one_command_are_read_together) {
  Machine machine;
  for (const char* key : {"a", "b", "c"}) {
    machine.execute({"SET", key, key});
    machine.make_cold(key);
  }
  BOOST_TEST(machine.execute({"MGET", "a", "b", "c"}) ==
             "*3\r\n" + sim::bulk("a") + sim::bulk("b") + sim::bulk("c"));
  BOOST_TEST(machine.statistics().fetched_keys == 3u);
  BOOST_TEST(machine.statistics().parked_commands <= 3u);
}

BOOST_AUTO_TEST_CASE(keys_that_a_command_finds_out_about_are_read_before_it_goes_on) {
  Machine machine;
  machine.execute({"RPUSH", "list", "1", "2"});
  machine.execute({"MSET", "weight_1", "9", "weight_2", "5", "name_1", "one", "name_2", "two"});
  for (const char* key : {"list", "weight_1", "weight_2", "name_1", "name_2"})
    machine.make_cold(key);
  BOOST_TEST(machine.execute({"SORT", "list", "BY", "weight_*", "GET", "name_*", "GET", "no_*",
                              "STORE", "sorted"}) == ":4\r\n");
  BOOST_TEST(machine.statistics().fetched_keys == 5u);
  BOOST_TEST(machine.execute({"LINDEX", "sorted", "0"}) == sim::bulk("two"));
  BOOST_TEST(machine.execute({"LINDEX", "sorted", "1"}) == sim::bulk(""));
  BOOST_TEST(machine.execute({"LINDEX", "sorted", "2"}) == sim::bulk("one"));
}

BOOST_AUTO_TEST_CASE(commands_behind_a_parked_one_have_their_keys_read_meanwhile) {
  Machine machine;
  for (const char* key : {"a", "b"}) {
    machine.execute({"SET", key, key});
    machine.make_cold(key);
  }
  machine.client->add({"GET", "a"});
  machine.client->add({"GET", "b"});
  machine.turn({machine.client.get()});
  BOOST_TEST(machine.world.tier().fetches().size() == 2u);
  while (machine.client->waiting() != 0) machine.turn({machine.client.get()});
  BOOST_TEST(machine.replies.back() == sim::bulk("b"));
}

BOOST_AUTO_TEST_CASE(writers_beyond_the_budget_wait_for_demotion_and_are_all_served) {
  Machine machine(tight_options());
  // In one pipeline, faster than the log can take them.
  for (int i = 0; i < 700; ++i)
    machine.client->add({"SET", "key:" + std::to_string(i), std::string(8000, 'v')});
  while (machine.client->waiting() != 0) machine.turn({machine.client.get()});
  for (const std::string& reply : machine.replies) BOOST_REQUIRE_EQUAL(reply, sim::kOk);
  BOOST_TEST(machine.world.engine().gate().parked_writers_total() > 0u);
  BOOST_TEST(machine.statistics().demoted_keys > 0u);
  BOOST_TEST(machine.world.engine().gate().waiting_writers() == 0u);
  for (int i = 0; i < 700; ++i)
    BOOST_REQUIRE_EQUAL(machine.execute({"STRLEN", "key:" + std::to_string(i)}),
                        sim::integer(8000));
}

BOOST_AUTO_TEST_CASE(a_command_that_finds_that_it_needs_more_waits_for_it) {
  Machine machine(tight_options());
  for (int i = 0; i < 400; ++i)
    machine.execute({"SET", "key:" + std::to_string(i), std::string(8000, 'v')});
  // Its words do not say what it takes.
  for (int i = 0; i < 20; ++i)
    BOOST_REQUIRE_EQUAL(machine.execute({"SETRANGE", "long:" + std::to_string(i), "299999", "x"}),
                        sim::integer(300'000));
  BOOST_TEST(machine.world.engine().gate().parked_writers_total() > 0u);
  BOOST_TEST(machine.world.engine().gate().waiting_writers() == 0u);
  BOOST_TEST(machine.execute({"GETRANGE", "long:0", "299998", "-1"}) ==
             sim::bulk(std::string("\0x", 2)));
}

BOOST_AUTO_TEST_CASE(a_command_that_finds_that_it_needs_too_much_is_refused_without_effect) {
  Machine machine(tight_options());
  const std::string reply = machine.execute({"SETRANGE", "key", "2000000", "x"});
  BOOST_TEST(reply.starts_with("-OOM command needs"));
  BOOST_TEST(machine.execute({"EXISTS", "key"}) == sim::integer(0));
  BOOST_TEST(machine.execute({"SET", "key", "v"}) == sim::kOk);
}

}  // namespace
}  // namespace engine
