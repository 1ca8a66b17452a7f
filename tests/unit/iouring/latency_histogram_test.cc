#define BOOST_TEST_MODULE latency_histogram
#include "iouring/latency_histogram.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "base/random.h"

using iouring::LatencyHistogram;

BOOST_AUTO_TEST_CASE(an_empty_histogram_has_no_latency) {
  LatencyHistogram histogram;
  BOOST_TEST(histogram.quantile_ns(500) == 0u);
  BOOST_TEST(histogram.max_ns() == 0u);
}

BOOST_AUTO_TEST_CASE(a_quantile_is_at_most_a_quarter_above_the_true_one) {
  base::Random random(3);
  LatencyHistogram histogram;
  std::vector<uint64_t> all;
  for (int i = 0; i < 10000; ++i) {
    const uint64_t ns = random.next() >> (24 + random.below(40));
    histogram.add(ns);
    all.push_back(ns);
  }
  std::sort(all.begin(), all.end());
  for (const uint32_t per_mille : {1u, 10u, 500u, 990u, 999u, 1000u}) {
    const uint64_t exact = all[(all.size() * per_mille + 999) / 1000 - 1];
    const uint64_t told = histogram.quantile_ns(per_mille);
    BOOST_TEST(told >= exact);
    BOOST_TEST(told <= exact + exact / 4 + 1);
  }
  BOOST_TEST(histogram.max_ns() == all.back());
  BOOST_TEST(histogram.count() == all.size());
}

BOOST_AUTO_TEST_CASE(durations_beyond_the_last_bucket_are_counted_in_it) {
  LatencyHistogram histogram;
  histogram.add(UINT64_MAX);
  histogram.add(0);
  BOOST_TEST(histogram.count() == 2u);
  BOOST_TEST(histogram.max_ns() == UINT64_MAX);
}
