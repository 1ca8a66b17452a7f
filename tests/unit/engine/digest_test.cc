#define BOOST_TEST_MODULE digest
#include "engine/digest.h"

#include <boost/test/unit_test.hpp>
#include <string>

using engine::DataDigest;
using engine::Sha1;
using engine::to_hex;
using engine::ValueDigest;
using engine::ValueType;

namespace {

std::string sha1_of(std::string_view text) {
  Sha1 sha;
  sha.update(base::as_bytes(text));
  return to_hex(sha.finish());
}

engine::Sha1Sum string_digest(ValueDigest digest, std::string_view value, bool has_expiry) {
  digest.begin(ValueType::kString);
  digest.add_string_piece(base::as_bytes(value));
  return digest.finish(has_expiry);
}

}  // namespace

BOOST_AUTO_TEST_CASE(sha1_gives_the_sums_of_its_standard) {
  BOOST_TEST(sha1_of("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  BOOST_TEST(sha1_of("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  BOOST_TEST(sha1_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  BOOST_TEST(sha1_of(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

// The expected texts are a stock redis-server's.
BOOST_AUTO_TEST_CASE(a_value_has_the_digest_that_redis_gives_it) {
  BOOST_TEST(to_hex(string_digest(ValueDigest(), "1", false)) ==
             "b4fc66738120fba0b5aa500ab5c2bf89cea1c5da");
  BOOST_TEST(to_hex(string_digest(ValueDigest(), "3", true)) ==
             "cb9613dd230038446f9eeb130008e5b2101dd957");
}

BOOST_AUTO_TEST_CASE(a_data_set_has_the_digest_that_redis_gives_it) {
  BOOST_TEST(to_hex(DataDigest().finish()) == std::string(40, '0'));
  const auto a = string_digest(ValueDigest("a"), "1", false);
  const auto b = string_digest(ValueDigest("b"), std::string(100'000, 'x'), false);
  DataDigest one;
  one.add_key(0, a);
  one.add_key(0, b);
  BOOST_TEST(to_hex(one.finish()) == "272efcbe1f972f51ce1e4678a7cfec25d3f31b9c");
  DataDigest other;
  other.add_key(3, a);
  other.add_key(0, b);
  other.add_key(0, a);
  BOOST_TEST(to_hex(other.finish()) == "6d00f2ffa2306e6d0f254c1518d073831fdb5fd1");
}
