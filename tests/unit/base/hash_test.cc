#define BOOST_TEST_MODULE hash
#include "base/hash.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "base/random.h"

using namespace base;

BOOST_AUTO_TEST_CASE(a_hash_depends_on_the_secret_and_on_nothing_else_but_the_key) {
  Random random(1);
  const KeyHasher one = KeyHasher::with_random_secret(random);
  const KeyHasher two = KeyHasher::with_random_secret(random);
  BOOST_TEST(one.hash64("key") != two.hash64("key"));
  BOOST_TEST(one.hash64("key") == KeyHasher(one.secret()).hash64(std::string("key")));
  Random same(1);
  BOOST_TEST(one.hash64("key") == KeyHasher::with_random_secret(same).hash64("key"));
}

BOOST_AUTO_TEST_CASE(all_of_the_secret_is_drawn) {
  Random random(2);
  const KeyHasher hasher = KeyHasher::with_random_secret(random);
  std::set<uint64_t> words;
  for (size_t i = 0; i < KeyHasher::kSecretBytes; i += 8)
    words.insert(load_le<uint64_t>(hasher.secret().data() + i));
  BOOST_TEST(words.size() == KeyHasher::kSecretBytes / 8);
}

BOOST_AUTO_TEST_CASE(every_byte_of_a_key_counts) {
  Random random(3);
  const KeyHasher hasher = KeyHasher::with_random_secret(random);
  // Across the lengths at which the function changes its way.
  for (const size_t bytes : {1u, 3u, 4u, 8u, 9u, 16u, 17u, 128u, 129u, 240u, 241u, 1000u}) {
    std::string key(bytes, 'k');
    std::set<uint64_t> hashes = {hasher.hash64(key)};
    for (char& c : key) {
      c ^= 1;
      hashes.insert(hasher.hash64(key));
      c ^= 1;
    }
    BOOST_TEST(hashes.size() == bytes + 1);
  }
  BOOST_TEST(hasher.hash64("") != hasher.hash64(std::string_view("\0", 1)));
}

BOOST_AUTO_TEST_CASE(buckets_keep_the_order_of_hashes) {
  uint64_t last = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const uint64_t bucket = order_preserving_bucket(i * (UINT64_MAX / 1000), 77);
    BOOST_TEST(bucket >= last);
    BOOST_TEST(bucket < 77u);
    last = bucket;
  }
  BOOST_TEST(last == 76u);
  BOOST_TEST(order_preserving_bucket(UINT64_MAX, 77) == 76u);
}
