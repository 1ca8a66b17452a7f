#define BOOST_TEST_MODULE codec
#include "engine/value/codec.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "persist/crc64.h"

namespace {

std::string encode(std::string_view value, bool compress) {
  std::vector<std::byte> buffer(engine::encoded_bytes_max(value.size()));
  buffer.resize(engine::encode_string(value, compress, buffer.data()));
  return std::string(base::as_text(buffer));
}

// Through StringDecoder, fed in pieces of `fed` bytes and read into chunks of `chunk` bytes.
base::Result<std::string> decode_in_pieces(const std::string& payload, size_t fed, size_t chunk,
                                           uint64_t value_bytes_max = 1 << 30) {
  engine::StringDecoder decoder(value_bytes_max);
  std::string value;
  std::vector<std::byte> buffer(chunk);
  for (size_t at = 0; at < payload.size(); at += fed) {
    const size_t count = std::min(fed, payload.size() - at);
    RETURN_IF_ERROR(decoder.feed(base::as_bytes(payload).subspan(at, count)));
    while (true) {
      const auto read = decoder.read(buffer);
      if (!read.ok()) return read.error();
      if (*read == 0) break;
      value += base::as_text(base::ByteSpan(buffer).first(*read));
    }
  }
  if (!decoder.done()) return base::Error{base::ErrorCode::kCorrupt, 0, "ends early"};
  BOOST_REQUIRE_EQUAL(decoder.value_bytes(), value.size());
  return value;
}

std::string random_text(base::Random& random, size_t bytes, uint64_t letters) {
  std::string text(bytes, ' ');
  for (char& letter : text) letter = static_cast<char>('a' + random.below(letters));
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_value_comes_back_whole_and_in_pieces) {
  base::Random random(11);
  std::vector<std::string> values = {
      "", "0", "-1", "12345", "2147483648", "hello", std::string(70'000, 'r')};
  for (int i = 0; i < 100; ++i) values.push_back(random_text(random, random.below(3000), 5));
  for (const std::string& value : values) {
    for (const bool compress : {false, true}) {
      const std::string payload = encode(value, compress);
      const auto length = engine::decoded_length(base::as_bytes(payload));
      BOOST_REQUIRE(length.ok());
      BOOST_REQUIRE_EQUAL(*length, value.size());
      std::vector<std::byte> buffer(value.size() + 10);
      const auto decoded = engine::decode_string(base::as_bytes(payload), buffer);
      BOOST_REQUIRE(decoded.ok());
      BOOST_REQUIRE(base::as_text(base::ByteSpan(buffer).first(*decoded)) == value);
      const auto pieces = decode_in_pieces(payload, 1 + random.below(500), 1 + random.below(500));
      BOOST_REQUIRE(pieces.ok());
      BOOST_REQUIRE(*pieces == value);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_number_is_encoded_as_its_text_would_be) {
  base::Random random(12);
  std::vector<int64_t> numbers = {0,
                                  -1,
                                  127,
                                  128,
                                  -128,
                                  -129,
                                  32767,
                                  32768,
                                  INT32_MAX,
                                  INT32_MIN,
                                  int64_t{INT32_MAX} + 1,
                                  INT64_MAX,
                                  INT64_MIN};
  for (int i = 0; i < 200; ++i) {
    numbers.push_back(static_cast<int64_t>(random.next()) >> random.below(64));
  }
  for (const int64_t number : numbers) {
    std::byte bytes[32];
    const size_t count = engine::encode_integer(number, bytes);
    BOOST_CHECK(base::as_text({bytes, count}) == encode(std::to_string(number), true));
  }
}

BOOST_AUTO_TEST_CASE(a_value_beyond_the_limit_is_refused) {
  const std::string payload = encode(std::string(1000, 'x'), true);
  std::vector<std::byte> buffer(999);
  const auto decoded = engine::decode_string(base::as_bytes(payload), buffer);
  BOOST_REQUIRE(!decoded.ok());
  BOOST_CHECK(decoded.error().code == base::ErrorCode::kInvalid);
  const auto pieces = decode_in_pieces(payload, 3, 100, 999);
  BOOST_REQUIRE(!pieces.ok());
  BOOST_CHECK(pieces.error().code == base::ErrorCode::kInvalid);
}

BOOST_AUTO_TEST_CASE(a_value_stored_as_it_is_can_be_seen_in_place) {
  bool is_raw = false;
  const std::string raw = encode("hello", true);
  const auto view = engine::raw_view(base::as_bytes(raw), &is_raw);
  BOOST_REQUIRE(view.ok() && is_raw);
  BOOST_CHECK_EQUAL(base::as_text(*view), "hello");
  BOOST_CHECK(static_cast<const void*>(view->data()) == raw.data() + 1);
  const std::string number = encode("17", true);
  BOOST_REQUIRE(engine::raw_view(base::as_bytes(number), &is_raw).ok());
  BOOST_CHECK(!is_raw);
  BOOST_CHECK(!engine::raw_view(base::as_bytes(raw).first(3), &is_raw).ok());
}

BOOST_AUTO_TEST_CASE(a_damaged_payload_is_an_error_whole_and_in_pieces) {
  const uint64_t seed = 13;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    const std::string value = random_text(random, 1 + random.below(200), 3);
    std::string payload = encode(value, true);
    payload[random.below(payload.size())] = static_cast<char>(random.next());
    if (random.one_in(3)) payload.resize(random.below(payload.size()) + 1);
    if (random.one_in(3)) payload += "more";
    std::vector<std::byte> buffer(100'000);
    const auto whole = engine::decode_string(base::as_bytes(payload), buffer);
    const auto pieces = decode_in_pieces(payload, 1 + random.below(20), 50, buffer.size());
    BOOST_REQUIRE_EQUAL(whole.ok(), pieces.ok());
    if (whole.ok()) {
      BOOST_REQUIRE(base::as_text(base::ByteSpan(buffer).first(*whole)) == *pieces);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_dump_is_that_of_redis) {
  // DUMP of "10" from redis-server 7.0.15.
  const std::string expected("\x00\xc0\x0a\x0a\x00\x6e\x9f\x57\x45\x0e\xae\x63\xbb", 13);
  const std::string made = engine::dump(engine::kStringType, base::as_bytes(encode("10", true)));
  BOOST_CHECK(made == expected);
  const auto checked = engine::check_dump(base::as_bytes(made));
  BOOST_REQUIRE(checked.ok());
  BOOST_CHECK_EQUAL(checked->type, engine::kStringType);
  BOOST_CHECK_EQUAL(base::as_text(checked->payload), encode("10", true));
}

BOOST_AUTO_TEST_CASE(a_dump_with_a_wrong_version_or_checksum_is_refused) {
  const std::string good = engine::dump(engine::kStringType, base::as_bytes(encode("text", true)));
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const auto checked = engine::check_dump(base::as_bytes(bad));
    BOOST_REQUIRE(!checked.ok());
    BOOST_CHECK_EQUAL(std::string(checked.error().detail), engine::kRestoreChecksumError);
  }
  for (size_t length = 0; length < good.size(); ++length) {
    BOOST_CHECK(!engine::check_dump(base::as_bytes(good).first(length)).ok());
  }
}

BOOST_AUTO_TEST_CASE(a_dump_of_a_version_up_to_12_is_accepted) {
  for (uint16_t version = 9; version <= 13; ++version) {
    std::string dumped = std::string(1, '\0') + encode("text", true);
    std::byte footer[10];
    base::store_le<uint16_t>(footer, version);
    dumped += base::as_text({footer, 2});
    base::store_le<uint64_t>(footer, persist::crc64(0, base::as_bytes(dumped)));
    dumped += base::as_text({footer, 8});
    BOOST_CHECK_EQUAL(engine::check_dump(base::as_bytes(dumped)).ok(), version <= 12);
  }
}

BOOST_AUTO_TEST_CASE(a_dump_whose_body_is_no_value_is_a_bad_format) {
  for (const auto& [type, payload] : std::vector<std::pair<int, std::string>>{
           {0, ""}, {0, "\x05shrt"}, {6, "abc"}, {99, "abc"}, {1, "\x02\x01"}, {11, "\x03zzz"}}) {
    const std::string dumped = engine::dump(static_cast<uint8_t>(type), base::as_bytes(payload));
    const auto checked = engine::check_dump(base::as_bytes(dumped));
    BOOST_REQUIRE(!checked.ok());
    BOOST_CHECK_EQUAL(std::string(checked.error().detail), engine::kRestoreFormatError);
  }
}
