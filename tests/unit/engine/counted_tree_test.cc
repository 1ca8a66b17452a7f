#define BOOST_TEST_MODULE counted_tree
#include "engine/value/counted_tree.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

using namespace engine;

namespace {

using Order = std::pair<uint32_t, std::string>;

// A key is its length and its bytes, so that none is the beginning of another.
std::string key_of(uint64_t number) {
  std::string key = "k" + std::to_string(number);
  return std::string(1, static_cast<char>(key.size())) + key;
}

uint64_t used() { return base::memory_used(base::MemoryUse::kChunks); }

// A tree beside a map that orders as it does.
class Pair {
 public:
  explicit Pair(uint32_t tags) : tags_(tags) {}
  ~Pair() { CountedTree::release(tree); }

  TreeProbe probe(const std::string& key) const { return {tag_of(key), base::as_bytes(key)}; }
  uint32_t tag_of(const std::string& key) const {
    uint64_t hash = 1469598103934665603ull;
    for (const char c : key) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211ull;
    hash ^= hash >> 29;
    return static_cast<uint32_t>((hash * 0x9e3779b97f4a7c15ull) >> 32) % tags_;
  }

  void put(const std::string& key, const std::string& value) {
    tree = CountedTree::writable(tree);
    const bool added = tree->put(probe(key), base::as_bytes(key + value));
    BOOST_REQUIRE_EQUAL(added, !model.contains({tag_of(key), key}));
    model[{tag_of(key), key}] = value;
  }
  void add(const std::string& key, const std::string& value) {
    tree = CountedTree::writable(tree);
    const bool added = tree->add(probe(key), base::as_bytes(key + value));
    BOOST_REQUIRE_EQUAL(added, model.emplace(Order{tag_of(key), key}, value).second);
  }
  void erase(const std::string& key) {
    tree = CountedTree::writable(tree);
    BOOST_REQUIRE_EQUAL(tree->erase(probe(key)), model.erase({tag_of(key), key}) == 1);
  }
  void erase_at(uint64_t rank) {
    tree = CountedTree::writable(tree);
    tree->erase_at(rank);
    model.erase(std::next(model.begin(), static_cast<ptrdiff_t>(rank)));
  }

  void check() const {
    BOOST_REQUIRE_EQUAL(tree->check(), "");
    BOOST_REQUIRE_EQUAL(tree->size(), model.size());
    auto at = model.begin();
    for (TreeCursor cursor(*tree); !cursor.at_end(); cursor.next(), ++at) {
      BOOST_REQUIRE_EQUAL(cursor.item().tag, at->first.first);
      BOOST_REQUIRE(base::as_text(cursor.item().bytes) == at->first.second + at->second);
    }
    BOOST_REQUIRE(at == model.end());
  }

  CountedTree* tree = CountedTree::create();
  std::map<Order, std::string> model;

