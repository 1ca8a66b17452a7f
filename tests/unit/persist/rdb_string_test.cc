#define BOOST_TEST_MODULE rdb_string
#include "persist/rdb_string.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "persist/lzf.h"
#include "persist/rdb_format.h"
#include "tests/unit/persist/rdb_samples.h"

namespace {

std::string encode(const std::string& text, bool compress) {
  std::vector<std::byte> buffer(persist::encoded_string_bytes_max(text.size()));
  const size_t bytes = persist::encode_string(base::as_bytes(text), compress, buffer.data());
  BOOST_REQUIRE_LE(bytes, buffer.size());
  return std::string(base::as_text(base::ByteSpan(buffer).first(bytes)));
}

std::string decode(const std::string& encoded) {
  const auto bytes = persist::decoded_string_bytes(base::as_bytes(encoded));
  BOOST_REQUIRE(bytes.ok());
  std::vector<std::byte> buffer(*bytes);
  BOOST_REQUIRE(persist::decode_string(base::as_bytes(encoded), buffer).ok());
  return std::string(base::as_text(buffer));
}

std::string random_text(base::Random& random, size_t bytes, uint64_t letters) {
  std::string text(bytes, ' ');
  for (char& letter : text) letter = static_cast<char>('a' + random.below(letters));
  return text;
}

// Decompresses through LzfStream, the input in pieces of `fed` bytes.
base::Result<std::string> stream(base::ByteSpan compressed, uint64_t raw, size_t fed,
                                 size_t piece_bytes) {
  persist::LzfStream lzf(compressed.size(), raw, piece_bytes);
  std::string made;
  while (!lzf.done()) {
    base::ByteSpan piece = compressed.first(std::min(fed, compressed.size()));
    const size_t before = piece.size();
    RETURN_IF_ERROR(lzf.feed(&piece));
    compressed = compressed.subspan(before - piece.size());
    if (lzf.piece_full() || lzf.done()) made += base::as_text(lzf.take());
    BOOST_REQUIRE_LE(made.size(), raw);
  }
  return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(lengths_take_their_shortest_form) {
  for (const uint64_t length :
       {0ull, 63ull, 64ull, 16383ull, 16384ull, 0xffffffffull, 0x100000000ull, ~0ull}) {
    std::byte bytes[persist::kLengthBytesMax];
    const size_t count = persist::encode_length(length, bytes);
    BOOST_CHECK_EQUAL(count, persist::encoded_length_bytes(length));
    BOOST_CHECK_EQUAL(std::string(base::as_text({bytes, count})),
                      samples::Builder().length(length).str());
    const persist::RdbLength decoded = persist::decode_length({bytes, count});
    BOOST_CHECK(decoded.valid && !decoded.special);
    BOOST_CHECK_EQUAL(decoded.value, length);
    BOOST_CHECK_EQUAL(decoded.bytes, count);
    for (size_t cut = 0; cut < count; ++cut) {
      BOOST_CHECK_EQUAL(persist::decode_length({bytes, cut}).bytes, 0);
    }
  }
  const std::byte bad[1] = {std::byte{0x82}};
  BOOST_CHECK(!persist::decode_length(bad).valid);
}

BOOST_AUTO_TEST_CASE(numbers_are_stored_as_numbers) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"0", std::string("\xc0\x00", 2)},
      {"-1", "\xc0\xff"},
      {"127", "\xc0\x7f"},
      {"128", std::string("\xc1\x80\x00", 3)},
      {"-128", "\xc0\x80"},
      {"-32768", std::string("\xc1\x00\x80", 3)},
      {"32768", std::string("\xc2\x00\x80\x00\x00", 5)},
      {"2147483647", "\xc2\xff\xff\xff\x7f"},
      {"-2147483648", std::string("\xc2\x00\x00\x00\x80", 5)},
  };
  for (const auto& [text, encoded] : cases) {
    BOOST_CHECK_EQUAL(encode(text, true), encoded);
    BOOST_CHECK_EQUAL(decode(encoded), text);
  }
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_a_number_is_stored_as_text) {
  for (const std::string text : {"", "-", "+1", "01", "-0", "1 ", " 1", "1.0", "2147483648",
                                 "-2147483649", "99999999999", "0x10", "00", "-01", "1e3"}) {
    BOOST_CHECK_EQUAL(encode(text, true), samples::Builder().string(text).str());
    BOOST_CHECK_EQUAL(decode(encode(text, true)), text);
  }
}

