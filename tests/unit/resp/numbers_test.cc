#define BOOST_TEST_MODULE numbers
#include "resp/numbers.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "base/random.h"

using namespace resp;
using namespace std::string_view_literals;

namespace {

std::string int_text(int64_t value) {
  char text[kIntegerTextBytes];
  return {text, format_int64(value, text)};
}

std::string double_text(double value) {
  char text[kDoubleTextBytes];
  return {text, format_double(value, text)};
}

std::string human_text(long double value) {
  char text[kLongDoubleTextBytes];
  return {text, format_human(value, text)};
}

// The sum that INCRBYFLOAT would store.
std::string incremented(std::string_view a, std::string_view b) {
  long double x = 0, y = 0;
  BOOST_TEST(parse_long_double(a, &x));
  BOOST_TEST(parse_long_double(b, &y));
  return human_text(x + y);
}

}  // namespace

BOOST_AUTO_TEST_CASE(integers_are_read_strictly) {
  int64_t value = 0;
  BOOST_TEST(parse_int64("9223372036854775807", &value));
  BOOST_TEST(value == INT64_MAX);
  BOOST_TEST(parse_int64("-9223372036854775808", &value));
  BOOST_TEST(value == INT64_MIN);
  BOOST_TEST(parse_int64("0", &value));
  BOOST_TEST(value == 0);
  value = 42;
  for (const auto bad :
       {""sv, "-"sv, "-0"sv, "00"sv, "01"sv, "+1"sv, " 1"sv, "1 "sv, "1.0"sv, "1e3"sv, "0x1"sv,
        "9223372036854775808"sv, "-9223372036854775809"sv, "18446744073709551616"sv,
        "99999999999999999999"sv, "100000000000000000000"sv, "1\0"sv, "--1"sv, "-01"sv}) {
    BOOST_TEST(!parse_int64(bad, &value), bad);
  }
  BOOST_TEST(value == 42);
}

BOOST_AUTO_TEST_CASE(integers_are_written_as_they_are_read) {
  constexpr uint64_t kSeed = 7;
  base::Random random(kSeed);
  for (int i = 0; i < 100000; ++i) {
    const auto value = static_cast<int64_t>(random.next() >> random.below(64));
    for (const int64_t signed_value : {value, -value}) {
      int64_t read = 0;
      BOOST_REQUIRE(int_text(signed_value) == std::to_string(signed_value));
      BOOST_REQUIRE(parse_int64(int_text(signed_value), &read));
      BOOST_REQUIRE(read == signed_value);
    }
  }
  BOOST_TEST(int_text(INT64_MIN) == "-9223372036854775808");
  char text[kIntegerTextBytes];
  BOOST_TEST(std::string(text, format_uint64(UINT64_MAX, text)) == "18446744073709551615");
  BOOST_TEST(digit_count(UINT64_MAX) == 20);
  uint64_t power = 1;
  for (int digits = 1; digits < 20; ++digits, power *= 10) {
    BOOST_TEST(digit_count(power) == digits);
    BOOST_TEST(digit_count(power * 10 - 1) == digits);
  }
}

BOOST_AUTO_TEST_CASE(doubles_are_read_as_strtod_does_but_whole) {
  double value = 0;
  for (const auto& [text, expected] : {std::pair{"1.5"sv, 1.5},
                                       {"+3"sv, 3.0},
                                       {"-.5e1"sv, -5.0},
                                       {"0x10"sv, 16.0},
                                       {"inf"sv, HUGE_VAL},
                                       {"-Infinity"sv, -HUGE_VAL},
                                       {"1e-310"sv, 1e-310},
                                       {"-0"sv, -0.0}}) {
    BOOST_TEST(parse_double(text, &value), text);
    BOOST_TEST(value == expected);
  }
  BOOST_TEST(parse_double(std::string(1000, '0') + "7", &value));
  BOOST_TEST(value == 7.0);
  for (const auto bad : {""sv, " 1"sv, "1 "sv, "\t1"sv, "nan"sv, "-nan"sv, "1e400"sv, "1e-400"sv,
                         "1,5"sv, "1\0"sv, "abc"sv, "0x"sv, "1.5.5"sv, "++1"sv}) {
    BOOST_TEST(!parse_double(bad, &value), bad);
  }
}

BOOST_AUTO_TEST_CASE(long_doubles_have_the_wider_range) {
  long double value = 0;
  BOOST_TEST(parse_long_double("1e400", &value));
  BOOST_TEST((value == 1e400L));
  BOOST_TEST(parse_long_double("inf", &value));
  BOOST_TEST(std::isinf(value));
  for (const auto bad : {""sv, " 1"sv, "1 "sv, "nan"sv, "1e5000"sv, "1e-5000"sv, "1\0"sv}) {
    BOOST_TEST(!parse_long_double(bad, &value), bad);
  }
  BOOST_TEST(parse_long_double(std::string(kLongDoubleTextBytes - 1, '0'), &value));
  BOOST_TEST(!parse_long_double(std::string(kLongDoubleTextBytes, '0'), &value));
}

BOOST_AUTO_TEST_CASE(scores_are_written_with_17_digits) {
  BOOST_TEST(double_text(0) == "0");
  BOOST_TEST(double_text(-0.0) == "-0");
  BOOST_TEST(double_text(3) == "3");
  BOOST_TEST(double_text(-17) == "-17");
  BOOST_TEST(double_text(0.1) == "0.10000000000000001");
  BOOST_TEST(double_text(1.5) == "1.5");
  BOOST_TEST(double_text(4503599627370496) == "4503599627370496");
  BOOST_TEST(double_text(9007199254740993.0) == "9007199254740992");
  BOOST_TEST(double_text(1e17) == "1e+17");
  BOOST_TEST(double_text(1e300) == "1.0000000000000001e+300");
  BOOST_TEST(double_text(5e-324) == "4.9406564584124654e-324");
  BOOST_TEST(double_text(HUGE_VAL) == "inf");
  BOOST_TEST(double_text(-HUGE_VAL) == "-inf");
  BOOST_TEST(double_text(std::nan("")) == "nan");
  BOOST_TEST(double_text(-1.7976931348623157e308) == "-1.7976931348623157e+308");
}

BOOST_AUTO_TEST_CASE(increments_are_written_for_people) {
  BOOST_TEST(incremented("10.50", "0.1") == "10.6");
  BOOST_TEST(incremented("5.0e3", "2.0e2") == "5200");
  BOOST_TEST(incremented("3", "-3") == "0");
  BOOST_TEST(incremented("-0", "-0") == "0");
  BOOST_TEST(incremented("0", "1e-17") == "0.00000000000000001");
  BOOST_TEST(incremented("0", "-1e-18") == "0");
  BOOST_TEST(incremented("1e20", "0") == "100000000000000000000");
  BOOST_TEST(incremented("100", "0") == "100");
  BOOST_TEST(human_text(HUGE_VALL) == "inf");
  BOOST_TEST(human_text(-HUGE_VALL) == "-inf");
  BOOST_TEST(human_text(std::numeric_limits<long double>::max()).size() == 4933u);
}
