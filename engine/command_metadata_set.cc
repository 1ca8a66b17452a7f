// COMMAND DOCS: sets. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandChange kSaddHistory[] = {
    {"2.4.0", "Accepts multiple `member` arguments."},
};
constexpr CommandArgument kSaddArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member", .flags = kMultiple},
};
constexpr CommandArgument kScardArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kSdiffArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandArgument kSdiffstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec_index = 0},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 1},
};
constexpr CommandArgument kSinterArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandArgument kSintercardArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "limit", .type = kInteger, .flags = kOptional, .token = "LIMIT"},
};
constexpr CommandArgument kSinterstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec_index = 0},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 1},
};
constexpr CommandArgument kSismemberArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member"},
};
constexpr CommandArgument kSmembersArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kSmismemberArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member", .flags = kMultiple},
};
constexpr CommandArgument kSmoveArguments[] = {
    {.name = "source", .type = kKey, .key_spec_index = 0},
    {.name = "destination", .type = kKey, .key_spec_index = 1},
    {.name = "member"},
};
constexpr CommandChange kSpopHistory[] = {
    {"3.2.0", "Added the `count` argument."},
};
constexpr CommandArgument kSpopArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "count", .type = kInteger, .flags = kOptional, .since = "3.2.0"},
};
constexpr CommandChange kSrandmemberHistory[] = {
    {"2.6.0", "Added the optional `count` argument."},
};
constexpr CommandArgument kSrandmemberArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "count", .type = kInteger, .flags = kOptional, .since = "2.6.0"},
};
constexpr CommandChange kSremHistory[] = {
    {"2.4.0", "Accepts multiple `member` arguments."},
};
constexpr CommandArgument kSremArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member", .flags = kMultiple},
};
constexpr CommandArgument kSscanArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "cursor", .type = kInteger},
    {.name = "pattern", .type = kPattern, .flags = kOptional, .token = "MATCH"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandArgument kSunionArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandArgument kSunionstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec_index = 0},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 1},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "sadd",
     .summary = "Add one or more members to a set",
     .since = "1.0.0",
     .complexity = "O(1) for each element added, so O(N) to add N elements when the command is "
                   "called with multiple arguments.",
     .history = kSaddHistory,
     .arguments = kSaddArguments},
    {.full_name = "scard",
     .summary = "Get the number of members in a set",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kScardArguments},
    {.full_name = "sdiff",
     .summary = "Subtract multiple sets",
     .since = "1.0.0",
     .complexity = "O(N) where N is the total number of elements in all given sets.",
     .tips = "nondeterministic_output_order",
     .arguments = kSdiffArguments},
    {.full_name = "sdiffstore",
     .summary = "Subtract multiple sets and store the resulting set in a key",
     .since = "1.0.0",
     .complexity = "O(N) where N is the total number of elements in all given sets.",
     .arguments = kSdiffstoreArguments},
    {.full_name = "sinter",
     .summary = "Intersect multiple sets",
     .since = "1.0.0",
     .complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the "
                   "number of sets.",
     .tips = "nondeterministic_output_order",
     .arguments = kSinterArguments},
    {.full_name = "sintercard",
     .summary = "Intersect multiple sets and return the cardinality of the result",
     .since = "7.0.0",
     .complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the "
                   "number of sets.",
     .arguments = kSintercardArguments},
    {.full_name = "sinterstore",
     .summary = "Intersect multiple sets and store the resulting set in a key",
     .since = "1.0.0",
     .complexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the "
                   "number of sets.",
     .arguments = kSinterstoreArguments},
    {.full_name = "sismember",
     .summary = "Determine if a given value is a member of a set",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kSismemberArguments},
    {.full_name = "smembers",
     .summary = "Get all the members in a set",
     .since = "1.0.0",
     .complexity = "O(N) where N is the set cardinality.",
     .tips = "nondeterministic_output_order",
     .arguments = kSmembersArguments},
    {.full_name = "smismember",
     .summary = "Returns the membership associated with the given elements for a set",
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of elements being checked for membership",
     .arguments = kSmismemberArguments},
    {.full_name = "smove",
     .summary = "Move a member from one set to another",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kSmoveArguments},
    {.full_name = "spop",
     .summary = "Remove and return one or multiple random members from a set",
     .since = "1.0.0",
     .complexity = "Without the count argument O(1), otherwise O(N) where N is the value of the "
                   "passed count.",
     .tips = "nondeterministic_output",
     .history = kSpopHistory,
     .arguments = kSpopArguments},
    {.full_name = "srandmember",
     .summary = "Get one or multiple random members from a set",
     .since = "1.0.0",
     .complexity = "Without the count argument O(1), otherwise O(N) where N is the absolute value "
                   "of the passed count.",
     .tips = "nondeterministic_output",
     .history = kSrandmemberHistory,
     .arguments = kSrandmemberArguments},
    {.full_name = "srem",
     .summary = "Remove one or more members from a set",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members to be removed.",
     .history = kSremHistory,
     .arguments = kSremArguments},
    {.full_name = "sscan",
     .summary = "Incrementally iterate Set elements",
     .since = "2.8.0",
     .complexity =
         "O(1) for every call. O(N) for a complete iteration, including enough command calls for "
         "the cursor to return back to 0. N is the number of elements inside the collection..",
     .tips = "nondeterministic_output",
     .arguments = kSscanArguments},
    {.full_name = "sunion",
     .summary = "Add multiple sets",
     .since = "1.0.0",
     .complexity = "O(N) where N is the total number of elements in all given sets.",
     .tips = "nondeterministic_output_order",
     .arguments = kSunionArguments},
    {.full_name = "sunionstore",
     .summary = "Add multiple sets and store the resulting set in a key",
     .since = "1.0.0",
     .complexity = "O(N) where N is the total number of elements in all given sets.",
     .arguments = kSunionstoreArguments},
};

}  // namespace

std::span<const CommandMetadata> set_metadata() { return kCommands; }

}  // namespace engine
