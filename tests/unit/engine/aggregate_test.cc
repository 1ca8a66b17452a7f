#define BOOST_TEST_MODULE aggregate
#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/memory.h"
#include "base/random.h"
#include "engine/value/hash_value.h"
#include "engine/value/set_value.h"
#include "engine/value/value_codec.h"
#include "persist/rdb_blobs.h"
#include "persist/rdb_format.h"
#include "persist/rdb_grammar.h"

using namespace engine;

namespace {

using Hash = std::map<std::string, std::string>;
using Set = std::set<std::string>;

struct Fixture {
  Fixture() : random(5), hasher(base::KeyHasher::with_random_secret(random)) {
    tools = {&heap, &hasher, {}};
  }

  // What the value's payload decodes to, as another entry.
  Entry* copied(const Entry& entry, bool compress, DecodeFor decode_for) {
    std::vector<std::byte> payload(encoded_value_bytes_max(entry));
    payload.resize(encode_value(entry, compress, payload.data()));
    const auto bytes = persist::value_bytes(rdb_type_of(entry), payload);
    BOOST_REQUIRE(bytes.ok());
    BOOST_REQUIRE_EQUAL(*bytes, payload.size());
    auto value = decode_aggregate(rdb_type_of(entry), payload, tools, decode_for);
    BOOST_REQUIRE(value.ok());
    return value->into_entry(heap, "copy", {});
  }

  Hash content(const Entry* entry) const {
    Hash hash;
    HashView(entry, &hasher).for_each([&hash](const HashPair& pair) {
      BOOST_REQUIRE(hash.emplace(text_of(pair.field), text_of(pair.value)).second);
    });
    return hash;
  }
  Set members(const Entry* entry) const {
    Set set;
    SetView(entry, &hasher).for_each([&set](const Element& member) {
      BOOST_REQUIRE(set.insert(text_of(member)).second);
      return true;
    });
    return set;
  }

  base::Random random;
  base::KeyHasher hasher;
  EntryHeap heap;
  ValueTools tools;
};

// Numbers of every width, near their bounds, and texts that look like some.
std::string random_text(base::Random& random, size_t bytes_max) {
  switch (random.below(6)) {
    case 0: {
      const uint64_t bits = random.below(64);
      const auto number = static_cast<int64_t>(random.next() >> bits);
      return std::to_string(random.one_in(2) ? number : -number);
    }
    case 1:
      return "0" + std::to_string(random.below(100));
    case 2:
      return std::string(random.below(bytes_max), static_cast<char>('a' + random.below(3)));
    default:
      return "field:" + std::to_string(random.below(200));
  }
}

std::string random_integer(base::Random& random) {
  const uint64_t bits = 40 + random.below(24);
  return std::to_string(static_cast<int64_t>(random.next()) >> bits);
}

base::Result<OwnedValue> decode(Fixture& fixture, persist::RdbType type, std::string_view payload) {
  return decode_aggregate(static_cast<uint8_t>(type), base::as_bytes(payload), fixture.tools,
                          DecodeFor::kLoad);
}

// An RDB string of up to 63 bytes.
std::string rdb_string(std::string_view text) {
  BOOST_REQUIRE(text.size() < 64);
  return std::string(1, static_cast<char>(text.size())) + std::string(text);
}

using namespace std::string_literals;

}  // namespace

