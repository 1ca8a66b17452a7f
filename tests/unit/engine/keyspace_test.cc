#define BOOST_TEST_MODULE keyspace
#include "engine/keyspace.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <string>

#include "base/limits.h"
#include "base/memory.h"
#include "engine/databases.h"
#include "engine/value/chunked_string.h"

using namespace engine;

namespace {

constexpr int64_t kStartMs = 1'700'000'000'000;

struct Fixture {
  explicit Fixture(uint64_t seed = 1)
      : random(seed),
        hasher(base::KeyHasher::with_random_secret(random)),
        databases(2, &hasher, &random) {
    set_now(kStartMs);
  }

  void set_now(int64_t now_ms) {
    databases.shared().now_ms = now_ms;
    databases.shared().access.set_now(now_ms);
  }
  Key key(const std::string& text) { return keyspace().key_of(text); }
  Keyspace& keyspace(int index = 0) { return databases.at(index); }
  KeyspaceShared& shared() { return databases.shared(); }
  std::optional<std::string> get(const std::string& text, int index = 0) {
    const Entry* const entry = keyspace(index).peek(key(text));
    if (entry == nullptr) return std::nullopt;
    if (!entry->out_of_line()) return std::string(entry->value());
    std::string value(entry->chunks()->size(), '\0');
    entry->chunks()->copy_range(0, {reinterpret_cast<std::byte*>(value.data()), value.size()});
    return value;
  }

