#define BOOST_TEST_MODULE index_overlay
#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

#include "base/memory.h"
#include "base/random.h"
#include "logstore/index_overlay.h"

using logstore::IndexOverlay;
using logstore::IndexValue;
using logstore::OverlaySlice;
using logstore::OverlayWrite;
using logstore::UnitKey;
using logstore::UnitKind;

namespace {

UnitKey root(uint64_t hash64, std::string_view key, uint32_t namespace_id = 1) {
  return {namespace_id, hash64, UnitKind::kRoot, key};
}

IndexValue value_of(uint32_t payload_bytes, int64_t expire_at_ms = logstore::kNoExpiry) {
  IndexValue value;
  value.payload_bytes = payload_bytes;
  value.expire_at_ms = expire_at_ms;
  return value;
}

std::vector<std::string> send_all(IndexOverlay& overlay) {
  std::vector<std::string> keys;
  for (const OverlayWrite* write; (write = overlay.first_unsent()) != nullptr; overlay.sent())
    keys.emplace_back(write->key.key);
  return keys;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_youngest_write_of_a_key_is_found) {
  IndexOverlay overlay;
  BOOST_TEST(overlay.find(root(1, "a")) == nullptr);
  overlay.put(root(1, "a"), value_of(10), false);
  overlay.put(root(1, "b"), value_of(20), false);
  overlay.put(root(1, "a"), value_of(30), false);
  BOOST_TEST(overlay.find(root(1, "a"))->value.payload_bytes == 30u);
  BOOST_TEST(overlay.find(root(1, "b"))->value.payload_bytes == 20u);
  BOOST_TEST(overlay.find(root(2, "a")) == nullptr);
  BOOST_TEST(overlay.find(root(1, "a", 2)) == nullptr);
  BOOST_TEST(overlay.find(UnitKey{1, 1, UnitKind::kPage, "a"}) == nullptr);
  overlay.erase(root(1, "a"), logstore::kNoExpiry);
  BOOST_TEST(overlay.find(root(1, "a"))->erased);
  BOOST_TEST(overlay.count() == 2u);
}

BOOST_AUTO_TEST_CASE(writes_are_sent_in_order_and_once) {
  IndexOverlay overlay;
  for (const char* key : {"c", "a", "b"}) overlay.put(root(1, key), value_of(1), false);
  overlay.put(root(1, "c"), value_of(2), false);
  BOOST_TEST(overlay.unsent_count() == 3u);
  BOOST_TEST(send_all(overlay) == (std::vector<std::string>{"a", "b", "c"}));
  BOOST_TEST(overlay.unsent_count() == 0u);
  overlay.put(root(1, "a"), value_of(3), false);
  BOOST_TEST(send_all(overlay) == std::vector<std::string>{"a"});
}

BOOST_AUTO_TEST_CASE(a_release_keeps_what_is_younger_or_was_not_sent) {
  IndexOverlay overlay;
  overlay.put(root(1, "a"), value_of(1), false);
  overlay.put(root(1, "b"), value_of(1), false);
  overlay.release(UINT64_MAX);
  BOOST_TEST(overlay.count() == 2u);
  overlay.sent();
  overlay.sent();
  overlay.put(root(1, "a"), value_of(2), false);
  overlay.release(1);
  BOOST_TEST(overlay.count() == 2u);
  overlay.release(2);
  BOOST_TEST(overlay.find(root(1, "b")) == nullptr);
  BOOST_TEST(overlay.find(root(1, "a"))->value.payload_bytes == 2u);
  overlay.unsend_all();
  BOOST_TEST(send_all(overlay) == std::vector<std::string>{"a"});
  overlay.release(UINT64_MAX);
  BOOST_TEST(overlay.count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_relocation_inherits_the_duty_to_write_the_row_of_the_same_expiry) {
  IndexOverlay overlay;
  overlay.put(root(1, "a"), value_of(1, 500), true);
  overlay.put(root(1, "a"), value_of(2, 500), false);
  BOOST_TEST(overlay.find(root(1, "a"))->with_row);
  overlay.put(root(1, "b"), value_of(2, 500), false);
  BOOST_TEST(!overlay.find(root(1, "b"))->with_row);
  overlay.erase(root(1, "a"), 500);
  overlay.put(root(1, "a"), value_of(2, 600), false);
  BOOST_TEST(!overlay.find(root(1, "a"))->with_row);
}

BOOST_AUTO_TEST_CASE(all_memory_is_counted_and_given_back) {
  const uint64_t before = base::memory_used(base::MemoryUse::kIndex);
  {
    IndexOverlay overlay;
    const uint64_t empty = base::memory_used(base::MemoryUse::kIndex);
    for (uint64_t i = 0; i < 1000; ++i)
      overlay.put(root(i << 50, "key" + std::to_string(i)), value_of(1), false);
    BOOST_TEST(base::memory_used(base::MemoryUse::kIndex) == empty + overlay.bytes());
    BOOST_TEST(overlay.bytes() >= 1000 * sizeof(OverlayWrite));
    BOOST_TEST(overlay.bytes() <= 1000 * (sizeof(OverlayWrite) + 32));
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kIndex) == before);
}

BOOST_AUTO_TEST_CASE(a_slice_holds_every_write_below_its_end_in_order) {
  for (const uint64_t writes : {200u, 20'000u}) {
    base::Random random(writes);
    IndexOverlay overlay;
    std::map<std::pair<uint64_t, std::string>, bool> oracle;  // To erased, of namespace 1.
    for (uint64_t i = 0; i < writes; ++i) {
      const uint64_t hash64 = random.next();
      const std::string key = std::to_string(i);
      const uint32_t name = random.one_in(4) ? 2 : 1;
      const bool erased = random.one_in(3);
      if (erased) {
        overlay.erase(root(hash64, key, name), logstore::kNoExpiry);
      } else {
        overlay.put(root(hash64, key, name), value_of(static_cast<uint32_t>(i)), false);
      }
      if (name == 1) oracle[{hash64, key}] = erased;
    }
    overlay.put(UnitKey{1, 5, UnitKind::kPage, "page"}, value_of(1), false);
    for (int round = 0; round < 50; ++round) {
      const uint64_t from = random.next();
      const OverlaySlice slice = overlay.slice(1, from, false, 1 + random.below(100), 1 << 20);
      auto expected = oracle.lower_bound({from, ""});
      for (const OverlaySlice::Entry& entry : slice.entries) {
        BOOST_REQUIRE(expected != oracle.end());
        BOOST_REQUIRE(entry.key.hash64 == expected->first.first);
        BOOST_REQUIRE(entry.key.key == expected->first.second);
        BOOST_REQUIRE(entry.erased == expected->second);
        ++expected;
      }
      if (slice.to_end) {
        BOOST_TEST((expected == oracle.end()));
      } else {
        BOOST_REQUIRE((expected != oracle.end()));
        BOOST_TEST(expected->first.first >= slice.hash_end);
      }
    }
  }
}
