#define BOOST_TEST_MODULE rdb_grammar
#include "persist/rdb_grammar.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "base/random.h"
#include "persist/rdb_format.h"
#include "tests/unit/persist/rdb_samples.h"

using persist::RdbSkipper;
using samples::Builder;

namespace {

// Feeds `bytes` in pieces of `piece` bytes. Returns what was consumed, or an error.
base::Result<size_t> feed_in_pieces(RdbSkipper& skipper, const std::string& bytes, size_t piece) {
  size_t at = 0;
  while (at < bytes.size() && !skipper.done()) {
    const size_t count = std::min(piece, bytes.size() - at);
    const auto used = skipper.feed(base::as_bytes(bytes).subspan(at, count));
    if (!used.ok()) return used.error();
    BOOST_REQUIRE(*used == count || skipper.done());
    at += *used;
  }
  return at;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_type_has_a_sample) {
  std::set<int> types;
  for (const auto& sample : samples::all_types()) types.insert(sample.type);
  for (int type = 0; type < static_cast<int>(persist::kRdbTypes); ++type) {
    const bool expected = type != 6 && type != 8;
    BOOST_CHECK_EQUAL(types.contains(type), expected);
  }
}

BOOST_AUTO_TEST_CASE(a_payload_ends_where_it_ends_whatever_follows) {
  for (const auto& sample : samples::all_types()) {
    BOOST_TEST_CONTEXT(sample.what) {
      const std::string bytes = sample.payload + "\xff\x05more";
      const auto length = persist::value_bytes(sample.type, base::as_bytes(bytes));
      BOOST_REQUIRE(length.ok());
      BOOST_CHECK_EQUAL(*length, sample.payload.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_payload_may_be_split_at_every_byte) {
  for (const auto& sample : samples::all_types()) {
    BOOST_TEST_CONTEXT(sample.what) {
      const std::string bytes = sample.payload + "tail";
      const size_t step = std::max<size_t>(1, sample.payload.size() / 500);
      for (size_t split = 0; split <= sample.payload.size(); split += step) {
        RdbSkipper skipper;
        skipper.start_value(sample.type);
        const auto first = skipper.feed(base::as_bytes(bytes).first(split));
        BOOST_REQUIRE(first.ok());
        BOOST_REQUIRE_EQUAL(*first, split);
        BOOST_REQUIRE_EQUAL(skipper.done(), split == sample.payload.size());
        if (skipper.done()) continue;
        const auto second = skipper.feed(base::as_bytes(bytes).subspan(split));
        BOOST_REQUIRE(second.ok());
        BOOST_REQUIRE(skipper.done());
        BOOST_REQUIRE_EQUAL(split + *second, sample.payload.size());
        BOOST_REQUIRE_EQUAL(skipper.offset(), sample.payload.size());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_payload_may_arrive_in_pieces_of_any_size) {
  for (const auto& sample : samples::all_types()) {
    for (const size_t piece : {1u, 2u, 3u, 5u, 7u, 16u, 100u}) {
      BOOST_TEST_CONTEXT(sample.what << " in pieces of " << piece) {
        RdbSkipper skipper;
        skipper.start_value(sample.type);
        const auto used = feed_in_pieces(skipper, sample.payload + "tail", piece);
        BOOST_REQUIRE(used.ok());
        BOOST_CHECK(skipper.done());
        BOOST_CHECK_EQUAL(*used, sample.payload.size());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_truncated_payload_is_never_complete) {
  for (const auto& sample : samples::all_types()) {
    const size_t step = std::max<size_t>(1, sample.payload.size() / 500);
    for (size_t length = 0; length < sample.payload.size(); length += step) {
      const std::string cut = sample.payload.substr(0, length);
      BOOST_REQUIRE(!persist::value_bytes(sample.type, base::as_bytes(cut)).ok());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_payload_ends_alike_whole_and_in_pieces) {
  const uint64_t seed = 3;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  for (const auto& sample : samples::all_types()) {
    for (int round = 0; round < 300; ++round) {
      std::string bytes = sample.payload;
      if (bytes.empty()) continue;
      for (uint64_t i = 0; i <= random.below(3); ++i) {
        bytes[random.below(bytes.size())] = static_cast<char>(random.next());
      }
      RdbSkipper whole;
      whole.start_value(sample.type, bytes.size());
      const auto used = whole.feed(base::as_bytes(bytes));
      RdbSkipper pieces;
      pieces.start_value(sample.type, bytes.size());
      const auto used_in_pieces = feed_in_pieces(pieces, bytes, 1 + random.below(20));
      BOOST_REQUIRE_EQUAL(used.ok(), used_in_pieces.ok());
      BOOST_REQUIRE_EQUAL(whole.done(), pieces.done());
      if (used.ok()) BOOST_REQUIRE_EQUAL(*used, *used_in_pieces);
      if (!used.ok()) BOOST_REQUIRE_EQUAL(used.error().detail, used_in_pieces.error().detail);
    }
  }
}

BOOST_AUTO_TEST_CASE(lengths_beyond_the_end_are_refused_where_they_stand) {
  const std::vector<std::pair<int, std::string>> cases = {
      {0, Builder().length(1u << 30).str()},
      {1, Builder().length(uint64_t{1} << 60).str()},
      {0, Builder().byte(0x81).raw(std::string(8, '\xff')).str()},
      {15, Builder().length(uint64_t{1} << 40).str()},
  };
  for (const auto& [type, bytes] : cases) {
    RdbSkipper skipper;
    skipper.start_value(static_cast<uint8_t>(type), 1000);
    const auto used = skipper.feed(base::as_bytes(bytes));
    BOOST_REQUIRE(!used.ok());
    BOOST_CHECK(used.error().code == base::ErrorCode::kCorrupt);
  }
}

BOOST_AUTO_TEST_CASE(a_count_without_end_takes_no_memory_and_no_time) {
  RdbSkipper skipper;
  skipper.start_value(1);
  const std::string bytes = Builder().length(UINT64_MAX / 2).str();
  BOOST_REQUIRE(skipper.feed(base::as_bytes(bytes)).ok());
  BOOST_CHECK(!skipper.done());
}

BOOST_AUTO_TEST_CASE(what_has_no_knowable_shape_is_not_supported) {
  for (const int type : {6, 8, 26, 100, 242}) {
    RdbSkipper skipper;
    skipper.start_value(static_cast<uint8_t>(type));
    const auto used = skipper.feed(base::as_bytes("abc"));
    BOOST_REQUIRE(!used.ok());
    BOOST_CHECK(used.error().code == base::ErrorCode::kUnsupported);
  }
}

BOOST_AUTO_TEST_CASE(blobs_whose_own_length_disagrees_are_corrupt) {
  std::string pack = samples::listpack({"a", "b"});
  pack[0] = static_cast<char>(pack[0] + 1);
  BOOST_CHECK(!persist::value_bytes(16, base::as_bytes(Builder().string(pack).str())).ok());
  std::string zip = samples::ziplist({"a", "b"});
  zip.back() = 'x';
  BOOST_CHECK(!persist::value_bytes(10, base::as_bytes(Builder().string(zip).str())).ok());
  const std::string set = samples::intset(3, {1, 2});
  BOOST_CHECK(!persist::value_bytes(11, base::as_bytes(Builder().string(set).str())).ok());
  // A number can be no blob, and a compressed one must be long enough.
  BOOST_CHECK(!persist::value_bytes(16, base::as_bytes(Builder().byte(0xc0).byte(1).str())).ok());
}

BOOST_AUTO_TEST_CASE(an_aggregate_without_elements_is_told) {
  for (const int type : {1, 2, 3, 4, 5, 14, 18, 22}) {
    RdbSkipper skipper;
    skipper.start_value(static_cast<uint8_t>(type));
    BOOST_REQUIRE(skipper.feed(base::as_bytes(std::string_view("\0", 1))).ok());
    BOOST_CHECK(skipper.done());
    BOOST_CHECK(skipper.empty_aggregate());
  }
}

BOOST_AUTO_TEST_CASE(opcodes_end_where_they_end) {
  const std::vector<std::pair<int, std::string>> cases = {
      {244, Builder().length(1).length(2).length(3).str()},
      {245, Builder().string("#!lua name=x").str()},
      {247, Builder().length(99).length(2).length(1).length(5).string("t").length(0).str()},
      {248, Builder().length(5000).str()},
      {249, Builder().byte(7).str()},
      {250, Builder().string("redis-ver").string("7.0.15").str()},
      {251, Builder().length(70000).length(0).str()},
      {252, Builder().little(1, 8).str()},
      {253, Builder().little(1, 4).str()},
      {254, Builder().length(3).str()},
      {255, ""},
  };
  for (const auto& [opcode, bytes] : cases) {
    for (const size_t piece : {1u, 3u, 100u}) {
      RdbSkipper skipper;
      skipper.start_opcode(static_cast<uint8_t>(opcode));
      const auto used = feed_in_pieces(skipper, bytes + "tail", piece);
      BOOST_REQUIRE(used.ok());
      BOOST_CHECK(skipper.done());
      BOOST_CHECK_EQUAL(*used, bytes.size());
    }
  }
  RdbSkipper bad;
  bad.start_opcode(247);
  BOOST_CHECK(!bad.feed(base::as_bytes(Builder().length(99).length(1).str())).ok());
}

BOOST_AUTO_TEST_CASE(the_skipper_can_stop_at_each_string) {
  const std::string bytes = Builder().length(2).string("abc").string("").str() + "tail";
  RdbSkipper skipper;
  skipper.pause_at_strings(true);
  skipper.start_value(1);
  size_t at = 0;
  std::vector<uint64_t> lengths;
  while (!skipper.done()) {
    const auto used = skipper.feed(base::as_bytes(bytes).subspan(at));
    BOOST_REQUIRE(used.ok());
    at += *used;
    if (skipper.paused()) lengths.push_back(skipper.string_header().string_bytes);
  }
  BOOST_CHECK_EQUAL(at, bytes.size() - 4);
  BOOST_CHECK((lengths == std::vector<uint64_t>{3, 0}));
}
