#define BOOST_TEST_MODULE memory
#include "base/memory.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>

using namespace base;

BOOST_AUTO_TEST_CASE(what_is_allocated_is_counted_until_it_is_freed) {
  const uint64_t before = memory_used(MemoryUse::kChunks);
  const uint64_t others = memory_used(MemoryUse::kEntries);
  const uint64_t total = memory_used_total();
  void* const pointer = allocate(1000, MemoryUse::kChunks);
  std::memset(pointer, 1, 1000);
  BOOST_TEST(memory_used(MemoryUse::kChunks) == before + usable_bytes(pointer));
  BOOST_TEST(memory_used(MemoryUse::kEntries) == others);
  BOOST_TEST(memory_used_total() == total + usable_bytes(pointer));
  BOOST_TEST(usable_bytes(pointer) >= 1000u);
  BOOST_TEST(usable_bytes(pointer) >= good_bytes(1000));
  deallocate(pointer, MemoryUse::kChunks);
  BOOST_TEST(memory_used(MemoryUse::kChunks) == before);
  deallocate(nullptr, MemoryUse::kChunks);
  BOOST_TEST(memory_used(MemoryUse::kChunks) == before);
}

BOOST_AUTO_TEST_CASE(aligned_memory_is_aligned_and_counted) {
  const uint64_t before = memory_used(MemoryUse::kIo);
  for (const size_t alignment : {64u, 4096u, 65536u}) {
    void* const pointer = allocate_aligned(100, alignment, MemoryUse::kIo);
    BOOST_TEST(reinterpret_cast<uintptr_t>(pointer) % alignment == 0u);
    BOOST_TEST(memory_used(MemoryUse::kIo) >= before + 100);
    deallocate(pointer, MemoryUse::kIo);
    BOOST_TEST(memory_used(MemoryUse::kIo) == before);
  }
}

BOOST_AUTO_TEST_CASE(what_others_allocated_is_charged) {
  const uint64_t before = memory_used(MemoryUse::kIndex);
  const uint64_t total = memory_used_total();
  charge(MemoryUse::kIndex, 5000);
  BOOST_TEST(memory_used(MemoryUse::kIndex) == before + 5000);
  BOOST_TEST(memory_used_total() == total + 5000);
  charge(MemoryUse::kIndex, -5000);
  BOOST_TEST(memory_used(MemoryUse::kIndex) == before);
  // Charges and allocations of two threads may meet in any order: below nothing is nothing.
  charge(MemoryUse::kIndex, -static_cast<int64_t>(before) - 1);
  BOOST_TEST(memory_used(MemoryUse::kIndex) == 0u);
  charge(MemoryUse::kIndex, static_cast<int64_t>(before) + 1);
  BOOST_TEST(memory_used(MemoryUse::kIndex) == before);
}

BOOST_AUTO_TEST_CASE(the_peak_is_the_highest_that_was_noted) {
  note_memory_peak();
  const uint64_t peak = memory_used_peak();
  charge(MemoryUse::kOther, 100'000);
  BOOST_TEST(memory_used_peak() == peak);
  note_memory_peak();
  BOOST_TEST(memory_used_peak() == peak + 100'000);
  charge(MemoryUse::kOther, -100'000);
  note_memory_peak();
  BOOST_TEST(memory_used_peak() == peak + 100'000);
}

BOOST_AUTO_TEST_CASE(every_use_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (size_t i = 0; i < kMemoryUses; ++i) names.insert(memory_use_name(static_cast<MemoryUse>(i)));
  BOOST_TEST(names.size() == kMemoryUses);
  BOOST_TEST(memory_use_name(MemoryUse::kEntries) == std::string("entries"));
  BOOST_TEST(memory_use_name(MemoryUse::kLiveMap) == std::string("live_map"));
  BOOST_TEST(memory_use_name(MemoryUse::kOther) == std::string("other"));
}
