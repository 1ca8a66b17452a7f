#define BOOST_TEST_MODULE engine_eviction
#include "engine/eviction.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "base/memory.h"
#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

constexpr uint64_t kEverything = uint64_t{1} << 40;

class Listener final : public KeyListener, public EffectSink {
 public:
  void on_key_changed(const Keyspace&, const Key&) override {}
  void on_key_event(const Keyspace&, const Key& key, const KeyEvent& event) override {
    if (event.event_class == notify_event::kEvicted)
      events.push_back(std::string(event.name) + " " + std::string(key.text));
  }
  void on_flush(int) override {}
  void on_swap(int, int) override {}
  void on_effects(const EffectUnit& unit) override { effects.push_back(unit.text); }

  std::vector<std::string> events;
  std::vector<std::string> effects;
};

// An engine whose limit is on counted memory, as it is where no tier takes keys.
struct Evicting : Machine {
  explicit Evicting(MaxmemoryPolicy policy, const sim::WorldOptions& options = roomy_options())
      : Machine(options) {
    Options& now = world.engine().config().mutable_options();
    now.maxmemory_policy = policy;
    // All of a small database is in every sample.
    now.maxmemory_samples = 64;
  }

  std::string name_of(int i) { return "key:" + std::to_string(i); }
  void fill(int keys) {
    for (int i = 0; i < keys; ++i) execute({"SET", name_of(i), std::string(1000, 'v')});
  }
  // Evicts until `bytes` are there beyond what is used now.
  bool evict(uint64_t bytes) {
    world.engine().budget().set_limits({.maxmemory = base::memory_used_total()});
    return engine::evict(world.engine(), bytes);
  }
  int64_t room() { return world.engine().budget().room(base::memory_used_total()); }
  uint64_t keys() { return world.engine().databases().keys(); }
  std::set<int> left(int of) {
    std::set<int> present;
    for (int i = 0; i < of; ++i)
      if (resident(name_of(i)) != nullptr) present.insert(i);
    return present;
  }
};

std::set<int> from_to(int from, int to) {
  std::set<int> all;
  for (int i = from; i < to; ++i) all.insert(i);
  return all;
}

BOOST_AUTO_TEST_CASE(noeviction_deletes_nothing) {
  Evicting machine(MaxmemoryPolicy::kNoEviction);
  machine.fill(10);
  BOOST_TEST(!machine.evict(1));
  BOOST_TEST(machine.keys() == 10u);
}

