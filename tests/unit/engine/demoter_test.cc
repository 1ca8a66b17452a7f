#define BOOST_TEST_MODULE engine_demoter
#include "engine/demoter.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

// What one step looks at, as large as the demoter's own.
constexpr size_t kLookBuckets = 16;
constexpr uint64_t kEverything = uint64_t{1} << 40;

// A machine with a demoter of its own; the engine's has nothing to do.
struct Demoting : Machine {
  explicit Demoting(const sim::WorldOptions& options = roomy_options()) : Machine(options) {}

  std::string name_of(int i) { return "key:" + std::to_string(i); }
  void fill(int keys, size_t value_bytes) {
    for (int i = 0; i < keys; ++i) execute({"SET", name_of(i), std::string(value_bytes, 'v')});
  }
  size_t count(EntryState state) {
    size_t found = 0;
    uint64_t position = 0;
    do {
      position = keyspace().dictionary().scan(
          position, 64, [&](Entry* entry, uint64_t) { found += entry->state() == state ? 1 : 0; });
    } while (position != 0);
    return found;
  }
  void wait() {
    world.until([this] { return world.is_idle(); }, "the demotions");
  }

  Demoter demoter{&world.engine().databases(), world.engine().tier()};
};

BOOST_AUTO_TEST_CASE(the_coldest_quarter_of_what_the_hand_sees_leaves) {
  Demoting machine;
  machine.fill(200, 100);
  // Each is a second colder than the next one that is touched, in an order without a pattern.
  base::Random random(4);
  std::vector<int> order;
  for (int i = 0; i < 200; ++i)
    order.insert(order.begin() + static_cast<ptrdiff_t>(random.below(static_cast<uint64_t>(i) + 1)),
                 i);
  for (const int i : order) {
    machine.world.clock().advance_us(1'000'000);
    machine.execute({"GET", machine.name_of(i)});
  }
  const AccessClock& access = machine.keyspace().shared().access;
  uint64_t position = 0;
  size_t looks = 0;
  do {
    std::vector<Entry*> seen;
    position = machine.keyspace().dictionary().scan(
        position, kLookBuckets, [&](Entry* entry, uint64_t) { seen.push_back(entry); });
    std::sort(seen.begin(), seen.end(), [&](const Entry* a, const Entry* b) {
      return access.coldness(a->access()) > access.coldness(b->access());
    });
    BOOST_TEST(machine.demoter.step(kEverything, kLookBuckets) > 0u);
    for (size_t i = 0; i < seen.size(); ++i)
      BOOST_TEST((seen[i]->state() == EntryState::kDemoting) == (i < (seen.size() + 3) / 4));
    ++looks;
  } while (position != 0);
  BOOST_TEST(looks > 1u);
  machine.wait();
}

BOOST_AUTO_TEST_CASE(a_step_takes_no_more_than_it_is_asked_for) {
  Demoting machine;
  machine.fill(100, 1000);
  const uint64_t found = machine.demoter.step(1, kEverything);
  BOOST_TEST(machine.count(EntryState::kDemoting) == 1u);
  BOOST_TEST(found >= 1000u);
  BOOST_TEST(found < 2000u);
  BOOST_TEST(found == machine.world.tier().demotion_bytes_in_flight());
  machine.demoter.step(3 * found, kEverything);
  BOOST_TEST(machine.count(EntryState::kDemoting) == 4u);
  machine.wait();
}

BOOST_AUTO_TEST_CASE(clean_entries_leave_at_once_and_are_not_written_again) {
  Demoting machine;
  machine.execute({"SET", "key", "value"});
  machine.make_cold("key");
  for (int i = 0; i < 2; ++i) machine.execute({"GET", "key"});
  BOOST_REQUIRE((machine.resident("key")->state() == EntryState::kClean));
  const uint64_t written = machine.statistics().demoted_keys;
  const uint64_t dropped = machine.statistics().dropped_keys;
  BOOST_TEST(machine.demoter.step(1, kEverything) > 0u);
  BOOST_TEST(machine.resident("key") == nullptr);
  BOOST_TEST(machine.statistics().dropped_keys == dropped + 1);
  BOOST_TEST(machine.world.tier().demotions_in_flight() == 0u);
  machine.wait();
  BOOST_TEST(machine.statistics().demoted_keys == written);
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("value"));
}

