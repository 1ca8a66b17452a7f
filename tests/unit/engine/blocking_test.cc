#define BOOST_TEST_MODULE blocking
#include "engine/blocking.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

using sim::bulk;
using sim::integer;

std::string pair_of(std::string_view key, std::string_view value) {
  return "*2\r\n" + bulk(key) + bulk(value);
}

// Sessions that wait, beside the one of the machine.
struct Waiting : Machine {
  explicit Waiting(size_t sessions) {
    for (size_t i = 0; i < sessions; ++i) answers.emplace_back();
    for (size_t i = 0; i < sessions; ++i) waiters.push_back(make_client(&answers[i]));
  }
  void wait(size_t who, sim::Words words) {
    waiters[who]->add(std::move(words));
    turn({waiters[who].get()});
    BOOST_REQUIRE(waiters[who]->session().waits_for_keys);
  }
  Blocking& blocking() { return world.engine().blocking(); }

  std::deque<std::vector<std::string>> answers;
  std::vector<std::unique_ptr<sim::Client>> waiters;
};

}  // namespace

BOOST_AUTO_TEST_CASE(those_who_wait_are_served_in_their_order) {
  Waiting machine(3);
  for (size_t i = 0; i < 3; ++i) machine.wait(i, {"BLPOP", "l", "0"});
  BOOST_TEST(machine.execute({"RPUSH", "l", "a", "b"}) == integer(2));
  BOOST_REQUIRE_EQUAL(machine.answers[0].size(), 1u);
  BOOST_REQUIRE_EQUAL(machine.answers[1].size(), 1u);
  BOOST_TEST(machine.answers[0][0] == pair_of("l", "a"));
  BOOST_TEST(machine.answers[1][0] == pair_of("l", "b"));
  BOOST_TEST(machine.answers[2].empty());
  BOOST_TEST(machine.blocking().size() == 1u);
  machine.waiters[2].reset();
  BOOST_TEST(machine.blocking().empty());
  BOOST_TEST(machine.execute({"RPUSH", "l", "c"}) == integer(1));
}

BOOST_AUTO_TEST_CASE(a_destination_that_is_cold_is_read_before_it_is_pushed_to) {
  Waiting machine(1);
  machine.execute({"RPUSH", "dst", "x"});
  machine.wait(0, {"BLMOVE", "src", "dst", "LEFT", "RIGHT", "0"});
  machine.make_cold("dst");
  BOOST_REQUIRE(machine.resident("dst") == nullptr);
  machine.execute({"RPUSH", "src", "a"});
  machine.world.until([&] { return !machine.answers[0].empty(); }, "the element");
  BOOST_TEST(machine.answers[0][0] == bulk("a"));
  BOOST_TEST(machine.execute({"LRANGE", "dst", "0", "-1"}) == "*2\r\n" + bulk("x") + bulk("a"));
  BOOST_TEST(machine.execute({"EXISTS", "src"}) == integer(0));
}

BOOST_AUTO_TEST_CASE(a_cold_list_is_read_and_taken_from) {
  Waiting machine(1);
  machine.execute({"RPUSH", "l", "a", "b"});
  machine.make_cold("l");
  BOOST_TEST(machine.execute({"BLPOP", "l", "0"}) == pair_of("l", "a"));
}

BOOST_AUTO_TEST_CASE(who_waits_too_long_gets_nothing) {
  Waiting machine(2);
  machine.wait(0, {"BLPOP", "l", "0.5"});
  machine.wait(1, {"WAIT", "1", "700"});
  BOOST_TEST(machine.blocking().deadlines() == 2u);
  machine.world.clock().advance_us(600'000);
  machine.turn({});
  BOOST_REQUIRE_EQUAL(machine.answers[0].size(), 1u);
  BOOST_TEST(machine.answers[0][0] == "*-1\r\n");
  machine.world.clock().advance_us(200'000);
  machine.turn({});
  BOOST_REQUIRE_EQUAL(machine.answers[1].size(), 1u);
  BOOST_TEST(machine.answers[1][0] == integer(0));
  BOOST_TEST(machine.execute({"RPUSH", "l", "a"}) == integer(1));
  BOOST_TEST(machine.execute({"LLEN", "l"}) == integer(1));
}

BOOST_AUTO_TEST_CASE(a_chain_of_those_who_wait_is_served_in_one_turn) {
  Waiting machine(3);
  machine.wait(0, {"BLMOVE", "a", "b", "LEFT", "LEFT", "0"});
  machine.wait(1, {"BLMOVE", "b", "c", "LEFT", "LEFT", "0"});
  machine.wait(2, {"BLPOP", "c", "0"});
  machine.execute({"RPUSH", "a", "x"});
  BOOST_REQUIRE_EQUAL(machine.answers[2].size(), 1u);
  BOOST_TEST(machine.answers[2][0] == pair_of("c", "x"));
  BOOST_TEST(machine.keyspace().size() == 0u);
}

}  // namespace engine
