#define BOOST_TEST_MODULE zset
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/memory.h"
#include "base/random.h"
#include "engine/value/value_codec.h"
#include "engine/value/zset_value.h"
#include "persist/rdb_blobs.h"
#include "persist/rdb_format.h"
#include "persist/rdb_grammar.h"

using namespace engine;
using namespace std::string_literals;

namespace {

// By member, and in the order of ranks.
struct Model {
  std::map<std::string, double> scores;
  std::set<std::pair<double, std::string>> order;

  void put(const std::string& member, double score) {
    erase(member);
    scores[member] = score;
    order.emplace(score, member);
  }
  void erase(const std::string& member) {
    const auto at = scores.find(member);
    if (at == scores.end()) return;
    order.erase({at->second, member});
    scores.erase(at);
  }
};

struct Fixture {
  Fixture() : random(5), hasher(base::KeyHasher::with_random_secret(random)) {
    tools = {&heap, &hasher, {}};
  }

  Entry* copied(const Entry& entry, bool compress, DecodeFor decode_for) {
    std::vector<std::byte> payload(encoded_value_bytes_max(entry));
    payload.resize(encode_value(entry, compress, payload.data()));
    const auto bytes = persist::value_bytes(rdb_type_of(entry), payload);
    BOOST_REQUIRE(bytes.ok());
    BOOST_REQUIRE_EQUAL(*bytes, payload.size());
    BOOST_REQUIRE(decompressed_bytes(rdb_type_of(entry), payload).ok());
    auto value = decode_aggregate(rdb_type_of(entry), payload, tools, decode_for);
    BOOST_REQUIRE(value.ok());
    return value->into_entry(heap, "copy", {});
  }

  std::set<std::pair<double, std::string>> content(const Entry* entry) const {
    std::set<std::pair<double, std::string>> all;
    std::pair<double, std::string> last;
    ZsetView(entry, &hasher).for_each([&](const ScoredMember& scored) {
      const std::pair<double, std::string> now{scored.score, text_of(scored.member)};
      BOOST_REQUIRE(all.empty() || last < now);
      last = now;
      all.insert(now);
      return true;
    });
    return all;
  }

  double random_score() {
    switch (random.below(8)) {
      case 0:
        return random.one_in(2) ? std::numeric_limits<double>::infinity()
                                : -std::numeric_limits<double>::infinity();
      case 1:
        return std::bit_cast<double>(random.next() >> 12 | uint64_t{random.below(2)} << 63);
      case 2:
        return static_cast<double>(random.below(1000000)) / 7 - 60000;
      case 3:
        return static_cast<double>(static_cast<int64_t>(random.next()));
      default:
        return static_cast<double>(random.below(9)) - 4;
    }
  }
  std::string random_member(size_t bytes_max) {
    if (random.one_in(30)) return std::string(random.below(bytes_max), 'm');
    if (random.one_in(4)) return std::to_string(random.below(500));
    return "member" + std::to_string(random.below(600));
  }

  void check_ranges(const Entry* entry, const Model& model) {
    const ZsetView view(entry, &hasher);
    const ScoreRange range{random_score(), random_score(), random.one_in(2), random.one_in(2)};
    const auto within = [&range](const std::pair<double, std::string>& scored) {
      return (range.min_open ? scored.first > range.min : scored.first >= range.min) &&
             (range.max_open ? scored.first < range.max : scored.first <= range.max);
    };
    const RankRange ranks = view.range(range);
    BOOST_REQUIRE_EQUAL(ranks.size(), static_cast<uint64_t>(std::count_if(
                                          model.order.begin(), model.order.end(), within)));
    for (const bool backwards : {false, true}) {
      uint64_t rank = backwards ? ranks.end : ranks.first;
      view.for_each(ranks, backwards, [&](const ScoredMember& scored) {
        if (backwards) --rank;
        const auto at = std::next(model.order.begin(), static_cast<ptrdiff_t>(rank));
        BOOST_REQUIRE(at->first == scored.score && at->second == text_of(scored.member));
        if (!backwards) ++rank;
        return true;
      });
    }
  }