BOOST_AUTO_TEST_CASE(what_is_on_its_way_does_not_stand_for_others) {
  Demoting machine;
  machine.fill(8, 100);
  machine.world.clock().advance_us(10'000'000);
  machine.world.turn();
  // They are the coldest still, and nothing is written between two steps.
  size_t demoting = 0;
  for (int i = 0; i < 8 && demoting < 8; ++i) {
    BOOST_TEST(machine.demoter.step(1, 64) > 0u);
    BOOST_TEST(machine.count(EntryState::kDemoting) == ++demoting);
  }
  BOOST_TEST(machine.demoter.step(1, 64) == 0u);
  machine.wait();
}

BOOST_AUTO_TEST_CASE(a_value_that_a_command_waits_with_stays) {
  Demoting machine;
  for (const char* key : {"a", "b"}) {
    machine.execute({"SET", key, "value"});
    machine.make_cold(key);
  }
  machine.client->add({"MGET", "a", "b"});
  const auto arrived = [&] {
    return machine.resident("a") != nullptr || machine.resident("b") != nullptr;
  };
  for (int i = 0; i < 1000 && !arrived(); ++i) machine.turn({machine.client.get()});
  BOOST_REQUIRE_EQUAL(machine.client->waiting(), 1u);
  const std::string key = machine.resident("a") != nullptr ? "a" : "b";
  BOOST_TEST(!machine.demoter.demote_key(machine.keyspace(), machine.key(key)));
  BOOST_TEST(machine.demoter.step(1, kEverything) == 0u);
  BOOST_TEST(machine.resident(key) != nullptr);
  while (machine.client->waiting() != 0) machine.turn({machine.client.get()});
  BOOST_TEST(machine.replies.back() == "*2\r\n" + sim::bulk("value") + sim::bulk("value"));
  BOOST_TEST(machine.demoter.demote_key(machine.keyspace(), machine.key(key)));
  BOOST_TEST(machine.resident(key) == nullptr);
}

BOOST_AUTO_TEST_CASE(one_key_leaves_on_request_when_it_can) {
  Demoting machine;
  machine.execute({"SET", "key", "value"});
  BOOST_TEST(!machine.demoter.demote_key(machine.keyspace(), machine.key("none")));
  BOOST_TEST(machine.demoter.demote_key(machine.keyspace(), machine.key("key")));
  BOOST_TEST((machine.resident("key")->state() == EntryState::kDemoting));
  BOOST_TEST(!machine.demoter.demote_key(machine.keyspace(), machine.key("key")));
  machine.wait();
  BOOST_TEST(machine.resident("key") == nullptr);
  BOOST_TEST(!machine.demoter.demote_key(machine.keyspace(), machine.key("key")));
}

BOOST_AUTO_TEST_CASE(the_hand_comes_to_every_database) {
  Demoting machine;
  Databases& databases = machine.world.engine().databases();
  machine.fill(20, 100);
  machine.execute({"SELECT", "2"});
  machine.fill(20, 100);
  for (int i = 0; i < 200 && databases.keys() != 0; ++i) {
    machine.demoter.step(200, kLookBuckets);
    machine.wait();
    if (databases.at(0).dictionary().empty() && databases.at(2).dictionary().empty()) break;
  }
  BOOST_TEST(databases.at(0).dictionary().empty());
  BOOST_TEST(databases.at(2).dictionary().empty());
  BOOST_TEST(databases.keys() == 40u);
  // It goes on where it was: small steps do not keep it in the first one.
  machine.execute({"SELECT", "0"});
  machine.fill(20, 100);
  machine.execute({"SELECT", "2"});
  machine.fill(20, 100);
  bool second_before_first_was_empty = false;
  for (int i = 0; i < 40; ++i) {
    machine.demoter.step(1, kLookBuckets);
    machine.wait();
    second_before_first_was_empty =
        second_before_first_was_empty ||
        (databases.at(2).dictionary().size() < 20 && !databases.at(0).dictionary().empty());
  }
  BOOST_TEST(second_before_first_was_empty);
}

