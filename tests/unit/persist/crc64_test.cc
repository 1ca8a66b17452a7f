#define BOOST_TEST_MODULE crc64
#include "persist/crc64.h"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "base/random.h"

namespace {

std::vector<std::byte> random_bytes(base::Random& random, size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = std::byte(random.next() & 0xff);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_check_value_is_that_of_redis) {
  BOOST_CHECK_EQUAL(persist::crc64(0, base::as_bytes("123456789")), 0xe9c6d914c4b8d9caull);
  BOOST_CHECK_EQUAL(persist::crc64(0, {}), 0u);
}

BOOST_AUTO_TEST_CASE(a_sum_may_be_taken_in_pieces_of_any_size) {
  base::Random random(1);
  const std::vector<std::byte> bytes = random_bytes(random, 5000);
  const uint64_t whole = persist::crc64(0, bytes);
  for (int round = 0; round < 200; ++round) {
    uint64_t crc = 0;
    base::ByteSpan left = bytes;
    while (!left.empty()) {
      const size_t take = std::min<size_t>(left.size(), random.below(700));
      crc = persist::crc64(crc, left.first(take));
      left = left.subspan(take);
    }
    BOOST_REQUIRE_EQUAL(crc, whole);
  }
}

BOOST_AUTO_TEST_CASE(sums_of_parts_combine_to_the_sum_of_the_whole) {
  base::Random random(2);
  const std::vector<std::byte> bytes = random_bytes(random, 100'000);
  for (int round = 0; round < 300; ++round) {
    const size_t end = random.below(bytes.size() + 1);
    const size_t middle = random.below(end + 1);
    const base::ByteSpan whole = base::ByteSpan(bytes).first(end);
    const uint64_t combined =
        persist::crc64_combine(persist::crc64(0, whole.first(middle)),
                               persist::crc64(0, whole.subspan(middle)), end - middle);
    BOOST_REQUIRE_EQUAL(combined, persist::crc64(0, whole));
  }
}

BOOST_AUTO_TEST_CASE(a_part_may_be_longer_than_memory) {
  // 2^40 zero bytes after a sum, once in one step and once by doubling.
  uint64_t doubled = persist::crc64(0, base::as_bytes("basalt"));
  doubled = persist::crc64_combine(doubled, 0, uint64_t{1} << 39);
  doubled = persist::crc64_combine(doubled, 0, uint64_t{1} << 39);
  BOOST_CHECK_EQUAL(
      persist::crc64_combine(persist::crc64(0, base::as_bytes("basalt")), 0, uint64_t{1} << 40),
      doubled);
}
