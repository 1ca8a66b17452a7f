#define BOOST_TEST_MODULE list_value
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "engine/value/list_value.h"
#include "engine/value/value_codec.h"
#include "persist/rdb_format.h"
#include "persist/rdb_grammar.h"

using namespace engine;
using namespace std::string_literals;

namespace {

using Model = std::vector<std::string>;

struct Fixture {
  Fixture() : random(7), hasher(base::KeyHasher::with_random_secret(random)) {
    tools = {&heap, &hasher, {}};
  }
  ~Fixture() {
    for (CountedTree* const tree : condemned) CountedTree::release(tree);
  }

  std::vector<std::byte> payload_of(const Entry& entry, bool compress) const {
    std::vector<std::byte> payload(encoded_value_bytes_max(entry));
    payload.resize(encode_value(entry, compress, payload.data()));
    const auto bytes = persist::value_bytes(rdb_type_of(entry), payload);
    BOOST_REQUIRE(bytes.ok());
    BOOST_REQUIRE_EQUAL(*bytes, payload.size());
    return payload;
  }

  Entry* filled(uint64_t count, size_t bytes) {
    Entry* entry = new_list(heap, "key", {});
    for (uint64_t i = 0; i < count; ++i) {
      std::string text = std::to_string(i);
      text.resize(std::max(bytes, text.size()), 'x');
      entry = list_push(tools, entry, ListEnd::kRight, text);
    }
    return entry;
  }

