// COMMAND DOCS: sorted sets. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kBzmpopArguments[] = {
    {.name = "timeout", .type = kDouble},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "where", .type = kOneOf},
    {.depth = 1, .name = "min", .type = kPureToken, .token = "MIN"},
    {.depth = 1, .name = "max", .type = kPureToken, .token = "MAX"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandChange kBzpopmaxHistory[] = {
    {"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
};
constexpr CommandArgument kBzpopmaxArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "timeout", .type = kDouble},
};
constexpr CommandChange kBzpopminHistory[] = {
    {"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
};
constexpr CommandArgument kBzpopminArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "timeout", .type = kDouble},
};
constexpr CommandChange kZaddHistory[] = {
    {"2.4.0", "Accepts multiple elements."},
    {"3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."},
    {"6.2.0", "Added the `GT` and `LT` options."},
};
constexpr CommandArgument kZaddArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .since = "3.0.2"},
    {.depth = 1, .name = "nx", .type = kPureToken, .token = "NX"},
    {.depth = 1, .name = "xx", .type = kPureToken, .token = "XX"},
    {.name = "comparison", .type = kOneOf, .flags = kOptional, .since = "6.2.0"},
    {.depth = 1, .name = "gt", .type = kPureToken, .token = "GT"},
    {.depth = 1, .name = "lt", .type = kPureToken, .token = "LT"},
    {.name = "change", .type = kPureToken, .flags = kOptional, .token = "CH", .since = "3.0.2"},
    {.name = "increment",
     .type = kPureToken,
     .flags = kOptional,
     .token = "INCR",
     .since = "3.0.2"},
    {.name = "score_member", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "score", .type = kDouble},
    {.depth = 1, .name = "member"},
};
constexpr CommandArgument kZcardArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kZcountArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "min", .type = kDouble},
    {.name = "max", .type = kDouble},
};
constexpr CommandArgument kZdiffArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "withscores", .type = kPureToken, .flags = kOptional, .token = "WITHSCORES"},
};
constexpr CommandArgument kZdiffstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec_index = 0},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 1},
};
constexpr CommandArgument kZincrbyArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "increment", .type = kInteger},
    {.name = "member"},
};
constexpr CommandArgument kZinterArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "weight", .type = kInteger, .flags = kOptional | kMultiple, .token = "WEIGHTS"},
    {.name = "aggregate", .type = kOneOf, .flags = kOptional, .token = "AGGREGATE"},
    {.depth = 1, .name = "sum", .type = kPureToken, .token = "SUM"},
    {.depth = 1, .name = "min", .type = kPureToken, .token = "MIN"},
    {.depth = 1, .name = "max", .type = kPureToken, .token = "MAX"},
    {.name = "withscores", .type = kPureToken, .flags = kOptional, .token = "WITHSCORES"},
};
constexpr CommandArgument kZintercardArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "limit", .type = kInteger, .flags = kOptional, .token = "LIMIT"},
};
constexpr CommandArgument kZinterstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec_index = 0},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 1},
    {.name = "weight", .type = kInteger, .flags = kOptional | kMultiple, .token = "WEIGHTS"},
    {.name = "aggregate", .type = kOneOf, .flags = kOptional, .token = "AGGREGATE"},
    {.depth = 1, .name = "sum", .type = kPureToken, .token = "SUM"},
    {.depth = 1, .name = "min", .type = kPureToken, .token = "MIN"},
    {.depth = 1, .name = "max", .type = kPureToken, .token = "MAX"},
};
constexpr CommandArgument kZlexcountArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "min"},
    {.name = "max"},
};
constexpr CommandArgument kZmpopArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "where", .type = kOneOf},
    {.depth = 1, .name = "min", .type = kPureToken, .token = "MIN"},
    {.depth = 1, .name = "max", .type = kPureToken, .token = "MAX"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandArgument kZmscoreArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member", .flags = kMultiple},
};
constexpr CommandArgument kZpopmaxArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "count", .type = kInteger, .flags = kOptional},
};
constexpr CommandArgument kZpopminArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "count", .type = kInteger, .flags = kOptional},
};
constexpr CommandArgument kZrandmemberArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "options", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "count", .type = kInteger},
    {.depth = 1,
     .name = "withscores",
     .type = kPureToken,
     .flags = kOptional,
     .token = "WITHSCORES"},
};
constexpr CommandChange kZrangeHistory[] = {
    {"6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."},
};
constexpr CommandArgument kZrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "start"},
    {.name = "stop"},
    {.name = "sortby", .type = kOneOf, .flags = kOptional, .since = "6.2.0"},
    {.depth = 1, .name = "byscore", .type = kPureToken, .token = "BYSCORE"},
    {.depth = 1, .name = "bylex", .type = kPureToken, .token = "BYLEX"},
    {.name = "rev", .type = kPureToken, .flags = kOptional, .token = "REV", .since = "6.2.0"},
    {.name = "offset_count",
     .type = kBlock,
     .flags = kOptional,
     .token = "LIMIT",
     .since = "6.2.0"},
    {.depth = 1, .name = "offset", .type = kInteger},
    {.depth = 1, .name = "count", .type = kInteger},
    {.name = "withscores", .type = kPureToken, .flags = kOptional, .token = "WITHSCORES"},
};
constexpr CommandArgument kZrangebylexArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "min"},
    {.name = "max"},
    {.name = "offset_count", .type = kBlock, .flags = kOptional, .token = "LIMIT"},
    {.depth = 1, .name = "offset", .type = kInteger},
    {.depth = 1, .name = "count", .type = kInteger},
};
constexpr CommandChange kZrangebyscoreHistory[] = {
    {"2.0.0", "Added the `WITHSCORES` modifier."},
};
constexpr CommandArgument kZrangebyscoreArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "min", .type = kDouble},
    {.name = "max", .type = kDouble},
    {.name = "withscores",
     .type = kPureToken,
     .flags = kOptional,
     .token = "WITHSCORES",
     .since = "2.0.0"},
    {.name = "offset_count", .type = kBlock, .flags = kOptional, .token = "LIMIT"},
    {.depth = 1, .name = "offset", .type = kInteger},
    {.depth = 1, .name = "count", .type = kInteger},
};
constexpr CommandArgument kZrangestoreArguments[] = {
    {.name = "dst", .type = kKey, .key_spec_index = 0},
    {.name = "src", .type = kKey, .key_spec_index = 1},
    {.name = "min"},
    {.name = "max"},
    {.name = "sortby", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "byscore", .type = kPureToken, .token = "BYSCORE"},
    {.depth = 1, .name = "bylex", .type = kPureToken, .token = "BYLEX"},
    {.name = "rev", .type = kPureToken, .flags = kOptional, .token = "REV"},
    {.name = "offset_count", .type = kBlock, .flags = kOptional, .token = "LIMIT"},
    {.depth = 1, .name = "offset", .type = kInteger},
    {.depth = 1, .name = "count", .type = kInteger},
};
constexpr CommandArgument kZrankArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member"},
};
constexpr CommandChange kZremHistory[] = {
    {"2.4.0", "Accepts multiple elements."},
};
constexpr CommandArgument kZremArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member", .flags = kMultiple},
};
constexpr CommandArgument kZremrangebylexArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "min"},
    {.name = "max"},
};
constexpr CommandArgument kZremrangebyrankArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "start", .type = kInteger},
    {.name = "stop", .type = kInteger},
};
constexpr CommandArgument kZremrangebyscoreArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "min", .type = kDouble},
    {.name = "max", .type = kDouble},
};
constexpr CommandArgument kZrevrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "start", .type = kInteger},
    {.name = "stop", .type = kInteger},
    {.name = "withscores", .type = kPureToken, .flags = kOptional, .token = "WITHSCORES"},
};
constexpr CommandArgument kZrevrangebylexArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "max"},
    {.name = "min"},
    {.name = "offset_count", .type = kBlock, .flags = kOptional, .token = "LIMIT"},
    {.depth = 1, .name = "offset", .type = kInteger},
    {.depth = 1, .name = "count", .type = kInteger},
};
constexpr CommandChange kZrevrangebyscoreHistory[] = {
    {"2.1.6", "`min` and `max` can be exclusive."},
};
constexpr CommandArgument kZrevrangebyscoreArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "max", .type = kDouble},
    {.name = "min", .type = kDouble},
    {.name = "withscores", .type = kPureToken, .flags = kOptional, .token = "WITHSCORES"},
    {.name = "offset_count", .type = kBlock, .flags = kOptional, .token = "LIMIT"},
    {.depth = 1, .name = "offset", .type = kInteger},
    {.depth = 1, .name = "count", .type = kInteger},
};
constexpr CommandArgument kZrevrankArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member"},
};
constexpr CommandArgument kZscanArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "cursor", .type = kInteger},
    {.name = "pattern", .type = kPattern, .flags = kOptional, .token = "MATCH"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandArgument kZscoreArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member"},
};
constexpr CommandArgument kZunionArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "weight", .type = kInteger, .flags = kOptional | kMultiple, .token = "WEIGHTS"},
    {.name = "aggregate", .type = kOneOf, .flags = kOptional, .token = "AGGREGATE"},
    {.depth = 1, .name = "sum", .type = kPureToken, .token = "SUM"},
    {.depth = 1, .name = "min", .type = kPureToken, .token = "MIN"},
    {.depth = 1, .name = "max", .type = kPureToken, .token = "MAX"},
    {.name = "withscores", .type = kPureToken, .flags = kOptional, .token = "WITHSCORES"},
};
constexpr CommandArgument kZunionstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec_index = 0},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 1},
    {.name = "weight", .type = kInteger, .flags = kOptional | kMultiple, .token = "WEIGHTS"},
    {.name = "aggregate", .type = kOneOf, .flags = kOptional, .token = "AGGREGATE"},
    {.depth = 1, .name = "sum", .type = kPureToken, .token = "SUM"},
    {.depth = 1, .name = "min", .type = kPureToken, .token = "MIN"},
    {.depth = 1, .name = "max", .type = kPureToken, .token = "MAX"},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "bzmpop",
     .summary =
         "Remove and return members with scores in a sorted set or block until one is available",
     .since = "7.0.0",
     .complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number "
                   "of elements in the sorted set, and M being the number of elements popped.",
     .arguments = kBzmpopArguments},
    {.full_name = "bzpopmax",
     .summary = "Remove and return the member with the highest score from one or more sorted sets, "
                "or block until one is available",
     .since = "5.0.0",
     .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
     .history = kBzpopmaxHistory,
     .arguments = kBzpopmaxArguments},
    {.full_name = "bzpopmin",
     .summary = "Remove and return the member with the lowest score from one or more sorted sets, "
                "or block until one is available",
     .since = "5.0.0",
     .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
     .history = kBzpopminHistory,
     .arguments = kBzpopminArguments},
    {.full_name = "zadd",
     .summary = "Add one or more members to a sorted set, or update its score if it already exists",
     .since = "1.2.0",
     .complexity =
         "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
     .history = kZaddHistory,
     .arguments = kZaddArguments},
    {.full_name = "zcard",
     .summary = "Get the number of members in a sorted set",
     .since = "1.2.0",
     .complexity = "O(1)",
     .arguments = kZcardArguments},
    {.full_name = "zcount",
     .summary = "Count the members in a sorted set with scores within the given values",
     .since = "2.0.0",
     .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
     .arguments = kZcountArguments},
    {.full_name = "zdiff",
     .summary = "Subtract multiple sorted sets",
     .since = "6.2.0",
     .complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all "
                   "the sets, N is the size of the first set, and K is the size of the result set.",
     .arguments = kZdiffArguments},
    {.full_name = "zdiffstore",
     .summary = "Subtract multiple sorted sets and store the resulting sorted set in a new key",
     .since = "6.2.0",
     .complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all "
                   "the sets, N is the size of the first set, and K is the size of the result set.",
     .arguments = kZdiffstoreArguments},
    {.full_name = "zincrby",
     .summary = "Increment the score of a member in a sorted set",
     .since = "1.2.0",
     .complexity = "O(log(N)) where N is the number of elements in the sorted set.",
     .arguments = kZincrbyArguments},
    {.full_name = "zinter",
     .summary = "Intersect multiple sorted sets",
     .since = "6.2.0",
     .complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K "
                   "being the number of input sorted sets and M being the number of elements in "
                   "the resulting sorted set.",
     .arguments = kZinterArguments},
    {.full_name = "zintercard",
     .summary = "Intersect multiple sorted sets and return the cardinality of the result",
     .since = "7.0.0",
     .complexity = "O(N*K) worst case with N being the smallest input sorted set, K being the "
                   "number of input sorted sets.",
     .arguments = kZintercardArguments},
    {.full_name = "zinterstore",
     .summary = "Intersect multiple sorted sets and store the resulting sorted set in a new key",
     .since = "2.0.0",
     .complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K "
                   "being the number of input sorted sets and M being the number of elements in "
                   "the resulting sorted set.",
     .arguments = kZinterstoreArguments},
    {.full_name = "zlexcount",
     .summary = "Count the number of members in a sorted set between a given lexicographical range",
     .since = "2.8.9",
     .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
     .arguments = kZlexcountArguments},
    {.full_name = "zmpop",
     .summary = "Remove and return members with scores in a sorted set",
     .since = "7.0.0",
     .complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number "
                   "of elements in the sorted set, and M being the number of elements popped.",
     .arguments = kZmpopArguments},
    {.full_name = "zmscore",
     .summary = "Get the score associated with the given members in a sorted set",
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of members being requested.",
     .arguments = kZmscoreArguments},
    {.full_name = "zpopmax",
     .summary = "Remove and return members with the highest scores in a sorted set",
     .since = "5.0.0",
     .complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being "
                   "the number of elements popped.",
     .arguments = kZpopmaxArguments},
    {.full_name = "zpopmin",
     .summary = "Remove and return members with the lowest scores in a sorted set",
     .since = "5.0.0",
     .complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being "
                   "the number of elements popped.",
     .arguments = kZpopminArguments},
    {.full_name = "zrandmember",
     .summary = "Get one or multiple random elements from a sorted set",
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of elements returned",
     .tips = "nondeterministic_output",
     .arguments = kZrandmemberArguments},
    {.full_name = "zrange",
     .summary = "Return a range of members in a sorted set",
     .since = "1.2.0",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements returned.",
     .history = kZrangeHistory,
     .arguments = kZrangeArguments},
    {.full_name = "zrangebylex",
     .summary = "Return a range of members in a sorted set, by lexicographical range",
     .since = "2.8.9",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements being returned. If M is constant (e.g. always asking for "
                   "the first 10 elements with LIMIT), you can consider it O(log(N)).",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `BYLEX` argument",
     .arguments = kZrangebylexArguments},
    {.full_name = "zrangebyscore",
     .summary = "Return a range of members in a sorted set, by score",
     .since = "1.0.5",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements being returned. If M is constant (e.g. always asking for "
                   "the first 10 elements with LIMIT), you can consider it O(log(N)).",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `BYSCORE` argument",
     .history = kZrangebyscoreHistory,
     .arguments = kZrangebyscoreArguments},
    {.full_name = "zrangestore",
     .summary = "Store a range of members from sorted set into another key",
     .since = "6.2.0",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements stored into the destination key.",
     .arguments = kZrangestoreArguments},
    {.full_name = "zrank",
     .summary = "Determine the index of a member in a sorted set",
     .since = "2.0.0",
     .complexity = "O(log(N))",
     .arguments = kZrankArguments},
    {.full_name = "zrem",
     .summary = "Remove one or more members from a sorted set",
     .since = "1.2.0",
     .complexity = "O(M*log(N)) with N being the number of elements in the sorted set and M the "
                   "number of elements to be removed.",
     .history = kZremHistory,
     .arguments = kZremArguments},
    {.full_name = "zremrangebylex",
     .summary = "Remove all members in a sorted set between the given lexicographical range",
     .since = "2.8.9",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements removed by the operation.",
     .arguments = kZremrangebylexArguments},
    {.full_name = "zremrangebyrank",
     .summary = "Remove all members in a sorted set within the given indexes",
     .since = "2.0.0",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements removed by the operation.",
     .arguments = kZremrangebyrankArguments},
    {.full_name = "zremrangebyscore",
     .summary = "Remove all members in a sorted set within the given scores",
     .since = "1.2.0",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements removed by the operation.",
     .arguments = kZremrangebyscoreArguments},
    {.full_name = "zrevrange",
     .summary = "Return a range of members in a sorted set, by index, with scores ordered from "
                "high to low",
     .since = "1.2.0",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements returned.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `REV` argument",
     .arguments = kZrevrangeArguments},
    {.full_name = "zrevrangebylex",
     .summary = "Return a range of members in a sorted set, by lexicographical range, ordered from "
                "higher to lower strings.",
     .since = "2.8.9",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements being returned. If M is constant (e.g. always asking for "
                   "the first 10 elements with LIMIT), you can consider it O(log(N)).",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `REV` and `BYLEX` arguments",
     .arguments = kZrevrangebylexArguments},
    {.full_name = "zrevrangebyscore",
     .summary = "Return a range of members in a sorted set, by score, with scores ordered from "
                "high to low",
     .since = "2.2.0",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements being returned. If M is constant (e.g. always asking for "
                   "the first 10 elements with LIMIT), you can consider it O(log(N)).",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `REV` and `BYSCORE` arguments",
     .history = kZrevrangebyscoreHistory,
     .arguments = kZrevrangebyscoreArguments},
    {.full_name = "zrevrank",
     .summary =
         "Determine the index of a member in a sorted set, with scores ordered from high to low",
     .since = "2.0.0",
     .complexity = "O(log(N))",
     .arguments = kZrevrankArguments},
    {.full_name = "zscan",
     .summary = "Incrementally iterate sorted sets elements and associated scores",
     .since = "2.8.0",
     .complexity =
         "O(1) for every call. O(N) for a complete iteration, including enough command calls for "
         "the cursor to return back to 0. N is the number of elements inside the collection..",
     .tips = "nondeterministic_output",
     .arguments = kZscanArguments},
    {.full_name = "zscore",
     .summary = "Get the score associated with the given member in a sorted set",
     .since = "1.2.0",
     .complexity = "O(1)",
     .arguments = kZscoreArguments},
    {.full_name = "zunion",
     .summary = "Add multiple sorted sets",
     .since = "6.2.0",
     .complexity = "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, "
                   "and M being the number of elements in the resulting sorted set.",
     .arguments = kZunionArguments},
    {.full_name = "zunionstore",
     .summary = "Add multiple sorted sets and store the resulting sorted set in a new key",
     .since = "2.0.0",
     .complexity = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, "
                   "and M being the number of elements in the resulting sorted set.",
     .arguments = kZunionstoreArguments},
};

}  // namespace

std::span<const CommandMetadata> sorted_set_metadata() { return kCommands; }

}  // namespace engine
