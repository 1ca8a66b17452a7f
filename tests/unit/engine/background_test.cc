#define BOOST_TEST_MODULE engine_background
#include "engine/background.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "base/memory.h"
#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

constexpr int64_t kSecondUs = 1'000'000;

// Memory that nobody can demote, for as long as it lives.
struct Ballast {
  explicit Ballast(int64_t of_bytes) : bytes(of_bytes) {
    base::charge(base::MemoryUse::kOther, bytes);
  }
  ~Ballast() { base::charge(base::MemoryUse::kOther, -bytes); }
  const int64_t bytes;
};

struct Working : Machine {
  explicit Working(const sim::WorldOptions& options = roomy_options()) : Machine(options) {}

  Engine& engine() { return world.engine(); }
  Background& background() { return world.engine().background(); }
  Databases& databases() { return world.engine().databases(); }
  uint64_t slices(SliceCause cause) { return background().statistics(cause).slices; }
  uint64_t cpu_ns() {
    uint64_t sum = 0;
    for (size_t i = 0; i < kSliceCauses; ++i)
      sum += background().statistics(static_cast<SliceCause>(i)).cpu_ns;
    return sum;
  }
  // Without commands, which would take a turn each.
  void fill(int database, int keys, int64_t expiry_ms = kNoExpiry) {
    Keyspace& in = databases().at(database);
    for (int i = 0; i < keys; ++i)
      in.set(in.key_of("key:" + std::to_string(i)), "value", {.expiry_ms = expiry_ms});
  }
  // Simulated time with turns in it.
  void pass(int64_t us) {
    const uint64_t end_ns = world.clock().monotonic_ns() + static_cast<uint64_t>(us) * 1000;
    while (world.clock().monotonic_ns() < end_ns) world.turn();
  }
};

