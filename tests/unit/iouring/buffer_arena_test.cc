#define BOOST_TEST_MODULE buffer_arena
#include "iouring/buffer_arena.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <vector>

#include "base/random.h"

using iouring::BufferArena;

BOOST_AUTO_TEST_CASE(an_arena_without_memory_is_always_full) {
  BufferArena arena(base::kIoBytesMax - 1);
  BOOST_TEST(arena.take(1) == nullptr);
  BOOST_TEST(arena.memory().empty());
}

BOOST_AUTO_TEST_CASE(a_slab_holds_sixty_four_small_buffers_and_serves_another_size_when_empty) {
  BufferArena arena(base::kIoBytesMax);
  std::vector<std::byte*> small;
  for (int i = 0; i < 64; ++i) small.push_back(arena.take(100));
  BOOST_TEST(small.back() != nullptr);
  BOOST_TEST(arena.take(100) == nullptr);
  for (std::byte* buffer : small) arena.give_back(buffer);
  std::byte* const whole = arena.take(base::kIoBytesMax);
  BOOST_TEST(whole != nullptr);
  BOOST_TEST(arena.take(4096) == nullptr);
  arena.give_back(whole);
}

BOOST_AUTO_TEST_CASE(random_buffers_are_aligned_and_never_overlap) {
  const uint64_t seed = 5;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  BufferArena arena(8 * base::kIoBytesMax);
  struct Taken {
    std::byte* buffer;
    size_t bytes;
    std::byte fill;
  };
  std::vector<Taken> taken;
  for (int step = 0; step < 20000; ++step) {
    if (random.one_in(2)) {
      const size_t bytes = 1 + (base::kIoBytesMax - 1) / (1 + random.below(100));
      std::byte* const buffer = arena.take(bytes);
      if (buffer == nullptr) continue;
      BOOST_REQUIRE(reinterpret_cast<uintptr_t>(buffer) % 4096 == 0);
      BOOST_REQUIRE(arena.contains(buffer) && arena.contains(buffer + bytes - 1));
      const auto fill = static_cast<std::byte>(step);
      std::memset(buffer, step & 255, bytes);
      taken.push_back({buffer, bytes, fill});
    } else if (!taken.empty()) {
      const size_t victim = random.below(taken.size());
      const Taken gone = taken[victim];
      for (const size_t at : {size_t{0}, gone.bytes / 2, gone.bytes - 1})
        BOOST_REQUIRE(gone.buffer[at] == gone.fill);
      arena.give_back(gone.buffer);
      taken[victim] = taken.back();
      taken.pop_back();
    }
  }
}
