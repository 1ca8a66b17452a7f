#define BOOST_TEST_MODULE client_filter
#include "engine/commands/client_filter.h"

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <vector>

#include "engine/commands/tier_commands.h"
#include "resp/block_pool.h"
#include "resp/output_buffer.h"

using engine::ClientFilter;
using engine::parse_kill_filter;
using engine::Session;

namespace {

class Source final : public engine::CommandSource {
 public:
  void on_runnable() override {}
};

struct Client {
  explicit Client(uint64_t id) : session(id, &source, &out) {
    session.peer_address = "127.0.0.1:" + std::to_string(1000 + id);
    session.local_address = "127.0.0.1:6379";
  }
  resp::BlockPool pool;
  resp::OutputBuffer out{&pool};
  Source source;
  Session session;
};

// The error, and the filter of these words behind CLIENT KILL.
std::string parse(std::initializer_list<std::string_view> words, ClientFilter* filter) {
  std::vector<std::string_view> all = {"client", "kill"};
  all.insert(all.end(), words);
  return parse_kill_filter(all, filter);
}

std::string error_of(std::initializer_list<std::string_view> words) {
  ClientFilter filter;
  return parse(words, &filter);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_old_form_names_an_address_and_may_hit_its_caller) {
  ClientFilter filter;
  BOOST_TEST(parse({"127.0.0.1:1001"}, &filter) == "");
  BOOST_TEST(filter.old_form);
  BOOST_TEST(!filter.skips_caller);
  BOOST_TEST(filter.matches(Client(1).session));
  BOOST_TEST(!filter.matches(Client(2).session));
}

BOOST_AUTO_TEST_CASE(every_condition_must_hold) {
  ClientFilter filter;
  BOOST_TEST(parse({"ID", "1", "laddr", "127.0.0.1:6379", "TYPE", "normal", "user", "default"},
                   &filter) == "");
  BOOST_TEST(filter.skips_caller);
  BOOST_TEST(filter.matches(Client(1).session));
  BOOST_TEST(!filter.matches(Client(2).session));
  BOOST_TEST(parse({"ID", "1", "ADDR", "127.0.0.1:1002"}, &filter) == "");
  BOOST_TEST(!filter.matches(Client(1).session));
}

BOOST_AUTO_TEST_CASE(types_that_no_client_has_match_none) {
  ClientFilter filter;
  BOOST_TEST(parse({"type", "REPLICA", "skipme", "no"}, &filter) == "");
  BOOST_TEST(!filter.skips_caller);
  BOOST_TEST(!filter.matches(Client(1).session));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_in_redis_words) {
  BOOST_TEST(error_of({"id", "0"}) == "-ERR client-id should be greater than 0");
  BOOST_TEST(error_of({"id", "x"}) == "-ERR client-id should be greater than 0");
  BOOST_TEST(error_of({"type", "nosuch"}) == "-ERR Unknown client type 'nosuch'");
  BOOST_TEST(error_of({"user", "nosuch"}) == "-ERR No such user 'nosuch'");
  BOOST_TEST(error_of({"skipme", "maybe"}) == "-ERR syntax error");
  BOOST_TEST(error_of({"nosuch", "x"}) == "-ERR syntax error");
  BOOST_TEST(error_of({"id", "1", "addr"}) == "-ERR syntax error");
}

BOOST_AUTO_TEST_CASE(rockmem_takes_megabytes_and_gigabytes) {
  BOOST_TEST(*engine::parse_rock_bytes("77m") == uint64_t{77} << 20);
  BOOST_TEST(*engine::parse_rock_bytes("2G") == uint64_t{2} << 30);
  for (const std::string_view text : {"", "m", "77", "0m", "-1m", "77k", "1.5g", "9999999999g"})
    BOOST_TEST(!engine::parse_rock_bytes(text).has_value(), text);
}
