#include "logstore/key_index_core.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/memory.h"
#include "logstore/key_index_walk.h"

namespace logstore {

namespace {

using iouring::HelperClass;

// lookup() looks into the block cache for every key while at least a quarter of the last answers
// were there, else for every 16th key: a miss costs the loop 2 to 3 us and the read still follows.
constexpr uint32_t kGateScale = 1024;
constexpr uint32_t kGateOpen = kGateScale / 4;
constexpr uint32_t kGateProbeEvery = 16;
constexpr uint32_t kGateHistory = 32;

}  // namespace

struct KeyIndexCore::ReadBatch {
  struct Request {
    size_t key_at;
    size_t key_bytes;
    LookupDone done;
  };
  std::string_view key_of(const Request& request) const {
    return std::string_view(keys).substr(request.key_at, request.key_bytes);
  }

  std::string keys;  // Encoded, one behind the other.
  std::vector<Request> requests;
  std::vector<StoreRead> reads;  // As many, in the same order, once sorted.
  uint64_t ticket = 0;
  base::Status status = base::ok_status();
};

struct KeyIndexCore::WriteJob {
  IndexBatch batch;
  uint64_t last_sequence = 0;
  int64_t first_row_ms = INT64_MAX;  // The earliest row that it puts.
  base::Status status = base::ok_status();
  std::shared_ptr<const IndexView> view;
  std::vector<std::shared_ptr<const IndexView>> retired;
};

struct KeyIndexCore::WalkJob {
  WalkOptions options;
  OverlaySlice slice;
  std::shared_ptr<const IndexView> view;
  base::Result<WalkPage> page = WalkPage{};
  WalkDone done;
};

struct KeyIndexCore::DueJob {
  int64_t floor_ms;
  int64_t now_ms;
  uint32_t entries_max;
  std::shared_ptr<const IndexView> view;
  base::Result<DueRows> rows = DueRows{};
  size_t parts_left = 0;
  base::Status status = base::ok_status();
  uint64_t ticket = 0;
  DueDone done;
};

void IndexBatch::append(Operation operation, std::string_view key, std::string_view value) {
  const Head head{static_cast<uint32_t>(key.size()), static_cast<uint16_t>(value.size()),
                  operation};
  bytes_.append(reinterpret_cast<const char*>(&head), sizeof head).append(key).append(value);
  ++count_;
}

KeyIndexCore::KeyIndexCore(std::unique_ptr<IndexStore> store, iouring::Helpers* helpers,
                           const KeyIndexLimits& limits)
    : limits_(limits),
      store_(std::move(store)),
      helpers_(helpers),
      gathered_(std::make_unique<ReadBatch>()),
      view_(store_->newest_view()),
      cached_score_(kGateScale) {
  CHECK_GT(limits_.write_batch_max, 0u);
  CHECK_GT(limits_.read_part_min, 0u);
}

KeyIndexCore::~KeyIndexCore() {
  view_.reset();
  retired_views_.clear();
  base::charge(base::MemoryUse::kIndex, -charged_bytes_);
}

// ---- What pending writes say

bool KeyIndexCore::is_dropped(uint32_t namespace_id) const {
  return std::any_of(drops_.begin(), drops_.end(),
                     [&](const Drop& drop) { return drop.namespace_id == namespace_id; });
}

bool KeyIndexCore::answer_pending(const UnitKey& key, Lookup* answer) const {
  *answer = Lookup{};
  if (is_dropped(key.namespace_id)) return true;
  const OverlayWrite* const write = overlay_.find(key);
  if (write == nullptr) return false;
  if (!write->erased) *answer = {LookupState::kFound, write->value};
  return true;
}

// ---- Lookups

Lookup KeyIndexCore::lookup(const UnitKey& key) {
  ++statistics_.lookups;
  Lookup answer;
  if (answer_pending(key, &answer)) {
    ++statistics_.overlay_answers;
    return answer;
  }
  return look_in_store(key);
}

Lookup KeyIndexCore::look_in_store(const UnitKey& key) {
  if (cached_score_ < kGateOpen && ++unprobed_ % kGateProbeEvery != 0) {
    ++statistics_.not_cached;
    return {LookupState::kNotCached, {}};
  }
  key_scratch_.clear();
  append_index_key(key, &key_scratch_);
  const Lookup answer = store_->get_cached(key_scratch_);
  const bool cached = answer.state == LookupState::kFound || answer.state == LookupState::kAbsent;
  cached_score_ += cached ? (kGateScale - cached_score_) / kGateHistory : 0;
  cached_score_ -= cached ? 0 : cached_score_ / kGateHistory;
  if (cached) ++statistics_.cached_answers;
  if (answer.state == LookupState::kNotCached) ++statistics_.not_cached;
  if (answer.state == LookupState::kError) {
    ++statistics_.read_errors;
    fail(base::Error{base::ErrorCode::kCorrupt, 0, "key index: a cached block"});
  }
  return answer;
}

void KeyIndexCore::lookup_async(const UnitKey& key, LookupDone done) {
  ++statistics_.lookups;
  const size_t at = gathered_->keys.size();
  append_index_key(key, &gathered_->keys);
  gathered_->requests.push_back({at, gathered_->keys.size() - at, std::move(done)});
}

uint64_t KeyIndexCore::take_ticket() {
  tickets_.push_back({next_serial_, applied_sequence_});
  return next_serial_++;
}

void KeyIndexCore::return_ticket(uint64_t serial) {
  const auto found = std::find_if(tickets_.begin(), tickets_.end(),
                                  [&](const Ticket& ticket) { return ticket.serial == serial; });
  CHECK(found != tickets_.end());
  found->returned = true;
  while (!tickets_.empty() && tickets_.front().returned) tickets_.pop_front();
  release_applied();
}

void KeyIndexCore::release_applied() {
  // C1: tickets are taken in order, so the oldest one has the least sequence.
  overlay_.release(tickets_.empty() ? applied_sequence_ : tickets_.front().sequence);
  const uint64_t oldest_serial = tickets_.empty() ? next_serial_ : tickets_.front().serial;
  std::erase_if(drops_, [&](const Drop& drop) {
    return drop.applied && drop.applied_serial <= oldest_serial &&
           (overlay_.count() == 0 || overlay_.oldest_sequence() > drop.sequence);
  });
}

void KeyIndexCore::send_reads() {
  if (gathered_->requests.empty() || reads_in_flight_ >= limits_.reads_in_flight_max) return;
  std::unique_ptr<ReadBatch> all = std::exchange(gathered_, std::make_unique<ReadBatch>());
  std::sort(all->requests.begin(), all->requests.end(),
            [&](const ReadBatch::Request& a, const ReadBatch::Request& b) {
              return all->key_of(a) < all->key_of(b);
            });
  const size_t count = all->requests.size();
  const size_t parts = std::clamp<size_t>(count / limits_.read_part_min, 1, limits_.read_parts_max);
  for (size_t i = 0; i < parts; ++i) {
    auto part = std::make_unique<ReadBatch>();
    for (size_t at = count * i / parts; at < count * (i + 1) / parts; ++at) {
      ReadBatch::Request& request = all->requests[at];
      const size_t key_at = part->keys.size();
      part->keys.append(all->key_of(request));
      part->requests.push_back({key_at, request.key_bytes, std::move(request.done)});
    }
    send_read_part(std::move(part));
  }
}

void KeyIndexCore::send_read_part(std::unique_ptr<ReadBatch> part) {
  for (const ReadBatch::Request& request : part->requests)
    part->reads.push_back({part->key_of(request), {}});
  part->ticket = take_ticket();
  ++reads_in_flight_;
  ++jobs_in_flight_;
  ++statistics_.read_batches;
  statistics_.read_lookups += part->requests.size();
  ReadBatch* const batch = part.get();
  helpers_->run(
      HelperClass::kIndexRead,
      [store = store_.get(), batch] { batch->status = store->get_sorted(nullptr, batch->reads); },
      [this, part = std::move(part)] { deliver(*part); });
}

void KeyIndexCore::deliver(ReadBatch& part) {
  --reads_in_flight_;
  --jobs_in_flight_;
  if (!part.status.ok()) fail(part.status);
  for (size_t i = 0; i < part.requests.size(); ++i) {
    UnitKey key;
    CHECK(decode_index_key(part.reads[i].key, &key));
    Lookup answer;
    if (answer_pending(key, &answer)) {
      ++statistics_.overlay_answers;
    } else {
      answer = part.reads[i].answer;
      if (answer.state == LookupState::kError) ++statistics_.read_errors;
    }
    part.requests[i].done(answer);
  }
  return_ticket(part.ticket);
}

// ---- Writes

void KeyIndexCore::put(const UnitKey& key, const IndexValue& value) {
  overlay_.put(key, value, value.expire_at_ms != kNoExpiry);
}

void KeyIndexCore::relocate(const UnitKey& key, const IndexValue& value) {
  overlay_.put(key, value, false);
}

void KeyIndexCore::erase(const UnitKey& key, int64_t expire_at_ms) {
  overlay_.erase(key, expire_at_ms);
}

void KeyIndexCore::flush_turn() {
  send_reads();
  send_writes();
}

void KeyIndexCore::send_writes() {
  if (!health_.ok()) return;
  send_drops();
  while (write_batches_in_flight_ < limits_.write_batches_in_flight_max) {
    const size_t waiting = overlay_.unsent_count() + stale_rows_.size();
    const size_t enough = write_batches_in_flight_ == 0 ? 1 : limits_.write_batch_min;
    if (waiting < enough) return;
    send_write_batch();
  }
}

void KeyIndexCore::append_write(const OverlayWrite& write, WriteJob* job) {
  IndexBatch* const batch = &job->batch;
  if (is_dropped(write.key.namespace_id)) return;
  std::string unit;
  append_index_key(write.key, &unit);
  if (write.erased) {
    batch->append(IndexBatch::Operation::kEraseUnit, unit);
  } else {
    char value[kIndexValueBytesMax];
    batch->append(IndexBatch::Operation::kPutUnit, unit,
                  {value, encode_index_value(write.value, value)});
  }
  if (!write.with_row) return;
  std::string row;
  append_expiry_row(write.value.expire_at_ms, unit, &row);
  if (write.erased) {
    batch->append(IndexBatch::Operation::kEraseRow, row);
  } else {
    batch->append(IndexBatch::Operation::kPutRow, row);
    job->first_row_ms = std::min(job->first_row_ms, write.value.expire_at_ms);
  }
}

void KeyIndexCore::send_write_batch() {
  auto owned = std::make_unique<WriteJob>();
  WriteJob* const job = owned.get();
  // Stale rows first: a put of the same row that came after it was found stale stands behind it.
  while (!stale_rows_.empty() && job->batch.count() < limits_.write_batch_max) {
    job->batch.append(IndexBatch::Operation::kEraseRow, stale_rows_.back());
    stale_rows_.pop_back();
  }
  job->last_sequence = applied_sequence_;
  while (job->batch.count() < limits_.write_batch_max) {
    const OverlayWrite* const write = overlay_.first_unsent();
    if (write == nullptr) break;
    append_write(*write, job);
    job->last_sequence = write->sequence;
    overlay_.sent();
  }
  job->retired = std::exchange(retired_views_, {});
  ++write_batches_in_flight_;
  ++jobs_in_flight_;
  helpers_->run(
      HelperClass::kIndexWrite,
      [store = store_.get(), job] {
        job->retired.clear();
        job->status = store->apply(job->batch);
        job->view = store->newest_view();
      },
      [this, owned = std::move(owned)] { finish_write(*owned); });
}

void KeyIndexCore::finish_write(WriteJob& job) {
  --write_batches_in_flight_;
  --jobs_in_flight_;
  replace_view(std::move(job.view));
  if (!job.status.ok()) fail(job.status);
  if (!health_.ok()) return;  // C3
  ++statistics_.write_batches;
  statistics_.write_operations += job.batch.count();
  applied_sequence_ = std::max(applied_sequence_, job.last_sequence);
  due_floor_ms_ = std::min(due_floor_ms_, job.first_row_ms);
  newer_row_floor_ms_ = std::min(newer_row_floor_ms_, job.first_row_ms);
  release_applied();
}

void KeyIndexCore::replace_view(std::shared_ptr<const IndexView> view) {
  // Dropping the old view may take the store's locks: left to the next job of the index thread.
  retired_views_.push_back(std::exchange(view_, std::move(view)));
}

bool KeyIndexCore::overlay_full() const { return overlay_.bytes() >= limits_.overlay_bytes_max; }

void KeyIndexCore::drop_namespace(uint32_t namespace_id, StatusDone done) {
  CHECK(!is_dropped(namespace_id));
  drops_.push_back({.namespace_id = namespace_id,
                    .sequence = overlay_.last_sequence(),
                    .done = std::move(done)});
  send_writes();
}

void KeyIndexCore::send_drops() {
  for (Drop& drop : drops_) {
    if (drop.sent) continue;
    drop.sent = true;
    ++jobs_in_flight_;
    struct Job {
      base::Status status = base::ok_status();
      std::shared_ptr<const IndexView> view;
    };
    auto owned = std::make_unique<Job>();
    Job* const job = owned.get();
    helpers_->run(
        HelperClass::kIndexWrite,
        [store = store_.get(), job, namespace_id = drop.namespace_id] {
          job->status = store->erase_range(index_key_bound(namespace_id, 0),
                                           index_namespace_end(namespace_id));
          job->view = store->newest_view();
        },
        [this, owned = std::move(owned), namespace_id = drop.namespace_id] {
          finish_drop(namespace_id, owned->status, std::move(owned->view));
        });
  }
}

void KeyIndexCore::finish_drop(uint32_t namespace_id, const base::Status& status,
                               std::shared_ptr<const IndexView> view) {
  --jobs_in_flight_;
  replace_view(std::move(view));
  if (!status.ok()) fail(status);
  if (!health_.ok()) return;  // C3: sent again by retry().
  const auto drop = std::find_if(drops_.begin(), drops_.end(), [&](const Drop& candidate) {
    return candidate.namespace_id == namespace_id;
  });
  CHECK(drop != drops_.end());
  drop->applied = true;
  drop->applied_serial = next_serial_;
  StatusDone done = std::move(drop->done);
  release_applied();
  if (done) done(status);
}

// ---- Errors

void KeyIndexCore::fail(const base::Status& status) {
  if (health_.ok()) health_ = status;
}

void KeyIndexCore::retry(StatusDone done) {
  CHECK(!health_.ok());
  ++jobs_in_flight_;
  struct Job {
    base::Status status = base::ok_status();
    StatusDone done;
  };
  auto owned = std::make_unique<Job>();
  Job* const job = owned.get();
  job->done = std::move(done);
  // Behind everything that was sent before, so that nothing is under way when it is sent again.
  helpers_->run(
      HelperClass::kIndexWrite, [store = store_.get(), job] { job->status = store->recover(); },
      [this, owned = std::move(owned)] {
        --jobs_in_flight_;
        if (owned->status.ok() && !health_.ok()) {
          health_ = base::ok_status();
          overlay_.unsend_all();
          for (Drop& drop : drops_) drop.sent = drop.applied;
          due_floor_ms_ = 0;
          send_writes();
        }
        if (owned->done) owned->done(owned->status);
      });
}

bool KeyIndexCore::idle() const {
  if (jobs_in_flight_ > 0 || !gathered_->requests.empty()) return false;
  return !health_.ok() || (overlay_.unsent_count() == 0 && stale_rows_.empty());
}

// ---- Walks

void KeyIndexCore::walk(const WalkOptions& options, WalkDone done) {
  CHECK_GT(options.entries_max, 0u);
  CHECK_GT(options.key_bytes_max, 0u);
  ++statistics_.walks;
  auto owned = std::make_unique<WalkJob>();
  WalkJob* const job = owned.get();
  job->options = options;
  job->done = std::move(done);
  // C2: view and overlay of this very moment.
  job->view = view_;
  const bool dropped = is_dropped(options.namespace_id);
  if (!dropped) {
    job->slice = overlay_.slice(options.namespace_id, options.hash_from, options.with_pages,
                                options.entries_max, options.key_bytes_max);
  }
  ++jobs_in_flight_;
  helpers_->run(
      HelperClass::kIndexRead,
      [store = store_.get(), job, dropped] {
        if (dropped) {
          job->page.value().complete = true;
        } else {
          job->page = merge_walk(store, *job->view, job->slice, job->options);
        }
        job->view.reset();
      },
      [this, owned = std::move(owned)] {
        --jobs_in_flight_;
        if (!owned->page.ok()) {
          ++statistics_.read_errors;
          fail(owned->page.error());
        }
        owned->done(std::move(owned->page));
      });
}

// ---- Expiry

void KeyIndexCore::due(int64_t now_ms, uint32_t entries_max, DueDone done) {
  CHECK(!due_in_flight_);
  CHECK_GT(entries_max, 0u);
  due_in_flight_ = true;
  newer_row_floor_ms_ = INT64_MAX;
  const auto job = std::make_shared<DueJob>();
  job->floor_ms = due_floor_ms_;
  job->now_ms = now_ms;
  job->entries_max = entries_max;
  job->view = view_;
  job->done = std::move(done);
  job->ticket = take_ticket();
  ++jobs_in_flight_;
  helpers_->run(
      HelperClass::kIndexRead,
      [store = store_.get(), job = job.get()] {
        job->rows = read_due(store, *job->view, job->floor_ms, job->now_ms, job->entries_max);
        // A view is released on a helper: by the look-ups, if there are any.
        if (!job->rows.ok() || job->rows->rows.empty()) job->view.reset();
      },
      [this, job] {
        --jobs_in_flight_;
        send_due_parts(job);
      });
}

void KeyIndexCore::send_due_parts(const std::shared_ptr<DueJob>& job) {
  if (!job->rows.ok() || job->rows->rows.empty()) return finish_due(*job);
  const size_t count = job->rows->reads.size();
  const size_t parts = std::clamp<size_t>(count / limits_.read_part_min, 1, limits_.read_parts_max);
  job->parts_left = parts;
  jobs_in_flight_ += parts;
  for (size_t i = 0; i < parts; ++i) {
    struct Part {
      std::shared_ptr<const IndexView> view;
      std::span<StoreRead> reads;
      base::Status status = base::ok_status();
    };
    auto owned = std::make_unique<Part>();
    Part* const part = owned.get();
    const size_t from = count * i / parts;
    part->reads = std::span(job->rows->reads).subspan(from, count * (i + 1) / parts - from);
    part->view = i + 1 < parts ? job->view : std::move(job->view);
    helpers_->run(
        HelperClass::kIndexRead,
        [store = store_.get(), part] {
          part->status = store->get_sorted(part->view.get(), part->reads);
          part->view.reset();
        },
        [this, job, owned = std::move(owned)] {
          --jobs_in_flight_;
          if (!owned->status.ok() && job->status.ok()) job->status = owned->status;
          if (--job->parts_left == 0) finish_due(*job);
        });
  }
}

bool KeyIndexCore::due_row_is_current(const IndexEntry& candidate, Lookup* now) const {
  if (!answer_pending(candidate.key, now)) return true;
  return now->state == LookupState::kFound &&
         now->value.expire_at_ms == candidate.value.expire_at_ms;
}

void KeyIndexCore::finish_due(DueJob& job) {
  due_in_flight_ = false;
  if (!job.rows.ok()) job.status = job.rows.error();
  if (!job.status.ok()) {
    ++statistics_.read_errors;
    fail(job.status);
    return_ticket(job.ticket);
    job.done(job.status.error());
    return;
  }
  DueScan scan = judge_due(&job.rows.value());
  for (DueScan::StaleRow& row : scan.stale_rows) {
    // Unless a put that is pending has written the row anew.
    Lookup now;
    UnitKey key;
    int64_t expire_at_ms = 0;
    std::string_view index_key;
    CHECK(decode_expiry_row(row, &expire_at_ms, &index_key) && decode_index_key(index_key, &key));
    if (answer_pending(key, &now) && now.state == LookupState::kFound &&
        now.value.expire_at_ms == expire_at_ms)
      continue;
    ++statistics_.due_stale_rows;
    stale_rows_.push_back(std::move(row));
  }
  std::erase_if(scan.page.entries, [&](IndexEntry& candidate) {
    Lookup now;
    if (!due_row_is_current(candidate, &now)) return true;
    if (now.state == LookupState::kFound) candidate.value = now.value;
    return false;
  });
  statistics_.due_candidates += scan.page.entries.size();
  due_floor_ms_ = std::min(scan.next_floor_ms, newer_row_floor_ms_);
  return_ticket(job.ticket);
  job.done(std::move(scan.page));
}

// ---- Memory

void KeyIndexCore::set_cache_bytes(size_t bytes) {
  ++jobs_in_flight_;
  helpers_->run(
      HelperClass::kIndexWrite, [store = store_.get(), bytes] { store->set_cache_bytes(bytes); },
      [this] { --jobs_in_flight_; });
}

size_t KeyIndexCore::memory_bytes() const {
  return overlay_.bytes() + static_cast<size_t>(charged_bytes_);
}

void KeyIndexCore::sample() {
  if (sample_in_flight_) return;
  sample_in_flight_ = true;
  ++jobs_in_flight_;
  struct Job {
    StoreSample sample;
    std::vector<std::shared_ptr<const IndexView>> retired;
  };
  auto owned = std::make_unique<Job>();
  Job* const job = owned.get();
  job->retired = std::exchange(retired_views_, {});
  helpers_->run(
      HelperClass::kIndexWrite,
      [store = store_.get(), job] {
        job->retired.clear();
        job->sample = store->sample();
      },
      [this, owned = std::move(owned)] {
        --jobs_in_flight_;
        sample_in_flight_ = false;
        note_sample(owned->sample);
      });
}

void KeyIndexCore::note_sample(const StoreSample& sample) {
  const auto bytes = static_cast<int64_t>(sample.memory_bytes);
  base::charge(base::MemoryUse::kIndex, bytes - charged_bytes_);
  charged_bytes_ = bytes;
  statistics_.device_reads = sample.device_reads;
  statistics_.disk_bytes = sample.disk_bytes;
  statistics_.cache_bytes = sample.cache_bytes;
  statistics_.cached_bytes = sample.cached_bytes;
  statistics_.memtable_bytes = sample.memtable_bytes;
  statistics_.table_reader_bytes = sample.table_reader_bytes;
  statistics_.keys_estimate = sample.keys_estimate;
}

}  // namespace logstore
