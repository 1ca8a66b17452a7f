#define BOOST_TEST_MODULE info
#include "engine/info.h"

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <vector>

using engine::human_bytes;
using engine::InfoSelection;
using engine::select_info_sections;

namespace {

uint32_t selected(std::initializer_list<std::string_view> words) {
  const std::vector<std::string_view> list(words);
  return select_info_sections(list).sections;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_word_selects_the_default) {
  BOOST_TEST(selected({}) == selected({"default"}));
  BOOST_TEST(selected({}) != 0u);
}

BOOST_AUTO_TEST_CASE(counters_of_commands_are_not_in_the_default) {
  BOOST_TEST((selected({}) & selected({"commandstats"})) == 0u);
  BOOST_TEST((selected({}) & selected({"latencystats"})) == 0u);
  BOOST_TEST((selected({"all"}) & selected({"commandstats"})) != 0u);
  BOOST_TEST(selected({"all"}) == selected({"everything"}));
  BOOST_TEST((selected({}) & selected({"tier", "ring"})) == selected({"tier", "ring"}));
}

BOOST_AUTO_TEST_CASE(several_names_add_up_in_either_case) {
  BOOST_TEST(selected({"Memory", "CLIENTS"}) == (selected({"memory"}) | selected({"clients"})));
  BOOST_TEST(selected({"default", "commandstats"}) == (selected({}) | selected({"commandstats"})));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_selects_nothing) {
  BOOST_TEST(selected({"nosuch"}) == 0u);
  BOOST_TEST(selected({"nosuch", "cpu"}) == selected({"cpu"}));
}

BOOST_AUTO_TEST_CASE(sizes_are_shown_as_redis_shows_them) {
  BOOST_TEST(human_bytes(0) == "0B");
  BOOST_TEST(human_bytes(1023) == "1023B");
  BOOST_TEST(human_bytes(1536) == "1.50K");
  BOOST_TEST(human_bytes(25276510208) == "23.54G");
}
