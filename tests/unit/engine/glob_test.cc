#define BOOST_TEST_MODULE glob
#include "engine/glob.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "base/random.h"

namespace engine {
namespace {

int lower(int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

// Redis's algorithm in its plain recursive form, on texts that end with a zero byte.
bool naive(const char* p, int p_left, const char* s, int s_left, bool nocase) {
  while (p_left != 0 && s_left != 0) {
    if (*p == '*') {
      while (p_left > 1 && p[1] == '*') ++p, --p_left;
      if (p_left == 1) return true;
      for (; s_left != 0; ++s, --s_left)
        if (naive(p + 1, p_left - 1, s, s_left, nocase)) return true;
      return false;
    }
    if (*p == '[') {
      ++p, --p_left;
      const bool negated = p_left > 0 && *p == '^';
      if (negated) ++p, --p_left;
      bool found = false;
      while (true) {
        if (p_left >= 2 && *p == '\\') {
          ++p, --p_left;
          if (*p == *s) found = true;
        } else if (p_left == 0) {
          --p, ++p_left;
          break;
        } else if (*p == ']') {
          break;
        } else if (p_left >= 3 && p[1] == '-') {
          int from = p[0];
          int to = p[2];
          int c = *s;
          if (from > to) std::swap(from, to);
          if (nocase) from = lower(from), to = lower(to), c = lower(c);
          p += 2, p_left -= 2;
          if (c >= from && c <= to) found = true;
        } else if (nocase ? lower(*p) == lower(*s) : *p == *s) {
          found = true;
        }
        ++p, --p_left;
      }
      if (found == negated) return false;
    } else if (*p != '?') {
      if (*p == '\\' && p_left >= 2) ++p, --p_left;
      if (nocase ? lower(*p) != lower(*s) : *p != *s) return false;
    }
    ++s, --s_left;
    ++p, --p_left;
    if (s_left == 0) {
      while (p_left != 0 && *p == '*') ++p, --p_left;
      break;
    }
  }
  return p_left == 0 && s_left == 0;
}

bool naive(const std::string& pattern, const std::string& text, bool nocase) {
  return naive(pattern.c_str(), static_cast<int>(pattern.size()), text.c_str(),
               static_cast<int>(text.size()), nocase);
}

std::string random_text(base::Random& random, std::string_view alphabet, uint64_t bytes_max) {
  std::string text(random.below(bytes_max + 1), ' ');
  for (char& c : text) c = alphabet[random.below(alphabet.size())];
  return text;
}

BOOST_AUTO_TEST_CASE(patterns_match_as_documented) {
  BOOST_TEST(glob_match("h?llo", "hallo"));
  BOOST_TEST(glob_match("h*llo", "heeeello"));
  BOOST_TEST(glob_match("h[ae]llo", "hello"));
  BOOST_TEST(!glob_match("h[ae]llo", "hillo"));
  BOOST_TEST(glob_match("h[^e]llo", "hallo"));
  BOOST_TEST(!glob_match("h[^e]llo", "hello"));
  BOOST_TEST(glob_match("h[a-b]llo", "hbllo"));
  BOOST_TEST(glob_match("h\\?llo", "h?llo"));
  BOOST_TEST(!glob_match("h\\?llo", "hallo"));
  BOOST_TEST(glob_match("a**", "a"));
  BOOST_TEST(!glob_match("hello", "HELLO"));
  BOOST_TEST(glob_match_nocase("h[A-C]l*", "HBLLO"));
  BOOST_TEST(glob_match(std::string_view("a\0*", 3), std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(an_empty_text_matches_the_empty_pattern_only) {
  BOOST_TEST(glob_match("", ""));
  BOOST_TEST(!glob_match("*", ""));
  BOOST_TEST(!glob_match("", "a"));
}

BOOST_AUTO_TEST_CASE(malformed_patterns_end_with_the_pattern) {
  BOOST_TEST(glob_match("[ab", "a"));
  BOOST_TEST(!glob_match("[ab", "c"));
  BOOST_TEST(!glob_match("[", "a"));
  BOOST_TEST(glob_match("[^", "a"));
  BOOST_TEST(glob_match("a\\", "a\\"));
  BOOST_TEST(glob_match("[a-", "-"));
}

BOOST_AUTO_TEST_CASE(literals_are_told_from_patterns) {
  BOOST_TEST(glob_is_literal("maxmemory"));
  BOOST_TEST(!glob_is_literal("max*"));
  BOOST_TEST(!glob_is_literal("a\\b"));
}

BOOST_AUTO_TEST_CASE(random_patterns_match_as_the_recursive_algorithm_says) {
  constexpr uint64_t kSeed = 20261120;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  base::Random random(kSeed);
  int matches = 0;
  for (int i = 0; i < 400'000; ++i) {
    const std::string pattern = random_text(random, "aAbBz**??[]^-\\\xe4\x10", 9);
    const std::string text = random_text(random, "aAbBzZ[]^-\\\xe4\x10", 9);
    const bool nocase = random.below(2) == 0;
    const bool expected = naive(pattern, text, nocase);
    matches += expected ? 1 : 0;
    const bool found = nocase ? glob_match_nocase(pattern, text) : glob_match(pattern, text);
    if (found != expected) BOOST_FAIL("pattern <" + pattern + "> text <" + text + ">");
  }
  BOOST_TEST(matches > 1000);
}

BOOST_AUTO_TEST_CASE(many_stars_take_no_exponential_time) {
  std::string pattern;
  for (int i = 0; i < 5000; ++i) pattern += "a*";
  pattern += "b";
  const std::string text(20'000, 'a');
  BOOST_TEST(!glob_match(pattern, text));
  BOOST_TEST(!glob_match_nocase(pattern, text));
}

}  // namespace
}  // namespace engine
