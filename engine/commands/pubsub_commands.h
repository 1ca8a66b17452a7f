// Subscribing and publishing.

#ifndef BASALT_ENGINE_COMMANDS_PUBSUB_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_PUBSUB_COMMANDS_H_

#include "engine/command.h"

namespace engine {

void psubscribe_command(CommandContext& context);
void publish_command(CommandContext& context);
void pubsub_channels_command(CommandContext& context);
void pubsub_help_command(CommandContext& context);
void pubsub_numpat_command(CommandContext& context);
void pubsub_numsub_command(CommandContext& context);
void pubsub_shardchannels_command(CommandContext& context);
void pubsub_shardnumsub_command(CommandContext& context);
void punsubscribe_command(CommandContext& context);
void spublish_command(CommandContext& context);
void ssubscribe_command(CommandContext& context);
void subscribe_command(CommandContext& context);
void sunsubscribe_command(CommandContext& context);
void unsubscribe_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_PUBSUB_COMMANDS_H_
