#include "engine/snapshots.h"

#include <unistd.h>

#include <algorithm>

#include "engine/aof.h"
#include "engine/engine.h"
#include "engine/snapshot.h"
#include "persist/file_stream.h"

namespace engine {

namespace {

// After a failure save points wait so long before they try again, as Redis does.
constexpr int64_t kRetryMs = 5000;
// What the file system must keep free beside the file.
constexpr uint64_t kSpareBytes = 1024 * 1024;
// Epochs are compared modulo 256, and an entry that no pass came by keeps its old one.
constexpr uint32_t kUnfinishedMax = 200;

persist::StreamLimits stream_limits(const Options& options) {
  return {.operations_max = static_cast<uint32_t>(options.snapshot_io_depth),
          .bytes_max = static_cast<uint64_t>(options.snapshot_buffer),
          .bytes_per_second_max = static_cast<uint64_t>(options.snapshot_rate_limit)};
}

}  // namespace

Snapshots::Snapshots(Engine* engine) : engine_(engine) {
  statistics_.last_save_ms = engine->now_ms();
  engine->config().on_change({"snapshot-io-depth", "snapshot-buffer", "snapshot-rate-limit"},
                             [this](const Options& options) {
                               if (snapshot_ != nullptr)
                                 snapshot_->set_limits(stream_limits(options));
                               return std::string();
                             });
}

Snapshots::~Snapshots() = default;

// An upper bound: what is live in the log, and every entry.
uint64_t Snapshots::estimate_bytes() const {
  uint64_t bytes =
      engine_->databases().shared().heap.bytes() + base::memory_used(base::MemoryUse::kChunks);
  if (engine_->tier() != nullptr) bytes += engine_->tier()->store().statistics().live_bytes;
  return bytes;
}

base::Status Snapshots::check_space(const std::string& directory) {
  iouring::Disk& disk = *engine_->environment().disk;
  base::Result<iouring::FileSystemStatus> status = disk.file_system_status(directory);
  if (!status.ok()) return status.error();
  const uint64_t needed = estimate_bytes() + kSpareBytes;
  engine_->log().notice("Snapshot of {} keys, about {} bytes; {} bytes are free in {}",
                        engine_->databases().keys(), needed, status->free_bytes, directory);
  if (status->free_bytes >= needed) return base::ok_status();
  engine_->log().warning("Snapshot not begun: it needs about {} bytes and {} has {} free", needed,
                         directory, status->free_bytes);
  return base::Error{base::ErrorCode::kNoSpace, 0, "not enough free space for the snapshot"};
}

base::Status Snapshots::begin_save(Done done) {
  CHECK(!running());
  const Options& options = engine_->options();
  statistics_.last_try_ms = engine_->now_ms();
  const base::Status space = check_space(options.dir);
  if (!space.ok()) {
    statistics_.last_ok = false;
    return space;
  }
  auto writer = open_file(fmt::format("{}/temp-{}.rdb", options.dir, getpid()),
                          fmt::format("{}/{}", options.dir, options.dbfilename));
  is_save_ = true;
  begun_ms_ = engine_->now_ms();
  changes_at_freeze_ = engine_->databases().shared().changes;
  engine_->log().notice("Background saving started by pid {}", getpid());
  begin(std::move(writer), false, std::move(done));
  return base::ok_status();
}

std::unique_ptr<persist::StreamSink> Snapshots::open_file(const std::string& temporary_path,
                                                          const std::string& target_path) {
  persist::FileStreamWriter::Options file;
  file.temporary_path = temporary_path;
  file.target_path = target_path;
  file.limits = stream_limits(engine_->options());
  auto writer = std::make_unique<persist::FileStreamWriter>(engine_->environment().loop,
                                                            engine_->environment().disk, file);
  writer->open([this](const base::Status& status) {
    if (!status.ok() && snapshot_ != nullptr) snapshot_->fail(status.error());
  });
  return writer;
}

base::Status Snapshots::begin_aof_base(const std::string& directory, const std::string& name,
                                       Done done) {
  CHECK(!running());
  const base::Status space = check_space(directory);
  if (!space.ok()) return space;
  is_save_ = false;
  begin(open_file(fmt::format("{}/temp-rewriteaof-bg-{}.aof", directory, getpid()),
                  directory + "/" + name),
        true, std::move(done));
  return base::ok_status();
}

void Snapshots::begin_stream(std::unique_ptr<persist::StreamSink> sink, Done done) {
  CHECK(!running());
  is_save_ = false;
  begin(std::move(sink), false, std::move(done));
}

void Snapshots::begin(std::unique_ptr<persist::StreamSink> sink, bool aof_base, Done done) {
  if (unfinished_ >= kUnfinishedMax) restamp();
  snapshot_ = std::make_unique<Snapshot>(engine_, std::move(sink), aof_base);
  done_ = std::move(done);
  ++unfinished_;
  snapshot_->begin([this](const base::Status& status) { finish(status); });
}

// The snapshot calls this from its own callback, so it is destroyed in the next turn.
void Snapshots::finish(const base::Status& status) {
  if (status.ok()) unfinished_ = 0;
  last_stream_bytes_ = snapshot_->progress().bytes;
  if (is_save_) note_save(status);
  engine_->environment().loop->post([this, status] {
    snapshot_.reset();
    Done done = std::move(done_);
    done(status);
  });
}

void Snapshots::note_save(const base::Status& status) {
  const Snapshot::Progress progress = snapshot_->progress();
  statistics_.last_ok = status.ok();
  statistics_.last_seconds = (engine_->now_ms() - begun_ms_) / 1000;
  if (status.ok()) {
    ++statistics_.saves;
    statistics_.last_save_ms = engine_->now_ms();
    statistics_.last_keys = progress.keys;
    statistics_.last_bytes = progress.bytes;
    statistics_.changes_at_last_save = changes_at_freeze_;
    engine_->log().notice("DB saved on disk: {} keys, {} bytes, {} pre-images", progress.keys,
                          progress.bytes, progress.pre_images);
    engine_->log().notice("Background saving terminated with success");
  } else {
    engine_->log().warning("Background saving error: {}", status.error().to_string());
  }
}

void Snapshots::cancel() {
  if (snapshot_ != nullptr)
    snapshot_->fail({base::ErrorCode::kCancelled, 0, "the snapshot was cancelled"});
}

// The tier is full of records that only the snapshot needs.
void Snapshots::relieve_pressure() {
  Tier* const tier = engine_->tier();
  if (tier == nullptr || engine_->options().snapshot_pressure != SnapshotPressure::kAbort) return;
  if (tier->store().append_state(logstore::Stream::kDemotion) != logstore::AppendState::kFull)
    return;
  const uint64_t pinned = tier->store().statistics().pinned_dead_bytes;
  if (pinned == 0) return;
  engine_->log().warning(
      "The cold tier is full and the snapshot holds {} bytes of it that are dead otherwise: the "
      "snapshot is given up (snapshot-pressure abort). Give the tier more room, or choose "
      "throttle.",
      pinned);
  snapshot_->fail({base::ErrorCode::kNoSpace, 0, "the cold tier is full of what it pins"});
}

bool Snapshots::step() { return snapshot_ != nullptr && snapshot_->step(); }

bool Snapshots::holds_writers() const { return snapshot_ != nullptr && snapshot_->over_cap(); }

void Snapshots::restamp() {
  Databases& databases = engine_->databases();
  for (int i = 0; i < databases.count(); ++i) {
    Keyspace& keyspace = databases.at(i);
    const uint8_t epoch = keyspace.residence().epoch();
    uint64_t position = 0;
    do {
      position = keyspace.dictionary().scan(
          position, 64, [epoch](Entry* entry, uint64_t) { entry->set_epoch(epoch); });
    } while (position != 0);
  }
  unfinished_ = 0;
}

void Snapshots::tick(int64_t now_ms) {
  if (running()) return relieve_pressure();
  if (engine_->aof().rewriting()) return;
  bool wanted = scheduled_;
  const bool may_retry = statistics_.last_ok || now_ms - statistics_.last_try_ms > kRetryMs;
  const uint64_t changes = changes_since_save();
  for (const SavePoint& point : engine_->options().save) {
    if (!may_retry || changes < static_cast<uint64_t>(point.changes)) continue;
    if (now_ms - statistics_.last_save_ms <= point.seconds * 1000) continue;
    engine_->log().notice("{} changes in {} seconds. Saving...", point.changes, point.seconds);
    wanted = true;
    break;
  }
  if (!wanted || engine_->loading() != nullptr) return;
  scheduled_ = false;
  const base::Status begun = begin_save([](const base::Status&) {});
  if (!begun.ok())
    engine_->log().warning("Can't save in background: {}", begun.error().to_string());
}

bool Snapshots::refuses_writes() const {
  return !statistics_.last_ok && engine_->options().stop_writes_on_bgsave_error &&
         !engine_->options().save.empty();
}

uint64_t Snapshots::changes_since_save() const {
  return engine_->databases().shared().changes - statistics_.changes_at_last_save;
}

}  // namespace engine
