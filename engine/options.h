// Options: every setting of the server as a plain field, and the one table that describes them.
//
// The field of option `max-foo` is `max_foo`. The table (options_table.cc) gives each option its
// names, type, range, default and help; the parser of configuration files and command line, CONFIG
// GET/SET/REWRITE, basalt.conf and docs/configuration.md all come from it. Types, ranges, defaults
// and error texts of Redis's options are those of Redis 7.0.15.
//
// A field belongs to engine/config.h's Config, which alone changes it; everybody else reads.

#ifndef BASALT_ENGINE_OPTIONS_H_
#define BASALT_ENGINE_OPTIONS_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace engine {

enum class MaxmemoryPolicy : uint8_t {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllkeysLru,
  kAllkeysLfu,
  kAllkeysRandom,
  kNoEviction,
};
enum class AppendFsync : uint8_t { kEverysec, kAlways, kNo };
enum class LogLevelOption : uint8_t { kDebug, kVerbose, kNotice, kWarning };
enum class Supervised : uint8_t { kUpstart, kSystemd, kAuto, kNo };
enum class SyslogFacility : uint8_t {
  kUser,
  kLocal0,
  kLocal1,
  kLocal2,
  kLocal3,
  kLocal4,
  kLocal5,
  kLocal6,
  kLocal7,
};
enum class DisklessLoad : uint8_t { kDisabled, kOnEmptyDb, kSwapdb };
enum class TlsAuthClients : uint8_t { kNo, kYes, kOptional };
enum class OomScoreAdj : uint8_t { kNo, kRelative, kAbsolute };
enum class AclPubsubDefault : uint8_t { kAllChannels, kResetChannels };
enum class SanitizeDump : uint8_t { kNo, kYes, kClients };
enum class ProtectedAction : uint8_t { kNo, kYes, kLocal };
enum class ClusterEndpointType : uint8_t { kIp, kHostname, kUnknown };
enum class PropagationErrorBehavior : uint8_t { kIgnore, kPanic, kPanicOnReplicas };
enum class SnapshotPressure : uint8_t { kAbort, kThrottle };

// Bits of shutdown_on_sigint and shutdown_on_sigterm; 0 is "default".
inline constexpr uint8_t kShutdownNoSave = 1;
inline constexpr uint8_t kShutdownSave = 2;
inline constexpr uint8_t kShutdownNow = 4;
inline constexpr uint8_t kShutdownForce = 8;

struct SavePoint {
  int64_t seconds = 0;
  int32_t changes = 0;
  bool operator==(const SavePoint&) const = default;
};

enum class ClientClass : uint8_t { kNormal, kReplica, kPubsub, kCount };

struct OutputBufferLimit {
  uint64_t hard_bytes = 0;  // 0: none.
  uint64_t soft_bytes = 0;
  int64_t soft_seconds = 0;
  bool operator==(const OutputBufferLimit&) const = default;
};

// Fields in the order of the table. Sizes are in bytes unless the name says otherwise.
struct Options {
  // Sets every field to its default. `dir` becomes empty: Config fills in the current directory.
  Options();

  // Basalt: memory and the cold tier
  uint64_t maxmemory;         // 0: no limit. The bytes that a percentage came to.
  int64_t maxmemory_percent;  // Not 0 when it was given as a percentage; no option of its own.
  MaxmemoryPolicy maxmemory_policy;
  int64_t maxmemory_samples, maxmemory_eviction_tenacity;
  int64_t maxmemory_clients;  // Negative: percent of maxmemory.
  bool tier;
  std::string tier_dir;                       // Empty: <dir>/tier-<port>.
  int64_t tier_max_bytes;                     // 0: the file system less 5 %.
  int64_t tier_low_water;                     // Percent of maxmemory at which demotion starts.
  int64_t tier_read_depth, tier_write_depth;  // Operations in flight.

  // Basalt: snapshots
  int64_t snapshot_io_depth;
  int64_t snapshot_buffer;
  int64_t snapshot_rate_limit;  // Bytes per second; 0: none.
  SnapshotPressure snapshot_pressure;
  bool save_blocks_clients;
  std::string ring_features;  // Empty: what the kernel offers; else "6.1".

  // Network
  std::vector<std::string> bind;
  std::string bind_source_addr;
  bool protected_mode;
  int64_t port, tcp_backlog;
  std::string unixsocket;
  int64_t unixsocketperm;
  int64_t timeout, tcp_keepalive;  // Seconds.
  int64_t maxclients;
  uint64_t client_query_buffer_limit;
  int64_t proto_max_bulk_len;
  std::array<OutputBufferLimit, static_cast<size_t>(ClientClass::kCount)>
      client_output_buffer_limit;
  int64_t socket_mark_id, io_threads;
  bool io_threads_do_reads;

  // TLS
  int64_t tls_port, tls_session_cache_size, tls_session_cache_timeout;
  bool tls_cluster, tls_replication, tls_prefer_server_ciphers, tls_session_caching;
  TlsAuthClients tls_auth_clients;
  std::string tls_cert_file, tls_key_file, tls_key_file_pass, tls_client_cert_file,
      tls_client_key_file, tls_client_key_file_pass, tls_dh_params_file, tls_ca_cert_file,
      tls_ca_cert_dir, tls_protocols, tls_ciphers, tls_ciphersuites;

