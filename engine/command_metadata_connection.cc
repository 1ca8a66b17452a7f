// COMMAND DOCS: connections. Facts of Redis 7.0.15; NO-TOUCH and SETINFO are of 7.2.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandChange kAuthHistory[] = {
    {"6.0.0", "Added ACL style (username and password)."},
};
constexpr CommandArgument kAuthArguments[] = {
    {.name = "username", .flags = kOptional, .since = "6.0.0"},
    {.name = "password"},
};
constexpr CommandArgument kClientCachingArguments[] = {
    {.name = "mode", .type = kOneOf},
    {.depth = 1, .name = "yes", .type = kPureToken, .token = "YES"},
    {.depth = 1, .name = "no", .type = kPureToken, .token = "NO"},
};
constexpr CommandChange kClientKillHistory[] = {
    {"2.8.12", "Added new filter format."},
    {"2.8.12", "`ID` option."},
    {"3.2.0", "Added `master` type in for `TYPE` option."},
    {"5.0.0",
     "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility."},
    {"6.2.0", "`LADDR` option."},
};
constexpr CommandArgument kClientKillArguments[] = {
    {.name = "filter", .type = kOneOf},
    {.depth = 1, .name = "ip:port", .deprecated_since = "2.8.12"},
    {.depth = 1, .name = "new-format", .type = kOneOf, .flags = kMultiple},
    {.depth = 2,
     .name = "client-id",
     .type = kInteger,
     .flags = kOptional,
     .token = "ID",
     .since = "2.8.12"},
    {.depth = 2,
     .name = "normal_master_slave_pubsub",
     .type = kOneOf,
     .flags = kOptional,
     .token = "TYPE",
     .since = "2.8.12"},
    {.depth = 3, .name = "normal", .type = kPureToken, .token = "NORMAL"},
    {.depth = 3, .name = "master", .type = kPureToken, .token = "MASTER", .since = "3.2.0"},
    {.depth = 3, .name = "slave", .type = kPureToken, .token = "SLAVE"},
    {.depth = 3, .name = "replica", .type = kPureToken, .token = "REPLICA", .since = "5.0.0"},
    {.depth = 3, .name = "pubsub", .type = kPureToken, .token = "PUBSUB"},
    {.depth = 2, .name = "username", .flags = kOptional, .token = "USER"},
    {.depth = 2, .name = "ip:port", .flags = kOptional, .token = "ADDR"},
    {.depth = 2, .name = "ip:port", .flags = kOptional, .token = "LADDR", .since = "6.2.0"},
    {.depth = 2, .name = "yes/no", .flags = kOptional, .token = "SKIPME"},
};
constexpr CommandChange kClientListHistory[] = {
    {"2.8.12", "Added unique client `id` field."},
    {"5.0.0", "Added optional `TYPE` filter."},
    {"6.0.0", "Added `user` field."},
    {"6.2.0",
     "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter."},
    {"7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."},
    {"7.0.3", "Added `ssub` field."},
};
constexpr CommandArgument kClientListArguments[] = {
    {.name = "normal_master_replica_pubsub",
     .type = kOneOf,
     .flags = kOptional,
     .token = "TYPE",
     .since = "5.0.0"},
    {.depth = 1, .name = "normal", .type = kPureToken, .token = "NORMAL"},
    {.depth = 1, .name = "master", .type = kPureToken, .token = "MASTER"},
    {.depth = 1, .name = "replica", .type = kPureToken, .token = "REPLICA"},
    {.depth = 1, .name = "pubsub", .type = kPureToken, .token = "PUBSUB"},
    {.name = "id", .type = kBlock, .flags = kOptional, .token = "ID", .since = "6.2.0"},
    {.depth = 1, .name = "client-id", .type = kInteger, .flags = kMultiple},
};
constexpr CommandArgument kClientNoEvictArguments[] = {
    {.name = "enabled", .type = kOneOf},
    {.depth = 1, .name = "on", .type = kPureToken, .token = "ON"},
    {.depth = 1, .name = "off", .type = kPureToken, .token = "OFF"},
};
constexpr CommandChange kClientPauseHistory[] = {
    {"6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option."},
};
constexpr CommandArgument kClientPauseArguments[] = {
    {.name = "timeout", .type = kInteger},
    {.name = "mode", .type = kOneOf, .flags = kOptional, .since = "6.2.0"},
    {.depth = 1, .name = "write", .type = kPureToken, .token = "WRITE"},
    {.depth = 1, .name = "all", .type = kPureToken, .token = "ALL"},
};
constexpr CommandArgument kClientReplyArguments[] = {
    {.name = "on_off_skip", .type = kOneOf},
    {.depth = 1, .name = "on", .type = kPureToken, .token = "ON"},
    {.depth = 1, .name = "off", .type = kPureToken, .token = "OFF"},
    {.depth = 1, .name = "skip", .type = kPureToken, .token = "SKIP"},
};
constexpr CommandArgument kClientSetnameArguments[] = {
    {.name = "connection-name"},
};
constexpr CommandArgument kClientTrackingArguments[] = {
    {.name = "status", .type = kOneOf},
    {.depth = 1, .name = "on", .type = kPureToken, .token = "ON"},
    {.depth = 1, .name = "off", .type = kPureToken, .token = "OFF"},
    {.name = "client-id", .type = kInteger, .flags = kOptional, .token = "REDIRECT"},
    {.name = "prefix", .flags = kOptional | kMultiple | kMultipleToken, .token = "PREFIX"},
    {.name = "bcast", .type = kPureToken, .flags = kOptional, .token = "BCAST"},
    {.name = "optin", .type = kPureToken, .flags = kOptional, .token = "OPTIN"},
    {.name = "optout", .type = kPureToken, .flags = kOptional, .token = "OPTOUT"},
    {.name = "noloop", .type = kPureToken, .flags = kOptional, .token = "NOLOOP"},
};
constexpr CommandArgument kClientUnblockArguments[] = {
    {.name = "client-id", .type = kInteger},
    {.name = "timeout_error", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "timeout", .type = kPureToken, .token = "TIMEOUT"},
    {.depth = 1, .name = "error", .type = kPureToken, .token = "ERROR"},
};
constexpr CommandArgument kEchoArguments[] = {
    {.name = "message"},
};
constexpr CommandChange kHelloHistory[] = {
    {"6.2.0",
     "`protover` made optional; when called without arguments the command reports the current "
     "connection's context."},
};
constexpr CommandArgument kHelloArguments[] = {
    {.name = "arguments", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "protover", .type = kInteger},
    {.depth = 1, .name = "username_password", .type = kBlock, .flags = kOptional, .token = "AUTH"},
    {.depth = 2, .name = "username"},
    {.depth = 2, .name = "password"},
    {.depth = 1, .name = "clientname", .flags = kOptional, .token = "SETNAME"},
};
constexpr CommandArgument kPingArguments[] = {
    {.name = "message", .flags = kOptional},
};
constexpr CommandArgument kSelectArguments[] = {
    {.name = "index", .type = kInteger},
};

