#include "engine/glob.h"

#include <utility>

namespace engine {
namespace {

int lowered(int c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

// Bytes compare as signed chars, which decides what a range such as [a-\xff] holds.
int byte_at(std::string_view text, size_t index) {
  return static_cast<int>(static_cast<signed char>(text[index]));
}

template <bool kNocase>
bool equal(int a, int b) {
  return kNocase ? lowered(a) == lowered(b) : a == b;
}

// Whether `c` is in the class whose '[' stands at `*at`; moves `*at` behind the class.
template <bool kNocase>
bool in_class(std::string_view pattern, size_t* at, int c) {
  size_t i = *at + 1;
  const bool negated = i < pattern.size() && pattern[i] == '^';
  if (negated) ++i;
  bool found = false;
  for (; i < pattern.size() && pattern[i] != ']'; ++i) {
    const size_t left = pattern.size() - i;
    if (pattern[i] == '\\' && left >= 2) {
      ++i;
      if (byte_at(pattern, i) == c) found = true;  // Never folded.
    } else if (left >= 3 && pattern[i + 1] == '-') {
      int low = byte_at(pattern, i);
      int high = byte_at(pattern, i + 2);
      if (low > high) std::swap(low, high);
      const int folded = kNocase ? lowered(c) : c;
      if (kNocase) {
        low = lowered(low);
        high = lowered(high);
      }
      if (folded >= low && folded <= high) found = true;
      i += 2;
    } else if (equal<kNocase>(byte_at(pattern, i), c)) {
      found = true;
    }
  }
  *at = i < pattern.size() ? i + 1 : i;
  return found != negated;
}

// Whether the element at `*at`, which is no '*', takes `c`; moves `*at` behind it if it does.
template <bool kNocase>
bool take_one(std::string_view pattern, size_t* at, int c) {
  const char element = pattern[*at];
  if (element == '[') return in_class<kNocase>(pattern, at, c);
  if (element == '\\' && *at + 1 < pattern.size()) ++*at;
  if (element != '?' && !equal<kNocase>(byte_at(pattern, *at), c)) return false;
  ++*at;
  return true;
}

template <bool kNocase>
bool match(std::string_view pattern, std::string_view text) {
  if (text.empty()) return pattern.empty();
  constexpr size_t kNone = std::string_view::npos;
  size_t p = 0;
  size_t t = 0;
  size_t after_star = kNone;  // The pattern behind the last '*', and where its try began.
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      while (p < pattern.size() && pattern[p] == '*') ++p;
      if (p == pattern.size()) return true;
      after_star = p;
      star_text = t;
      continue;
    }
    size_t next = p;
    if (p < pattern.size() && take_one<kNocase>(pattern, &next, byte_at(text, t))) {
      p = next;
      ++t;
      continue;
    }
    if (after_star == kNone) return false;
    p = after_star;
    t = ++star_text;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  return match<false>(pattern, text);
}

bool glob_match_nocase(std::string_view pattern, std::string_view text) {
  return match<true>(pattern, text);
}

bool glob_is_literal(std::string_view pattern) {
  return pattern.find_first_of("*?[\\") == std::string_view::npos;
}

}  // namespace engine
