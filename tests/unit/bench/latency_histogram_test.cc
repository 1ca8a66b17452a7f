#define BOOST_TEST_MODULE latency_histogram
#include "bench/latency_histogram.h"

#include <boost/test/unit_test.hpp>

using bench::LatencyHistogram;

BOOST_AUTO_TEST_CASE(without_samples_everything_is_zero) {
  LatencyHistogram histogram;
  BOOST_TEST(histogram.percentile_ns(0.5) == 0u);
  BOOST_TEST(histogram.max_ns() == 0u);
}

BOOST_AUTO_TEST_CASE(percentiles_are_within_two_percent) {
  LatencyHistogram histogram;
  for (uint64_t ns = 1; ns <= 1'000'000; ++ns) histogram.add(ns);
  for (double fraction : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    double exact = fraction * 1e6;
    BOOST_TEST(static_cast<double>(histogram.percentile_ns(fraction)) == exact,
               boost::test_tools::tolerance(0.02));
  }
  BOOST_TEST(histogram.percentile_ns(1.0) == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(one_sample_is_every_percentile) {
  LatencyHistogram histogram;
  histogram.add(123'456'789);
  BOOST_TEST(histogram.percentile_ns(0.001) == 123'456'789u);
  BOOST_TEST(histogram.percentile_ns(0.999) == 123'456'789u);
}

BOOST_AUTO_TEST_CASE(the_largest_value_has_a_bucket) {
  LatencyHistogram histogram;
  histogram.add(0);
  histogram.add(UINT64_MAX);
  BOOST_TEST(histogram.percentile_ns(0.0) == 0u);
  BOOST_TEST(histogram.max_ns() == UINT64_MAX);
  BOOST_TEST(histogram.percentile_ns(0.999) == UINT64_MAX);
}
