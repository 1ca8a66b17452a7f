#define BOOST_TEST_MODULE logstore_record
#include "logstore/record.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/random.h"

namespace logstore {
namespace {

using base::ByteSpan;
using base::ErrorCode;

const RecordPlace kPlace{
    .store_id = 0x1122334455667788, .segment = 42, .generation = 7, .offset = 8192};

UnitFields example_fields() {
  UnitFields fields;
  fields.namespace_id = 3;
  fields.rdb_type = 0;
  fields.hash64 = 0xdeadbeefcafef00d;
  fields.expire_at_ms = 1'700'000'000'123;
  fields.key = "user:1000";
  return fields;
}

std::vector<std::byte> encode(const UnitFields& fields, std::string_view payload) {
  std::vector<std::byte> bytes(record_bytes(fields.key.size(), payload.size()));
  const ByteSpan parts[] = {base::as_bytes(payload.substr(0, payload.size() / 3)),
                            base::as_bytes(payload.substr(payload.size() / 3))};
  encode_record({kPlace, 11, 99}, fields, parts, bytes);
  return bytes;
}

BOOST_AUTO_TEST_CASE(a_record_decodes_to_what_was_encoded) {
  const std::vector<std::byte> bytes = encode(example_fields(), "the value of the unit");
  BOOST_TEST(bytes.size() % kRecordAlignBytes == 0u);
  const auto view = decode_record(bytes, kPlace);
  BOOST_REQUIRE(view.ok());
  BOOST_TEST(view->fields.namespace_id == 3u);
  BOOST_TEST((view->fields.kind == UnitKind::kRoot));
  BOOST_TEST(view->fields.hash64 == 0xdeadbeefcafef00d);
  BOOST_TEST(view->fields.expire_at_ms == 1'700'000'000'123);
  BOOST_TEST(view->fields.key == "user:1000");
  BOOST_TEST(!view->fields.compressed);
  BOOST_TEST(view->sequence == 99u);
  BOOST_TEST(view->ordinal == 11u);
  BOOST_TEST(base::as_text(view->payload) == "the value of the unit");
  BOOST_TEST(view->bytes.size() == bytes.size());
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_a_record_is_found) {
  std::vector<std::byte> bytes = encode(example_fields(), std::string(333, 'v'));
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[at] ^= std::byte{1} << bit;
      BOOST_REQUIRE_MESSAGE(!decode_record(bytes, kPlace).ok(), "byte " << at << " bit " << bit);
      bytes[at] ^= std::byte{1} << bit;
    }
  }
  BOOST_TEST(decode_record(bytes, kPlace).ok());
}

BOOST_AUTO_TEST_CASE(a_record_cut_at_any_length_is_corrupt) {
  const std::vector<std::byte> bytes = encode(example_fields(), std::string(100, 'v'));
  for (size_t length = 0; length < bytes.size(); ++length) {
    const auto view = decode_record(ByteSpan(bytes).first(length), kPlace);
    BOOST_REQUIRE(!view.ok());
    BOOST_REQUIRE((view.error().code == ErrorCode::kCorrupt));
  }
}

BOOST_AUTO_TEST_CASE(a_well_formed_record_at_another_place_is_corrupt) {
  const std::vector<std::byte> bytes = encode(example_fields(), "v");
  RecordPlace places[] = {kPlace, kPlace, kPlace, kPlace};
  places[0].store_id ^= 1;
  places[1].segment += 1;
  places[2].generation += 1;
  places[3].offset += 16;
  for (const RecordPlace& place : places) {
    const auto view = decode_record(bytes, place);
    BOOST_REQUIRE(!view.ok());
    BOOST_TEST((view.error().code == ErrorCode::kCorrupt));
  }
}

BOOST_AUTO_TEST_CASE(a_header_alone_tells_the_size_of_its_record) {
  const std::vector<std::byte> bytes = encode(example_fields(), std::string(5000, 'v'));
  const auto header = decode_header(ByteSpan(bytes).first(kRecordHeaderBytes), kPlace);
  BOOST_REQUIRE(header.ok());
  BOOST_TEST(header->size == bytes.size());
  BOOST_TEST(header->view.bytes.empty());
  BOOST_TEST(header->view.fields.key.empty());
  BOOST_TEST(header->view.ordinal == 11u);
}

BOOST_AUTO_TEST_CASE(a_relocated_record_keeps_its_body_and_sequence) {
  const std::vector<std::byte> bytes = encode(example_fields(), "moved");
  const auto view = decode_record(bytes, kPlace);
  BOOST_REQUIRE(view.ok());
  RecordPlace to = kPlace;
  to.segment = 5;
  to.offset = 4096;
  std::vector<std::byte> copy(bytes.size());
  encode_relocated({to, 3, view->sequence}, *view, copy);
  const auto moved = decode_record(copy, to);
  BOOST_REQUIRE(moved.ok());
  BOOST_TEST(moved->sequence == 99u);
  BOOST_TEST(moved->ordinal == 3u);
  BOOST_TEST(base::as_text(moved->payload) == "moved");
  BOOST_TEST(moved->fields.expire_at_ms == view->fields.expire_at_ms);
  BOOST_TEST(!decode_record(copy, kPlace).ok());
}

BOOST_AUTO_TEST_CASE(sizes_are_bounded_and_never_wrap) {
  BOOST_TEST(record_bytes(0, 0) == kRecordHeaderBytes);
  BOOST_TEST(record_bytes(1, 0) == kRecordHeaderBytes + 16);
  BOOST_TEST(record_bytes(10, base::kChunkBytes) < base::kUnitBytesMax);
  BOOST_TEST(record_bytes(0, base::kUnitBytesMax - kRecordHeaderBytes) == base::kUnitBytesMax);
  BOOST_TEST(record_bytes(1, base::kUnitBytesMax - kRecordHeaderBytes) == 0u);
  BOOST_TEST(record_bytes(UINT64_MAX, 80) == 0u);
  BOOST_TEST(record_bytes(UINT64_MAX - 80, 0) == 0u);
}

BOOST_AUTO_TEST_CASE(random_bytes_never_decode) {
  base::Random random(4711);
  std::vector<std::byte> bytes(256);
  for (int round = 0; round < 10'000; ++round) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    BOOST_REQUIRE(!decode_record(bytes, kPlace).ok());
  }
}

BOOST_AUTO_TEST_CASE(page_keys_sort_by_value_then_page) {
  BOOST_TEST(as_text(page_key(1, 2)) < as_text(page_key(1, 3)));
  BOOST_TEST(as_text(page_key(1, 0xffffffff)) < as_text(page_key(2, 0)));
}

BOOST_AUTO_TEST_CASE(a_record_ref_packs_into_59_bits) {
  const RecordRef ref{kSegmentIdMax, kOrdinalMax, static_cast<uint32_t>(base::kUnitBytesMax)};
  BOOST_TEST((RecordRef::unpack(ref.pack()) == ref));
  BOOST_TEST((ref.pack() >> 59) == 0u);
  const RecordRef small{1, 2, 96};
  BOOST_TEST((RecordRef::unpack(small.pack() | uint64_t{31} << 59) == small));
}

}  // namespace
}  // namespace logstore
