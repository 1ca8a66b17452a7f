#define BOOST_TEST_MODULE stream_value
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "engine/value/stream_value.h"
#include "engine/value/value_codec.h"
#include "persist/rdb_format.h"
#include "persist/rdb_grammar.h"

using namespace engine;
using namespace std::string_literals;

namespace {

using Fields = std::vector<std::string>;
using Model = std::map<StreamId, Fields>;

struct Fixture {
  Fixture() : random(11), hasher(base::KeyHasher::with_random_secret(random)) {
    tools = {&heap, &hasher, {}};
  }
  ~Fixture() {
    for (CountedTree* const tree : condemned) CountedTree::release(tree);
  }

  std::vector<std::byte> payload_of(const Entry& entry) const {
    std::vector<std::byte> payload(encoded_value_bytes_max(entry));
    payload.resize(encode_value(entry, false, payload.data()));
    const auto bytes = persist::value_bytes(rdb_type_of(entry), payload);
    BOOST_REQUIRE(bytes.ok());
    BOOST_REQUIRE_EQUAL(*bytes, payload.size());
    BOOST_REQUIRE_EQUAL(payload.size(),
                        1 + (entry.tree()->nodes() > 63 ? 1 : 0) + entry.tree()->payload_bytes());
    return payload;
  }

  base::Result<OwnedValue> decode(base::ByteSpan payload) const {
    return decode_aggregate(static_cast<uint8_t>(persist::RdbType::kStreamListpacks2), payload,
                            tools, DecodeFor::kTier);
  }

  Fields random_fields() {
    const char* const names[] = {"temperature", "humidity", "7", ""};
    Fields fields;
    const size_t count = random.one_in(4) ? 1 + random.below(3) : 2;
    for (size_t i = 0; i < count; ++i) {
      fields.emplace_back(random.one_in(6) ? names[random.below(4)] : names[i % 2]);
      fields.emplace_back(random.one_in(30) ? std::string(random.below(6000), 'v')
                                            : std::to_string(random.next() >> random.below(64)));
    }
    return fields;
  }

  void append(CountedTree* tree, StreamId id, const Fields& fields) {
    const std::vector<std::string_view> words(fields.begin(), fields.end());
    stream_append(tools.limits, tree, id, words);
    stream_state(tree).last_id = id;
    ++stream_state(tree).entries_added;
  }

