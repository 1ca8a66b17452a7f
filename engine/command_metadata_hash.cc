// COMMAND DOCS: hashes. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandChange kHdelHistory[] = {
    {"2.4.0", "Accepts multiple `field` arguments."},
};
constexpr CommandArgument kHdelArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field", .flags = kMultiple},
};
constexpr CommandArgument kHexistsArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field"},
};
constexpr CommandArgument kHgetArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field"},
};
constexpr CommandArgument kHgetallArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kHincrbyArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field"},
    {.name = "increment", .type = kInteger},
};
constexpr CommandArgument kHincrbyfloatArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field"},
    {.name = "increment", .type = kDouble},
};
constexpr CommandArgument kHkeysArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kHlenArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kHmgetArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field", .flags = kMultiple},
};
constexpr CommandArgument kHmsetArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field_value", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "field"},
    {.depth = 1, .name = "value"},
};
constexpr CommandArgument kHrandfieldArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "options", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "count", .type = kInteger},
    {.depth = 1,
     .name = "withvalues",
     .type = kPureToken,
     .flags = kOptional,
     .token = "WITHVALUES"},
};
constexpr CommandArgument kHscanArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "cursor", .type = kInteger},
    {.name = "pattern", .type = kPattern, .flags = kOptional, .token = "MATCH"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandChange kHsetHistory[] = {
    {"4.0.0", "Accepts multiple `field` and `value` arguments."},
};
constexpr CommandArgument kHsetArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field_value", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "field"},
    {.depth = 1, .name = "value"},
};
constexpr CommandArgument kHsetnxArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field"},
    {.name = "value"},
};
constexpr CommandArgument kHstrlenArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field"},
};
constexpr CommandArgument kHvalsArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "hdel",
     .summary = "Delete one or more hash fields",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields to be removed.",
     .history = kHdelHistory,
     .arguments = kHdelArguments},
    {.full_name = "hexists",
     .summary = "Determine if a hash field exists",
     .since = "2.0.0",
     .complexity = "O(1)",
     .arguments = kHexistsArguments},
    {.full_name = "hget",
     .summary = "Get the value of a hash field",
     .since = "2.0.0",
     .complexity = "O(1)",
     .arguments = kHgetArguments},
    {.full_name = "hgetall",
     .summary = "Get all the fields and values in a hash",
     .since = "2.0.0",
     .complexity = "O(N) where N is the size of the hash.",
     .tips = "nondeterministic_output_order",
     .arguments = kHgetallArguments},
    {.full_name = "hincrby",
     .summary = "Increment the integer value of a hash field by the given number",
     .since = "2.0.0",
     .complexity = "O(1)",
     .arguments = kHincrbyArguments},
    {.full_name = "hincrbyfloat",
     .summary = "Increment the float value of a hash field by the given amount",
     .since = "2.6.0",
     .complexity = "O(1)",
     .arguments = kHincrbyfloatArguments},
    {.full_name = "hkeys",
     .summary = "Get all the fields in a hash",
     .since = "2.0.0",
     .complexity = "O(N) where N is the size of the hash.",
     .tips = "nondeterministic_output_order",
     .arguments = kHkeysArguments},
    {.full_name = "hlen",
     .summary = "Get the number of fields in a hash",
     .since = "2.0.0",
     .complexity = "O(1)",
     .arguments = kHlenArguments},
    {.full_name = "hmget",
     .summary = "Get the values of all the given hash fields",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields being requested.",
     .arguments = kHmgetArguments},
    {.full_name = "hmset",
     .summary = "Set multiple hash fields to multiple values",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields being set.",
     .deprecated_since = "4.0.0",
     .replaced_by = "`HSET` with multiple field-value pairs",
     .arguments = kHmsetArguments},
    {.full_name = "hrandfield",
     .summary = "Get one or multiple random fields from a hash",
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of fields returned",
     .tips = "nondeterministic_output",
     .arguments = kHrandfieldArguments},
    {.full_name = "hscan",
     .summary = "Incrementally iterate hash fields and associated values",
     .since = "2.8.0",
     .complexity =
         "O(1) for every call. O(N) for a complete iteration, including enough command calls for "
         "the cursor to return back to 0. N is the number of elements inside the collection..",
     .tips = "nondeterministic_output",
     .arguments = kHscanArguments},
    {.full_name = "hset",
     .summary = "Set the string value of a hash field",
     .since = "2.0.0",
     .complexity = "O(1) for each field/value pair added, so O(N) to add N field/value pairs when "
                   "the command is called with multiple field/value pairs.",
     .history = kHsetHistory,
     .arguments = kHsetArguments},
    {.full_name = "hsetnx",
     .summary = "Set the value of a hash field, only if the field does not exist",
     .since = "2.0.0",
     .complexity = "O(1)",
     .arguments = kHsetnxArguments},
    {.full_name = "hstrlen",
     .summary = "Get the length of the value of a hash field",
     .since = "3.2.0",
     .complexity = "O(1)",
     .arguments = kHstrlenArguments},
    {.full_name = "hvals",
     .summary = "Get all the values in a hash",
     .since = "2.0.0",
     .complexity = "O(N) where N is the size of the hash.",
     .tips = "nondeterministic_output_order",
     .arguments = kHvalsArguments},
};

}  // namespace

std::span<const CommandMetadata> hash_metadata() { return kCommands; }

}  // namespace engine
