#define BOOST_TEST_MODULE command_table
#include "engine/command_table.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "engine/command_metadata.h"

namespace engine {
namespace {

BOOST_AUTO_TEST_CASE(every_row_has_its_documentation) {
  size_t documented = 0;
  for (const CommandGroup& group : command_groups()) documented += group.commands.size();
  BOOST_TEST(documented == all_commands().size());
  std::set<std::string_view> names;
  for (const Command& command : all_commands()) {
    BOOST_TEST(documentation(command).metadata->full_name == command.full_name);
    BOOST_TEST(names.insert(command.full_name).second, command.full_name);
  }
}

BOOST_AUTO_TEST_CASE(a_container_is_followed_by_its_subcommands) {
  size_t subs = 0;
  for (const Command& command : all_commands()) {
    BOOST_TEST(all_commands()[command.id].full_name == command.full_name);
    for (const Command& sub : subcommands(command)) {
      BOOST_TEST(sub.container_id == command.id);
      ++subs;
    }
  }
  BOOST_TEST(subs > 100u);
}

BOOST_AUTO_TEST_CASE(categories_are_found_by_name) {
  BOOST_TEST(acl_category_by_name("KEYSPACE") == acl_category::kKeyspace);
  BOOST_TEST(acl_category_by_name("scripting") == acl_category::kScripting);
  BOOST_TEST(acl_category_by_name("dangerous") == acl_category::kDangerous);
  BOOST_TEST(acl_category_by_name("nope") == 0u);
}

}  // namespace
}  // namespace engine
