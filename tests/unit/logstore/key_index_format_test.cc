#define BOOST_TEST_MODULE key_index_format
#include <boost/test/unit_test.hpp>

#include "base/random.h"
#include "logstore/key_index_format.h"

using logstore::IndexValue;
using logstore::UnitKey;
using logstore::UnitKind;

namespace {

IndexValue random_value(base::Random& random) {
  IndexValue value;
  value.location.ref.segment = static_cast<uint32_t>(random.below(logstore::kSegmentIdMax + 1));
  value.location.ref.ordinal = static_cast<uint32_t>(random.below(logstore::kOrdinalMax + 1));
  value.location.ref.bytes = static_cast<uint32_t>(random.below(1 << 15)) * 16;
  value.location.offset = static_cast<uint32_t>(random.below(base::kSegmentBytes / 16)) * 16;
  value.payload_bytes = static_cast<uint32_t>(random.next() >> random.below(64));
  value.rdb_type = static_cast<uint8_t>(random.next());
  if (random.one_in(2)) value.expire_at_ms = static_cast<int64_t>(random.next() >> 1);
  return value;
}

std::string encoded(const UnitKey& key) {
  std::string bytes;
  logstore::append_index_key(key, &bytes);
  return bytes;
}

std::string encoded(const IndexValue& value) {
  char bytes[logstore::kIndexValueBytesMax];
  return {bytes, logstore::encode_index_value(value, bytes)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_value_comes_back_as_it_was) {
  base::Random random(1);
  for (int i = 0; i < 100'000; ++i) {
    const IndexValue value = random_value(random);
    IndexValue back;
    BOOST_REQUIRE(logstore::decode_index_value(encoded(value), &back));
    BOOST_REQUIRE(back == value);
  }
}

BOOST_AUTO_TEST_CASE(a_small_value_takes_13_bytes_and_an_expiry_6_more) {
  IndexValue value;
  value.payload_bytes = 100;
  BOOST_TEST(encoded(value).size() == 13u);
  value.expire_at_ms = 1'800'000'000'000;
  BOOST_TEST(encoded(value).size() == 19u);
}

BOOST_AUTO_TEST_CASE(the_last_place_of_a_segment_can_be_named) {
  IndexValue value;
  value.location.offset = base::kSegmentBytes - 16;
  value.location.ref = {logstore::kSegmentIdMax, logstore::kOrdinalMax, ((1 << 15) - 1) * 16};
  IndexValue back;
  BOOST_REQUIRE(logstore::decode_index_value(encoded(value), &back));
  BOOST_TEST((back == value));
}

BOOST_AUTO_TEST_CASE(a_value_that_is_cut_or_has_more_behind_it_is_refused) {
  base::Random random(2);
  for (int i = 0; i < 1000; ++i) {
    const std::string bytes = encoded(random_value(random));
    IndexValue back;
    for (size_t cut = 0; cut < bytes.size(); ++cut)
      BOOST_REQUIRE(!logstore::decode_index_value(std::string_view(bytes).substr(0, cut), &back));
    BOOST_REQUIRE(!logstore::decode_index_value(bytes + '\0', &back));
  }
}

BOOST_AUTO_TEST_CASE(arbitrary_bytes_are_judged_without_harm) {
  base::Random random(3);
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes(random.below(40), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    IndexValue value;
    UnitKey key;
    int64_t expire_at_ms = 0;
    std::string_view index_key;
    if (logstore::decode_index_key(bytes, &key)) BOOST_REQUIRE(encoded(key) == bytes);
    if (logstore::decode_expiry_row(bytes, &expire_at_ms, &index_key))
      BOOST_REQUIRE(expire_at_ms >= 0);
    (void)logstore::decode_index_value(bytes, &value);
  }
}

BOOST_AUTO_TEST_CASE(keys_sort_by_namespace_then_hash_then_kind_then_bytes) {
  const UnitKey sorted[] = {{1, 5, UnitKind::kRoot, "z"}, {1, 6, UnitKind::kRoot, ""},
                            {1, 6, UnitKind::kRoot, "a"}, {1, 6, UnitKind::kRoot, "\xff"},
                            {1, 6, UnitKind::kPage, "a"}, {1, 0x80ull << 56, UnitKind::kRoot, "a"},
                            {2, 0, UnitKind::kRoot, "a"}, {0x80000000, 0, UnitKind::kRoot, "a"}};
  for (size_t i = 1; i < std::size(sorted); ++i)
    BOOST_TEST((encoded(sorted[i - 1]) < encoded(sorted[i])));
  for (const UnitKey& key : sorted) {
    const std::string bytes = encoded(key);
    UnitKey back;
    BOOST_REQUIRE(logstore::decode_index_key(bytes, &back));
    BOOST_TEST((back == key));
  }
}

BOOST_AUTO_TEST_CASE(a_root_and_a_page_of_the_same_bytes_are_two_keys) {
  BOOST_TEST(encoded(UnitKey{1, 2, UnitKind::kRoot, "same"}) !=
             encoded(UnitKey{1, 2, UnitKind::kPage, "same"}));
}

BOOST_AUTO_TEST_CASE(bounds_enclose_exactly_a_namespace) {
  for (const uint32_t name : {0u, 7u, UINT32_MAX}) {
    const std::string first = encoded(UnitKey{name, 0, UnitKind::kRoot, ""});
    const std::string last =
        encoded(UnitKey{name, UINT64_MAX, UnitKind::kPage, std::string_view("\xff\xff\xff")});
    BOOST_TEST((logstore::index_key_bound(name, 0) <= first));
    BOOST_TEST((last < logstore::index_namespace_end(name)));
    if (name < UINT32_MAX) {
      BOOST_TEST(logstore::index_namespace_end(name) <=
                 encoded(UnitKey{name + 1, 0, UnitKind::kRoot, ""}));
    }
  }
}

BOOST_AUTO_TEST_CASE(expiry_rows_sort_by_time_and_name_their_key) {
  std::string early;
  std::string late;
  logstore::append_expiry_row(255, encoded(UnitKey{9, 9, UnitKind::kRoot, "b"}), &early);
  logstore::append_expiry_row(256, encoded(UnitKey{1, 1, UnitKind::kRoot, "a"}), &late);
  BOOST_TEST((early < late));
  BOOST_TEST((early < logstore::expiry_row_bound(256)));
  BOOST_TEST((late >= logstore::expiry_row_bound(256)));
  int64_t expire_at_ms = 0;
  std::string_view index_key;
  BOOST_REQUIRE(logstore::decode_expiry_row(late, &expire_at_ms, &index_key));
  BOOST_TEST(expire_at_ms == 256);
  UnitKey key;
  BOOST_REQUIRE(logstore::decode_index_key(index_key, &key));
  BOOST_TEST(key.key == "a");
}
