#include "engine/snapshot.h"

#include <algorithm>
#include <utility>

#include "engine/engine.h"
#include "engine/value/chunked_string.h"
#include "engine/value/codec.h"
#include "engine/value/counted_tree.h"
#include "engine/value/large_string.h"
#include "engine/value/value_codec.h"
#include "engine/version.h"

namespace engine {

namespace {

// Few buckets at a time: each may hold seven values of 64 KiB.
constexpr size_t kDirtyBuckets = 4;
constexpr size_t kColdRecords = 64;
// Pre-images may wait in memory up to this share of maxmemory.
constexpr uint64_t kBacklogShare = 16;
constexpr uint64_t kBacklogBytesMax = 64ull * 1024 * 1024;
// Beyond this part of it they go to the log.
constexpr uint64_t kSpillShare = 4;
// A large value goes out in pieces of so many chunks.
constexpr size_t kChunksPerPiece = persist::kStreamBufferBytes / base::kChunkBytes;
// A tree's elements are gathered in so much of the helper's stack.
constexpr size_t kTreePieceBytes = 16 * 1024;

uint64_t backlog_cap(uint64_t maxmemory) {
  return maxmemory == 0 ? kBacklogBytesMax : std::min(maxmemory / kBacklogShare, kBacklogBytesMax);
}

size_t head_bytes_max(size_t key_bytes) {
  return persist::RdbWriter::framing_bytes_max(key_bytes) + 32;
}

}  // namespace

Snapshot::Snapshot(Engine* engine, std::unique_ptr<persist::StreamSink> sink, bool aof_base)
    : engine_(engine),
      sink_(std::move(sink)),
      aof_base_(aof_base),
      compress_(engine->options().rdbcompression),
      backlog_cap_(backlog_cap(engine->options().maxmemory)),
      framing_(std::make_shared<SnapshotFraming>()) {}

Snapshot::~Snapshot() = default;

// ---- The freeze

void Snapshot::begin(Done done) {
  done_ = std::move(done);
  stream_ = std::make_unique<persist::RdbStream>(
      engine_->environment().helpers, sink_.get(),
      persist::RdbWriter::Options{.checksum = engine_->options().rdbchecksum,
                                  .compress = compress_});
  note_freeze();
  begin_file();
}

void Snapshot::note_freeze() {
  Databases& databases = engine_->databases();
  for (int i = 0; i < databases.count(); ++i) {
    const Keyspace& keyspace = databases.at(i);
    if (keyspace.size() == 0) continue;
    sources_.push_back({keyspace.id(), i});
    database_by_namespace_[keyspace.id()] = i;
    expected_keys_ += keyspace.size();
    expected_xor_ ^= keyspace.hash_xor();
  }
  ResidenceShared& residence = databases.shared().residence;
  ++residence.epoch;
  residence.snapshot = this;
  cold_done_ = engine_->tier() == nullptr;
  if (cold_done_) return;
  frozen_ = engine_->tier()->store().freeze();
  spill_ = std::make_unique<SnapshotSpill>(&engine_->tier()->store());
  engine_->tier()->pages().freeze();
}

void Snapshot::thaw() {
  if (frozen_ == nullptr) return;
  cold_large_.reset();
  spill_.reset();
  reader_.reset();
  frozen_.reset();
  engine_->tier()->pages().unfreeze();
}

void Snapshot::begin_file() {
  struct Size {
    int database;
    uint64_t keys;
    uint64_t expires;
  };
  struct Head {
    persist::RdbInfo info;
    std::vector<Size> sizes;
  };
  auto head = std::make_shared<Head>();
  head->info = {.redis_version = kRedisVersion,
                .created_at_seconds = engine_->now_ms() / 1000,
                .used_memory_bytes = base::memory_used_total(),
                .replication = {},
                .aof_base = aof_base_};
  for (const Source& source : sources_) {
    const Keyspace& keyspace = engine_->databases().at(source.database);
    head->sizes.push_back({source.database, keyspace.size(), keyspace.expiring()});
  }
  stream_->submit(
      persist::kStreamBufferBytes,
      [head, framing = framing_](persist::RdbWriter& writer) {
        writer.begin(head->info);
        for (const Size& size : head->sizes) {
          writer.select_db(static_cast<uint64_t>(size.database));
          writer.resize_db(size.keys, size.expires);
          framing->database = size.database;
        }
      },
      [] {});
}

// ---- The passes

bool Snapshot::step() {
  if (failed_ || finishing_ || stream_ == nullptr) return false;
  if (!sink_->status().ok()) {
    fail(sink_->status().error());
    return false;
  }
  if (!stream_->has_room()) return false;
  if (cold_large_ != nullptr) return cold_large_step();
  bool more = false;
  if (!dirty_done_) {
    more = dirty_step();
  } else if (spill_ != nullptr) {
    more = spill_step();
  }
  if (!failed_ && !cold_done_ && stream_->has_room()) more = cold_step() || more;
  if (!failed_ && cold_large_ != nullptr) return true;
  if (!failed_) maybe_finish();
  return more && !failed_ && !finishing_;
}

bool Snapshot::is_drained(NamespaceId id) const {
  for (const auto& keyspace : engine_->databases().detached())
    if (keyspace->id() == id) return false;
  return true;
}

bool Snapshot::dirty_step() {
  if (source_ == sources_.size()) {
    // Entries of databases that were flushed meanwhile come as pre-images while they are freed.
    dirty_done_ = std::all_of(sources_.begin(), sources_.end(), [this](const Source& source) {
      return is_drained(source.namespace_id);
    });
    return false;
  }
  const Source& source = sources_[source_];
  Keyspace* const keyspace = engine_->databases().find(source.namespace_id);
  if (keyspace != nullptr) {
    const uint8_t epoch = keyspace->residence().epoch();
    position_ =
        keyspace->dictionary().scan(position_, kDirtyBuckets, [&](Entry* entry, uint64_t hash) {
          if (entry->epoch() == epoch) return;
          if (entry->state() != EntryState::kClean)
            write_entry(source.database, hash, entry, false);
          entry->set_epoch(epoch);
        });
    if (position_ != 0) return true;
  }
  position_ = 0;
  ++source_;
  return true;
}

void Snapshot::before_change(NamespaceId namespace_id, uint64_t hash, Entry* entry) {
  if (failed_) return;
  const int database = database_of(namespace_id);
  // A namespace that was empty or detached at the freeze owes nothing.
  if (database < 0) return;
  ++pre_images_;
  write_entry(database, hash, entry, true);
}

int Snapshot::database_of(NamespaceId id) const {
  const auto at = database_by_namespace_.find(id);
  return at == database_by_namespace_.end() ? -1 : at->second;
}

bool Snapshot::next_segment() {
  const auto& segments = frozen_->live().segments();
  if (segment_ == segments.size()) {
    cold_done_ = true;
    return false;
  }
  logstore::ScanOptions options;
  options.io_class = iouring::IoClass::kSnapshot;
  reader_ = frozen_->scan(segments[segment_++].id, options);
  return true;
}

bool Snapshot::cold_step() {
  if (cold_waits_) return false;
  if (reader_ == nullptr && !next_segment()) return false;
  for (size_t i = 0; i < kColdRecords && stream_->has_room(); ++i) {
    logstore::ScanItem item = reader_->next([this] { cold_waits_ = false; });
    switch (item.kind) {
      case logstore::ScanItem::Kind::kWait:
        cold_waits_ = true;
        return false;
      case logstore::ScanItem::Kind::kEnd:
        reader_.reset();
        return true;
      case logstore::ScanItem::Kind::kError:
        fail(item.error);
        return false;
      case logstore::ScanItem::Kind::kCorrupt:
        fail({base::ErrorCode::kCorrupt, 0, "record in the cold tier"});
        return false;
      case logstore::ScanItem::Kind::kRecord:
        break;
    }
    const logstore::UnitFields& fields = item.record.fields;
    const int database = database_of(fields.namespace_id);
    if (database < 0 || fields.kind != logstore::UnitKind::kRoot) continue;
    if (fields.rdb_type == kLargeStringType) return begin_cold_large(database, item.record);
    add_item({database, fields.rdb_type, fields.expire_at_ms, fields.key, item.record.payload},
             fields.hash64);
  }
  return stream_->has_room();
}

// The pages are those of the freeze, wherever the value has gone since.
bool Snapshot::begin_cold_large(int database, const logstore::RecordView& record) {
  const logstore::UnitFields& fields = record.fields;
  const base::Result<LargeString> large = decode_large_root(record.payload);
  const PageTable::Pages* const pages =
      large.ok() ? engine_->tier()->pages().frozen_pages(large->value_id) : nullptr;
  if (pages == nullptr) {
    fail({base::ErrorCode::kCorrupt, 0, "large string in the cold tier"});
    return false;
  }
  submit_batch();
  ++keys_;
  hash_xor_ ^= fields.hash64;
  struct Head {
    std::string key;
    SnapshotItem item;
  };
  auto head = std::make_shared<Head>();
  head->key = fields.key;
  head->item = {database, kStringType, fields.expire_at_ms, head->key, {}};
  stream_->submit(
      head_bytes_max(head->key.size()),
      [head, bytes = large->bytes, framing = framing_](persist::RdbWriter& writer) {
        write_key(writer, framing.get(), head->item);
        writer.raw_string_header(bytes);
      },
      [] {});
  cold_large_ = std::make_unique<SnapshotPages>(
      &engine_->tier()->store(),
      SnapshotPages::Source{fields.namespace_id, fields.hash64, *large, *pages});
  return true;
}

// True when there is more to do at once.
bool Snapshot::cold_large_step() {
  while (stream_->has_room()) {
    std::shared_ptr<const SnapshotPages::Bytes> page;
    switch (cold_large_->next(&page)) {
      case SnapshotPages::Next::kWait:
        return false;
      case SnapshotPages::Next::kError:
        fail(cold_large_->error());
        return false;
      case SnapshotPages::Next::kEnd:
        cold_large_.reset();
        for (; !deferred_.empty(); deferred_.pop_front()) {
          Deferred& first = deferred_.front();
          stream_->submit(first.bytes_max, std::move(first.batch), std::move(first.done));
        }
        return true;
      case SnapshotPages::Next::kPage:
        stream_->submit(
            page->size(),
            [page](persist::RdbWriter& writer) {
              writer.payload({page->data(), page->size()});
            },
            [] {});
    }
  }
  return false;
}

// ---- Writing

void Snapshot::submit(size_t bytes_max, persist::RdbStream::Batch batch,
                      persist::RdbStream::Task done) {
  if (cold_large_ == nullptr) return stream_->submit(bytes_max, std::move(batch), std::move(done));
  deferred_.push_back({bytes_max, std::move(batch), std::move(done)});
}

void Snapshot::write_entry(int database, uint64_t hash, const Entry* entry, bool is_pre_image) {
  if (entry->form() == ValueForm::kChunked) return write_large(database, hash, entry, is_pre_image);
  const uint64_t bytes_max = encoded_value_bytes_max(*entry);
  if (bytes_max > encoded_bytes_max(base::kInlineValueBytesMax))
    return write_tree(database, hash, entry);
  scratch_.resize(std::max<size_t>(scratch_.size(), bytes_max));
  const size_t bytes = encode_value(*entry, compress_, scratch_.data());
  add_item(
      {database, rdb_type_of(*entry), entry->expiry_ms(), entry->key(), {scratch_.data(), bytes}},
      hash);
}

void Snapshot::add_item(const SnapshotItem& item, uint64_t hash) {
  ++keys_;
  hash_xor_ ^= hash;
  if (batch_ == nullptr) batch_ = std::make_unique<SnapshotBatch>();
  const size_t before = batch_->bytes();
  batch_->add(item);
  backlog_bytes_ += batch_->bytes() - before;
  backlog_bytes_max_ = std::max(backlog_bytes_max_, backlog_bytes_ + large_backlog_bytes_);
  if (batch_->full()) submit_batch();
}

void Snapshot::submit_batch() {
  if (batch_ == nullptr) return;
  std::shared_ptr<SnapshotBatch> batch = std::move(batch_);
  const uint64_t bytes = batch->bytes();
  const bool spills = spill_ != nullptr && backlog_bytes_ > backlog_cap_ / kSpillShare;
  if (spills && spill_->add(*batch)) {
    backlog_bytes_ -= bytes;
    ++spilled_batches_;
    return;
  }
  submit(std::move(batch), bytes);
}

void Snapshot::submit(std::shared_ptr<const SnapshotBatch> batch, uint64_t owed_bytes) {
  const size_t framed_bytes_max = batch->framed_bytes_max();
  submit(
      framed_bytes_max,
      [batch = std::move(batch), framing = framing_](persist::RdbWriter& writer) {
        batch->write(writer, framing.get());
      },
      [this, owed_bytes] { backlog_bytes_ -= owed_bytes; });
}

// True when there is more to do at once.
bool Snapshot::spill_step() {
  while (stream_->has_room()) {
    std::shared_ptr<const SnapshotBatch> batch;
    switch (spill_->next(&batch)) {
      case SnapshotSpill::Next::kEmpty:
      case SnapshotSpill::Next::kWait:
        return false;
      case SnapshotSpill::Next::kError:
        fail(spill_->error());
        return false;
      case SnapshotSpill::Next::kBatch:
        submit(std::move(batch), 0);
    }
  }
  return true;
}

// The string is shared as it is now, so that its pieces need no copy however long they wait.
void Snapshot::write_large(int database, uint64_t hash, const Entry* entry, bool is_pre_image) {
  submit_batch();
  ++keys_;
  hash_xor_ ^= hash;
  struct Frozen {
    std::string key;
    ChunkedString* chunks;
    SnapshotItem item;
    ~Frozen() { ChunkedString::release(chunks); }
  };
  auto frozen = std::make_shared<Frozen>();
  frozen->key = entry->key();
  frozen->chunks = entry->chunks()->freeze();
  frozen->item = {database, kStringType, entry->expiry_ms(), frozen->key, {}};
  const uint64_t owed_bytes = is_pre_image ? frozen->chunks->size() : 0;
  large_backlog_bytes_ += owed_bytes;
  backlog_bytes_max_ = std::max(backlog_bytes_max_, backlog_bytes_ + large_backlog_bytes_);
  submit(
      head_bytes_max(frozen->key.size()),
      [frozen, framing = framing_](persist::RdbWriter& writer) {
        write_key(writer, framing.get(), frozen->item);
        writer.raw_string_header(frozen->chunks->size());
      },
      [] {});
  const size_t count = frozen->chunks->chunk_count();
  for (size_t first = 0; first < count; first += kChunksPerPiece) {
    const size_t end = std::min(first + kChunksPerPiece, count);
    submit((end - first) * base::kChunkBytes,
           [frozen, first, end](persist::RdbWriter& writer) {
             for (size_t i = first; i < end; ++i) writer.payload(frozen->chunks->chunk(i));
           },
           [this, frozen, owed_bytes, last = end == count] {
             if (!last) return;
             large_backlog_bytes_ -= owed_bytes;
             // It may be the last reference: freed in slices.
             engine_->databases().shared().condemned_chunks.push_back(
                 std::exchange(frozen->chunks, nullptr));
           });
  }
}

// The tree is shared as it is now; its elements are copied on the stream helper, piece by piece.
void Snapshot::write_tree(int database, uint64_t hash, const Entry* entry) {
  submit_batch();
  ++keys_;
  hash_xor_ ^= hash;
  struct Frozen {
    Frozen(ValueType type, CountedTree* frozen)
        : tree(frozen), reader(tree_payload(type, *frozen)) {}
    ~Frozen() { CountedTree::release(tree); }
    std::string key;
    CountedTree* const tree;
    TreeReader reader;
    SnapshotItem item;
  };
  // What the companion says can be made from the elements; the tail cannot.
  CountedTree* const tree = entry->tree();
  auto frozen = std::make_shared<Frozen>(
      entry->type(), tree->companion() != nullptr ? tree->freeze_alone() : tree->freeze());
  frozen->key = entry->key();
  frozen->item = {database, rdb_type_of(*entry), entry->expiry_ms(), frozen->key, {}};
  submit(
      head_bytes_max(frozen->key.size()),
      [frozen, framing = framing_](persist::RdbWriter& writer) {
        write_key(writer, framing.get(), frozen->item);
        std::byte header[persist::kLengthBytesMax];
        writer.payload({header, encode_tree_header(*frozen->tree, header)});
      },
      [] {});
  // A bound, where the tree has a tail: the last pieces are shorter then.
  const uint64_t bytes = tree_payload_bytes_max(entry->type(), *frozen->tree);
  for (uint64_t at = 0; at < bytes; at += persist::kStreamBufferBytes) {
    const uint64_t piece = std::min<uint64_t>(persist::kStreamBufferBytes, bytes - at);
    submit(
        piece,
        [frozen, piece](persist::RdbWriter& writer) {
          std::byte buffer[kTreePieceBytes];
          for (uint64_t left = piece; left > 0;) {
            const size_t count =
                frozen->reader.read({buffer, std::min<size_t>(left, sizeof buffer)});
            if (count == 0) break;
            writer.payload({buffer, count});
            left -= count;
          }
        },
        [] {});
  }
}

// ---- The end

void Snapshot::maybe_finish() {
  if (!dirty_done_ || !cold_done_ || cold_large_ != nullptr || finishing_) return;
  submit_batch();
  if (spill_ != nullptr && !spill_->empty()) return;
  if (keys_ != expected_keys_ || hash_xor_ != expected_xor_) {
    engine_->log().warning("A snapshot wrote {} keys where {} were frozen; it is thrown away",
                           keys_, expected_keys_);
    return fail({base::ErrorCode::kCorrupt, 0, "the snapshot is not what was frozen"});
  }
  finishing_ = true;
  engine_->databases().shared().residence.snapshot = nullptr;
  thaw();
  stream_->finish([this](const base::Status& status) { end(status); });
}

void Snapshot::fail(const base::Error& error) {
  if (failed_ || finishing_) return;
  failed_ = true;
  failure_ = error;
  ResidenceShared& residence = engine_->databases().shared().residence;
  if (residence.snapshot == this) residence.snapshot = nullptr;
  thaw();
  deferred_.clear();
  batch_.reset();
  stream_->abort([this] { end(failure_); });
}

void Snapshot::end(const base::Status& status) {
  Done done = std::move(done_);
  done(status);
}

Snapshot::Progress Snapshot::progress() const {
  return {.keys = keys_,
          .keys_total = expected_keys_,
          .bytes = stream_ == nullptr ? 0 : stream_->bytes(),
          .pre_images = pre_images_,
          .spilled_batches = spilled_batches_,
          .backlog_bytes = backlog_bytes_ + large_backlog_bytes_,
          .backlog_bytes_max = backlog_bytes_max_};
}

}  // namespace engine
