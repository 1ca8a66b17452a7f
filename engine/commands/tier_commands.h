// Commands of the cold tier: TIER, and RedRock's under their names. None of them keeps other
// clients waiting: what takes time goes on in the background.

#ifndef BASALT_ENGINE_COMMANDS_TIER_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_TIER_COMMANDS_H_

#include <cstdint>
#include <optional>

#include "engine/command.h"

namespace engine {

void tier_stats_command(CommandContext& context);
void tier_demote_command(CommandContext& context);
void tier_promote_command(CommandContext& context);
void tier_key_command(CommandContext& context);
void tier_compact_command(CommandContext& context);
void tier_help_command(CommandContext& context);

void rockevict_command(CommandContext& context);
void rockevicthash_command(CommandContext& context);
void rockall_command(CommandContext& context);
void rockmem_command(CommandContext& context);
void rockstat_command(CommandContext& context);
void purgerocksdb_command(CommandContext& context);

// "77m", "2G" of ROCKMEM: a positive number and its unit, either case.
std::optional<uint64_t> parse_rock_bytes(std::string_view text);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_TIER_COMMANDS_H_