BOOST_AUTO_TEST_CASE(long_text_is_compressed_when_it_shrinks) {
  const std::string twenty(20, 'a');
  BOOST_CHECK_EQUAL(encode(twenty, true), samples::Builder().string(twenty).str());
  const std::string more(21, 'a');
  BOOST_CHECK_EQUAL(static_cast<uint8_t>(encode(more, true)[0]), 0xc3);
  BOOST_CHECK_EQUAL(encode(more, false), samples::Builder().string(more).str());
  BOOST_CHECK_EQUAL(decode(encode(more, true)), more);
}

BOOST_AUTO_TEST_CASE(every_string_comes_back) {
  base::Random random(4);
  for (int round = 0; round < 400; ++round) {
    const std::string text =
        random_text(random, random.below(round % 10 == 0 ? 100'000 : 300), 1 + random.below(20));
    for (const bool compress : {false, true}) {
      const std::string encoded = encode(text, compress);
      BOOST_REQUIRE(decode(encoded) == text);
      for (const size_t cut : {size_t{0}, encoded.size() / 2, encoded.size() - 1}) {
        BOOST_REQUIRE(!persist::decoded_string_bytes(base::as_bytes(encoded).first(cut)).ok());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(decompression_in_pieces_equals_decompression_at_once) {
  base::Random random(5);
  for (int round = 0; round < 200; ++round) {
    const std::string text = random_text(random, 5 + random.below(60'000), 1 + random.below(6));
    std::vector<std::byte> compressed(text.size() + 100);
    const size_t bytes = persist::lzf_compress(base::as_bytes(text), compressed);
    BOOST_REQUIRE_GT(bytes, 0u);
    const auto made = stream(base::ByteSpan(compressed).first(bytes), text.size(),
                             1 + random.below(5000), 1 + random.below(20'000));
    BOOST_REQUIRE(made.ok());
    BOOST_REQUIRE(*made == text);
  }
}

BOOST_AUTO_TEST_CASE(pieces_have_their_size) {
  const std::string text(200'000, 'z');
  std::vector<std::byte> compressed(text.size());
  const size_t bytes = persist::lzf_compress(base::as_bytes(text), compressed);
  persist::LzfStream lzf(bytes, text.size(), 65536);
  base::ByteSpan input = base::ByteSpan(compressed).first(bytes);
  std::vector<size_t> sizes;
  while (!lzf.done()) {
    BOOST_REQUIRE(lzf.feed(&input).ok());
    sizes.push_back(lzf.take().size());
  }
  BOOST_CHECK((sizes == std::vector<size_t>{65536, 65536, 65536, 200'000 - 3 * 65536}));
}

BOOST_AUTO_TEST_CASE(damaged_compression_is_an_error_or_other_text_never_more) {
  const uint64_t seed = 6;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  const std::string text = random_text(random, 3000, 3);
  std::vector<std::byte> good(text.size());
  good.resize(persist::lzf_compress(base::as_bytes(text), good));
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::byte> bad = good;
    bad[random.below(bad.size())] = std::byte(random.next() & 0xff);
    std::vector<std::byte> whole(text.size());
    const bool whole_ok = persist::lzf_decompress(bad, whole).ok();
    const auto pieces = stream(bad, text.size(), 1 + random.below(300), 1000);
    BOOST_REQUIRE_EQUAL(whole_ok, pieces.ok());
    if (whole_ok) BOOST_REQUIRE(*pieces == base::as_text(whole));
  }
}

BOOST_AUTO_TEST_CASE(lengths_that_compression_cannot_have_are_refused) {
  using samples::Builder;
  const std::string bomb = Builder().byte(0xc3).length(10).length(1u << 30).str();
  BOOST_CHECK(!persist::parse_string_header(base::as_bytes(bomb)).ok());
  const std::string swollen = Builder().byte(0xc3).length(1u << 30).length(10).str();
  BOOST_CHECK(!persist::parse_string_header(base::as_bytes(swollen)).ok());
  const std::string unknown = Builder().byte(0xc4).str();
  BOOST_CHECK(!persist::parse_string_header(base::as_bytes(unknown)).ok());
}
