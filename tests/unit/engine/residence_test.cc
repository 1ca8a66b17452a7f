#define BOOST_TEST_MODULE engine_residence
#include "engine/residence.h"

#include <boost/test/unit_test.hpp>

#include "tests/sim/audit.h"
#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

BOOST_AUTO_TEST_CASE(a_new_unit_is_dirty_and_has_no_record) {
  Machine machine;
  machine.execute({"SET", "key", "value"});
  BOOST_REQUIRE(machine.resident("key") != nullptr);
  BOOST_TEST((machine.resident("key")->state() == EntryState::kDirty));
  BOOST_TEST(!machine.resident("key")->has_record_ref());
  BOOST_TEST(machine.world.tier().store().statistics().live_records == 0u);
}

BOOST_AUTO_TEST_CASE(a_demoted_unit_is_cold_and_its_record_the_only_live_one) {
  Machine machine;
  machine.execute({"SET", "key", "value"});
  BOOST_TEST(machine.begin_demotion("key"));
  BOOST_TEST((machine.resident("key")->state() == EntryState::kDemoting));
  BOOST_TEST(machine.world.tier().store().statistics().live_records == 0u);
  machine.make_cold("key");
  BOOST_TEST(machine.resident("key") == nullptr);
  BOOST_TEST(machine.keyspace().residence().counts().cold_keys == 1u);
  BOOST_TEST(machine.world.tier().store().statistics().live_records == 1u);
  BOOST_TEST(machine.keyspace().size() == 1u);
  sim::audit(machine.world);
}

BOOST_AUTO_TEST_CASE(a_unit_that_changes_while_it_is_written_stays_dirty) {
  Machine machine;
  machine.execute({"SET", "key", "old"});
  BOOST_TEST(machine.begin_demotion("key"));
  machine.client->add({"SET", "key", "new"});
  machine.turn({machine.client.get()});
  machine.world.until([&] { return machine.world.is_idle(); }, "the write");
  BOOST_TEST((machine.resident("key")->state() == EntryState::kDirty));
  BOOST_TEST(machine.statistics().cancelled_demotions == 1u);
  BOOST_TEST(machine.world.tier().store().statistics().live_records == 0u);
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("new"));
}

BOOST_AUTO_TEST_CASE(a_failed_write_leaves_the_unit_dirty) {
  Machine machine;
  machine.execute({"SET", "key", "value"});
  machine.execute({"SET", "other", "value"});
  machine.make_cold("other");
  machine.world.disk().fail(iouring::SimOperation::kWrite, 1, -EIO);
  BOOST_TEST(machine.begin_demotion("key"));
  machine.world.until([&] { return machine.world.tier().demotions_in_flight() == 0; }, "the end");
  BOOST_REQUIRE(machine.resident("key") != nullptr);
  BOOST_TEST((machine.resident("key")->state() == EntryState::kDirty));
}

BOOST_AUTO_TEST_CASE(deleting_a_cold_unit_reads_nothing_and_leaves_no_live_record) {
  Machine machine;
  machine.execute({"SET", "key", "value"});
  machine.make_cold("key");
  BOOST_TEST(machine.execute({"DEL", "key"}) == sim::integer(1));
  BOOST_TEST(machine.statistics().fetched_keys == 0u);
  BOOST_TEST(machine.world.tier().store().statistics().live_records == 0u);
  BOOST_TEST(machine.keyspace().size() == 0u);
  sim::audit(machine.world);
}

BOOST_AUTO_TEST_CASE(changing_a_clean_unit_kills_its_record) {
  Machine machine;
  machine.execute({"SET", "key", "value"});
  machine.make_cold("key");
  machine.execute({"GET", "key"});
  BOOST_TEST((machine.resident("key")->state() == EntryState::kClean));
  machine.execute({"APPEND", "key", "+"});
  BOOST_TEST((machine.resident("key")->state() == EntryState::kDirty));
  BOOST_TEST(!machine.resident("key")->has_record_ref());
  BOOST_TEST(machine.world.tier().store().statistics().live_records == 0u);
  machine.world.until([&] { return machine.world.is_idle(); }, "the index");
  sim::audit(machine.world);
}

}  // namespace
}  // namespace engine
