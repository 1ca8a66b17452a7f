#define BOOST_TEST_MODULE log
#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace base;

namespace {

struct Fixture {
  Fixture() {
    setenv("TZ", "UTC", 1);
    tzset();
    char name[] = "/tmp/basalt-log-XXXXXX";
    BOOST_REQUIRE(mkdtemp(name) != nullptr);
    directory = name;
    path = directory + "/log";
    BOOST_REQUIRE(log.open(path).ok());
  }
  ~Fixture() { std::filesystem::remove_all(directory); }

  static std::string content(const std::string& of) {
    std::ifstream file(of);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string prefix() { return std::to_string(getpid()) + ":M 20 Nov 2026 10:50:25.123 "; }

  std::string directory;
  std::string path;
  SimClock clock{1'795'171'825'123'456};
  Logger log{&clock};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(lines_are_written_as_redis_writes_them, Fixture) {
  log.set_level(LogLevel::kDebug);
  log.debug("one {}", 1);
  log.verbose("two");
  log.notice("three {}", "words");
  log.warning("four");
  BOOST_TEST(content(path) == prefix() + ". one 1\n" + prefix() + "- two\n" + prefix() +
                                  "* three words\n" + prefix() + "# four\n");
}

BOOST_FIXTURE_TEST_CASE(lines_below_the_level_are_not_written, Fixture) {
  BOOST_TEST((log.level() == LogLevel::kNotice));
  BOOST_TEST(!log.enabled(LogLevel::kVerbose));
  log.verbose("no");
  log.write(LogLevel::kDebug, "no");
  log.notice("yes");
  log.set_level(LogLevel::kWarning);
  log.notice("no");
  log.warning("yes");
  BOOST_TEST(content(path) == prefix() + "* yes\n" + prefix() + "# yes\n");
}

BOOST_FIXTURE_TEST_CASE(a_file_is_appended_to_and_kept_when_another_cannot_be_opened, Fixture) {
  log.notice("first");
  BOOST_TEST(!log.open(directory + "/none/log").ok());
  log.notice("second");
  BOOST_REQUIRE(log.open(directory + "/other").ok());
  log.notice("third");
  BOOST_REQUIRE(log.open(path).ok());
  log.notice("fourth");
  BOOST_TEST(content(path) ==
             prefix() + "* first\n" + prefix() + "* second\n" + prefix() + "* fourth\n");
  BOOST_TEST(content(directory + "/other") == prefix() + "* third\n");
}
