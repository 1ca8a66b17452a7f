// COMMAND DOCS: streams. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kXackArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "group"},
    {.name = "id", .flags = kMultiple},
};
constexpr CommandChange kXaddHistory[] = {
    {"6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."},
    {"7.0.0", "Added support for the `<ms>-*` explicit ID form."},
};
constexpr CommandArgument kXaddArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "nomkstream",
     .type = kPureToken,
     .flags = kOptional,
     .token = "NOMKSTREAM",
     .since = "6.2.0"},
    {.name = "trim", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "strategy", .type = kOneOf},
    {.depth = 2, .name = "maxlen", .type = kPureToken, .token = "MAXLEN"},
    {.depth = 2, .name = "minid", .type = kPureToken, .token = "MINID", .since = "6.2.0"},
    {.depth = 1, .name = "operator", .type = kOneOf, .flags = kOptional},
    {.depth = 2, .name = "equal", .type = kPureToken, .token = "="},
    {.depth = 2, .name = "approximately", .type = kPureToken, .token = "~"},
    {.depth = 1, .name = "threshold"},
    {.depth = 1,
     .name = "count",
     .type = kInteger,
     .flags = kOptional,
     .token = "LIMIT",
     .since = "6.2.0"},
    {.name = "id_or_auto", .type = kOneOf},
    {.depth = 1, .name = "auto_id", .type = kPureToken, .token = "*"},
    {.depth = 1, .name = "id"},
    {.name = "field_value", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "field"},
    {.depth = 1, .name = "value"},
};
constexpr CommandChange kXautoclaimHistory[] = {
    {"7.0.0",
     "Added an element to the reply array, containing deleted entries the command cleared from the "
     "PEL"},
};
constexpr CommandArgument kXautoclaimArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "group"},
    {.name = "consumer"},
    {.name = "min-idle-time"},
    {.name = "start"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
    {.name = "justid", .type = kPureToken, .flags = kOptional, .token = "JUSTID"},
};
constexpr CommandArgument kXclaimArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "group"},
    {.name = "consumer"},
    {.name = "min-idle-time"},
    {.name = "id", .flags = kMultiple},
    {.name = "ms", .type = kInteger, .flags = kOptional, .token = "IDLE"},
    {.name = "unix-time-milliseconds", .type = kUnixTime, .flags = kOptional, .token = "TIME"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "RETRYCOUNT"},
    {.name = "force", .type = kPureToken, .flags = kOptional, .token = "FORCE"},
    {.name = "justid", .type = kPureToken, .flags = kOptional, .token = "JUSTID"},
    {.name = "id", .flags = kOptional, .token = "LASTID"},
};
constexpr CommandArgument kXdelArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "id", .flags = kMultiple},
};
constexpr CommandChange kXgroupCreateHistory[] = {
    {"7.0.0", "Added the `entries_read` named argument."},
};
constexpr CommandArgument kXgroupCreateArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "groupname"},
    {.name = "id", .type = kOneOf},
    {.depth = 1, .name = "id"},
    {.depth = 1, .name = "new_id", .type = kPureToken, .token = "$"},
    {.name = "mkstream", .type = kPureToken, .flags = kOptional, .token = "MKSTREAM"},
    {.name = "entries_read", .type = kInteger, .flags = kOptional, .token = "ENTRIESREAD"},
};
constexpr CommandArgument kXgroupCreateconsumerArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "groupname"},
    {.name = "consumername"},
};
constexpr CommandArgument kXgroupDelconsumerArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "groupname"},
    {.name = "consumername"},
};
constexpr CommandArgument kXgroupDestroyArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "groupname"},
};
constexpr CommandChange kXgroupSetidHistory[] = {
    {"7.0.0", "Added the optional `entries_read` argument."},
};
constexpr CommandArgument kXgroupSetidArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "groupname"},
    {.name = "id", .type = kOneOf},
    {.depth = 1, .name = "id"},
    {.depth = 1, .name = "new_id", .type = kPureToken, .token = "$"},
    {.name = "entries_read", .type = kInteger, .flags = kOptional, .token = "ENTRIESREAD"},
};
constexpr CommandArgument kXinfoConsumersArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "groupname"},
};
constexpr CommandChange kXinfoGroupsHistory[] = {
    {"7.0.0", "Added the `entries-read` and `lag` fields"},
};
constexpr CommandArgument kXinfoGroupsArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandChange kXinfoStreamHistory[] = {
    {"6.0.0", "Added the `FULL` modifier."},
    {"7.0.0",
     "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` "
     "and `lag` fields"},
};
constexpr CommandArgument kXinfoStreamArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "full", .type = kBlock, .flags = kOptional, .token = "FULL"},
    {.depth = 1, .name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandArgument kXlenArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandChange kXpendingHistory[] = {
    {"6.2.0", "Added the `IDLE` option and exclusive range intervals."},
};
constexpr CommandArgument kXpendingArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "group"},
    {.name = "filters", .type = kBlock, .flags = kOptional},
    {.depth = 1,
     .name = "min-idle-time",
     .type = kInteger,
     .flags = kOptional,
     .token = "IDLE",
     .since = "6.2.0"},
    {.depth = 1, .name = "start"},
    {.depth = 1, .name = "end"},
    {.depth = 1, .name = "count", .type = kInteger},
    {.depth = 1, .name = "consumer", .flags = kOptional},
};
constexpr CommandChange kXrangeHistory[] = {
    {"6.2.0", "Added exclusive ranges."},
};
constexpr CommandArgument kXrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "start"},
    {.name = "end"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandArgument kXreadArguments[] = {
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
    {.name = "milliseconds", .type = kInteger, .flags = kOptional, .token = "BLOCK"},
    {.name = "streams", .type = kBlock, .token = "STREAMS"},
    {.depth = 1, .name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.depth = 1, .name = "id", .flags = kMultiple},
};
constexpr CommandArgument kXreadgroupArguments[] = {
    {.name = "group_consumer", .type = kBlock, .token = "GROUP"},
    {.depth = 1, .name = "group"},
    {.depth = 1, .name = "consumer"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
    {.name = "milliseconds", .type = kInteger, .flags = kOptional, .token = "BLOCK"},
    {.name = "noack", .type = kPureToken, .flags = kOptional, .token = "NOACK"},
    {.name = "streams", .type = kBlock, .token = "STREAMS"},
    {.depth = 1, .name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.depth = 1, .name = "id", .flags = kMultiple},
};
constexpr CommandChange kXrevrangeHistory[] = {
    {"6.2.0", "Added exclusive ranges."},
};
constexpr CommandArgument kXrevrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "end"},
    {.name = "start"},
    {.name = "count", .type = kInteger, .flags = kOptional, .token = "COUNT"},
};
constexpr CommandChange kXsetidHistory[] = {
    {"7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments."},
};
constexpr CommandArgument kXsetidArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "last-id"},
    {.name = "entries_added",
     .type = kInteger,
     .flags = kOptional,
     .token = "ENTRIESADDED",
     .since = "7.0.0"},
    {.name = "max_deleted_entry_id", .flags = kOptional, .token = "MAXDELETEDID", .since = "7.0.0"},
};
constexpr CommandChange kXtrimHistory[] = {
    {"6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option."},
};
constexpr CommandArgument kXtrimArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "trim", .type = kBlock},
    {.depth = 1, .name = "strategy", .type = kOneOf},
    {.depth = 2, .name = "maxlen", .type = kPureToken, .token = "MAXLEN"},
    {.depth = 2, .name = "minid", .type = kPureToken, .token = "MINID", .since = "6.2.0"},
    {.depth = 1, .name = "operator", .type = kOneOf, .flags = kOptional},
    {.depth = 2, .name = "equal", .type = kPureToken, .token = "="},
    {.depth = 2, .name = "approximately", .type = kPureToken, .token = "~"},
    {.depth = 1, .name = "threshold"},
    {.depth = 1,
     .name = "count",
     .type = kInteger,
     .flags = kOptional,
     .token = "LIMIT",
     .since = "6.2.0"},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "xack",
     .summary = "Marks a pending message as correctly processed, effectively removing it from the "
                "pending entries list of the consumer group. Return value of the command is the "
                "number of messages successfully acknowledged, that is, the IDs we were actually "
                "able to resolve in the PEL.",
     .since = "5.0.0",
     .complexity = "O(1) for each message ID processed.",
     .arguments = kXackArguments},
    {.full_name = "xadd",
     .summary = "Appends a new entry to a stream",
     .since = "5.0.0",
     .complexity = "O(1) when adding a new entry, O(N) when trimming where N being the number of "
                   "entries evicted.",
     .tips = "nondeterministic_output",
     .history = kXaddHistory,
     .arguments = kXaddArguments},
    {.full_name = "xautoclaim",
     .summary = "Changes (or acquires) ownership of messages in a consumer group, as if the "
                "messages were delivered to the specified consumer.",
     .since = "6.2.0",
     .complexity = "O(1) if COUNT is small.",
     .tips = "nondeterministic_output",
     .history = kXautoclaimHistory,
     .arguments = kXautoclaimArguments},
    {.full_name = "xclaim",
     .summary = "Changes (or acquires) ownership of a message in a consumer group, as if the "
                "message was delivered to the specified consumer.",
     .since = "5.0.0",
     .complexity = "O(log N) with N being the number of messages in the PEL of the consumer group.",
     .tips = "nondeterministic_output",
     .arguments = kXclaimArguments},
    {.full_name = "xdel",
     .summary = "Removes the specified entries from the stream. Returns the number of items "
                "actually deleted, that may be different from the number of IDs passed in case "
                "certain IDs do not exist.",
     .since = "5.0.0",
     .complexity =
         "O(1) for each single item to delete in the stream, regardless of the stream size.",
     .arguments = kXdelArguments},
    {.full_name = "xgroup",
     .summary = "A container for consumer groups commands",
     .since = "5.0.0",
     .complexity = "Depends on subcommand."},
    {.full_name = "xgroup|create",
     .summary = "Create a consumer group.",
     .since = "5.0.0",
     .complexity = "O(1)",
     .history = kXgroupCreateHistory,
     .arguments = kXgroupCreateArguments},
    {.full_name = "xgroup|createconsumer",
     .summary = "Create a consumer in a consumer group.",
     .since = "6.2.0",
     .complexity = "O(1)",
     .arguments = kXgroupCreateconsumerArguments},
    {.full_name = "xgroup|delconsumer",
     .summary = "Delete a consumer from a consumer group.",
     .since = "5.0.0",
     .complexity = "O(1)",
     .arguments = kXgroupDelconsumerArguments},
    {.full_name = "xgroup|destroy",
     .summary = "Destroy a consumer group.",
     .since = "5.0.0",
     .complexity =
         "O(N) where N is the number of entries in the group's pending entries list (PEL).",
     .arguments = kXgroupDestroyArguments},
    {.full_name = "xgroup|help",
     .summary = "Show helpful text about the different subcommands",
     .since = "5.0.0",
     .complexity = "O(1)"},
    {.full_name = "xgroup|setid",
     .summary = "Set a consumer group to an arbitrary last delivered ID value.",
     .since = "5.0.0",
     .complexity = "O(1)",
     .history = kXgroupSetidHistory,
     .arguments = kXgroupSetidArguments},
    {.full_name = "xinfo",
     .summary = "A container for stream introspection commands",
     .since = "5.0.0",
     .complexity = "Depends on subcommand."},
    {.full_name = "xinfo|consumers",
     .summary = "List the consumers in a consumer group",
     .since = "5.0.0",
     .complexity = "O(1)",
     .tips = "nondeterministic_output",
     .arguments = kXinfoConsumersArguments},
    {.full_name = "xinfo|groups",
     .summary = "List the consumer groups of a stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .history = kXinfoGroupsHistory,
     .arguments = kXinfoGroupsArguments},
    {.full_name = "xinfo|help",
     .summary = "Show helpful text about the different subcommands",
     .since = "5.0.0",
     .complexity = "O(1)"},
    {.full_name = "xinfo|stream",
     .summary = "Get information about a stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .history = kXinfoStreamHistory,
     .arguments = kXinfoStreamArguments},
    {.full_name = "xlen",
     .summary = "Return the number of entries in a stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .arguments = kXlenArguments},
    {.full_name = "xpending",
     .summary = "Return information and entries from a stream consumer group pending entries list, "
                "that are messages fetched but never acknowledged.",
     .since = "5.0.0",
     .complexity = "O(N) with N being the number of elements returned, so asking for a small fixed "
                   "number of entries per call is O(1). O(M), where M is the total number of "
                   "entries scanned when used with the IDLE filter. When the command returns just "
                   "the summary and the list of consumers is small, it runs in O(1) time; "
                   "otherwise, an additional O(N) time for iterating every consumer.",
     .tips = "nondeterministic_output",
     .history = kXpendingHistory,
     .arguments = kXpendingArguments},
    {.full_name = "xrange",
     .summary =
         "Return a range of elements in a stream, with IDs matching the specified IDs interval",
     .since = "5.0.0",
     .complexity =
         "O(N) with N being the number of elements being returned. If N is constant (e.g. always "
         "asking for the first 10 elements with COUNT), you can consider it O(1).",
     .history = kXrangeHistory,
     .arguments = kXrangeArguments},
    {.full_name = "xread",
     .summary = "Return never seen elements in multiple streams, with IDs greater than the ones "
                "reported by the caller for each stream. Can block.",
     .since = "5.0.0",
     .complexity = "For each stream mentioned: O(N) with N being the number of elements being "
                   "returned, it means that XREAD-ing with a fixed COUNT is O(1). Note that when "
                   "the BLOCK option is used, XADD will pay O(M) time in order to serve the M "
                   "clients blocked on the stream getting new data.",
     .arguments = kXreadArguments},
    {.full_name = "xreadgroup",
     .summary = "Return new entries from a stream using a consumer group, or access the history of "
                "the pending entries for a given consumer. Can block.",
     .since = "5.0.0",
     .complexity =
         "For each stream mentioned: O(M) with M being the number of elements returned. If M is "
         "constant (e.g. always asking for the first 10 elements with COUNT), you can consider it "
         "O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to "
         "serve the N clients blocked on the stream getting new data.",
     .arguments = kXreadgroupArguments},
    {.full_name = "xrevrange",
     .summary = "Return a range of elements in a stream, with IDs matching the specified IDs "
                "interval, in reverse order (from greater to smaller IDs) compared to XRANGE",
     .since = "5.0.0",
     .complexity = "O(N) with N being the number of elements returned. If N is constant (e.g. "
                   "always asking for the first 10 elements with COUNT), you can consider it O(1).",
     .history = kXrevrangeHistory,
     .arguments = kXrevrangeArguments},
    {.full_name = "xsetid",
     .summary = "An internal command for replicating stream values",
     .since = "5.0.0",
     .complexity = "O(1)",
     .history = kXsetidHistory,
     .arguments = kXsetidArguments},
    {.full_name = "xtrim",
     .summary = "Trims the stream to (approximately if '~' is passed) a certain size",
     .since = "5.0.0",
     .complexity = "O(N), with N being the number of evicted entries. Constant times are very "
                   "small however, since entries are organized in macro nodes containing multiple "
                   "entries that can be released with a single deallocation.",
     .tips = "nondeterministic_output",
     .history = kXtrimHistory,
     .arguments = kXtrimArguments},
};

}  // namespace

std::span<const CommandMetadata> stream_metadata() { return kCommands; }

}  // namespace engine