BOOST_FIXTURE_TEST_CASE(random_writes_to_hashes_match_a_map, Fixture) {
  for (const uint64_t entries_max : {512u, 20u, 0u}) {
    tools.limits.hash_entries = entries_max;
    tools.limits.hash_value_bytes = entries_max == 20 ? 9000 : 64;
    const size_t bytes_max = entries_max == 20 ? 9000 : 80;
    Entry* entry = new_hash(heap, "key", {});
    Hash model;
    for (int i = 0; i < 3000; ++i) {
      const std::string field = random_text(random, entries_max == 20 ? 20 : bytes_max);
      if (random.below(5) < 3) {
        const std::string value = random_text(random, bytes_max);
        bool added = false;
        entry = hash_put(tools, entry, field, value, &added);
        BOOST_REQUIRE_EQUAL(added, !model.contains(field));
        model[field] = value;
      } else {
        bool erased = false;
        entry = hash_erase(tools, entry, field, &erased);
        BOOST_REQUIRE_EQUAL(erased, model.erase(field) == 1);
      }
      const HashView view(entry, &hasher);
      BOOST_REQUIRE_EQUAL(view.size(), model.size());
      const auto found = view.find(field);
      BOOST_REQUIRE_EQUAL(found.has_value(), model.contains(field));
      if (found.has_value()) BOOST_REQUIRE(text_of(*found) == model[field]);
      if (i % 20 != 0 || model.empty()) continue;
      BOOST_REQUIRE(content(entry) == model);
      const HashPair pair = view.at(random.below(view.size()));
      BOOST_REQUIRE(model.at(text_of(pair.field)) == text_of(pair.value));
      if (view.packed()) {
        const auto checked =
            persist::check_blob(persist::BlobKind::kListpack, base::as_bytes(entry->value()));
        BOOST_REQUIRE(checked.ok());
        BOOST_REQUIRE_EQUAL(*checked, model.size() * 2);
      } else {
        BOOST_REQUIRE_EQUAL(entry->tree()->check(), "");
      }
      for (const DecodeFor decode_for : {DecodeFor::kLoad, DecodeFor::kTier}) {
        Entry* const copy = copied(*entry, i % 40 == 0, decode_for);
        BOOST_REQUIRE(content(copy) == model);
        if (decode_for == DecodeFor::kTier) BOOST_REQUIRE(copy->form() == entry->form());
        heap.destroy(copy);
      }
    }
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(random_writes_to_sets_match_a_set, Fixture) {
  for (const bool integers : {true, false}) {
    tools.limits.set_integers = integers ? 100000 : 30;
    Entry* entry = new_set(heap, "key", {});
    Set model;
    for (int i = 0; i < 6000; ++i) {
      const std::string member =
          integers ? random_integer(random) : random_text(random, random.one_in(20) ? 5000 : 30);
      bool changed = false;
      if (random.below(5) < 3) {
        entry = set_add(tools, entry, member, &changed);
        BOOST_REQUIRE_EQUAL(changed, model.insert(member).second);
      } else {
        entry = set_erase(tools, entry, member, &changed);
        BOOST_REQUIRE_EQUAL(changed, model.erase(member) == 1);
      }
      const SetView view(entry, &hasher);
      BOOST_REQUIRE_EQUAL(view.size(), model.size());
      BOOST_REQUIRE_EQUAL(view.contains(member), model.contains(member));
      if (i % 50 != 0 || model.empty()) continue;
      BOOST_REQUIRE(members(entry) == model);
      BOOST_REQUIRE(model.contains(text_of(view.at(random.below(view.size())))));
      if (view.packed()) {
        const auto checked =
            persist::check_blob(persist::BlobKind::kIntset, base::as_bytes(entry->value()));
        BOOST_REQUIRE(checked.ok());
      }
      for (const DecodeFor decode_for : {DecodeFor::kLoad, DecodeFor::kTier}) {
        Entry* const copy = copied(*entry, i % 100 == 0, decode_for);
        BOOST_REQUIRE(members(copy) == model);
        if (decode_for == DecodeFor::kTier) BOOST_REQUIRE(copy->form() == entry->form());
        heap.destroy(copy);
      }
    }
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(a_value_that_does_not_fit_an_entry_is_paged, Fixture) {
  tools.limits = {.hash_entries = 1000000, .hash_value_bytes = 1000000, .set_integers = 1000000};
  Entry* hash = new_hash(heap, "key", {});
  Entry* set = new_set(heap, "key", {});
  bool added = false;
  for (int64_t i = 0; i < 20000; ++i) {
    hash = hash_put(tools, hash, std::to_string(i), "some value", &added);
    set = set_add(tools, set, std::to_string(i * 10000000000), &added);
  }
  BOOST_TEST((hash->form() == ValueForm::kPaged));
  BOOST_TEST((set->form() == ValueForm::kPaged));
  BOOST_TEST(HashView(hash, &hasher).size() == 20000u);
  BOOST_TEST(SetView(set, &hasher).size() == 20000u);
  BOOST_TEST(!is_demotable(*hash));
  heap.destroy(hash);
  heap.destroy(set);
}

BOOST_FIXTURE_TEST_CASE(listpacks_have_the_bytes_that_redis_gives_them, Fixture) {
  ListpackBuilder pack;
  for (const char* text : {"0", "127", "128", "-1", "4095", "-4096", "4096", "32767", "-32768",
                           "32768", "8388607", "-8388608", "8388608", "2147483648", "a", "007"})
    pack.append(text);
  const std::string expected =
      "\x47\x00\x00\x00\x10\x00"
      "\x00\x01\x7f\x01\xc0\x80\x02\xdf\xff\x02\xcf\xff\x02\xd0\x00\x02\xf1\x00\x10\x03"
      "\xf1\xff\x7f\x03\xf1\x00\x80\x03\xf2\x00\x80\x00\x04\xf2\xff\xff\x7f\x04\xf2\x00\x00\x80\x04"
      "\xf3\x00\x00\x80\x00\x05\xf4\x00\x00\x00\x80\x00\x00\x00\x00\x09"
      "\x81"
      "a\x02\x83"
      "007\x04\xff"s;
  const std::string made = pack.finish();
  BOOST_TEST((made.substr(6) == expected.substr(6)));
  BOOST_TEST(base::load_le<uint32_t>(made.data()) == made.size());
}

BOOST_FIXTURE_TEST_CASE(old_encodings_of_hashes_are_read, Fixture) {
  const Hash expected = {{"a", "12"}, {"bc", "-300"}, {"n", "70000"}, {"x", "text"}};
  // Link, encoding, data: strings of 6 bits, an immediate number, 16, 24 and 32 bits.
  std::string ziplist =
      "\x00\x01"
      "a\x03\xfd\x02\x02"
      "bc\x04\xc0\xd4\xfe\x04\x01"
      "n\x03\xf0\x70\x11\x01\x05\x01"
      "x\x03\x04"
      "text\xff"s;
  std::string head(10, '\0');
  base::store_le(head.data(), static_cast<uint32_t>(head.size() + ziplist.size()));
  base::store_le(head.data() + 4, static_cast<uint32_t>(head.size() + ziplist.size() - 1 - 6));
  base::store_le(head.data() + 8, uint16_t{8});
  const std::string zipmap =
      "\x04\x01"
      "a\x02\x00"
      "12\x02"
      "bc\x04\x02"
      "-300??\x01"
      "n\x05\x00"
      "70000\x01"
      "x\x04\x00"
      "text\xff"s;
  const std::string plain =
      "\x04"
      "\x01"
      "a\xc0\x0c\x02"
      "bc\xc1\xd4\xfe\x01"
      "n\xc2\x70\x11\x01\x00\x01"
      "x\x04"
      "text"s;
  for (const auto& [type, payload] : std::vector<std::pair<persist::RdbType, std::string>>{
           {persist::RdbType::kHashZiplist, rdb_string(head + ziplist)},
           {persist::RdbType::kHashZipmap, rdb_string(zipmap)},
           {persist::RdbType::kHash, plain}}) {
    auto value = decode(*this, type, payload);
    BOOST_REQUIRE(value.ok());
    Entry* const entry = value->into_entry(heap, "key", {});
    BOOST_TEST((content(entry) == expected));
    BOOST_TEST((entry->form() == ValueForm::kPlain));
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(old_and_newer_encodings_of_sets_are_read, Fixture) {
  const std::string plain = "\x03\xc0\x01\x01z\xc0\x02"s;
  const std::string pack = "\x0e\x00\x00\x00\x03\x00\x01\x01\x81z\x02\x02\x01\xff"s;
  for (const auto& [type, payload] : std::vector<std::pair<persist::RdbType, std::string>>{
           {persist::RdbType::kSet, plain}, {persist::RdbType::kSetListpack, rdb_string(pack)}}) {
    auto value = decode(*this, type, payload);
    BOOST_REQUIRE(value.ok());
    Entry* const entry = value->into_entry(heap, "key", {});
    BOOST_TEST((members(entry) == Set{"1", "2", "z"}));
    BOOST_TEST((entry->form() == ValueForm::kPaged));
    heap.destroy(entry);
  }
  auto integers = decode(*this, persist::RdbType::kSet,
                         "\x03\xc0\x02\xc0\x01\x01"
                         "7"s);
  BOOST_REQUIRE(integers.ok());
  Entry* const entry = integers->into_entry(heap, "key", {});
  BOOST_TEST((entry->form() == ValueForm::kPlain));
  BOOST_TEST((members(entry) == Set{"1", "2", "7"}));
  heap.destroy(entry);
}

BOOST_FIXTURE_TEST_CASE(damaged_payloads_are_refused, Fixture) {
  using persist::RdbType;
  // Twice the same, a half pair, beyond the end, too long a count, something behind it.
  BOOST_TEST(!decode(*this, RdbType::kSet, "\x02\x01z\x01z"s).ok());
  BOOST_TEST(!decode(*this, RdbType::kHash, "\x01\x01z"s).ok());
  BOOST_TEST(!decode(*this, RdbType::kSet, "\x01\x05z"s).ok());
  BOOST_TEST(!decode(*this, RdbType::kSet, "\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01z"s).ok());
  BOOST_TEST(!decode(*this, RdbType::kSet, "\x01\x01z\x01z"s).ok());
  BOOST_TEST(!decode(*this, RdbType::kSet, ""s).ok());
  BOOST_TEST(!decode(*this, RdbType::kSet, "\x00"s).ok());
  BOOST_TEST(!decode(*this, RdbType::kHashListpack, rdb_string(Listpack::empty())).ok());
  BOOST_TEST(is_empty_aggregate(static_cast<uint8_t>(RdbType::kHashListpack),
                                base::as_bytes(rdb_string(Listpack::empty()))));
  BOOST_TEST(!decode(*this, RdbType::kHashListpack,
                     rdb_string("\x0a\x00\x00\x00\x01\x00\x81"
                                "a\x02\xff"s))
                  .ok());
}

BOOST_FIXTURE_TEST_CASE(cut_and_mutated_payloads_never_do_harm, Fixture) {
  Entry* hash = new_hash(heap, "key", {});
  Entry* set = new_set(heap, "key", {});
  bool added = false;
  for (int i = 0; i < 60; ++i) {
    hash = hash_put(tools, hash, "field" + std::to_string(i),
                    std::string(static_cast<size_t>(i % 9), 'v'), &added);
    set = set_add(tools, set, std::to_string(i * 7), &added);
  }
  for (const bool paged : {false, true}) {
    if (paged) {
      hash = hash_put(tools, hash, std::string(100, 'f'), "v", &added);
      set = set_add(tools, set, "text", &added);
    }
    for (const Entry* entry : {hash, set}) {
      std::vector<std::byte> payload(encoded_value_bytes_max(*entry));
      payload.resize(encode_value(*entry, true, payload.data()));
      for (int i = 0; i < 4000; ++i) {
        std::vector<std::byte> mutated = payload;
        if (i % 4 == 0) mutated.resize(random.below(mutated.size()));
        for (uint64_t change = random.below(3); !mutated.empty() && change-- > 0;)
          mutated[random.below(mutated.size())] = static_cast<std::byte>(random.next());
        auto value = decode_aggregate(rdb_type_of(*entry), mutated, tools, DecodeFor::kLoad);
        if (value.ok()) heap.destroy(value->into_entry(heap, "copy", {}));
      }
    }
  }
  heap.destroy(hash);
  heap.destroy(set);
}

BOOST_FIXTURE_TEST_CASE(elements_take_little_more_than_their_bytes, Fixture) {
  const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
  Entry* set = new_set(heap, "key", {});
  bool added = false;
  constexpr uint64_t kMembers = 200000;
  for (uint64_t i = 0; i < kMembers; ++i) {
    std::string member = std::to_string(random.next() % 10000000000);
    member = "m" + std::string(10 - std::min<size_t>(10, member.size()), '0') + member;
    set = set_add(tools, set, member.substr(0, 10), &added);
  }
  const uint64_t bytes = base::memory_used(base::MemoryUse::kChunks) - before;
  // 11 of an element, 8 of its slot, four fifths full.
  BOOST_TEST(bytes / SetView(set, &hasher).size() <= 26u);
  heap.destroy(set);
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == before);
}
