#define BOOST_TEST_MODULE engine_snapshot
#include "engine/snapshot.h"

#include <boost/test/unit_test.hpp>
#include <optional>

#include "engine/snapshots.h"
#include "tests/sim/saves.h"
#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

sim::WorldOptions slow_options() {
  sim::WorldOptions options = roomy_options();
  options.snapshot_bytes_per_second = 200'000;
  return options;
}

// Nothing that compression makes small.
std::string old_value(uint64_t seed) {
  base::Random random(seed);
  std::string value = "old:";
  while (value.size() < 3000) value += static_cast<char>(random.next());
  return value;
}

// A machine whose snapshots take long enough for something to happen under them.
struct Saving : Machine {
  explicit Saving(int key_count = 200) : Machine(slow_options()), keys(key_count) {
    for (int i = 0; i < keys; ++i)
      execute({"SET", "key:" + std::to_string(i), old_value(static_cast<uint64_t>(i))});
  }
  Snapshots& snapshots() { return world.engine().snapshots(); }
  void begin() {
    BOOST_REQUIRE(
        snapshots().begin_save([this](const base::Status& status) { outcome = status; }).ok());
  }
  void wait() {
    world.until([this] { return outcome.has_value(); }, "the snapshot");
  }
  sim::ModelDatabase saved() {
    const auto text = world.disk().read_small_file(sim::kSnapshotPath, 64 * 1024 * 1024);
    BOOST_REQUIRE(text.ok());
    return sim::parse_snapshot(*text, 3).at(0);
  }
  void expect_all_old() {
    wait();
    BOOST_REQUIRE(outcome->ok());
    const sim::ModelDatabase found = saved();
    BOOST_TEST(found.size() == static_cast<size_t>(keys));
    for (const auto& [key, value] : found) BOOST_REQUIRE(value.value.starts_with("old:"));
  }
  const int keys;
  std::optional<base::Status> outcome;
};

BOOST_AUTO_TEST_CASE(what_changes_or_goes_under_a_snapshot_is_in_it_as_it_was) {
  Saving machine;
  machine.begin();
  for (int i = 0; i < 200; i += 2) machine.execute({"SET", "key:" + std::to_string(i), "new"});
  for (int i = 1; i < 200; i += 2) machine.execute({"DEL", "key:" + std::to_string(i)});
  machine.execute({"SET", "later", "new"});
  BOOST_TEST(machine.snapshots().running());
  machine.expect_all_old();
}

BOOST_AUTO_TEST_CASE(a_flush_under_a_snapshot_takes_nothing_from_it) {
  Saving machine;
  for (int i = 0; i < 100; ++i) machine.make_cold("key:" + std::to_string(i));
  machine.begin();
  BOOST_TEST(machine.execute({"FLUSHALL"}) == sim::kOk);
  BOOST_TEST(machine.execute({"DBSIZE"}) == sim::integer(0));
  machine.expect_all_old();
}

BOOST_AUTO_TEST_CASE(units_that_are_being_demoted_at_the_freeze_are_in_it) {
  Saving machine;
  for (int i = 0; i < 100; ++i) machine.begin_demotion("key:" + std::to_string(i));
  BOOST_TEST(machine.world.tier().demotions_in_flight() > 0u);
  machine.begin();
  machine.expect_all_old();
}

BOOST_AUTO_TEST_CASE(records_that_die_or_move_under_a_snapshot_stay_readable_for_it) {
  Saving machine;
  for (int i = 0; i < 200; ++i) machine.make_cold("key:" + std::to_string(i));
  machine.begin();
  for (int i = 0; i < 200; i += 3) machine.execute({"DEL", "key:" + std::to_string(i)});
  machine.world.tier().store().compact_all();
  machine.expect_all_old();
}

// So much that changes that neither the stream's buffers nor the memory of pre-images hold it.
struct Spilling : Saving {
  Spilling() : Saving(1500) {
    execute({"CONFIG", "SET", "snapshot-buffer", "1mb"});
    BOOST_TEST(replies.back() == sim::kOk);
    begin();
    for (int i = 0; i < keys; ++i) execute({"SET", "key:" + std::to_string(i), "new"});
    BOOST_REQUIRE(snapshots().running());
    BOOST_TEST(snapshots().current()->progress().spilled_batches > 0u);
  }
};

BOOST_AUTO_TEST_CASE(pre_images_beyond_their_share_wait_in_the_log) {
  Spilling machine;
  BOOST_TEST(machine.statistics().demoted_keys == 0u);
  BOOST_TEST(machine.snapshots().current()->progress().backlog_bytes_max < 1'200'000u);
  machine.expect_all_old();
  // Nobody needs them any more.
  machine.world.until([&] { return machine.world.tier().store().statistics().segments == 0; },
                      "the segments of the pre-images");
}

BOOST_AUTO_TEST_CASE(a_pre_image_that_comes_back_damaged_fails_the_snapshot) {
  Spilling machine;
  machine.world.until(
      [&] {
        const logstore::LogStoreStatistics now = machine.world.tier().store().statistics();
        return now.written_bytes >= now.appended_bytes;
      },
      "the log's buffers");
  const auto files =
      machine.world.disk().list_directory(std::string(sim::kTierDirectory) + "/segments");
  BOOST_REQUIRE(files.ok());
  for (const iouring::DirectoryEntry& file : *files)
    machine.world.disk().corrupt(std::string(sim::kTierDirectory) + "/segments/" + file.name, 8192,
                                 500'000);
  machine.wait();
  BOOST_REQUIRE(!machine.outcome->ok());
  BOOST_TEST((machine.outcome->error().code == base::ErrorCode::kCorrupt));
  BOOST_TEST(machine.execute({"GET", "key:7"}) == "$3\r\nnew\r\n");
}

BOOST_AUTO_TEST_CASE(a_failed_fsync_keeps_the_old_file_and_leaves_no_temporary_one) {
  Saving machine;
  machine.begin();
  machine.expect_all_old();
  machine.outcome.reset();
  machine.execute({"SET", "key:0", "new"});
  machine.begin();
  machine.world.disk().fail(iouring::SimOperation::kSync, 1, -EIO);
  machine.wait();
  BOOST_TEST(!machine.outcome->ok());
  BOOST_TEST(machine.saved().at("key:0").value.starts_with("old:"));
  const auto files = machine.world.disk().list_directory(sim::kDirectory);
  BOOST_REQUIRE(files.ok());
  for (const iouring::DirectoryEntry& file : *files) BOOST_TEST(!file.name.starts_with("temp-"));
}

BOOST_AUTO_TEST_CASE(a_cancelled_snapshot_ends_and_another_may_follow) {
  Saving machine;
  machine.begin();
  machine.snapshots().cancel();
  machine.wait();
  BOOST_TEST(!machine.outcome->ok());
  machine.outcome.reset();
  machine.begin();
  machine.expect_all_old();
}

}  // namespace
}  // namespace engine
