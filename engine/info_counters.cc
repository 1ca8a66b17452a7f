// INFO's sections of counters: stats, commandstats, errorstats, latencystats, and Basalt's own.

#include "base/memory.h"
#include "engine/engine.h"
#include "engine/info.h"
#include "engine/info_lines.h"
#include "iouring/io_class.h"

namespace engine::info {

namespace {

std::string kilobytes(uint64_t bytes) {
  return fmt::format("{:.2f}", static_cast<double>(bytes) / 1024);
}

std::string microseconds(uint64_t ns) {
  return fmt::format("{:.3f}", static_cast<double>(ns) / 1000);
}

void add_zeros(InfoLines& lines, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) lines.add(name, 0);
}

void add_traffic(InfoLines& lines, const Statistics& now) {
  lines.add("total_connections_received", now.connections_received);
  lines.add("total_commands_processed", now.commands_processed);
  lines.add("instantaneous_ops_per_sec", now.commands_rate.per_second());
  lines.add("total_net_input_bytes", now.input_bytes);
  lines.add("total_net_output_bytes", now.output_bytes);
  add_zeros(lines, {"total_net_repl_input_bytes", "total_net_repl_output_bytes"});
  lines.add("instantaneous_input_kbps", kilobytes(now.input_rate.per_second()));
  lines.add("instantaneous_output_kbps", kilobytes(now.output_rate.per_second()));
  lines.add("instantaneous_input_repl_kbps", "0.00");
  lines.add("instantaneous_output_repl_kbps", "0.00");
  lines.add("rejected_connections", now.connections_rejected);
}

}  // namespace

void add_stats(Engine& engine, std::string* text) {
  const Statistics& now = engine.statistics();
  const KeyspaceShared& shared = engine.databases().shared();
  InfoLines lines(text, "Stats");
  add_traffic(lines, now);
  add_zeros(lines, {"sync_full", "sync_partial_ok", "sync_partial_err"});
  lines.add("expired_keys", shared.expired);
  lines.add("expired_stale_perc", "0.00");
  lines.add("expired_time_cap_reached_count", 0);
  lines.add("expire_cycle_cpu_milliseconds",
            engine.background().statistics(SliceCause::kExpiry).cpu_ns / 1'000'000);
  lines.add("evicted_keys", now.evicted_keys);
  lines.add("evicted_clients", now.evicted_clients);
  add_zeros(lines, {"total_eviction_exceeded_time", "current_eviction_exceeded_time"});
  lines.add("keyspace_hits", shared.hits);
  lines.add("keyspace_misses", shared.misses);
  const PubSub& pubsub = engine.pubsub();
  lines.add("pubsub_channels", pubsub.count(SubscriptionKind::kChannel));
  lines.add("pubsub_patterns", pubsub.count(SubscriptionKind::kPattern));
  lines.add("pubsubshard_channels", pubsub.count(SubscriptionKind::kShard));
  add_zeros(lines, {"latest_fork_usec", "total_forks", "migrate_cached_sockets",
                    "slave_expires_tracked_keys"});
  const Defragmenter& defragmenter = engine.background().defragmenter();
  lines.add("active_defrag_hits", defragmenter.moved_entries());
  lines.add("active_defrag_misses", 0);
  lines.add("active_defrag_key_hits", defragmenter.moved_entries());
  lines.add("active_defrag_key_misses", 0);
  lines.add("total_active_defrag_time",
            engine.background().statistics(SliceCause::kDefragmentation).cpu_ns / 1'000'000);
  add_zeros(lines, {"current_active_defrag_time", "tracking_total_keys", "tracking_total_items",
                    "tracking_total_prefixes", "unexpected_error_replies"});
  lines.add("total_error_replies", now.error_replies);
  lines.add("dump_payload_sanitizations", 0);
  lines.add("total_reads_processed", now.reads);
  lines.add("total_writes_processed", now.writes);
  add_zeros(lines, {"io_threaded_reads_processed", "io_threaded_writes_processed",
                    "reply_buffer_shrinks", "reply_buffer_expands"});
  lines.add("client_query_buffer_limit_disconnections", now.query_buffer_limit_disconnections);
  lines.add("client_output_buffer_limit_disconnections", now.output_buffer_limit_disconnections);
}

