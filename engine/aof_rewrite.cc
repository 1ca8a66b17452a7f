// How the append only file begins, and how a new base replaces its increments (aof.h, steps 1 to
// 5).

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/aof.h"
#include "engine/engine.h"
#include "engine/snapshots.h"

namespace engine {

namespace {

// After so many failures in a row automatic rewrites wait for longer and longer, as in Redis.
constexpr uint64_t kFailuresBeforeLimit = 3;
constexpr int64_t kLimitMinutesMax = 60;
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kRetryMs = 1000;

}  // namespace

// ---- Going on where the files end

void Aof::resume(const persist::AofManifest& manifest, uint64_t bytes, Done done) {
  CHECK(state_ == State::kOff && !draining_);
  resumed_ = std::move(done);
  resumed_bytes_ = bytes;
  next_ = manifest;
  const bool is_new = next_.increments().empty();
  const std::string name = is_new ? next_.add_increment().name : next_.increments().back().name;
  engine_->log().notice("{} AOF incr file {} on server start", is_new ? "Creating" : "Opening",
                        name);
  files().reopen(name, [this](base::Result<iouring::File> file) { on_reopened(file); });
}

void Aof::on_reopened(base::Result<iouring::File> file) {
  if (!file.ok()) return std::exchange(resumed_, {})(file.error());
  increment_ = *file;
  files().write(next_, [this](const base::Status& status) {
    const base::Result<uint64_t> bytes = engine_->environment().disk->file_bytes(increment_);
    Done done = std::move(resumed_);
    if (!status.ok() || !bytes.ok()) return done(status.ok() ? bytes.error() : status.error());
    manifest_ = next_;
    state_ = State::kOn;
    statistics_.base_bytes = statistics_.current_bytes = resumed_bytes_;
    writer_.begin(std::exchange(increment_, {}), *bytes);
    engine_->effects().set_sink(this);
    remove_history();
    done(base::ok_status());
  });
}

void Aof::enable() {
  CHECK(state_ == State::kOff);
  state_ = State::kStarting;
  retry_at_ms_ = 0;
  tick_rewrite();
}

// ---- When

Aof::Begun Aof::rewrite() {
  if (rewriting_) return Begun::kAlready;
  scheduled_ = true;
  if (engine_->snapshots().running()) return Begun::kScheduled;
  limited_until_ms_ = 0;
  tick_rewrite();
  return Begun::kStarted;
}

bool Aof::limited() {
  if (statistics_.failures_in_a_row < kFailuresBeforeLimit) {
    limit_minutes_ = limited_until_ms_ = 0;
    return false;
  }
  const int64_t now_ms = engine_->now_ms();
  if (limited_until_ms_ == 0) {
    limit_minutes_ = limit_minutes_ == 0 ? 1 : std::min(limit_minutes_ * 2, kLimitMinutesMax);
    limited_until_ms_ = now_ms + limit_minutes_ * kMinuteMs;
    engine_->log().warning(
        "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {} "
        "minutes",
        limit_minutes_);
    return true;
  }
  if (now_ms < limited_until_ms_) return true;
  limited_until_ms_ = 0;
  return false;
}

bool Aof::wants_rewrite() {
  const int64_t now_ms = engine_->now_ms();
  if (state_ == State::kStarting) return !draining_ && now_ms >= retry_at_ms_;
  if (scheduled_) return true;
  const Options& options = engine_->options();
  if (state_ != State::kOn || failure_ != 0 || options.auto_aof_rewrite_percentage == 0)
    return false;
  const uint64_t bytes = statistics_.current_bytes;
  if (bytes <= static_cast<uint64_t>(options.auto_aof_rewrite_min_size)) return false;
  const uint64_t base = std::max<uint64_t>(statistics_.base_bytes, 1);
  const uint64_t growth = bytes * 100 / base;
  const auto percent = static_cast<uint64_t>(options.auto_aof_rewrite_percentage);
  if (growth < 100 + percent || limited()) return false;
  engine_->log().notice("Starting automatic rewriting of AOF on {}% growth", growth - 100);
  return true;
}

void Aof::tick_rewrite() {
  if (waits_to_freeze_ && !engine_->snapshots().running()) return freeze();
  if (base_complete_ && !writer_.switching()) return name_base();
  if (rewriting_ || removing_history_ || replacing_ || poisoned_ || draining_) return;
  if (engine_->snapshots().running() || files().busy()) return;
  // The start makes the first base before it is over.
  if (engine_->loading() != nullptr && state_ != State::kStarting) return;
  if (wants_rewrite()) begin_rewrite();
}

// ---- The steps

void Aof::begin_rewrite() {
  rewriting_ = true;
  scheduled_ = false;
  rewrite_begun_ms_ = engine_->now_ms();
  engine_->log().notice("Background append only file rewriting started by pid {}", getpid());
  mode_ = state_;
  if (mode_ == State::kOn) return create_increment();
  // What is there of older files becomes history.
  files().make([this](const base::Status& status) {
    if (!status.ok()) return end_rewrite(status);
    std::string message;
    base::Result<persist::AofManifest> manifest =
        files().read_manifest(engine_->options().appendfilename, &message);
    if (!manifest.ok()) {
      engine_->log().warning("{}", message);
      return end_rewrite(manifest.error());
    }
    manifest_ = std::move(*manifest);
    // BGREWRITEAOF without an append only file writes one that is complete as of now.
    mode_ == State::kOff ? freeze() : create_increment();
  });
}

void Aof::create_increment() {
  next_ = manifest_;
  const std::string name = next_.add_increment().name;
  engine_->log().notice("Creating AOF incr file {} on background rewrite", name);
  std::string head = increment_head();
  increment_bytes_ = head.size();
  files().create(name, std::move(head),
                 [this](base::Result<iouring::File> file) { on_increment_opened(file); });
}

void Aof::on_increment_opened(base::Result<iouring::File> file) {
  if (!file.ok()) return end_rewrite(file.error());
  increment_ = *file;
  if (mode_ != State::kOn) return freeze();
  files().write(next_, [this](const base::Status& status) {
    if (!status.ok()) return end_rewrite(status);
    manifest_ = next_;
    freeze();
  });
}

// Between two turns' commands: what they did so far is in the base, what follows in the increment.
void Aof::freeze() {
  Snapshots& snapshots = engine_->snapshots();
  waits_to_freeze_ = snapshots.running();
  if (waits_to_freeze_) return;
  if (failure_ != 0)
    return end_rewrite(base::Error{base::ErrorCode::kIo, failure_, "the append only file"});
  if (state_ != mode_) return end_rewrite(base::Error{base::ErrorCode::kCancelled});
  base_name_ = manifest_.next_base_name(true);
  const base::Status begun =
      snapshots.begin_aof_base(files().directory(), base_name_,
                               [this](const base::Status& status) { on_base_written(status); });
  if (!begun.ok()) return end_rewrite(begun);
  base_running_ = true;
  seal_batch();
  rewrite_offset_ = buffer_.end();
  selections_.clear();
  annotated_seconds_ = 0;
  switch (mode_) {
    case State::kOn:
      return writer_.switch_to(std::exchange(increment_, {}), increment_bytes_);
    case State::kStarting:
      statistics_.current_bytes = 0;
      writer_.begin(std::exchange(increment_, {}), increment_bytes_);
      return engine_->effects().set_sink(this);
    case State::kOff:
      return;
  }
}

void Aof::on_base_written(const base::Status& status) {
  base_running_ = false;
  if (!status.ok()) return end_rewrite(status);
  base_complete_ = true;
  tick_rewrite();
}

void Aof::name_base() {
  base_complete_ = false;
  if (failure_ != 0)
    return end_rewrite(base::Error{base::ErrorCode::kIo, failure_, "the append only file"});
  if (state_ != mode_) return end_rewrite(base::Error{base::ErrorCode::kCancelled});
  next_ = manifest_;
  if (mode_ == State::kStarting) next_.add_increment();
  next_.add_base(true);
  next_.retire_increments(mode_ == State::kOff ? 0 : 1);
  files().write(next_, [this](const base::Status& status) { on_rewritten(status); });
}

void Aof::on_rewritten(const base::Status& status) {
  if (!status.ok()) {
    files().remove({base_name_}, [this, status] { end_rewrite(status); });
    return;
  }
  manifest_ = next_;
  if (mode_ == State::kStarting && state_ == mode_) state_ = State::kOn;
  ++statistics_.rewrites;
  statistics_.base_bytes = engine_->snapshots().last_stream_bytes();
  statistics_.current_bytes = statistics_.base_bytes + (buffer_.end() - rewrite_offset_);
  engine_->log().notice("Successfully created the AOF base file {}: {} bytes", base_name_,
                        statistics_.base_bytes);
  end_rewrite(base::ok_status());
  remove_history();
}

void Aof::end_rewrite(const base::Status& status) {
  rewriting_ = false;
  statistics_.last_rewrite_ok = status.ok();
  statistics_.last_rewrite_seconds = (engine_->now_ms() - rewrite_begun_ms_) / 1000;
  if (increment_) engine_->environment().disk->close(std::exchange(increment_, {}), [](int32_t) {});
  if (status.ok()) {
    statistics_.failures_in_a_row = 0;
    engine_->log().notice("Background AOF rewrite finished successfully");
    return update_gate();
  }
  ++statistics_.failures_in_a_row;
  retry_at_ms_ = engine_->now_ms() + kRetryMs;
  engine_->log().warning("Background AOF rewrite terminated by error: {}",
                         status.error().to_string());
  // The stream had begun behind a base that does not exist.
  if (mode_ == State::kStarting && writer_.has_file() && !draining_) stop_stream();
}

void Aof::remove_history() {
  if (manifest_.history().empty() || engine_->options().aof_disable_auto_gc) return;
  removing_history_ = true;
  std::vector<std::string> names;
  for (const persist::AofFile& file : manifest_.history()) names.push_back(file.name);
  engine_->log().notice("Removing {} history files of the append only file", names.size());
  files().remove(std::move(names), [this] {
    next_ = manifest_;
    next_.forget_history();
    files().write(next_, [this](const base::Status& status) {
      // Names of files that are gone harm nobody: the next rewrite tries again.
      if (status.ok()) manifest_ = next_;
      removing_history_ = false;
    });
  });
}

}  // namespace engine
