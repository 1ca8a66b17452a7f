// The syntax of redis.conf lines: words, quotes and escapes.

#ifndef BASALT_ENGINE_CONFIG_SYNTAX_H_
#define BASALT_ENGINE_CONFIG_SYNTAX_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// The words of a line (resp/split_arguments.h); nothing when its quotes are unbalanced.
std::optional<std::vector<std::string>> split_words(std::string_view line);

// The text in double quotes with escapes, so that split_words() gives it back (sdscatrepr).
std::string quoted(std::string_view text);

// Without blanks, tabs and line ends on both sides.
std::string_view trimmed(std::string_view text);

std::string lower_case(std::string_view text);
// Letters A-Z and a-z are equal.
bool equal_nocase(std::string_view a, std::string_view b);

}  // namespace engine

#endif  // BASALT_ENGINE_CONFIG_SYNTAX_H_
