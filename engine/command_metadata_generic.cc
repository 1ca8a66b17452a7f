// COMMAND DOCS: keys of any type. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kCopyArguments[] = {
    {.name = "source", .type = kKey, .key_spec_index = 0},
    {.name = "destination", .type = kKey, .key_spec_index = 1},
    {.name = "destination-db", .type = kInteger, .flags = kOptional, .token = "DB"},
    {.name = "replace", .type = kPureToken, .flags = kOptional, .token = "REPLACE"},
};
constexpr CommandArgument kDelArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandArgument kDumpArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandChange kExistsHistory[] = {
    {"3.0.3", "Accepts multiple `key` arguments."},
};
constexpr CommandArgument kExistsArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandChange kExpireHistory[] = {
    {"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."},
};
constexpr CommandArgument kExpireArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "seconds", .type = kInteger},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .since = "7.0.0"},
    {.depth = 1, .name = "nx", .type = kPureToken, .token = "NX"},
    {.depth = 1, .name = "xx", .type = kPureToken, .token = "XX"},
    {.depth = 1, .name = "gt", .type = kPureToken, .token = "GT"},
    {.depth = 1, .name = "lt", .type = kPureToken, .token = "LT"},
};
constexpr CommandChange kExpireatHistory[] = {
    {"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."},
};
constexpr CommandArgument kExpireatArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "unix-time-seconds", .type = kUnixTime},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .since = "7.0.0"},
    {.depth = 1, .name = "nx", .type = kPureToken, .token = "NX"},
    {.depth = 1, .name = "xx", .type = kPureToken, .token = "XX"},
    {.depth = 1, .name = "gt", .type = kPureToken, .token = "GT"},
    {.depth = 1, .name = "lt", .type = kPureToken, .token = "LT"},
};
constexpr CommandArgument kExpiretimeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kKeysArguments[] = {
    {.name = "pattern", .type = kPattern},
};
constexpr CommandChange kMigrateHistory[] = {
    {"3.0.0", "Added the `COPY` and `REPLACE` options."},
    {"3.0.6", "Added the `KEYS` option."},
    {"4.0.7", "Added the `AUTH` option."},
    {"6.0.0", "Added the `AUTH2` option."},
};
constexpr CommandArgument kMigrateArguments[] = {
    {.name = "host"},
    {.name = "port", .type = kInteger},
    {.name = "key_or_empty_string", .type = kOneOf},
    {.depth = 1, .name = "key", .type = kKey, .key_spec_index = 0},
    {.depth = 1, .name = "empty_string", .type = kPureToken, .token = "", .has_empty_token = true},
    {.name = "destination-db", .type = kInteger},
    {.name = "timeout", .type = kInteger},
    {.name = "copy", .type = kPureToken, .flags = kOptional, .token = "COPY", .since = "3.0.0"},
    {.name = "replace",
     .type = kPureToken,
     .flags = kOptional,
     .token = "REPLACE",
     .since = "3.0.0"},
    {.name = "authentication", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "password", .flags = kOptional, .token = "AUTH", .since = "4.0.7"},
    {.depth = 1,
     .name = "username_password",
     .type = kBlock,
     .flags = kOptional,
     .token = "AUTH2",
     .since = "6.0.0"},
    {.depth = 2, .name = "username"},
    {.depth = 2, .name = "password"},
    {.name = "key",
     .type = kKey,
     .flags = kOptional | kMultiple,
     .key_spec_index = 1,
     .token = "KEYS",
     .since = "3.0.6"},
};
constexpr CommandArgument kMoveArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "db", .type = kInteger},
};
constexpr CommandArgument kObjectEncodingArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kObjectFreqArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kObjectIdletimeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kObjectRefcountArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kPersistArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandChange kPexpireHistory[] = {
    {"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."},
};
constexpr CommandArgument kPexpireArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "milliseconds", .type = kInteger},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .since = "7.0.0"},
    {.depth = 1, .name = "nx", .type = kPureToken, .token = "NX"},
    {.depth = 1, .name = "xx", .type = kPureToken, .token = "XX"},
    {.depth = 1, .name = "gt", .type = kPureToken, .token = "GT"},
    {.depth = 1, .name = "lt", .type = kPureToken, .token = "LT"},
};
constexpr CommandChange kPexpireatHistory[] = {
    {"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."},
};
constexpr CommandArgument kPexpireatArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "unix-time-milliseconds", .type = kUnixTime},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .since = "7.0.0"},
    {.depth = 1, .name = "nx", .type = kPureToken, .token = "NX"},
    {.depth = 1, .name = "xx", .type = kPureToken, .token = "XX"},
    {.depth = 1, .name = "gt", .type = kPureToken, .token = "GT"},
    {.depth = 1, .name = "lt", .type = kPureToken, .token = "LT"},
};
constexpr CommandArgument kPexpiretimeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandChange kPttlHistory[] = {
    {"2.8.0", "Added the -2 reply."},
};
constexpr CommandArgument kPttlArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kRenameArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "newkey", .type = kKey, .key_spec_index = 1},
};
constexpr CommandChange kRenamenxHistory[] = {
    {"3.2.0",
     "The command no longer returns an error when source and destination names are the same."},
};
constexpr CommandArgument kRenamenxArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "newkey", .type = kKey, .key_spec_index = 1},
};
constexpr CommandChange kRestoreHistory[] = {
    {"3.0.0", "Added the `REPLACE` modifier."},
    {"5.0.0", "Added the `ABSTTL` modifier."},
    {"5.0.0", "Added the `IDLETIME` and `FREQ` options."},
};
constexpr CommandArgument kRestoreArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "ttl", .type = kInteger},
    {.name = "serialized-value"},
    {.name = "replace",
     .type = kPureToken,
     .flags = kOptional,
     .token = "REPLACE",
     .since = "3.0.0"},
    {.name = "absttl", .type = kPureToken, .flags = kOptional, .token = "ABSTTL", .since = "5.0.0"},
    {.name = "seconds",
     .type = kInteger,
     .flags = kOptional,
     .token = "IDLETIME",
     .since = "5.0.0"},
    {.name = "frequency", .type = kInteger, .flags = kOptional, .token = "FREQ", .since = "5.0.0"},
};
constexpr CommandChange kScanHistory[] = {
    {"6.0.0", "Added the `TYPE` subcommand."},
};
constexpr CommandArgument kScanArguments[] = {
    {.name = "cursor", .type = kInteger},
    {.name = "pattern", .type = kPattern, .flags = kOptional, .token = "MATCH"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
    {.name = "type", .flags = kOptional, .token = "TYPE", .since = "6.0.0"},
};
constexpr CommandArgument kSortArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "pattern", .type = kPattern, .flags = kOptional, .key_spec_index = 1, .token = "BY"},
    {.name = "offset_count", .type = kBlock, .flags = kOptional, .token = "LIMIT"},
    {.depth = 1, .name = "offset", .type = kInteger},
    {.depth = 1, .name = "count", .type = kInteger},
    {.name = "pattern",
     .type = kPattern,
     .flags = kOptional | kMultiple | kMultipleToken,
     .key_spec_index = 1,
     .token = "GET"},
    {.name = "order", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "asc", .type = kPureToken, .token = "ASC"},
    {.depth = 1, .name = "desc", .type = kPureToken, .token = "DESC"},
    {.name = "sorting", .type = kPureToken, .flags = kOptional, .token = "ALPHA"},
    {.name = "destination",
     .type = kKey,
     .flags = kOptional,
     .key_spec_index = 2,
     .token = "STORE"},
};
constexpr CommandArgument kSortRoArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "pattern", .type = kPattern, .flags = kOptional, .key_spec_index = 1, .token = "BY"},
    {.name = "offset_count", .type = kBlock, .flags = kOptional, .token = "LIMIT"},
    {.depth = 1, .name = "offset", .type = kInteger},
    {.depth = 1, .name = "count", .type = kInteger},
    {.name = "pattern",
     .type = kPattern,
     .flags = kOptional | kMultiple | kMultipleToken,
     .key_spec_index = 1,
     .token = "GET"},
    {.name = "order", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "asc", .type = kPureToken, .token = "ASC"},
    {.depth = 1, .name = "desc", .type = kPureToken, .token = "DESC"},
    {.name = "sorting", .type = kPureToken, .flags = kOptional, .token = "ALPHA"},
};
constexpr CommandArgument kTouchArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandChange kTtlHistory[] = {
    {"2.8.0", "Added the -2 reply."},
};
constexpr CommandArgument kTtlArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kTypeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kUnlinkArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandArgument kWaitArguments[] = {
    {.name = "numreplicas", .type = kInteger},
    {.name = "timeout", .type = kInteger},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "copy",
     .summary = "Copy a key",
     .since = "6.2.0",
     .complexity = "O(N) worst case for collections, where N is the number of nested items. O(1) "
                   "for string values.",
     .arguments = kCopyArguments},
    {.full_name = "del",
     .summary = "Delete a key",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys that will be removed. When a key to remove "
                   "holds a value other than a string, the individual complexity for this key is "
                   "O(M) where M is the number of elements in the list, set, sorted set or hash. "
                   "Removing a single key that holds a string value is O(1).",
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .arguments = kDelArguments},
    {.full_name = "dump",
     .summary = "Return a serialized version of the value stored at the specified key.",
     .since = "2.6.0",
     .complexity =
         "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of "
         "Redis objects composing the value and M their average size. For small string values the "
         "time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
     .tips = "nondeterministic_output",
     .arguments = kDumpArguments},
    {.full_name = "exists",
     .summary = "Determine if a key exists",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys to check.",
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .history = kExistsHistory,
     .arguments = kExistsArguments},
    {.full_name = "expire",
     .summary = "Set a key's time to live in seconds",
     .since = "1.0.0",
     .complexity = "O(1)",
     .history = kExpireHistory,
     .arguments = kExpireArguments},
    {.full_name = "expireat",
     .summary = "Set the expiration for a key as a UNIX timestamp",
     .since = "1.2.0",
     .complexity = "O(1)",
     .history = kExpireatHistory,
     .arguments = kExpireatArguments},
    {.full_name = "expiretime",
     .summary = "Get the expiration Unix timestamp for a key",
     .since = "7.0.0",
     .complexity = "O(1)",
     .arguments = kExpiretimeArguments},
    {.full_name = "keys",
     .summary = "Find all keys matching the given pattern",
     .since = "1.0.0",
     .complexity = "O(N) with N being the number of keys in the database, under the assumption "
                   "that the key names in the database and the given pattern have limited length.",
     .tips = "request_policy:all_shards nondeterministic_output_order",
     .arguments = kKeysArguments},
    {.full_name = "migrate",
     .summary = "Atomically transfer a key from a Redis instance to another one.",
     .since = "2.6.0",
     .complexity = "This command actually executes a DUMP+DEL in the source instance, and a "
                   "RESTORE in the target instance. See the pages of these commands for time "
                   "complexity. Also an O(N) data transfer between the two instances is performed.",
     .tips = "nondeterministic_output",
     .history = kMigrateHistory,
     .arguments = kMigrateArguments},
    {.full_name = "move",
     .summary = "Move a key to another database",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kMoveArguments},
    {.full_name = "object",
     .summary = "A container for object introspection commands",
     .since = "2.2.3",
     .complexity = "Depends on subcommand."},
    {.full_name = "object|encoding",
     .summary = "Inspect the internal encoding of a Redis object",
     .since = "2.2.3",
     .complexity = "O(1)",
     .tips = "nondeterministic_output",
     .arguments = kObjectEncodingArguments},
    {.full_name = "object|freq",
     .summary = "Get the logarithmic access frequency counter of a Redis object",
     .since = "4.0.0",
     .complexity = "O(1)",
     .tips = "nondeterministic_output",
     .arguments = kObjectFreqArguments},
    {.full_name = "object|help",
     .summary = "Show helpful text about the different subcommands",
     .since = "6.2.0",
     .complexity = "O(1)"},
    {.full_name = "object|idletime",
     .summary = "Get the time since a Redis object was last accessed",
     .since = "2.2.3",
     .complexity = "O(1)",
     .tips = "nondeterministic_output",
     .arguments = kObjectIdletimeArguments},
    {.full_name = "object|refcount",
     .summary = "Get the number of references to the value of the key",
     .since = "2.2.3",
     .complexity = "O(1)",
     .tips = "nondeterministic_output",
     .arguments = kObjectRefcountArguments},
    {.full_name = "persist",
     .summary = "Remove the expiration from a key",
     .since = "2.2.0",
     .complexity = "O(1)",
     .arguments = kPersistArguments},
    {.full_name = "pexpire",
     .summary = "Set a key's time to live in milliseconds",
     .since = "2.6.0",
     .complexity = "O(1)",
     .history = kPexpireHistory,
     .arguments = kPexpireArguments},
    {.full_name = "pexpireat",
     .summary = "Set the expiration for a key as a UNIX timestamp specified in milliseconds",
     .since = "2.6.0",
     .complexity = "O(1)",
     .history = kPexpireatHistory,
     .arguments = kPexpireatArguments},
    {.full_name = "pexpiretime",
     .summary = "Get the expiration Unix timestamp for a key in milliseconds",
     .since = "7.0.0",
     .complexity = "O(1)",
     .arguments = kPexpiretimeArguments},
    {.full_name = "pttl",
     .summary = "Get the time to live for a key in milliseconds",
     .since = "2.6.0",
     .complexity = "O(1)",
     .tips = "nondeterministic_output",
     .history = kPttlHistory,
     .arguments = kPttlArguments},
    {.full_name = "randomkey",
     .summary = "Return a random key from the keyspace",
     .since = "1.0.0",
     .complexity = "O(1)",
     .tips = "request_policy:all_shards nondeterministic_output"},
    {.full_name = "rename",
     .summary = "Rename a key",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kRenameArguments},
    {.full_name = "renamenx",
     .summary = "Rename a key, only if the new key does not exist",
     .since = "1.0.0",
     .complexity = "O(1)",
     .history = kRenamenxHistory,
     .arguments = kRenamenxArguments},
    {.full_name = "restore",
     .summary = "Create a key using the provided serialized value, previously obtained using DUMP.",
     .since = "2.6.0",
     .complexity = "O(1) to create the new key and additional O(N*M) to reconstruct the serialized "
                   "value, where N is the number of Redis objects composing the value and M their "
                   "average size. For small string values the time complexity is thus O(1)+O(1*M) "
                   "where M is small, so simply O(1). However for sorted set values the complexity "
                   "is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
     .history = kRestoreHistory,
     .arguments = kRestoreArguments},
    {.full_name = "scan",
     .summary = "Incrementally iterate the keys space",
     .since = "2.8.0",
     .complexity =
         "O(1) for every call. O(N) for a complete iteration, including enough command calls for "
         "the cursor to return back to 0. N is the number of elements inside the collection.",
     .tips = "nondeterministic_output request_policy:special",
     .history = kScanHistory,
     .arguments = kScanArguments},
    {.full_name = "sort",
     .summary = "Sort the elements in a list, set or sorted set",
     .since = "1.0.0",
     .complexity =
         "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the "
         "number of returned elements. When the elements are not sorted, complexity is O(N).",
     .arguments = kSortArguments},
    {.full_name = "sort_ro",
     .summary = "Sort the elements in a list, set or sorted set. Read-only variant of SORT.",
     .since = "7.0.0",
     .complexity =
         "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the "
         "number of returned elements. When the elements are not sorted, complexity is O(N).",
     .arguments = kSortRoArguments},
    {.full_name = "touch",
     .summary =
         "Alters the last access time of a key(s). Returns the number of existing keys specified.",
     .since = "3.2.1",
     .complexity = "O(N) where N is the number of keys that will be touched.",
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .arguments = kTouchArguments},
    {.full_name = "ttl",
     .summary = "Get the time to live for a key in seconds",
     .since = "1.0.0",
     .complexity = "O(1)",
     .tips = "nondeterministic_output",
     .history = kTtlHistory,
     .arguments = kTtlArguments},
    {.full_name = "type",
     .summary = "Determine the type stored at key",
     .since = "1.0.0",
     .complexity = "O(1)",
     .arguments = kTypeArguments},
    {.full_name = "unlink",
     .summary = "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but "
                "non blocking.",
     .since = "4.0.0",
     .complexity = "O(1) for each key removed regardless of its size. Then the command does O(N) "
                   "work in a different thread in order to reclaim memory, where N is the number "
                   "of allocations the deleted objects where composed of.",
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .arguments = kUnlinkArguments},
    {.full_name = "wait",
     .summary = "Wait for the synchronous replication of all the write commands sent in the "
                "context of the current connection",
     .since = "3.0.0",
     .complexity = "O(1)",
     .tips = "request_policy:all_shards response_policy:agg_min",
     .arguments = kWaitArguments},
};

}  // namespace

std::span<const CommandMetadata> generic_metadata() { return kCommands; }

}  // namespace engine
