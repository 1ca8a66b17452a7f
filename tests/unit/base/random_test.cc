#define BOOST_TEST_MODULE random
#include "base/random.h"

#include <array>
#include <boost/test/unit_test.hpp>

using namespace base;

// From an independent implementation of both generators. A simulation's seed means the same run
// only as long as these stay.
BOOST_AUTO_TEST_CASE(the_sequence_is_that_of_xoshiro256_seeded_by_splitmix64) {
  constexpr uint64_t kOfZero[] = {0x99ec5f36cb75f2b4, 0xbf6e1f784956452a, 0x1a5f849d4933e6e0,
                                  0x6aa594f1262d2d2c, 0xbba5ad4a1f842e59};
  constexpr uint64_t kOf42[] = {0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1,
                                0xecb8ad4703b360a1, 0xfde6dc7fe2ec5e64};
  Random zero(0);
  for (const uint64_t expected : kOfZero) BOOST_TEST(zero.next() == expected);
  Random other(42);
  for (const uint64_t expected : kOf42) BOOST_TEST(other.next() == expected);
}

BOOST_AUTO_TEST_CASE(a_copy_goes_its_own_way_from_where_it_was_made) {
  Random random(7);
  random.next();
  Random copy = random;
  const uint64_t next = random.next();
  BOOST_TEST(copy.next() == next);
}

BOOST_AUTO_TEST_CASE(numbers_below_a_bound_fall_evenly_into_all_of_it) {
  constexpr int kDraws = 100'000;
  Random random(3);
  std::array<int, 10> seen{};
  for (int i = 0; i < kDraws; ++i) ++seen.at(random.below(seen.size()));
  // Twenty standard deviations would be 1,900.
  for (const int count : seen) BOOST_TEST(std::abs(count - kDraws / 10) < 1000);
  for (int i = 0; i < 100; ++i) BOOST_TEST(random.below(1) == 0u);
  for (int i = 0; i < 100; ++i) BOOST_TEST(random.below(uint64_t{1} << 63) < uint64_t{1} << 63);
}

BOOST_AUTO_TEST_CASE(one_in_n_happens_once_in_n_times) {
  Random random(5);
  int happened = 0;
  for (int i = 0; i < 80'000; ++i) happened += random.one_in(8) ? 1 : 0;
  BOOST_TEST(std::abs(happened - 10'000) < 1000);
  BOOST_TEST(random.one_in(1));
}

BOOST_AUTO_TEST_CASE(the_kernel_seeds_each_one_differently) {
  Random first = Random::from_entropy();
  Random second = Random::from_entropy();
  BOOST_TEST(first.next() != second.next());
}
