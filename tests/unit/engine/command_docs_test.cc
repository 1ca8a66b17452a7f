#define BOOST_TEST_MODULE command_docs
#include "engine/command_docs.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "resp/block_pool.h"
#include "resp/output_buffer.h"

namespace engine {
namespace {

// A reply, written with one space between its parts: "[a b]" an array, "{a: b}" a map, "(a b)" a
// set, texts as they are, numbers with a colon, null as "nil".
class Reader {
 public:
  explicit Reader(std::string reply) : reply_(std::move(reply)) {}

  std::string next() {
    const char kind = reply_[at_];
    const std::string head = line();
    switch (kind) {
      case '+':
        return head;
      case '-':
        return "error " + head;
      case ':':
        return ":" + head;
      case '_':
        return "nil";
      case '$': {
        const size_t bytes = std::stoul(head);
        const std::string text = reply_.substr(at_, bytes);
        at_ += bytes + 2;
        return text;
      }
      case '*':
        return "[" + elements(std::stoul(head)) + "]";
      case '~':
        return "(" + elements(std::stoul(head)) + ")";
      case '%':
        return "{" + pairs(std::stoul(head)) + "}";
      default:
        BOOST_FAIL("a reply that is none: " << reply_.substr(at_));
        return {};
    }
  }
  bool at_end() const { return at_ == reply_.size(); }

 private:
  std::string line() {
    const size_t end = reply_.find("\r\n", at_);
    const std::string text = reply_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 2;
    return text;
  }
  std::string elements(size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + next();
    return text;
  }
  std::string pairs(size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
      text += (i == 0 ? "" : ", ") + next();
      text += ": " + next();
    }
    return text;
  }

