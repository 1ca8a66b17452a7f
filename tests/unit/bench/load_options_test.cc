#define BOOST_TEST_MODULE load_options
#include "bench/load_options.h"

#include <boost/test/unit_test.hpp>

using bench::Operation;
using bench::parse_load_options;

BOOST_AUTO_TEST_CASE(options_are_read_by_name) {
  auto options = parse_load_options({"--port", "7000", "--operation", "mset", "--seconds", "1.5",
                                     "--subset-to", "90", "--absent", "allowed"});
  BOOST_REQUIRE(options.ok());
  BOOST_TEST(options->port == 7000);
  BOOST_TEST((options->operation == Operation::kMset));
  BOOST_TEST(options->seconds == 1.5);
  BOOST_TEST(options->subset_to == 90u);
  BOOST_TEST((options->absent == bench::Absent::kAllowed));
}

BOOST_AUTO_TEST_CASE(a_run_needs_an_end) {
  BOOST_TEST(!parse_load_options({}).ok());
  BOOST_TEST(parse_load_options({"--requests", "5"}).ok());
  BOOST_TEST(parse_load_options({"--each-key-once"}).ok());
}

BOOST_AUTO_TEST_CASE(what_is_unknown_or_out_of_range_is_refused) {
  BOOST_TEST(!parse_load_options({"--requests", "5", "--nosuch", "1"}).ok());
  BOOST_TEST(!parse_load_options({"--requests", "five"}).ok());
  BOOST_TEST(!parse_load_options({"--requests"}).ok());
  BOOST_TEST(!parse_load_options({"--requests", "5", "--port", "70000"}).ok());
  BOOST_TEST(!parse_load_options({"--requests", "5", "--operation", "nosuch"}).ok());
  BOOST_TEST(!parse_load_options({"--requests", "5", "--key-bytes", "4"}).ok());
  BOOST_TEST(
      !parse_load_options({"--requests", "5", "--subset-from", "50", "--subset-to", "50"}).ok());
}