  base::Random random;
  base::KeyHasher hasher;
  EntryHeap heap;
  ValueTools tools;
};

base::Result<OwnedValue> decode(Fixture& fixture, persist::RdbType type, std::string_view payload) {
  return decode_aggregate(static_cast<uint8_t>(type), base::as_bytes(payload), fixture.tools,
                          DecodeFor::kLoad);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_order_of_scores_is_that_of_their_numbers) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double scores[] = {-infinity, -1e300, -2, -1.5,  -1e-320, 0,
                           1e-320,    1.5,    2,  1e300, infinity};
  for (size_t i = 0; i < std::size(scores); ++i) {
    BOOST_TEST(score_of_order(order_of_score(scores[i])) == scores[i]);
    if (i > 0) BOOST_TEST(order_of_score(scores[i - 1]) < order_of_score(scores[i]));
  }
  BOOST_TEST(order_of_score(-0.0) == order_of_score(0.0));
}

BOOST_FIXTURE_TEST_CASE(random_writes_match_a_model, Fixture) {
  for (const uint64_t entries_max : {1000u, 100u, 0u}) {
    tools.limits.zset_entries = entries_max;
    tools.limits.zset_value_bytes = entries_max == 1000 ? 9000 : 64;
    const size_t bytes_max = entries_max == 0 ? 3000 : 200;
    Entry* entry = new_zset(heap, "key", {});
    Model model;
    for (int i = 0; i < 6000; ++i) {
      const std::string member = random_member(bytes_max);
      const std::optional<double> old = ZsetView(entry, &hasher).find(member);
      const auto known = model.scores.find(member);
      BOOST_REQUIRE_EQUAL(old.has_value(), known != model.scores.end());
      if (old.has_value()) BOOST_REQUIRE_EQUAL(*old, known->second);
      if (random.below(8) < 5) {
        const double score = random_score();
        entry = zset_put(tools, entry, old, member, score);
        model.put(member, score);
      } else if (random.one_in(20) && !model.order.empty()) {
        const uint64_t first = random.below(model.order.size());
        const uint64_t count = random.below(std::min<uint64_t>(model.order.size() - first, 30));
        entry = zset_erase(tools, entry, RankRange{first, first + count});
        for (uint64_t k = 0; k < count; ++k)
          model.erase(std::next(model.order.begin(), static_cast<ptrdiff_t>(first))->second);
      } else if (old.has_value()) {
        entry = zset_erase(tools, entry, member, *old);
        model.erase(member);
      }
      const ZsetView view(entry, &hasher);
      BOOST_REQUIRE_EQUAL(view.size(), model.order.size());
      if (i % 40 != 0 || model.order.empty()) continue;
      BOOST_REQUIRE(content(entry) == model.order);
      const uint64_t rank = random.below(view.size());
      const auto at = std::next(model.order.begin(), static_cast<ptrdiff_t>(rank));
      BOOST_REQUIRE(text_of(view.at(rank).member) == at->second);
      BOOST_REQUIRE_EQUAL(view.rank(at->second).value(), rank);
      check_ranges(entry, model);
      if (view.packed()) {
        BOOST_REQUIRE(
            persist::check_blob(persist::BlobKind::kListpack, base::as_bytes(entry->value())).ok());
      } else {
        BOOST_REQUIRE_EQUAL(entry->tree()->check(), "");
        BOOST_REQUIRE_EQUAL(entry->tree()->companion()->check(), "");
        BOOST_REQUIRE_EQUAL(entry->tree()->companion()->size(), view.size());
      }
      for (const DecodeFor decode_for : {DecodeFor::kLoad, DecodeFor::kTier}) {
        Entry* const copy = copied(*entry, i % 80 == 0, decode_for);
        BOOST_REQUIRE(content(copy) == model.order);
        if (decode_for == DecodeFor::kTier) BOOST_REQUIRE(copy->form() == entry->form());
        heap.destroy(copy);
      }
    }
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(ranges_by_member_follow_the_bytes, Fixture) {
  for (const uint64_t entries_max : {1000u, 0u}) {
    tools.limits.zset_entries = entries_max;
    Entry* entry = new_zset(heap, "key", {});
    std::set<std::string> model;
    while (model.size() < 400) {
      const std::string member = std::to_string(random.below(5000));
      if (model.insert(member).second) entry = zset_put(tools, entry, std::nullopt, member, 3);
    }
    const ZsetView view(entry, &hasher);
    const auto text = [this] { return std::to_string(random.below(5000)); };
    for (int i = 0; i < 300; ++i) {
      const std::string texts[] = {text(), text()};
      const auto bound = [&](size_t which) {
        if (random.one_in(6))
          return LexBound{
              random.one_in(2) ? LexBound::Kind::kLowest : LexBound::Kind::kHighest, {}, true};
        return LexBound{LexBound::Kind::kText, texts[which], random.one_in(2)};
      };
      const LexRange range{bound(0), bound(1)};
      uint64_t expected = 0;
      for (const std::string& member : model)
        if (!range.empty() && range.above_min(member) && range.below_max(member)) ++expected;
      for (const bool backwards : {false, true}) {
        const RankRange ranks = view.range(range, backwards);
        BOOST_REQUIRE_EQUAL(ranks.size(), expected);
        view.for_each(ranks, backwards, [&](const ScoredMember& scored) {
          const std::string member = text_of(scored.member);
          BOOST_REQUIRE(range.above_min(member) && range.below_max(member));
          return true;
        });
      }
    }
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(an_iteration_by_hash_finds_every_member_once, Fixture) {
  tools.limits.zset_entries = 0;
  for (const uint64_t scores : {1000000u, 3u, 1u}) {
    Entry* entry = new_zset(heap, "key", {});
    std::set<std::string> left;
    for (uint64_t i = 0; i < 3000; ++i) {
      left.insert(std::to_string(i));
      entry = zset_put(tools, entry, std::nullopt, std::to_string(i),
                       static_cast<double>(random.below(scores)));
    }
    std::optional<uint32_t> tag = 0;
    while (tag.has_value()) {
      const HashWindow window = members_by_hash(*entry->tree(), hasher, *tag, 10);
      for (const ScoreItem& scored : window.members)
        BOOST_REQUIRE_EQUAL(left.erase(std::string(scored.member)), 1u);
      tag = window.next_tag;
    }
    BOOST_TEST(left.empty());
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(members_with_equal_hashes_and_scores_are_told_apart, Fixture) {
  // Too many for 32 bits to be without pairs; all have one score.
  tools.limits.zset_entries = 0;
  constexpr uint64_t kMembers = 200000;
  Entry* entry = new_zset(heap, "key", {});
  for (uint64_t i = 0; i < kMembers; ++i)
    entry = zset_put(tools, entry, std::nullopt, std::to_string(i), 0);
  BOOST_TEST(entry->tree()->companion()->size() == kMembers);
  for (uint64_t i = 0; i < kMembers; i += 2) entry = zset_erase(tools, entry, std::to_string(i), 0);
  BOOST_TEST(entry->tree()->companion()->size() == kMembers / 2);
  uint64_t found = 0;
  for (uint64_t i = 0; i < kMembers; ++i)
    if (ZsetView(entry, &hasher).find(std::to_string(i)).has_value()) ++found;
  BOOST_TEST(found == kMembers / 2);
  heap.destroy(entry);
}

BOOST_FIXTURE_TEST_CASE(old_encodings_are_read, Fixture) {
  const std::set<std::pair<double, std::string>> expected = {
      {-std::numeric_limits<double>::infinity(), "c"}, {1, "a"}, {2.5, "b"}};
  const std::string text =
      "\x03\x01"
      "a\x01"
      "1\x01"
      "b\x03"
      "2.5\x01"
      "c\xff"s;
  const std::string binary =
      "\x03\x01"
      "b\x00\x00\x00\x00\x00\x00\x04\x40"
      "\x01"
      "a\x00\x00\x00\x00\x00\x00\xf0\x3f"
      "\x01"
      "c\x00\x00\x00\x00\x00\x00\xf0\xff"s;
  std::string ziplist =
      "\x00\x01"
      "c\x03\x04"
      "-inf\x06\x01"
      "a\x03\xf2\x02\x01"
      "b\x03\x03"
      "2.5\xff"s;
  std::string head(10, '\0');
  base::store_le(head.data(), static_cast<uint32_t>(head.size() + ziplist.size()));
  base::store_le(head.data() + 4, static_cast<uint32_t>(head.size() + ziplist.size() - 1 - 5));
  base::store_le(head.data() + 8, uint16_t{6});
  const std::string blob = head + ziplist;
  const std::string packed = std::string(1, static_cast<char>(blob.size())) + blob;
  for (const auto& [type, payload] : std::vector<std::pair<persist::RdbType, std::string>>{
           {persist::RdbType::kZset, text},
           {persist::RdbType::kZset2, binary},
           {persist::RdbType::kZsetZiplist, packed}}) {
    BOOST_TEST(persist::value_bytes(static_cast<uint8_t>(type), base::as_bytes(payload)).ok());
    auto value = decode(*this, type, payload);
    BOOST_REQUIRE(value.ok());
    Entry* const entry = value->into_entry(heap, "key", {});
    BOOST_TEST((content(entry) == expected));
    BOOST_TEST((entry->form() == ValueForm::kPlain));
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(damaged_payloads_are_refused, Fixture) {
  using persist::RdbType;
  // A member twice, a score that is none, a cut score, none at all.
  BOOST_TEST(!decode(*this, RdbType::kZset,
                     "\x02\x01"
                     "a\x01"
                     "1\x01"
                     "a\x01"
                     "2"s)
                  .ok());
  BOOST_TEST(!decode(*this, RdbType::kZset,
                     "\x01\x01"
                     "a\x01"
                     "x"s)
                  .ok());
  BOOST_TEST(!decode(*this, RdbType::kZset,
                     "\x01\x01"
                     "a\xfd"s)
                  .ok());
  BOOST_TEST(!decode(*this, RdbType::kZset,
                     "\x01\x01"
                     "a\x05"
                     "1"s)
                  .ok());
  BOOST_TEST(!decode(*this, RdbType::kZset2,
                     "\x01\x01"
                     "a\x00\x00\x00\x00\x00\x00\x04"s)
                  .ok());
  BOOST_TEST(!decode(*this, RdbType::kZset2,
                     "\x01\x01"
                     "a\xff\xff\xff\xff\xff\xff\xff\x7f"s)
                  .ok());
  BOOST_TEST(!decode(*this, RdbType::kZset2, "\x00"s).ok());
  ListpackBuilder pack;
  pack.append("member");
  pack.append("score");
  const std::string blob = pack.finish();
  BOOST_TEST(!decode(*this, RdbType::kZsetListpack, static_cast<char>(blob.size()) + blob).ok());
}

BOOST_FIXTURE_TEST_CASE(cut_and_mutated_payloads_never_do_harm, Fixture) {
  for (const uint64_t entries_max : {1000u, 0u}) {
    tools.limits.zset_entries = entries_max;
    Entry* entry = new_zset(heap, "key", {});
    for (int i = 0; i < 60; ++i)
      entry = zset_put(tools, entry, std::nullopt, "member" + std::to_string(i), i / 7.0);
    std::vector<std::byte> payload(encoded_value_bytes_max(*entry));
    payload.resize(encode_value(*entry, true, payload.data()));
    for (int i = 0; i < 4000; ++i) {
      std::vector<std::byte> mutated = payload;
      if (i % 4 == 0) mutated.resize(random.below(mutated.size()));
      for (uint64_t change = random.below(3); !mutated.empty() && change-- > 0;)
        mutated[random.below(mutated.size())] = static_cast<std::byte>(random.next());
      auto value = decode_aggregate(rdb_type_of(*entry), mutated, tools, DecodeFor::kLoad);
      if (!value.ok()) continue;
      // Out of order or with members twice, as Redis takes it; nothing may break.
      Entry* copy = value->into_entry(heap, "copy", {});
      copy = zset_put(tools, copy, ZsetView(copy, &hasher).find("member7"), "member7", 3);
      ZsetView(copy, &hasher).range(ScoreRange{1, 5, false, false});
      if (ZsetView(copy, &hasher).size() > 3) copy = zset_erase(tools, copy, RankRange{1, 3});
      heap.destroy(copy);
    }
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(members_take_less_than_half_of_what_they_take_in_redis, Fixture) {
  tools.limits.zset_entries = 0;
  for (const bool sequential : {false, true}) {
    const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
    Entry* entry = new_zset(heap, "key", {});
    constexpr uint64_t kMembers = 200000;
    for (uint64_t i = 0; i < kMembers; ++i) {
      const std::string number = std::to_string(1000000000 + i);
      const double score = static_cast<double>(sequential ? i : random.below(kMembers));
      entry = zset_put(tools, entry, std::nullopt, number, score);
    }
    const uint64_t bytes = base::memory_used(base::MemoryUse::kChunks) - before;
    // Of about 110 bytes.
    BOOST_TEST(bytes / kMembers <= (sequential ? 44u : 49u));
    heap.destroy(entry);
  }
}
