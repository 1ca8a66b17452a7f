#include "logstore/rocks_index_options.h"

#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_buffer_manager.h>

namespace logstore {

namespace {

// With its trailer of five bytes a block stays within 4096, the allocator's size class and one
// device page; 4096 itself would take 5120 in memory.
constexpr size_t kBlockBytes = 4040;
constexpr int kCacheShardBits = 2;
// Index and filter blocks keep their place up to this part of the cache: they are a hundredth of
// the data, and losing one costs a second device read.
constexpr double kHighPriorityRatio = 0.75;
// Flushes and compactions read and write in pieces of this size: the defaults, 1 and 2 MiB, are
// buffers outside the cache's budget, and pieces so large keep a cold read waiting.
constexpr size_t kBackgroundIoBytes = 256 * 1024;
// Above the last level only, a tenth of the keys. Every false positive is a device read, and there
// is a chance of one per file of level 0: 10 bits give 1 % each, 13 give 0.25 %.
constexpr double kFilterBitsPerKey = 13;
constexpr int kIndexRestartInterval = 8;

rocksdb::BlockBasedTableOptions make_table_options(std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.block_size = kBlockBytes;
  table.format_version = 5;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.index_block_restart_interval = kIndexRestartInterval;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
  table.max_auto_readahead_size = kBackgroundIoBytes;
  return table;
}

rocksdb::ColumnFamilyOptions make_column(const RocksIndexOptions& options,
                                         const rocksdb::BlockBasedTableOptions& table) {
  rocksdb::ColumnFamilyOptions column;
  column.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  column.write_buffer_size = options.memtable_bytes;
  column.max_write_buffer_number = 4;
  column.compression = rocksdb::kNoCompression;
  column.bottommost_compression = rocksdb::kNoCompression;
  column.compaction_style = rocksdb::kCompactionStyleLevel;
  column.level_compaction_dynamic_level_bytes = true;
  column.target_file_size_base = 32 * 1024 * 1024;
  column.max_bytes_for_level_base = 256 * 1024 * 1024;
  // Every file of level 0 is one more filter to ask and a hundredth of a read to waste: on a loaded
  // machine 29 of them made 1.2 reads of a lookup's one. Writes wait instead, which is what the
  // overlay's bound is for.
  column.level0_slowdown_writes_trigger = 10;
  column.level0_stop_writes_trigger = 16;
  column.ttl = 0;
  return column;
}

rocksdb::DBOptions make_database(const RocksIndexOptions& options,
                                 const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions database;
  database.create_if_missing = true;
  database.create_missing_column_families = true;
  database.max_open_files = -1;
  database.avoid_unnecessary_blocking_io = true;
  database.use_direct_reads = options.direct_io;
  database.use_direct_io_for_flush_and_compaction = options.direct_io;
  database.writable_file_max_buffer_size = kBackgroundIoBytes;
  database.compaction_readahead_size = kBackgroundIoBytes;
  database.rate_limiter.reset(
      rocksdb::NewGenericRateLimiter(static_cast<int64_t>(options.background_bytes_per_second)));
  database.max_background_jobs = 2;
  database.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(3 * options.memtable_bytes, cache);
  // One thread writes.
  database.allow_concurrent_memtable_write = false;
  database.enable_write_thread_adaptive_yield = false;
  database.avoid_flush_during_shutdown = !options.reuse;
  database.stats_dump_period_sec = 0;
  database.stats_persist_period_sec = 0;
  database.info_log_level = rocksdb::WARN_LEVEL;
  database.keep_log_file_num = 2;
  database.max_log_file_size = 1024 * 1024;
  rocksdb::Env* const env = rocksdb::Env::Default();
  env->SetBackgroundThreads(1, rocksdb::Env::HIGH);
  env->SetBackgroundThreads(1, rocksdb::Env::LOW);
  env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW, rocksdb::CpuPriority::kLow);
  env->LowerThreadPoolIOPriority(rocksdb::Env::LOW);
  database.env = env;
  return database;
}

}  // namespace

RocksSetup make_rocks_setup(const RocksIndexOptions& options) {
  RocksSetup setup;
  rocksdb::LRUCacheOptions cache;
  cache.capacity = options.cache_bytes;
  cache.num_shard_bits = kCacheShardBits;
  cache.strict_capacity_limit = false;
  cache.high_pri_pool_ratio = kHighPriorityRatio;
  setup.cache = rocksdb::NewLRUCache(cache);
  setup.database = make_database(options, setup.cache);

  rocksdb::BlockBasedTableOptions table = make_table_options(setup.cache);
  setup.units = make_column(options, table);
  // Nearly every key that is looked up is there: on the last level a filter would only take room.
  setup.units.optimize_filters_for_hits = true;
  setup.units.memtable_prefix_bloom_size_ratio = 0.02;
  setup.units.memtable_whole_key_filtering = true;

  // Rows are only walked, from the front, where they are erased.
  table.filter_policy = nullptr;
  setup.expiry = make_column(options, table);
  setup.expiry.write_buffer_size = options.memtable_bytes / 2;
  setup.expiry.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(1024, 512));
  return setup;
}

}  // namespace logstore
