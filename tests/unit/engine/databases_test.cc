#define BOOST_TEST_MODULE databases
#include "engine/databases.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "base/memory.h"
#include "engine/value/chunked_string.h"

using namespace engine;

namespace {

struct Fixture {
  base::Random random{11};
  base::KeyHasher hasher = base::KeyHasher::with_random_secret(random);
  Databases databases{4, &hasher, &random};

  void fill(int database, int keys) {
    Keyspace& keyspace = databases.at(database);
    for (int i = 0; i < keys; ++i) {
      const std::string key = "key:" + std::to_string(i);
      keyspace.set(keyspace.key_of(key), "value", {});
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_flushed_database_is_empty_at_once_and_freed_in_slices, Fixture) {
  fill(1, 1000);
  fill(2, 10);
  const NamespaceId old_id = databases.at(1).id();
  BOOST_TEST(databases.keys() == 1010u);
  BOOST_TEST(databases.flush(1) == 1000u);
  BOOST_TEST(databases.at(1).size() == 0u);
  BOOST_TEST(databases.at(1).id() != old_id);
  BOOST_TEST(databases.find(old_id) == nullptr);
  BOOST_TEST(databases.keys() == 10u);
  BOOST_TEST(databases.shared().heap.entries() == 1010u);

  int slices = 0;
  while (databases.free_step(64)) ++slices;
  BOOST_TEST(slices > 5);
  BOOST_TEST(!databases.has_condemned());
  BOOST_TEST(databases.shared().heap.entries() == 10u);
}

BOOST_FIXTURE_TEST_CASE(flushing_an_empty_database_changes_nothing, Fixture) {
  const NamespaceId id = databases.at(0).id();
  const uint64_t changes = databases.shared().changes;
  BOOST_TEST(databases.flush(0) == 0u);
  BOOST_TEST(databases.at(0).id() == id);
  BOOST_TEST(databases.shared().changes == changes);
}

BOOST_FIXTURE_TEST_CASE(swapping_moves_numbers_and_not_keys, Fixture) {
  fill(0, 3);
  fill(3, 5);
  const NamespaceId first = databases.at(0).id();
  databases.swap(0, 3);
  BOOST_TEST(databases.at(0).size() == 5u);
  BOOST_TEST(databases.at(3).size() == 3u);
  BOOST_TEST(databases.index_of(first) == 3);
  BOOST_TEST(databases.find(first) == &databases.at(3));
}

BOOST_FIXTURE_TEST_CASE(a_large_value_that_was_deleted_is_freed_in_slices, Fixture) {
  Keyspace& keyspace = databases.at(0);
  const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
  keyspace.set_string(keyspace.key_of("large"), std::string(10 * base::kChunkBytes, 'x'), {});
  const uint64_t with = base::memory_used(base::MemoryUse::kChunks);
  BOOST_TEST(with >= before + 10 * base::kChunkBytes);
  BOOST_TEST(keyspace.erase(keyspace.key_of("large")));
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == with);
  BOOST_TEST(databases.free_step(4));
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) < with);
  while (databases.free_step(4)) {
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == before);
}

BOOST_FIXTURE_TEST_CASE(large_values_of_a_flushed_database_are_freed_in_slices, Fixture) {
  Keyspace& keyspace = databases.at(0);
  const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
  for (const char* key : {"a", "b"})
    keyspace.set_string(keyspace.key_of(key), std::string(50 * base::kChunkBytes, 'x'), {});
  databases.flush(0);
  uint64_t held = base::memory_used(base::MemoryUse::kChunks);
  while (databases.free_step(8)) {
    const uint64_t now = base::memory_used(base::MemoryUse::kChunks);
    BOOST_TEST(held - now <= 9 * base::kChunkBytes);
    held = now;
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == before);
}

BOOST_FIXTURE_TEST_CASE(a_large_value_that_is_being_sent_is_freed_in_slices_afterwards, Fixture) {
  Keyspace& keyspace = databases.at(0);
  const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
  const Key key = keyspace.key_of("large");
  keyspace.set_string(key, std::string(20 * base::kChunkBytes, 'x'), {});
  ChunkedString* const sent = keyspace.find(key)->chunks()->freeze();
  // Two references may be condemned.
  databases.shared().condemned_chunks.push_back(sent->freeze());
  keyspace.erase(key);
  while (databases.free_step(4)) {
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) >= before + 20 * base::kChunkBytes);
  BOOST_TEST(databases.pending_frees() == 1u);
  ChunkedString::release(sent);
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) >= before + 20 * base::kChunkBytes);
  BOOST_TEST(databases.free_step(4));
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) > before);
  while (databases.free_step(4)) {
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == before);
}
