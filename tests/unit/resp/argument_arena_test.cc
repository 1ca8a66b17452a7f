#define BOOST_TEST_MODULE argument_arena
#include "resp/argument_arena.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "base/memory.h"

using namespace resp;

namespace {

constexpr size_t kSlabBytes = ArgumentArena::kSlabSlots * sizeof(std::string_view);

uint64_t counted() { return base::memory_used(base::MemoryUse::kClients); }

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_committed_stands_still_until_the_arena_is_cleared) {
  ArgumentArena arena;
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back("argument " + std::to_string(i));
  std::vector<std::span<const std::string_view>> commands;
  // Of sizes that make many slabs, some of their own size.
  for (size_t size = 1; size < 10'000; size += 371) {
    std::string_view* const slots = arena.reserve(size);
    for (size_t i = 0; i < size; ++i) slots[i] = texts[(size + i) % texts.size()];
    commands.push_back(arena.commit(size));
  }
  for (const auto& command : commands)
    for (size_t i = 0; i < command.size(); ++i)
      BOOST_REQUIRE_EQUAL(command[i], texts[(command.size() + i) % texts.size()]);
}

BOOST_AUTO_TEST_CASE(what_was_not_committed_is_handed_out_again) {
  ArgumentArena arena;
  std::string_view* const first = arena.reserve(10);
  BOOST_TEST(arena.reserve(10) == first);
  BOOST_TEST(arena.commit(3).data() == first);
  BOOST_TEST(arena.reserve(10) == first + 3);
  BOOST_TEST(arena.commit(0).empty());
  BOOST_TEST(arena.reserve(1) == first + 3);
}

BOOST_AUTO_TEST_CASE(a_cleared_arena_takes_its_memory_again) {
  ArgumentArena arena;
  std::string_view* const first = arena.reserve(10);
  for (int turn = 0; turn < 10; ++turn) {
    for (size_t i = 0; i < 5 * ArgumentArena::kSlabSlots / 100; ++i) {
      arena.reserve(100);
      arena.commit(100);
    }
    const uint64_t full = counted();
    arena.clear();
    BOOST_TEST(arena.reserve(10) == first);
    if (turn > 0) BOOST_TEST(counted() == full);
  }
}

BOOST_AUTO_TEST_CASE(a_command_longer_than_a_spare_slab_gets_one_of_its_own) {
  ArgumentArena arena;
  for (int i = 0; i < 3; ++i) {
    arena.reserve(ArgumentArena::kSlabSlots);
    arena.commit(ArgumentArena::kSlabSlots);
  }
  arena.clear();
  const uint64_t before = counted();
  arena.reserve(2 * ArgumentArena::kSlabSlots);
  BOOST_TEST(counted() >= before + 2 * kSlabBytes);
}

BOOST_AUTO_TEST_CASE(one_enormous_command_does_not_keep_its_memory) {
  ArgumentArena arena;
  const uint64_t before = counted();
  arena.reserve(1'000'000);
  arena.commit(1'000'000);
  BOOST_TEST(counted() >= before + 1'000'000 * sizeof(std::string_view));
  arena.clear();
  BOOST_TEST(counted() <= before + 2 * kSlabBytes);
}

BOOST_AUTO_TEST_CASE(many_commands_keep_so_many_slabs) {
  ArgumentArena arena;
  const uint64_t before = counted();
  for (size_t i = 0; i < 100; ++i) {
    arena.reserve(ArgumentArena::kSlabSlots);
    arena.commit(ArgumentArena::kSlabSlots);
  }
  arena.clear();
  const uint64_t kept = counted() - before;
  BOOST_TEST(kept >= ArgumentArena::kSpareSlabsMax * kSlabBytes);
  BOOST_TEST(kept < (ArgumentArena::kSpareSlabsMax + 1) * kSlabBytes);
}

BOOST_AUTO_TEST_CASE(bytes_stay_until_the_arena_is_cleared_and_are_then_given_back) {
  ArgumentArena arena;
  const uint64_t before = counted();
  std::vector<char*> texts;
  for (size_t i = 1; i < 200; ++i) {
    texts.push_back(arena.bytes(i));
    std::memset(texts.back(), static_cast<int>(i), i);
  }
  for (size_t i = 1; i < 200; ++i)
    for (size_t j = 0; j < i; ++j) BOOST_REQUIRE_EQUAL(texts[i - 1][j], static_cast<char>(i));
  BOOST_TEST(counted() >= before + 199 * 200 / 2);
  arena.clear();
  BOOST_TEST(counted() == before);
}
