#include "engine/tier_open.h"

#include <algorithm>

#include "base/memory.h"
#include "engine/engine.h"

namespace engine {

namespace {

std::string tier_directory(const Options& options) {
  if (!options.tier_dir.empty()) return options.tier_dir;
  return fmt::format("{}/tier-{}", options.dir, options.port);
}

logstore::LogStoreOptions store_options(const Options& options, uint64_t segment_bytes) {
  logstore::LogStoreOptions store;
  store.segment_bytes = segment_bytes;
  store.bytes_max = static_cast<uint64_t>(options.tier_max_bytes);
  store.read_depth = static_cast<uint32_t>(options.tier_read_depth);
  store.write_depth = static_cast<uint32_t>(options.tier_write_depth);
  return store;
}

std::string open_failure(const std::string& directory, const base::Error& error,
                         const logstore::LogStore::OpenFailure& failure) {
  if (error.code == base::ErrorCode::kBusy)
    return fmt::format(
        "The cold tier in {} is in use by process {}. Stop it, or choose another "
        "tier-dir.",
        directory, failure.owner_pid);
  if (error.code == base::ErrorCode::kInvalid)
    return fmt::format(
        "tier-dir {} holds files that are not the cold tier's. Choose an empty or "
        "new directory.",
        directory);
  return fmt::format("Can't open the cold tier in {}: {}", directory, error.to_string());
}

}  // namespace

base::Result<std::unique_ptr<Tier>> open_tier(Engine& engine, std::string* message) {
  const Environment& environment = engine.environment();
  const std::string directory = tier_directory(engine.options());
  logstore::LogStore::OpenFailure failure;
  Tier::Parts parts;
  base::Result<std::unique_ptr<logstore::LogStore>> store = logstore::LogStore::open(
      directory, store_options(engine.options(), environment.segment_bytes),
      {.disk = environment.disk,
       .loop = environment.loop,
       .random = environment.random,
       .log = environment.log},
      &failure);
  if (!store.ok()) {
    *message = open_failure(directory, store.error(), failure);
    return store.error();
  }
  parts.store = std::move(store).value();
  IndexCache cache(&engine.budget());
  cache.set_maxmemory(engine.options().maxmemory);
  base::Result<std::unique_ptr<logstore::KeyIndex>> index =
      environment.open_index(directory + "/index", cache.bytes());
  if (!index.ok()) {
    *message = fmt::format("Can't open the key index in {}/index: {}", directory,
                           index.error().to_string());
    return index.error();
  }
  parts.index = std::move(index).value();
  parts.databases = &engine.databases();
  parts.budget = &engine.budget();
  auto tier = std::make_unique<Tier>(std::move(parts));
  tier->index_cache().set_maxmemory(engine.options().maxmemory);
  return tier;
}

void apply_tier_options(Engine& engine) {
  const Options& options = engine.options();
  logstore::LogStore& store = engine.tier()->store();
  store.set_bytes_max(static_cast<uint64_t>(options.tier_max_bytes));
  store.set_read_depth(static_cast<uint32_t>(options.tier_read_depth));
  store.set_write_depth(static_cast<uint32_t>(options.tier_write_depth));
  IndexCache& cache = engine.tier()->index_cache();
  cache.set_maxmemory(options.maxmemory);
  engine.tier()->index().set_cache_bytes(cache.bytes());
}

void sample_tier(Engine& engine) {
  logstore::KeyIndex& index = engine.tier()->index();
  IndexCache& cache = engine.tier()->index_cache();
  const logstore::IndexStatistics& statistics = index.statistics();
  const uint64_t before = cache.bytes();
  cache.tick({.cached_bytes = statistics.cached_bytes,
              .memtable_bytes = statistics.memtable_bytes,
              .disk_bytes = statistics.disk_bytes,
              .device_reads = statistics.device_reads},
             base::memory_used_total(), engine.background().is_stuck());
  if (cache.bytes() != before) index.set_cache_bytes(cache.bytes());
  index.sample();
  if (!index.health().ok()) index.retry([](const base::Status&) {});
}

}  // namespace engine