  base::Random random;
  base::KeyHasher hasher;
  Databases databases;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_string_is_set_found_and_erased, Fixture) {
  BOOST_TEST(keyspace().find(key("k")) == nullptr);
  keyspace().set(key("k"), "value", {});
  BOOST_TEST(get("k").value() == "value");
  BOOST_TEST(keyspace().find(key("k"))->value() == "value");
  BOOST_TEST(keyspace().size() == 1u);
  BOOST_TEST(keyspace().hash_xor() == key("k").hash);
  BOOST_TEST(keyspace().erase(key("k")));
  BOOST_TEST(!keyspace().erase(key("k")));
  BOOST_TEST(keyspace().size() == 0u);
  BOOST_TEST(keyspace().hash_xor() == 0u);
}

BOOST_FIXTURE_TEST_CASE(find_counts_hits_and_misses_and_peek_does_not, Fixture) {
  keyspace().set(key("k"), "v", {});
  keyspace().find(key("k"));
  keyspace().find(key("missing"));
  keyspace().find(key("missing"));
  keyspace().peek(key("k"));
  keyspace().peek(key("missing"));
  BOOST_TEST(shared().hits == 1u);
  BOOST_TEST(shared().misses == 2u);
}

BOOST_FIXTURE_TEST_CASE(facts_tell_type_and_expiry_and_count_when_asked, Fixture) {
  keyspace().set(key("k"), "v", {.expiry_ms = kStartMs + 5});
  const auto facts = keyspace().facts(key("k"));
  BOOST_REQUIRE(facts.has_value());
  BOOST_TEST((facts->type == ValueType::kString));
  BOOST_TEST(facts->expiry_ms == kStartMs + 5);
  BOOST_TEST(facts->entry == keyspace().peek(key("k")));
  BOOST_TEST(shared().hits == 0u);
  keyspace().facts(key("k"), true);
  keyspace().facts(key("missing"), true);
  BOOST_TEST(shared().hits == 1u);
  BOOST_TEST(shared().misses == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_expired_key_is_absent_and_deleted_by_the_first_call, Fixture) {
  keyspace().set(key("k"), "v", {.expiry_ms = kStartMs + 10});
  BOOST_TEST(keyspace().expiring() == 1u);
  set_now(kStartMs + 9);
  BOOST_TEST(keyspace().exists(key("k")));
  set_now(kStartMs + 10);
  BOOST_TEST(keyspace().size() == 1u);
  BOOST_TEST(keyspace().find(key("k")) == nullptr);
  BOOST_TEST(keyspace().size() == 0u);
  BOOST_TEST(keyspace().expiring() == 0u);
  BOOST_TEST(shared().expired == 1u);
  BOOST_TEST(!keyspace().erase(key("k")));
}

BOOST_FIXTURE_TEST_CASE(nothing_expires_while_loading, Fixture) {
  shared().expires_keys = false;
  keyspace().set(key("k"), "v", {.expiry_ms = kStartMs - 1});
  BOOST_TEST(keyspace().exists(key("k")));
  shared().expires_keys = true;
  BOOST_TEST(!keyspace().exists(key("k")));
}

BOOST_FIXTURE_TEST_CASE(set_takes_the_expiry_away_unless_it_is_kept, Fixture) {
  keyspace().set(key("k"), "1", {.expiry_ms = kStartMs + 100});
  keyspace().set(key("k"), "2", {.keep_expiry = true});
  BOOST_TEST(keyspace().facts(key("k"))->expiry_ms == kStartMs + 100);
  keyspace().set(key("k"), "3", {});
  BOOST_TEST(keyspace().facts(key("k"))->expiry_ms == kNoExpiry);
  BOOST_TEST(keyspace().expiring() == 0u);
}

BOOST_FIXTURE_TEST_CASE(set_expiry_gives_moves_and_takes_it, Fixture) {
  BOOST_TEST(!keyspace().set_expiry(key("k"), kStartMs + 1));
  keyspace().set(key("k"), "v", {});
  BOOST_TEST(keyspace().set_expiry(key("k"), kStartMs + 1000));
  BOOST_TEST(keyspace().set_expiry(key("k"), kStartMs + 2000));
  BOOST_TEST(keyspace().facts(key("k"))->expiry_ms == kStartMs + 2000);
  BOOST_TEST(keyspace().expiring() == 1u);
  BOOST_TEST(keyspace().set_expiry(key("k"), kNoExpiry));
  BOOST_TEST(keyspace().expiring() == 0u);
  BOOST_TEST(get("k").value() == "v");
}

BOOST_FIXTURE_TEST_CASE(long_strings_are_chunks_and_short_ones_are_not, Fixture) {
  const std::string longest_inline(base::kInlineValueBytesMax, 'a');
  const std::string shortest_chunked(base::kInlineValueBytesMax + 1, 'b');
  keyspace().set_string(key("k"), longest_inline, {});
  BOOST_TEST(!keyspace().peek(key("k"))->out_of_line());
  keyspace().set_string(key("k"), shortest_chunked, {.expiry_ms = kStartMs + 1});
  BOOST_TEST(keyspace().peek(key("k"))->out_of_line());
  BOOST_TEST(keyspace().expiring() == 1u);
  BOOST_TEST((get("k") == shortest_chunked));
  keyspace().set_string(key("k"), "short again", {.keep_expiry = true});
  BOOST_TEST(!keyspace().peek(key("k"))->out_of_line());
  BOOST_TEST(keyspace().facts(key("k"))->expiry_ms == kStartMs + 1);
  BOOST_TEST(keyspace().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(chunks_that_were_replaced_or_deleted_are_freed_in_steps, Fixture) {
  const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
  const std::string value(10 * base::kChunkBytes, 'x');
  keyspace().set_string(key("replaced"), value, {});
  keyspace().set_string(key("deleted"), value, {});
  keyspace().set(key("replaced"), "short", {});
  keyspace().erase(key("deleted"));
  BOOST_TEST(shared().condemned_chunks.size() == 2u);
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) > before + 10 * base::kChunkBytes);
  int steps = 0;
  while (databases.free_step(4)) ++steps;
  BOOST_TEST(steps > 4);
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == before);
}

BOOST_FIXTURE_TEST_CASE(modify_hands_out_the_slot_of_a_live_key, Fixture) {
  BOOST_TEST(!static_cast<bool>(keyspace().modify(key("k"))));
  keyspace().set(key("k"), "abc", {});
  const uint64_t changes = shared().changes;
  const Dictionary::Slot slot = keyspace().modify(key("k"));
  BOOST_REQUIRE(static_cast<bool>(slot));
  keyspace().put(
      slot, keyspace().heap().with_value(slot.entry(), std::string(3000, 'z'), ValueForm::kRaw));
  BOOST_TEST(get("k").value() == std::string(3000, 'z'));
  BOOST_TEST(shared().changes == changes + 1);
}

BOOST_FIXTURE_TEST_CASE(rename_moves_value_and_expiry_and_overwrites, Fixture) {
  keyspace().set(key("from"), "v", {.expiry_ms = kStartMs + 50});
  keyspace().set(key("to"), "old", {.expiry_ms = kStartMs + 60});
  keyspace().rename(key("from"), keyspace(), key("to"));
  BOOST_TEST(!get("from").has_value());
  BOOST_TEST(get("to").value() == "v");
  BOOST_TEST(keyspace().facts(key("to"))->expiry_ms == kStartMs + 50);
  BOOST_TEST(keyspace().size() == 1u);
  BOOST_TEST(keyspace().expiring() == 1u);
}

BOOST_FIXTURE_TEST_CASE(rename_moves_a_key_to_another_keyspace, Fixture) {
  const std::string value(3 * base::kChunkBytes + 5, 'q');
  keyspace(0).set_string(key("k"), value, {.expiry_ms = kStartMs + 50});
  keyspace(0).rename(key("k"), keyspace(1), key("k"));
  BOOST_TEST(keyspace(0).size() == 0u);
  BOOST_TEST(keyspace(0).expiring() == 0u);
  BOOST_TEST(keyspace(0).hash_xor() == 0u);
  BOOST_TEST((get("k", 1) == value));
  BOOST_TEST(keyspace(1).expiring() == 1u);
}

BOOST_FIXTURE_TEST_CASE(swap_and_flush_change_what_a_database_stands_for, Fixture) {
  keyspace(0).set(key("zero"), "0", {});
  keyspace(1).set(key("one"), "1", {});
  const NamespaceId zero = keyspace(0).id();
  databases.swap(0, 1);
  BOOST_TEST(get("one", 0).value() == "1");
  BOOST_TEST(databases.index_of(zero) == 1);
  BOOST_TEST(databases.flush(1) == 1u);
  BOOST_TEST(databases.find(zero) == nullptr);
  BOOST_TEST(keyspace(1).size() == 0u);
  BOOST_TEST(get("one", 0).value() == "1");
  while (databases.free_step(100)) continue;
  BOOST_TEST(!databases.has_condemned());
}

constexpr uint64_t kModelKeys = 300;

struct ModelValue {
  std::string text;
  int64_t expiry_ms;
};
using Model = std::map<std::string, ModelValue>;

void check_content(Fixture& fixture, const Model& model) {
  uint64_t hash_xor = 0;
  uint64_t expiring = 0;
  for (uint64_t i = 0; i < kModelKeys; ++i)
    fixture.keyspace().expire_if_due(fixture.key("key:" + std::to_string(i)));
  for (const auto& [text, value] : model) {
    BOOST_REQUIRE((fixture.get(text) == value.text));
    BOOST_REQUIRE_EQUAL(fixture.keyspace().facts(fixture.key(text))->expiry_ms, value.expiry_ms);
    hash_xor ^= fixture.key(text).hash;
    expiring += value.expiry_ms != kNoExpiry ? 1 : 0;
  }
  BOOST_TEST(fixture.keyspace().size() == model.size());
  BOOST_TEST(fixture.keyspace().hash_xor() == hash_xor);
  BOOST_TEST(fixture.keyspace().expiring() == expiring);
}

BOOST_AUTO_TEST_CASE(random_operations_agree_with_a_map) {
  const uint64_t seed = 424242;
  BOOST_TEST_MESSAGE("seed " << seed);
  Fixture fixture(seed);
  base::Random random(seed);
  Model model;
  int64_t now_ms = kStartMs;
  const auto random_key = [&] { return "key:" + std::to_string(random.below(kModelKeys)); };
  const auto random_value = [&] {
    const uint64_t bytes = random.one_in(20) ? 60'000 + random.below(20'000) : random.below(200);
    return std::string(bytes, static_cast<char>('a' + random.below(26)));
  };
  const auto random_expiry = [&] {
    return random.one_in(2) ? kNoExpiry : now_ms + 1 + static_cast<int64_t>(random.below(500));
  };
  for (int round = 0; round < 40'000; ++round) {
    now_ms += static_cast<int64_t>(random.below(3));
    fixture.set_now(now_ms);
    std::erase_if(model, [&](const auto& row) {
      return row.second.expiry_ms != kNoExpiry && row.second.expiry_ms <= now_ms;
    });
    const std::string text = random_key();
    const Key key = fixture.key(text);
    const auto at = model.find(text);
    switch (random.below(6)) {
      case 0: {
        const ModelValue value{random_value(), random_expiry()};
        fixture.keyspace().set_string(key, value.text, {.expiry_ms = value.expiry_ms});
        model[text] = value;
        break;
      }
      case 1: {
        const std::string value = random_value();
        fixture.keyspace().set_string(key, value, {.keep_expiry = true});
        model[text] = {value, at == model.end() ? kNoExpiry : at->second.expiry_ms};
        break;
      }
      case 2:
        BOOST_REQUIRE_EQUAL(fixture.keyspace().erase(key), at != model.end());
        if (at != model.end()) model.erase(at);
        break;
      case 3: {
        const int64_t expiry_ms = random_expiry();
        BOOST_REQUIRE_EQUAL(fixture.keyspace().set_expiry(key, expiry_ms), at != model.end());
        if (at != model.end()) at->second.expiry_ms = expiry_ms;
        break;
      }
      case 4: {
        const std::string to = random_key();
        if (at == model.end() || to == text) break;
        fixture.keyspace().rename(key, fixture.keyspace(), fixture.key(to));
        model[to] = at->second;
        model.erase(text);
        break;
      }
      default: {
        const auto value = fixture.get(text);
        BOOST_REQUIRE_EQUAL(value.has_value(), at != model.end());
        if (value.has_value()) BOOST_REQUIRE((*value == at->second.text));
      }
    }
    if (round % 16 == 0) fixture.databases.free_step(64);
  }
  check_content(fixture, model);
}
