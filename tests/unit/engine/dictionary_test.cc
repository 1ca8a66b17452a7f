#define BOOST_TEST_MODULE dictionary
#include "engine/dictionary.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/memory.h"
#include "base/random.h"

using namespace engine;

namespace {

struct Fixture {
  explicit Fixture(Dictionary::HashFunction function = nullptr)
      : random(42),
        hasher(base::KeyHasher::with_random_secret(random)),
        dictionary(&heap, &hasher, function) {}

  static std::string key_of(uint64_t i) { return "key:" + std::to_string(i); }
  void insert(const std::string& key, const std::string& value) {
    dictionary.insert(dictionary.hash_of(key), heap.create(key, value, {}));
  }
  bool erase(const std::string& key) {
    Entry* const entry = dictionary.erase(dictionary.hash_of(key), key);
    if (entry != nullptr) heap.destroy(entry);
    return entry != nullptr;
  }
  Entry* find(const std::string& key) { return dictionary.find(dictionary.hash_of(key), key); }

  base::Random random;
  base::KeyHasher hasher;
  EntryHeap heap;
  Dictionary dictionary;
};

uint64_t all_collide(const base::KeyHasher&, std::string_view) { return 0x123456789abcdef0; }
// Everything in a thousandth of the hash space, with few distinct hashes.
uint64_t crowded(const base::KeyHasher& hasher, std::string_view key) {
  return 0x7000000000000000 + hasher.hash64(key) % 4096 * (1ull << 42);
}

using Model = std::map<std::string, std::string>;

void check_equal(Fixture& fixture, const Model& model) {
  BOOST_REQUIRE_EQUAL(fixture.dictionary.size(), model.size());
  uint64_t hash_xor = 0;
  for (const auto& [key, value] : model) {
    const Entry* const entry = fixture.find(key);
    BOOST_REQUIRE(entry != nullptr);
    BOOST_REQUIRE(entry->value() == value);
    hash_xor ^= fixture.dictionary.hash_of(key);
  }
  BOOST_REQUIRE_EQUAL(fixture.dictionary.hash_xor(), hash_xor);
  size_t visited = 0;
  uint64_t position = 0;
  do {
    const uint64_t from = position;
    position = fixture.dictionary.scan(from, 5, [&](Entry* entry, uint64_t hash) {
      BOOST_REQUIRE_EQUAL(hash, fixture.dictionary.hash_of(entry->key()));
      BOOST_REQUIRE(hash >= from);
      BOOST_REQUIRE(model.count(std::string(entry->key())) == 1);
      ++visited;
    });
    BOOST_REQUIRE(position == 0 || position > from);
    BOOST_REQUIRE_EQUAL(position % kScanUnit, 0u);
  } while (position != 0);
  BOOST_REQUIRE_EQUAL(visited, model.size());
}

// Random operations on keys 0..keys, with the share of inserts swinging so that tables grow and
// shrink.
void run_model(Fixture& fixture, uint64_t seed, uint64_t keys, int operations) {
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  Model model;
  for (int i = 0; i < operations; ++i) {
    const bool filling = i / (operations / 6) % 2 == 0;
    const std::string key = Fixture::key_of(random.below(keys));
    const std::string value = std::to_string(random.below(1ull << (4 + i % 40)));
    const auto known = model.find(key);
    if (known == model.end()) {
      BOOST_REQUIRE(fixture.find(key) == nullptr);
      if (!filling && random.below(4) != 0) continue;
      fixture.insert(key, value);
      model[key] = value;
    } else if (filling ? random.below(4) == 0 : random.below(8) != 0) {
      BOOST_REQUIRE(fixture.erase(key));
      model.erase(known);
    } else {
      const uint64_t hash = fixture.dictionary.hash_of(key);
      const Dictionary::Slot slot = fixture.dictionary.find_slot(hash, key);
      BOOST_REQUIRE(slot);
      Entry* const was = slot.entry();
      BOOST_REQUIRE(was->value() == known->second);
      Entry* const now = fixture.heap.with_value(was, value, ValueForm::kPlain);
      if (random.one_in(2)) {
        fixture.dictionary.replace(slot, now);
      } else {
        fixture.dictionary.replace(hash, was, now);
      }
      known->second = value;
    }
    if (random.one_in(1000)) fixture.dictionary.resize_step(random.below(20));
    if (i % (operations / 8) == 0) check_equal(fixture, model);
  }
  check_equal(fixture, model);
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_operations_match_a_map_through_growth_and_shrinking) {
  Fixture fixture;
  run_model(fixture, 1, 20000, 200000);
}

BOOST_AUTO_TEST_CASE(random_operations_match_a_map_when_all_hashes_collide) {
  Fixture fixture(all_collide);
  run_model(fixture, 2, 500, 20000);
}

BOOST_AUTO_TEST_CASE(random_operations_match_a_map_when_hashes_are_crowded) {
  Fixture fixture(crowded);
  run_model(fixture, 3, 20000, 100000);
}

BOOST_AUTO_TEST_CASE(a_scan_visits_everything_that_stays_while_the_table_resizes) {
  for (const bool flood : {false, true}) {
    Fixture fixture(flood ? crowded : nullptr);
    base::Random random(4);
    std::set<std::string> staying;
    for (uint64_t i = 0; i < 30000; ++i) {
      fixture.insert(Fixture::key_of(i), "v");
      if (i % 8 == 0) staying.insert(Fixture::key_of(i));
    }
    for (int round = 0; round < 2; ++round) {
      std::multiset<std::string> visited;
      uint64_t position = 0;
      uint64_t next_key = 30000;
      do {
        position = fixture.dictionary.scan(position, 3, [&](Entry* entry, uint64_t) {
          visited.insert(std::string(entry->key()));
        });
        for (int i = 0; i < 40; ++i) {
          const uint64_t key = random.below(30000);
          if (round % 2 == 0 && key % 8 != 0) fixture.erase(Fixture::key_of(key));
          if (round % 2 == 1 && next_key < 60000 &&
              fixture.find(Fixture::key_of(next_key)) == nullptr)
            fixture.insert(Fixture::key_of(next_key++), "w");
        }
      } while (position != 0);
      for (const std::string& key : staying) BOOST_REQUIRE_EQUAL(visited.count(key), 1u);
      if (round % 2 == 0) {
        for (uint64_t i = 0; i < 30000; ++i)
          if (fixture.find(Fixture::key_of(i)) == nullptr) fixture.insert(Fixture::key_of(i), "v");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(keys_with_an_equal_hash_come_in_one_call_of_scan) {
  Fixture fixture(all_collide);
  for (uint64_t i = 0; i < 5000; ++i) fixture.insert(Fixture::key_of(i), "v");
  uint64_t position = 0;
  std::vector<size_t> counts;
  do {
    size_t count = 0;
    position = fixture.dictionary.scan(position, 1, [&](Entry*, uint64_t) { ++count; });
    if (count != 0) counts.push_back(count);
  } while (position != 0);
  BOOST_REQUIRE_EQUAL(counts.size(), 1u);
  BOOST_TEST(counts[0] == 5000u);
}

BOOST_AUTO_TEST_CASE(the_visitor_of_a_scan_may_erase_its_entry) {
  Fixture fixture;
  for (uint64_t i = 0; i < 10000; ++i) fixture.insert(Fixture::key_of(i), "v");
  uint64_t position = 0;
  do {
    position = fixture.dictionary.scan(position, 16, [&](Entry* entry, uint64_t hash) {
      fixture.heap.destroy(fixture.dictionary.erase(hash, entry->key()));
    });
  } while (position != 0);
  BOOST_TEST(fixture.dictionary.empty());
  BOOST_TEST(fixture.dictionary.hash_xor() == 0u);
}

BOOST_AUTO_TEST_CASE(a_resize_ends_in_idle_time_and_its_memory_is_given_back) {
  const uint64_t before = base::memory_used(base::MemoryUse::kTables);
  {
    Fixture fixture;
    for (uint64_t i = 0; i < 200000; ++i) {
      fixture.insert(Fixture::key_of(i), "v");
      BOOST_REQUIRE_EQUAL(base::memory_used(base::MemoryUse::kTables) - before,
                          fixture.dictionary.table_bytes());
    }
    while (fixture.dictionary.resize_step(100)) {
    }
    BOOST_TEST(fixture.dictionary.table_bytes() < 200000u * 18);
    for (uint64_t i = 0; i < 199000; ++i) fixture.erase(Fixture::key_of(i));
    while (fixture.dictionary.resize_step(100)) {
    }
    BOOST_TEST(fixture.dictionary.table_bytes() < 100000u);
    for (uint64_t i = 199000; i < 200000; ++i)
      BOOST_REQUIRE(fixture.find(Fixture::key_of(i)) != nullptr);
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kTables) == before);
}

BOOST_AUTO_TEST_CASE(random_entries_are_drawn_about_equally_often) {
  Fixture fixture;
  const uint64_t keys = 2000;
  for (uint64_t i = 0; i < keys; ++i) fixture.insert(Fixture::key_of(i), "v");
  std::map<std::string_view, int> drawn;
  for (uint64_t i = 0; i < keys * 100; ++i)
    ++drawn[fixture.dictionary.random_entry(fixture.random)->key()];
  BOOST_TEST(drawn.size() > keys - 10);
  for (const auto& [key, count] : drawn) BOOST_TEST(count < 300);
}

BOOST_AUTO_TEST_CASE(a_sample_holds_distinct_entries) {
  Fixture fixture;
  Entry* out[16];
  BOOST_TEST(fixture.dictionary.sample(fixture.random, out) == 0u);
  BOOST_TEST(fixture.dictionary.random_entry(fixture.random) == nullptr);
  for (uint64_t i = 0; i < 3000; ++i) {
    fixture.insert(Fixture::key_of(i), "v");
    const size_t count = fixture.dictionary.sample(fixture.random, out);
    BOOST_REQUIRE_EQUAL(count, std::min<size_t>(16, i + 1));
    BOOST_REQUIRE_EQUAL(std::set<Entry*>(out, out + count).size(), count);
  }
}

BOOST_AUTO_TEST_CASE(a_detached_dictionary_is_emptied_in_slices) {
  Fixture fixture;
  for (uint64_t i = 0; i < 50000; ++i) fixture.insert(Fixture::key_of(i), "v");
  size_t slices = 1;
  while (fixture.dictionary.drain(100, [&](Entry* entry) { fixture.heap.destroy(entry); })) {
    ++slices;
    if (slices == 20) {
      size_t left = 0;
      uint64_t position = 0;
      do {
        position = fixture.dictionary.scan(position, 100, [&](Entry*, uint64_t) { ++left; });
      } while (position != 0);
      BOOST_TEST(left == fixture.dictionary.size());
    }
  }
  BOOST_TEST(slices > 50u);
  BOOST_TEST(fixture.heap.entries() == 0u);
  BOOST_TEST(fixture.dictionary.table_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(relocated_entries_are_found_at_their_new_place) {
  Fixture fixture;
  for (uint64_t i = 0; i < 10000; ++i) fixture.insert(Fixture::key_of(i), "v");
  uint64_t position = 0;
  size_t moved = 0;
  do {
    position = fixture.dictionary.relocate(position, 10, [&](Entry* entry) {
      Entry* const copy = fixture.heap.create(entry->key(), "w", {});
      fixture.heap.destroy(entry);
      ++moved;
      return copy;
    });
  } while (position != 0);
  BOOST_TEST(moved == 10000u);
  for (uint64_t i = 0; i < 10000; ++i)
    BOOST_REQUIRE(fixture.find(Fixture::key_of(i))->value() == "w");
}
