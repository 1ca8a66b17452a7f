// COMMAND DOCS: lists. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kBlmoveArguments[] = {
    {.name = "source", .type = kKey, .key_spec_index = 0},
    {.name = "destination", .type = kKey, .key_spec_index = 1},
    {.name = "wherefrom", .type = kOneOf},
    {.depth = 1, .name = "left", .type = kPureToken, .token = "LEFT"},
    {.depth = 1, .name = "right", .type = kPureToken, .token = "RIGHT"},
    {.name = "whereto", .type = kOneOf},
    {.depth = 1, .name = "left", .type = kPureToken, .token = "LEFT"},
    {.depth = 1, .name = "right", .type = kPureToken, .token = "RIGHT"},
    {.name = "timeout", .type = kDouble},
};
constexpr CommandArgument kBlmpopArguments[] = {
    {.name = "timeout", .type = kDouble},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "where", .type = kOneOf},
    {.depth = 1, .name = "left", .type = kPureToken, .token = "LEFT"},
    {.depth = 1, .name = "right", .type = kPureToken, .token = "RIGHT"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandChange kBlpopHistory[] = {
    {"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
};
constexpr CommandArgument kBlpopArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "timeout", .type = kDouble},
};
constexpr CommandChange kBrpopHistory[] = {
    {"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
};
constexpr CommandArgument kBrpopArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "timeout", .type = kDouble},
};
constexpr CommandChange kBrpoplpushHistory[] = {
    {"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
};
constexpr CommandArgument kBrpoplpushArguments[] = {
    {.name = "source", .type = kKey, .key_spec_index = 0},
    {.name = "destination", .type = kKey, .key_spec_index = 1},
    {.name = "timeout", .type = kDouble},
};
constexpr CommandArgument kLindexArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "index", .type = kInteger},
};
constexpr CommandArgument kLinsertArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "where", .type = kOneOf},
    {.depth = 1, .name = "before", .type = kPureToken, .token = "BEFORE"},
    {.depth = 1, .name = "after", .type = kPureToken, .token = "AFTER"},
    {.name = "pivot"},
    {.name = "element"},
};
constexpr CommandArgument kLlenArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kLmoveArguments[] = {
    {.name = "source", .type = kKey, .key_spec_index = 0},
    {.name = "destination", .type = kKey, .key_spec_index = 1},
    {.name = "wherefrom", .type = kOneOf},
    {.depth = 1, .name = "left", .type = kPureToken, .token = "LEFT"},
    {.depth = 1, .name = "right", .type = kPureToken, .token = "RIGHT"},
    {.name = "whereto", .type = kOneOf},
    {.depth = 1, .name = "left", .type = kPureToken, .token = "LEFT"},
    {.depth = 1, .name = "right", .type = kPureToken, .token = "RIGHT"},
};
constexpr CommandArgument kLmpopArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.name = "where", .type = kOneOf},
    {.depth = 1, .name = "left", .type = kPureToken, .token = "LEFT"},
    {.depth = 1, .name = "right", .type = kPureToken, .token = "RIGHT"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandChange kLpopHistory[] = {
    {"6.2.0", "Added the `count` argument."},
};
constexpr CommandArgument kLpopArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "count", .type = kInteger, .flags = kOptional, .since = "6.2.0"},
};
constexpr CommandArgument kLposArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "element"},
    {.name = "rank", .type = kInteger, .flags = kOptional, .token = "RANK"},
    {.name = "num-matches", .type = kInteger, .flags = kOptional, .token = "COUNT"},
    {.name = "len", .type = kInteger, .flags = kOptional, .token = "MAXLEN"},
};
constexpr CommandChange kLpushHistory[] = {
    {"2.4.0", "Accepts multiple `element` arguments."},
};
constexpr CommandArgument kLpushArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "element", .flags = kMultiple},
};
constexpr CommandChange kLpushxHistory[] = {
    {"4.0.0", "Accepts multiple `element` arguments."},
};
constexpr CommandArgument kLpushxArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "element", .flags = kMultiple},
};
constexpr CommandArgument kLrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "start", .type = kInteger},
    {.name = "stop", .type = kInteger},
};
constexpr CommandArgument kLremArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "count", .type = kInteger},
    {.name = "element"},
};
constexpr CommandArgument kLsetArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "index", .type = kInteger},
    {.name = "element"},
};
constexpr CommandArgument kLtrimArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "start", .type = kInteger},
    {.name = "stop", .type = kInteger},
};
constexpr CommandChange kRpopHistory[] = {
    {"6.2.0", "Added the `count` argument."},
};
constexpr CommandArgument kRpopArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "count", .type = kInteger, .flags = kOptional, .since = "6.2.0"},
};
constexpr CommandArgument kRpoplpushArguments[] = {
    {.name = "source", .type = kKey, .key_spec_index = 0},
    {.name = "destination", .type = kKey, .key_spec_index = 1},
};
constexpr CommandChange kRpushHistory[] = {
    {"2.4.0", "Accepts multiple `element` arguments."},
};
constexpr CommandArgument kRpushArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "element", .flags = kMultiple},
};
constexpr CommandChange kRpushxHistory[] = {
    {"4.0.0", "Accepts multiple `element` arguments."},
};
constexpr CommandArgument kRpushxArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "element", .flags = kMultiple},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "blmove",
     .summary = "Pop an element from a list, push it to another list and return it; or block until "
                "one is available",
     .since = "6.2.0",
     .complexity = "O(1)",
     .arguments = kBlmoveArguments},
    {.full_name = "blmpop",
     .summary = "Pop elements from a list, or block until one is available",
     .since = "7.0.0",
     .complexity =
         "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
     .arguments = kBlmpopArguments},
    {.full_name = "blpop",
     .summary = "Remove and get the first element in a list, or block until one is available",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of provided keys.",
     .history = kBlpopHistory,
     .arguments = kBlpopArguments},
    {.full_name = "brpop",
     .summary = "Remove and get the last element in a list, or block until one is available",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of provided keys.",
     .history = kBrpopHistory,
     .arguments = kBrpopArguments},
    {.full_name = "brpoplpush",
     .summary = "Pop an element from a list, push it to another list and return it; or block until "
                "one is available",
     .since = "2.2.0",
     .complexity = "O(1)",
     .deprecated_since = "6.2.0",
     .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
     .history = kBrpoplpushHistory,
     .arguments = kBrpoplpushArguments},
    {.full_name = "lindex",
     .summary = "Get an element from a list by its index",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements to traverse to get to the element at "
                   "index. This makes asking for the first or the last element of the list O(1).",
     .arguments = kLindexArguments},
    {.full_name = "linsert",
     .summary = "Insert an element before or after another element in a list",
     .since = "2.2.0",
     .complexity =
         "O(N) where N is the number of elements to traverse before seeing the value pivot. This "
         "means that inserting somewhere on the left end on the list (head) can be considered O(1) "
         "and inserting somewhere on the right end (tail) is O(N).",
     .arguments = kLinsertArguments},
    {.full_name = "llen",
     .summary = "Get the length of a list",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kLlenArguments},
    {.full_name = "lmove",
     .summary = "Pop an element from a list, push it to another list and return it",
     .since = "6.2.0",
     .complexity = "O(1)",
     .arguments = kLmoveArguments},
    {.full_name = "lmpop",
     .summary = "Pop elements from a list",
     .since = "7.0.0",
     .complexity =
         "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
     .arguments = kLmpopArguments},
    {.full_name = "lpop",
     .summary = "Remove and get the first elements in a list",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements returned",
     .history = kLpopHistory,
     .arguments = kLpopArguments},
    {.full_name = "lpos",
     .summary = "Return the index of matching elements on a list",
     .since = "6.0.6",
     .complexity = "O(N) where N is the number of elements in the list, for the average case. When "
                   "searching for elements near the head or the tail of the list, or when the "
                   "MAXLEN option is provided, the command may run in constant time.",
     .arguments = kLposArguments},
    {.full_name = "lpush",
     .summary = "Prepend one or multiple elements to a list",
     .since = "1.0.0",
     .complexity = "O(1) for each element added, so O(N) to add N elements when the command is "
                   "called with multiple arguments.",
     .history = kLpushHistory,
     .arguments = kLpushArguments},
    {.full_name = "lpushx",
     .summary = "Prepend an element to a list, only if the list exists",
     .since = "2.2.0",
     .complexity = "O(1) for each element added, so O(N) to add N elements when the command is "
                   "called with multiple arguments.",
     .history = kLpushxHistory,
     .arguments = kLpushxArguments},
    {.full_name = "lrange",
     .summary = "Get a range of elements from a list",
     .since = "1.0.0",
     .complexity = "O(S+N) where S is the distance of start offset from HEAD for small lists, from "
                   "nearest end (HEAD or TAIL) for large lists; and N is the number of elements in "
                   "the specified range.",
     .arguments = kLrangeArguments},
    {.full_name = "lrem",
     .summary = "Remove elements from a list",
     .since = "1.0.0",
     .complexity =
         "O(N+M) where N is the length of the list and M is the number of elements removed.",
     .arguments = kLremArguments},
    {.full_name = "lset",
     .summary = "Set the value of an element in a list by its index",
     .since = "1.0.0",
     .complexity = "O(N) where N is the length of the list. Setting either the first or the last "
                   "element of the list is O(1).",
     .arguments = kLsetArguments},
    {.full_name = "ltrim",
     .summary = "Trim a list to the specified range",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements to be removed by the operation.",
     .arguments = kLtrimArguments},
    {.full_name = "rpop",
     .summary = "Remove and get the last elements in a list",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements returned",
     .history = kRpopHistory,
     .arguments = kRpopArguments},
    {.full_name = "rpoplpush",
     .summary = "Remove the last element in a list, prepend it to another list and return it",
     .since = "1.2.0",
     .complexity = "O(1)",
     .deprecated_since = "6.2.0",
     .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments",
     .arguments = kRpoplpushArguments},
    {.full_name = "rpush",
     .summary = "Append one or multiple elements to a list",
     .since = "1.0.0",
     .complexity = "O(1) for each element added, so O(N) to add N elements when the command is "
                   "called with multiple arguments.",
     .history = kRpushHistory,
     .arguments = kRpushArguments},
    {.full_name = "rpushx",
     .summary = "Append an element to a list, only if the list exists",
     .since = "2.2.0",
     .complexity = "O(1) for each element added, so O(N) to add N elements when the command is "
                   "called with multiple arguments.",
     .history = kRpushxHistory,
     .arguments = kRpushxArguments},
};

}  // namespace

std::span<const CommandMetadata> list_metadata() { return kCommands; }

}  // namespace engine