void add_command_stats(Engine& engine, std::string* text) {
  InfoLines lines(text, "Commandstats");
  for (const Command& command : all_commands()) {
    const CommandStatistics& counters = engine.statistics().commands[command.id];
    if (counters.calls == 0 && counters.rejected_calls == 0) continue;
    const double each_us = counters.calls == 0 ? 0.0
                                               : static_cast<double>(counters.nanoseconds) / 1000 /
                                                     static_cast<double>(counters.calls);
    lines.add(fmt::format("cmdstat_{}", command.full_name),
              fmt::format("calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}",
                          counters.calls, counters.nanoseconds / 1000, each_us,
                          counters.rejected_calls, counters.failed_calls));
  }
}

void add_error_stats(Engine& engine, std::string* text) {
  InfoLines lines(text, "Errorstats");
  for (const auto& [code, count] : engine.statistics().errors)
    lines.add(fmt::format("errorstat_{}", code), fmt::format("count={}", count));
}

void add_latency_stats(Engine& engine, std::string* text) {
  InfoLines lines(text, "Latencystats");
  for (const Command& command : all_commands()) {
    const auto& latency = engine.statistics().commands[command.id].latency;
    if (latency == nullptr || latency->count() == 0) continue;
    std::string values;
    for (const double percentile : engine.options().latency_tracking_info_percentiles) {
      const uint64_t ns = latency->quantile_ns(static_cast<uint32_t>(percentile * 10));
      fmt::format_to(std::back_inserter(values), "{}p{}={}", values.empty() ? "" : ",", percentile,
                     microseconds(ns));
    }
    lines.add(fmt::format("latency_percentiles_usec_{}", command.full_name), values);
  }
}

void add_tier(Engine& engine, std::string* text) {
  InfoLines lines(text, "Tier");
  const Tier* const tier = engine.tier();
  const TierStatistics counts = tier == nullptr ? TierStatistics{} : tier->statistics();
  const logstore::LogStoreStatistics store =
      tier == nullptr ? logstore::LogStoreStatistics{} : engine.tier()->store().statistics();
  uint64_t cold_keys = 0;
  for (int i = 0; i < engine.databases().count(); ++i)
    cold_keys += engine.databases().at(i).residence().counts().cold_keys;
  lines.add("tier_enabled", tier != nullptr ? 1 : 0);
  lines.add("tier_keys", cold_keys);
  lines.add("tier_live_bytes", store.live_bytes);
  lines.add("tier_dead_bytes", store.dead_bytes);
  lines.add("tier_segments", store.segments);
  lines.add("tier_disk_bytes", store.disk_bytes);
  lines.add("tier_hits_hot", counts.hits_hot);
  lines.add("tier_hits_cold", counts.hits_cold);
  lines.add("tier_absent", counts.absent);
  lines.add("tier_reads", store.reads);
  lines.add("tier_read_bytes", store.read_bytes);
  lines.add("tier_demoted_keys", counts.demoted_keys);
  lines.add("tier_demoted_bytes", counts.demoted_bytes);
  lines.add("tier_dropped_keys", counts.dropped_keys);
  lines.add("tier_promoted_keys", engine.databases().shared().promoted_keys);
  lines.add("tier_corrupt_records", store.corrupt_records);
  lines.add("tier_io_errors", store.io_errors + counts.read_errors);
  lines.add("tier_pinned_segments", store.pinned_segments);
  lines.add("tier_index_bytes", tier == nullptr ? 0 : engine.tier()->index().memory_bytes());
  if (tier == nullptr) return;
  const logstore::IndexStatistics& index = engine.tier()->index().statistics();
  lines.add("tier_index_disk_bytes", index.disk_bytes);
  lines.add("tier_index_device_reads", index.device_reads);
  lines.add("tier_coalesced_reads", counts.coalesced_reads);
  lines.add("tier_stale_reads", counts.stale_reads);
  lines.add("tier_parked_commands", counts.parked_commands);
  lines.add("tier_cancelled_demotions", counts.cancelled_demotions);
  lines.add("tier_demotions_in_flight", tier->demotions_in_flight());
  lines.add("tier_probation_bytes", tier->probation_bytes());
  lines.add("tier_written_bytes", store.written_bytes);
  lines.add("tier_compactions", store.compactions);
  lines.add("tier_relocated_bytes", store.relocated_bytes);
  lines.add("tier_amplification_percent", store.amplification_percent);
}

