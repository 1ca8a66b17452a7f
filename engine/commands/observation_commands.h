// Commands that look at what the server does: SLOWLOG, LATENCY, MONITOR; and those about
// replication, of which there is none.

#ifndef BASALT_ENGINE_COMMANDS_OBSERVATION_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_OBSERVATION_COMMANDS_H_

#include "engine/command.h"

namespace engine {

// latency_commands.cc
void latency_doctor_command(CommandContext& context);
void latency_graph_command(CommandContext& context);
void latency_help_command(CommandContext& context);
void latency_histogram_command(CommandContext& context);
void latency_history_command(CommandContext& context);
void latency_latest_command(CommandContext& context);
void latency_reset_command(CommandContext& context);

// observation_commands.cc
void monitor_command(CommandContext& context);
void slowlog_get_command(CommandContext& context);
void slowlog_help_command(CommandContext& context);
void slowlog_len_command(CommandContext& context);
void slowlog_reset_command(CommandContext& context);

// replication_commands.cc
void replicaof_command(CommandContext& context);
void role_command(CommandContext& context);
void wait_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_OBSERVATION_COMMANDS_H_