  base::Random random;
  base::KeyHasher hasher;
  EntryHeap heap;
  ValueTools tools;
  std::vector<CountedTree*> condemned;
};

Fields fields_of(const StreamNode& node, const StreamEntry& entry) {
  Fields fields;
  node.for_each_field(entry, [&fields](const Element& field, const Element& value) {
    fields.push_back(text_of(field));
    fields.push_back(text_of(value));
  });
  return fields;
}

Model content(const StreamView& stream, StreamId start = {}, StreamId end = StreamId::max()) {
  Model model;
  stream.for_each(start, end, [&model](const StreamNode& node, const StreamEntry& entry) {
    BOOST_REQUIRE(model.empty() || model.rbegin()->first < entry.id);
    model[entry.id] = fields_of(node, entry);
    return true;
  });
  Model back;
  stream.for_each_back(start, end, [&back](const StreamNode& node, const StreamEntry& entry) {
    BOOST_REQUIRE(back.empty() || entry.id < back.begin()->first);
    back[entry.id] = fields_of(node, entry);
    return true;
  });
  BOOST_REQUIRE(model == back);
  return model;
}

Model part_of(const Model& model, StreamId start, StreamId end) {
  if (start > end) return {};
  return {model.lower_bound(start), model.upper_bound(end)};
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(random_changes_match_a_map, Fixture) {
  for (const uint64_t entries : {100u, 3u, 0u}) {
    tools.limits.stream_node_entries = entries;
    Entry* const entry = new_stream(heap, "key", {});
    CountedTree* const tree = entry->tree();
    Model model;
    StreamId id;
    for (int i = 0; i < 4000; ++i) {
      const uint64_t action = random.below(12);
      if (action < 8) {
        random.one_in(3) ? void(id.sequence += 1 + random.below(5))
                         : void(id = {id.ms + 1 + random.below(40000), 0});
        const Fields fields = random_fields();
        append(tree, id, fields);
        model[id] = fields;
      } else if (action < 11 && !model.empty()) {
        auto at = model.lower_bound({random.below(id.ms + 1), 0});
        if (at == model.end()) at = model.begin();
        const StreamId gone = at->first;
        BOOST_REQUIRE(StreamView(tree).contains(gone));
        BOOST_REQUIRE(stream_delete(tree, gone));
        BOOST_REQUIRE(!stream_delete(tree, gone));
        model.erase(at);
      } else if (random.one_in(20)) {
        StreamTrim trim{.by = random.one_in(2) ? StreamTrim::By::kLength : StreamTrim::By::kId,
                        .length = random.below(model.size() + 1),
                        .id = {random.below(id.ms + 1), 0}};
        uint64_t gone = 0;
        const bool by_length = trim.by == StreamTrim::By::kLength;
        while (!model.empty() &&
               (by_length ? model.size() > trim.length : model.begin()->first < trim.id)) {
          model.erase(model.begin());
          ++gone;
        }
        BOOST_REQUIRE_EQUAL(stream_trim(tree, trim), gone);
      }
      const StreamView stream(tree);
      BOOST_REQUIRE_EQUAL(stream.length(), model.size());
      if (i % 40 != 0) continue;
      BOOST_REQUIRE_EQUAL(tree->check(), "");
      BOOST_REQUIRE(content(stream) == model);
      BOOST_REQUIRE(stream.first_id() == (model.empty() ? StreamId{} : model.begin()->first));
      const StreamId start{random.below(id.ms + 1), random.below(3)};
      const StreamId end{random.below(id.ms + 1), random.below(3)};
      if (start <= end) BOOST_REQUIRE(content(stream, start, end) == part_of(model, start, end));
    }
    auto value = decode(payload_of(*entry));
    BOOST_REQUIRE(value.ok());
    Entry* const copy = value->into_entry(heap, "copy", {});
    BOOST_REQUIRE(content(StreamView(copy)) == model);
    BOOST_TEST(StreamView(copy).state().entries_added == StreamView(entry).state().entries_added);
    heap.destroy(copy);
    heap.destroy(entry);
  }
}

BOOST_FIXTURE_TEST_CASE(many_entries_of_one_minute_are_found, Fixture) {
  Entry* const entry = new_stream(heap, "key", {});
  tools.limits.stream_node_entries = 2;
  for (uint64_t i = 1; i <= 20000; ++i) append(entry->tree(), {1, i}, {"f", std::to_string(i)});
  BOOST_TEST(entry->tree()->check() == "");
  for (uint64_t i = 1; i <= 20000; i += 7) BOOST_REQUIRE(StreamView(entry).contains({1, i}));
  BOOST_TEST(!StreamView(entry).contains({1, 20001}));
  BOOST_TEST(!StreamView(entry).contains({0, 5}));
  heap.destroy(entry);
}

BOOST_FIXTURE_TEST_CASE(groups_survive_their_payload_and_a_freeze, Fixture) {
  Entry* const entry = new_stream(heap, "key", {});
  for (uint64_t i = 1; i <= 3000; ++i) append(entry->tree(), {i * 100, 1}, {"f", "v"});
  StreamState& state = stream_state(entry->tree());
  StreamGroup* const group = state.add_group("group");
  state.add_group("empty")->last_id = {5, 5};
  StreamConsumer* const consumers[] = {group->add_consumer("zoe"), group->add_consumer("adam"),
                                       group->add_consumer("mia")};
  std::map<StreamId, uint64_t> owners;
  for (int i = 0; i < 6000; ++i) {
    const StreamId id{(1 + random.below(3000)) * 100, 1};
    if (random.one_in(5)) {
      BOOST_REQUIRE_EQUAL(group->acknowledge(id), owners.erase(id) == 1);
      continue;
    }
    const StreamConsumer* const consumer = consumers[random.below(3)];
    group->give({id, consumer->id, i, 1 + random.below(100)});
    owners[id] = consumer->id;
  }
  const auto require_owners = [&](const StreamGroup& of) {
    BOOST_REQUIRE_EQUAL(of.pending().size(), owners.size());
    uint64_t total = 0;
    for (const auto& consumer : of.consumers()) {
      total += consumer->pending.size();
      consumer->pending.for_each(0, [&](const Pending& pending) {
        BOOST_REQUIRE(of.pending().find(pending.id)->consumer == consumer->id);
        return true;
      });
    }
    BOOST_REQUIRE_EQUAL(total, owners.size());
  };
  require_owners(*group);

  // A frozen one stays, whatever is acknowledged and destroyed.
  Entry* const frozen =
      heap.create_paged("frozen", entry->tree()->freeze(), {.type = ValueType::kStream});
  const std::vector<std::byte> before = payload_of(*frozen);
  entry->set_tree(CountedTree::writable(entry->tree()));
  StreamState& changed = stream_state(entry->tree());
  for (const auto& [id, owner] : owners)
    if (random.one_in(2)) BOOST_REQUIRE(changed.group("group")->acknowledge(id));
  changed.remove_group(changed.group("empty"), &condemned);
  changed.group("group")->remove_consumer(changed.group("group")->consumer("zoe"));
  stream_delete(entry->tree(), {100, 1});
  BOOST_TEST((payload_of(*frozen) == before));
  require_owners(*StreamView(frozen).state().group("group"));

  auto value = decode(before);
  BOOST_REQUIRE(value.ok());
  Entry* const copy = value->into_entry(heap, "copy", {});
  BOOST_TEST((payload_of(*copy) == before));
  BOOST_TEST((StreamView(copy).state().group("empty")->last_id == StreamId{5, 5}));
  heap.destroy(copy);
  heap.destroy(frozen);
  heap.destroy(entry);
}

BOOST_FIXTURE_TEST_CASE(what_groups_of_older_servers_have_read_is_told_from_their_place, Fixture) {
  Entry* const entry = new_stream(heap, "key", {});
  for (uint64_t i = 5; i <= 6; ++i) append(entry->tree(), {i, 0}, {"f", "v"});
  std::vector<std::byte> payload = payload_of(*entry);
  const size_t nodes_end = 1 + entry->tree()->element_bytes();
  heap.destroy(entry);
  payload.resize(nodes_end);
  // Length, last ID; three groups, each with name, last ID, nothing pending, no consumers.
  for (const char byte :
       "\x02\x06\x00\x03\x01"
       "a\x05\x00\x00\x00\x01"
       "b\x00\x00\x00\x00\x01"
       "c\x06\x00\x00\x00"s)
    payload.push_back(static_cast<std::byte>(byte));
  auto value = decode_aggregate(static_cast<uint8_t>(persist::RdbType::kStreamListpacks), payload,
                                tools, DecodeFor::kLoad);
  BOOST_REQUIRE(value.ok());
  Entry* const read = value->into_entry(heap, "key", {});
  const StreamState& state = StreamView(read).state();
  BOOST_TEST(state.entries_added == 2u);
  BOOST_TEST(state.group("a")->entries_read == 1);
  BOOST_TEST(state.group("b")->entries_read == 0);
  BOOST_TEST(state.group("c")->entries_read == 2);
  heap.destroy(read);
}

BOOST_FIXTURE_TEST_CASE(damaged_streams_are_refused_or_read_without_harm, Fixture) {
  Entry* const entry = new_stream(heap, "key", {});
  for (uint64_t i = 1; i <= 5; ++i) append(entry->tree(), {i, 1}, {"f", "v", "g", "7"});
  stream_delete(entry->tree(), {2, 1});
  StreamGroup* const group = stream_state(entry->tree()).add_group("g");
  group->give({{1, 1}, group->add_consumer("c")->id, 5, 1});
  const std::vector<std::byte> good = payload_of(*entry);
  heap.destroy(entry);
  for (size_t bytes = 0; bytes < good.size(); ++bytes)
    BOOST_TEST(!decode(base::ByteSpan(good).first(bytes)).ok());
  for (int i = 0; i < 30000; ++i) {
    std::vector<std::byte> mutated = good;
    for (uint64_t changes = 1 + random.below(3); changes > 0; --changes)
      mutated[random.below(mutated.size())] = static_cast<std::byte>(random.next());
    auto value = decode(mutated);
    if (!value.ok()) continue;
    Entry* const read = value->into_entry(heap, "key", {});
    BOOST_REQUIRE_EQUAL(content(StreamView(read)).size(), StreamView(read).length());
    heap.destroy(read);
  }
}