namespace {

struct NamedClass {
  iouring::IoClass io_class;
  std::string_view name;
};
constexpr NamedClass kClasses[] = {
    {iouring::IoClass::kAof, "aof"},           {iouring::IoClass::kColdRead, "cold_read"},
    {iouring::IoClass::kDemotion, "demotion"}, {iouring::IoClass::kCompaction, "compaction"},
    {iouring::IoClass::kSnapshot, "snapshot"}, {iouring::IoClass::kNet, "net"},
};

void add_class(InfoLines& lines, const iouring::IoClassStatistics& now, std::string_view name) {
  const uint64_t limit_bytes = now.limit.bytes_max == UINT64_MAX ? 0 : now.limit.bytes_max;
  lines.add(
      fmt::format("ring_{}", name),
      fmt::format("in_flight={},in_flight_max={},bytes_in_flight={},bytes_in_flight_max={},"
                  "limit={},limit_bytes={},waiting={},ops={},bytes={},errors={},"
                  "latency_p50_us={},latency_p99_us={},latency_max_us={}",
                  now.in_flight, now.in_flight_max, now.bytes_in_flight, now.bytes_in_flight_max,
                  now.limit.operations_max, limit_bytes, now.waiting, now.operations, now.bytes,
                  now.errors, microseconds(now.latency.quantile_ns(500)),
                  microseconds(now.latency.quantile_ns(990)), microseconds(now.latency.max_ns())));
}

// Sends, as the server counts them: they do not go through the schedule of the disk.
iouring::IoClassStatistics net_statistics(const Statistics& now) {
  iouring::IoClassStatistics net;
  net.in_flight = now.sends_in_flight;
  net.in_flight_max = now.sends_in_flight_max;
  net.bytes_in_flight = now.send_bytes_in_flight;
  net.bytes_in_flight_max = now.send_bytes_in_flight_max;
  net.operations = now.writes;
  net.bytes = now.output_bytes;
  net.latency = now.send_latency;
  return net;
}

}  // namespace

void add_ring(Engine& engine, std::string* text) {
  InfoLines lines(text, "Ring");
  const Statistics& now = engine.statistics();
  for (const NamedClass& row : kClasses) {
    const bool is_net = row.io_class == iouring::IoClass::kNet;
    add_class(lines,
              is_net ? net_statistics(now) : engine.environment().disk->statistics(row.io_class),
              row.name);
  }
  lines.add("loop_turns", now.turns.count());
  lines.add("loop_turn_p50_us", microseconds(now.turns.quantile_ns(500)));
  lines.add("loop_turn_p99_us", microseconds(now.turns.quantile_ns(990)));
  lines.add("loop_turn_max_us", microseconds(now.turns.max_ns()));
  for (size_t i = 0; i < kSliceCauses; ++i) {
    const auto cause = static_cast<SliceCause>(i);
    const SliceStatistics& slices = engine.background().statistics(cause);
    lines.add(fmt::format("loop_step_{}", slice_cause_name(cause)),
              fmt::format("slices={},cpu_us={},longest_us={}", slices.slices, slices.cpu_ns / 1000,
                          microseconds(slices.longest_ns)));
  }
}

}  // namespace engine::info
