// The headers without a source: bytes.h and function.h.

#define BOOST_TEST_MODULE base
#include <boost/test/unit_test.hpp>
#include <memory>

#include "base/bytes.h"
#include "base/function.h"

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
