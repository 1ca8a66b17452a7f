#define BOOST_TEST_MODULE load_data
#include "bench/load_data.h"

#include <boost/test/unit_test.hpp>
#include <string>

using bench::append_key;
using bench::append_value;
using bench::in_subset;
using bench::value_is;

namespace {

std::string value_of(uint64_t number, uint32_t tag, uint32_t bytes) {
  std::string value;
  append_value(&value, number, tag, bytes);
  return value;
}

}  // namespace

BOOST_AUTO_TEST_CASE(keys_have_the_length_asked_for) {
  std::string key;
  append_key(&key, 42, 16);
  BOOST_TEST(key == "key:000000000042");
  append_key(&key, 7, 20);
  BOOST_TEST(key == "key:000000000042key:0000000000000007");
}

BOOST_AUTO_TEST_CASE(a_value_is_accepted_whole_and_only_for_its_key_tag_and_length) {
  for (uint32_t bytes : {1u, 7u, 8u, 15u, 16u, 17u, 64u, 1000u, 65537u}) {
    std::string value = value_of(5, 1, bytes);
    BOOST_TEST(value.size() == bytes);
    BOOST_TEST(value_is(value, 5, 1, bytes));
    if (bytes >= 8) {
      BOOST_TEST(!value_is(value, 6, 1, bytes));
      BOOST_TEST(!value_is(value, 5, 2, bytes));
    }
    BOOST_TEST(!value_is(value, 5, 1, bytes + 1));
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_anywhere_is_noticed) {
  std::string value = value_of(99, 3, 61);
  for (size_t at = 0; at < value.size(); ++at) {
    std::string damaged = value;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    BOOST_TEST(!value_is(damaged, 99, 3, 61));
  }
}

BOOST_AUTO_TEST_CASE(subsets_divide_the_keys) {
  int below_ninety = 0;
  for (uint64_t number = 0; number < 100000; ++number) {
    bool low = in_subset(number, 0, 90);
    BOOST_REQUIRE(low != in_subset(number, 90, 100));
    BOOST_REQUIRE(in_subset(number, 0, 100));
    below_ninety += low ? 1 : 0;
  }
  BOOST_TEST(below_ninety > 89000);
  BOOST_TEST(below_ninety < 91000);
}
