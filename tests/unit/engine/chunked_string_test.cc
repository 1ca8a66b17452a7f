#define BOOST_TEST_MODULE chunked_string
#include "engine/value/chunked_string.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/memory.h"
#include "base/random.h"

using namespace engine;

namespace {

std::string text_of(const ChunkedString& chunks) {
  std::vector<iovec> pieces;
  chunks.get_range(0, chunks.size(), &pieces);
  std::string text;
  for (const iovec& piece : pieces)
    text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  return text;
}

std::string random_text(base::Random& random, size_t bytes) {
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

uint64_t used() { return base::memory_used(base::MemoryUse::kChunks); }

}  // namespace

BOOST_AUTO_TEST_CASE(random_writes_and_frozen_copies_match_plain_strings) {
  const uint64_t seed = 11;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  const uint64_t before = used();
  ChunkedString* chunks = ChunkedString::create();
  std::string model;
  std::vector<std::pair<ChunkedString*, std::string>> frozen;
  for (int i = 0; i < 2000; ++i) {
    const uint64_t choice = random.below(8);
    if (choice == 0 && frozen.size() < 4) frozen.emplace_back(chunks->freeze(), model);
    if (choice == 1 && !frozen.empty()) {
      const auto at = frozen.begin() + static_cast<ptrdiff_t>(random.below(frozen.size()));
      BOOST_REQUIRE(text_of(*at->first) == at->second);
      ChunkedString::release(at->first);
      frozen.erase(at);
    }
    chunks = ChunkedString::writable(chunks);
    if (choice == 2) {
      const uint64_t size = random.below(400000);
      chunks->resize(size);
      model.resize(size);
    } else if (choice < 5) {
      const std::string text = random_text(random, random.below(random.one_in(4) ? 150000 : 300));
      chunks->append(base::as_bytes(text));
      model += text;
    } else {
      const std::string text = random_text(random, random.below(1000));
      const uint64_t offset = random.below(model.size() + 100000);
      chunks->set_range(offset, base::as_bytes(text));
      if (!text.empty() && offset + text.size() > model.size()) model.resize(offset + text.size());
      if (!text.empty()) model.replace(offset, text.size(), text);
    }
    if (model.size() > 1000000) {
      chunks->resize(0);
      model.clear();
    }
    BOOST_REQUIRE_EQUAL(chunks->size(), model.size());
    if (i % 16 == 0) BOOST_REQUIRE(text_of(*chunks) == model);
  }
  for (auto& [copy, text] : frozen) {
    BOOST_TEST((text_of(*copy) == text));
    ChunkedString::release(copy);
  }
  ChunkedString::release(chunks);
  BOOST_TEST(used() == before);
}

BOOST_AUTO_TEST_CASE(a_write_after_a_freeze_copies_one_chunk) {
  ChunkedString* chunks = ChunkedString::create();
  chunks->resize(100 * base::kChunkBytes);
  const uint64_t before = used();
  ChunkedString* const frozen = chunks->freeze();
  BOOST_TEST(used() == before);
  chunks = ChunkedString::writable(chunks);
  BOOST_TEST(chunks != frozen);
  chunks->set_range(1234567, base::as_bytes("x"));
  BOOST_TEST(used() - before < base::kChunkBytes + 4096);
  char at = '?';
  frozen->copy_range(1234567, {reinterpret_cast<std::byte*>(&at), 1});
  BOOST_TEST(at == '\0');
  chunks->copy_range(1234567, {reinterpret_cast<std::byte*>(&at), 1});
  BOOST_TEST(at == 'x');
  ChunkedString::release(frozen);
  ChunkedString::release(chunks);
}

BOOST_AUTO_TEST_CASE(short_appends_do_not_reserve_whole_chunks) {
  const std::string text(base::kChunkBytes + 100, 'a');
  ChunkedString* const chunks = ChunkedString::create(base::as_bytes(text));
  BOOST_TEST(chunks->allocated_bytes() < base::kChunkBytes + 1024);
  for (int i = 0; i < 5000; ++i) chunks->append(base::as_bytes("0123456789"));
  BOOST_TEST(chunks->chunk_count() == 2u);
  BOOST_TEST(chunks->chunk(1).size() == 50100u);
  ChunkedString::release(chunks);
}

BOOST_AUTO_TEST_CASE(bytes_are_received_in_place_chunk_by_chunk) {
  ChunkedString* const chunks = ChunkedString::create();
  size_t left = 3 * base::kChunkBytes + 17;
  for (char fill = 'a'; left > 0; ++fill) {
    const base::MutableByteSpan to = chunks->extend(std::min<size_t>(left, 50000));
    std::fill(to.begin(), to.end(), static_cast<std::byte>(fill));
    left -= to.size();
  }
  BOOST_TEST(chunks->size() == 3 * base::kChunkBytes + 17);
  BOOST_TEST(chunks->chunk_count() == 4u);
  BOOST_TEST((chunks->chunk(0)[49999] == std::byte{'a'}));
  BOOST_TEST((chunks->chunk(0)[50000] == std::byte{'b'}));
  ChunkedString::release(chunks);
}

BOOST_AUTO_TEST_CASE(a_string_is_freed_in_slices) {
  const uint64_t before = used();
  ChunkedString* const chunks = ChunkedString::create();
  chunks->resize(100 * base::kChunkBytes);
  ChunkedString* const frozen = chunks->freeze();
  // A shared reference goes at once; the last one in steps.
  BOOST_TEST(ChunkedString::release_step(frozen, 1));
  int steps = 1;
  while (!ChunkedString::release_step(chunks, 10)) ++steps;
  BOOST_TEST(steps == 10);
  BOOST_TEST(used() == before);
}

BOOST_AUTO_TEST_CASE(another_thread_may_read_and_free_a_frozen_string) {
  const uint64_t before = used();
  ChunkedString* chunks = ChunkedString::create();
  chunks->resize(40 * base::kChunkBytes);
  for (int round = 0; round < 20; ++round) {
    ChunkedString* const frozen = chunks->freeze();
    std::thread reader([frozen] {
      uint64_t sum = 0;
      for (size_t i = 0; i < frozen->chunk_count(); ++i)
        sum += static_cast<uint64_t>(frozen->chunk(i).front());
      BOOST_REQUIRE(sum < 40 * 256);
      ChunkedString::release(frozen);
    });
    for (uint64_t i = 0; i < 40; ++i) {
      chunks = ChunkedString::writable(chunks);
      chunks->set_range(i * base::kChunkBytes, base::as_bytes("y"));
    }
    reader.join();
  }
  ChunkedString::release(chunks);
  BOOST_TEST(used() == before);
}

BOOST_AUTO_TEST_CASE(a_string_written_into_another_leaves_what_a_copy_would) {
  base::Random random(5);
  const uint64_t before = used();
  for (int i = 0; i < 60; ++i) {
    const size_t aligned = random.below(4) * base::kChunkBytes;
    const std::string first =
        random_text(random, random.one_in(2) ? aligned : random.below(200'000));
    const std::string second = random_text(random, random.below(300'000));
    const size_t offset = random.one_in(2) ? first.size() : random.below(250'000);
    ChunkedString* to = ChunkedString::create(base::as_bytes(std::string_view(first)));
    ChunkedString* const kept = random.one_in(2) ? to->freeze() : nullptr;
    to = ChunkedString::writable(to);
    const uint64_t held = used();
    ChunkedString* const from = ChunkedString::create(base::as_bytes(std::string_view(second)));
    to->set_range(offset, from);
    std::string expected = first;
    if (!second.empty()) {
      expected.resize(std::max(first.size(), offset + second.size()));
      expected.replace(offset, second.size(), second);
    } else if (offset > first.size()) {
      expected.resize(offset);
    }
    BOOST_TEST((text_of(*to) == expected));
    if (kept != nullptr) BOOST_TEST((text_of(*kept) == first));
    if (offset == first.size() && offset % base::kChunkBytes == 0)
      BOOST_TEST(used() - held < second.size() + 2 * base::kChunkBytes);
    to->append(base::as_bytes(std::string_view("more")));
    BOOST_TEST((text_of(*to) == expected + "more"));
    ChunkedString::release(to);
    ChunkedString::release(kept);
  }
  BOOST_TEST(used() == before);
}
