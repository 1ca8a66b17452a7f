// COMMAND DOCS: HyperLogLog. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kPfaddArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "element", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kPfcountArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandArgument kPfdebugArguments[] = {
    {.name = "subcommand"},
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kPfmergeArguments[] = {
    {.name = "destkey", .type = kKey, .key_spec_index = 0},
    {.name = "sourcekey", .type = kKey, .flags = kMultiple, .key_spec_index = 1},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "pfadd",
     .summary = "Adds the specified elements to the specified HyperLogLog.",
     .since = "2.8.9",
     .complexity = "O(1) to add every element.",
     .arguments = kPfaddArguments},
    {.full_name = "pfcount",
     .summary =
         "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).",
     .since = "2.8.9",
     .complexity = "O(1) with a very small average constant time when called with a single key. "
                   "O(N) with N being the number of keys, and much bigger constant times, when "
                   "called with multiple keys.",
     .arguments = kPfcountArguments},
    {.full_name = "pfdebug",
     .summary = "Internal commands for debugging HyperLogLog values",
     .since = "2.8.9",
     .complexity = "N/A",
     .arguments = kPfdebugArguments},
    {.full_name = "pfmerge",
     .summary = "Merge N different HyperLogLogs into a single one.",
     .since = "2.8.9",
     .complexity = "O(N) to merge N HyperLogLogs, but with high constant times.",
     .arguments = kPfmergeArguments},
    {.full_name = "pfselftest",
     .summary = "An internal command for testing HyperLogLog values",
     .since = "2.8.9",
     .complexity = "N/A"},
};

}  // namespace

std::span<const CommandMetadata> hyperloglog_metadata() { return kCommands; }

}  // namespace engine
