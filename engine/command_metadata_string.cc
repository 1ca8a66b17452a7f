// COMMAND DOCS: strings. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kAppendArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "value"},
};
constexpr CommandArgument kDecrArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kDecrbyArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "decrement", .type = kInteger},
};
constexpr CommandArgument kGetArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kGetdelArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kGetexArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "expiration", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "seconds", .type = kInteger, .token = "EX"},
    {.depth = 1, .name = "milliseconds", .type = kInteger, .token = "PX"},
    {.depth = 1, .name = "unix-time-seconds", .type = kUnixTime, .token = "EXAT"},
    {.depth = 1, .name = "unix-time-milliseconds", .type = kUnixTime, .token = "PXAT"},
    {.depth = 1, .name = "persist", .type = kPureToken, .token = "PERSIST"},
};
constexpr CommandArgument kGetrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "start", .type = kInteger},
    {.name = "end", .type = kInteger},
};
constexpr CommandArgument kGetsetArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "value"},
};
constexpr CommandArgument kIncrArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kIncrbyArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "increment", .type = kInteger},
};
constexpr CommandArgument kIncrbyfloatArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "increment", .type = kDouble},
};
constexpr CommandArgument kLcsArguments[] = {
    {.name = "key1", .type = kKey, .key_spec_index = 0},
    {.name = "key2", .type = kKey, .key_spec_index = 0},
    {.name = "len", .type = kPureToken, .flags = kOptional, .token = "LEN"},
    {.name = "idx", .type = kPureToken, .flags = kOptional, .token = "IDX"},
    {.name = "len", .type = kInteger, .flags = kOptional, .token = "MINMATCHLEN"},
    {.name = "withmatchlen", .type = kPureToken, .flags = kOptional, .token = "WITHMATCHLEN"},
};
constexpr CommandArgument kMgetArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandArgument kMsetArguments[] = {
    {.name = "key_value", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "key", .type = kKey, .key_spec_index = 0},
    {.depth = 1, .name = "value"},
};
constexpr CommandArgument kMsetnxArguments[] = {
    {.name = "key_value", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "key", .type = kKey, .key_spec_index = 0},
    {.depth = 1, .name = "value"},
};
constexpr CommandArgument kPsetexArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "milliseconds", .type = kInteger},
    {.name = "value"},
};
constexpr CommandChange kSetHistory[] = {
    {"2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."},
    {"6.0.0", "Added the `KEEPTTL` option."},
    {"6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."},
    {"7.0.0", "Allowed the `NX` and `GET` options to be used together."},
};
constexpr CommandArgument kSetArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "value"},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .since = "2.6.12"},
    {.depth = 1, .name = "nx", .type = kPureToken, .token = "NX"},
    {.depth = 1, .name = "xx", .type = kPureToken, .token = "XX"},
    {.name = "get", .type = kPureToken, .flags = kOptional, .token = "GET", .since = "6.2.0"},
    {.name = "expiration", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "seconds", .type = kInteger, .token = "EX", .since = "2.6.12"},
    {.depth = 1, .name = "milliseconds", .type = kInteger, .token = "PX", .since = "2.6.12"},
    {.depth = 1, .name = "unix-time-seconds", .type = kUnixTime, .token = "EXAT", .since = "6.2.0"},
    {.depth = 1,
     .name = "unix-time-milliseconds",
     .type = kUnixTime,
     .token = "PXAT",
     .since = "6.2.0"},
    {.depth = 1, .name = "keepttl", .type = kPureToken, .token = "KEEPTTL", .since = "6.0.0"},
};
constexpr CommandArgument kSetexArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "seconds", .type = kInteger},
    {.name = "value"},
};
constexpr CommandArgument kSetnxArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "value"},
};
constexpr CommandArgument kSetrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "offset", .type = kInteger},
    {.name = "value"},
};
constexpr CommandArgument kStrlenArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kSubstrArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "start", .type = kInteger},
    {.name = "end", .type = kInteger},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "append",
     .summary = "Append a value to a key",
     .since = "2.0.0",
     .complexity =
         "O(1). The amortized time complexity is O(1) assuming the appended value is small and the "
         "already present value is of any size, since the dynamic string library used by Redis "
         "will double the free space available on every reallocation.",
     .arguments = kAppendArguments},
    {.full_name = "decr",
     .summary = "Decrement the integer value of a key by one",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kDecrArguments},
    {.full_name = "decrby",
     .summary = "Decrement the integer value of a key by the given number",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kDecrbyArguments},
    {.full_name = "get",
     .summary = "Get the value of a key",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kGetArguments},
    {.full_name = "getdel",
     .summary = "Get the value of a key and delete the key",
     .since = "6.2.0",
     .complexity = "O(1)",
     .arguments = kGetdelArguments},
    {.full_name = "getex",
     .summary = "Get the value of a key and optionally set its expiration",
     .since = "6.2.0",
     .complexity = "O(1)",
     .arguments = kGetexArguments},
    {.full_name = "getrange",
     .summary = "Get a substring of the string stored at a key",
     .since = "2.4.0",
     .complexity =
         "O(N) where N is the length of the returned string. The complexity is ultimately "
         "determined by the returned length, but because creating a substring from an existing "
         "string is very cheap, it can be considered O(1) for small strings.",
     .arguments = kGetrangeArguments},
    {.full_name = "getset",
     .summary = "Set the string value of a key and return its old value",
     .since = "1.0.0",
     .complexity = "O(1)",
     .deprecated_since = "6.2.0",
     .replaced_by = "`SET` with the `!GET` argument",
     .arguments = kGetsetArguments},
    {.full_name = "incr",
     .summary = "Increment the integer value of a key by one",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kIncrArguments},
    {.full_name = "incrby",
     .summary = "Increment the integer value of a key by the given amount",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kIncrbyArguments},
    {.full_name = "incrbyfloat",
     .summary = "Increment the float value of a key by the given amount",
     .since = "2.6.0",
     .complexity = "O(1)",
     .arguments = kIncrbyfloatArguments},
    {.full_name = "lcs",
     .summary = "Find longest common substring",
     .since = "7.0.0",
     .complexity = "O(N*M) where N and M are the lengths of s1 and s2, respectively",
     .arguments = kLcsArguments},
    {.full_name = "mget",
     .summary = "Get the values of all the given keys",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys to retrieve.",
     .tips = "request_policy:multi_shard",
     .arguments = kMgetArguments},
    {.full_name = "mset",
     .summary = "Set multiple keys to multiple values",
     .since = "1.0.1",
     .complexity = "O(N) where N is the number of keys to set.",
     .tips = "request_policy:multi_shard response_policy:all_succeeded",
     .arguments = kMsetArguments},
    {.full_name = "msetnx",
     .summary = "Set multiple keys to multiple values, only if none of the keys exist",
     .since = "1.0.1",
     .complexity = "O(N) where N is the number of keys to set.",
     .tips = "request_policy:multi_shard response_policy:agg_min",
     .arguments = kMsetnxArguments},
    {.full_name = "psetex",
     .summary = "Set the value and expiration in milliseconds of a key",
     .since = "2.6.0",
     .complexity = "O(1)",
     .arguments = kPsetexArguments},
    {.full_name = "set",
     .summary = "Set the string value of a key",
     .since = "1.0.0",
     .complexity = "O(1)",
     .history = kSetHistory,
     .arguments = kSetArguments},
    {.full_name = "setex",
     .summary = "Set the value and expiration of a key",
     .since = "2.0.0",
     .complexity = "O(1)",
     .arguments = kSetexArguments},
    {.full_name = "setnx",
     .summary = "Set the value of a key, only if the key does not exist",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kSetnxArguments},
    {.full_name = "setrange",
     .summary = "Overwrite part of a string at key starting at the specified offset",
     .since = "2.2.0",
     .complexity = "O(1), not counting the time taken to copy the new string in place. Usually, "
                   "this string is very small so the amortized complexity is O(1). Otherwise, "
                   "complexity is O(M) with M being the length of the value argument.",
     .arguments = kSetrangeArguments},
    {.full_name = "strlen",
     .summary = "Get the length of the value stored in a key",
     .since = "2.2.0",
     .complexity = "O(1)",
     .arguments = kStrlenArguments},
    {.full_name = "substr",
     .summary = "Get a substring of the string stored at a key",
     .since = "1.0.0",
     .complexity =
         "O(N) where N is the length of the returned string. The complexity is ultimately "
         "determined by the returned length, but because creating a substring from an existing "
         "string is very cheap, it can be considered O(1) for small strings.",
     .deprecated_since = "2.0.0",
     .replaced_by = "`GETRANGE`",
     .arguments = kSubstrArguments},
};

}  // namespace

std::span<const CommandMetadata> string_metadata() { return kCommands; }

}  // namespace engine
