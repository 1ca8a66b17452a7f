#define BOOST_TEST_MODULE reply_parser
#include "resp/reply_parser.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "base/random.h"

using namespace resp;
using namespace std::string_literals;

namespace {

struct Outcome {
  std::vector<std::string> replies;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

template <class NextPiece>
Outcome parse(std::string_view input, NextPiece next_piece) {
  ReplyParser parser;
  Outcome outcome;
  while (!input.empty()) {
    const size_t bytes = std::min<size_t>(next_piece(), input.size());
    parser.feed(input.substr(0, bytes));
    input.remove_prefix(bytes);
    while (true) {
      auto reply = parser.next();
      if (!reply.ok()) {
        outcome.error = reply.error().detail;
        return outcome;
      }
      if (!reply.value().has_value()) break;
      outcome.replies.push_back(reply.value()->to_string());
    }
  }
  return outcome;
}

Outcome parse(std::string_view input) {
  const Outcome whole = parse(input, [&] { return input.size(); });
  BOOST_TEST((parse(input, [] { return 1; }) == whole));
  return whole;
}

std::string one(std::string_view input) {
  const Outcome outcome = parse(input);
  BOOST_TEST(outcome.error == "");
  BOOST_REQUIRE(outcome.replies.size() == 1u);
  return outcome.replies[0];
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_type_of_reply_is_read) {
  BOOST_TEST(one("+OK\r\n") == "OK");
  BOOST_TEST(one("-ERR bad\r\n") == "(error) ERR bad");
  BOOST_TEST(one(":-17\r\n") == "-17");
  BOOST_TEST(one("$3\r\na\r\n\r\n") == "\"a\\x0d\\x0a\"");
  BOOST_TEST(one("$0\r\n\r\n") == "\"\"");
  BOOST_TEST(one("$-1\r\n") == "(nil)");
  BOOST_TEST(one("*-1\r\n") == "(nil)");
  BOOST_TEST(one("_\r\n") == "(nil)");
  BOOST_TEST(one("*2\r\n$1\r\na\r\n*1\r\n:1\r\n") == "[\"a\", [1]]");
  BOOST_TEST(one("%1\r\n+k\r\n,1.5\r\n") == "{k: 1.5}");
  BOOST_TEST(one("~2\r\n#t\r\n#f\r\n") == "~{true, false}");
  BOOST_TEST(one(">2\r\n+message\r\n*0\r\n") == ">[message, []]");
  BOOST_TEST(one("=8\r\ntxt:text\r\n") == "\"text\"");
  BOOST_TEST(one("(123456789012345678901234567890\r\n") == "123456789012345678901234567890");
  BOOST_TEST(one(",inf\r\n") == "inf");
  BOOST_TEST(one("|1\r\n+ttl\r\n:3\r\n*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n") ==
             "|{ttl: 3} [|{a: b} 1, 2]");
  BOOST_TEST(one("|0\r\n+OK\r\n") == "OK");
}

BOOST_AUTO_TEST_CASE(pipelined_replies_come_one_by_one) {
  ReplyParser parser;
  parser.feed("+a\r\n+b\r\n+c");
  BOOST_TEST(parser.next().value()->text == "a");
  BOOST_TEST(parser.next().value()->text == "b");
  BOOST_TEST(!parser.next().value().has_value());
  BOOST_TEST(parser.unread() == "+c");
  parser.feed("\r\n");
  BOOST_TEST(parser.next().value()->text == "c");
  BOOST_TEST(parser.unread().empty());
}

BOOST_AUTO_TEST_CASE(broken_replies_are_errors_that_stay) {
  for (const auto& bad : {"\r\n"s, "x\r\n"s, ":1x\r\n"s, "$-2\r\n"s, "$x\r\n"s, "$1\r\nabc"s,
                          "*-2\r\n"s, "*2147483648\r\n"s, "#x\r\n"s, ",x\r\n"s, "=3\r\nabc\r\n"s,
                          "=5\r\nabcde\r\n"s, "$536870913\r\n"s, "+" + std::string(1100000, 'x')}) {
    BOOST_TEST(parse(bad, [&] { return bad.size(); }).error != "");
  }
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "*1\r\n";
  BOOST_TEST(parse(deep).error == "too deep a reply");
  ReplyParser parser;
  parser.feed("x\r\n");
  BOOST_TEST(!parser.next().ok());
  parser.feed("+OK\r\n");
  BOOST_TEST((parser.next().error().code == base::ErrorCode::kProtocol));
}

BOOST_AUTO_TEST_CASE(any_split_reads_like_the_whole) {
  constexpr uint64_t kSeed = 99;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  base::Random random(kSeed);
  const std::string input =
      "*2\r\n$5\r\nhello\r\n%1\r\n+k\r\n_\r\n|1\r\n+a\r\n:1\r\n~1\r\n=7\r\ntxt:a\r\n\r\n:5\r\n" +
      ("$30000\r\n" + std::string(30000, 'v') + "\r\n") + ">1\r\n,nan\r\n-E\r\n";
  const Outcome whole = parse(input);
  BOOST_TEST(whole.error == "");
  BOOST_TEST(whole.replies.size() == 6u);
  for (int i = 0; i < 300; ++i)
    BOOST_REQUIRE((parse(input, [&] { return 1 + random.below(40); }) == whole));
}
