#include "logstore/segment_table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/planted_bug.h"
#include "logstore/format.h"
#include "logstore/segment_layout.h"
#include "logstore/tier_directory.h"

namespace logstore {

SegmentTable::SegmentTable(iouring::Disk* disk, iouring::Loop* loop, LiveMap* live,
                           const Options& options)
    : disk_(disk),
      loop_(loop),
      live_(live),
      options_(options),
      preparer_(disk, loop,
                {.directory = segments_directory(options.directory),
                 .segment_bytes = options.segment_bytes,
                 .direct = options.direct}) {
  CHECK_EQ(options.segment_bytes % base::kIoBytesMax, 0u);
  CHECK(options.segment_bytes >= kSegmentBytesMin && options.segment_bytes <= base::kSegmentBytes);
}

SegmentTable::~SegmentTable() {
  CHECK(is_idle());
  if (retry_) loop_->cancel_timer(retry_);
  for (const auto& segment : segments_) {
    CHECK_EQ(segment->holds, 0u);
    if (segment->file) disk_->close(segment->file, [](int32_t) {});
  }
}

uint64_t SegmentTable::files_max() const {
  return std::max<uint64_t>(options_.bytes_max / options_.segment_bytes, kSegmentsMin);
}

void SegmentTable::set_bytes_max(uint64_t bytes_max) {
  options_.bytes_max = bytes_max;
  while (file_count_ > files_max() && free_.size() > 1) {
    Segment& segment = at(free_.back());
    free_.pop_back();
    remove(segment);
  }
  refill();
  changed();
}

void SegmentTable::changed() {
  if (on_change_) on_change_();
}

void SegmentTable::refill() {
  if (stopped_ || preparer_.is_busy() || failure_ != AppendState::kReady) return;
  if (free_.size() >= kReadyTarget || file_count_ >= files_max()) return;
  const uint32_t id = take_absent_id();
  at(id).state = SegmentState::kPreparing;
  ++file_count_;
  preparer_.prepare(segment_path(options_.directory, id),
                    [this, id](base::Result<iouring::File> file) { on_prepared(id, file); });
}

uint32_t SegmentTable::take_absent_id() {
  if (!absent_.empty()) {
    const uint32_t id = absent_.back();
    absent_.pop_back();
    return id;
  }
  const uint32_t id = id_end();
  CHECK_LE(id, kSegmentIdMax);
  segments_.push_back(std::make_unique<Segment>());
  segments_.back()->id = id;
  return id;
}

void SegmentTable::on_prepared(uint32_t id, const base::Result<iouring::File>& file) {
  Segment& segment = at(id);
  if (file.ok()) {
    segment.file = *file;
    segment.state = SegmentState::kFree;
    free_.push_back(id);
  } else {
    segment.state = SegmentState::kAbsent;
    absent_.push_back(id);
    --file_count_;
    const bool full = file.error().code == base::ErrorCode::kNoSpace;
    if (!full) ++io_errors_;
    failure_ = full ? AppendState::kFull : AppendState::kFailed;
    retry_ = loop_->add_timer(loop_->turn_ns() + kRetryDelayNs, [this] {
      retry_ = {};
      failure_ = AppendState::kReady;
      refill();
      changed();
    });
  }
  refill();
  changed();
}

void SegmentTable::stop() {
  stopped_ = true;
  if (retry_) loop_->cancel_timer(std::exchange(retry_, {}));
}

AppendState SegmentTable::availability(Stream stream) const {
  const size_t reserve = stream == Stream::kCompaction ? 0 : 1;
  if (free_.size() > reserve) return AppendState::kReady;
  if (preparer_.is_busy()) return AppendState::kBusy;
  if (stopped_) return AppendState::kFailed;
  if (failure_ != AppendState::kReady) return failure_;
  return file_count_ >= files_max() ? AppendState::kFull : AppendState::kBusy;
}

Segment* SegmentTable::acquire(Stream stream) {
  CHECK(availability(stream) == AppendState::kReady);
  // The one freed last: its blocks are the likeliest to be known to the device's cache.
  Segment& segment = at(free_.back());
  free_.pop_back();
  CHECK(segment.state == SegmentState::kFree);
  CHECK(segment.holds == 0 && segment.pins == 0);
  CHECK_EQ(live_->segment_live(segment.id).records, 0u);
  segment.state = SegmentState::kActive;
  segment.stream = stream;
  ++segment.generation;
  segment.data_end = 0;
  segment.record_count = 0;
  segment.has_footer = false;
  segment.is_damaged = false;
  segment.is_victim = false;
  segment.scan_failures = 0;
  refill();
  return &segment;
}

void SegmentTable::begin_sealing(Segment* segment) {
  CHECK(segment->state == SegmentState::kActive);
  segment->state = SegmentState::kSealing;
}

void SegmentTable::finish_sealing(Segment* segment) {
  CHECK(segment->state == SegmentState::kSealing);
  segment->state = SegmentState::kSealed;
  reclaim(segment->id);
}

Segment& SegmentTable::at(uint32_t id) {
  CHECK_LT(id, segments_.size());
  return *segments_[id];
}

const Segment& SegmentTable::at(uint32_t id) const {
  CHECK_LT(id, segments_.size());
  return *segments_[id];
}

void SegmentTable::hold(uint32_t id) {
  ++at(id).holds;
  ++hold_count_;
}

void SegmentTable::release(uint32_t id) {
  Segment& segment = at(id);
  CHECK_GT(segment.holds, 0u);
  --hold_count_;
  if (--segment.holds == 0) reclaim(id);
}

void SegmentTable::pin(uint32_t id) { ++at(id).pins; }

void SegmentTable::unpin(uint32_t id) {
  Segment& segment = at(id);
  CHECK_GT(segment.pins, 0u);
  if (--segment.pins == 0) reclaim(id);
}

void SegmentTable::frozen_view_closed() {
  CHECK_GT(frozen_views_, 0u);
  if (--frozen_views_ > 0) return;
  for (const auto& segment : segments_)
    if (segment->stream == Stream::kPreImage) reclaim(segment->id);
}

bool SegmentTable::is_pinned(const Segment& segment) const {
  if (BASALT_PLANTED(kSegmentFreedWhilePinned)) return false;
  return segment.pins > 0 || (segment.stream == Stream::kPreImage && frozen_views_ > 0);
}

bool SegmentTable::is_readable(const Location& location) const {
  const RecordRef& ref = location.ref;
  if (ref.segment >= segments_.size()) return false;
  const Segment& segment = *segments_[ref.segment];
  return segment.holds_records() && ref.bytes >= kRecordBytesMin &&
         ref.bytes <= base::kUnitBytesMax && location.offset >= kSegmentHeaderBytes &&
         blocks_touched(location.offset, ref.bytes) * kBlockBytes <= base::kIoBytesMax &&
         uint64_t{location.offset} + ref.bytes <= data_end_max(options_.segment_bytes);
}

bool SegmentTable::may_reuse(const Segment& segment) const {
  return segment.state == SegmentState::kSealed && segment.holds == 0 && !is_pinned(segment) &&
         live_->segment_live(segment.id).records == 0;
}

void SegmentTable::reclaim(uint32_t id) {
  Segment& segment = at(id);
  if (!may_reuse(segment)) return;
  live_->forget_segment(id);
  // What a mass deletion leaves free goes back to the file system, but for an eighth of the rest.
  const uint64_t in_use = file_count_ - free_.size();
  const uint64_t keep = std::max<uint64_t>(kReadyTarget + 2, in_use / 8);
  if (free_.size() >= keep || file_count_ > files_max()) {
    remove(segment);
  } else {
    make_free(segment);
  }
  changed();
}

void SegmentTable::make_free(Segment& segment) {
  segment.state = SegmentState::kFree;
  free_.push_back(segment.id);
}

void SegmentTable::remove(Segment& segment) {
  segment.state = SegmentState::kRemoving;
  ++removing_;
  --file_count_;
  const uint32_t id = segment.id;
  disk_->close(std::exchange(segment.file, {}), [](int32_t) {});
  disk_->unlink(segment_path(options_.directory, id), [this, id](int32_t result) {
    if (result < 0) ++io_errors_;
    at(id).state = SegmentState::kAbsent;
    absent_.push_back(id);
    --removing_;
    refill();
    changed();
  });
}

}  // namespace logstore
