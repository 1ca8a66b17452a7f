#define BOOST_TEST_MODULE command_index
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/command_table.h"

namespace engine {
namespace {

const CommandIndex& everything() {
  static const CommandIndex index(CommandIndex::Include::kAll);
  return index;
}

const Command* resolve(std::vector<std::string_view> words) { return everything().resolve(words); }

std::string mixed_case(std::string_view name, base::Random& random) {
  std::string text(name);
  for (char& c : text)
    if (c >= 'a' && c <= 'z' && random.below(2) == 0) c = static_cast<char>(c - 32);
  return text;
}

BOOST_AUTO_TEST_CASE(every_command_is_found_in_any_case) {
  base::Random random(7);
  for (const Command& command : all_commands()) {
    if (command.is_subcommand()) {
      const Command& container = all_commands()[command.container_id];
      const std::string sub = mixed_case(command.name, random);
      BOOST_TEST(find_subcommand(container, sub) == &command, command.full_name);
      BOOST_TEST(everything().find(command.full_name) == nullptr);
      BOOST_TEST(everything().find_full_name(command.full_name) == &command);
    } else {
      const std::string name = mixed_case(command.full_name, random);
      BOOST_TEST(everything().find(name) == &command, command.full_name);
    }
  }
}

BOOST_AUTO_TEST_CASE(names_that_differ_in_any_byte_are_not_found) {
  for (const Command& command : all_commands()) {
    if (command.is_subcommand()) continue;
    std::string name(command.full_name);
    for (size_t i = 0; i < name.size(); ++i) {
      for (const int flip : {0x20, 0x80, 0x01, 0x40}) {
        std::string other = name;
        other[i] = static_cast<char>(other[i] ^ flip);
        const Command* const found = everything().find(other);
        const bool is_letter_case = flip == 0x20 && name[i] >= 'a' && name[i] <= 'z';
        if (is_letter_case) {
          BOOST_TEST(found == &command);
        } else {
          BOOST_TEST(found != &command, other);
        }
      }
    }
    BOOST_TEST(everything().find(name + "x") != &command);
    BOOST_TEST(everything().find(name.substr(1)) != &command);
  }
  BOOST_TEST(everything().find("") == nullptr);
  BOOST_TEST(everything().find(std::string(10'000, 'a')) == nullptr);
}

BOOST_AUTO_TEST_CASE(words_resolve_to_commands_and_subcommands) {
  BOOST_TEST(resolve({"GET", "key"})->full_name == "get");
  BOOST_TEST(resolve({"config", "SET", "a", "b"})->full_name == "config|set");
  BOOST_TEST(resolve({"config"})->full_name == "config");
  BOOST_TEST(resolve({"config", "nope"}) == nullptr);
  BOOST_TEST(resolve({"command"})->full_name == "command");
  BOOST_TEST(resolve({"command", "count"})->full_name == "command|count");
  BOOST_TEST(resolve({"nope"}) == nullptr);
  BOOST_TEST(!resolve({"config"})->arity_fits(1));
  BOOST_TEST(resolve({"get", "a"})->arity_fits(2));
  BOOST_TEST(!resolve({"get", "a"})->arity_fits(3));
  BOOST_TEST(resolve({"mget", "a"})->arity_fits(100));
}

BOOST_AUTO_TEST_CASE(errors_of_unknown_commands_are_those_of_redis) {
  const auto text = [](std::vector<std::string_view> words) {
    return everything().unknown_command_error(words);
  };
  BOOST_TEST(text({"foo"}) == "unknown command 'foo', with args beginning with: ");
  BOOST_TEST(text({"foo", "a", "b\r\nc"}) ==
             "unknown command 'foo', with args beginning with: 'a' 'b  c' ");
  BOOST_TEST(text({"config", "foo"}) == "unknown subcommand 'foo'. Try CONFIG HELP.");
  const std::string text_200(200, 'x');
  BOOST_TEST(text({text_200, text_200, text_200}) == "unknown command '" + std::string(128, 'x') +
                                                         "', with args beginning with: '" +
                                                         std::string(128, 'x') + "' ");
  BOOST_TEST(wrong_arity_error(*resolve({"config", "set"})) ==
             "wrong number of arguments for 'config|set' command");
}

BOOST_AUTO_TEST_CASE(a_command_can_be_renamed_or_removed) {
  CommandIndex index(CommandIndex::Include::kAll);
  const size_t count = index.commands().size();
  BOOST_TEST(index.rename("nope", "x") == "No such command in rename-command");
  BOOST_TEST(index.rename("get", "set") == "Target command name already exists");
  const std::string long_name = "config-" + std::string(40, 'x');
  BOOST_TEST(index.rename("CONFIG", long_name) == "");
  BOOST_TEST(index.find("config") == nullptr);
  BOOST_TEST(index.find(long_name)->full_name == "config");
  std::string other = long_name;
  other[20] = 'y';
  BOOST_TEST(index.find(other) == nullptr);
  BOOST_TEST(index.commands().size() == count);
  BOOST_TEST(index.rename("flushall", "") == "");
  BOOST_TEST(index.find("flushall") == nullptr);
  BOOST_TEST(index.commands().size() == count - 1);
  BOOST_TEST(index.rename("get", "GET") == "");
  BOOST_TEST(index.find("get") != nullptr);
}

BOOST_AUTO_TEST_CASE(only_implemented_commands_are_known_to_clients) {
  const CommandIndex index;
  for (const Command& command : all_commands()) {
    if (command.is_subcommand()) continue;
    BOOST_TEST((index.find(command.full_name) != nullptr) == is_implemented(command),
               command.full_name);
  }
}

BOOST_AUTO_TEST_CASE(renames_leave_all_other_commands_where_they_were) {
  CommandIndex index(CommandIndex::Include::kAll);
  base::Random random(3);
  // Each changes the places of names that had to step aside.
  std::vector<const Command*> renamed;
  for (const Command& command : all_commands())
    if (!command.is_subcommand() && random.one_in(2)) renamed.push_back(&command);
  BOOST_TEST(renamed.size() > 50u);
  for (const Command* const command : renamed)
    BOOST_TEST(index.rename(command->full_name, "my-" + std::string(command->full_name)) == "");
  for (const Command& command : all_commands()) {
    if (command.is_subcommand()) continue;
    const bool is_renamed = std::find(renamed.begin(), renamed.end(), &command) != renamed.end();
    const std::string other = "my-" + std::string(command.full_name);
    BOOST_TEST(index.find(is_renamed ? other : command.full_name) == &command, other);
    BOOST_TEST(index.find(is_renamed ? command.full_name : other) == nullptr, other);
  }
}

BOOST_AUTO_TEST_CASE(a_renamed_container_keeps_its_subcommands) {
  CommandIndex index(CommandIndex::Include::kAll);
  BOOST_TEST(index.rename("config", "settings") == "");
  const std::vector<std::string_view> words = {"SETTINGS", "get", "a"};
  BOOST_TEST(index.resolve(words)->full_name == "config|get");
  BOOST_TEST(index.find_full_name("settings|get")->full_name == "config|get");
  BOOST_TEST(index.find_full_name("config|get") == nullptr);
  BOOST_TEST(index.find_full_name("settings|nope") == nullptr);
  BOOST_TEST(index.find_full_name("get|nope") == nullptr);
  BOOST_TEST(index.unknown_command_error(std::vector<std::string_view>{"settings", "x"}) ==
             "unknown subcommand 'x'. Try SETTINGS HELP.");
}

BOOST_AUTO_TEST_CASE(a_zero_byte_ends_what_an_error_shows) {
  const std::string name("fo\0o", 4);
  const std::string argument("a\0b", 3);
  BOOST_TEST(everything().unknown_command_error(std::vector<std::string_view>{name, argument}) ==
             "unknown command 'fo', with args beginning with: 'a' ");
}

}  // namespace
}  // namespace engine
