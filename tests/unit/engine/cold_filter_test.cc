#define BOOST_TEST_MODULE cold_filter
#include "engine/cold_filter.h"

#include <boost/test/unit_test.hpp>
#include <unordered_map>
#include <vector>

#include "base/memory.h"
#include "base/random.h"

using namespace engine;

namespace {

uint64_t used() { return base::memory_used(base::MemoryUse::kFilter); }

// Adds and removes hashes drawn by `draw` and checks that nothing that is in is ever missed.
template <class Draw>
void run_model(uint64_t seed, int operations, size_t size_max, Draw draw) {
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  const uint64_t before = used();
  ColdFilter filter;
  std::vector<uint64_t> present;
  for (int i = 0; i < operations; ++i) {
    const bool filling = i / (operations / 7) % 2 == 0;
    if (present.empty() || (present.size() < size_max && random.below(10) < (filling ? 7u : 3u))) {
      present.push_back(draw(random));
      filter.add(present.back());
    } else {
      const size_t at = random.below(present.size());
      filter.remove(present[at]);
      BOOST_REQUIRE_EQUAL(filter.size(), present.size() - 1);
      present[at] = present.back();
      present.pop_back();
    }
    if (random.one_in(500)) filter.grow_step(random.below(10));
    if (!present.empty()) BOOST_REQUIRE(filter.may_contain(present[random.below(present.size())]));
    if (i % (operations / 20) == 0)
      for (const uint64_t hash : present) BOOST_REQUIRE(filter.may_contain(hash));
    if (i % 64 == 0) BOOST_REQUIRE_EQUAL(used() - before, filter.bytes());
  }
  for (const uint64_t hash : present) filter.remove(hash);
  BOOST_TEST(filter.size() == 0u);
  BOOST_TEST(!filter.may_contain(random.next()));
  BOOST_TEST(used() == before);
}

double share_of_maybe(const ColdFilter& filter, base::Random& random) {
  int maybe = 0;
  for (int i = 0; i < 200000; ++i) maybe += filter.may_contain(random.next());
  return maybe / 200000.0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_adds_and_removes_never_miss_a_cold_key) {
  run_model(1, 300000, 100000, [](base::Random& random) { return random.next(); });
}

BOOST_AUTO_TEST_CASE(hashes_that_share_buckets_and_fingerprints_are_never_missed) {
  run_model(2, 100000, 3000, [](base::Random& random) { return random.below(64) << 44; });
  run_model(3, 100000, 3000, [](base::Random& random) { return random.below(4096) << 52; });
  run_model(4, 100000, 3000, [](base::Random& random) {
    return (random.below(16) << 60) + (random.below(16) << 45) + (random.below(8) << 36);
  });
}

BOOST_AUTO_TEST_CASE(a_flood_of_equal_hashes_saturates_one_bucket_only) {
  ColdFilter filter;
  base::Random random(5);
  for (int i = 0; i < 1000; ++i) filter.add(0x1234567890abcdef);
  for (int i = 0; i < 50000; ++i) filter.add(random.next());
  for (int i = 0; i < 1000; ++i) filter.remove(0x1234567890abcdef);
  BOOST_TEST(filter.may_contain(0x1234567890abcdef));
  BOOST_TEST(share_of_maybe(filter, random) < 0.03);
}

BOOST_AUTO_TEST_CASE(fingerprints_that_ran_out_of_bits_are_never_missed) {
  // Each of the early ones is split sixteen times or more; the flood that makes the filter double fills
  // one bucket only.
  const int flood = 1 << 23;
  ColdFilter filter(1);
  base::Random random(6);
  std::vector<uint64_t> early;
  for (int i = 0; i < 100; ++i) early.push_back(random.next());
  for (const uint64_t hash : early) filter.add(hash);
  for (int i = 0; i < flood; ++i) filter.add(0x1234567890abcdef);
  for (const uint64_t hash : early) BOOST_REQUIRE(filter.may_contain(hash));
  BOOST_TEST(share_of_maybe(filter, random) < 0.02);
  for (size_t i = 0; i < early.size(); ++i) {
    filter.remove(early[i]);
    for (size_t j = i + 1; j < early.size(); ++j) BOOST_REQUIRE(filter.may_contain(early[j]));
  }
  for (int i = 0; i < flood; ++i) filter.remove(0x1234567890abcdef);
  BOOST_TEST(filter.bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(most_absent_keys_are_not_cold) {
  ColdFilter filter;
  base::Random random(7);
  BOOST_TEST(!filter.may_contain(1));
  for (int i = 0; i < 1000000; ++i) {
    filter.add(random.next());
    if (i % 100000 == 0) BOOST_TEST(share_of_maybe(filter, random) < 0.02);
  }
  while (filter.grow_step(100)) {
  }
  BOOST_TEST(filter.bytes() < 7000000u);
  filter.clear();
  BOOST_TEST(filter.bytes() == 0u);
  BOOST_TEST(!filter.may_contain(random.next()));
  filter.add(99);
  BOOST_TEST(filter.may_contain(99));
}
