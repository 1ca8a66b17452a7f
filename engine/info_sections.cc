// INFO's sections that Redis has, but for the counters of commands (info_counters.cc).

#include <algorithm>
#include <array>

#include "base/memory.h"
#include "engine/aof.h"
#include "engine/blocking.h"
#include "engine/engine.h"
#include "engine/info.h"
#include "engine/info_lines.h"
#include "engine/process.h"
#include "engine/snapshot.h"
#include "engine/snapshots.h"
#include "engine/version.h"

namespace engine::info {

void add_server(Engine& engine, std::string* text) {
  const Options& options = engine.options();
  const ProcessFacts facts = process_facts();
  const int64_t now_us = engine.environment().clock->wall_us();
  const int64_t uptime_s = (now_us / 1000 - engine.statistics().started_ms) / 1000;
  InfoLines lines(text, "Server");
  lines.add("redis_version", kRedisVersion);
  lines.add("redis_git_sha1", "00000000");
  lines.add("redis_git_dirty", 0);
  lines.add("redis_build_id", fmt::format("basalt-{}", kBasaltVersion));
  lines.add("basalt_version", kBasaltVersion);
  lines.add("redis_mode", "standalone");
  lines.add("os", facts.system);
  lines.add("arch_bits", 64);
  lines.add("monotonic_clock", "POSIX clock_gettime");
  lines.add("multiplexing_api", "io_uring");
  lines.add("atomicvar_api", "c11-builtin");
  lines.add("gcc_version", fmt::format("{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__));
  lines.add("process_id", facts.process_id);
  lines.add("process_supervised", options.supervised == Supervised::kSystemd ? "systemd" : "no");
  lines.add("run_id", engine.run_id());
  lines.add("tcp_port", options.port);
  lines.add("server_time_usec", now_us);
  lines.add("uptime_in_seconds", uptime_s);
  lines.add("uptime_in_days", uptime_s / (24 * 3600));
  lines.add("hz", options.hz);
  lines.add("configured_hz", options.hz);
  lines.add("lru_clock", now_us / 1'000'000 & 0xffffff);
  lines.add("executable", facts.executable);
  lines.add("config_file", engine.config().file());
  lines.add("io_threads_active", 0);
}

void add_clients(Engine& engine, std::string* text) {
  uint64_t blocked = 0;
  uint64_t input_max = 0;
  uint64_t output_max = 0;
  for (const auto& [id, session] : engine.sessions()) {
    blocked += session->blocked || session->postponed ? 1 : 0;
    input_max = std::max(input_max, session->query_buffer_bytes);
    output_max = std::max<uint64_t>(output_max, session->reply.out().block_bytes());
  }
  InfoLines lines(text, "Clients");
  lines.add("connected_clients", engine.sessions().size());
  lines.add("cluster_connections", 0);
  lines.add("maxclients", engine.options().maxclients);
  lines.add("client_recent_max_input_buffer", input_max);
  lines.add("client_recent_max_output_buffer", output_max);
  lines.add("blocked_clients", blocked);
  lines.add("tracking_clients", 0);
  lines.add("clients_in_timeout_table", engine.blocking().deadlines());
}

namespace {

std::string ratio(uint64_t a, uint64_t b) {
  return fmt::format("{:.2f}", b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b));
}

std::string percent(uint64_t part, uint64_t whole) {
  return fmt::format(
      "{:.2f}%", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string option_text(Engine& engine, std::string_view name) {
  return engine.config().get({&name, 1}).front().second;
}

// Everything but keys and values.
uint64_t overhead_bytes() {
  using enum base::MemoryUse;
  const uint64_t data = base::memory_used(kEntries) + base::memory_used(kChunks);
  const uint64_t total = base::memory_used_total();
  return total > data ? total - data : 0;
}

void add_used_memory(InfoLines& lines, Engine& engine, uint64_t resident) {
  const uint64_t used = base::memory_used_total();
  const uint64_t peak = std::max(used, base::memory_used_peak());
  const uint64_t startup = engine.startup_memory_bytes();
  const uint64_t overhead = overhead_bytes();
  lines.add("used_memory", used);
  lines.add("used_memory_human", human_bytes(used));
  lines.add("used_memory_rss", resident);
  lines.add("used_memory_rss_human", human_bytes(resident));
  lines.add("used_memory_peak", peak);
  lines.add("used_memory_peak_human", human_bytes(peak));
  lines.add("used_memory_peak_perc", percent(used, peak));
  lines.add("used_memory_overhead", overhead);
  lines.add("used_memory_startup", startup);
  lines.add("used_memory_dataset", used - std::min(used, overhead));
  lines.add("used_memory_dataset_perc",
            percent(used - std::min(used, overhead), used - std::min(used, startup)));
}

// There is no Lua, and what the allocator holds beyond what was asked for is only known as the
// difference to the resident set.
void add_allocator(InfoLines& lines, Engine& engine, uint64_t resident) {
  const uint64_t used = base::memory_used_total();
  const uint64_t system = process_facts().memory_bytes;
  lines.add("allocator_allocated", used);
  lines.add("allocator_active", resident);
  lines.add("allocator_resident", resident);
  lines.add("total_system_memory", system);
  lines.add("total_system_memory_human", human_bytes(system));
  for (const std::string_view name :
       {"used_memory_lua", "used_memory_vm_eval", "used_memory_scripts_eval",
        "number_of_cached_scripts", "number_of_functions", "number_of_libraries",
        "used_memory_vm_functions", "used_memory_vm_total", "used_memory_functions",
        "used_memory_scripts"})
    lines.add(name, 0);
  for (const std::string_view name :
       {"used_memory_lua_human", "used_memory_vm_total_human", "used_memory_scripts_human"})
    lines.add(name, "0B");
  lines.add("maxmemory", engine.options().maxmemory);
  lines.add("maxmemory_human", human_bytes(engine.options().maxmemory));
  lines.add("maxmemory_policy", option_text(engine, "maxmemory-policy"));
  const int64_t beyond = static_cast<int64_t>(resident) - static_cast<int64_t>(used);
  lines.add("allocator_frag_ratio", ratio(resident, used));
  lines.add("allocator_frag_bytes", beyond);
  lines.add("allocator_rss_ratio", "1.00");
  lines.add("allocator_rss_bytes", 0);
  lines.add("rss_overhead_ratio", "1.00");
  lines.add("rss_overhead_bytes", 0);
  lines.add("mem_fragmentation_ratio", ratio(resident, used));
  lines.add("mem_fragmentation_bytes", beyond);
}

void add_budget(InfoLines& lines, Engine& engine) {
  for (size_t i = 0; i < base::kMemoryUses; ++i) {
    const auto use = static_cast<base::MemoryUse>(i);
    lines.add(fmt::format("budget_{}", base::memory_use_name(use)), base::memory_used(use));
  }
  const Budget& budget = engine.budget();
  const uint64_t used = base::memory_used_total();
  lines.add("budget_limit", budget.limits().maxmemory);
  lines.add("budget_room", budget.limited() ? budget.room(used) : 0);
  lines.add("budget_excess", budget.limited() ? budget.excess(used) : 0);
  lines.add("budget_reserved", budget.reserved_bytes());
  lines.add("budget_uncounted", budget.uncounted_bytes());
  lines.add("resident_peak", resident_peak_bytes());
  lines.add("writers_parked", engine.gate().waiting_writers());
  lines.add("writers_parked_total", engine.gate().parked_writers_total());
}

}  // namespace

void add_memory(Engine& engine, std::string* text) {
  const uint64_t resident = engine.environment().resident_bytes();
  InfoLines lines(text, "Memory");
  add_used_memory(lines, engine, resident);
  add_allocator(lines, engine, resident);
  lines.add("mem_not_counted_for_evict", 0);
  lines.add("mem_replication_backlog", 0);
  lines.add("mem_total_replication_buffers", 0);
  lines.add("mem_clients_slaves", 0);
  lines.add("mem_clients_normal", base::memory_used(base::MemoryUse::kClients));
  lines.add("mem_cluster_links", 0);
  lines.add("mem_aof_buffer", base::memory_used(base::MemoryUse::kAof));
  lines.add("mem_allocator", allocator_name());
  lines.add("active_defrag_running", engine.background().defragmenter().running() ? 1 : 0);
  lines.add("lazyfree_pending_objects", engine.databases().pending_frees());
  lines.add("lazyfreed_objects", engine.databases().freed_entries());
  add_budget(lines, engine);
}

namespace {

void add_running_save(InfoLines& lines, Engine& engine) {
  const Snapshot* const snapshot = engine.snapshots().current();
  const Snapshot::Progress progress =
      snapshot == nullptr ? Snapshot::Progress{} : snapshot->progress();
  // Nothing is copied on write: what a fork would cost is the backlog of pre-images.
  lines.add("current_cow_peak", progress.backlog_bytes_max);
  lines.add("current_cow_size", progress.backlog_bytes);
  lines.add("current_cow_size_age", 0);
  const double part = progress.keys_total == 0 ? 0.0
                                               : 100.0 * static_cast<double>(progress.keys) /
                                                     static_cast<double>(progress.keys_total);
  lines.add("current_fork_perc", fmt::format("{:.2f}", part));
  lines.add("current_save_keys_processed", progress.keys);
  lines.add("current_save_keys_total", progress.keys_total);
  lines.add("current_save_bytes", progress.bytes);
  lines.add("current_save_pre_images", progress.pre_images);
  const persist::StreamStatistics stream =
      snapshot == nullptr ? persist::StreamStatistics{} : snapshot->stream();
  lines.add("current_save_in_flight", stream.in_flight);
  lines.add("current_save_in_flight_max", stream.in_flight_max);
  lines.add("current_save_bytes_in_flight_max", stream.bytes_in_flight_max);
}

void add_aof(InfoLines& lines, Engine& engine) {
  const Aof& aof = engine.aof();
  const AofStatistics& statistics = aof.statistics();
  lines.add("aof_enabled", aof.state() == Aof::State::kOff ? 0 : 1);
  lines.add("aof_rewrite_in_progress", aof.rewriting() ? 1 : 0);
  lines.add("aof_rewrite_scheduled", aof.scheduled() ? 1 : 0);
  lines.add("aof_last_rewrite_time_sec", statistics.last_rewrite_seconds);
  lines.add("aof_current_rewrite_time_sec",
            aof.rewriting() ? (engine.now_ms() - aof.rewrite_begun_ms()) / 1000 : -1);
  lines.add("aof_last_bgrewrite_status", statistics.last_rewrite_ok ? "ok" : "err");
  lines.add("aof_rewrites", statistics.rewrites);
  lines.add("aof_rewrites_consecutive_failures", statistics.failures_in_a_row);
  lines.add("aof_last_write_status", aof.refuses_writes() ? "err" : "ok");
  lines.add("aof_last_cow_size", 0);
}

// As in Redis only while it is on.
void add_aof_files(InfoLines& lines, Engine& engine) {
  const Aof& aof = engine.aof();
  if (aof.state() == Aof::State::kOff) return;
  lines.add("aof_current_size", aof.statistics().current_bytes);
  lines.add("aof_base_size", aof.statistics().base_bytes);
  lines.add("aof_pending_rewrite", 0);
  lines.add("aof_buffer_length", aof.buffered_bytes());
  lines.add("aof_pending_bio_fsync", aof.syncing() ? 1 : 0);
  lines.add("aof_delayed_fsync", aof.writer().delayed_syncs);
  lines.add("aof_syncs", aof.writer().syncs);
  lines.add("aof_last_fsync_usec", aof.writer().last_sync_ns / 1000);
}

void add_load(InfoLines& lines, Engine& engine) {
  if (engine.loading() == nullptr) return;
  const LoadStatistics& load = engine.loading()->statistics();
  const int64_t elapsed_s = (engine.now_ms() - load.started_ms) / 1000;
  const uint64_t left = load.file_bytes - std::min(load.file_bytes, load.loaded_bytes);
  const int64_t eta_s = load.loaded_bytes == 0 ? 1
                                               : elapsed_s * static_cast<int64_t>(left) /
                                                     static_cast<int64_t>(load.loaded_bytes);
  lines.add("loading_start_time", load.started_ms / 1000);
  lines.add("loading_total_bytes", load.file_bytes);
  lines.add("loading_rdb_used_mem", 0);
  lines.add("loading_loaded_bytes", load.loaded_bytes);
  lines.add(
      "loading_loaded_perc",
      fmt::format("{:.2f}", load.file_bytes == 0 ? 0.0
                                                 : 100.0 * static_cast<double>(load.loaded_bytes) /
                                                       static_cast<double>(load.file_bytes)));
  lines.add("loading_eta_seconds", eta_s);
}

}  // namespace

void add_persistence(Engine& engine, std::string* text) {
  const Snapshots& snapshots = engine.snapshots();
  const SaveStatistics& saves = snapshots.statistics();
  InfoLines lines(text, "Persistence");
  lines.add("loading", engine.loading() != nullptr ? 1 : 0);
  lines.add("async_loading", 0);
  add_running_save(lines, engine);
  lines.add("rdb_changes_since_last_save", snapshots.changes_since_save());
  lines.add("rdb_bgsave_in_progress", snapshots.saving() ? 1 : 0);
  lines.add("rdb_last_save_time", saves.last_save_ms / 1000);
  lines.add("rdb_last_bgsave_status", saves.last_ok ? "ok" : "err");
  lines.add("rdb_last_bgsave_time_sec", saves.last_seconds);
  lines.add("rdb_current_bgsave_time_sec",
            snapshots.saving() ? (engine.now_ms() - saves.last_try_ms) / 1000 : -1);
  lines.add("rdb_saves", saves.saves);
  lines.add("rdb_last_cow_size", 0);
  lines.add("rdb_last_save_keys", saves.last_keys);
  lines.add("rdb_last_save_bytes", saves.last_bytes);
  lines.add("rdb_last_load_keys_expired", engine.last_load().keys_expired);
  lines.add("rdb_last_load_keys_loaded", engine.last_load().keys_loaded);
  lines.add("rdb_last_load_keys_cold", engine.last_load().keys_cold);
  add_aof(lines, engine);
  lines.add("module_fork_in_progress", 0);
  lines.add("module_fork_last_cow_size", 0);
  add_aof_files(lines, engine);
  add_load(lines, engine);
}

void add_replication(Engine& engine, std::string* text) {
  InfoLines lines(text, "Replication");
  lines.add("role", "master");
  lines.add("connected_slaves", 0);
  lines.add("master_failover_state", "no-failover");
  lines.add("master_replid", engine.replication_id());
  lines.add("master_replid2", std::string(40, '0'));
  lines.add("master_repl_offset", 0);
  lines.add("second_repl_offset", -1);
  lines.add("repl_backlog_active", 0);
  lines.add("repl_backlog_size", engine.options().repl_backlog_size);
  lines.add("repl_backlog_first_byte_offset", 0);
  lines.add("repl_backlog_histlen", 0);
}

void add_cpu(Engine&, std::string* text) {
  const CpuTimes times = cpu_times();
  InfoLines lines(text, "CPU");
  lines.add("used_cpu_sys", fmt::format("{:.6f}", times.system_s));
  lines.add("used_cpu_user", fmt::format("{:.6f}", times.user_s));
  lines.add("used_cpu_sys_children", "0.000000");
  lines.add("used_cpu_user_children", "0.000000");
  lines.add("used_cpu_sys_main_thread", fmt::format("{:.6f}", times.thread_system_s));
  lines.add("used_cpu_user_main_thread", fmt::format("{:.6f}", times.thread_user_s));
}

void add_modules(Engine&, std::string* text) { InfoLines(text, "Modules"); }

void add_cluster(Engine&, std::string* text) {
  InfoLines lines(text, "Cluster");
  lines.add("cluster_enabled", 0);
}

namespace {

// The mean of what a sample of the resident keys has left to live.
int64_t average_ttl_ms(Engine& engine, Keyspace& keyspace) {
  std::array<Entry*, 64> sample;
  if (keyspace.residence().counts().expiring_resident == 0) return 0;
  const size_t count = keyspace.dictionary().sample(*engine.environment().random, sample);
  int64_t sum = 0;
  int64_t expiring = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!sample[i]->has_expiry()) continue;
    sum += std::max<int64_t>(0, sample[i]->expiry_ms() - engine.now_ms());
    ++expiring;
  }
  return expiring == 0 ? 0 : sum / expiring;
}

}  // namespace

void add_keyspace(Engine& engine, std::string* text) {
  InfoLines lines(text, "Keyspace");
  for (int i = 0; i < engine.databases().count(); ++i) {
    Keyspace& keyspace = engine.databases().at(i);
    if (keyspace.size() == 0) continue;
    lines.add(fmt::format("db{}", i),
              fmt::format("keys={},expires={},avg_ttl={}", keyspace.size(), keyspace.expiring(),
                          average_ttl_ms(engine, keyspace)));
  }
}

}  // namespace engine::info