constexpr CommandArgument kClientSetinfoArguments[] = {
    {.name = "attribute", .type = kOneOf},
    {.depth = 1, .name = "libname", .token = "LIB-NAME"},
    {.depth = 1, .name = "libver", .token = "LIB-VER"},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "auth",
     .summary = "Authenticate to the server",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of passwords defined for the user",
     .history = kAuthHistory,
     .arguments = kAuthArguments},
    {.full_name = "client",
     .summary = "A container for client connection commands",
     .since = "2.4.0",
     .complexity = "Depends on subcommand."},
    {.full_name = "client|caching",
     .summary = "Instruct the server about tracking or not keys in the next request",
     .since = "6.0.0",
     .complexity = "O(1)",
     .arguments = kClientCachingArguments},
    {.full_name = "client|getname",
     .summary = "Get the current connection name",
     .since = "2.6.9",
     .complexity = "O(1)"},
    {.full_name = "client|getredir",
     .summary = "Get tracking notifications redirection client ID if any",
     .since = "6.0.0",
     .complexity = "O(1)"},
    {.full_name = "client|help",
     .summary = "Show helpful text about the different subcommands",
     .since = "5.0.0",
     .complexity = "O(1)"},
    {.full_name = "client|id",
     .summary = "Returns the client ID for the current connection",
     .since = "5.0.0",
     .complexity = "O(1)"},
    {.full_name = "client|info",
     .summary = "Returns information about the current client connection.",
     .since = "6.2.0",
     .complexity = "O(1)",
     .tips = "nondeterministic_output"},
    {.full_name = "client|kill",
     .summary = "Kill the connection of a client",
     .since = "2.4.0",
     .complexity = "O(N) where N is the number of client connections",
     .history = kClientKillHistory,
     .arguments = kClientKillArguments},
    {.full_name = "client|list",
     .summary = "Get the list of client connections",
     .since = "2.4.0",
     .complexity = "O(N) where N is the number of client connections",
     .tips = "nondeterministic_output",
     .history = kClientListHistory,
     .arguments = kClientListArguments},
    {.full_name = "client|no-evict",
     .summary = "Set client eviction mode for the current connection",
     .since = "7.0.0",
     .complexity = "O(1)",
     .arguments = kClientNoEvictArguments},
    {.full_name = "client|no-touch",
     .summary = "Keep the commands of the current connection from making keys hotter",
     .since = "7.2.0",
     .complexity = "O(1)",
     .arguments = kClientNoEvictArguments},
    {.full_name = "client|pause",
     .summary = "Stop processing commands from clients for some time",
     .since = "2.9.50",
     .complexity = "O(1)",
     .history = kClientPauseHistory,
     .arguments = kClientPauseArguments},
    {.full_name = "client|reply",
     .summary = "Instruct the server whether to reply to commands",
     .since = "3.2.0",
     .complexity = "O(1)",
     .arguments = kClientReplyArguments},
    {.full_name = "client|setinfo",
     .summary = "Tell the name or the version of the client library",
     .since = "7.2.0",
     .complexity = "O(1)",
     .arguments = kClientSetinfoArguments},
    {.full_name = "client|setname",
     .summary = "Set the current connection name",
     .since = "2.6.9",
     .complexity = "O(1)",
     .arguments = kClientSetnameArguments},
    {.full_name = "client|tracking",
     .summary = "Enable or disable server assisted client side caching support",
     .since = "6.0.0",
     .complexity = "O(1). Some options may introduce additional complexity.",
     .arguments = kClientTrackingArguments},
    {.full_name = "client|trackinginfo",
     .summary =
         "Return information about server assisted client side caching for the current connection",
     .since = "6.2.0",
     .complexity = "O(1)"},
    {.full_name = "client|unblock",
     .summary = "Unblock a client blocked in a blocking command from a different connection",
     .since = "5.0.0",
     .complexity = "O(log N) where N is the number of client connections",
     .arguments = kClientUnblockArguments},
    {.full_name = "client|unpause",
     .summary = "Resume processing of clients that were paused",
     .since = "6.2.0",
     .complexity = "O(N) Where N is the number of paused clients"},
    {.full_name = "echo",
     .summary = "Echo the given string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kEchoArguments},
    {.full_name = "hello",
     .summary = "Handshake with Redis",
     .since = "6.0.0",
     .complexity = "O(1)",
     .history = kHelloHistory,
     .arguments = kHelloArguments},
    {.full_name = "ping",
     .summary = "Ping the server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .arguments = kPingArguments},
    {.full_name = "quit",
     .summary = "Close the connection",
     .since = "1.0.0",
     .complexity = "O(1)"},
    {.full_name = "reset",
     .summary = "Reset the connection",
     .since = "6.2.0",
     .complexity = "O(1)"},
    {.full_name = "select",
     .summary = "Change the selected database for the current connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kSelectArguments},
};

}  // namespace

std::span<const CommandMetadata> connection_metadata() { return kCommands; }

}  // namespace engine
