// COMMAND DOCS: pub/sub. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kPsubscribeArguments[] = {
    {.name = "pattern", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "pattern", .type = kPattern},
};
constexpr CommandArgument kPublishArguments[] = {
    {.name = "channel"},
    {.name = "message"},
};
constexpr CommandArgument kPubsubChannelsArguments[] = {
    {.name = "pattern", .type = kPattern, .flags = kOptional},
};
constexpr CommandArgument kPubsubNumsubArguments[] = {
    {.name = "channel", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kPubsubShardchannelsArguments[] = {
    {.name = "pattern", .type = kPattern, .flags = kOptional},
};
constexpr CommandArgument kPubsubShardnumsubArguments[] = {
    {.name = "shardchannel", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kPunsubscribeArguments[] = {
    {.name = "pattern", .type = kPattern, .flags = kOptional | kMultiple},
};
constexpr CommandArgument kSpublishArguments[] = {
    {.name = "shardchannel"},
    {.name = "message"},
};
constexpr CommandArgument kSsubscribeArguments[] = {
    {.name = "shardchannel", .flags = kMultiple},
};
constexpr CommandArgument kSubscribeArguments[] = {
    {.name = "channel", .flags = kMultiple},
};
constexpr CommandArgument kSunsubscribeArguments[] = {
    {.name = "shardchannel", .flags = kOptional | kMultiple},
};
constexpr CommandArgument kUnsubscribeArguments[] = {
    {.name = "channel", .flags = kOptional | kMultiple},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "psubscribe",
     .summary = "Listen for messages published to channels matching the given patterns",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of patterns the client is already subscribed to.",
     .arguments = kPsubscribeArguments},
    {.full_name = "publish",
     .summary = "Post a message to a channel",
     .since = "2.0.0",
     .complexity = "O(N+M) where N is the number of clients subscribed to the receiving channel "
                   "and M is the total number of subscribed patterns (by any client).",
     .arguments = kPublishArguments},
    {.full_name = "pubsub",
     .summary = "A container for Pub/Sub commands",
     .since = "2.8.0",
     .complexity = "Depends on subcommand."},
    {.full_name = "pubsub|channels",
     .summary = "List active channels",
     .since = "2.8.0",
     .complexity = "O(N) where N is the number of active channels, and assuming constant time "
                   "pattern matching (relatively short channels and patterns)",
     .arguments = kPubsubChannelsArguments},
    {.full_name = "pubsub|help",
     .summary = "Show helpful text about the different subcommands",
     .since = "6.2.0",
     .complexity = "O(1)"},
    {.full_name = "pubsub|numpat",
     .summary = "Get the count of unique patterns pattern subscriptions",
     .since = "2.8.0",
     .complexity = "O(1)"},
    {.full_name = "pubsub|numsub",
     .summary = "Get the count of subscribers for channels",
     .since = "2.8.0",
     .complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
     .arguments = kPubsubNumsubArguments},
    {.full_name = "pubsub|shardchannels",
     .summary = "List active shard channels",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of active shard channels, and assuming constant "
                   "time pattern matching (relatively short shard channels).",
     .arguments = kPubsubShardchannelsArguments},
    {.full_name = "pubsub|shardnumsub",
     .summary = "Get the count of subscribers for shard channels",
     .since = "7.0.0",
     .complexity =
         "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
     .arguments = kPubsubShardnumsubArguments},
    {.full_name = "punsubscribe",
     .summary = "Stop listening for messages posted to channels matching the given patterns",
     .since = "2.0.0",
     .complexity = "O(N+M) where N is the number of patterns the client is already subscribed and "
                   "M is the number of total patterns subscribed in the system (by any client).",
     .arguments = kPunsubscribeArguments},
    {.full_name = "spublish",
     .summary = "Post a message to a shard channel",
     .since = "7.0.0",
     .complexity =
         "O(N) where N is the number of clients subscribed to the receiving shard channel.",
     .arguments = kSpublishArguments},
    {.full_name = "ssubscribe",
     .summary = "Listen for messages published to the given shard channels",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of shard channels to subscribe to.",
     .arguments = kSsubscribeArguments},
    {.full_name = "subscribe",
     .summary = "Listen for messages published to the given channels",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of channels to subscribe to.",
     .arguments = kSubscribeArguments},
    {.full_name = "sunsubscribe",
     .summary = "Stop listening for messages posted to the given shard channels",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of clients already subscribed to a shard channel.",
     .arguments = kSunsubscribeArguments},
    {.full_name = "unsubscribe",
     .summary = "Stop listening for messages posted to the given channels",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of clients already subscribed to a channel.",
     .arguments = kUnsubscribeArguments},
};

}  // namespace

std::span<const CommandMetadata> pubsub_metadata() { return kCommands; }

}  // namespace engine
