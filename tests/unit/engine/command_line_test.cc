#define BOOST_TEST_MODULE command_line
#include "engine/command_line.h"

#include <boost/test/unit_test.hpp>

namespace engine {
namespace {

StartAction parse(std::vector<std::string_view> words) {
  return parse_command_line(words, "Redis server v=7.0.15 basalt=0.1.0");
}

std::string lines(std::vector<std::string_view> words) {
  return parse(std::move(words)).sources.command_line;
}

BOOST_AUTO_TEST_CASE(options_become_lines) {
  BOOST_TEST(lines({}) == "");
  BOOST_TEST(lines({"--port", "7000"}) == "port \"7000\" ");
  BOOST_TEST(lines({"--port", "7000", "--save", "60", "1"}) ==
             "port \"7000\" \nsave \"60\" \"1\" ");
  BOOST_TEST(lines({"--port 7000", "--timeout", "5"}) == "port 7000 \ntimeout \"5\" ");
  BOOST_TEST(lines({"--replicaof", "127.0.0.1 6379"}) == "replicaof \"127.0.0.1 6379\" ");
  BOOST_TEST(lines({"--requirepass", "--x"}) == "requirepass \"--x\" ");
  BOOST_TEST(lines({"--logfile", ""}) == "logfile \"\" ");
}

BOOST_AUTO_TEST_CASE(an_empty_save_may_be_left_out) {
  BOOST_TEST(lines({"--save", "--port", "1"}) == "save \"\"\nport \"1\" ");
  BOOST_TEST(lines({"--port", "1", "--save"}) == "port \"1\" \nsave \"\"");
  BOOST_TEST(lines({"--save", ""}) == "save \"\" ");
}

BOOST_AUTO_TEST_CASE(the_first_word_may_be_a_file) {
  BOOST_TEST(parse({"a.conf", "--port", "1"}).sources.file == "a.conf");
  BOOST_TEST(parse({"--port", "1"}).sources.file == "");
}

BOOST_AUTO_TEST_CASE(a_dash_reads_standard_input) {
  BOOST_TEST(parse({"-"}).sources.from_stdin);
  BOOST_TEST(parse({"a.conf", "-"}).sources.from_stdin);
  BOOST_TEST(parse({"-", "--port", "1"}).sources.from_stdin);
  BOOST_TEST(parse({"a.conf", "--port", "1", "-"}).sources.from_stdin);
  BOOST_TEST(!parse({"a.conf", "--requirepass", "-", "--port", "1"}).sources.from_stdin);
}

BOOST_AUTO_TEST_CASE(questions_are_answered_and_left) {
  BOOST_TEST(parse({"--version"}).text == "Redis server v=7.0.15 basalt=0.1.0\n");
  BOOST_TEST((parse({"-v"}).kind == StartAction::Kind::kPrint));
  BOOST_TEST(parse({"--help"}).text == usage_text());
  BOOST_TEST(parse({"--help"}).exit_code == 0);
  BOOST_TEST((parse({"--check-config", "x"}).kind == StartAction::Kind::kCheckConfig));
  BOOST_TEST(parse({"--check-config", "x"}).sources.file == "x");
  BOOST_TEST(parse({"--check-config"}).exit_code == 1);
  BOOST_TEST((parse({"--port", "1"}).kind == StartAction::Kind::kServe));
}

}  // namespace
}  // namespace engine
