// Splits a line into arguments with Redis's quoting: inline commands and lines of redis.conf.
//
// Arguments stand between blanks. "..." knows \xHH \n \r \t \b \a and \c for any other c; '...'
// knows only \'. A closing quote is followed by a blank or the end. A quote may open in the middle
// of an argument: a"b c" is one argument, ab c. (sdssplitargs of Redis 7.0.)

#ifndef BASALT_RESP_SPLIT_ARGUMENTS_H_
#define BASALT_RESP_SPLIT_ARGUMENTS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace resp {

// Appends the arguments of `line` to `arguments`. A NUL byte ends the line. False, and `arguments`
// untouched, when the quotes are unbalanced.
bool split_arguments(std::string_view line, std::vector<std::string>* arguments);

// The most arguments that a line of `bytes` can have.
inline size_t split_arguments_max(size_t bytes) { return (bytes + 1) / 2; }

// The same without allocating: decodes into `text` (line.size() bytes) and writes views of it to
// `arguments` (split_arguments_max slots). Returns their number, nothing when unbalanced.
std::optional<size_t> split_arguments(std::string_view line, char* text,
                                      std::string_view* arguments);

}  // namespace resp

#endif  // BASALT_RESP_SPLIT_ARGUMENTS_H_
