#define BOOST_TEST_MODULE defragmenter
#include "engine/defragmenter.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "base/random.h"

using namespace engine;

namespace {

struct Fixture {
  Fixture() : random(9), hasher(base::KeyHasher::with_random_secret(random)) {}

  void insert(Dictionary& dictionary, const std::string& key, size_t value_bytes) {
    dictionary.insert(dictionary.hash_of(key), heap.create(key, std::string(value_bytes, 'v'), {}));
  }
  void keep_one_in(Dictionary& dictionary, uint64_t n) {
    uint64_t position = 0;
    do {
      position = dictionary.scan(position, 32, [&](Entry* entry, uint64_t hash) {
        if (!random.one_in(n)) heap.destroy(dictionary.erase(hash, entry->key()));
      });
    } while (position != 0);
  }
  // Pages of 64 KiB that entries lie on.
  static size_t pages_of(Dictionary& dictionary) {
    std::set<uintptr_t> pages;
    uint64_t position = 0;
    do {
      position = dictionary.scan(position, 32, [&](Entry* entry, uint64_t) {
        BOOST_REQUIRE(entry->value().find_first_not_of('v') == std::string_view::npos);
        pages.insert(reinterpret_cast<uintptr_t>(entry) >> 16);
      });
    } while (position != 0);
    return pages.size();
  }

  base::Random random;
  base::KeyHasher hasher;
  EntryHeap heap;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_pass_gathers_the_survivors_of_all_dictionaries) {
  Fixture fixture;
  Dictionary small(&fixture.heap, &fixture.hasher);
  Dictionary large(&fixture.heap, &fixture.hasher);
  for (int i = 0; i < 100000; ++i) fixture.insert(small, "key:" + std::to_string(i), 24);
  for (int i = 0; i < 2000; ++i) fixture.insert(large, "key:" + std::to_string(i), 30000);
  fixture.keep_one_in(small, 10);
  fixture.keep_one_in(large, 10);
  const uint64_t keys = small.size() + large.size();
  const uint64_t bytes = fixture.heap.bytes();
  const size_t small_pages = Fixture::pages_of(small);
  const size_t large_pages = Fixture::pages_of(large);

  Defragmenter defragmenter(&fixture.heap);
  Dictionary* const all[] = {&small, &large};
  while (defragmenter.step(all, 16)) {
  }
  BOOST_TEST(defragmenter.passes() == 1u);
  BOOST_TEST(!defragmenter.running());
  BOOST_TEST(small.size() + large.size() == keys);
  BOOST_TEST(fixture.heap.bytes() == bytes);
  BOOST_TEST(Fixture::pages_of(small) <= small_pages);
  BOOST_TEST(Fixture::pages_of(large) <= large_pages);
#ifdef BASALT_HAVE_MIMALLOC
  BOOST_TEST(Fixture::pages_of(small) * 4 < small_pages);
  BOOST_TEST(defragmenter.moved_entries() > keys / 2);
  const uint64_t moved = defragmenter.moved_entries();
  while (defragmenter.step(all, 16)) {
  }
  BOOST_TEST(defragmenter.moved_entries() - moved < keys / 10);
#endif
}

#ifdef BASALT_HAVE_MIMALLOC
BOOST_AUTO_TEST_CASE(a_pass_moves_no_more_than_it_may_and_begins_with_the_emptiest_pages) {
  constexpr uint64_t kPassBytes = 128 * 1024;
  Fixture fixture;
  Dictionary dictionary(&fixture.heap, &fixture.hasher);
  for (int i = 0; i < 100000; ++i) fixture.insert(dictionary, "key:" + std::to_string(i), 24);
  fixture.keep_one_in(dictionary, 5);
  const size_t pages = Fixture::pages_of(dictionary);
  BOOST_REQUIRE(fixture.heap.bytes() > 4 * kPassBytes);

  Defragmenter defragmenter(&fixture.heap);
  defragmenter.set_pass_bytes_max(kPassBytes);
  Dictionary* const all[] = {&dictionary};
  while (defragmenter.step(all, 16)) {
  }
  BOOST_TEST(defragmenter.left_some());
  BOOST_TEST(defragmenter.moved_bytes() > kPassBytes / 4);
  BOOST_TEST(defragmenter.moved_bytes() < 2 * kPassBytes);
  for (int pass = 0; pass < 40 && defragmenter.left_some(); ++pass) {
    while (defragmenter.step(all, 16)) {
    }
  }
  BOOST_TEST(!defragmenter.left_some());
  BOOST_TEST(Fixture::pages_of(dictionary) * 2 < pages);
}
#endif

BOOST_AUTO_TEST_CASE(entries_come_and_go_while_a_pass_runs) {
  Fixture fixture;
  Dictionary dictionary(&fixture.heap, &fixture.hasher);
  std::set<int> present;
  Defragmenter defragmenter(&fixture.heap);
  Dictionary* const all[] = {&dictionary};
  for (int i = 0; i < 60000; ++i) {
    const int key = static_cast<int>(fixture.random.below(20000));
    const std::string text = "key:" + std::to_string(key);
    if (present.insert(key).second) {
      fixture.insert(dictionary, text, fixture.random.below(200));
    } else if (i % 20000 > 5000) {
      fixture.heap.destroy(dictionary.erase(dictionary.hash_of(text), text));
      present.erase(key);
    }
    if (i % 4 == 0) defragmenter.step(all, 4);
    if (i % 30000 == 17) defragmenter.stop();
  }
  BOOST_TEST(defragmenter.passes() > 0u);
  BOOST_TEST(dictionary.size() == present.size());
  for (const int key : present) {
    const std::string text = "key:" + std::to_string(key);
    BOOST_REQUIRE(dictionary.find(dictionary.hash_of(text), text) != nullptr);
  }
}