BOOST_AUTO_TEST_CASE(a_run_ends_when_its_budget_is_spent_and_says_that_there_is_more) {
  Working machine;
  machine.fill(0, 20'000);
  machine.databases().flush(0);
  int runs = 0;
  uint64_t before = machine.cpu_ns();
  while (machine.background().run()) {
    const uint64_t after = machine.cpu_ns();
    BOOST_REQUIRE_GE(after - before, Background::kBudgetNs);
    // The simulated machine's steps take up to 20 us.
    BOOST_REQUIRE_LT(after - before, Background::kBudgetNs + 20'000);
    before = after;
    ++runs;
  }
  BOOST_TEST(runs > 3);
  BOOST_TEST(machine.databases().detached().empty());
  BOOST_TEST(machine.slices(SliceCause::kFreeing) >= static_cast<uint64_t>(runs));
  BOOST_TEST(!machine.background().run());
}

BOOST_AUTO_TEST_CASE(who_was_kept_waiting_by_a_spent_budget_is_first_in_the_next_run) {
  Working machine;
  machine.fill(1, 20'000);
  machine.databases().flush(1);
  machine.fill(0, 20'000, machine.engine().now_ms() + 10);
  machine.databases().shared().now_ms += 20;
  machine.background().expirer().tick(machine.engine().now_ms());
  machine.background().reset_statistics();
  const auto expect = [&](uint64_t expiry, uint64_t freeing) {
    BOOST_TEST(machine.background().run());
    BOOST_TEST(machine.slices(SliceCause::kExpiry) == expiry);
    BOOST_TEST(machine.slices(SliceCause::kFreeing) == freeing);
  };
  expect(1, 0);
  expect(1, 1);
  expect(2, 1);
  expect(2, 2);
}

BOOST_AUTO_TEST_CASE(what_each_cause_took_is_kept_until_it_is_reset) {
  Working machine;
  machine.fill(0, 20'000);
  machine.databases().flush(0);
  machine.background().reset_statistics();
  machine.background().run();
  const SliceStatistics& freeing = machine.background().statistics(SliceCause::kFreeing);
  BOOST_TEST(freeing.slices == 1u);
  BOOST_TEST(freeing.cpu_ns >= Background::kBudgetNs);
  BOOST_TEST(freeing.longest_ns == freeing.cpu_ns);
  machine.background().run();
  BOOST_TEST(freeing.slices == 2u);
  BOOST_TEST(freeing.longest_ns < freeing.cpu_ns);
  BOOST_TEST(machine.slices(SliceCause::kExpiry) == 0u);
  machine.background().reset_statistics();
  BOOST_TEST(freeing.slices == 0u);
  BOOST_TEST(freeing.longest_ns == 0u);
}

BOOST_AUTO_TEST_CASE(every_cause_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (size_t i = 0; i < kSliceCauses; ++i)
    names.insert(slice_cause_name(static_cast<SliceCause>(i)));
  BOOST_TEST(names.size() == kSliceCauses);
  BOOST_TEST(slice_cause_name(SliceCause::kLoading) == std::string("loading"));
  BOOST_TEST(slice_cause_name(SliceCause::kDefragmentation) == std::string("defragmentation"));
}

BOOST_AUTO_TEST_CASE(samples_are_taken_ten_times_a_second) {
  Working machine;
  machine.pass(kSecondUs);
  const uint64_t due_ns = machine.background().next_tick_ns();
  const uint64_t before = machine.engine().budget().resident_bytes();
  {
    const Ballast ballast(1'000'000);
    machine.background().run();
    BOOST_TEST(machine.background().next_tick_ns() == due_ns);
    BOOST_TEST(machine.engine().budget().resident_bytes() == before);
    while (machine.world.loop().turn_ns() < due_ns) machine.world.turn();
    BOOST_TEST(machine.engine().budget().resident_bytes() >= before + 1'000'000);
    BOOST_TEST(machine.background().next_tick_ns() ==
               machine.world.loop().turn_ns() + Background::kTickNs);
    BOOST_TEST(base::memory_used_peak() >= base::memory_used_total());
  }
  for (int i = 0; i < 160; ++i) {
    machine.engine().statistics().commands_processed += 100;
    machine.pass(10'000);
  }
  const uint64_t rate = machine.engine().statistics().commands_rate.per_second();
  BOOST_TEST(rate > 8000u);
  BOOST_TEST(rate < 12'000u);
}

BOOST_AUTO_TEST_CASE(keys_expire_though_nobody_asks_for_them) {
  Working machine;
  machine.fill(0, 300, machine.engine().now_ms() + 500);
  machine.pass(400'000);
  BOOST_TEST(machine.keyspace().size() == 300u);
  machine.pass(400'000);
  BOOST_TEST(machine.keyspace().size() == 0u);
}

BOOST_AUTO_TEST_CASE(what_demotion_was_asked_for_goes_whatever_room_there_is) {
  Working machine;
  for (int i = 0; i < 100; ++i)
    machine.execute({"SET", "key:" + std::to_string(i), std::string(1000, 'v')});
  machine.pass(kSecondUs);
  BOOST_TEST(machine.keyspace().residence().counts().cold_keys == 0u);
  machine.background().demote_bytes(20'000);
  machine.background().demote_bytes(10'000);
  BOOST_TEST(machine.background().requested_demotion() == 30'000u);
  machine.pass(kSecondUs);
  BOOST_TEST(machine.background().requested_demotion() == 0u);
  const uint64_t cold = machine.keyspace().residence().counts().cold_keys;
  BOOST_TEST(cold >= 20u);
  BOOST_TEST(cold <= 40u);

  machine.background().demote_bytes(10'000);
  machine.background().forget_requested_demotion();
  machine.pass(kSecondUs);
  BOOST_TEST(machine.keyspace().residence().counts().cold_keys == cold);
  // More than there is: it ends when nothing is left.
  machine.background().demote_bytes(uint64_t{1} << 40);
  machine.pass(kSecondUs);
  BOOST_TEST(machine.background().requested_demotion() == 0u);
  BOOST_TEST(machine.keyspace().residence().counts().cold_keys == 100u);
}

BOOST_AUTO_TEST_CASE(demotion_keeps_memory_below_its_mark) {
  sim::WorldOptions options = roomy_options();
  options.maxmemory = 4 * 1024 * 1024;
  Working machine(options);
  for (int i = 0; i < 300; ++i)
    machine.execute({"SET", "key:" + std::to_string(i), std::string(8000, 'v')});
  machine.pass(kSecondUs);
  const Budget& budget = machine.engine().budget();
  BOOST_TEST(budget.excess(base::memory_used_total()) == 0u);
  BOOST_TEST(machine.statistics().demoted_keys > 0u);
  BOOST_TEST(machine.keyspace().dictionary().size() > 0u);
  BOOST_TEST(machine.keyspace().size() == 300u);
}

BOOST_AUTO_TEST_CASE(writers_are_refused_when_nothing_could_leave_for_half_a_second) {
  Working machine;
  {
    const Ballast ballast(100'000'000);
    // The next sample sees it.
    machine.pass(150'000);
    BOOST_TEST(machine.engine().budget().room(base::memory_used_total()) < 0);
    machine.pass(250'000);
    BOOST_TEST(!machine.engine().gate().exhausted());
    machine.pass(500'000);
    BOOST_TEST(machine.engine().gate().exhausted());
    BOOST_TEST(machine.execute({"SET", "key", "value"}).starts_with("-OOM command not allowed"));
  }
  machine.pass(200'000);
  BOOST_TEST(!machine.engine().gate().exhausted());
  BOOST_TEST(machine.execute({"SET", "key", "value"}) == sim::kOk);
  machine.execute({"DEL", "key"});
  // The time begins anew.
  const Ballast ballast(100'000'000);
  machine.pass(400'000);
  BOOST_TEST(!machine.engine().gate().exhausted());
}

BOOST_AUTO_TEST_CASE(values_read_once_take_a_sixteenth_of_maxmemory_at_most) {
  sim::WorldOptions options = roomy_options();
  options.maxmemory = 16 * 1024 * 1024;
  Working machine(options);
  for (int i = 0; i < 60; ++i) {
    const std::string key = "key:" + std::to_string(i);
    machine.execute({"SET", key, std::string(30'000, 'v')});
    machine.make_cold(key);
    machine.execute({"GET", key});
  }
  machine.world.turn();
  BOOST_TEST(machine.world.tier().probation_bytes() <= options.maxmemory / 16);
  BOOST_TEST(machine.world.tier().probation_bytes() > options.maxmemory / 32);
}

BOOST_AUTO_TEST_CASE(a_table_that_grows_is_moved_in_idle_time) {
  Working machine;
  // The last database: the hand that moves tables has to come to it.
  Keyspace& keyspace = machine.databases().at(2);
  int keys = 0;
  const auto growing = [&] { return keyspace.dictionary().resize_step(0); };
  while (keys < 100'000 && !growing()) {
    keyspace.set(keyspace.key_of("key:" + std::to_string(keys)), "value", {});
    if (++keys < 10'000) keyspace.dictionary().resize_step(1'000'000);
  }
  BOOST_REQUIRE(growing());
  while (machine.background().run()) {
  }
  BOOST_TEST(machine.slices(SliceCause::kResize) > 0u);
  BOOST_TEST(!growing());
  for (int i = 0; i < keys; ++i)
    BOOST_REQUIRE(keyspace.resident(keyspace.key_of("key:" + std::to_string(i))) != nullptr);
}

}  // namespace
}  // namespace engine
