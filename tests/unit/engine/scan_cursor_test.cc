#define BOOST_TEST_MODULE scan_cursor
#include "engine/scan_cursor.h"

#include <bit>
#include <boost/test/unit_test.hpp>
#include <unordered_set>

using namespace engine;

namespace {

constexpr uint64_t kCursors = uint64_t{1} << kScanPrefixBits;

}  // namespace

BOOST_AUTO_TEST_CASE(a_position_comes_back_from_its_cursor) {
  const uint64_t seed = 20261120;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  for (int secret = 0; secret < 20; ++secret) {
    const ScanCursors cursors(random);
    for (int i = 0; i < 20'000; ++i) {
      const uint64_t position = random.below(kCursors) * kScanUnit;
      const uint64_t cursor = cursors.cursor_of(position);
      BOOST_REQUIRE_LT(cursor, kCursors);
      BOOST_REQUIRE_EQUAL(cursors.position_of(cursor), position);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cursor_comes_back_from_its_position) {
  base::Random random(7);
  const ScanCursors cursors(random);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t cursor = random.below(kCursors);
    const uint64_t position = cursors.position_of(cursor);
    BOOST_REQUIRE_EQUAL(position % kScanUnit, 0u);
    BOOST_REQUIRE_EQUAL(cursors.cursor_of(position), cursor);
  }
}

BOOST_AUTO_TEST_CASE(only_the_start_is_cursor_zero) {
  base::Random random(11);
  for (int secret = 0; secret < 1000; ++secret) {
    const ScanCursors cursors(random);
    BOOST_TEST(cursors.cursor_of(0) == 0u);
    BOOST_TEST(cursors.position_of(0) == 0u);
    for (uint64_t prefix = 1; prefix < 200; ++prefix)
      BOOST_REQUIRE_NE(cursors.cursor_of(prefix * kScanUnit), 0u);
  }
}

BOOST_AUTO_TEST_CASE(neighbouring_positions_have_different_cursors) {
  base::Random random(3);
  const ScanCursors cursors(random);
  std::unordered_set<uint64_t> seen;
  for (uint64_t prefix = 0; prefix < 300'000; ++prefix)
    BOOST_REQUIRE(seen.insert(cursors.cursor_of(prefix * kScanUnit)).second);
}

BOOST_AUTO_TEST_CASE(a_cursor_hides_the_order_of_positions) {
  base::Random random(5);
  const ScanCursors cursors(random);
  uint64_t flipped = 0;
  constexpr uint64_t kPairs = 10'000;
  for (uint64_t prefix = 1; prefix <= kPairs; ++prefix) {
    const uint64_t a = cursors.cursor_of(prefix * kScanUnit);
    const uint64_t b = cursors.cursor_of((prefix + 1) * kScanUnit);
    flipped += static_cast<uint64_t>(std::popcount(a ^ b));
  }
  // About half of the 52 bits.
  BOOST_TEST(flipped / kPairs >= 24u);
  BOOST_TEST(flipped / kPairs <= 28u);
}

BOOST_AUTO_TEST_CASE(another_secret_gives_other_cursors) {
  base::Random random(13);
  const ScanCursors first(random);
  const ScanCursors second(random);
  int equal = 0;
  for (uint64_t prefix = 1; prefix < 10'000; ++prefix)
    equal += first.cursor_of(prefix * kScanUnit) == second.cursor_of(prefix * kScanUnit) ? 1 : 0;
  BOOST_TEST(equal == 0);
}

BOOST_AUTO_TEST_CASE(any_number_is_a_cursor) {
  base::Random random(17);
  const ScanCursors cursors(random);
  BOOST_TEST(cursors.position_of(UINT64_MAX) % kScanUnit == 0u);
  BOOST_TEST(cursors.position_of(kCursors) == 0u);
}
