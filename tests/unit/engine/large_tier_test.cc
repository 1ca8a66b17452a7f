// Strings of several pages between memory and the log.

#define BOOST_TEST_MODULE engine_large_tier
#include <boost/test/unit_test.hpp>
#include <optional>

#include "engine/snapshot.h"
#include "engine/snapshots.h"
#include "engine/value/large_string.h"
#include "tests/sim/audit.h"
#include "tests/sim/saves.h"
#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

constexpr size_t kMib = 1024 * 1024;
constexpr size_t kSizes[] = {kMib, 5 * kMib, 2 * kLargePageBytes, 2 * kLargePageBytes + 1};
static_assert(kMib > 5 * kLargePageBytes);

std::string random_text(uint64_t seed, size_t bytes) {
  base::Random random(seed);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

struct Large : Machine {
  using Machine::Machine;
  void idle() {
    world.until([this] { return world.is_idle(); }, "an idle tier");
  }
  void expect(std::string_view key, const std::string& value) {
    BOOST_TEST((execute({"GET", std::string(key)}) == sim::bulk(value)));
  }
  size_t large_values() { return world.tier().pages().size(); }
  void begin_save() {
    Snapshots& snapshots = world.engine().snapshots();
    BOOST_REQUIRE(
        snapshots.begin_save([this](const base::Status& status) { outcome = status; }).ok());
  }
  sim::ModelDatabase saved() {
    world.until([this] { return outcome.has_value(); }, "the snapshot");
    BOOST_REQUIRE(outcome->ok());
    const auto text = world.disk().read_small_file(sim::kSnapshotPath, 64 * kMib);
    BOOST_REQUIRE(text.ok());
    return sim::parse_snapshot(*text, 3).at(0);
  }
  std::optional<base::Status> outcome;
};

BOOST_AUTO_TEST_CASE(a_string_of_several_pages_comes_back_as_it_was) {
  Large machine;
  for (const size_t bytes : kSizes) {
    const std::string value = random_text(bytes, bytes);
    machine.execute({"SET", "key", value});
    machine.make_cold("key");
    BOOST_REQUIRE(machine.resident("key") == nullptr);
    BOOST_TEST(machine.execute({"STRLEN", "key"}) == sim::integer(static_cast<int64_t>(bytes)));
    machine.expect("key", value);
    BOOST_TEST(machine.large_values() == 1u);
  }
  machine.idle();
  sim::audit(machine.world);
}

BOOST_AUTO_TEST_CASE(a_change_overtakes_the_pages_that_are_being_written) {
  Large machine;
  const std::string value = random_text(1, 5 * kMib);
  machine.execute({"SET", "set", value});
  machine.execute({"SET", "appended", value});
  machine.execute({"SET", "deleted", value});
  const auto overtake = [&machine](sim::Words change) {
    machine.world.until([&] { return machine.world.tier().can_demote(); }, "room for a demotion");
    const std::string key = change[1];
    BOOST_REQUIRE(machine.begin_demotion(key));
    machine.world.turn();
    BOOST_REQUIRE((machine.resident(key)->state() == EntryState::kDemoting));
    machine.execute(std::move(change));
  };
  overtake({"SET", "set", "short"});
  overtake({"APPEND", "appended", "tail"});
  overtake({"DEL", "deleted"});
  machine.idle();
  machine.expect("set", "short");
  machine.expect("appended", value + "tail");
  BOOST_TEST(machine.execute({"EXISTS", "deleted"}) == sim::integer(0));
  BOOST_TEST(machine.statistics().cancelled_demotions == 3u);
  BOOST_TEST(machine.large_values() == 0u);
  sim::audit(machine.world);
}

BOOST_AUTO_TEST_CASE(a_cold_string_that_goes_takes_its_pages_along) {
  Large machine;
  const std::string value = random_text(2, kMib);
  for (const char* key : {"deleted", "overwritten", "kept"}) {
    machine.execute({"SET", key, value});
    machine.make_cold(key);
  }
  machine.execute({"DEL", "deleted"});
  machine.execute({"SET", "overwritten", "short"});
  machine.idle();
  BOOST_TEST(machine.large_values() == 1u);
  sim::audit(machine.world);
  machine.execute({"FLUSHALL"});
  machine.idle();
  for (int i = 0; i < 10; ++i) machine.world.turn();
  BOOST_TEST(machine.large_values() == 0u);
}

BOOST_AUTO_TEST_CASE(pages_that_move_are_read_where_they_are) {
  Large machine;
  const std::string value = random_text(3, kMib);
  for (int i = 0; i < 6; ++i) {
    machine.execute({"SET", "key:" + std::to_string(i), value + std::to_string(i)});
    machine.make_cold("key:" + std::to_string(i));
  }
  for (int i = 0; i < 6; i += 2) machine.execute({"DEL", "key:" + std::to_string(i)});
  machine.idle();
  machine.world.tier().store().compact_all();
  machine.client->add({"GET", "key:1"});
  for (int i = 0; i < 4; ++i) machine.turn({machine.client.get()});
  while (machine.client->waiting() != 0) machine.turn({machine.client.get()});
  BOOST_TEST((machine.replies.back() == sim::bulk(value + "1")));
  machine.idle();
  for (int i = 1; i < 6; i += 2)
    machine.expect("key:" + std::to_string(i), value + std::to_string(i));
  machine.idle();
  sim::audit(machine.world);
}

BOOST_AUTO_TEST_CASE(a_snapshot_has_the_strings_whose_pages_move_or_go_under_it) {
  Large machine;
  const std::string value = random_text(4, kMib);
  for (int i = 0; i < 6; ++i) {
    machine.execute({"SET", "key:" + std::to_string(i), value + std::to_string(i)});
    if (i < 5) machine.make_cold("key:" + std::to_string(i));
  }
  machine.begin_save();
  machine.begin_demotion("key:5");
  machine.execute({"DEL", "key:0"});
  machine.execute({"SET", "key:1", "new"});
  machine.world.tier().store().compact_all();
  machine.execute({"APPEND", "key:2", "new"});
  const sim::ModelDatabase saved = machine.saved();
  BOOST_REQUIRE(saved.size() == 6u);
  for (int i = 0; i < 6; ++i)
    BOOST_TEST((saved.at("key:" + std::to_string(i)).value == value + std::to_string(i)));
  machine.expect("key:2", value + "2new");
  machine.idle();
  sim::audit(machine.world);
}

BOOST_AUTO_TEST_CASE(a_large_pre_image_counts_until_it_is_written_and_holds_nobody) {
  sim::WorldOptions options = roomy_options();
  options.snapshot_bytes_per_second = 500'000;
  Large machine(options);
  const std::string value = random_text(6, 5 * kMib);
  const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
  machine.execute({"SET", "key", value});
  machine.begin_save();
  machine.execute({"DEL", "key"});
  const Snapshot* const snapshot = machine.world.engine().snapshots().current();
  BOOST_REQUIRE(snapshot != nullptr);
  BOOST_TEST(snapshot->progress().backlog_bytes >= value.size());
  BOOST_TEST(!snapshot->over_cap());
  BOOST_TEST(machine.execute({"SET", "other", "written meanwhile"}) == sim::kOk);
  BOOST_TEST((machine.saved().at("key").value == value));
  machine.idle();
  for (int i = 0; i < 100; ++i) machine.world.turn();
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == before);
}

BOOST_AUTO_TEST_CASE(a_crash_and_a_new_index_lose_no_page) {
  Large machine;
  const std::string value = random_text(5, 5 * kMib);
  machine.execute({"SET", "key", value});
  machine.make_cold("key");
  machine.idle();
  BOOST_REQUIRE(sim::rebuild_index(machine.world, false));
  machine.expect("key", value);
  machine.begin_save();
  BOOST_TEST((machine.saved().at("key").value == value));
  machine.client.reset();
  machine.world.crash();
  machine.world.start();
  machine.client = machine.make_client(&machine.replies);
  machine.expect("key", value);
}

}  // namespace
}  // namespace engine
