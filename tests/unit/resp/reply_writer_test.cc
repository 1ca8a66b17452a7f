#define BOOST_TEST_MODULE reply_writer
#include "resp/reply_writer.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "resp/reply_parser.h"

using namespace resp;

namespace {

struct Writers {
  BlockPool pool;
  OutputBuffer out2{&pool}, out3{&pool};
  ReplyWriter resp2{&out2}, resp3{&out3};
  Writers() { resp3.set_protocol(Protocol::kResp3); }
};

// What `write` appends in RESP2 and in RESP3.
template <class Write>
std::pair<std::string, std::string> both(Write write) {
  Writers writers;
  write(writers.resp2);
  write(writers.resp3);
  return {writers.out2.pending_copy(), writers.out3.pending_copy()};
}

template <class Write>
std::string same(Write write) {
  const auto [resp2, resp3] = both(write);
  BOOST_TEST((resp2 == resp3));
  return resp2;
}

using Pair = std::pair<std::string, std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(common_replies) {
  BOOST_TEST(same([](ReplyWriter& w) { w.ok(); }) == "+OK\r\n");
  BOOST_TEST(same([](ReplyWriter& w) { w.pong(); }) == "+PONG\r\n");
  BOOST_TEST(same([](ReplyWriter& w) { w.queued(); }) == "+QUEUED\r\n");
  BOOST_TEST(same([](ReplyWriter& w) { w.simple_string("string"); }) == "+string\r\n");
  BOOST_TEST(same([](ReplyWriter& w) { w.simple_string("a\r\n+b"); }) == "+a  +b\r\n");
}

BOOST_AUTO_TEST_CASE(errors_get_a_code_and_never_a_second_line) {
  BOOST_TEST(same([](ReplyWriter& w) { w.error("syntax error"); }) == "-ERR syntax error\r\n");
  BOOST_TEST(same([](ReplyWriter& w) { w.error("-WRONGTYPE Operation"); }) ==
             "-WRONGTYPE Operation\r\n");
  BOOST_TEST(same([](ReplyWriter& w) { w.error("unknown '\r\n+OK\r\n' here\r\n"); }) ==
             "-ERR unknown '  +OK  ' here\r\n");
  BOOST_TEST(same([](ReplyWriter& w) { w.error("\r\n"); }) == "-ERR \r\n");
  const std::string longest(10000, '\n');
  BOOST_TEST(same([&](ReplyWriter& w) { w.error("a" + longest + "b"); }) ==
             "-ERR a" + std::string(10000, ' ') + "b\r\n");
}

BOOST_AUTO_TEST_CASE(integers) {
  for (const int64_t value : {int64_t{0}, int64_t{7}, int64_t{10}, int64_t{99}, int64_t{100},
                              int64_t{-1}, INT64_MAX, INT64_MIN}) {
    BOOST_TEST(same([&](ReplyWriter& w) { w.integer(value); }) ==
               ":" + std::to_string(value) + "\r\n");
    const std::string text = std::to_string(value);
    BOOST_TEST(same([&](ReplyWriter& w) { w.bulk_integer(value); }) ==
               "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n");
  }
}

BOOST_AUTO_TEST_CASE(bulks_of_every_length) {
  for (const size_t bytes :
       {0u, 1u, 9u, 10u, 64u, 99u, 100u, 1000u, 4000u, 4032u, 4033u, 4096u, 5000u, 1000000u}) {
    const std::string value(bytes, 'v');
    BOOST_TEST((same([&](ReplyWriter& w) { w.bulk(value); }) ==
                "$" + std::to_string(bytes) + "\r\n" + value + "\r\n"));
  }
}

BOOST_AUTO_TEST_CASE(a_large_value_can_be_borrowed) {
  const std::string value(200000, 'v');
  const auto text = same([&](ReplyWriter& w) {
    w.bulk_header(value.size());
    w.out().append_borrowed(value, {});
    w.bulk_end();
    w.ok();
  });
  BOOST_TEST((text == "$200000\r\n" + value + "\r\n+OK\r\n"));
}

BOOST_AUTO_TEST_CASE(nothing_has_one_form_in_resp3) {
  BOOST_TEST((both([](ReplyWriter& w) { w.null(); }) == Pair{"$-1\r\n", "_\r\n"}));
  BOOST_TEST((both([](ReplyWriter& w) { w.null_array(); }) == Pair{"*-1\r\n", "_\r\n"}));
}

BOOST_AUTO_TEST_CASE(numbers_are_bulks_in_resp2) {
  BOOST_TEST((both([](ReplyWriter& w) { w.number(0.1); }) ==
              Pair{"$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n"}));
  BOOST_TEST((both([](ReplyWriter& w) { w.number(3); }) == Pair{"$1\r\n3\r\n", ",3\r\n"}));
  BOOST_TEST(
      (both([](ReplyWriter& w) { w.number(HUGE_VAL); }) == Pair{"$3\r\ninf\r\n", ",inf\r\n"}));
  BOOST_TEST(
      (both([](ReplyWriter& w) { w.number(-HUGE_VAL); }) == Pair{"$4\r\n-inf\r\n", ",-inf\r\n"}));
  BOOST_TEST(
      (both([](ReplyWriter& w) { w.human_number(10.5L); }) == Pair{"$4\r\n10.5\r\n", ",10.5\r\n"}));
  BOOST_TEST((both([](ReplyWriter& w) { w.big_number("1234567999999999999999999999999999999"); }) ==
              Pair{"$37\r\n1234567999999999999999999999999999999\r\n",
                   "(1234567999999999999999999999999999999\r\n"}));
  BOOST_TEST((both([](ReplyWriter& w) { w.boolean(true); }) == Pair{":1\r\n", "#t\r\n"}));
  BOOST_TEST((both([](ReplyWriter& w) { w.boolean(false); }) == Pair{":0\r\n", "#f\r\n"}));
}

BOOST_AUTO_TEST_CASE(verbatim_strings_name_their_format) {
  BOOST_TEST((both([](ReplyWriter& w) { w.verbatim("txt", "This is\na text"); }) ==
              Pair{"$14\r\nThis is\na text\r\n", "=18\r\ntxt:This is\na text\r\n"}));
}

BOOST_AUTO_TEST_CASE(aggregates_are_arrays_in_resp2) {
  BOOST_TEST(same([](ReplyWriter& w) { w.array(3); }) == "*3\r\n");
  BOOST_TEST(same([](ReplyWriter& w) { w.array(1000000); }) == "*1000000\r\n");
  BOOST_TEST((both([](ReplyWriter& w) { w.map(3); }) == Pair{"*6\r\n", "%3\r\n"}));
  BOOST_TEST((both([](ReplyWriter& w) { w.set(3); }) == Pair{"*3\r\n", "~3\r\n"}));
  BOOST_TEST((both([](ReplyWriter& w) { w.push(3); }) == Pair{"*3\r\n", ">3\r\n"}));
  Writers writers;
  writers.resp3.attribute(1);
  BOOST_TEST(writers.out3.pending_copy() == "|1\r\n");
}

BOOST_AUTO_TEST_CASE(lengths_may_be_known_at_the_end) {
  for (const uint64_t count : {0u, 9u, 10u, 5000u}) {
    const auto text = both([&](ReplyWriter& w) {
      w.ok();
      const auto outer = w.deferred();
      const auto set = w.deferred();
      for (uint64_t i = 0; i < count; ++i) w.bulk("element " + std::to_string(i));
      w.end_set(set, count);
      const auto map = w.deferred();
      w.end_map(map, 0);
      w.end_array(outer, 2);
      const auto push = w.deferred();
      w.end_push(push, 0);
    });
    std::string elements;
    for (uint64_t i = 0; i < count; ++i) {
      const std::string element = "element " + std::to_string(i);
      elements += "$" + std::to_string(element.size()) + "\r\n" + element + "\r\n";
    }
    const std::string n = std::to_string(count);
    BOOST_TEST((text == Pair{"+OK\r\n*2\r\n*" + n + "\r\n" + elements + "*0\r\n*0\r\n",
                             "+OK\r\n*2\r\n~" + n + "\r\n" + elements + "%0\r\n>0\r\n"}));
  }
}

BOOST_AUTO_TEST_CASE(the_reply_parser_reads_what_was_written) {
  Writers writers;
  ReplyWriter& w = writers.resp3;
  w.attribute(1);
  w.bulk("ttl");
  w.integer(3600);
  w.array(8);
  w.map(1);
  w.bulk("k");
  w.number(1.5);
  w.set(1);
  w.boolean(true);
  w.null();
  w.verbatim("txt", "text");
  w.big_number("123");
  w.simple_string("fine");
  w.error("-CODE bad");
  w.array(0);
  ReplyParser parser;
  parser.feed(writers.out3.pending_copy());
  const auto reply = parser.next();
  BOOST_REQUIRE(reply.ok());
  BOOST_REQUIRE(reply.value().has_value());
  BOOST_TEST(reply.value()->to_string() ==
             "|{\"ttl\": 3600} [{\"k\": 1.5}, ~{true}, (nil), \"text\", 123, fine, "
             "(error) CODE bad, []]");
}
