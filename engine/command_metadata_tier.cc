// COMMAND DOCS: the commands of the cold tier, Basalt's own.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kKeyArgument[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
};
constexpr CommandArgument kKeysArgument[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
};
constexpr CommandArgument kRockevicthashArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "field", .flags = kMultiple},
};
constexpr CommandArgument kRockmemArguments[] = {
    {.name = "amount"},
    {.name = "seconds", .type = kInteger, .flags = kOptional},
};
constexpr CommandArgument kTierDemoteArguments[] = {
    {.name = "what", .type = kOneOf},
    {.depth = 1, .name = "key", .type = kKey, .flags = kMultiple, .key_spec_index = 0},
    {.depth = 1, .name = "all", .type = kPureToken, .token = "ALL"},
    {.depth = 1, .name = "bytes", .type = kInteger, .token = "BYTES"},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "purgerocksdb",
     .summary = "Compact the cold tier in the background (RedRock's command)",
     .since = "0.1.0",
     .complexity = "O(1), the work is done in the background"},
    {.full_name = "rockall",
     .summary = "Demote every key to the cold tier (RedRock's command)",
     .since = "0.1.0",
     .complexity = "O(1), the work is done in the background"},
    {.full_name = "rockevict",
     .summary = "Demote keys to the cold tier (RedRock's command)",
     .since = "0.1.0",
     .complexity = "O(N) where N is the number of keys",
     .arguments = kKeysArgument},
    {.full_name = "rockevicthash",
     .summary = "Demote a hash to the cold tier (RedRock's command)",
     .since = "0.1.0",
     .complexity = "O(N) where N is the number of fields",
     .arguments = kRockevicthashArguments},
    {.full_name = "rockmem",
     .summary = "Demote an amount of memory to the cold tier (RedRock's command)",
     .since = "0.1.0",
     .complexity = "O(1), the work is done in the background",
     .arguments = kRockmemArguments},
    {.full_name = "rockstat",
     .summary = "Show figures of memory and of the cold tier (RedRock's command)",
     .since = "0.1.0",
     .complexity = "O(1)"},
    {.full_name = "tier",
     .summary = "A container for commands of the cold tier",
     .since = "0.1.0",
     .complexity = "Depends on subcommand."},
    {.full_name = "tier|compact",
     .summary = "Compact the log of the cold tier in the background",
     .since = "0.1.0",
     .complexity = "O(1), the work is done in the background"},
    {.full_name = "tier|demote",
     .summary = "Demote keys, everything, or an amount of memory to the cold tier",
     .since = "0.1.0",
     .complexity = "O(N) where N is the number of keys",
     .arguments = kTierDemoteArguments},
    {.full_name = "tier|help",
     .summary = "Show helpful text about the different subcommands",
     .since = "0.1.0",
     .complexity = "O(1)"},
    {.full_name = "tier|key",
     .summary = "Tell where a key lies",
     .since = "0.1.0",
     .complexity = "O(1)",
     .arguments = kKeyArgument},
    {.full_name = "tier|promote",
     .summary = "Promote keys from the cold tier into memory",
     .since = "0.1.0",
     .complexity = "O(N) where N is the number of keys",
     .arguments = kKeysArgument},
    {.full_name = "tier|stats",
     .summary = "Show figures of the cold tier",
     .since = "0.1.0",
     .complexity = "O(1)"},
};

}  // namespace

MetadataSpan tier_metadata() { return kCommands; }

}  // namespace engine
