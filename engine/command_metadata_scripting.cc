// COMMAND DOCS: scripts and functions. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kEvalArguments[] = {
    {.name = "script"},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kOptional | kMultiple, .key_spec_index = 0},
    {.name = "arg", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kEvalRoArguments[] = {
    {.name = "script"},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kOptional | kMultiple, .key_spec_index = 0},
    {.name = "arg", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kEvalshaArguments[] = {
    {.name = "sha1"},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kOptional | kMultiple, .key_spec_index = 0},
    {.name = "arg", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kEvalshaRoArguments[] = {
    {.name = "sha1"},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kOptional | kMultiple, .key_spec_index = 0},
    {.name = "arg", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kFcallArguments[] = {
    {.name = "function"},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kOptional | kMultiple, .key_spec_index = 0},
    {.name = "arg", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kFcallRoArguments[] = {
    {.name = "function"},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kOptional | kMultiple, .key_spec_index = 0},
    {.name = "arg", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kFunctionDeleteArguments[] = {
    {.name = "library-name"},
};
constexpr CommandArgument kFunctionFlushArguments[] = {
    {.name = "async", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "async", .type = kPureToken, .token = "ASYNC"},
    {.depth = 1, .name = "sync", .type = kPureToken, .token = "SYNC"},
};
constexpr CommandArgument kFunctionListArguments[] = {
    {.name = "library-name-pattern", .flags = kOptional, .token = "LIBRARYNAME"},
    {.name = "withcode", .type = kPureToken, .flags = kOptional, .token = "WITHCODE"},
};
constexpr CommandArgument kFunctionLoadArguments[] = {
    {.name = "replace", .type = kPureToken, .flags = kOptional, .token = "REPLACE"},
    {.name = "function-code"},
};
constexpr CommandArgument kFunctionRestoreArguments[] = {
    {.name = "serialized-value"},
    {.name = "policy", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "flush", .type = kPureToken, .token = "FLUSH"},
    {.depth = 1, .name = "append", .type = kPureToken, .token = "APPEND"},
    {.depth = 1, .name = "replace", .type = kPureToken, .token = "REPLACE"},
};
constexpr CommandArgument kScriptDebugArguments[] = {
    {.name = "mode", .type = kOneOf},
    {.depth = 1, .name = "yes", .type = kPureToken, .token = "YES"},
    {.depth = 1, .name = "sync", .type = kPureToken, .token = "SYNC"},
    {.depth = 1, .name = "no", .type = kPureToken, .token = "NO"},
};
constexpr CommandArgument kScriptExistsArguments[] = {
    {.name = "sha1", .flags = kMultiple},
};
constexpr CommandChange kScriptFlushHistory[] = {
    {"6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers."},
};
constexpr CommandArgument kScriptFlushArguments[] = {
    {.name = "async", .type = kOneOf, .flags = kOptional, .since = "6.2.0"},
    {.depth = 1, .name = "async", .type = kPureToken, .token = "ASYNC"},
    {.depth = 1, .name = "sync", .type = kPureToken, .token = "SYNC"},
};
constexpr CommandArgument kScriptLoadArguments[] = {
    {.name = "script"},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "eval",
     .summary = "Execute a Lua script server side",
     .since = "2.6.0",
     .complexity = "Depends on the script that is executed.",
     .arguments = kEvalArguments},
    {.full_name = "eval_ro",
     .summary = "Execute a read-only Lua script server side",
     .since = "7.0.0",
     .complexity = "Depends on the script that is executed.",
     .arguments = kEvalRoArguments},
    {.full_name = "evalsha",
     .summary = "Execute a Lua script server side",
     .since = "2.6.0",
     .complexity = "Depends on the script that is executed.",
     .arguments = kEvalshaArguments},
    {.full_name = "evalsha_ro",
     .summary = "Execute a read-only Lua script server side",
     .since = "7.0.0",
     .complexity = "Depends on the script that is executed.",
     .arguments = kEvalshaRoArguments},
    {.full_name = "fcall",
     .summary = "Invoke a function",
     .since = "7.0.0",
     .complexity = "Depends on the function that is executed.",
     .arguments = kFcallArguments},
    {.full_name = "fcall_ro",
     .summary = "Invoke a read-only function",
     .since = "7.0.0",
     .complexity = "Depends on the function that is executed.",
     .arguments = kFcallRoArguments},
    {.full_name = "function",
     .summary = "A container for function commands",
     .since = "7.0.0",
     .complexity = "Depends on subcommand."},
    {.full_name = "function|delete",
     .summary = "Delete a function by name",
     .since = "7.0.0",
     .complexity = "O(1)",
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .arguments = kFunctionDeleteArguments},
    {.full_name = "function|dump",
     .summary = "Dump all functions into a serialized binary payload",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of functions"},
    {.full_name = "function|flush",
     .summary = "Deleting all functions",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of functions deleted",
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .arguments = kFunctionFlushArguments},
    {.full_name = "function|help",
     .summary = "Show helpful text about the different subcommands",
     .since = "7.0.0",
     .complexity = "O(1)"},
    {.full_name = "function|kill",
     .summary = "Kill the function currently in execution.",
     .since = "7.0.0",
     .complexity = "O(1)",
     .tips = "request_policy:all_shards response_policy:one_succeeded"},
    {.full_name = "function|list",
     .summary = "List information about all the functions",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of functions",
     .tips = "nondeterministic_output_order",
     .arguments = kFunctionListArguments},
    {.full_name = "function|load",
     .summary = "Create a function with the given arguments (name, code, description)",
     .since = "7.0.0",
     .complexity = "O(1) (considering compilation time is redundant)",
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .arguments = kFunctionLoadArguments},
    {.full_name = "function|restore",
     .summary = "Restore all the functions on the given payload",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of functions on the payload",
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .arguments = kFunctionRestoreArguments},
    {.full_name = "function|stats",
     .summary =
         "Return information about the function currently running (name, description, duration)",
     .since = "7.0.0",
     .complexity = "O(1)",
     .tips = "nondeterministic_output request_policy:all_shards response_policy:special"},
    {.full_name = "script",
     .summary = "A container for Lua scripts management commands",
     .since = "2.6.0",
     .complexity = "Depends on subcommand."},
    {.full_name = "script|debug",
     .summary = "Set the debug mode for executed scripts.",
     .since = "3.2.0",
     .complexity = "O(1)",
     .arguments = kScriptDebugArguments},
    {.full_name = "script|exists",
     .summary = "Check existence of scripts in the script cache.",
     .since = "2.6.0",
     .complexity = "O(N) with N being the number of scripts to check (so checking a single script "
                   "is an O(1) operation).",
     .tips = "request_policy:all_shards response_policy:agg_logical_and",
     .arguments = kScriptExistsArguments},
    {.full_name = "script|flush",
     .summary = "Remove all the scripts from the script cache.",
     .since = "2.6.0",
     .complexity = "O(N) with N being the number of scripts in cache",
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .history = kScriptFlushHistory,
     .arguments = kScriptFlushArguments},
    {.full_name = "script|help",
     .summary = "Show helpful text about the different subcommands",
     .since = "5.0.0",
     .complexity = "O(1)"},
    {.full_name = "script|kill",
     .summary = "Kill the script currently in execution.",
     .since = "2.6.0",
     .complexity = "O(1)",
     .tips = "request_policy:all_shards response_policy:one_succeeded"},
    {.full_name = "script|load",
     .summary = "Load the specified Lua script into the script cache.",
     .since = "2.6.0",
     .complexity = "O(N) with N being the length in bytes of the script body.",
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .arguments = kScriptLoadArguments},
};

}  // namespace

std::span<const CommandMetadata> scripting_metadata() { return kCommands; }

}  // namespace engine
