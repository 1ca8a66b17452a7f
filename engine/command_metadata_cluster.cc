// COMMAND DOCS: cluster. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandArgument kClusterAddslotsArguments[] = {
    {.name = "slot", .type = kInteger, .flags = kMultiple},
};
constexpr CommandArgument kClusterAddslotsrangeArguments[] = {
    {.name = "start-slot_end-slot", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "start-slot", .type = kInteger},
    {.depth = 1, .name = "end-slot", .type = kInteger},
};
constexpr CommandArgument kClusterCountFailureReportsArguments[] = {
    {.name = "node-id"},
};
constexpr CommandArgument kClusterCountkeysinslotArguments[] = {
    {.name = "slot", .type = kInteger},
};
constexpr CommandArgument kClusterDelslotsArguments[] = {
    {.name = "slot", .type = kInteger, .flags = kMultiple},
};
constexpr CommandArgument kClusterDelslotsrangeArguments[] = {
    {.name = "start-slot_end-slot", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "start-slot", .type = kInteger},
    {.depth = 1, .name = "end-slot", .type = kInteger},
};
constexpr CommandArgument kClusterFailoverArguments[] = {
    {.name = "options", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "force", .type = kPureToken, .token = "FORCE"},
    {.depth = 1, .name = "takeover", .type = kPureToken, .token = "TAKEOVER"},
};
constexpr CommandArgument kClusterForgetArguments[] = {
    {.name = "node-id"},
};
constexpr CommandArgument kClusterGetkeysinslotArguments[] = {
    {.name = "slot", .type = kInteger},
    {.name = "count", .type = kInteger},
};
constexpr CommandArgument kClusterKeyslotArguments[] = {
    {.name = "key"},
};
constexpr CommandChange kClusterMeetHistory[] = {
    {"4.0.0", "Added the optional `cluster_bus_port` argument."},
};
constexpr CommandArgument kClusterMeetArguments[] = {
    {.name = "ip"},
    {.name = "port", .type = kInteger},
    {.name = "cluster_bus_port", .type = kInteger, .flags = kOptional, .since = "4.0.0"},
};
constexpr CommandArgument kClusterReplicasArguments[] = {
    {.name = "node-id"},
};
constexpr CommandArgument kClusterReplicateArguments[] = {
    {.name = "node-id"},
};
constexpr CommandArgument kClusterResetArguments[] = {
    {.name = "hard_soft", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "hard", .type = kPureToken, .token = "HARD"},
    {.depth = 1, .name = "soft", .type = kPureToken, .token = "SOFT"},
};
constexpr CommandArgument kClusterSetConfigEpochArguments[] = {
    {.name = "config-epoch", .type = kInteger},
};
constexpr CommandArgument kClusterSetslotArguments[] = {
    {.name = "slot", .type = kInteger},
    {.name = "subcommand", .type = kOneOf},
    {.depth = 1, .name = "node-id", .token = "IMPORTING"},
    {.depth = 1, .name = "node-id", .token = "MIGRATING"},
    {.depth = 1, .name = "node-id", .token = "NODE"},
    {.depth = 1, .name = "stable", .type = kPureToken, .token = "STABLE"},
};
constexpr CommandArgument kClusterSlavesArguments[] = {
    {.name = "node-id"},
};
constexpr CommandChange kClusterSlotsHistory[] = {
    {"4.0.0", "Added node IDs."},
    {"7.0.0", "Added additional networking metadata field."},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "asking",
     .summary = "Sent by cluster clients after an -ASK redirect",
     .since = "3.0.0",
     .complexity = "O(1)"},
    {.full_name = "cluster",
     .summary = "A container for cluster commands",
     .since = "3.0.0",
     .complexity = "Depends on subcommand."},
    {.full_name = "cluster|addslots",
     .summary = "Assign new hash slots to receiving node",
     .since = "3.0.0",
     .complexity = "O(N) where N is the total number of hash slot arguments",
     .arguments = kClusterAddslotsArguments},
    {.full_name = "cluster|addslotsrange",
     .summary = "Assign new hash slots to receiving node",
     .since = "7.0.0",
     .complexity = "O(N) where N is the total number of the slots between the start slot and end "
                   "slot arguments.",
     .arguments = kClusterAddslotsrangeArguments},
    {.full_name = "cluster|bumpepoch",
     .summary = "Advance the cluster config epoch",
     .since = "3.0.0",
     .complexity = "O(1)",
     .tips = "nondeterministic_output"},
    {.full_name = "cluster|count-failure-reports",
     .summary = "Return the number of failure reports active for a given node",
     .since = "3.0.0",
     .complexity = "O(N) where N is the number of failure reports",
     .tips = "nondeterministic_output",
     .arguments = kClusterCountFailureReportsArguments},
    {.full_name = "cluster|countkeysinslot",
     .summary = "Return the number of local keys in the specified hash slot",
     .since = "3.0.0",
     .complexity = "O(1)",
     .arguments = kClusterCountkeysinslotArguments},
    {.full_name = "cluster|delslots",
     .summary = "Set hash slots as unbound in receiving node",
     .since = "3.0.0",
     .complexity = "O(N) where N is the total number of hash slot arguments",
     .arguments = kClusterDelslotsArguments},
    {.full_name = "cluster|delslotsrange",
     .summary = "Set hash slots as unbound in receiving node",
     .since = "7.0.0",
     .complexity = "O(N) where N is the total number of the slots between the start slot and end "
                   "slot arguments.",
     .arguments = kClusterDelslotsrangeArguments},
    {.full_name = "cluster|failover",
     .summary = "Forces a replica to perform a manual failover of its master.",
     .since = "3.0.0",
     .complexity = "O(1)",
     .arguments = kClusterFailoverArguments},
    {.full_name = "cluster|flushslots",
     .summary = "Delete a node's own slots information",
     .since = "3.0.0",
     .complexity = "O(1)"},
    {.full_name = "cluster|forget",
     .summary = "Remove a node from the nodes table",
     .since = "3.0.0",
     .complexity = "O(1)",
     .arguments = kClusterForgetArguments},
    {.full_name = "cluster|getkeysinslot",
     .summary = "Return local key names in the specified hash slot",
     .since = "3.0.0",
     .complexity = "O(log(N)) where N is the number of requested keys",
     .tips = "nondeterministic_output",
     .arguments = kClusterGetkeysinslotArguments},
    {.full_name = "cluster|help",
     .summary = "Show helpful text about the different subcommands",
     .since = "5.0.0",
     .complexity = "O(1)"},
    {.full_name = "cluster|info",
     .summary = "Provides info about Redis Cluster node state",
     .since = "3.0.0",
     .complexity = "O(1)",
     .tips = "nondeterministic_output"},
    {.full_name = "cluster|keyslot",
     .summary = "Returns the hash slot of the specified key",
     .since = "3.0.0",
     .complexity = "O(N) where N is the number of bytes in the key",
     .arguments = kClusterKeyslotArguments},
    {.full_name = "cluster|links",
     .summary = "Returns a list of all TCP links to and from peer nodes in cluster",
     .since = "7.0.0",
     .complexity = "O(N) where N is the total number of Cluster nodes",
     .tips = "nondeterministic_output"},
    {.full_name = "cluster|meet",
     .summary = "Force a node cluster to handshake with another node",
     .since = "3.0.0",
     .complexity = "O(1)",
     .history = kClusterMeetHistory,
     .arguments = kClusterMeetArguments},
    {.full_name = "cluster|myid",
     .summary = "Return the node id",
     .since = "3.0.0",
     .complexity = "O(1)"},
    {.full_name = "cluster|nodes",
     .summary = "Get Cluster config for the node",
     .since = "3.0.0",
     .complexity = "O(N) where N is the total number of Cluster nodes",
     .tips = "nondeterministic_output"},
    {.full_name = "cluster|replicas",
     .summary = "List replica nodes of the specified master node",
     .since = "5.0.0",
     .complexity = "O(1)",
     .tips = "nondeterministic_output",
     .arguments = kClusterReplicasArguments},
    {.full_name = "cluster|replicate",
     .summary = "Reconfigure a node as a replica of the specified master node",
     .since = "3.0.0",
     .complexity = "O(1)",
     .arguments = kClusterReplicateArguments},
    {.full_name = "cluster|reset",
     .summary = "Reset a Redis Cluster node",
     .since = "3.0.0",
     .complexity = "O(N) where N is the number of known nodes. The command may execute a FLUSHALL "
                   "as a side effect.",
     .arguments = kClusterResetArguments},
    {.full_name = "cluster|saveconfig",
     .summary = "Forces the node to save cluster state on disk",
     .since = "3.0.0",
     .complexity = "O(1)"},
    {.full_name = "cluster|set-config-epoch",
     .summary = "Set the configuration epoch in a new node",
     .since = "3.0.0",
     .complexity = "O(1)",
     .arguments = kClusterSetConfigEpochArguments},
    {.full_name = "cluster|setslot",
     .summary = "Bind a hash slot to a specific node",
     .since = "3.0.0",
     .complexity = "O(1)",
     .arguments = kClusterSetslotArguments},
    {.full_name = "cluster|shards",
     .summary = "Get array of cluster slots to node mappings",
     .since = "7.0.0",
     .complexity = "O(N) where N is the total number of cluster nodes",
     .tips = "nondeterministic_output"},
    {.full_name = "cluster|slaves",
     .summary = "List replica nodes of the specified master node",
     .since = "3.0.0",
     .complexity = "O(1)",
     .deprecated_since = "5.0.0",
     .replaced_by = "`CLUSTER REPLICAS`",
     .tips = "nondeterministic_output",
     .arguments = kClusterSlavesArguments},
    {.full_name = "cluster|slots",
     .summary = "Get array of Cluster slot to node mappings",
     .since = "3.0.0",
     .complexity = "O(N) where N is the total number of Cluster nodes",
     .deprecated_since = "7.0.0",
     .replaced_by = "`CLUSTER SHARDS`",
     .tips = "nondeterministic_output",
     .history = kClusterSlotsHistory},
    {.full_name = "readonly",
     .summary = "Enables read queries for a connection to a cluster replica node",
     .since = "3.0.0",
     .complexity = "O(1)"},
    {.full_name = "readwrite",
     .summary = "Disables read queries for a connection to a cluster replica node",
     .since = "3.0.0",
     .complexity = "O(1)"},
};

}  // namespace

std::span<const CommandMetadata> cluster_metadata() { return kCommands; }

}  // namespace engine
