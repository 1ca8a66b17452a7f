#define BOOST_TEST_MODULE engine_tier
#include "engine/tier.h"

#include <boost/test/unit_test.hpp>

#include "logstore/tier_directory.h"
#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

BOOST_AUTO_TEST_CASE(a_cold_value_is_on_probation_until_its_second_touch) {
  Machine machine;
  machine.execute({"SET", "key", "value"});
  machine.make_cold("key");
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("value"));
  BOOST_TEST(machine.resident("key")->probation());
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("value"));
  BOOST_TEST(!machine.resident("key")->probation());
  BOOST_TEST(machine.statistics().fetched_keys == 1u);
}

BOOST_AUTO_TEST_CASE(probation_is_bounded_and_gives_up_the_oldest_first) {
  Machine machine;
  for (const char* key : {"a", "b"}) {
    machine.execute({"SET", key, std::string(1000, 'v')});
    machine.make_cold(key);
    machine.execute({"GET", key});
  }
  machine.world.tier().trim_probation(1500);
  BOOST_TEST(machine.resident("a") == nullptr);
  BOOST_TEST(machine.resident("b") != nullptr);
}

BOOST_AUTO_TEST_CASE(sessions_that_need_one_cold_value_share_its_read) {
  Machine machine;
  machine.execute({"SET", "key", "value"});
  machine.make_cold("key");
  std::vector<std::string> others;
  const auto other = machine.make_client(&others);
  machine.client->add({"GET", "key"});
  other->add({"GET", "key"});
  while (machine.client->waiting() + other->waiting() != 0)
    machine.turn({machine.client.get(), other.get()});
  BOOST_TEST(others.back() == sim::bulk("value"));
  BOOST_TEST(machine.statistics().fetched_keys == 1u);
  BOOST_TEST(machine.statistics().coalesced_reads == 1u);
}

BOOST_AUTO_TEST_CASE(a_read_that_a_write_has_overtaken_is_thrown_away) {
  Machine machine;
  machine.execute({"SET", "key", "old"});
  machine.make_cold("key");
  std::vector<std::string> others;
  const auto writer = machine.make_client(&others);
  machine.client->add({"GET", "key"});
  machine.turn({machine.client.get()});
  BOOST_REQUIRE(machine.client->session().parked);
  writer->add({"SET", "key", "new"});
  machine.run(writer.get());
  BOOST_REQUIRE_EQUAL(others.size(), 1u);
  while (machine.client->waiting() != 0) machine.turn({machine.client.get()});
  BOOST_TEST(machine.replies.back() == sim::bulk("new"));
  BOOST_TEST(machine.statistics().stale_reads == 1u);
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_an_error_and_never_a_value) {
  Machine machine;
  machine.execute({"SET", "key", std::string(500, 'v')});
  machine.make_cold("key");
  const Key key = machine.key("key");
  const logstore::Lookup found = machine.world.tier().index().lookup(
      {machine.keyspace().id(), key.hash, logstore::UnitKind::kRoot, key.text});
  BOOST_REQUIRE((found.state == logstore::LookupState::kFound));
  const logstore::Location& at = found.value.location;
  machine.world.disk().corrupt(logstore::segment_path(sim::kTierDirectory, at.ref.segment),
                               at.offset + at.ref.bytes / 2, 1);
  BOOST_TEST(machine.execute({"GET", "key"}).starts_with("-ERR cold tier"));
  BOOST_TEST(machine.statistics().read_errors == 1u);
  // Writing it anew is all it takes.
  BOOST_TEST(machine.execute({"SET", "key", "new"}) == sim::kOk);
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("new"));
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_while_it_waits_keeps_nothing_pinned) {
  Machine machine;
  machine.execute({"SET", "key", "value"});
  machine.make_cold("key");
  std::vector<std::string> others;
  auto leaver = machine.make_client(&others);
  leaver->add({"GET", "key"});
  machine.turn({leaver.get()});
  BOOST_REQUIRE(leaver->session().parked);
  leaver.reset();
  machine.world.until([&] { return machine.world.is_idle(); }, "the read");
  BOOST_TEST(machine.world.tier().fetches().empty());
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("value"));
}

}  // namespace
}  // namespace engine
