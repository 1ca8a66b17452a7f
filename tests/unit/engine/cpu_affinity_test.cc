#define BOOST_TEST_MODULE cpu_affinity
#include "engine/cpu_affinity.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "base/clock.h"

namespace engine {
namespace {

// The processors of a list, as a list without ranges; "bad" if it cannot be read.
std::string parsed(std::string_view list) {
  cpu_set_t processors;
  if (!parse_cpu_list(list, &processors)) return "bad";
  std::string text;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &processors)) text += (text.empty() ? "" : ",") + std::to_string(i);
  return text;
}

cpu_set_t current() {
  cpu_set_t processors;
  sched_getaffinity(0, sizeof processors, &processors);
  return processors;
}

int first_of(const cpu_set_t& processors) {
  int first = 0;
  while (!CPU_ISSET(first, &processors)) ++first;
  return first;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_list_has_numbers_ranges_and_steps) {
  BOOST_TEST(parsed("0") == "0");
  BOOST_TEST(parsed("3,1") == "1,3");
  BOOST_TEST(parsed("0,2-5,8-14:2") == "0,2,3,4,5,8,10,12,14");
  BOOST_TEST(parsed("7-7") == "7");
  BOOST_TEST(parsed("1-4:9") == "1");
  BOOST_TEST(parsed("1023") == "1023");
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
  for (const char* list : {"", ",", "0,", ",0", "a", "1-", "-1", "5-2", "1-4:", "1-4:0", "1 ",
                           "1024", "0-1024", "99999999999", "1-2-3", "0x1"})
    BOOST_TEST(parsed(list) == "bad", list);
}

BOOST_AUTO_TEST_CASE(the_loop_leaves_the_processors_of_the_helpers) {
  const cpu_set_t before = current();
  const std::string one = std::to_string(first_of(before));
  base::SystemClock clock;
  base::Logger log(&clock);
  Options options;
  options.bio_cpulist = one;
  ThreadPlacement placement(options, &log);
  const cpu_set_t helpers = current();
  BOOST_TEST(CPU_COUNT(&helpers) == 1);
  placement.place_loop();
  cpu_set_t loop = current();
  BOOST_TEST(CPU_EQUAL(&loop, &before));

  options.server_cpulist = one;
  placement.place_loop();
  loop = current();
  BOOST_TEST(CPU_COUNT(&loop) == 1);
  options.server_cpulist = "no such list";
  placement.place_loop();
  loop = current();
  BOOST_TEST(CPU_EQUAL(&loop, &before));
}

}  // namespace engine
