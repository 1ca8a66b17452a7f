#include "engine/aof_writer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace engine {

using iouring::IoClass;

void AofWriter::set_policy(AppendFsync policy) {
  policy_ = policy;
  if (has_file()) pump();
}

// ---- Files

void AofWriter::begin(iouring::File file, uint64_t file_bytes) {
  CHECK(!file_ && is_idle());
  file_ = file;
  file_begin_ = file_bytes;
  stream_begin_ = target_ = written_ = synced_ = buffer_->begin();
  sealed_ = buffer_->end();
  stopped_ = false;
  sync_begin_ns_ = loop_->turn_ns();
  unsynced_since_ns_ = syncing_since_ns_ = 0;
}

void AofWriter::switch_to(iouring::File next, uint64_t file_bytes) {
  CHECK(has_file() && !switching());
  next_ = next;
  next_bytes_ = file_bytes;
  switch_at_ = sealed_ = buffer_->end();
  pump();
  if (!stopped_ && is_idle() && synced_ == switch_at_) finish_switch();
}

iouring::File AofWriter::take_next() { return std::exchange(next_, {}); }

void AofWriter::replace_file(iouring::File next, uint64_t file_bytes) {
  CHECK(is_idle() && !switching());
  file_ = next;
  file_begin_ = file_bytes;
  stream_begin_ = target_ = written_ = synced_ = std::max(synced_, buffer_->begin());
  stopped_ = false;
  pump();
}

void AofWriter::retry() {
  stopped_ = false;
  pump();
}

iouring::File AofWriter::release_file() {
  CHECK(is_idle() && !switching());
  return std::exchange(file_, {});
}

void AofWriter::finish_switch() {
  disk_->close(std::exchange(file_, std::exchange(next_, {})), [](int32_t) {});
  file_begin_ = next_bytes_;
  stream_begin_ = switch_at_;
}

// ---- Writes and syncs

void AofWriter::flush() {
  sealed_ = buffer_->end();
  if (has_file()) pump();
}

void AofWriter::sync_now() {
  sync_wanted_ = sealed_ = buffer_->end();
  if (has_file()) pump();
}

void AofWriter::pump() {
  if (stopped_) return;
  start_sync();
  start_write();
}

void AofWriter::start_write() {
  if (writing_) return;
  if (written_ == target_) target_ = switching() ? switch_at_ : sealed_;
  if (written_ == target_) return;
  const base::ByteSpan bytes =
      buffer_->at(written_, std::min<uint64_t>(target_ - written_, base::kIoBytesMax));
  writing_ = true;
  disk_->write(file_, bytes, file_offset(written_), IoClass::kAof,
               [this, size = bytes.size()](int32_t result) { on_written(size, result); });
}

void AofWriter::on_written(size_t bytes, int32_t result) {
  writing_ = false;
  if (result < 0) return stop(Step::kWrite, result);
  written_ += bytes;
  statistics_.written_bytes += bytes;
  if (unsynced_since_ns_ == 0) unsynced_since_ns_ = loop_->turn_ns();
  if (policy_ == AppendFsync::kNo) buffer_->drop_before(written_);
  pump();
  owner_->on_progress();
}

bool AofWriter::sync_is_due() const {
  if (written_ == synced_ || written_ != target_) return false;
  if (switching() && written_ == switch_at_) return true;
  if (sync_wanted_ > synced_ && written_ >= sync_wanted_) return true;
  if (resting_ || policy_ == AppendFsync::kNo) return false;
  return policy_ == AppendFsync::kAlways || loop_->turn_ns() - sync_begin_ns_ >= kSyncIntervalNs;
}

void AofWriter::start_sync() {
  if (syncing_ || !sync_is_due()) return;
  syncing_ = true;
  sync_begin_ns_ = loop_->turn_ns();
  syncing_since_ns_ = std::exchange(unsynced_since_ns_, 0);
  disk_->sync(file_, true, IoClass::kAof,
              [this, covered = written_](int32_t result) { on_synced(covered, result); });
}

void AofWriter::on_synced(uint64_t covered, int32_t result) {
  syncing_ = false;
  syncing_since_ns_ = 0;
  if (result < 0) return stop(Step::kSync, result);
  ++statistics_.syncs;
  statistics_.last_sync_ns = loop_->turn_ns() - sync_begin_ns_;
  synced_ = covered;
  if (policy_ != AppendFsync::kNo) buffer_->drop_before(synced_);
  if (switching() && synced_ == switch_at_) finish_switch();
  pump();
  owner_->on_progress();
}

// A sync that failed counts more than a write that did.
void AofWriter::stop(Step step, int32_t result) {
  stopped_ = true;
  owner_->on_failure(step, result);
}

void AofWriter::tick() {
  if (has_file()) pump();
  const bool held = holds_writers();
  if (held && !held_) ++statistics_.delayed_syncs;
  held_ = held;
}

bool AofWriter::holds_writers() const {
  bool held = buffer_->bytes() > kBufferBytesMax;
  const uint64_t since_ns = syncing_ ? syncing_since_ns_ : unsynced_since_ns_;
  if (policy_ == AppendFsync::kEverysec && !resting_ && since_ns != 0)
    held = held || loop_->turn_ns() - since_ns > kWindowNs;
  return held;
}

}  // namespace engine