BOOST_AUTO_TEST_CASE(as_many_keys_go_as_the_room_takes_and_no_more) {
  Evicting machine(MaxmemoryPolicy::kAllkeysRandom);
  machine.fill(60);
  BOOST_TEST(machine.evict(20'000));
  BOOST_TEST(machine.room() >= 20'000);
  BOOST_TEST(machine.room() < 22'000);
  const uint64_t gone = 60 - machine.keys();
  BOOST_TEST(gone > 10u);
  BOOST_TEST(machine.world.engine().statistics().evicted_keys == gone);
  // Where there is room already nothing goes.
  BOOST_TEST(engine::evict(machine.world.engine(), 20'000));
  BOOST_TEST(machine.keys() == 60 - gone);
}

BOOST_AUTO_TEST_CASE(volatile_policies_take_keys_with_an_expiry_only) {
  for (const MaxmemoryPolicy policy :
       {MaxmemoryPolicy::kVolatileRandom, MaxmemoryPolicy::kVolatileLru,
        MaxmemoryPolicy::kVolatileLfu, MaxmemoryPolicy::kVolatileTtl}) {
    Evicting machine(policy);
    machine.fill(40);
    for (int i = 0; i < 20; ++i) machine.execute({"EXPIRE", machine.name_of(i), "1000"});
    BOOST_TEST(machine.evict(5000));
    BOOST_TEST(!machine.evict(kEverything));
    BOOST_TEST((machine.left(40) == from_to(20, 40)));
  }
}

BOOST_AUTO_TEST_CASE(all_keys_may_go_under_the_other_policies) {
  for (const MaxmemoryPolicy policy :
       {MaxmemoryPolicy::kAllkeysRandom, MaxmemoryPolicy::kAllkeysLru,
        MaxmemoryPolicy::kAllkeysLfu}) {
    Evicting machine(policy);
    machine.fill(40);
    BOOST_TEST(!machine.evict(kEverything));
    BOOST_TEST(machine.keys() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(the_next_to_expire_goes_first_under_volatile_ttl) {
  Evicting machine(MaxmemoryPolicy::kVolatileTtl);
  machine.fill(30);
  for (int i = 0; i < 30; ++i)
    machine.execute({"EXPIRE", machine.name_of(i), std::to_string(1000 + i * 17 % 30)});
  for (int gone = 1; gone <= 30; ++gone) {
    BOOST_TEST(machine.evict(1));
    BOOST_REQUIRE_EQUAL(machine.keys(), static_cast<uint64_t>(30 - gone));
    for (int i = 0; i < 30; ++i)
      BOOST_TEST((machine.resident(machine.name_of(i)) == nullptr) == (i * 17 % 30 < gone));
  }
}

BOOST_AUTO_TEST_CASE(the_longest_unused_goes_first_under_lru) {
  for (const MaxmemoryPolicy policy :
       {MaxmemoryPolicy::kAllkeysLru, MaxmemoryPolicy::kVolatileLru}) {
    Evicting machine(policy);
    machine.fill(20);
    for (int i = 0; i < 20; ++i) machine.execute({"EXPIRE", machine.name_of(i), "100000"});
    for (int i = 0; i < 20; ++i) {
      machine.world.clock().advance_us(2'000'000);
      machine.execute({"GET", machine.name_of(i)});
    }
    for (int gone = 1; gone <= 20; ++gone) {
      BOOST_TEST(machine.evict(1));
      BOOST_TEST((machine.left(20) == from_to(gone, 20)));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_least_often_used_goes_first_under_lfu) {
  sim::WorldOptions options = roomy_options();
  options.lfu = true;
  Evicting machine(MaxmemoryPolicy::kAllkeysLfu, options);
  machine.fill(20);
  for (int use = 0; use < 200; ++use)
    for (int i = 10; i < 20; ++i) machine.execute({"GET", machine.name_of(i)});
  for (int gone = 0; gone < 10; ++gone) BOOST_TEST(machine.evict(1));
  BOOST_TEST((machine.left(20) == from_to(10, 20)));
}

BOOST_AUTO_TEST_CASE(keys_of_every_database_may_go) {
  Evicting machine(MaxmemoryPolicy::kAllkeysLru);
  machine.fill(20);
  machine.execute({"SELECT", "2"});
  machine.fill(20);
  BOOST_TEST(!machine.evict(kEverything));
  BOOST_TEST(machine.keys() == 0u);
}

BOOST_AUTO_TEST_CASE(an_evicted_key_is_told_to_listeners_and_passed_on_as_deleted) {
  Evicting machine(MaxmemoryPolicy::kAllkeysLru);
  machine.fill(1);
  Listener listener;
  machine.keyspace().shared().events = {notify_event::kEvicted, &listener};
  machine.world.engine().effects().set_sink(&listener);
  BOOST_TEST(machine.evict(1));
  BOOST_TEST((listener.events == std::vector<std::string>{"evicted key:0"}));
  BOOST_TEST((listener.effects == std::vector<std::string>{"*2\r\n$3\r\nDEL\r\n$5\r\nkey:0\r\n"}));
  machine.keyspace().shared().events = {};
  machine.world.engine().effects().set_sink(nullptr);
}

BOOST_AUTO_TEST_CASE(one_command_pays_for_a_bounded_number_of_deletes_and_then_runs) {
  Evicting machine(MaxmemoryPolicy::kAllkeysRandom);
  machine.fill(400);
  BOOST_TEST(machine.evict(kEverything));
  const uint64_t left = machine.keys();
  BOOST_TEST(left > 0u);
  BOOST_TEST(left < 400u);
  BOOST_TEST(!machine.evict(kEverything));
  BOOST_TEST(machine.keys() == 0u);
}

}  // namespace
}  // namespace engine
