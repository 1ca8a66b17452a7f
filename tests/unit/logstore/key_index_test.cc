// The contract of KeyIndex, run against every implementation.

#define BOOST_TEST_MODULE key_index
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/memory.h"
#include "base/random.h"
#include "iouring/sim_helpers.h"
#include "iouring/sim_loop.h"
#include "logstore/rocks_index.h"
#include "logstore/sim_index.h"

using logstore::DuePage;
using logstore::IndexEntry;
using logstore::IndexValue;
using logstore::KeyIndex;
using logstore::KeyIndexLimits;
using logstore::kNoExpiry;
using logstore::Lookup;
using logstore::LookupState;
using logstore::UnitKey;
using logstore::UnitKind;
using logstore::WalkOptions;
using logstore::WalkPage;

namespace {

// Small, so that batches fill and parts are many.
KeyIndexLimits small_limits() {
  KeyIndexLimits limits;
  limits.write_batch_min = 4;
  limits.write_batch_max = 16;
  limits.write_batches_in_flight_max = 3;
  limits.reads_in_flight_max = 8;
  limits.overlay_bytes_max = 64 * 1024;
  return limits;
}

struct OnSim {
  std::unique_ptr<KeyIndex> open(uint64_t seed, iouring::Helpers* helpers) {
    return logstore::make_sim_index(seed, 300, small_limits(), helpers).index;
  }
};

struct OnRocks {
  const std::string directory =
      (std::filesystem::temp_directory_path() / ("basalt_key_index_" + std::to_string(getpid())))
          .string();

  std::unique_ptr<KeyIndex> open(uint64_t /*seed*/, iouring::Helpers* helpers) {
    logstore::RocksIndexOptions options;
    options.directory = directory;
    options.cache_bytes = 1024 * 1024;
    options.memtable_bytes = 64 * 1024;
    options.limits = small_limits();
    auto opened = logstore::open_rocks_index(options, helpers);
    BOOST_REQUIRE(opened.ok());
    return std::move(opened).value();
  }
  ~OnRocks() { std::filesystem::remove_all(directory); }
};

using Implementations = boost::mpl::list<OnSim, OnRocks>;

template <class Implementation>
struct Fixture {
  explicit Fixture(uint64_t seed = 1)
      : loop(seed, &clock), helpers(&loop), index(implementation.open(seed, &helpers)) {}

