#include "engine/tier_open.h"

#include <algorithm>

#include "engine/engine.h"

namespace engine {

namespace {

constexpr uint64_t kMiB = 1024 * 1024;

// The index may take up to half of the budget; its resident memory is about twice its cache.
size_t index_cache_bytes(uint64_t maxmemory) {
  if (maxmemory == 0) return 256 * kMiB;
  return static_cast<size_t>(std::clamp<uint64_t>(maxmemory / 8, 8 * kMiB, 4096 * kMiB));
}

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
  base::Result<std::unique_ptr<logstore::KeyIndex>> index =
      environment.open_index(directory + "/index", index_cache_bytes(engine.options().maxmemory));
  if (!index.ok()) {
    *message = fmt::format("Can't open the key index in {}/index: {}", directory,
                           index.error().to_string());
    return index.error();
  }
  parts.index = std::move(index).value();
  parts.databases = &engine.databases();
  parts.budget = &engine.budget();
  parts.loop = environment.loop;
  return std::make_unique<Tier>(std::move(parts));
}

void apply_tier_options(Engine& engine) {
  const Options& options = engine.options();
  logstore::LogStore& store = engine.tier()->store();
  store.set_bytes_max(static_cast<uint64_t>(options.tier_max_bytes));
  store.set_read_depth(static_cast<uint32_t>(options.tier_read_depth));
  store.set_write_depth(static_cast<uint32_t>(options.tier_write_depth));
  engine.tier()->index().set_cache_bytes(index_cache_bytes(options.maxmemory));
}

void sample_tier(Engine& engine) {
  logstore::KeyIndex& index = engine.tier()->index();
  index.sample();
  if (!index.health().ok()) index.retry([](const base::Status&) {});
}

}  // namespace engine
