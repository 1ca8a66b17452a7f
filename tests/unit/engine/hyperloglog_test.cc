#define BOOST_TEST_MODULE engine_hyperloglog
#include "engine/value/hyperloglog.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>

#include "base/random.h"

namespace engine {
namespace {

constexpr size_t kSparseBytesMax = 3000;

std::unique_ptr<HllRegisters> registers_of(const HyperLogLog& hll) {
  auto registers = std::make_unique<HllRegisters>();
  BOOST_REQUIRE(hll.merge_into(registers.get()));
  return registers;
}

BOOST_AUTO_TEST_CASE(registers_are_those_of_a_plain_array_through_both_encodings) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    BOOST_TEST_INFO("seed " << seed);
    base::Random random(seed);
    HyperLogLog hll;
    HllRegisters model{};
    for (int i = 0; i < 3000; ++i) {
      const HllHit hit{static_cast<uint32_t>(random.below(kHllRegisters)),
                       static_cast<uint8_t>(1 + random.below(i < 2000 ? 32 : 51))};
      const bool raised = model[hit.index] < hit.value;
      if (raised) model[hit.index] = hit.value;
      const auto expected = raised ? HyperLogLog::Update::kRaised : HyperLogLog::Update::kUnchanged;
      BOOST_REQUIRE(hll.raise(hit, kSparseBytesMax) == expected);
      if (!hll.is_dense()) BOOST_REQUIRE(hll.bytes().size() <= kSparseBytesMax);
    }
    BOOST_TEST(hll.is_dense());
    BOOST_TEST((*registers_of(hll) == model));
  }
}

BOOST_AUTO_TEST_CASE(neighbours_of_one_value_share_a_run) {
  HyperLogLog hll;
  for (uint32_t i = 10; i < 14; ++i) hll.raise({i, 3}, kSparseBytesMax);
  BOOST_TEST(hll.decode_sparse() == "z:10 v:3,4 Z:16370");
  hll.raise({14, 3}, kSparseBytesMax);
  BOOST_TEST(hll.decode_sparse() == "z:10 v:3,4 v:3,1 Z:16369");
  hll.raise({11, 5}, kSparseBytesMax);
  BOOST_TEST(hll.decode_sparse() == "z:10 v:3,1 v:5,1 v:3,3 Z:16369");
}

BOOST_AUTO_TEST_CASE(a_value_that_no_run_can_hold_makes_it_dense) {
  HyperLogLog hll;
  hll.raise({5, 32}, kSparseBytesMax);
  BOOST_TEST(!hll.is_dense());
  BOOST_TEST((hll.raise({5, 33}, kSparseBytesMax) == HyperLogLog::Update::kRaised));
  BOOST_TEST(hll.is_dense());
  BOOST_TEST(hll.bytes().size() == kHllDenseBytes);
  BOOST_TEST((*registers_of(hll))[5] == 33);
}

BOOST_AUTO_TEST_CASE(estimates_are_within_three_standard_errors) {
  for (const size_t elements : {0u, 1u, 100u, 5000u, 50'000u, 1'000'000u}) {
    HyperLogLog hll;
    hll.make_dense();
    for (size_t i = 0; i < elements; ++i) hll.raise(hll_hit(std::to_string(i)), 0);
    const auto estimate = static_cast<double>(hll_estimate(*registers_of(hll)));
    BOOST_TEST(std::fabs(estimate - static_cast<double>(elements)) <=
               3 * 0.008125 * static_cast<double>(elements));
  }
}

BOOST_AUTO_TEST_CASE(an_estimate_is_kept_until_it_is_out_of_date) {
  HyperLogLog hll;
  BOOST_TEST(hll.cached_estimate().value() == 0u);
  hll.set_cached_estimate(77);
  BOOST_TEST(hll.cached_estimate().value() == 77u);
  hll.invalidate_estimate();
  BOOST_TEST(!hll.cached_estimate().has_value());
}

BOOST_AUTO_TEST_CASE(damaged_bytes_are_corrupt_and_never_more) {
  base::Random random(7);
  HyperLogLog sound;
  for (int i = 0; i < 300; ++i) sound.raise(hll_hit(std::to_string(i)), kSparseBytesMax);
  size_t corrupt = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = sound.bytes();
    for (uint64_t flips = 1 + random.below(4); flips > 0; --flips)
      bytes[kHllHeaderBytes + random.below(bytes.size() - kHllHeaderBytes)] =
          static_cast<char>(random.next());
    if (random.below(4) == 0) bytes.resize(kHllHeaderBytes + random.below(bytes.size() - 16));
    HyperLogLog hll(bytes);
    HllRegisters registers{};
    const bool whole = hll.merge_into(&registers);
    corrupt += whole ? 0 : 1;
    hll.decode_sparse();
    hll.raise({static_cast<uint32_t>(random.below(kHllRegisters)), 9}, kSparseBytesMax);
    BOOST_REQUIRE_EQUAL(HyperLogLog(bytes).make_dense(), whole);
  }
  BOOST_TEST(corrupt > 10'000u);
  BOOST_TEST(!HyperLogLog::looks_valid("HYLL"));
  BOOST_TEST(!HyperLogLog::looks_valid(sound.bytes().substr(0, 15)));
  BOOST_TEST(!HyperLogLog::looks_valid("HYLL\2" + sound.bytes().substr(5)));
}

}  // namespace
}  // namespace engine
