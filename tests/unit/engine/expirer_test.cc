#define BOOST_TEST_MODULE expirer
#include "engine/expirer.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace engine;

namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

struct Fixture {
  base::Random random{5};
  base::KeyHasher hasher = base::KeyHasher::with_random_secret(random);
  Databases databases{3, &hasher, &random};
  Expirer expirer{&databases, nullptr};

  Fixture() { databases.shared().now_ms = kNowMs; }

  void fill(int database, int keys, int64_t expiry_ms) {
    Keyspace& keyspace = databases.at(database);
    for (int i = 0; i < keys; ++i) {
      const std::string key = std::to_string(expiry_ms) + ":" + std::to_string(i);
      keyspace.set(keyspace.key_of(key), "v", {.expiry_ms = expiry_ms});
    }
  }
  void run_a_round() {
    expirer.tick(databases.shared().now_ms);
    while (expirer.step(16)) {
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(one_round_deletes_what_has_expired_in_every_database, Fixture) {
  fill(0, 500, kNowMs + 10);
  fill(0, 300, kNowMs + 1000);
  fill(2, 200, kNowMs + 10);
  fill(2, 100, kNoExpiry);
  run_a_round();
  BOOST_TEST(databases.keys() == 1100u);

  databases.shared().now_ms = kNowMs + 10;
  run_a_round();
  BOOST_TEST(databases.at(0).size() == 300u);
  BOOST_TEST(databases.at(2).size() == 100u);
  BOOST_TEST(databases.at(2).expiring() == 0u);
  BOOST_TEST(databases.shared().expired == 700u);
}

BOOST_FIXTURE_TEST_CASE(it_rests_between_ticks_and_when_it_is_off, Fixture) {
  fill(0, 100, kNowMs + 1);
  databases.shared().now_ms = kNowMs + 5;
  BOOST_TEST(!expirer.step(1000));
  BOOST_TEST(databases.keys() == 100u);

  expirer.set_active(false);
  run_a_round();
  BOOST_TEST(databases.keys() == 100u);

  expirer.set_active(true);
  run_a_round();
  BOOST_TEST(databases.keys() == 0u);
}

BOOST_FIXTURE_TEST_CASE(databases_without_expiring_keys_cost_no_walk, Fixture) {
  fill(0, 10'000, kNoExpiry);
  expirer.tick(kNowMs);
  BOOST_TEST(!expirer.step(1));
}
