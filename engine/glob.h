// Glob patterns as KEYS, SCAN MATCH, CONFIG GET, ACL rules and PSUBSCRIBE understand them.
//
//   ?       one byte            [abc]  one of these         [^a-z]  one outside of a range
//   *       any bytes           \x     x itself
//
// The result is that of Redis 7.0's stringmatchlen for every pattern, malformed ones included (an
// unterminated class ends with the pattern; a pattern that is not empty never matches an empty
// text, not even "*"). Unlike it, the time is at most proportional to pattern times text and the
// stack depth is constant: only the last '*' is ever tried again, because a match that an earlier
// one could find by taking more, the last one finds too.

#ifndef BASALT_ENGINE_GLOB_H_
#define BASALT_ENGINE_GLOB_H_

#include <string_view>

namespace engine {

bool glob_match(std::string_view pattern, std::string_view text);
// Letters A-Z and a-z are equal; other bytes are themselves.
bool glob_match_nocase(std::string_view pattern, std::string_view text);

// True when the pattern can match only the text equal to itself: no *, ?, [ or backslash in it.
bool glob_is_literal(std::string_view pattern);

}  // namespace engine

#endif  // BASALT_ENGINE_GLOB_H_
