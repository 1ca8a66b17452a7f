#define BOOST_TEST_MODULE logstore_live_map
#include "logstore/live_map.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <vector>

#include "base/random.h"

namespace logstore {
namespace {

BOOST_AUTO_TEST_CASE(bytes_and_records_are_counted_per_segment_and_namespace) {
  LiveMap map;
  map.mark_live({1, 0, 96}, 7);
  map.mark_live({1, 1, 112}, 8);
  map.mark_live({2, 0, 128}, 7);
  BOOST_TEST(map.total().bytes == 336u);
  BOOST_TEST(map.segment_live(1).bytes == 208u);
  BOOST_TEST(map.namespace_live(7).records == 2u);
  map.mark_dead({1, 0, 96}, 7);
  BOOST_TEST(!map.is_live(1, 0, 7));
  BOOST_TEST(map.is_live(1, 1, 8));
  BOOST_TEST(map.namespace_live(7).bytes == 128u);
  BOOST_TEST(map.segment_live(1).records == 1u);
}

BOOST_AUTO_TEST_CASE(a_frozen_map_does_not_see_later_changes) {
  LiveMap map;
  map.mark_live({1, 0, 96}, 1);
  map.mark_live({1, 5, 96}, 1);
  const FrozenLiveMap frozen = map.freeze();
  map.mark_dead({1, 0, 96}, 1);
  map.mark_live({1, 9, 96}, 1);
  map.mark_live({2, 0, 96}, 1);
  BOOST_TEST(frozen.is_live(1, 0, 1));
  BOOST_TEST(frozen.is_live(1, 5, 1));
  BOOST_TEST(!frozen.is_live(1, 9, 1));
  BOOST_TEST((frozen.find(2) == nullptr));
  BOOST_TEST(frozen.total().records == 2u);
  BOOST_TEST(map.total().records == 3u);
}

BOOST_AUTO_TEST_CASE(a_dropped_namespace_is_dead_at_once_and_tolerates_late_marks) {
  LiveMap map;
  map.mark_live({1, 0, 96}, 1);
  map.mark_live({1, 1, 96}, 2);
  const FrozenLiveMap before = map.freeze();
  map.drop_namespace(1);
  BOOST_TEST(!map.is_live(1, 0, 1));
  BOOST_TEST(map.segment_live(1).records == 1u);
  BOOST_TEST(before.is_live(1, 0, 1));
  map.mark_dead({1, 0, 96}, 1);
  BOOST_TEST(map.total().records == 1u);
  BOOST_TEST(!map.freeze().is_live(1, 0, 1));
  map.mark_dead({1, 1, 96}, 2);
  map.forget_segment(1);
  BOOST_TEST((map.share_bits(1) == nullptr));
}

BOOST_AUTO_TEST_CASE(namespace_sets_join_neighbouring_ranges) {
  base::Random random(1);
  NamespaceSet set;
  std::set<uint32_t> oracle;
  for (int i = 0; i < 2000; ++i) {
    const auto id = static_cast<uint32_t>(random.below(1500));
    set.insert(id);
    oracle.insert(id);
    const auto probe = static_cast<uint32_t>(random.below(1500));
    BOOST_REQUIRE(set.contains(probe) == (oracle.count(probe) != 0));
  }
  for (uint32_t id = 0; id < 1500; ++id) set.insert(id);
  BOOST_TEST(set.range_count() == 1u);
  set.insert(UINT32_MAX);
  BOOST_TEST(set.contains(UINT32_MAX));
  BOOST_TEST(set.range_count() == 2u);
}

BOOST_AUTO_TEST_CASE(bits_are_walked_in_order) {
  RecordBits bits;
  BOOST_TEST(bits.next(0) == RecordBits::kNone);
  for (const uint32_t ordinal : {0u, 63u, 64u, 1000u, 70'000u}) bits.set(ordinal);
  std::vector<uint32_t> seen;
  for (uint32_t at = bits.next(0); at != RecordBits::kNone; at = bits.next(at + 1))
    seen.push_back(at);
  BOOST_TEST(seen == (std::vector<uint32_t>{0, 63, 64, 1000, 70'000}),
             boost::test_tools::per_element());
  BOOST_TEST(bits.count() == 5u);
}

struct Unit {
  RecordRef ref;
  uint32_t namespace_id;
};

BOOST_AUTO_TEST_CASE(random_marks_and_freezes_agree_with_a_plain_map) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    base::Random random(seed);
    LiveMap map;
    std::map<uint64_t, Unit> oracle;
    std::vector<std::pair<FrozenLiveMap, std::map<uint64_t, Unit>>> frozen;
    for (int step = 0; step < 3000; ++step) {
      const RecordRef ref{static_cast<uint32_t>(random.below(4)),
                          static_cast<uint32_t>(random.below(300)), 96};
      const auto at = oracle.find(ref.pack());
      if (at != oracle.end()) {
        map.mark_dead(at->second.ref, at->second.namespace_id);
        oracle.erase(at);
      } else {
        const auto namespace_id = static_cast<uint32_t>(random.below(3));
        map.mark_live(ref, namespace_id);
        oracle[ref.pack()] = {ref, namespace_id};
      }
      if (random.one_in(200)) frozen.emplace_back(map.freeze(), oracle);
      if (frozen.size() > 3) frozen.erase(frozen.begin());
    }
    BOOST_REQUIRE_MESSAGE(map.total().records == oracle.size(), "seed " << seed);
    for (const auto& [view, expected] : frozen) {
      uint64_t records = 0;
      for (const FrozenLiveMap::Segment& segment : view.segments())
        records += segment.bits->count();
      BOOST_REQUIRE_MESSAGE(records == expected.size(), "seed " << seed);
      for (const auto& [packed, unit] : expected)
        BOOST_REQUIRE(view.is_live(unit.ref.segment, unit.ref.ordinal, unit.namespace_id));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_destroyed_map_gives_its_memory_back) {
  const uint64_t before = base::memory_used(base::MemoryUse::kLiveMap);
  {
    LiveMap map;
    for (uint32_t i = 0; i < 100'000; ++i) map.mark_live({3, i, 96}, 1);
    BOOST_TEST(base::memory_used(base::MemoryUse::kLiveMap) - before < 32'000u);
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kLiveMap) == before);
}

}  // namespace
}  // namespace logstore
