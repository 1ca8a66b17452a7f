#include "engine/config_checks.h"

namespace engine {

ConfigConflict find_conflict(const Options& options) {
  if (options.tier && options.maxmemory != 0 && options.maxmemory < kTierMaxmemoryMin)
    return {"maxmemory",
            "tier yes needs a maxmemory of at least 64mb: raise maxmemory, or set tier no"};
  if (options.cluster_enabled && !options.replicaof_host.empty())
    return {"replicaof", "replicaof directive not allowed in cluster mode"};
  if (options.cluster_enabled)
    return {"cluster-enabled",
            "Basalt has no cluster mode: one server holds data larger than memory. Remove "
            "cluster-enabled"};
  return {};
}

std::vector<std::string> find_idle_options(const Options& options) {
  struct Idle {
    bool is_set;
    std::string_view text;
  };
  const Idle kIdle[] = {
      {options.io_threads > 1,
       "io-threads: one loop serves all clients; extra threads are not used"},
      {options.appendonly && !options.aof_use_rdb_preamble,
       "aof-use-rdb-preamble no: the base of the append only file is a snapshot"},
      {options.tls_port != 0, "tls-port: this version has no TLS; the port is not opened"},
      {!options.replicaof_host.empty(), "replicaof: this version does not replicate"},
      {!options.aclfile.empty(), "aclfile: this version has no users; use requirepass"},
      {!options.user.empty(), "user: this version has no users; use requirepass"},
      {options.syslog_enabled, "syslog-enabled yes: this version logs to logfile only"},
  };
  std::vector<std::string> lines;
  for (const Idle& idle : kIdle)
    if (idle.is_set) lines.push_back("WARNING " + std::string(idle.text));
  return lines;
}

}  // namespace engine