 private:
  const uint32_t tags_;
};

std::string all_bytes(const CountedTree& tree, size_t piece) {
  TreeReader reader(tree);
  std::string all;
  std::vector<std::byte> bytes(piece);
  while (const size_t count = reader.read(bytes))
    all += base::as_text(base::ByteSpan(bytes).first(count));
  return all;
}

void random_operations(uint64_t seed, uint32_t tags, size_t value_bytes_max, uint64_t keys) {
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  const uint64_t before = used();
  {
    Pair pair(tags);
    std::vector<std::pair<CountedTree*, std::map<Order, std::string>>> frozen;
    uint64_t bias = 6;
    for (int i = 0; i < 12000; ++i) {
      if (i % 1500 == 0) bias = 2 + random.below(8);
      const std::string key = key_of(random.below(keys));
      const size_t bytes = random.one_in(40) ? random.below(value_bytes_max) : random.below(40);
      const std::string value(bytes, static_cast<char>('a' + random.below(26)));
      const uint64_t choice = random.below(10);
      if (choice < bias) {
        choice % 2 == 0 ? pair.put(key, value) : pair.add(key, value);
      } else if (choice == bias && !pair.model.empty()) {
        pair.erase_at(random.below(pair.model.size()));
      } else {
        pair.erase(key);
      }
      const auto found = pair.tree->find(pair.probe(key));
      BOOST_REQUIRE_EQUAL(found.has_value(), pair.model.contains({pair.tag_of(key), key}));
      if (random.one_in(400) && frozen.size() < 4)
        frozen.emplace_back(pair.tree->freeze(), pair.model);
      if (random.one_in(600) && !frozen.empty()) {
        const auto& [tree, model] = frozen.front();
        BOOST_REQUIRE_EQUAL(tree->size(), model.size());
        auto at = model.begin();
        for (TreeCursor cursor(*tree); !cursor.at_end(); cursor.next(), ++at)
          BOOST_REQUIRE(base::as_text(cursor.item().bytes) == at->first.second + at->second);
        CountedTree::release(tree);
        frozen.erase(frozen.begin());
      }
      if (i % 50 == 0) pair.check();
    }
    pair.check();
    for (const auto& [tree, model] : frozen) {
      BOOST_REQUIRE_EQUAL(tree->check(), "");
      BOOST_REQUIRE_EQUAL(tree->size(), model.size());
      CountedTree::release(tree);
    }
  }
  BOOST_TEST(used() == before);
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_operations_and_frozen_trees_match_a_map) {
  for (uint64_t seed = 1; seed <= 6; ++seed) random_operations(seed, UINT32_MAX, 600, 4000);
}

BOOST_AUTO_TEST_CASE(equal_tags_are_told_apart_by_their_keys) {
  for (uint64_t seed = 1; seed <= 3; ++seed) random_operations(seed, 7, 300, 1500);
}

BOOST_AUTO_TEST_CASE(elements_longer_than_a_page_have_pages_of_their_own) {
  for (uint64_t seed = 1; seed <= 4; ++seed) random_operations(seed, UINT32_MAX, 20000, 300);
}

BOOST_AUTO_TEST_CASE(ranks_and_tags_lead_to_elements) {
  Pair pair(500);
  for (uint64_t i = 0; i < 5000; ++i) pair.put(key_of(i), "v");
  uint64_t rank = 0;
  for (const auto& [order, value] : pair.model) {
    BOOST_REQUIRE_EQUAL(pair.tree->at(rank).tag, order.first);
    BOOST_REQUIRE(base::as_text(pair.tree->at(rank).bytes) == order.second + value);
    ++rank;
  }
  for (uint32_t tag = 0; tag <= 501; ++tag) {
    const auto at = pair.model.lower_bound({tag, ""});
    BOOST_REQUIRE_EQUAL(pair.tree->rank_of_tag(tag),
                        static_cast<uint64_t>(std::distance(pair.model.begin(), at)));
  }
}

BOOST_AUTO_TEST_CASE(pages_are_four_fifths_full_in_any_order_and_full_in_ascending_order) {
  base::Random random(3);
  Pair scattered(UINT32_MAX);
  for (uint64_t i = 0; i < 60000; ++i) scattered.add(key_of(random.next() % 10000000), "12345678");
  BOOST_TEST(scattered.tree->check() == "");
  BOOST_TEST(scattered.tree->fill().percent >= 78);

  CountedTree* const ascending = CountedTree::create();
  for (uint32_t i = 0; i < 60000; ++i) {
    const std::string key = key_of(i);
    ascending->put({i, base::as_bytes(key)}, base::as_bytes(key));
  }
  BOOST_TEST(ascending->check() == "");
  BOOST_TEST(ascending->fill().percent >= 95);
  CountedTree::release(ascending);
}

BOOST_AUTO_TEST_CASE(a_tree_is_read_in_pieces_of_any_size) {
  Pair pair(UINT32_MAX);
  std::string expected;
  for (uint64_t i = 0; i < 3000; ++i) pair.put(key_of(i), std::string(i % 7 == 0 ? 1500 : 9, 'v'));
  for (const auto& [order, value] : pair.model) expected += order.second + value;
  BOOST_TEST(pair.tree->element_bytes() == expected.size());
  BOOST_TEST((all_bytes(*pair.tree, 1) == expected));
  BOOST_TEST((all_bytes(*pair.tree, 997) == expected));
  BOOST_TEST((all_bytes(*pair.tree, 1 << 20) == expected));
}

BOOST_AUTO_TEST_CASE(a_tree_is_freed_in_slices_and_spares_what_others_hold) {
  const uint64_t before = used();
  CountedTree* tree = CountedTree::create();
  std::vector<std::string> keys;
  for (uint32_t i = 0; i < 40000; ++i) keys.push_back(key_of(i));
  for (uint32_t i = 0; i < 40000; ++i)
    tree->put({i * 7919u, base::as_bytes(keys[i])}, base::as_bytes(keys[i]));
  CountedTree* const frozen = tree->freeze();
  tree = CountedTree::writable(tree);
  for (uint32_t i = 0; i < 40000; i += 1000)
    BOOST_REQUIRE(tree->erase({i * 7919u, base::as_bytes(keys[i])}));
  int steps = 0;
  while (!CountedTree::release_step(tree, 4)) ++steps;
  BOOST_TEST(steps > 10);
  BOOST_TEST(frozen->check() == "");
  BOOST_TEST(frozen->size() == 40000u);
  std::thread([frozen] { CountedTree::release(frozen); }).join();
  BOOST_TEST(used() == before);
}

BOOST_AUTO_TEST_CASE(a_write_after_a_freeze_copies_only_the_way_to_it) {
  Pair pair(UINT32_MAX);
  for (uint64_t i = 0; i < 100000; ++i) pair.put(key_of(i), "12345678");
  CountedTree* const frozen = pair.tree->freeze();
  const uint64_t before = used();
  pair.put(key_of(5), "87654321");
  BOOST_TEST(used() - before < 4 * TreePage::kBytesMax);
  BOOST_TEST(base::as_text(*frozen->find(pair.probe(key_of(5)))) == key_of(5) + "12345678");
  CountedTree::release(frozen);
}

BOOST_AUTO_TEST_CASE(a_tree_that_shrinks_gives_its_memory_back) {
  Pair pair(UINT32_MAX);
  const uint64_t before = used();
  for (uint64_t i = 0; i < 20000; ++i) pair.put(key_of(i), "12345678");
  const uint64_t full = used() - before;
  for (uint64_t i = 0; i < 20000; ++i)
    if (i % 20 != 0) pair.erase(key_of(i));
  pair.check();
  BOOST_TEST(used() - before < full / 8);
  for (uint64_t i = 0; i < 20000; i += 20) pair.erase(key_of(i));
  BOOST_TEST(pair.tree->size() == 0u);
  BOOST_TEST(used() == before);
}

BOOST_AUTO_TEST_CASE(whole_keys_of_equal_tags_are_in_the_order_of_their_bytes) {
  base::Random random(11);
  CountedTree* tree = CountedTree::create();
  std::set<Order> model;
  const auto probe = [](const Order& order) {
    return TreeProbe{order.first, base::as_bytes(order.second), true};
  };
  for (int i = 0; i < 30000; ++i) {
    const std::string key(1 + random.below(6), static_cast<char>('a' + random.below(2)));
    const Order order{static_cast<uint32_t>(random.below(3)), key + std::to_string(i % 5000)};
    if (random.one_in(4)) {
      BOOST_REQUIRE_EQUAL(tree->erase(probe(order)), model.erase(order) == 1);
    } else {
      BOOST_REQUIRE_EQUAL(tree->add(probe(order), base::as_bytes(order.second)),
                          model.insert(order).second);
    }
  }
  BOOST_TEST(tree->check() == "");
  uint64_t rank = 0;
  for (const Order& order : model) {
    bool found = false;
    BOOST_REQUIRE_EQUAL(tree->rank_of(probe(order), &found), rank++);
    BOOST_REQUIRE(found);
    // The beginning of a key is before it, also where that is a leaf's first.
    const Order shorter{order.first, order.second.substr(0, 2)};
    BOOST_REQUIRE_EQUAL(
        tree->rank_of(probe(shorter), &found),
        static_cast<uint64_t>(std::distance(model.begin(), model.lower_bound(shorter))));
    if (rank % 500 != 0) continue;
    TreeCursor cursor(*tree, probe(shorter));
    BOOST_REQUIRE(base::as_text(cursor.item().bytes) == model.lower_bound(shorter)->second);
  }
  auto at = model.rbegin();
  for (TreeCursor cursor(*tree, tree->size() - 1); !cursor.at_end(); cursor.previous(), ++at)
    BOOST_REQUIRE(base::as_text(cursor.item().bytes) == at->second);
  BOOST_TEST((at == model.rend()));
  BOOST_TEST(TreeCursor(*tree, TreeProbe{9, {}}).at_end());
  CountedTree::release(tree);
}

BOOST_AUTO_TEST_CASE(a_companion_is_shared_copied_and_freed_with_its_tree) {
  const uint64_t before = used();
  std::vector<std::string> keys;
  for (uint32_t i = 0; i < 5000; ++i) keys.push_back(key_of(i));
  const auto fill = [&keys](CountedTree* tree, uint32_t step) {
    for (uint32_t i = 0; i < 5000; ++i)
      tree->add({i * step, base::as_bytes(keys[i])}, base::as_bytes(keys[i]));
  };
  CountedTree* tree = CountedTree::create();
  tree->set_companion(CountedTree::create());
  fill(tree, 1);
  tree->add_weight(7);
  const uint64_t alone = tree->allocated_bytes();
  fill(tree->writable_companion(), 7919);
  BOOST_TEST(tree->allocated_bytes() > alone * 3 / 2);

  CountedTree* const order = tree->freeze_alone();
  CountedTree* const both = tree->freeze();
  BOOST_TEST(order->companion() == nullptr);
  tree = CountedTree::writable(tree);
  BOOST_REQUIRE(tree->erase({1, base::as_bytes(keys[1])}));
  BOOST_REQUIRE(tree->writable_companion()->erase({7919, base::as_bytes(keys[1])}));
  for (const CountedTree* frozen : {static_cast<const CountedTree*>(order), both->companion()}) {
    BOOST_TEST(frozen->check() == "");
    BOOST_TEST(frozen->size() == 5000u);
  }
  BOOST_TEST(order->weight() == 7u);
  BOOST_TEST(tree->size() == 4999u);
  BOOST_TEST(tree->companion()->size() == 4999u);
  int steps = 0;
  while (!CountedTree::release_step(tree, 2)) ++steps;
  BOOST_TEST(steps > 10);
  CountedTree::release(order);
  CountedTree::release(both);
  BOOST_TEST(used() == before);
}

BOOST_AUTO_TEST_CASE(an_element_alone_with_its_tag_is_replaced_in_its_place) {
  base::Random random(13);
  CountedTree* tree = CountedTree::create();
  std::map<uint32_t, std::string> model;
  for (uint32_t i = 0; i < 5000; ++i) {
    model[i * 3] = key_of(i);
    BOOST_REQUIRE(tree->add({i * 3, base::as_bytes(model[i * 3])}, base::as_bytes(model[i * 3])));
  }
  const std::string twin = key_of(777777);
  BOOST_REQUIRE(tree->add({300, base::as_bytes(twin)}, base::as_bytes(twin)));
  int replaced = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto tag = static_cast<uint32_t>(random.below(5000) * 3);
    const std::string key = key_of(random.next() >> (random.below(50) + 10));
    if (!tree->replace_alone({tag, base::as_bytes(model[tag])}, base::as_bytes(key))) continue;
    BOOST_REQUIRE(tag != 300);
    model[tag] = key;
    ++replaced;
  }
  BOOST_TEST(replaced > 5000);
  const std::string absent = key_of(888888);
  BOOST_TEST(!tree->replace_alone({9, base::as_bytes(absent)}, base::as_bytes(absent)));
  BOOST_TEST(tree->check() == "");
  BOOST_TEST(tree->size() == 5001u);
  for (const auto& [tag, key] : model)
    BOOST_REQUIRE(tree->find({tag, base::as_bytes(key)}).has_value());
  CountedTree::release(tree);
}

