#define BOOST_TEST_MODULE command_keys
#include "engine/command_keys.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "resp/split_arguments.h"

namespace engine {
namespace {

// "1:v 2:m@5" for keys at words 1 and 2, the first needing its value, the second looked for in
// database 5 too; "none" when there are none.
std::string keys_of(std::string_view line) {
  static const CommandIndex index(CommandIndex::Include::kAll);
  std::vector<std::string> arguments;
  BOOST_REQUIRE(resp::split_arguments(line, &arguments));
  const std::vector<std::string_view> words(arguments.begin(), arguments.end());
  const Command* const command = index.resolve(words);
  BOOST_REQUIRE(command != nullptr);
  std::string text;
  size_t count = 0;
  for_each_key(*command, words, [&](const KeyRef& key) {
    if (!text.empty()) text += ' ';
    text += std::to_string(key.position) + (key.access == KeyAccess::kValue ? ":v" : ":m");
    if (key.also_database != kNoDatabase) text += '@' + std::to_string(key.also_database);
    ++count;
  });
  KeyList list;
  BOOST_TEST(find_keys(*command, words, &list) == (count != 0));
  BOOST_TEST(list.size() == count);
  return text.empty() ? "none" : text;
}

BOOST_AUTO_TEST_CASE(keys_at_fixed_places) {
  BOOST_TEST(keys_of("get a") == "1:v");
  BOOST_TEST(keys_of("del a b c") == "1:m 2:m 3:m");
  BOOST_TEST(keys_of("mget a b") == "1:v 2:v");
  BOOST_TEST(keys_of("mset a 1 b 2") == "1:m 3:m");
  BOOST_TEST(keys_of("rename a b") == "1:v 2:m");
  BOOST_TEST(keys_of("copy a b") == "1:v 2:m");
  BOOST_TEST(keys_of("ping") == "none");
  BOOST_TEST(keys_of("object encoding a") == "2:v");
  BOOST_TEST(keys_of("blpop a b 0") == "1:v 2:v");
  BOOST_TEST(keys_of("sinterstore d a b") == "1:v 2:v 3:v");
  BOOST_TEST(keys_of("lcs a b") == "1:v 2:v");
}

BOOST_AUTO_TEST_CASE(the_index_alone_answers_what_does_not_read_the_value) {
  BOOST_TEST(keys_of("exists a b") == "1:m 2:m");
  BOOST_TEST(keys_of("ttl a") == "1:m");
  BOOST_TEST(keys_of("type a") == "1:m");
  BOOST_TEST(keys_of("set a 1") == "1:m");
  BOOST_TEST(keys_of("set a 1 nx px 100") == "1:m");
  BOOST_TEST(keys_of("set a 1 GET") == "1:v");
  BOOST_TEST(keys_of("setex a 1 b") == "1:m");
  BOOST_TEST(keys_of("expire a 1") == "1:v");
  BOOST_TEST(keys_of("getdel a") == "1:v");
}

BOOST_AUTO_TEST_CASE(counted_keys) {
  BOOST_TEST(keys_of("eval s 2 a b c") == "3:v 4:v");
  BOOST_TEST(keys_of("eval s 0 a") == "none");
  BOOST_TEST(keys_of("eval s 9 a") == "none");
  BOOST_TEST(keys_of("eval s x a") == "none");
  BOOST_TEST(keys_of("eval s -1 a") == "none");
  BOOST_TEST(keys_of("eval s 99999999999999 a") == "none");
  BOOST_TEST(keys_of("zunionstore d 2 a b weights 1 2") == "1:m 3:v 4:v");
  BOOST_TEST(keys_of("zinter 1 a withscores") == "2:v");
  BOOST_TEST(keys_of("blmpop 0 2 a b left") == "3:v 4:v");
}

BOOST_AUTO_TEST_CASE(keys_after_a_word) {
  BOOST_TEST(keys_of("xread count 2 streams a b 0 0") == "4:v 5:v");
  BOOST_TEST(keys_of("xread count 2 a") == "none");
  BOOST_TEST(keys_of("xreadgroup group g c streams a 0") == "5:v");
  BOOST_TEST(keys_of("georadius a 1 2 3 m store b") == "1:v 7:m");
  BOOST_TEST(keys_of("georadius a 1 2 3 m") == "1:v");
}

BOOST_AUTO_TEST_CASE(keys_that_a_finder_knows) {
  BOOST_TEST(keys_of("sort a by x get y limit 0 1 store b store c") == "1:v 12:m");
  BOOST_TEST(keys_of("sort a by store") == "1:v");
  BOOST_TEST(keys_of("sort_ro a") == "1:v");
  BOOST_TEST(keys_of("migrate h 1 a 0 100") == "3:v");
  BOOST_TEST(keys_of("migrate h 1 \"\" 0 100 copy auth keys keys a b") == "10:v 11:v");
  BOOST_TEST(keys_of("migrate h 1 x 0 100 keys a") == "none");
  BOOST_TEST(keys_of("bitfield a get u8 0") == "1:v");
  BOOST_TEST(keys_of("tier demote a b") == "2:m 3:m");
  BOOST_TEST(keys_of("tier demote all") == "none");
  BOOST_TEST(keys_of("tier demote bytes 100") == "none");
  BOOST_TEST(keys_of("tier promote a b") == "2:v 3:v");
}

BOOST_AUTO_TEST_CASE(keys_of_another_database) {
  BOOST_TEST(keys_of("move a 3") == "1:v@3");
  BOOST_TEST(keys_of("move a x") == "1:v");
  BOOST_TEST(keys_of("move a -1") == "1:v");
  BOOST_TEST(keys_of("copy a b db 7") == "1:v 2:m@7");
  BOOST_TEST(keys_of("copy a b REPLACE Db 1 db 2") == "1:v 2:m@2");
  BOOST_TEST(keys_of("copy a b db") == "1:v 2:m");
}

BOOST_AUTO_TEST_CASE(flags_follow_the_arguments) {
  const auto flags = [](std::vector<std::string_view> words) {
    const CommandIndex index(CommandIndex::Include::kAll);
    KeyList keys;
    find_keys(*index.resolve(words), words, &keys);
    return keys.refs()[0].flags;
  };
  using namespace key_flag;
  BOOST_TEST(flags({"set", "a", "b"}) == (kOw | kUpdate));
  BOOST_TEST(flags({"set", "a", "b", "get"}) == (kRw | kAccess | kUpdate));
  BOOST_TEST(flags({"bitfield", "a", "get", "u8", "0"}) == (kRo | kAccess));
  BOOST_TEST(flags({"bitfield", "a", "overflow", "sat", "incrby", "u8", "0", "1"}) ==
             (kRw | kAccess | kUpdate));
  BOOST_TEST(flags({"bitfield", "a", "nope"}) == (kRw | kAccess | kUpdate));
}

BOOST_AUTO_TEST_CASE(a_long_list_of_keys_keeps_its_order) {
  KeyList keys;
  for (uint32_t i = 0; i < 100; ++i) keys.add(i, key_flag::kRo);
  BOOST_TEST(keys.size() == 100u);
  for (uint32_t i = 0; i < 100; ++i) BOOST_TEST(keys.refs()[i].position == i);
  keys.clear();
  keys.add(7, 0);
  BOOST_TEST(keys.refs().size() == 1u);
  BOOST_TEST(keys.refs()[0].position == 7u);
}

}  // namespace
}  // namespace engine
