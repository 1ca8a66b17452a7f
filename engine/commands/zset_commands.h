// Commands on sorted sets.

#ifndef BASALT_ENGINE_COMMANDS_ZSET_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_ZSET_COMMANDS_H_

#include "engine/command.h"

namespace engine {

// zset_commands.cc
void zadd_command(CommandContext& context);  // ZINCRBY too.
void zcard_command(CommandContext& context);
void zcount_command(CommandContext& context);
void zlexcount_command(CommandContext& context);
void zmscore_command(CommandContext& context);
void zrank_command(CommandContext& context);
void zrem_command(CommandContext& context);
void zrevrank_command(CommandContext& context);
void zscore_command(CommandContext& context);

// zset_range_commands.cc
void zrange_command(CommandContext& context);
void zrangebylex_command(CommandContext& context);
void zrangebyscore_command(CommandContext& context);
void zrangestore_command(CommandContext& context);
void zremrangebylex_command(CommandContext& context);
void zremrangebyrank_command(CommandContext& context);
void zremrangebyscore_command(CommandContext& context);
void zrevrange_command(CommandContext& context);
void zrevrangebylex_command(CommandContext& context);
void zrevrangebyscore_command(CommandContext& context);

// zset_pick_commands.cc
void bzmpop_command(CommandContext& context);
void bzpopmax_command(CommandContext& context);
void bzpopmin_command(CommandContext& context);
void zmpop_command(CommandContext& context);
void zpopmax_command(CommandContext& context);
void zpopmin_command(CommandContext& context);
void zrandmember_command(CommandContext& context);
void zscan_command(CommandContext& context);

// zset_algebra_commands.cc
void zdiff_command(CommandContext& context);
void zdiffstore_command(CommandContext& context);
void zinter_command(CommandContext& context);
void zintercard_command(CommandContext& context);
void zinterstore_command(CommandContext& context);
void zunion_command(CommandContext& context);
void zunionstore_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_ZSET_COMMANDS_H_