  void settle() {
    do {
      index->flush_turn();
      loop.run_until_idle();
    } while (!index->idle());
  }
  // A turn in which the next completions arrive, if any is under way.
  void turn() { loop.turn(1'000'000'000); }
  Lookup read(const UnitKey& key) {
    Lookup answer;
    bool answered = false;
    index->lookup_async(key, [&](const Lookup& found) {
      answer = found;
      answered = true;
    });
    BOOST_REQUIRE(!answered);
    settle();
    BOOST_REQUIRE(answered);
    return answer;
  }
  WalkPage walk(const WalkOptions& options) {
    WalkPage page;
    index->walk(options, [&](base::Result<WalkPage> found) {
      BOOST_REQUIRE(found.ok());
      page = std::move(found).value();
    });
    settle();
    return page;
  }
  DuePage due(int64_t now_ms, uint32_t entries_max = 1000) {
    DuePage page;
    index->due(now_ms, entries_max, [&](base::Result<DuePage> found) {
      BOOST_REQUIRE(found.ok());
      page = std::move(found).value();
    });
    settle();
    return page;
  }

  Implementation implementation;
  base::SimClock clock;
  iouring::SimLoop loop;
  iouring::SimHelpers helpers;
  std::unique_ptr<KeyIndex> index;
};

UnitKey root(uint64_t hash64, std::string_view key, uint32_t namespace_id = 1) {
  return {namespace_id, hash64, UnitKind::kRoot, key};
}

IndexValue value_of(uint32_t payload_bytes, int64_t expire_at_ms = kNoExpiry) {
  IndexValue value;
  value.location = {{payload_bytes % 1000, payload_bytes % 77, 16 * (payload_bytes % 99)},
                    16 * (payload_bytes % 5000)};
  value.payload_bytes = payload_bytes;
  value.rdb_type = static_cast<uint8_t>(payload_bytes % 7);
  value.expire_at_ms = expire_at_ms;
  return value;
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_put_is_found_before_during_and_after_it_is_applied, T,
                              Implementations) {
  Fixture<T> fixture;
  KeyIndex& index = *fixture.index;
  BOOST_TEST((fixture.read(root(7, "a")).state == LookupState::kAbsent));
  index.put(root(7, "a"), value_of(5));
  BOOST_TEST((index.lookup(root(7, "a")).value == value_of(5)));
  index.flush_turn();
  BOOST_TEST((index.lookup(root(7, "a")).state == LookupState::kFound));
  fixture.settle();
  BOOST_TEST(index.overlay_bytes() == 0u);
  const Lookup applied = fixture.read(root(7, "a"));
  BOOST_TEST((applied.state == LookupState::kFound));
  BOOST_TEST((applied.value == value_of(5)));
  index.erase(root(7, "a"), kNoExpiry);
  BOOST_TEST((index.lookup(root(7, "a")).state == LookupState::kAbsent));
  fixture.settle();
  BOOST_TEST((fixture.read(root(7, "a")).state == LookupState::kAbsent));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_write_during_a_read_is_what_the_read_answers, T, Implementations) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Fixture<T> fixture(seed);
    KeyIndex& index = *fixture.index;
    index.put(root(7, "changed"), value_of(1));
    index.put(root(7, "erased"), value_of(1));
    fixture.settle();
    std::map<std::string, Lookup> answers;
    for (const char* key : {"changed", "erased", "created"})
      index.lookup_async(root(7, key),
                         [&answers, key](const Lookup& found) { answers[key] = found; });
    index.flush_turn();
    // The store may have been read already, or may be read after the writes were applied.
    for (uint64_t turns = seed % 4; turns > 0; --turns) fixture.turn();
    if (!answers.empty()) continue;
    index.put(root(7, "changed"), value_of(2));
    index.erase(root(7, "erased"), kNoExpiry);
    index.put(root(7, "created"), value_of(3));
    fixture.settle();
    BOOST_TEST((answers["changed"].value == value_of(2)));
    BOOST_TEST((answers["erased"].state == LookupState::kAbsent));
    BOOST_TEST((answers["created"].value == value_of(3)));
    BOOST_TEST(index.overlay_bytes() == 0u);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_walk_shows_the_moment_of_its_call, T, Implementations) {
  Fixture<T> fixture;
  KeyIndex& index = *fixture.index;
  for (uint64_t i = 0; i < 100; ++i)
    index.put(root(i << 40, std::to_string(i)), value_of(static_cast<uint32_t>(i)));
  fixture.settle();
  // Of the moment: 100 keys but the 50th, and one that no batch has taken yet.
  index.erase(root(50ull << 40, "50"), kNoExpiry);
  index.put(root(1000ull << 40, "pending"), value_of(1000));
  WalkPage page;
  index.walk({.namespace_id = 1},
             [&](base::Result<WalkPage> found) { page = std::move(found).value(); });
  // Not of it: all these.
  for (uint64_t i = 0; i < 100; i += 2) index.erase(root(i << 40, std::to_string(i)), kNoExpiry);
  for (uint64_t i = 1; i < 100; i += 2) index.put(root(i << 40, std::to_string(i)), value_of(9999));
  index.put(root(3, "later"), value_of(3));
  fixture.settle();
  BOOST_TEST(page.complete);
  BOOST_REQUIRE(page.entries.size() == 100u);
  for (uint64_t i = 0; i < 99; ++i) {
    const uint64_t number = i < 50 ? i : i + 1;
    BOOST_TEST(page.entries[i].key.key == std::to_string(number));
    BOOST_TEST((page.entries[i].value == value_of(static_cast<uint32_t>(number))));
  }
  BOOST_TEST(page.entries[99].key.key == "pending");
  BOOST_TEST(fixture.walk({.namespace_id = 1}).entries.size() == 52u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_walk_keeps_hash_groups_together_and_leaves_pages_out, T,
                              Implementations) {
  Fixture<T> fixture;
  KeyIndex& index = *fixture.index;
  for (uint64_t group = 0; group < 5; ++group)
    for (uint64_t i = 0; i < 3; ++i)
      index.put(root(group << 12 | i, std::to_string(i)), value_of(1));
  index.put({1, 1, UnitKind::kPage, "page"}, value_of(1));
  index.put(root(0, "other", 2), value_of(1));
  WalkPage page = fixture.walk({.namespace_id = 1, .entries_max = 4});
  BOOST_TEST(page.entries.size() == 6u);
  BOOST_TEST(!page.complete);
  BOOST_TEST(page.hash_next == 2u << 12);
  page = fixture.walk({.namespace_id = 1, .hash_from = page.hash_next, .entries_max = 9});
  BOOST_TEST(page.entries.size() == 9u);
  BOOST_TEST(page.complete);
  BOOST_TEST(fixture.walk({.namespace_id = 1, .with_pages = true}).entries.size() == 16u);
  BOOST_TEST(fixture.walk({.namespace_id = 3}).complete);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_dropped_namespace_is_absent_at_once_and_for_good, T,
                              Implementations) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Fixture<T> fixture(seed);
    KeyIndex& index = *fixture.index;
    for (uint64_t i = 0; i < 50; ++i)
      for (const uint32_t name : {1u, 2u, 3u})
        index.put(root(i << 50, std::to_string(i), name), value_of(1));
    if (seed % 2 == 0) fixture.settle();
    for (uint64_t steps = 0; steps < seed; ++steps) {
      index.flush_turn();
      fixture.turn();
    }
    index.put(root(4, "pending", 2), value_of(1));
    bool read = false;
    index.lookup_async(root(0, "0", 2), [&](const Lookup& found) {
      read = true;
      BOOST_TEST((found.state == LookupState::kAbsent));
    });
    index.flush_turn();
    bool dropped = false;
    index.drop_namespace(2, [&](const base::Status& status) { dropped = status.ok(); });
    BOOST_TEST(!dropped);
    BOOST_TEST((index.lookup(root(4, "pending", 2)).state == LookupState::kAbsent));
    WalkPage page;
    index.walk({.namespace_id = 2},
               [&](base::Result<WalkPage> found) { page = std::move(found).value(); });
    fixture.settle();
    BOOST_TEST(dropped);
    BOOST_TEST(read);
    BOOST_TEST(page.entries.empty());
    BOOST_TEST(page.complete);
    BOOST_TEST((fixture.read(root(4, "pending", 2)).state == LookupState::kAbsent));
    BOOST_TEST(fixture.walk({.namespace_id = 2}).entries.empty());
    BOOST_TEST(fixture.walk({.namespace_id = 1}).entries.size() == 50u);
    BOOST_TEST(fixture.walk({.namespace_id = 3}).entries.size() == 50u);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_due_comes_soonest_first_and_is_checked_against_its_key, T,
                              Implementations) {
  Fixture<T> fixture;
  KeyIndex& index = *fixture.index;
  index.put(root(1, "never"), value_of(1));
  index.put(root(2, "late"), value_of(2, 3000));
  index.put(root(3, "soon"), value_of(3, 1000));
  index.put(root(4, "then"), value_of(4, 2000));
  index.put(root(5, "extended"), value_of(5, 500));
  index.put(root(6, "erased"), value_of(6, 600));
  index.put(root(7, "moved"), value_of(7, 700));
  fixture.settle();
  index.put(root(5, "extended"), value_of(5, 5000));
  index.erase(root(6, "erased"), kNoExpiry);
  index.relocate(root(7, "moved"), value_of(77, 700));

  BOOST_TEST(fixture.due(499).entries.empty());
  DuePage page = fixture.due(2000);
  BOOST_TEST(page.complete);
  BOOST_REQUIRE(page.entries.size() == 3u);
  BOOST_TEST(page.entries[0].key.key == "moved");
  BOOST_TEST((page.entries[0].value == value_of(77, 700)));
  BOOST_TEST(page.entries[1].key.key == "soon");
  BOOST_TEST(page.entries[2].key.key == "then");
  BOOST_TEST(index.statistics().due_stale_rows == 2u);

  BOOST_TEST(fixture.due(2000, 2).entries.size() == 2u);
  index.erase(root(7, "moved"), 700);
  index.erase(root(3, "soon"), 1000);
  index.put(root(8, "past"), value_of(8, 10));
  fixture.settle();
  page = fixture.due(2000);
  BOOST_REQUIRE(page.entries.size() == 2u);
  BOOST_TEST(page.entries[0].key.key == "past");
  BOOST_TEST(page.entries[1].key.key == "then");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(keys_of_every_length_come_back, T, Implementations) {
  Fixture<T> fixture;
  std::vector<std::string> keys;
  for (const size_t length : {0u, 1u, 13u, 4000u, 5000u, 70'000u, 200'000u})
    keys.emplace_back(length, static_cast<char>('a' + keys.size()));
  for (size_t i = 0; i < keys.size(); ++i)
    fixture.index->put(root(i << 60, keys[i]), value_of(static_cast<uint32_t>(i)));
  fixture.settle();
  for (size_t i = 0; i < keys.size(); ++i)
    BOOST_TEST((fixture.read(root(i << 60, keys[i])).value == value_of(static_cast<uint32_t>(i))));
  const WalkPage page = fixture.walk({.namespace_id = 1});
  BOOST_REQUIRE(page.entries.size() == keys.size());
  for (size_t i = 0; i < keys.size(); ++i) BOOST_TEST((page.entries[i].key.key == keys[i]));
  BOOST_TEST(fixture.walk({.namespace_id = 1, .key_bytes_max = 1}).entries.size() == 2u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_full_overlay_refuses_nothing_and_empties_when_applied, T,
                              Implementations) {
  Fixture<T> fixture;
  KeyIndex& index = *fixture.index;
  for (uint64_t i = 0; !index.overlay_full(); ++i)
    index.put(root(i, std::to_string(i)), value_of(1));
  index.erase(root(0, "0"), kNoExpiry);
  index.put(root(1, "one more"), value_of(1));
  fixture.settle();
  BOOST_TEST(!index.overlay_full());
  BOOST_TEST((fixture.read(root(1, "one more")).state == LookupState::kFound));
  BOOST_TEST((fixture.read(root(0, "0")).state == LookupState::kAbsent));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_sample_charges_what_the_store_holds, T, Implementations) {
  const uint64_t before = base::memory_used(base::MemoryUse::kIndex);
  {
    Fixture<T> fixture;
    fixture.index->put(root(1, "a"), value_of(1));
    fixture.index->sample();
    fixture.index->set_cache_bytes(3 * 1024 * 1024);
    fixture.settle();
    fixture.index->sample();
    fixture.settle();
    BOOST_TEST(fixture.index->statistics().cache_bytes == 3u * 1024 * 1024);
    BOOST_TEST(fixture.index->memory_bytes() <= base::memory_used(base::MemoryUse::kIndex));
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kIndex) == before);
}

namespace {

// Random operations on few keys with many collisions, against a map of maps.
template <class T>
class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed), fixture_(seed) {}

  void run(int operations) {
    for (int i = 0; i < operations; ++i) {
      operate();
      if (random_.one_in(3)) index().flush_turn();
      for (uint64_t turns = random_.below(4); turns > 0; --turns) fixture_.turn();
    }
    fixture_.settle();
    BOOST_TEST(answers_due_ == answers_);
    BOOST_TEST(index().overlay_bytes() == 0u);
    BOOST_TEST(index().health().ok());
    check_all_walks();
    expire_everything();
  }

 private:
  // Sorts as the index does.
  using Place = std::tuple<uint64_t, UnitKind, std::string>;
  using Oracle = std::map<Place, IndexValue>;
  struct Unit {
    uint32_t name;
    Place place;
    UnitKey key() const {
      return {name, std::get<0>(place), std::get<1>(place), std::get<2>(place)};
    }
  };

  KeyIndex& index() { return *fixture_.index; }

  Unit random_unit() {
    const uint64_t spread = random_.below(12) << 60 | random_.below(3) << 12 | random_.below(2);
    return {names_[random_.below(3)],
            {spread, random_.one_in(8) ? UnitKind::kPage : UnitKind::kRoot,
             "k" + std::to_string(random_.below(6))}};
  }

  const IndexValue* expected(const Unit& unit) {
    const auto found = oracle_[unit.name].find(unit.place);
    return found == oracle_[unit.name].end() ? nullptr : &found->second;
  }

  void check(const Unit& unit, const Lookup& answer) {
    const IndexValue* const value = expected(unit);
    BOOST_REQUIRE((answer.state == (value ? LookupState::kFound : LookupState::kAbsent)));
    if (value != nullptr) BOOST_REQUIRE((answer.value == *value));
  }

  void operate() {
    const uint64_t choice = random_.below(100);
    if (choice < 40) return put();
    if (choice < 50) return erase(random_unit());
    if (choice < 65) return look_up();
    if (choice < 85) return read();
    if (choice < 93) return walk();
    if (choice < 98) return due();
    if (choice < 99) return drop();
    index().sample();
  }

  void put() {
    const Unit unit = random_unit();
    const bool expires = random_.one_in(2);
    IndexValue value =
        value_of(static_cast<uint32_t>(random_.below(1'000'000)),
                 expires ? now_ms_ + static_cast<int64_t>(random_.below(200)) - 50 : kNoExpiry);
    if (const IndexValue* const before = expected(unit); before != nullptr && random_.one_in(2)) {
      value.expire_at_ms = before->expire_at_ms;
      index().relocate(unit.key(), value);
    } else {
      index().put(unit.key(), value);
    }
    oracle_[unit.name][unit.place] = value;
  }

  void erase(const Unit& unit) {
    const IndexValue* const value = expected(unit);
    const bool known = value != nullptr && random_.one_in(2);
    index().erase(unit.key(), known ? value->expire_at_ms : kNoExpiry);
    oracle_[unit.name].erase(unit.place);
  }

  void look_up() {
    const Unit unit = random_unit();
    const Lookup answer = index().lookup(unit.key());
    if (answer.state != LookupState::kNotCached) check(unit, answer);
  }

  void read() {
    ++answers_due_;
    auto unit = std::make_unique<Unit>(random_unit());
    const UnitKey key = unit->key();
    index().lookup_async(key, [this, unit = std::move(unit)](const Lookup& answer) {
      ++answers_;
      // The namespace may have been dropped and its name never comes back.
      if (oracle_.count(unit->name) == 0) {
        BOOST_REQUIRE((answer.state == LookupState::kAbsent));
      } else {
        check(*unit, answer);
      }
    });
  }

  std::vector<std::pair<Place, IndexValue>> expected_page(const WalkOptions& options) {
    std::vector<std::pair<Place, IndexValue>> page;
    for (const auto& [place, value] : oracle_[options.namespace_id]) {
      if (std::get<0>(place) < options.hash_from) continue;
      if (std::get<1>(place) == UnitKind::kPage && !options.with_pages) continue;
      page.emplace_back(place, value);
    }
    return page;
  }

  static void check_page(const WalkPage& page,
                         const std::vector<std::pair<Place, IndexValue>>& expected,
                         const WalkOptions& options) {
    BOOST_REQUIRE(page.entries.size() <= expected.size());
    for (size_t i = 0; i < page.entries.size(); ++i) {
      const UnitKey& key = page.entries[i].key;
      BOOST_REQUIRE((Place{key.hash64, key.kind, std::string(key.key)} == expected[i].first));
      BOOST_REQUIRE((page.entries[i].value == expected[i].second));
    }
    const size_t count = page.entries.size();
    if (page.complete) {
      BOOST_REQUIRE(count == expected.size());
      return;
    }
    BOOST_REQUIRE(
        (count == expected.size() || std::get<0>(expected[count].first) >= page.hash_next));
    BOOST_REQUIRE(page.hash_next > options.hash_from);
    if (count == 0) return;
    BOOST_REQUIRE(std::get<0>(expected[count - 1].first) >> 12 < page.hash_next >> 12);
  }

  void walk() {
    ++answers_due_;
    WalkOptions options;
    options.namespace_id = names_[random_.below(3)];
    options.hash_from = random_.one_in(2) ? 0 : random_.below(12) << 60;
    options.entries_max = 1 + static_cast<uint32_t>(random_.below(40));
    options.with_pages = random_.one_in(2);
    struct Moment {
      WalkOptions options;
      std::vector<std::pair<Place, IndexValue>> expected;
    };
    auto moment = std::make_unique<Moment>(Moment{options, expected_page(options)});
    index().walk(options, [this, moment = std::move(moment)](base::Result<WalkPage> page) {
      ++answers_;
      BOOST_REQUIRE(page.ok());
      check_page(page.value(), moment->expected, moment->options);
    });
  }

  void due() {
    if (due_in_flight_) return;
    due_in_flight_ = true;
    now_ms_ += static_cast<int64_t>(random_.below(30));
    index().due(now_ms_, 1 + static_cast<uint32_t>(random_.below(20)),
                [this, now_ms = now_ms_](base::Result<DuePage> page) {
                  due_in_flight_ = false;
                  BOOST_REQUIRE(page.ok());
                  int64_t previous = 0;
                  for (const IndexEntry& entry : page.value().entries) {
                    BOOST_REQUIRE(entry.value.expire_at_ms <= now_ms);
                    BOOST_REQUIRE(entry.value.expire_at_ms >= previous);
                    previous = entry.value.expire_at_ms;
                    const Unit unit{entry.key.namespace_id,
                                    {entry.key.hash64, entry.key.kind, std::string(entry.key.key)}};
                    check(unit, {LookupState::kFound, entry.value});
                    if (!random_.one_in(5)) erase(unit);
                  }
                });
  }

  void drop() {
    uint32_t& name = names_[random_.below(3)];
    index().drop_namespace(name, {});
    oracle_.erase(name);
    name = ++last_name_;
  }

  void check_all_walks() {
    for (const uint32_t name : names_) {
      WalkOptions options{.namespace_id = name, .entries_max = 7, .with_pages = true};
      for (;;) {
        const WalkPage page = fixture_.walk(options);
        check_page(page, expected_page(options), options);
        if (page.complete) break;
        options.hash_from = page.hash_next;
      }
    }
  }

  // Everything with an expiry is found through its row, then no row is left of use.
  void expire_everything() {
    now_ms_ += 1000;
    for (bool complete = false; !complete;) {
      const DuePage page = fixture_.due(now_ms_, 10);
      complete = page.complete;
      for (const IndexEntry& entry : page.entries)
        erase({entry.key.namespace_id,
               {entry.key.hash64, entry.key.kind, std::string(entry.key.key)}});
    }
    for (const uint32_t name : names_)
      for (const auto& [place, value] : oracle_[name]) BOOST_TEST(value.expire_at_ms == kNoExpiry);
    BOOST_TEST(fixture_.due(now_ms_).entries.empty());
  }

  base::Random random_;
  Fixture<T> fixture_;
  std::map<uint32_t, Oracle> oracle_;
  uint32_t names_[3] = {1, 2, 3};
  uint32_t last_name_ = 3;
  int64_t now_ms_ = 1000;
  int answers_due_ = 0;
  int answers_ = 0;
  bool due_in_flight_ = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(random_operations_agree_with_a_map_in_the_simulation) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) { Model<OnSim>(seed).run(1000); }
  }
}

BOOST_AUTO_TEST_CASE(random_operations_agree_with_a_map_on_rocksdb) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) { Model<OnRocks>(seed).run(5000); }
  }
}
