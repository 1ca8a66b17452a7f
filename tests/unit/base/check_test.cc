#define BOOST_TEST_MODULE check
#include "base/check.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <string>

namespace {

struct Failed {
  std::string message;
};

// What a failed check tells the hook, which here leaves instead of letting the process end.
template <class Body>
std::string message_of(const Body& body) {
  base::set_check_failure_hook([](const char* message) { throw Failed{message}; });
  try {
    body();
  } catch (const Failed& failed) {
    return failed.message.substr(failed.message.rfind('/') + 1);
  }
  base::set_check_failure_hook(nullptr);
  return {};
}

enum class Colour { kRed = 3 };
struct Opaque {
  bool operator==(const Opaque&) const { return false; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_condition_that_holds_says_nothing) {
  int evaluations = 0;
  BOOST_TEST(message_of([&] {
               CHECK(++evaluations == 1);
               CHECK_EQ(++evaluations, 2);
               CHECK_NE(1, 2);
               CHECK_LT(1, 2);
               CHECK_LE(2, 2);
               CHECK_GT(2, 1);
               CHECK_GE(2, 2);
             }).empty());
  BOOST_TEST(evaluations == 2);
}

BOOST_AUTO_TEST_CASE(a_failed_check_names_its_place_its_condition_and_both_values) {
  const int line = __LINE__ + 1;
  const std::string plain = message_of([] { CHECK(1 > 2); });
  BOOST_TEST(plain == fmt::format("check_test.cc:{}: CHECK failed: 1 > 2", line));
  const int seven = 7;
  const std::string equal = message_of([&] { CHECK_EQ(seven, 8); });
  BOOST_TEST(equal.ends_with("CHECK failed: seven == 8 (7 against 8)"));
  BOOST_TEST(message_of([&] { CHECK_NE(seven, 7); }).ends_with("seven != 7 (7 against 7)"));
  BOOST_TEST(message_of([&] { CHECK_LT(seven, 7); }).ends_with("seven < 7 (7 against 7)"));
  BOOST_TEST(message_of([&] { CHECK_LE(seven, 6); }).ends_with("seven <= 6 (7 against 6)"));
  BOOST_TEST(message_of([&] { CHECK_GT(seven, 7); }).ends_with("seven > 7 (7 against 7)"));
  BOOST_TEST(message_of([&] { CHECK_GE(seven, 8); }).ends_with("seven >= 8 (7 against 8)"));
}

BOOST_AUTO_TEST_CASE(values_of_any_type_can_be_compared) {
  const std::string text = "a";
  BOOST_TEST(message_of([&] { CHECK_EQ(text, "b"); }).ends_with("(a against b)"));
  const Colour red = Colour::kRed;
  BOOST_TEST(message_of([&] { CHECK_NE(red, Colour::kRed); }).ends_with("(3 against 3)"));
  const Opaque opaque;
  BOOST_TEST(message_of([&] { CHECK_EQ(opaque, Opaque{}); }).ends_with("(? against ?)"));
}

BOOST_AUTO_TEST_CASE(a_failed_check_ends_the_process_after_the_hook_ran_once) {
  int pipe_ends[2];
  BOOST_REQUIRE_EQUAL(pipe(pipe_ends), 0);
  static int hook_end;
  hook_end = pipe_ends[1];
  const pid_t child = fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGABRT, SIG_DFL);
    base::set_check_failure_hook([](const char* message) {
      static int calls = 0;
      if (++calls > 1) _exit(1);
      if (write(hook_end, message + std::string(message).find("CHECK"), 13) != 13) _exit(1);
      CHECK(false);  // The hook itself fails: that must not call it again.
    });
    CHECK(false);
    _exit(0);
  }
  close(pipe_ends[1]);
  char text[64];
  const ssize_t first = read(pipe_ends[0], text, sizeof text);
  BOOST_TEST(std::string(text, static_cast<size_t>(first)) == "CHECK failed:");
  BOOST_TEST(read(pipe_ends[0], text, sizeof text) == 0);
  close(pipe_ends[0]);
  int status = 0;
  BOOST_REQUIRE_EQUAL(waitpid(child, &status, 0), child);
  BOOST_TEST(WIFSIGNALED(status));
  BOOST_TEST(WTERMSIG(status) == SIGABRT);
}
