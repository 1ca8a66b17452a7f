#define BOOST_TEST_MODULE base
#include <boost/test/unit_test.hpp>
#include <memory>
#include <set>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/function.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/result.h"

using namespace base;

BOOST_AUTO_TEST_CASE(big_endian_stores_sort_as_numbers) {
  char a[8], b[8];
  store_be<uint64_t>(a, 0x00ff);
  store_be<uint64_t>(b, 0x0100);
  BOOST_TEST(std::memcmp(a, b, 8) < 0);
  BOOST_TEST(load_be<uint64_t>(b) == 0x0100u);
  store_be<uint16_t>(a, 0x1234);
  BOOST_TEST(a[0] == 0x12);
}

BOOST_AUTO_TEST_CASE(checked_arithmetic_refuses_what_does_not_fit) {
  uint64_t out = 7;
  BOOST_TEST(!checked_add(UINT64_MAX, 1, &out));
  BOOST_TEST(!checked_multiply(UINT64_MAX, 2, &out));
  BOOST_TEST(checked_multiply(1u << 31, 2, &out));
  BOOST_TEST(out == 1ull << 32);
  BOOST_TEST(align_up(4097, 4096) == 8192u);
  BOOST_TEST(align_down(4097, 4096) == 4096u);
}

BOOST_AUTO_TEST_CASE(a_result_carries_its_value_or_its_error) {
  Result<int> good = 3;
  Result<int> bad = Error::from_errno(28, "segment");
  BOOST_TEST(good.ok());
  BOOST_TEST(*good == 3);
  BOOST_TEST(!bad.ok());
  BOOST_TEST((bad.error().code == ErrorCode::kNoSpace));
  BOOST_TEST(bad.error().to_string() == "no space: No space left on device (segment)");
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_sequence) {
  Random a(7), b(7), c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t x = a.next();
    BOOST_TEST(x == b.next());
    differs = differs || x != c.next();
  }
  BOOST_TEST(differs);
  for (int i = 0; i < 1000; ++i) BOOST_TEST(a.below(10) < 10u);
}

BOOST_AUTO_TEST_CASE(hashes_depend_on_the_secret_and_buckets_keep_their_order) {
  Random random(1);
  const KeyHasher one = KeyHasher::with_random_secret(random);
  const KeyHasher two = KeyHasher::with_random_secret(random);
  BOOST_TEST(one.hash64("key") != two.hash64("key"));
  BOOST_TEST(one.hash64("key") == KeyHasher(one.secret()).hash64("key"));
  uint64_t last = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const uint64_t bucket = order_preserving_bucket(i * (UINT64_MAX / 1000), 77);
    BOOST_TEST(bucket >= last);
    BOOST_TEST(bucket < 77u);
    last = bucket;
  }
}

BOOST_AUTO_TEST_CASE(an_inline_function_moves_its_closure_and_destroys_it_once) {
  auto counted = std::make_shared<int>(0);
  {
    InlineFunction<int(int)> f = [counted](int x) { return *counted += x; };
    InlineFunction<int(int)> g = std::move(f);
    BOOST_TEST(!static_cast<bool>(f));
    BOOST_TEST(g(2) == 2);
    f = std::move(g);
    BOOST_TEST(f(3) == 5);
    BOOST_TEST(counted.use_count() == 2);
  }
  BOOST_TEST(counted.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_allocated_is_counted_until_it_is_freed) {
  const uint64_t before = memory_used(MemoryUse::kChunks);
  void* p = allocate(1000, MemoryUse::kChunks);
  BOOST_TEST(memory_used(MemoryUse::kChunks) >= before + 1000);
  deallocate(p, MemoryUse::kChunks);
  BOOST_TEST(memory_used(MemoryUse::kChunks) == before);
}

BOOST_AUTO_TEST_CASE(a_sim_clock_moves_only_when_told) {
  SimClock clock;
  const int64_t start = clock.wall_ms();
  BOOST_TEST(clock.wall_ms() == start);
  clock.advance_us(1500);
  BOOST_TEST(clock.wall_us() == start * 1000 + 1500);
}
