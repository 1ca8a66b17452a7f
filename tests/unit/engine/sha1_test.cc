#define BOOST_TEST_MODULE sha1
#include "engine/sha1.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <string>

using namespace engine;

namespace {

std::string hex(Sha1 sha1) {
  std::string text;
  for (const uint8_t byte : sha1.finish()) text += fmt::format("{:02x}", byte);
  return text;
}

std::string sum_of(std::string_view text) {
  Sha1 sha1;
  sha1.update(base::as_bytes(text));
  return hex(sha1);
}

}  // namespace

// FIPS 180-2 and RFC 3174.
BOOST_AUTO_TEST_CASE(sums_are_those_of_the_standard) {
  BOOST_TEST(sum_of("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  BOOST_TEST(sum_of("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  BOOST_TEST(sum_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  BOOST_TEST(sum_of(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

BOOST_AUTO_TEST_CASE(it_does_not_matter_how_the_bytes_are_cut) {
  // Around the lengths at which the padding takes a block more.
  for (const size_t bytes : {1u, 55u, 56u, 57u, 63u, 64u, 65u, 119u, 120u, 128u, 1000u}) {
    std::string text;
    for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(i * 7);
    const std::string whole = sum_of(text);
    for (size_t cut = 0; cut <= bytes; ++cut) {
      Sha1 sha1;
      sha1.update(base::as_bytes(std::string_view(text).substr(0, cut)));
      sha1.update(base::as_bytes(std::string_view(text).substr(cut)));
      BOOST_REQUIRE_EQUAL(hex(sha1), whole);
    }
    Sha1 single;
    for (const char c : text) single.update(base::as_bytes({&c, 1}));
    BOOST_TEST(hex(single) == whole);
  }
}
