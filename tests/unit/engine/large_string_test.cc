#define BOOST_TEST_MODULE large_string
#include "engine/value/large_string.h"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "engine/page_table.h"
#include "engine/value/chunked_string.h"

using namespace engine;
using logstore::Location;
using logstore::RecordRef;

BOOST_AUTO_TEST_CASE(a_root_comes_back_as_it_was) {
  for (const uint64_t bytes : {base::kInlineValueBytesMax + 1, kLargePageBytes, kLargePageBytes + 1,
                               uint64_t{5} << 20, kChunkedStringBytesMax}) {
    std::byte payload[kLargeRootBytes];
    encode_large_root({77, bytes}, payload);
    const base::Result<LargeString> large = decode_large_root(payload);
    BOOST_REQUIRE(large.ok());
    BOOST_TEST(large->value_id == 77u);
    BOOST_TEST(large->bytes == bytes);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_root_is_refused) {
  std::byte payload[kLargeRootBytes];
  encode_large_root({1, 100'000}, payload);
  BOOST_TEST(!decode_large_root({payload, kLargeRootBytes - 1}).ok());
  for (const size_t at : {size_t{8}, size_t{15}, size_t{16}, size_t{20}}) {
    std::vector<std::byte> damaged(payload, payload + kLargeRootBytes);
    damaged[at] ^= std::byte{0xff};
    // Another length within the same page is a length like any other.
    BOOST_TEST(decode_large_root(damaged).ok() == (at == 8));
  }
  encode_large_root({1, base::kInlineValueBytesMax}, payload);
  BOOST_TEST(!decode_large_root(payload).ok());
  encode_large_root({1, kChunkedStringBytesMax + 1}, payload);
  BOOST_TEST(!decode_large_root(payload).ok());
}

BOOST_AUTO_TEST_CASE(pages_cover_the_string) {
  const uint64_t bytes = 2 * kLargePageBytes + 5;
  BOOST_TEST(large_page_count(bytes) == 3u);
  BOOST_TEST(large_page_bytes(bytes, 1) == kLargePageBytes);
  BOOST_TEST(large_page_bytes(bytes, 2) == 5u);
  BOOST_TEST(large_page_count(2 * kLargePageBytes) == 2u);
}

BOOST_AUTO_TEST_CASE(a_snapshot_sees_the_pages_of_its_freeze) {
  PageTable table;
  const auto at = [](uint32_t segment) { return Location{{segment, 1, 4096}, 4096}; };
  const uint64_t id = table.add(1, 42, 2);
  table.set_page(id, 0, at(1));
  table.set_page(id, 1, at(2));
  table.set_root(id, {3, 0, 112});
  table.freeze();
  table.set_page(id, 1, at(9));
  table.move_root({3, 0, 112}, {4, 0, 112});
  const uint64_t later = table.add(1, 43, 1);
  BOOST_TEST(table.take_root({4, 0, 112}) == id);
  table.erase(id);
  table.erase(later);
  BOOST_TEST(table.find(id) == nullptr);
  BOOST_REQUIRE(table.frozen_pages(id) != nullptr);
  BOOST_TEST((table.frozen_pages(id)->at(1) == at(2)));
  BOOST_TEST(table.frozen_pages(later) == nullptr);
  table.unfreeze();
  BOOST_TEST(table.frozen_pages(id) == nullptr);
}

BOOST_AUTO_TEST_CASE(the_values_of_a_dropped_namespace_are_gone_at_once_and_freed_in_steps) {
  PageTable table;
  const auto place = [](uint32_t n) { return logstore::RecordRef{n, 0, 112}; };
  std::vector<uint64_t> ids;
  for (uint32_t i = 0; i < 100; ++i) {
    ids.push_back(table.add(i % 2 == 0 ? 7 : 8, i, 1));
    table.set_root(ids.back(), place(i));
  }
  // One in the middle of its namespace's values goes by itself.
  table.take_root(place(50));
  table.erase(ids[50]);
  table.freeze();
  table.drop_namespace(7);
  BOOST_TEST(table.find(ids[0]) == nullptr);
  BOOST_TEST(table.find(ids[1]) != nullptr);
  // Their places are used again before they are freed.
  const uint64_t again = table.add(9, 1, 1);
  table.set_root(again, place(98));
  size_t steps = 0;
  while (table.free_step(10)) ++steps;
  BOOST_TEST(steps >= 4u);
  BOOST_TEST(table.size() == 51u);
  BOOST_TEST(table.take_root(place(98)) == again);
  BOOST_TEST(table.take_root(place(51)) == ids[51]);
  BOOST_TEST(table.frozen_pages(ids[0]) != nullptr);
  BOOST_TEST(table.frozen_pages(ids[50]) == nullptr);
  table.unfreeze();
  BOOST_TEST(table.frozen_pages(ids[0]) == nullptr);
  table.drop_namespace(8);
  while (table.free_step(10)) {
  }
  BOOST_TEST(table.size() == 1u);
}
