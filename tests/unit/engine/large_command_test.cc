#define BOOST_TEST_MODULE large_command
#include "engine/large_command.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>

#include "base/memory.h"
#include "base/random.h"
#include "engine/value/chunked_string.h"

using engine::ChunkedString;
using engine::LargeCommand;

namespace {

std::string text_of(const ChunkedString& chunks) {
  std::string text(chunks.size(), '\0');
  chunks.copy_range(0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_value_comes_in_pieces_of_both_kinds) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    base::Random random(seed);
    std::string value(1 + random.below(300'000), '\0');
    for (char& c : value) c = static_cast<char>(random.next());
    LargeCommand large(value.size());
    const std::string input = value + "\r\nrest";
    while (large.missing_bytes() > 0) {
      const std::string_view left = std::string_view(input).substr(large.received_bytes());
      if (random.one_in(2)) {
        large.append(left.substr(0, 1 + random.below(100'000)));
      } else {
        const base::MutableByteSpan space = large.space();
        const size_t count = random.below(space.size() + 1);
        std::memcpy(space.data(), left.data(), count);
        large.filled(count);
      }
    }
    BOOST_TEST(large.append("rest") == 0u);
    const std::array<std::string_view, 3> words = {"SET", "key", ""};
    large.complete(words, 2);
    BOOST_TEST((large.words()[1] == "key"));
    ChunkedString* const taken = large.take_value();
    BOOST_TEST((text_of(*taken) == value));
    BOOST_TEST(large.take_value() == nullptr);
    ChunkedString::release(taken);
  }
}

BOOST_AUTO_TEST_CASE(memory_grows_with_what_has_come_and_goes_with_the_command) {
  const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
  {
    LargeCommand large(engine::kChunkedStringBytesMax);
    large.append(std::string(100'000, 'x'));
    BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) - before < 200'000u);
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == before);
}
