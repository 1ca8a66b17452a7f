// COMMAND DOCS: transactions. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kWatchArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "discard",
     .summary = "Discard all commands issued after MULTI",
     .since = "2.0.0",
     .complexity = "O(N), when N is the number of queued commands"},
    {.full_name = "exec",
     .summary = "Execute all commands issued after MULTI",
     .since = "1.2.0",
     .complexity = "Depends on commands in the transaction"},
    {.full_name = "multi",
     .summary = "Mark the start of a transaction block",
     .since = "1.2.0",
     .complexity = "O(1)"},
    {.full_name = "unwatch",
     .summary = "Forget about all watched keys",
     .since = "2.2.0",
     .complexity = "O(1)"},
    {.full_name = "watch",
     .summary = "Watch the given keys to determine execution of the MULTI/EXEC block",
     .since = "2.2.0",
     .complexity = "O(1) for every key.",
     .arguments = kWatchArguments},
};

}  // namespace

std::span<const CommandMetadata> transactions_metadata() { return kCommands; }

}  // namespace engine