BOOST_AUTO_TEST_CASE(values_are_written_compressed_or_as_they_are) {
  Demoting machine;
  const auto payload_bytes = [&](const char* key) {
    const Key at = machine.key(key);
    machine.demoter.demote_key(machine.keyspace(), at);
    machine.wait();
    const logstore::Lookup found = machine.world.tier().index().lookup(
        {machine.keyspace().id(), at.hash, logstore::UnitKind::kRoot, at.text});
    BOOST_REQUIRE((found.state == logstore::LookupState::kFound));
    return found.value.payload_bytes;
  };
  machine.execute({"SET", "a", std::string(5000, 'v')});
  machine.execute({"SET", "b", std::string(5000, 'v')});
  BOOST_TEST(payload_bytes("a") < 500u);
  machine.demoter.set_compress(false);
  BOOST_TEST(payload_bytes("b") >= 5000u);
  for (const char* key : {"a", "b"})
    BOOST_TEST((machine.execute({"GET", key}) == sim::bulk(std::string(5000, 'v'))));
}

BOOST_AUTO_TEST_CASE(two_rounds_without_a_find_say_that_nothing_may_leave) {
  Demoting machine;
  BOOST_TEST(!machine.demoter.found_nothing());
  for (int i = 0; i < 4; ++i) BOOST_TEST(machine.demoter.step(1, kLookBuckets) == 0u);
  BOOST_TEST(machine.demoter.found_nothing());
  machine.execute({"SET", "key", "value"});
  for (int i = 0; i < 100 && machine.demoter.found_nothing(); ++i)
    machine.demoter.step(1, kLookBuckets);
  BOOST_TEST(!machine.demoter.found_nothing());
  machine.wait();
}

BOOST_AUTO_TEST_CASE(a_log_that_is_not_ready_does_not_say_that_nothing_may_leave) {
  Demoting machine;
  machine.demoter.set_compress(false);
  machine.fill(200, 30'000);
  // No turn comes in which the log could write.
  for (int i = 0; i < 1000 && machine.world.tier().can_demote(); ++i)
    machine.demoter.step(kEverything, kEverything);
  BOOST_REQUIRE(!machine.world.tier().can_demote());
  BOOST_REQUIRE(machine.world.tier().demotion_has_to_wait());
  for (int i = 0; i < 100; ++i) machine.demoter.step(kEverything, kLookBuckets);
  BOOST_TEST(!machine.demoter.found_nothing());
  machine.world.until([&] { return machine.world.tier().can_demote(); }, "the log");
  BOOST_TEST(machine.demoter.step(1, kEverything) > 0u);
  machine.wait();
}

BOOST_AUTO_TEST_CASE(a_full_log_says_that_nothing_may_leave) {
  sim::WorldOptions options = roomy_options();
  options.tier_bytes_max = 8 * 2 * base::kIoBytesMax;
  Demoting machine(options);
  machine.demoter.set_compress(false);
  machine.fill(400, 30'000);
  machine.world.until(
      [&] {
        machine.demoter.step(kEverything, kEverything);
        return machine.demoter.found_nothing();
      },
      "a full log");
  BOOST_TEST(machine.count(EntryState::kDirty) > 0u);
  BOOST_TEST(machine.statistics().demoted_keys > 0u);
}

}  // namespace
}  // namespace engine
