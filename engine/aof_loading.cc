#include "engine/aof_loading.h"

#include <algorithm>
#include <utility>

#include "engine/engine.h"

namespace engine {

namespace {

constexpr std::string_view kSnapshotSignature = "REDIS";

double seconds_since(const Engine& engine, int64_t begun_ms) {
  return static_cast<double>(engine.environment().clock->wall_ms() - begun_ms) / 1000.0;
}

}  // namespace

AofLoading::AofLoading(Engine* engine, std::string directory, const persist::AofManifest& manifest)
    : engine_(engine), directory_(std::move(directory)) {
  statistics_.started_ms = engine->environment().clock->wall_ms();
  bool all = true;
  if (manifest.base().has_value()) all = add_part(manifest.base()->name, true);
  for (const persist::AofFile& file : manifest.increments())
    all = all && add_part(file.name, false);
}

AofLoading::~AofLoading() = default;

bool AofLoading::add_part(const std::string& name, bool is_base) {
  const std::string file = directory_ + "/" + name;
  const auto status = engine_->environment().disk->file_status(file);
  if (!status.ok()) {
    missing_ = fmt::format("Unable to obtain the AOF file {} length: {}. The manifest names it.",
                           file, status.error().to_string());
    return false;
  }
  parts_.push_back({name, status->bytes, is_base});
  statistics_.file_bytes += status->bytes;
  if (is_base) base_bytes_ = status->bytes;
  return true;
}

void AofLoading::post(void (AofLoading::*next)()) {
  engine_->environment().loop->post([this, next] { (this->*next)(); });
}

void AofLoading::begin(Done done) {
  done_ = std::move(done);
  engine_->databases().shared().expires_keys = false;
  post(&AofLoading::begin_part);
}

void AofLoading::cancel() {
  cancelled_ = true;
  if (snapshot_ != nullptr) snapshot_->cancel();
  if (replay_ != nullptr) replay_->cancel();
}

bool AofLoading::step() {
  const uint64_t bytes = replay_ != nullptr     ? replay_->offset()
                         : snapshot_ != nullptr ? snapshot_->statistics().loaded_bytes
                                                : 0;
  statistics_.loaded_bytes = std::max(statistics_.loaded_bytes, bytes_before_ + bytes);
  if (snapshot_ != nullptr) return snapshot_->step();
  return replay_ != nullptr && replay_->step();
}

// ---- One part

void AofLoading::begin_part() {
  if (!missing_.empty()) return end(missing_);
  if (cancelled_) return end("The load was given up");
  if (part_ == parts_.size()) return end({});
  part_begun_ms_ = engine_->environment().clock->wall_ms();
  const Part& part = parts_[part_];
  if (part.bytes == 0) {
    if (part.is_base) engine_->log().warning("The AOF base file {} is empty", part.name);
    return post(&AofLoading::end_part);
  }
  if (!part.is_base) return begin_scan(0);
  signature_ = std::make_unique<persist::FileStreamReader>(
      engine_->environment().loop, engine_->environment().disk, path(), persist::StreamLimits{});
  signature_->set_on_ready([this] { look_at_signature(); });
  signature_->open([this](const base::Status&) { post(&AofLoading::look_at_signature); });
}

// A base that begins as snapshots do is one, whatever it is called.
void AofLoading::look_at_signature() {
  const base::Result<persist::FileStreamReader::Chunk> chunk = signature_->next();
  if (chunk.ok() && chunk->bytes.empty() && !chunk->end) return;
  const bool is_snapshot =
      chunk.ok() && base::as_text(chunk->bytes).starts_with(kSnapshotSignature);
  signature_->close([this, is_snapshot, ok = chunk.ok()] {
    if (!ok) return end(fmt::format("Can't read {}", path()));
    is_snapshot ? post(&AofLoading::begin_snapshot) : post(&AofLoading::begin_commands);
  });
}

void AofLoading::begin_commands() { begin_scan(0); }

void AofLoading::begin_snapshot() {
  signature_.reset();
  engine_->log().notice("Reading RDB base file on AOF loading...");
  snapshot_ = std::make_unique<Loading>(engine_, path());
  snapshot_->set_keeps_expired(true);
  snapshot_->begin([this](const std::string& failure) {
    if (!failure.empty()) return end(failure);
    const LoadStatistics& loaded = snapshot_->statistics();
    statistics_.keys_loaded += loaded.keys_loaded;
    statistics_.keys_cold += loaded.keys_cold;
    if (loaded.loaded_bytes >= parts_[part_].bytes) return post(&AofLoading::end_part);
    post(&AofLoading::begin_tail);
  });
}

// The single file of Redis 4 to 6: commands behind a snapshot.
void AofLoading::begin_tail() {
  engine_->log().notice("Reading the remaining AOF tail...");
  const uint64_t offset = snapshot_->statistics().loaded_bytes;
  snapshot_.reset();
  begin_scan(offset);
}

void AofLoading::begin_scan(uint64_t offset) {
  signature_.reset();
  scan_offset_ = scan_skip_ = offset;
  scan_ = std::make_unique<persist::AofScan>(offset);
  scanned_ = std::make_unique<persist::FileStreamReader>(
      engine_->environment().loop, engine_->environment().disk, path(), persist::StreamLimits{});
  scanned_->set_on_ready([this] { continue_scan(); });
  scanned_->open([this](const base::Status&) { post(&AofLoading::continue_scan); });
}

void AofLoading::continue_scan() {
  base::Result<persist::FileStreamReader::Chunk> chunk = scanned_->next();
  if (chunk.ok() && chunk->bytes.empty() && !chunk->end) return;
  if (!chunk.ok() || chunk->end || cancelled_) {
    scanned_->close([this, ok = chunk.ok()] {
      if (!ok) return end(fmt::format("Can't read {}", path()));
      post(&AofLoading::on_scanned);
    });
    return;
  }
  const size_t skipped = std::min<uint64_t>(scan_skip_, chunk->bytes.size());
  scan_skip_ -= skipped;
  scan_->feed(chunk->bytes.subspan(skipped));
  post(&AofLoading::continue_scan);
}

// Whether nothing follows in later increments: one that was created when the server ended is empty.
bool AofLoading::is_last() const {
  for (size_t i = part_ + 1; i < parts_.size(); ++i)
    if (parts_[i].bytes > persist::kAofBatchHeaderBytes) return false;
  return true;
}

void AofLoading::on_scanned() {
  scanned_.reset();
  scan_->finish();
  if (cancelled_) return end("The load was given up");
  switch (scan_->verdict()) {
    case persist::AofScan::Verdict::kWhole:
      return begin_replay();
    case persist::AofScan::Verdict::kDamaged:
      return end(
          fmt::format("Bad file format reading the append only file {} at offset {} ({}): make a "
                      "backup of your AOF file, then use basalt-check-aof --fix "
                      "<filename.manifest>",
                      path(), scan_->bad_offset(), scan_->reason()));
    case persist::AofScan::Verdict::kTruncated:
      break;
  }
  const bool last = is_last();
  if (!last || !engine_->options().aof_load_truncated)
    return end(fmt::format(
        "Unexpected end of file reading the append only file {} at offset {}. You can: 1) Make a "
        "backup of your AOF file, then use basalt-check-aof --fix <filename.manifest>. 2) {}",
        path(), scan_->bad_offset(),
        last ? "Alternatively you can set the 'aof-load-truncated' configuration option to yes and "
               "restart the server."
             : "It is not the last file of the manifest, so it was not the end of a server that "
               "cut it: look for the rest of it in a backup."));
  engine_->log().warning("!!! Warning: short read while loading the AOF file {}!!! ({})", path(),
                         scan_->reason());
  engine_->log().warning("AOF {} loaded anyway because aof-load-truncated is enabled", path());
  engine_->log().warning("Truncating the AOF {} at offset {}", path(), scan_->good_bytes());
  cut(scan_->good_bytes());
}

void AofLoading::begin_replay() {
  replay_ = std::make_unique<AofReplay>(engine_, path(), scan_offset_, parts_[part_].bytes);
  replay_->begin([this](const AofReplay::Result& result) {
    if (!result.failure.empty()) return end(result.failure);
    if (result.truncated) return end(fmt::format("{} changed while it was loaded", path()));
    post(&AofLoading::end_part);
  });
}

void AofLoading::cut(uint64_t bytes) {
  iouring::Disk& disk = *engine_->environment().disk;
  statistics_.file_bytes -= parts_[part_].bytes - bytes;
  if (parts_[part_].is_base) base_bytes_ = bytes;
  parts_[part_].bytes = bytes;
  disk.open(path(), {.write = true}, [this, &disk, bytes](int32_t slot) {
    if (slot < 0) return end(fmt::format("Error truncating the AOF file {}", path()));
    disk.truncate({slot}, bytes, [this, &disk, slot](int32_t result) {
      disk.close({slot}, [this, result](int32_t) {
        if (result < 0) return end(fmt::format("Error truncating the AOF file {}", path()));
        begin_replay();
      });
    });
  });
}

void AofLoading::end_part() {
  const Part& part = parts_[part_];
  snapshot_.reset();
  replay_.reset();
  scan_.reset();
  engine_->log().notice("DB loaded from {} file {}: {:.3f} seconds", part.is_base ? "base" : "incr",
                        part.name, seconds_since(*engine_, part_begun_ms_));
  bytes_before_ += part.bytes;
  statistics_.loaded_bytes = bytes_before_;
  ++part_;
  begin_part();
}

void AofLoading::end(std::string failure) {
  engine_->databases().shared().expires_keys = true;
  if (failure.empty() && part_ > 0)
    engine_->log().notice("DB loaded from append only file: {:.3f} seconds",
                          seconds_since(*engine_, statistics_.started_ms));
  Done done = std::move(done_);
  done(failure);
}

}  // namespace engine