  base::Random random;
  base::KeyHasher hasher;
  EntryHeap heap;
  ValueTools tools;
  std::vector<CountedTree*> condemned;
};

Model content(const Entry* entry) {
  Model model;
  const ListView view(entry);
  if (view.size() == 0) return model;
  view.for_each(0, [&model](const Element& element) {
    model.push_back(text_of(element));
    return true;
  });
  return model;
}

Model content_backwards(const Entry* entry) {
  Model model;
  const ListView view(entry);
  if (view.size() == 0) return model;
  view.for_each_back(view.size() - 1, [&model](const Element& element) {
    model.push_back(text_of(element));
    return true;
  });
  return {model.rbegin(), model.rend()};
}

std::string random_text(base::Random& random, size_t bytes_max) {
  switch (random.below(5)) {
    case 0: {
      const auto number = static_cast<int64_t>(random.next() >> random.below(64));
      return std::to_string(random.one_in(2) ? number : -number);
    }
    case 1:
      return std::string(random.below(bytes_max), 'b');
    default:
      return "element:" + std::to_string(random.below(100));
  }
}

void require_sound(const Entry* entry, const Model& model) {
  if (entry->out_of_line()) BOOST_REQUIRE_EQUAL(entry->tree()->check(), "");
  BOOST_REQUIRE(content(entry) == model);
  BOOST_REQUIRE(content_backwards(entry) == model);
}

// One random change of both.
Entry* change(Fixture& fixture, Entry* entry, Model* model, size_t bytes_max, bool grows) {
  base::Random& random = fixture.random;
  const std::string text = random_text(random, bytes_max);
  const size_t size = model->size();
  const auto at = [&](uint64_t rank) { return model->begin() + static_cast<ptrdiff_t>(rank); };
  switch (random.below(grows ? 6 : 9)) {
    case 0:
    case 1:
      model->insert(model->begin(), text);
      return list_push(fixture.tools, entry, ListEnd::kLeft, text);
    case 2:
    case 3:
      model->push_back(text);
      return list_push(fixture.tools, entry, ListEnd::kRight, text);
    case 4: {
      const uint64_t rank = random.below(size + 1);
      model->insert(at(rank), text);
      return list_insert(fixture.tools, entry, rank, text);
    }
    case 5: {
      if (size == 0) return entry;
      const uint64_t rank = random.below(size);
      (*model)[rank] = text;
      return list_set(fixture.tools, entry, rank, text);
    }
    default: {
      if (size == 0) return entry;
      const uint64_t rank = random.one_in(2) ? random.below(size) : random.below(2) * (size - 1);
      const uint64_t most = random.one_in(20) ? size - rank : std::min<uint64_t>(3, size - rank);
      const uint64_t count = random.below(most + 1);
      model->erase(at(rank), at(rank + count));
      return list_erase(fixture.tools, entry, rank, count, &fixture.condemned);
    }
  }
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(random_changes_match_a_vector, Fixture) {
  struct Round {
    uint64_t node_bytes;
    uint64_t node_entries;
    size_t bytes_max;
  };
  for (const Round& round : {Round{4096, 65534, 60}, Round{4096, 65534, 9000}, Round{8192, 5, 300},
                             Round{65536, 1, 20}}) {
    tools.limits.list_node_bytes = round.node_bytes;
    tools.limits.list_node_entries = round.node_entries;
    Entry* entry = new_list(heap, "key", {});
    Model model;
    for (int i = 0; i < 6000; ++i) {
      const bool grows = (i / 1000) % 2 == 0;
      entry = change(*this, entry, &model, round.bytes_max, grows);
      const ListView view(entry);
      BOOST_REQUIRE_EQUAL(view.size(), model.size());
      if (!model.empty()) {
        const uint64_t rank = random.below(model.size());
        BOOST_REQUIRE(text_of(view.at(rank)) == model[rank]);
      }
      if (i % 50 == 0) require_sound(entry, model);
    }
    require_sound(entry, model);
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(a_frozen_list_stays_what_it_was, Fixture) {
  Entry* entry = filled(5000, 10);
  Model model = content(entry);
  for (int round = 0; round < 20; ++round) {
    CountedTree* const frozen = entry->tree()->freeze();
    Entry* const copy = heap.create_paged("copy", frozen, {.type = ValueType::kList});
    const Model before = model;
    for (int i = 0; i < 30; ++i) entry = change(*this, entry, &model, 100, false);
    require_sound(entry, model);
    require_sound(copy, before);
    heap.destroy(copy);
    require_sound(entry, model);
    if (!entry->out_of_line() || model.size() < 100) break;
  }
  heap.destroy(entry);
}

BOOST_FIXTURE_TEST_CASE(what_stays_of_a_large_list_is_found_without_walking_what_goes, Fixture) {
  for (const auto& [rank, left] : std::vector<std::pair<uint64_t, uint64_t>>{
           {0, 10}, {7, 10}, {30000, 30100}, {1000, 1000}, {0, 0}}) {
    Entry* entry = filled(60000, 30);
    Model model = content(entry);
    const uint64_t count = model.size() - left;
    const uint64_t first = std::min(rank, left);
    entry = list_erase(tools, entry, first, count, &condemned);
    model.erase(model.begin() + static_cast<ptrdiff_t>(first),
                model.begin() + static_cast<ptrdiff_t>(first + count));
    require_sound(entry, model);
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(full_nodes_leave_no_room, Fixture) {
  for (const ListEnd end : {ListEnd::kLeft, ListEnd::kRight}) {
    Entry* entry = new_list(heap, "key", {});
    for (int i = 0; i < 100000; ++i) entry = list_push(tools, entry, end, "12345xyz");
    // Ten bytes each, as Redis has them.
    BOOST_TEST(entry->tree()->allocated_bytes() / 1000 <= 1015u);
    // A list that was long gives its memory back.
    while (ListView(entry).size() > 20)
      entry = list_erase(tools, entry, end == ListEnd::kLeft ? 0 : ListView(entry).size() - 1, 1,
                         &condemned);
    BOOST_TEST(entry->tree()->allocated_bytes() < 2000u);
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(lists_survive_their_payload, Fixture) {
  for (const auto& [count, bytes] : std::vector<std::pair<uint64_t, size_t>>{
           {1, 1}, {3, 5000}, {100, 5}, {100, 300}, {20000, 8}, {3, 70000}}) {
    Entry* const entry = filled(count, bytes);
    for (const bool compress : {false, true}) {
      const std::vector<std::byte> payload = payload_of(*entry, compress);
      auto value = decode_aggregate(rdb_type_of(*entry), payload, tools, DecodeFor::kTier);
      BOOST_REQUIRE(value.ok());
      Entry* const copy = value->into_entry(heap, "copy", {});
      require_sound(copy, content(entry));
      BOOST_TEST(copy->out_of_line() == entry->out_of_line());
      heap.destroy(copy);
    }
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(every_encoding_of_lists_is_read, Fixture) {
  using persist::RdbType;
  const std::string pack = "\x0e\x00\x00\x00\x03\x00\x01\x01\x81z\x02\x02\x01\xff"s;
  const std::string zip = "\x12\x00\x00\x00\x0f\x00\x00\x00\x03\x00\x00\xf2\x02\x01z\x03\xf3\xff"s;
  const std::string empty_pack(Listpack::empty());
  const auto string = [](const std::string& text) {
    return std::string(1, static_cast<char>(text.size())) + text;
  };
  const Model once = {"1", "z", "2"};
  const Model twice = {"1", "z", "2", "1", "z", "2"};
  const Model plain = {"1", "z", "2", "big"};
  for (const auto& [type, payload, expected] : std::vector<std::tuple<RdbType, std::string, Model>>{
           {RdbType::kList, "\x03\xc0\x01\x01z\xc0\x02"s, once},
           {RdbType::kListZiplist, string(zip), once},
           {RdbType::kListQuicklist, "\x02"s + string(zip) + string(zip), twice},
           {RdbType::kListQuicklist2, "\x02\x02"s + string(pack) + "\x02" + string(pack), twice},
           {RdbType::kListQuicklist2,
            "\x03\x02"s + string(pack) + "\x02" + string(empty_pack) + "\x01\x03" + "big",
            plain}}) {
    auto value = decode_aggregate(static_cast<uint8_t>(type), base::as_bytes(payload), tools,
                                  DecodeFor::kLoad);
    BOOST_REQUIRE(value.ok());
    const auto bytes = decompressed_bytes(static_cast<uint8_t>(type), base::as_bytes(payload));
    BOOST_REQUIRE(bytes.ok());
    BOOST_TEST(*bytes < payload.size());
    Entry* const entry = value->into_entry(heap, "key", {});
    BOOST_TEST((content(entry) == expected));
    heap.destroy(entry);
  }
  const std::string nothing = "\x01\x02"s + string(empty_pack);
  BOOST_TEST(
      is_empty_aggregate(static_cast<uint8_t>(RdbType::kListQuicklist2), base::as_bytes(nothing)));
}

BOOST_FIXTURE_TEST_CASE(damaged_lists_are_refused_or_read_without_harm, Fixture) {
  using persist::RdbType;
  const std::string pack = "\x0e\x00\x00\x00\x03\x00\x01\x01\x81z\x02\x02\x01\xff"s;
  const std::string good = "\x02\x02\x0e"s + pack + "\x02\x0e" + pack;
  const auto decode = [&](const std::string& payload) {
    return decode_aggregate(static_cast<uint8_t>(RdbType::kListQuicklist2), base::as_bytes(payload),
                            tools, DecodeFor::kLoad);
  };
  BOOST_REQUIRE(decode(good).ok());
  for (size_t bytes = 0; bytes < good.size(); ++bytes)
    BOOST_TEST(!decode(good.substr(0, bytes)).ok());
  BOOST_TEST(!decode(good + "x").ok());
  BOOST_TEST(!decode("\x01\x03\x0e"s + pack).ok());
  for (int i = 0; i < 20000; ++i) {
    std::string mutated = good;
    for (uint64_t changes = 1 + random.below(3); changes > 0; --changes)
      mutated[random.below(mutated.size())] = static_cast<char>(random.next());
    auto value = decode(mutated);
    if (!value.ok()) continue;
    Entry* const entry = value->into_entry(heap, "key", {});
    BOOST_REQUIRE(content(entry) == content_backwards(entry));
    heap.destroy(entry);
  }
}