  const std::string reply_;
  size_t at_ = 0;
};

// What `write` replies in RESP3.
template <class Write>
std::string reply_of(const Write& write) {
  resp::BlockPool blocks;
  resp::OutputBuffer output(&blocks);
  resp::ReplyWriter reply(&output);
  reply.set_protocol(resp::Protocol::kResp3);
  write(reply);
  Reader reader(output.pending_copy());
  output.clear();
  std::string text = reader.next();
  BOOST_TEST(reader.at_end());
  return text;
}

const CommandIndex& everything() {
  static const CommandIndex index(CommandIndex::Include::kAll);
  return index;
}

using Words = std::vector<std::string_view>;

std::string info(const Words& names, const CommandIndex& index = everything()) {
  Words words = {"COMMAND", "INFO"};
  words.insert(words.end(), names.begin(), names.end());
  return reply_of([&](resp::ReplyWriter& reply) { reply_command_info(index, words, reply); });
}
std::string docs(const Words& names, const CommandIndex& index = everything()) {
  Words words = {"COMMAND", "DOCS"};
  words.insert(words.end(), names.begin(), names.end());
  return reply_of([&](resp::ReplyWriter& reply) { reply_command_docs(index, words, reply); });
}
// As text with one space between names. They are sorted: their order is not promised.
std::string list(const Words& filter) {
  Words words = {"COMMAND", "LIST"};
  words.insert(words.end(), filter.begin(), filter.end());
  const std::string reply =
      reply_of([&](resp::ReplyWriter& to) { reply_command_list(everything(), words, to); });
  if (!reply.starts_with('[')) return reply;
  std::istringstream text(reply.substr(1, reply.size() - 2));
  std::set<std::string> names;
  for (std::string name; text >> name;) names.insert(name);
  return fmt::format("{}", fmt::join(names, " "));
}
std::string keys(const Words& call, bool with_flags = false) {
  Words words = {"COMMAND", "GETKEYS"};
  words.insert(words.end(), call.begin(), call.end());
  return reply_of([&](resp::ReplyWriter& reply) {
    reply_command_getkeys(everything(), words, with_flags, reply);
  });
}

// The expectations are what redis-server 7.0.15 replies.
BOOST_AUTO_TEST_CASE(info_tells_what_a_command_takes_and_touches) {
  BOOST_TEST(info({"GET"}) ==
             "[[get :2 (readonly fast) :1 :1 :1 (@read @string @fast) () "
             "({flags: (RO access), begin_search: {type: index, spec: {index: :1}}, "
             "find_keys: {type: range, spec: {lastkey: :0, keystep: :1, limit: :0}}}) ()]]");
  BOOST_TEST(info({"eval"}) ==
             "[[eval :-3 (noscript stale skip_monitor no_mandatory_keys movablekeys) :0 :0 :0 "
             "(@slow @scripting) () "
             "({notes: We cannot tell how the keys will be used so we assume the worst, RW and "
             "UPDATE, flags: (RW access update), begin_search: {type: index, spec: {index: :2}}, "
             "find_keys: {type: keynum, spec: {keynumidx: :0, firstkey: :1, keystep: :1}}}) ()]]");
}

BOOST_AUTO_TEST_CASE(names_are_answered_in_their_order_and_unknown_ones_with_null) {
  const std::string both = info({"nope", "ping", "config|get"});
  BOOST_TEST(both.starts_with("[nil [ping :-1 "), both);
  BOOST_TEST(both.find("] [config|get :-3 ") != std::string::npos, both);
  // Without names: all of them.
  const std::string all = info({});
  BOOST_TEST(all == reply_of([](resp::ReplyWriter& reply) { reply_command(everything(), reply); }));
  for (const Command* const command : everything().commands())
    BOOST_TEST(all.find("[" + std::string(command->full_name) + " :") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_container_shows_the_subcommands_that_the_index_lists) {
  BOOST_TEST(info({"config"}).find("[config|rewrite :2 ") != std::string::npos);
  const CommandIndex implemented;
  for (const Command& command : all_commands()) {
    if (command.subcommand_count == 0 || implemented.find(command.full_name) == nullptr) continue;
    const std::string shown = info({command.full_name}, implemented);
    for (const Command& sub : subcommands(command)) {
      const bool is_shown =
          shown.find("[" + std::string(sub.full_name) + " :") != std::string::npos;
      BOOST_TEST(is_shown == (sub.handler != nullptr), sub.full_name);
    }
  }
}

BOOST_AUTO_TEST_CASE(count_counts_what_the_index_lists) {
  CommandIndex index(CommandIndex::Include::kAll);
  const auto count = [&] {
    return reply_of([&](resp::ReplyWriter& reply) { reply_command_count(index, reply); });
  };
  const size_t commands = index.commands().size();
  BOOST_TEST(count() == ":" + std::to_string(commands));
  BOOST_TEST(index.rename("get", "") == "");
  BOOST_TEST(count() == ":" + std::to_string(commands - 1));
}

BOOST_AUTO_TEST_CASE(docs_tell_what_a_command_is_for_and_how_it_is_written) {
  BOOST_TEST(docs({"getex", "nope"}) ==
             "{getex: {summary: Get the value of a key and optionally set its expiration, "
             "since: 6.2.0, group: string, complexity: O(1), arguments: "
             "[{name: key, type: key, key_spec_index: :0} "
             "{name: expiration, type: oneof, flags: (optional), arguments: "
             "[{name: seconds, type: integer, token: EX} "
             "{name: milliseconds, type: integer, token: PX} "
             "{name: unix-time-seconds, type: unix-time, token: EXAT} "
             "{name: unix-time-milliseconds, type: unix-time, token: PXAT} "
             "{name: persist, type: pure-token, token: PERSIST}]}]}}");
  const std::string deprecated = docs({"substr"});
  BOOST_TEST(deprecated.find("doc_flags: (deprecated), deprecated_since: 2.0.0, replaced_by: "
                             "`GETRANGE`") != std::string::npos,
             deprecated);
  const std::string changed = docs({"expire"});
  BOOST_TEST(changed.find("history: ([7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.])") !=
                 std::string::npos,
             changed);
}

BOOST_AUTO_TEST_CASE(docs_of_a_container_hold_those_of_its_subcommands) {
  const std::string container = docs({"config"});
  for (const char* name : {"get", "help", "resetstat", "rewrite", "set"})
    BOOST_TEST(container.find("config|" + std::string(name) + ": {summary: ") != std::string::npos);
  BOOST_TEST(docs({"config|get"}).starts_with("{config|get: {summary: "));
  BOOST_TEST(docs({"nope"}) == "{}");
  const std::string all = docs({});
  for (const Command* const command : everything().commands())
    BOOST_TEST(all.find(std::string(command->full_name) + ": {summary: ") != std::string::npos,
               command->full_name);
}

BOOST_AUTO_TEST_CASE(lists_are_filtered_by_pattern_category_or_module) {
  const std::string all = list({});
  BOOST_TEST(std::count(all.begin(), all.end(), ' ') + 1 ==
             static_cast<ptrdiff_t>(all_commands().size()));
  BOOST_TEST(all.find(" config|get ") != std::string::npos);
  BOOST_TEST(list({"FILTERBY", "pattern", "GET*"}) == "get getbit getdel getex getrange getset");
  BOOST_TEST(list({"filterby", "PATTERN", "config|re*"}) == "config|resetstat config|rewrite");
  BOOST_TEST(list({"filterby", "aclcat", "HyperLogLog"}) ==
             "pfadd pfcount pfdebug pfmerge pfselftest");
  BOOST_TEST(list({"filterby", "aclcat", "nope"}) == "");
  BOOST_TEST(list({"filterby", "module", "any"}) == "");
  for (const Words& wrong :
       {Words{"filterby"}, Words{"filterby", "pattern"}, Words{"nope", "pattern", "*"},
        Words{"filterby", "nope", "*"}, Words{"filterby", "pattern", "*", "more"}})
    BOOST_TEST(list(wrong) == "error ERR syntax error");
}

BOOST_AUTO_TEST_CASE(the_keys_of_a_call_are_found_with_and_without_flags) {
  BOOST_TEST(keys({"MSET", "a", "1", "b", "2"}) == "[a b]");
  BOOST_TEST(keys({"eval", "return 1", "2", "a", "b", "c"}) == "[a b]");
  BOOST_TEST(keys({"object", "encoding", "a"}) == "[a]");
  BOOST_TEST(keys({"rename", "a", "b"}, true) == "[[a (RW access delete)] [b (OW update)]]");
  BOOST_TEST(keys({"set", "a", "b", "GET"}, true) == "[[a (RW access update)]]");
}

BOOST_AUTO_TEST_CASE(a_call_without_keys_is_an_error_of_its_own_kind) {
  BOOST_TEST(keys({"nope", "a"}) == "error ERR Invalid command specified");
  BOOST_TEST(keys({"config", "nope"}) == "error ERR Invalid command specified");
  BOOST_TEST(keys({"ping"}) == "error ERR The command has no key arguments");
  BOOST_TEST(keys({"get"}) == "error ERR Invalid number of arguments specified for command");
  BOOST_TEST(keys({"get", "a", "b"}) ==
             "error ERR Invalid number of arguments specified for command");
  BOOST_TEST(keys({"zunion", "x", "a"}) == "error ERR Invalid arguments specified for command");
  BOOST_TEST(keys({"eval", "return 1", "0"}) == "[]");
}

BOOST_AUTO_TEST_CASE(help_has_a_line_for_every_subcommand) {
  const std::string help = reply_of([](resp::ReplyWriter& reply) { reply_command_help(reply); });
  for (const Command& sub : subcommands(*everything().find("command"))) {
    std::string name(sub.name);
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    BOOST_TEST(help.find(name) != std::string::npos, name);
  }
}

BOOST_AUTO_TEST_CASE(maps_and_sets_are_arrays_in_the_old_protocol) {
  resp::BlockPool blocks;
  resp::OutputBuffer output(&blocks);
  resp::ReplyWriter reply(&output);
  reply_command_docs(everything(), Words{"COMMAND", "DOCS", "ping"}, reply);
  const std::string text = output.pending_copy();
  output.clear();
  BOOST_TEST(text.starts_with("*2\r\n$4\r\nping\r\n*"), text);
  BOOST_TEST(text.find('%') == std::string::npos);
  BOOST_TEST(text.find('~') == std::string::npos);
}

}  // namespace
}  // namespace engine
