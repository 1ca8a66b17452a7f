#define BOOST_TEST_MODULE split_arguments
#include "resp/split_arguments.h"

#include <boost/test/unit_test.hpp>

using namespace resp;
using namespace std::string_view_literals;
using Arguments = std::vector<std::string>;

namespace {

Arguments split(std::string_view line) {
  Arguments arguments;
  BOOST_TEST(split_arguments(line, &arguments));
  return arguments;
}

bool is_unbalanced(std::string_view line) {
  Arguments arguments = {"before"};
  const bool ok = split_arguments(line, &arguments);
  BOOST_TEST(arguments.size() == 1u);
  return !ok;
}

}  // namespace

BOOST_AUTO_TEST_CASE(blanks_separate_arguments) {
  BOOST_TEST((split("") == Arguments{}));
  BOOST_TEST((split(" \t\v\f\r\n ") == Arguments{}));
  BOOST_TEST((split("  maxmemory\t 100mb ") == Arguments{"maxmemory", "100mb"}));
  BOOST_TEST((split("a\rb\nc") == Arguments{"a", "b", "c"}));
  // Vertical tab and form feed are blanks only between arguments.
  BOOST_TEST((split("a\vb \vc\f") == Arguments{"a\vb", "c\f"}));
  BOOST_TEST((split("a b\0c"sv) == Arguments{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(double_quotes_know_escapes) {
  BOOST_TEST((split(R"("a\x41\n\t\b\a\r\q\xzz\"")") == Arguments{"aA\n\t\b\a\rqxzz\""}));
  BOOST_TEST((split(R"("\x4" "\x" "\xA" "\x00")") == Arguments{"x4", "x", "xA", {"\0", 1}}));
  BOOST_TEST((split(R"(\x41 "")") == Arguments{"\\x41", ""}));
  BOOST_TEST((split("\"a\rb\"") == Arguments{"a\rb"}));
}

BOOST_AUTO_TEST_CASE(single_quotes_know_only_themselves) {
  BOOST_TEST((split(R"('a\'b\n' '' '"')") == Arguments{"a'b\\n", "", "\""}));
}

BOOST_AUTO_TEST_CASE(a_quote_may_open_inside_an_argument_and_closes_it) {
  BOOST_TEST((split(R"(a"b c" d'e f')") == Arguments{"ab c", "de f"}));
  BOOST_TEST((split("\"a\"\v\"b\"") == Arguments{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(unbalanced_quotes_are_refused) {
  for (const auto* line : {"\"abc", "'abc", "\"abc\"d", "'abc'd", "a\"b\"c", "\"abc\\", "\"abc\\\"",
                           "'abc\\'", "a \"", "\"\"\"\"", "'"}) {
    BOOST_TEST(is_unbalanced(line));
  }
}

BOOST_AUTO_TEST_CASE(the_bound_on_the_number_of_arguments_holds) {
  BOOST_TEST(split("a b c").size() == split_arguments_max(5));
  BOOST_TEST(split("a b c ").size() == split_arguments_max(6));
  BOOST_TEST(split_arguments_max(0) == 0u);
}
