#include "logstore/rocks_index.h"

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/perf_context.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/memory.h"
#include "logstore/key_index_store.h"
#include "logstore/rocks_index_options.h"

namespace logstore {

namespace {

rocksdb::Slice as_slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view as_view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

base::Status to_status(const rocksdb::Status& status, const char* detail) {
  if (status.ok()) return base::ok_status();
  base::ErrorCode code = base::ErrorCode::kIo;
  if (status.IsCorruption()) code = base::ErrorCode::kCorrupt;
  if (status.IsNoSpace()) code = base::ErrorCode::kNoSpace;
  if (status.IsBusy()) code = base::ErrorCode::kBusy;
  return base::Error{code, 0, detail};
}

// Remembers that a flush or compaction failed, which no call of ours would report.
class BackgroundErrors final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                         rocksdb::Status* status) override {
    no_space_.store(status->IsNoSpace(), std::memory_order_relaxed);
    failed_.store(true, std::memory_order_release);
  }

  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) override {
    base::release_free_memory();
  }
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    base::release_free_memory();
  }

  base::Status status() const {
    if (!failed_.load(std::memory_order_acquire)) return base::ok_status();
    return base::Error{no_space_.load(std::memory_order_relaxed) ? base::ErrorCode::kNoSpace
                                                                 : base::ErrorCode::kIo,
                       0, "key index: flush or compaction"};
  }
  void clear() { failed_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> failed_{false};
  std::atomic<bool> no_space_{false};
};

class RocksView final : public IndexView {
 public:
  explicit RocksView(rocksdb::DB* database)
      : database_(database), snapshot_(database->GetSnapshot()) {}
  ~RocksView() override { database_->ReleaseSnapshot(snapshot_); }
  const rocksdb::Snapshot* snapshot() const { return snapshot_; }

 private:
  rocksdb::DB* const database_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksCursor final : public IndexCursor {
 public:
  RocksCursor(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* column,
              const rocksdb::Snapshot* snapshot, std::string to)
      : to_(std::move(to)), to_slice_(to_) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.fill_cache = false;
    options.iterate_upper_bound = &to_slice_;
    iterator_.reset(database->NewIterator(options, column));
  }

  void seek(const std::string& from) { iterator_->Seek(from); }
  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return as_view(iterator_->key()); }
  std::string_view value() const override { return as_view(iterator_->value()); }
  void next() override { iterator_->Next(); }
  base::Status status() const override { return to_status(iterator_->status(), "key index: walk"); }

 private:
  const std::string to_;
  const rocksdb::Slice to_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksStore final : public IndexStore {
 public:
  RocksStore(RocksSetup setup, std::shared_ptr<BackgroundErrors> errors)
      : cache_(std::move(setup.cache)), errors_(std::move(errors)) {
    write_options_.disableWAL = true;
    cached_options_.read_tier = rocksdb::kBlockCacheTier;
  }
  ~RocksStore() override;

  base::Status open(const rocksdb::DBOptions& database, const std::string& directory,
                    const std::vector<rocksdb::ColumnFamilyDescriptor>& columns);

  Lookup get_cached(std::string_view key) override;
  base::Status get_sorted(const IndexView* view, std::span<StoreRead> reads) override;
  std::unique_ptr<IndexCursor> cursor(const IndexView& view, IndexColumn column,
                                      const std::string& from, const std::string& to) override;
  base::Status apply(const IndexBatch& batch) override;
  base::Status erase_range(const std::string& from, const std::string& to) override;
  std::shared_ptr<const IndexView> newest_view() override;
  base::Status recover() override;
  void set_cache_bytes(size_t bytes) override;
  StoreSample sample() override;

 private:
  uint64_t property(rocksdb::ColumnFamilyHandle* column, const std::string& name) const;

  const std::shared_ptr<rocksdb::Cache> cache_;
  const std::shared_ptr<BackgroundErrors> errors_;
  rocksdb::WriteOptions write_options_;
  rocksdb::ReadOptions cached_options_;
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> columns_;  // default, units, expiry
  rocksdb::ColumnFamilyHandle* units_ = nullptr;
  rocksdb::ColumnFamilyHandle* expiry_ = nullptr;
  rocksdb::PinnableSlice cached_value_;  // Of the loop.
  std::atomic<uint64_t> device_reads_{0};
};

