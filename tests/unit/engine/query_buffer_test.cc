#define BOOST_TEST_MODULE query_buffer
#include "engine/query_buffer.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "base/random.h"

using engine::QueryBuffer;

BOOST_AUTO_TEST_CASE(what_is_appended_is_seen_and_dropped_in_order) {
  resp::BlockPool pool;
  QueryBuffer buffer(&pool);
  BOOST_TEST(buffer.empty());
  buffer.append("hello ");
  buffer.append("world");
  BOOST_TEST(buffer.view() == "hello world");
  buffer.drop(6);
  BOOST_TEST(buffer.view() == "world");
  BOOST_TEST(buffer.bytes() == 5u);
  buffer.drop(5);
  BOOST_TEST(buffer.empty());
  BOOST_TEST(buffer.block_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(what_exceeds_the_front_waits_behind_and_is_pulled) {
  resp::BlockPool pool;
  QueryBuffer buffer(&pool);
  const std::string first(QueryBuffer::kFrontBytes, 'a');
  const std::string second(3 * QueryBuffer::kFrontBytes, 'b');
  buffer.append(first);
  buffer.append(second);
  BOOST_TEST(buffer.view() == first);
  BOOST_TEST(buffer.bytes() == first.size() + second.size());
  while (buffer.pull()) {
  }
  BOOST_TEST(buffer.view() == first + second);
}

BOOST_AUTO_TEST_CASE(an_empty_front_is_refilled_by_pull) {
  resp::BlockPool pool;
  QueryBuffer buffer(&pool);
  buffer.append(std::string(QueryBuffer::kFrontBytes, 'a'));
  buffer.append("tail");
  buffer.drop(QueryBuffer::kFrontBytes);
  BOOST_TEST(buffer.view().empty());
  BOOST_TEST(!buffer.empty());
  BOOST_TEST(buffer.pull());
  BOOST_TEST(buffer.view() == "tail");
}

BOOST_AUTO_TEST_CASE(random_appends_pulls_and_drops_agree_with_a_string) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    base::Random random(seed);
    resp::BlockPool pool;
    QueryBuffer buffer(&pool);
    std::string model;
    for (int i = 0; i < 500; ++i) {
      switch (random.below(3)) {
        case 0: {
          const std::string piece(random.below(20'000), static_cast<char>('a' + i % 26));
          buffer.append(piece);
          model += piece;
          break;
        }
        case 1:
          buffer.pull();
          break;
        default: {
          const size_t count = random.below(buffer.view().size() + 1);
          buffer.drop(count);
          model.erase(0, count);
        }
      }
      BOOST_TEST_INFO("seed " << seed << " step " << i);
      BOOST_REQUIRE(model.starts_with(buffer.view()));
      BOOST_REQUIRE_EQUAL(buffer.bytes(), model.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(what_follows_a_kept_beginning_is_taken_away_piece_by_piece) {
  base::Random random(3);
  resp::BlockPool pool;
  for (int i = 0; i < 50; ++i) {
    QueryBuffer buffer(&pool);
    std::string input(20 + random.below(200'000), '\0');
    for (char& c : input) c = static_cast<char>(random.next());
    for (size_t at = 0; at < input.size();) {
      const size_t count = std::min(input.size() - at, 1 + random.below(40'000));
      buffer.append(std::string_view(input).substr(at, count));
      at += count;
    }
    if (buffer.view().empty()) buffer.pull();
    const size_t offset = random.below(std::min<size_t>(buffer.view().size(), 10)) + 1;
    const size_t wanted = random.below(input.size() - offset + 1);
    std::string taken;
    while (taken.size() < wanted) {
      const std::string_view piece = buffer.piece_after(offset);
      BOOST_REQUIRE(!piece.empty());
      const size_t count = std::min(piece.size(), wanted - taken.size());
      taken += piece.substr(0, count);
      buffer.drop_after(offset, count);
    }
    BOOST_TEST((taken == input.substr(offset, wanted)));
    while (buffer.pull()) {
    }
    BOOST_TEST((buffer.view() == input.erase(offset, wanted)));
    BOOST_TEST(buffer.bytes() == input.size());
  }
}