BOOST_AUTO_TEST_CASE(tags_of_any_distribution_are_found) {
  base::Random random(17);
  for (int kind = 0; kind < 4; ++kind) {
    CountedTree* tree = CountedTree::create();
    std::set<uint32_t> tags = {0, 1, UINT32_MAX, UINT32_MAX - 1};
    for (uint32_t i = 0; i < 4000; ++i) {
      const auto any = static_cast<uint32_t>(random.next());
      const uint32_t tag[] = {any, any >> random.below(32), (any % 16) << 28 | i, i * i * 200};
      tags.insert(tag[kind]);
    }
    const std::string key = "k";
    for (const uint32_t tag : tags)
      BOOST_REQUIRE(tree->add({tag, base::as_bytes(key)}, base::as_bytes(key)));
    BOOST_TEST(tree->check() == "");
    uint64_t rank = 0;
    for (const uint32_t tag : tags) {
      BOOST_REQUIRE_EQUAL(tree->rank_of_tag(tag), rank++);
      if (tag < UINT32_MAX) BOOST_REQUIRE_EQUAL(tree->rank_of_tag(tag + 1), rank);
      BOOST_REQUIRE(tree->find({tag, base::as_bytes(key)}).has_value());
    }
    CountedTree::release(tree);
  }
}