RocksStore::~RocksStore() {
  cached_value_.Reset();
  if (database_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* column : columns_) database_->DestroyColumnFamilyHandle(column);
  database_->Close();
}

base::Status RocksStore::open(const rocksdb::DBOptions& database, const std::string& directory,
                              const std::vector<rocksdb::ColumnFamilyDescriptor>& columns) {
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database, directory, columns, &columns_, &opened);
  if (!status.ok()) return to_status(status, "key index: open");
  database_.reset(opened);
  CHECK_EQ(columns_.size(), 3u);
  units_ = columns_[1];
  expiry_ = columns_[2];
  return base::ok_status();
}

Lookup decode_found(const rocksdb::Status& status, const rocksdb::Slice& value) {
  Lookup answer;
  if (status.IsNotFound()) return answer;
  if (status.IsIncomplete()) {
    answer.state = LookupState::kNotCached;
  } else {
    const bool good = status.ok() && decode_index_value(as_view(value), &answer.value);
    answer.state = good ? LookupState::kFound : LookupState::kError;
  }
  return answer;
}

Lookup RocksStore::get_cached(std::string_view key) {
  cached_value_.Reset();
  const rocksdb::Status status =
      database_->Get(cached_options_, units_, as_slice(key), &cached_value_);
  return decode_found(status, cached_value_);
}

base::Status RocksStore::get_sorted(const IndexView* view, std::span<StoreRead> reads) {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
  rocksdb::PerfContext* const counters = rocksdb::get_perf_context();
  const uint64_t reads_before = counters->block_read_count;
  rocksdb::ReadOptions options;
  if (view != nullptr) options.snapshot = static_cast<const RocksView*>(view)->snapshot();
  base::Status first_error = base::ok_status();
  rocksdb::PinnableSlice value;
  for (StoreRead& read : reads) {
    value.Reset();
    const rocksdb::Status status = database_->Get(options, units_, as_slice(read.key), &value);
    read.answer = decode_found(status, value);
    if (read.answer.state != LookupState::kError || !first_error.ok()) continue;
    first_error = status.ok() ? base::Error{base::ErrorCode::kCorrupt, 0, "key index: a value"}
                              : to_status(status, "key index: read");
  }
  device_reads_.fetch_add(counters->block_read_count - reads_before, std::memory_order_relaxed);
  return first_error;
}

std::unique_ptr<IndexCursor> RocksStore::cursor(const IndexView& view, IndexColumn column,
                                                const std::string& from, const std::string& to) {
  auto cursor = std::make_unique<RocksCursor>(database_.get(),
                                              column == IndexColumn::kUnits ? units_ : expiry_,
                                              static_cast<const RocksView&>(view).snapshot(), to);
  cursor->seek(from);
  return cursor;
}

base::Status RocksStore::apply(const IndexBatch& batch) {
  RETURN_IF_ERROR(errors_->status());
  rocksdb::WriteBatch writes;
  rocksdb::Status status;
  batch.for_each(
      [&](IndexBatch::Operation operation, std::string_view key, std::string_view value) {
        rocksdb::Status added;
        switch (operation) {
          case IndexBatch::Operation::kPutUnit:
            added = writes.Put(units_, as_slice(key), as_slice(value));
            break;
          case IndexBatch::Operation::kEraseUnit:
            added = writes.Delete(units_, as_slice(key));
            break;
          case IndexBatch::Operation::kPutRow:
            added = writes.Put(expiry_, as_slice(key), rocksdb::Slice());
            break;
          case IndexBatch::Operation::kEraseRow:
            added = writes.Delete(expiry_, as_slice(key));
            break;
        }
        if (status.ok()) status = added;
      });
  if (status.ok()) status = database_->Write(write_options_, &writes);
  return to_status(status, "key index: write");
}

