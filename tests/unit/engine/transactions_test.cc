#define BOOST_TEST_MODULE transactions
#include "engine/transactions.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

using sim::bulk;
using sim::integer;

const std::string kQueued = "+QUEUED\r\n";

std::string array(const std::vector<std::string>& elements) {
  std::string text = fmt::format("*{}\r\n", elements.size());
  for (const std::string& element : elements) text += element;
  return text;
}

struct Transacting : Machine {
  using Machine::Machine;

  void queue(sim::Words words) { BOOST_REQUIRE_EQUAL(execute(std::move(words)), kQueued); }
  std::string execute_by(sim::Client* of, std::vector<std::string>* replies_of, sim::Words words) {
    of->add(std::move(words));
    const size_t before = replies_of->size();
    for (int i = 0; replies_of->size() == before; ++i) {
      if (i == 100'000) throw sim::Failure{"no reply"};
      turn({of});
    }
    return replies_of->back();
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(all_cold_keys_of_a_transaction_are_read_before_it_runs) {
  Transacting machine;
  for (const char* key : {"a", "b", "c"}) {
    machine.execute({"SET", key, key});
    machine.make_cold(key);
  }
  machine.execute({"MULTI"});
  machine.queue({"APPEND", "a", "1"});
  machine.queue({"GET", "b"});
  machine.queue({"EXISTS", "c"});
  machine.queue({"GET", "c"});
  BOOST_TEST(machine.statistics().fetched_keys == 0u);
  BOOST_TEST(machine.execute({"EXEC"}) == array({integer(2), bulk("b"), integer(1), bulk("c")}));
  BOOST_TEST(machine.statistics().fetched_keys == 3u);
  // Once for the places, which may come one by one, and once for the values.
  BOOST_TEST(machine.statistics().parked_commands <= 4u);
}

BOOST_AUTO_TEST_CASE(keys_are_found_where_select_and_swapdb_will_have_put_them) {
  Transacting machine;
  machine.execute({"SET", "k", "zero"});
  machine.make_cold("k");
  machine.execute({"SELECT", "1"});
  machine.execute({"MULTI"});
  machine.queue({"SWAPDB", "0", "1"});
  machine.queue({"GET", "k"});
  machine.queue({"SELECT", "2"});
  machine.queue({"GET", "k"});
  BOOST_TEST(machine.execute({"EXEC"}) == array({sim::kOk, bulk("zero"), sim::kOk, sim::kNull}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_resident_together_is_refused_without_effect) {
  sim::WorldOptions options = roomy_options();
  options.maxmemory = 4 * 1024 * 1024;
  options.resident_percent = 100;
  Transacting machine(options);
  base::Random random(1);
  for (int i = 0; i < 20; ++i) {
    const std::string key = "key:" + std::to_string(i);
    // Not to be compressed.
    std::string value(60'000, '\0');
    for (char& c : value) c = static_cast<char>(random.next());
    machine.execute({"SET", key, value});
    machine.make_cold(key);
  }
  machine.execute({"MULTI"});
  machine.queue({"SET", "small", "1"});
  for (int i = 0; i < 20; ++i) machine.queue({"APPEND", "key:" + std::to_string(i), "x"});
  BOOST_TEST(machine.execute({"EXEC"}).starts_with("-OOM command needs"));
  BOOST_TEST(machine.execute({"EXISTS", "small"}) == integer(0));
  BOOST_TEST(machine.execute({"EXEC"}) == "-ERR EXEC without MULTI\r\n");
}

BOOST_AUTO_TEST_CASE(a_queue_of_more_than_a_quarter_of_maxmemory_is_refused) {
  sim::WorldOptions options = roomy_options();
  options.maxmemory = 4 * 1024 * 1024;
  Transacting machine(options);
  machine.execute({"MULTI"});
  std::string reply = kQueued;
  for (int i = 0; i < 30 && reply == kQueued; ++i)
    reply = machine.execute({"SET", "key", std::string(60'000, 'v')});
  BOOST_TEST(reply.starts_with("-OOM command needs"));
  BOOST_TEST(machine.execute({"EXEC"}).starts_with("-EXECABORT"));
  BOOST_TEST(machine.execute({"EXISTS", "key"}) == integer(0));
}

BOOST_AUTO_TEST_CASE(a_watched_key_may_move_between_the_tiers) {
  Transacting machine;
  machine.execute({"SET", "k", "v"});
  machine.execute({"WATCH", "k"});
  machine.make_cold("k");
  machine.execute({"GET", "k"});
  machine.execute({"MULTI"});
  BOOST_TEST(machine.execute({"EXEC"}) == array({}));
}

BOOST_AUTO_TEST_CASE(a_cold_key_can_be_watched) {
  Transacting machine;
  std::vector<std::string> others;
  const auto other = machine.make_client(&others);
  for (const sim::Words& change : std::vector<sim::Words>{{"DEL", "k"},
                                                          {"SET", "k", "new"},
                                                          {"APPEND", "k", "x"},
                                                          {"FLUSHDB"},
                                                          {"SWAPDB", "0", "1"}}) {
    machine.execute({"FLUSHALL"});
    machine.execute({"SET", "k", "v"});
    machine.make_cold("k");
    machine.execute({"WATCH", "k"});
    machine.execute_by(other.get(), &others, change);
    machine.execute({"MULTI"});
    BOOST_TEST(machine.execute({"EXEC"}) == "*-1\r\n", change[0]);
  }
}

BOOST_AUTO_TEST_CASE(a_cold_key_that_expires_under_the_watch_fails_exec) {
  Transacting machine;
  machine.execute({"SET", "k", "v", "PX", "1000"});
  machine.make_cold("k");
  machine.execute({"WATCH", "k"});
  machine.world.engine().background().expirer().set_active(false);
  machine.world.clock().advance_us(2'000'000);
  machine.turn({});
  machine.execute({"MULTI"});
  BOOST_TEST(machine.execute({"EXEC"}) == "*-1\r\n");
}

BOOST_AUTO_TEST_CASE(nobody_else_executes_while_a_command_inside_answers_later) {
  Transacting machine;
  machine.execute({"SET", "k", "v"});
  machine.make_cold("k");
  machine.execute({"MULTI"});
  machine.queue({"SET", "a", "1"});
  machine.queue({"KEYS", "k*"});
  machine.queue({"GET", "a"});
  machine.client->add({"EXEC"});
  machine.turn({machine.client.get()});
  BOOST_TEST(machine.world.engine().commands_held());
  machine.world.until([&] { return machine.client->waiting() == 0; }, "EXEC's end");
  BOOST_TEST(!machine.world.engine().commands_held());
  BOOST_TEST(machine.replies.back() == array({sim::kOk, array({bulk("k")}), bulk("1")}));
  BOOST_TEST(machine.execute({"GET", "a"}) == bulk("1"));
}

BOOST_AUTO_TEST_CASE(a_transaction_is_finished_though_its_client_leaves) {
  Transacting machine;
  std::vector<std::string> others;
  auto other = machine.make_client(&others);
  machine.execute({"SET", "k", "v"});
  machine.make_cold("k");
  for (const sim::Words& words :
       std::vector<sim::Words>{{"MULTI"}, {"SET", "a", "1"}, {"KEYS", "*"}, {"SET", "b", "2"}})
    machine.execute_by(other.get(), &others, words);
  other->add({"EXEC"});
  machine.turn({other.get()});
  BOOST_REQUIRE(machine.world.engine().commands_held());
  other.reset();
  machine.world.until([&] { return !machine.world.engine().commands_held(); }, "EXEC's end");
  BOOST_TEST(machine.execute({"MGET", "a", "b"}) == array({bulk("1"), bulk("2")}));
  BOOST_TEST(machine.world.engine().sessions().size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_queued_for_nothing_is_given_back) {
  Transacting machine;
  std::vector<std::string> others;
  auto other = machine.make_client(&others);
  const uint64_t before = base::memory_used(base::MemoryUse::kClients);
  machine.execute_by(other.get(), &others, {"MULTI"});
  machine.execute_by(other.get(), &others, {"SET", "k", std::string(10'000, 'v')});
  BOOST_TEST(base::memory_used(base::MemoryUse::kClients) >= before + 10'000);
  machine.execute_by(other.get(), &others, {"WATCH", "k"});
  other.reset();
  BOOST_TEST(base::memory_used(base::MemoryUse::kClients) < before + 10'000);
  BOOST_TEST(machine.world.engine().watches().empty());
}

}  // namespace engine