  // General
  bool daemonize;
  Supervised supervised;
  std::string pidfile;
  LogLevelOption loglevel;
  std::string logfile;
  bool syslog_enabled;
  std::string syslog_ident;
  SyslogFacility syslog_facility;
  bool crash_log_enabled, crash_memcheck_enabled, use_exit_on_panic;
  int64_t databases;
  bool always_show_logo, set_proc_title;
  std::string proc_title_template;
  int64_t hz;
  bool dynamic_hz, activerehashing;
  int64_t active_expire_effort;
  int64_t watchdog_period;  // Milliseconds.
  OomScoreAdj oom_score_adj;
  std::array<int32_t, 3> oom_score_adj_values;  // Primary, replica, background work.
  bool disable_thp;
  std::string server_cpulist, bio_cpulist, aof_rewrite_cpulist, bgsave_cpulist, ignore_warnings;
  bool jemalloc_bg_thread;
  int64_t shutdown_timeout;  // Seconds.
  uint8_t shutdown_on_sigint, shutdown_on_sigterm;

  // Snapshot files
  std::vector<SavePoint> save;
  bool stop_writes_on_bgsave_error, rdbcompression, rdbchecksum;
  SanitizeDump sanitize_dump_payload;
  std::string dbfilename;
  bool rdb_del_sync_files;
  std::string dir;  // Absolute.
  bool rdb_save_incremental_fsync;
  int64_t rdb_key_save_delay, key_load_delay;  // Microseconds.
  int64_t loading_process_events_interval_bytes;

  // Append only file
  bool appendonly;
  std::string appendfilename, appenddirname;
  AppendFsync appendfsync;
  bool no_appendfsync_on_rewrite;
  int64_t auto_aof_rewrite_percentage, auto_aof_rewrite_min_size;
  bool aof_load_truncated, aof_use_rdb_preamble, aof_timestamp_enabled,
      aof_rewrite_incremental_fsync, aof_disable_auto_gc, aof_missing_use_rdb, aof_checksum;

  // Replication
  std::string replicaof_host;  // Empty: a primary.
  int64_t replicaof_port;
  std::string masteruser, masterauth;
  bool replica_serve_stale_data, replica_read_only, replica_ignore_maxmemory, replica_lazy_flush,
      replica_announced, replica_ignore_disk_write_errors;
  int64_t replica_priority, replica_announce_port;
  std::string replica_announce_ip;
  bool repl_diskless_sync;
  int64_t repl_diskless_sync_delay, repl_diskless_sync_max_replicas;
  DisklessLoad repl_diskless_load;
  int64_t repl_ping_replica_period, repl_timeout;  // Seconds.
  bool repl_disable_tcp_nodelay;
  int64_t repl_backlog_size, repl_backlog_ttl;
  int64_t min_replicas_to_write, min_replicas_max_lag;
  PropagationErrorBehavior propagation_error_behavior;

  // Security
  std::string requirepass, aclfile;
  int64_t acllog_max_len;
  AclPubsubDefault acl_pubsub_default;
  ProtectedAction enable_protected_configs, enable_debug_command, enable_module_command;

  // Lazy freeing, defragmentation
  bool lazyfree_lazy_eviction, lazyfree_lazy_expire, lazyfree_lazy_server_del,
      lazyfree_lazy_user_del, lazyfree_lazy_user_flush;
  bool activedefrag;
  int64_t active_defrag_cycle_min, active_defrag_cycle_max, active_defrag_threshold_lower,
      active_defrag_threshold_upper, active_defrag_max_scan_fields;
  uint64_t active_defrag_ignore_bytes;

  // Data types, eviction counters
  uint64_t hash_max_listpack_entries, hash_max_listpack_value, set_max_intset_entries,
      zset_max_listpack_entries, zset_max_listpack_value, hll_sparse_max_bytes,
      stream_node_max_bytes;
  int64_t list_max_listpack_size, list_compress_depth, stream_node_max_entries;
  int64_t lfu_log_factor, lfu_decay_time;

  // Observation, scripts, notifications
  int64_t slowlog_log_slower_than, slowlog_max_len;
  int64_t latency_monitor_threshold;  // Milliseconds.
  bool latency_tracking;
  std::vector<double> latency_tracking_info_percentiles;
  uint32_t notify_keyspace_events;
  uint64_t tracking_table_max_keys;
  int64_t busy_reply_threshold;  // Milliseconds.

  // Cluster
  bool cluster_enabled, cluster_require_full_coverage, cluster_replica_no_failover,
      cluster_allow_reads_when_down, cluster_allow_pubsubshard_when_down,
      cluster_allow_replica_migration;
  std::string cluster_config_file, cluster_announce_ip, cluster_announce_hostname;
  int64_t cluster_port, cluster_announce_port, cluster_announce_bus_port, cluster_announce_tls_port,
      cluster_node_timeout, cluster_migration_barrier, cluster_replica_validity_factor;
  uint64_t cluster_link_sendbuf_limit;
  ClusterEndpointType cluster_preferred_endpoint_type;

  // Directives that only a configuration file has: no CONFIG GET or SET.
  std::vector<std::pair<std::string, std::string>> rename_command;
  std::vector<std::vector<std::string>> user;  // The words after "user".
};

}  // namespace engine

#endif  // BASALT_ENGINE_OPTIONS_H_
