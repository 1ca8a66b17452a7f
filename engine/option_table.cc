#include "engine/option_table.h"

#include <climits>

#include "base/check.h"
#include "base/limits.h"
#include "engine/option_special.h"

namespace engine {
namespace {

using namespace option_flag;
using namespace option_special;

// --- How rows are written ---

template <auto kMember>
constexpr NumberField number_field() {
  using Field = std::remove_reference_t<decltype(std::declval<Options&>().*kMember)>;
  return {[](const Options& options) { return static_cast<int64_t>(options.*kMember); },
          [](Options& options, int64_t value) { options.*kMember = static_cast<Field>(value); }};
}
template <auto kMember>
inline constexpr NumberField num = number_field<kMember>();

template <auto kMember>
inline constexpr TextField txt = {
    [](const Options& options) -> const std::string& { return options.*kMember; },
    [](Options& options) -> std::string& { return options.*kMember; }};

constexpr Option numeric(OptionKind kind, std::string_view name, unsigned flags, NumberField field,
                         int64_t lower, int64_t upper, int64_t value, std::string_view help) {
  Option option{};
  option.name = name;
  option.kind = kind;
  option.flags = static_cast<uint16_t>(flags);
  option.lower = lower;
  option.upper = upper;
  option.default_number = value;
  option.number = field;
  option.help = help;
  return option;
}

constexpr Option yes_no(std::string_view name, unsigned flags, NumberField field, bool value,
                        std::string_view help) {
  return numeric(OptionKind::kBool, name, flags, field, 0, 1, value ? 1 : 0, help);
}
constexpr Option integer(std::string_view name, unsigned flags, NumberField field, int64_t lower,
                         int64_t upper, int64_t value, std::string_view help) {
  return numeric(OptionKind::kInteger, name, flags, field, lower, upper, value, help);
}
constexpr Option natural(std::string_view name, unsigned flags, NumberField field, int64_t lower,
                         int64_t upper, int64_t value, std::string_view help) {
  return numeric(OptionKind::kUnsigned, name, flags, field, lower, upper, value, help);
}
constexpr Option bytes(std::string_view name, unsigned flags, NumberField field, int64_t lower,
                       int64_t upper, int64_t value, std::string_view help) {
  return numeric(OptionKind::kBytes, name, flags, field, lower, upper, value, help);
}
constexpr Option natural_bytes(std::string_view name, unsigned flags, NumberField field,
                               int64_t lower, int64_t upper, int64_t value, std::string_view help) {
  return numeric(OptionKind::kUnsignedBytes, name, flags, field, lower, upper, value, help);
}

template <size_t kNames>
constexpr Option choice(std::string_view name, unsigned flags, NumberField field,
                        const EnumName (&names)[kNames], auto value, std::string_view help) {
  const bool several = (flags & kMultiWord) != 0;
  Option option = numeric(several ? OptionKind::kEnumFlags : OptionKind::kEnum, name, flags, field,
                          0, 0, static_cast<int64_t>(value), help);
  option.names = names;
  return option;
}
constexpr Option text(std::string_view name, unsigned flags, TextField field,
                      std::string_view value, std::string_view help) {
  Option option{};
  option.name = name;
  option.kind = OptionKind::kText;
  option.flags = static_cast<uint16_t>(flags);
  option.default_text = value;
  option.text = field;
  option.help = help;
  return option;
}
// `value` is what a configuration file would say.
constexpr Option special(std::string_view name, unsigned flags, const SpecialField* field,
                         std::string_view value, std::string_view help) {
  Option option{};
  option.name = name;
  option.kind = OptionKind::kSpecial;
  option.flags = static_cast<uint16_t>(flags);
  option.default_text = value;
  option.special = field;
  option.help = help;
  return option;
}

constexpr Option also(std::string_view alias, Option option) {
  option.alias = alias;
  return option;
}
constexpr Option checked(std::string_view (*check)(int64_t), Option option) {
  option.check_number = check;
  return option;
}
constexpr Option checked(std::string_view (*check)(std::string_view), Option option) {
  option.check_text = check;
  return option;
}

template <class E>
constexpr EnumName named(std::string_view name, E value) {
  return {name, static_cast<int64_t>(value)};
}

// --- Names of choices, in the order of Redis's error texts ---

constexpr EnumName kPolicies[] = {named("volatile-lru", MaxmemoryPolicy::kVolatileLru),
                                  named("volatile-lfu", MaxmemoryPolicy::kVolatileLfu),
                                  named("volatile-random", MaxmemoryPolicy::kVolatileRandom),
                                  named("volatile-ttl", MaxmemoryPolicy::kVolatileTtl),
                                  named("allkeys-lru", MaxmemoryPolicy::kAllkeysLru),
                                  named("allkeys-lfu", MaxmemoryPolicy::kAllkeysLfu),
                                  named("allkeys-random", MaxmemoryPolicy::kAllkeysRandom),
                                  named("noeviction", MaxmemoryPolicy::kNoEviction)};
constexpr EnumName kFsyncs[] = {named("everysec", AppendFsync::kEverysec),
                                named("always", AppendFsync::kAlways),
                                named("no", AppendFsync::kNo)};
constexpr EnumName kLogLevels[] = {
    named("debug", LogLevelOption::kDebug), named("verbose", LogLevelOption::kVerbose),
    named("notice", LogLevelOption::kNotice), named("warning", LogLevelOption::kWarning)};
constexpr EnumName kSupervisions[] = {
    named("upstart", Supervised::kUpstart), named("systemd", Supervised::kSystemd),
    named("auto", Supervised::kAuto), named("no", Supervised::kNo)};
constexpr EnumName kFacilities[] = {
    named("user", SyslogFacility::kUser),     named("local0", SyslogFacility::kLocal0),
    named("local1", SyslogFacility::kLocal1), named("local2", SyslogFacility::kLocal2),
    named("local3", SyslogFacility::kLocal3), named("local4", SyslogFacility::kLocal4),
    named("local5", SyslogFacility::kLocal5), named("local6", SyslogFacility::kLocal6),
    named("local7", SyslogFacility::kLocal7)};
constexpr EnumName kDisklessLoads[] = {named("disabled", DisklessLoad::kDisabled),
                                       named("on-empty-db", DisklessLoad::kOnEmptyDb),
                                       named("swapdb", DisklessLoad::kSwapdb)};
constexpr EnumName kTlsAuths[] = {named("no", TlsAuthClients::kNo),
                                  named("yes", TlsAuthClients::kYes),
                                  named("optional", TlsAuthClients::kOptional)};
constexpr EnumName kOomScores[] = {
    named("no", OomScoreAdj::kNo), named("yes", OomScoreAdj::kRelative),
    named("relative", OomScoreAdj::kRelative), named("absolute", OomScoreAdj::kAbsolute)};
constexpr EnumName kPubsubDefaults[] = {named("allchannels", AclPubsubDefault::kAllChannels),
                                        named("resetchannels", AclPubsubDefault::kResetChannels)};
constexpr EnumName kSanitizes[] = {named("no", SanitizeDump::kNo), named("yes", SanitizeDump::kYes),
                                   named("clients", SanitizeDump::kClients)};
constexpr EnumName kProtections[] = {named("no", ProtectedAction::kNo),
                                     named("yes", ProtectedAction::kYes),
                                     named("local", ProtectedAction::kLocal)};
constexpr EnumName kEndpointTypes[] = {named("ip", ClusterEndpointType::kIp),
                                       named("hostname", ClusterEndpointType::kHostname),
                                       named("unknown-endpoint", ClusterEndpointType::kUnknown)};
constexpr EnumName kPropagationErrors[] = {
    named("ignore", PropagationErrorBehavior::kIgnore),
    named("panic", PropagationErrorBehavior::kPanic),
    named("panic-on-replicas", PropagationErrorBehavior::kPanicOnReplicas)};
constexpr EnumName kShutdowns[] = {{"default", 0},
                                   {"save", kShutdownSave},
                                   {"nosave", kShutdownNoSave},
                                   {"now", kShutdownNow},
                                   {"force", kShutdownForce}};
constexpr EnumName kPressures[] = {named("abort", SnapshotPressure::kAbort),
                                   named("throttle", SnapshotPressure::kThrottle)};

constexpr int64_t kMb = 1024 * 1024;
constexpr unsigned kOnline = 0;  // CONFIG SET changes it.

// --- The table ---

using O = Options;

constexpr Option kTable[] = {
    // Memory and the cold tier
    special("maxmemory", kOnline, &kMaxmemory, "0",
            "The one limit of memory, for everything the server holds: bytes, or a percentage "
            "such as 75% of the cgroup's limit, else of the machine's memory. 0 is no limit."),
    choice("maxmemory-policy", kOnline, num<&O::maxmemory_policy>, kPolicies,
           MaxmemoryPolicy::kNoEviction,
           "What to evict when data does not fit: with the cold tier off, or when it is full. Its "
           "LRU or LFU half also says which keys are demoted first."),
    integer("maxmemory-samples", kOnline, num<&O::maxmemory_samples>, 1, INT_MAX, 5,
            "How many keys are compared for each eviction or demotion."),
    integer("maxmemory-eviction-tenacity", kOnline | kNoEffect,
            num<&O::maxmemory_eviction_tenacity>, 0, 100, 10,
            "Accepted; eviction works in bounded slices."),
    numeric(OptionKind::kBytesOrPercent, "maxmemory-clients", kOnline, num<&O::maxmemory_clients>,
            -100, LONG_MAX, 0,
            "The memory that all clients' buffers may take together, in bytes or as a percentage "
            "of maxmemory; the largest clients are disconnected above it. 0: no limit, or half of "
            "maxmemory when the cold tier is on."),
    yes_no("tier", kImmutable | kBasalt, num<&O::tier>, false,
           "Keeps cold values on disk. Needs a maxmemory of at least 64mb, or none."),
    text("tier-dir", kImmutable | kBasalt, txt<&O::tier_dir>, "",
         "The directory of the cold tier. Empty: tier-PORT in `dir`. Its content is dropped at "
         "each start: it is no backup."),
    bytes("tier-max-bytes", kOnline | kBasalt, num<&O::tier_max_bytes>, 0, LLONG_MAX, 0,
          "The disk space the cold tier may take. 0: the file system less 5 %."),
    integer("tier-low-water", kOnline | kBasalt, num<&O::tier_low_water>, 10, 99, 85,
            "Percentage of maxmemory from which on values are demoted."),
    integer("tier-read-depth", kOnline | kBasalt, num<&O::tier_read_depth>, 1, 1024, 128,
            "How many reads of cold values may be in flight."),
    integer("tier-write-depth", kOnline | kBasalt, num<&O::tier_write_depth>, 1, 64, 4,
            "How many writes of demoted values may be in flight, of up to 256 KiB each."),

    // Snapshots
    special("save", kMultiWord, &kSave, "3600 1 300 100 60 10000",
            "Starts a snapshot after this many seconds if at least this many changes were made: "
            "pairs, also on several lines. An empty text turns it off."),
    checked(check_dbfilename, text("dbfilename", kProtected | kKeepsEmpty, txt<&O::dbfilename>,
                                   "dump.rdb", "The name of the snapshot file in `dir`.")),
    special("dir", kProtected | kDenyLoading, &kDir, "",
            "The working directory: snapshots, append only files and, by default, the cold tier."),
    yes_no("stop-writes-on-bgsave-error", kOnline, num<&O::stop_writes_on_bgsave_error>, true,
           "Refuses writes after a failed snapshot, so that somebody notices."),
    yes_no("rdbcompression", kOnline, num<&O::rdbcompression>, true,
           "Compresses strings in snapshots with LZF."),
    yes_no("rdbchecksum", kImmutable, num<&O::rdbchecksum>, true,
           "Writes and checks the CRC64 at the end of snapshots."),
    integer("snapshot-io-depth", kOnline | kBasalt, num<&O::snapshot_io_depth>, 1, 64, 4,
            "How many disk operations a snapshot may have in flight."),
    bytes("snapshot-buffer", kOnline | kBasalt, num<&O::snapshot_buffer>, kMb, 1024 * kMb, 8 * kMb,
          "How many bytes a snapshot may hold in memory on their way to the file."),
    bytes("snapshot-rate-limit", kOnline | kBasalt, num<&O::snapshot_rate_limit>, 0, LLONG_MAX, 0,
          "Bytes per second that a snapshot writes at most. 0 is no limit."),
    choice("snapshot-pressure", kOnline | kBasalt, num<&O::snapshot_pressure>, kPressures,
           SnapshotPressure::kThrottle,
           "What gives way when a snapshot keeps so much of the log that demotion would stop: the "
           "snapshot (abort) or the writers (throttle)."),
    yes_no("save-blocks-clients", kOnline | kBasalt, num<&O::save_blocks_clients>, false,
           "SAVE keeps all clients waiting, as Redis does, not only its caller."),
    choice("sanitize-dump-payload", kOnline | kNoEffect, num<&O::sanitize_dump_payload>, kSanitizes,
           SanitizeDump::kNo, "Accepted; payloads are always checked in full."),
    yes_no("rdb-del-sync-files", kOnline | kNoEffect, num<&O::rdb_del_sync_files>, false,
           "Accepted; there are no files of a synchronization."),
    yes_no("rdb-save-incremental-fsync", kOnline | kNoEffect, num<&O::rdb_save_incremental_fsync>,
           true, "Accepted; snapshots are always written in small durable steps."),
    integer("rdb-key-save-delay", kHidden | kNoEffect, num<&O::rdb_key_save_delay>, INT_MIN,
            INT_MAX, 0, "Accepted; for Redis's own tests."),
    integer("key-load-delay", kHidden | kNoEffect, num<&O::key_load_delay>, INT_MIN, INT_MAX, 0,
            "Accepted; for Redis's own tests."),
    integer("loading-process-events-interval-bytes", kHidden | kNoEffect,
            num<&O::loading_process_events_interval_bytes>, 1024, INT_MAX, 2 * kMb,
            "Accepted; events are served in every turn of a load."),

    // Append only file
    yes_no("appendonly", kDenyLoading, num<&O::appendonly>, false,
           "Logs every write to the append only file."),
    checked(check_appendfilename,
            text("appendfilename", kImmutable | kKeepsEmpty, txt<&O::appendfilename>,
                 "appendonly.aof", "The base name of the append only files.")),
    checked(check_appenddirname,
            text("appenddirname", kImmutable | kKeepsEmpty, txt<&O::appenddirname>, "appendonlydir",
                 "The directory of the append only files in `dir`.")),
    choice("appendfsync", kOnline, num<&O::appendfsync>, kFsyncs, AppendFsync::kEverysec,
           "When a write is made durable: before its reply (always), within a second "
           "(everysec), or when the kernel likes (no)."),
    yes_no("no-appendfsync-on-rewrite", kOnline, num<&O::no_appendfsync_on_rewrite>, false,
           "Does not sync the append only file while a snapshot or rewrite runs."),
    integer("auto-aof-rewrite-percentage", kOnline, num<&O::auto_aof_rewrite_percentage>, 0,
            INT_MAX, 100, "Growth since the last rewrite, in percent, that starts the next."),
    bytes("auto-aof-rewrite-min-size", kOnline, num<&O::auto_aof_rewrite_min_size>, 0, LLONG_MAX,
          64 * kMb, "The size below which no rewrite starts by itself."),
    yes_no("aof-load-truncated", kOnline, num<&O::aof_load_truncated>, true,
           "Starts even when the last append only file ends in the middle of a command."),
    yes_no("aof-use-rdb-preamble", kOnline, num<&O::aof_use_rdb_preamble>, true,
           "Writes the base of the append only files as a snapshot."),
    yes_no("aof-timestamp-enabled", kOnline, num<&O::aof_timestamp_enabled>, false,
           "Writes the time as annotations into the append only file."),
    yes_no("aof-rewrite-incremental-fsync", kOnline | kNoEffect,
           num<&O::aof_rewrite_incremental_fsync>, true,
           "Accepted; rewrites are always written in small durable steps."),
    yes_no("aof-checksum", kOnline | kBasalt, num<&O::aof_checksum>, true,
           "Writes a checksum of each batch of commands as an annotation, which Redis skips, into "
           "the append only file, so that damage is found and not loaded."),
    yes_no("aof-missing-use-rdb", kOnline | kBasalt, num<&O::aof_missing_use_rdb>, true,
           "Where the append only files are missing and there is a snapshot, starts from that one, "
           "with a new base; Redis starts empty."),
    yes_no("aof-disable-auto-gc", kOnline, num<&O::aof_disable_auto_gc>, false,
           "Keeps append only files that a rewrite replaced."),

    // Network
    special("bind", kMultiWord, &kBind, "* -::*",
            "The addresses to listen on; one with a '-' before it may be missing. Empty: none."),
    integer("port", kOnline, num<&O::port>, 0, 65535, 6379, "The TCP port; 0 listens on none."),
    integer("tcp-backlog", kImmutable, num<&O::tcp_backlog>, 0, INT_MAX, 511,
            "The length of the queue of connections to be accepted."),
    text("unixsocket", kImmutable, txt<&O::unixsocket>, "", "The path of a socket to listen on."),
    numeric(OptionKind::kOctal, "unixsocketperm", kImmutable, num<&O::unixsocketperm>, 0, 0777, 0,
            "The permissions of that socket, octal. 0 leaves them to the umask."),
    yes_no("protected-mode", kOnline, num<&O::protected_mode>, true,
           "Without a password, serves only clients of this machine."),
    integer("timeout", kOnline, num<&O::timeout>, 0, INT_MAX, 0,
            "Seconds after which an idle client is disconnected. 0 is never."),
    integer("tcp-keepalive", kOnline, num<&O::tcp_keepalive>, 0, INT_MAX, 300,
            "Seconds between probes of an idle connection. 0 sends none."),
    natural("maxclients", kOnline, num<&O::maxclients>, 1, UINT_MAX, 10000,
            "The largest number of clients."),
    natural_bytes("client-query-buffer-limit", kOnline, num<&O::client_query_buffer_limit>, kMb,
                  LONG_MAX, 1024 * kMb, "The largest amount of unprocessed input of a client."),
    bytes("proto-max-bulk-len", kOnline, num<&O::proto_max_bulk_len>, kMb, LONG_MAX,
          static_cast<int64_t>(base::kBulkBytesMaxDefault),
          "The largest string a client may send."),
    special("client-output-buffer-limit", kMultiWord, &kClientOutputBufferLimit,
            "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60",
            "Per class of clients (normal, replica, pubsub): the hard limit of unsent replies, a "
            "soft limit, and the seconds it may be exceeded."),
    text("bind-source-addr", kOnline | kNoEffect, txt<&O::bind_source_addr>, "",
         "Accepted; the server connects to nobody."),
    natural("socket-mark-id", kImmutable | kNoEffect, num<&O::socket_mark_id>, 0, UINT_MAX, 0,
            "Accepted; sockets get no mark."),
    integer("io-threads", kImmutable | kNoEffect, num<&O::io_threads>, 1, 128, 1,
            "Accepted; one loop serves all clients."),
    yes_no("io-threads-do-reads", kImmutable | kNoEffect, num<&O::io_threads_do_reads>, false,
           "Accepted; one loop serves all clients."),
    checked(check_ring_features,
            text("ring-features", kImmutable | kBasalt, txt<&O::ring_features>, "",
                 "6.1 uses of io_uring only what Linux 6.1 has; empty, all that the kernel has.")),

    // TLS
    integer("tls-port", kOnline, num<&O::tls_port>, 0, 65535, 0,
            "The port for TLS connections; 0 listens on none."),
    text("tls-cert-file", kVolatile | kNoEffect, txt<&O::tls_cert_file>, "",
         "Accepted; there is no TLS."),
    text("tls-key-file", kVolatile | kNoEffect, txt<&O::tls_key_file>, "",
         "Accepted; there is no TLS."),
    text("tls-key-file-pass", kOnline | kNoEffect, txt<&O::tls_key_file_pass>, "",
         "Accepted; there is no TLS."),
    text("tls-client-cert-file", kVolatile | kNoEffect, txt<&O::tls_client_cert_file>, "",
         "Accepted; there is no TLS."),
    text("tls-client-key-file", kVolatile | kNoEffect, txt<&O::tls_client_key_file>, "",
         "Accepted; there is no TLS."),
    text("tls-client-key-file-pass", kOnline | kNoEffect, txt<&O::tls_client_key_file_pass>, "",
         "Accepted; there is no TLS."),
    text("tls-dh-params-file", kVolatile | kNoEffect, txt<&O::tls_dh_params_file>, "",
         "Accepted; there is no TLS."),
    text("tls-ca-cert-file", kVolatile | kNoEffect, txt<&O::tls_ca_cert_file>, "",
         "Accepted; there is no TLS."),
    text("tls-ca-cert-dir", kVolatile | kNoEffect, txt<&O::tls_ca_cert_dir>, "",
         "Accepted; there is no TLS."),
    choice("tls-auth-clients", kOnline | kNoEffect, num<&O::tls_auth_clients>, kTlsAuths,
           TlsAuthClients::kYes, "Accepted; there is no TLS."),
    yes_no("tls-replication", kOnline | kNoEffect, num<&O::tls_replication>, false,
           "Accepted; there is no TLS."),
    yes_no("tls-cluster", kOnline | kNoEffect, num<&O::tls_cluster>, false,
           "Accepted; there is no cluster bus."),
    text("tls-protocols", kOnline | kNoEffect, txt<&O::tls_protocols>, "",
         "Accepted; there is no TLS."),
    text("tls-ciphers", kOnline | kNoEffect, txt<&O::tls_ciphers>, "",
         "Accepted; there is no TLS."),
    text("tls-ciphersuites", kOnline | kNoEffect, txt<&O::tls_ciphersuites>, "",
         "Accepted; there is no TLS."),
    yes_no("tls-prefer-server-ciphers", kOnline | kNoEffect, num<&O::tls_prefer_server_ciphers>,
           false, "Accepted; there is no TLS."),
    yes_no("tls-session-caching", kOnline | kNoEffect, num<&O::tls_session_caching>, true,
           "Accepted; there is no TLS."),
    integer("tls-session-cache-size", kOnline | kNoEffect, num<&O::tls_session_cache_size>, 0,
            INT_MAX, 20 * 1024, "Accepted; there is no TLS."),
    integer("tls-session-cache-timeout", kOnline | kNoEffect, num<&O::tls_session_cache_timeout>, 0,
            INT_MAX, 300, "Accepted; there is no TLS."),

    // General
    yes_no("daemonize", kImmutable, num<&O::daemonize>, false, "Runs in the background."),
    choice("supervised", kImmutable, num<&O::supervised>, kSupervisions, Supervised::kNo,
           "Whom to tell that the server is ready."),
    text("pidfile", kImmutable, txt<&O::pidfile>, "", "Where the process id is written."),
    choice("loglevel", kOnline, num<&O::loglevel>, kLogLevels, LogLevelOption::kNotice,
           "The least important lines that are logged."),
    text("logfile", kImmutable | kKeepsEmpty, txt<&O::logfile>, "",
         "The log; empty is standard output."),
    yes_no("syslog-enabled", kImmutable, num<&O::syslog_enabled>, false, "Logs to syslog too."),
    text("syslog-ident", kImmutable | kKeepsEmpty | kNoEffect, txt<&O::syslog_ident>, "redis",
         "Accepted; this version logs to logfile only."),
    choice("syslog-facility", kImmutable | kNoEffect, num<&O::syslog_facility>, kFacilities,
           SyslogFacility::kLocal0, "Accepted; this version logs to logfile only."),
    yes_no("crash-log-enabled", kOnline | kNoEffect, num<&O::crash_log_enabled>, true,
           "Accepted; a crash writes no report."),
    yes_no("crash-memcheck-enabled", kOnline | kNoEffect, num<&O::crash_memcheck_enabled>, true,
           "Accepted; a crash report has no memory test."),
    yes_no("use-exit-on-panic", kHidden | kNoEffect, num<&O::use_exit_on_panic>, false,
           "Accepted; for Redis's own tests."),
    integer("databases", kImmutable, num<&O::databases>, 1, INT_MAX, 16,
            "How many databases SELECT knows."),
    yes_no("always-show-logo", kImmutable, num<&O::always_show_logo>, false,
           "Shows the banner at start even when the log is no terminal."),
    yes_no("set-proc-title", kImmutable | kNoEffect, num<&O::set_proc_title>, true,
           "Accepted; the process keeps its command line as its title."),
    checked(check_proc_title_template,
            text("proc-title-template", kKeepsEmpty | kNoEffect, txt<&O::proc_title_template>,
                 "{title} {listen-addr} {server-mode}",
                 "Accepted; the process keeps its command line as its title.")),
    integer("hz", kOnline, num<&O::hz>, 0, INT_MAX, 10,
            "How often per second periodic work is done, 1 to 500."),
    yes_no("dynamic-hz", kOnline | kNoEffect, num<&O::dynamic_hz>, true,
           "Accepted; background work runs in every turn of the loop."),
    yes_no("activerehashing", kOnline | kNoEffect, num<&O::activerehashing>, true,
           "Accepted; tables grow in small steps always."),
    integer("active-expire-effort", kOnline | kNoEffect, num<&O::active_expire_effort>, 1, 10, 1,
            "Accepted; keys are removed as soon as they are due."),
    integer("watchdog-period", kHidden | kNoEffect, num<&O::watchdog_period>, 0, INT_MAX, 0,
            "Accepted; INFO ring has the longest steps of the loop."),
    choice("oom-score-adj", kOnline, num<&O::oom_score_adj>, kOomScores, OomScoreAdj::kNo,
           "Sets the process's preference for the kernel's OOM killer."),
    special("oom-score-adj-values", kMultiWord, &kOomScoreAdjValues, "0 200 800",
            "The values for a primary, a replica and background processes."),
    yes_no("disable-thp", kImmutable, num<&O::disable_thp>, true,
           "Turns transparent huge pages off for this process."),
    text("server_cpulist", kImmutable, txt<&O::server_cpulist>, "", "The CPUs of the loop."),
    text("bio_cpulist", kImmutable, txt<&O::bio_cpulist>, "", "The CPUs of helper threads."),
    text("aof_rewrite_cpulist", kImmutable | kNoEffect, txt<&O::aof_rewrite_cpulist>, "",
         "Accepted; no process rewrites the append only file."),
    text("bgsave_cpulist", kImmutable | kNoEffect, txt<&O::bgsave_cpulist>, "",
         "Accepted; no process writes snapshots."),
    text("ignore-warnings", kKeepsEmpty | kNoEffect, txt<&O::ignore_warnings>, "",
         "Accepted; no warning keeps the server from starting."),
    yes_no("jemalloc-bg-thread", kOnline | kNoEffect, num<&O::jemalloc_bg_thread>, true,
           "Accepted; the allocator is another one."),
    integer("shutdown-timeout", kOnline | kNoEffect, num<&O::shutdown_timeout>, 0, INT_MAX, 10,
            "Accepted; there are no replicas to wait for."),
    checked(check_shutdown_flags,
            choice("shutdown-on-sigint", kMultiWord, num<&O::shutdown_on_sigint>, kShutdowns, 0,
                   "What SIGINT does: default, or save or nosave, now, force.")),
    checked(check_shutdown_flags,
            choice("shutdown-on-sigterm", kMultiWord, num<&O::shutdown_on_sigterm>, kShutdowns, 0,
                   "What SIGTERM does, likewise.")),

    // Security
    text("requirepass", kSensitive, txt<&O::requirepass>, "", "The password of the default user."),
    text("aclfile", kImmutable | kKeepsEmpty, txt<&O::aclfile>, "", "The file of users."),
    integer("acllog-max-len", kOnline | kNoEffect, num<&O::acllog_max_len>, 0, LONG_MAX, 128,
            "Accepted; there is no ACL log."),
    choice("acl-pubsub-default", kOnline | kNoEffect, num<&O::acl_pubsub_default>, kPubsubDefaults,
           AclPubsubDefault::kResetChannels, "Accepted; there are no users but the default one."),
    choice("enable-protected-configs", kImmutable, num<&O::enable_protected_configs>, kProtections,
           ProtectedAction::kNo, "Who may change `dir` and `dbfilename` with CONFIG SET."),
    choice("enable-debug-command", kImmutable, num<&O::enable_debug_command>, kProtections,
           ProtectedAction::kNo, "Who may use DEBUG."),
    choice("enable-module-command", kImmutable | kNoEffect, num<&O::enable_module_command>,
           kProtections, ProtectedAction::kNo, "Accepted; there are no modules."),

    // Replication
    also("slaveof", special("replicaof", kImmutable | kMultiWord, &kReplicaof, "no one",
                            "The primary to replicate: host and port.")),
    text("masteruser", kSensitive | kNoEffect, txt<&O::masteruser>, "",
         "Accepted; there is no replication."),
    text("masterauth", kSensitive | kNoEffect, txt<&O::masterauth>, "",
         "Accepted; there is no replication."),
    also("slave-serve-stale-data",
         yes_no("replica-serve-stale-data", kOnline | kNoEffect, num<&O::replica_serve_stale_data>,
                true, "Accepted; there is no replication.")),
    also("slave-read-only",
         yes_no("replica-read-only", kOnline | kNoEffect, num<&O::replica_read_only>, true,
                "Accepted; there is no replication.")),
    also("slave-ignore-maxmemory",
         yes_no("replica-ignore-maxmemory", kOnline | kNoEffect, num<&O::replica_ignore_maxmemory>,
                true, "Accepted; there is no replication.")),
    also("slave-lazy-flush",
         yes_no("replica-lazy-flush", kOnline | kNoEffect, num<&O::replica_lazy_flush>, false,
                "Accepted; there is no replication.")),
    yes_no("replica-announced", kOnline | kNoEffect, num<&O::replica_announced>, true,
           "Accepted; there is no replication."),
    yes_no("replica-ignore-disk-write-errors", kOnline | kNoEffect,
           num<&O::replica_ignore_disk_write_errors>, false, "Accepted; there is no replication."),
    also("slave-priority",
         integer("replica-priority", kOnline | kNoEffect, num<&O::replica_priority>, 0, INT_MAX,
                 100, "Accepted; there is no replication.")),
    also("slave-announce-ip",
         text("replica-announce-ip", kOnline | kNoEffect, txt<&O::replica_announce_ip>, "",
              "Accepted; there is no replication.")),
    also("slave-announce-port",
         integer("replica-announce-port", kOnline | kNoEffect, num<&O::replica_announce_port>, 0,
                 65535, 0, "Accepted; there is no replication.")),
    yes_no("repl-diskless-sync", kOnline | kNoEffect, num<&O::repl_diskless_sync>, true,
           "Accepted; there is no replication."),
    integer("repl-diskless-sync-delay", kOnline | kNoEffect, num<&O::repl_diskless_sync_delay>, 0,
            INT_MAX, 5, "Accepted; there is no replication."),
    integer("repl-diskless-sync-max-replicas", kOnline | kNoEffect,
            num<&O::repl_diskless_sync_max_replicas>, 0, INT_MAX, 0,
            "Accepted; there is no replication."),
    choice("repl-diskless-load", kDenyLoading | kNoEffect, num<&O::repl_diskless_load>,
           kDisklessLoads, DisklessLoad::kDisabled, "Accepted; there is no replication."),
    also("repl-ping-slave-period",
         integer("repl-ping-replica-period", kOnline | kNoEffect, num<&O::repl_ping_replica_period>,
                 1, INT_MAX, 10, "Accepted; there is no replication.")),
    integer("repl-timeout", kOnline | kNoEffect, num<&O::repl_timeout>, 1, INT_MAX, 60,
            "Accepted; there is no replication."),
    yes_no("repl-disable-tcp-nodelay", kOnline | kNoEffect, num<&O::repl_disable_tcp_nodelay>,
           false, "Accepted; there is no replication."),
    bytes("repl-backlog-size", kOnline, num<&O::repl_backlog_size>, 1, LLONG_MAX, kMb,
          "How much of the replication stream is kept for replicas that return."),
    integer("repl-backlog-ttl", kOnline | kNoEffect, num<&O::repl_backlog_ttl>, 0, LONG_MAX, 3600,
            "Accepted; there is no replication."),
    also("min-slaves-to-write",
         integer("min-replicas-to-write", kOnline, num<&O::min_replicas_to_write>, 0, INT_MAX, 0,
                 "Refuses writes with fewer replicas than this.")),
    also("min-slaves-max-lag",
         integer("min-replicas-max-lag", kOnline, num<&O::min_replicas_max_lag>, 0, INT_MAX, 10,
                 "Seconds after which a replica does not count there.")),
    choice("propagation-error-behavior", kOnline | kNoEffect, num<&O::propagation_error_behavior>,
           kPropagationErrors, PropagationErrorBehavior::kIgnore,
           "Accepted; for Redis's own tests."),

    // Deletion and defragmentation
    yes_no("lazyfree-lazy-eviction", kOnline | kNoEffect, num<&O::lazyfree_lazy_eviction>, false,
           "Accepted; memory is always freed in the background."),
    yes_no("lazyfree-lazy-expire", kOnline | kNoEffect, num<&O::lazyfree_lazy_expire>, false,
           "Accepted; memory is always freed in the background."),
    yes_no("lazyfree-lazy-server-del", kOnline | kNoEffect, num<&O::lazyfree_lazy_server_del>,
           false, "Accepted; memory is always freed in the background."),
    yes_no("lazyfree-lazy-user-del", kOnline | kNoEffect, num<&O::lazyfree_lazy_user_del>, false,
           "Accepted; memory is always freed in the background."),
    yes_no("lazyfree-lazy-user-flush", kOnline | kNoEffect, num<&O::lazyfree_lazy_user_flush>,
           false, "Accepted; memory is always freed in the background."),
    checked(check_active_defrag,
            yes_no("activedefrag", kOnline | kNoEffect, num<&O::activedefrag>, false,
                   "Refused when yes: entries are moved out of sparse pages anyway.")),
    natural_bytes("active-defrag-ignore-bytes", kOnline | kNoEffect,
                  num<&O::active_defrag_ignore_bytes>, 1, LLONG_MAX, 100 * kMb, "Accepted."),
    integer("active-defrag-threshold-lower", kOnline | kNoEffect,
            num<&O::active_defrag_threshold_lower>, 0, 1000, 10, "Accepted."),
    integer("active-defrag-threshold-upper", kOnline | kNoEffect,
            num<&O::active_defrag_threshold_upper>, 0, 1000, 100, "Accepted."),
    integer("active-defrag-cycle-min", kOnline | kNoEffect, num<&O::active_defrag_cycle_min>, 1, 99,
            1, "Accepted."),
    integer("active-defrag-cycle-max", kOnline | kNoEffect, num<&O::active_defrag_cycle_max>, 1, 99,
            25, "Accepted."),
    integer("active-defrag-max-scan-fields", kOnline | kNoEffect,
            num<&O::active_defrag_max_scan_fields>, 1, LONG_MAX, 1000, "Accepted."),

    // Data types
    also("hash-max-ziplist-entries",
         natural("hash-max-listpack-entries", kOnline, num<&O::hash_max_listpack_entries>, 0,
                 LONG_MAX, 512, "Up to this many fields a hash is one packed buffer.")),
    also("hash-max-ziplist-value",
         natural_bytes("hash-max-listpack-value", kOnline, num<&O::hash_max_listpack_value>, 0,
                       LONG_MAX, 64, "Up to this length of fields and values.")),
    also("list-max-ziplist-size",
         integer("list-max-listpack-size", kOnline, num<&O::list_max_listpack_size>, INT_MIN,
                 INT_MAX, -2, "Elements of a list's node, or -1 to -5 for 4 to 64 KiB.")),
    integer("list-compress-depth", kOnline | kNoEffect, num<&O::list_compress_depth>, 0, INT_MAX, 0,
            "Accepted; lists are not compressed in memory."),
    natural("set-max-intset-entries", kOnline, num<&O::set_max_intset_entries>, 0, LONG_MAX, 512,
            "Up to this many integers a set is one packed buffer."),
    also("zset-max-ziplist-entries",
         natural("zset-max-listpack-entries", kOnline, num<&O::zset_max_listpack_entries>, 0,
                 LONG_MAX, 128, "Up to this many members a sorted set is one packed buffer.")),
    also("zset-max-ziplist-value",
         natural_bytes("zset-max-listpack-value", kOnline, num<&O::zset_max_listpack_value>, 0,
                       LONG_MAX, 64, "Up to this length of members.")),
    natural_bytes("hll-sparse-max-bytes", kOnline, num<&O::hll_sparse_max_bytes>, 0, LONG_MAX, 3000,
                  "Up to this size a HyperLogLog is sparse."),
    natural_bytes("stream-node-max-bytes", kOnline, num<&O::stream_node_max_bytes>, 0, LONG_MAX,
                  4096, "The largest node of a stream. 0 is no limit."),
    integer("stream-node-max-entries", kOnline, num<&O::stream_node_max_entries>, 0, LLONG_MAX, 100,
            "The most entries of a stream's node. 0 is no limit."),
    integer("lfu-log-factor", kOnline, num<&O::lfu_log_factor>, 0, INT_MAX, 10,
            "How slowly the LFU counter of a key grows."),
    integer("lfu-decay-time", kOnline, num<&O::lfu_decay_time>, 0, INT_MAX, 1,
            "Minutes after which it falls by one."),

    // Observation and scripts
    integer("slowlog-log-slower-than", kOnline, num<&O::slowlog_log_slower_than>, -1, LLONG_MAX,
            10000, "Microseconds from which on a command is in SLOWLOG. -1 turns it off."),
    integer("slowlog-max-len", kOnline, num<&O::slowlog_max_len>, 0, LONG_MAX, 128,
            "How many commands SLOWLOG keeps."),
    integer("latency-monitor-threshold", kOnline, num<&O::latency_monitor_threshold>, 0, LLONG_MAX,
            0, "Milliseconds from which on LATENCY records an event. 0 is off."),
    yes_no("latency-tracking", kOnline, num<&O::latency_tracking>, true,
           "Counts the latency of each command."),
    special("latency-tracking-info-percentiles", kMultiWord, &kLatencyPercentiles, "50 99 99.9",
            "The percentiles that INFO latencystats shows."),
    special("notify-keyspace-events", kOnline, &kNotifyKeyspaceEvents, "",
            "The events that are published, by Redis's letters: KEA for all."),
    natural("tracking-table-max-keys", kOnline | kNoEffect, num<&O::tracking_table_max_keys>, 0,
            LONG_MAX, 1000000, "Accepted; there is no tracking of keys."),
    also("lua-time-limit",
         integer("busy-reply-threshold", kOnline | kNoEffect, num<&O::busy_reply_threshold>, 0,
                 LONG_MAX, 5000, "Accepted; there are no scripts.")),

    // Cluster
    yes_no("cluster-enabled", kImmutable, num<&O::cluster_enabled>, false,
           "Refused when yes: there is no cluster mode."),
    text("cluster-config-file", kImmutable | kNoEffect | kKeepsEmpty, txt<&O::cluster_config_file>,
         "nodes.conf", "Accepted."),
    integer("cluster-node-timeout", kOnline | kNoEffect, num<&O::cluster_node_timeout>, 0,
            LLONG_MAX, 15000, "Accepted."),
    integer("cluster-port", kImmutable | kNoEffect, num<&O::cluster_port>, 0, 65535, 0,
            "Accepted."),
    text("cluster-announce-ip", kOnline | kNoEffect, txt<&O::cluster_announce_ip>, "", "Accepted."),
    checked(check_hostname, text("cluster-announce-hostname", kOnline | kNoEffect,
                                 txt<&O::cluster_announce_hostname>, "", "Accepted.")),
    integer("cluster-announce-port", kOnline | kNoEffect, num<&O::cluster_announce_port>, 0, 65535,
            0, "Accepted."),
    integer("cluster-announce-bus-port", kOnline | kNoEffect, num<&O::cluster_announce_bus_port>, 0,
            65535, 0, "Accepted."),
    integer("cluster-announce-tls-port", kOnline | kNoEffect, num<&O::cluster_announce_tls_port>, 0,
            65535, 0, "Accepted."),
    choice("cluster-preferred-endpoint-type", kOnline | kNoEffect,
           num<&O::cluster_preferred_endpoint_type>, kEndpointTypes, ClusterEndpointType::kIp,
           "Accepted."),
    yes_no("cluster-require-full-coverage", kOnline | kNoEffect,
           num<&O::cluster_require_full_coverage>, true, "Accepted."),
    also("cluster-slave-no-failover",
         yes_no("cluster-replica-no-failover", kOnline | kNoEffect,
                num<&O::cluster_replica_no_failover>, false, "Accepted.")),
    also("cluster-slave-validity-factor",
         integer("cluster-replica-validity-factor", kOnline | kNoEffect,
                 num<&O::cluster_replica_validity_factor>, 0, INT_MAX, 10, "Accepted.")),
    yes_no("cluster-allow-replica-migration", kOnline | kNoEffect,
           num<&O::cluster_allow_replica_migration>, true, "Accepted."),
    integer("cluster-migration-barrier", kOnline | kNoEffect, num<&O::cluster_migration_barrier>, 0,
            INT_MAX, 1, "Accepted."),
    yes_no("cluster-allow-reads-when-down", kOnline | kNoEffect,
           num<&O::cluster_allow_reads_when_down>, false, "Accepted."),
    yes_no("cluster-allow-pubsubshard-when-down", kOnline | kNoEffect,
           num<&O::cluster_allow_pubsubshard_when_down>, true, "Accepted."),
    natural_bytes("cluster-link-sendbuf-limit", kOnline | kNoEffect,
                  num<&O::cluster_link_sendbuf_limit>, 0, -1, 0, "Accepted."),
};

constexpr OptionSection kSections[] = {
    {"Memory and the cold tier", "maxmemory"},
    {"Snapshots", "save"},
    {"Append only file", "appendonly"},
    {"Network", "bind"},
    {"TLS", "tls-port"},
    {"General", "daemonize"},
    {"Security", "requirepass"},
    {"Replication", "replicaof"},
    {"Deletion and defragmentation", "lazyfree-lazy-eviction"},
    {"Data types", "hash-max-listpack-entries"},
    {"Observation and scripts", "slowlog-log-slower-than"},
    {"Cluster", "cluster-enabled"},
};

}  // namespace

std::span<const Option> option_table() { return kTable; }

std::span<const OptionSection> option_sections() { return kSections; }

}  // namespace engine