base::Status RocksStore::erase_range(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(errors_->status());
  // Whole files go at once; the range tombstone covers what is in others.
  const rocksdb::Slice begin(from);
  const rocksdb::Slice end(to);
  RETURN_IF_ERROR(
      to_status(rocksdb::DeleteFilesInRange(database_.get(), units_, &begin, &end, false),
                "key index: drop files"));
  return to_status(database_->DeleteRange(write_options_, units_, begin, end),
                   "key index: drop range");
}

std::shared_ptr<const IndexView> RocksStore::newest_view() {
  return std::make_shared<const RocksView>(database_.get());
}

base::Status RocksStore::recover() {
  const rocksdb::Status status = database_->Resume();
  if (!status.ok()) return to_status(status, "key index: resume");
  errors_->clear();
  return base::ok_status();
}

void RocksStore::set_cache_bytes(size_t bytes) {
  // In steps, so that a lookup of the loop never waits for a shard that drops thousands of blocks.
  constexpr size_t kStepBytes = 1024 * 1024;
  size_t capacity = cache_->GetCapacity();
  while (capacity > bytes + kStepBytes) {
    capacity -= kStepBytes;
    cache_->SetCapacity(capacity);
  }
  cache_->SetCapacity(bytes);
}

uint64_t RocksStore::property(rocksdb::ColumnFamilyHandle* column, const std::string& name) const {
  uint64_t value = 0;
  return database_->GetIntProperty(column, name, &value) ? value : 0;
}

StoreSample RocksStore::sample() {
  base::release_free_memory();
  StoreSample sample;
  sample.cache_bytes = cache_->GetCapacity();
  sample.cached_bytes = cache_->GetUsage();
  for (rocksdb::ColumnFamilyHandle* column : {units_, expiry_}) {
    sample.table_reader_bytes +=
        property(column, rocksdb::DB::Properties::kEstimateTableReadersMem);
    sample.memtable_bytes += property(column, rocksdb::DB::Properties::kSizeAllMemTables);
    sample.disk_bytes += property(column, rocksdb::DB::Properties::kLiveSstFilesSize);
  }
  sample.keys_estimate = property(units_, rocksdb::DB::Properties::kEstimateNumKeys);
  sample.device_reads = device_reads_.load(std::memory_order_relaxed);
  // Memtables are charged to the cache.
  sample.memory_bytes = sample.cached_bytes + sample.table_reader_bytes;
  return sample;
}

}  // namespace

base::Result<std::unique_ptr<KeyIndex>> open_rocks_index(const RocksIndexOptions& options,
                                                         iouring::Helpers* helpers) {
  RocksSetup setup = make_rocks_setup(options);
  auto errors = std::make_shared<BackgroundErrors>();
  setup.database.listeners.push_back(errors);
  const std::vector<rocksdb::ColumnFamilyDescriptor> columns = {
      {rocksdb::kDefaultColumnFamilyName, setup.units},
      {"units", setup.units},
      {"expiry", setup.expiry}};
  if (!options.reuse) {
    const rocksdb::Status destroyed = rocksdb::DestroyDB(
        options.directory, rocksdb::Options(setup.database, setup.units), columns);
    if (!destroyed.ok()) return to_status(destroyed, "key index: destroy").error();
  }
  const rocksdb::DBOptions database = setup.database;
  auto store = std::make_unique<RocksStore>(std::move(setup), std::move(errors));
  RETURN_IF_ERROR(store->open(database, options.directory, columns));
  return std::unique_ptr<KeyIndex>(
      std::make_unique<KeyIndexCore>(std::move(store), helpers, options.limits));
}

}  // namespace logstore
