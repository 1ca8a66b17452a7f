#include "logstore/segment_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "logstore/format.h"

namespace logstore {

SegmentWriter::SegmentWriter(iouring::Disk* disk, iouring::Loop* loop, SegmentTable* table,
                             uint64_t* next_sequence, const Options& options)
    : disk_(disk), loop_(loop), table_(table), next_sequence_(next_sequence), options_(options) {}

SegmentWriter::~SegmentWriter() {
  CHECK(is_idle());
  if (retry_) loop_->cancel_timer(retry_);
  if (flush_timer_) loop_->cancel_timer(flush_timer_);
}

bool SegmentWriter::is_idle() const {
  const size_t sealing = open_.size() - (active_ != nullptr ? 1 : 0);
  return !batch_ && waiting_.empty() && written_.empty() && sealing == 0;
}

void SegmentWriter::changed() {
  if (on_change_) on_change_();
}

AppendState SegmentWriter::state(uint32_t bytes) const {
  if (failure_ != AppendState::kReady) return failure_;
  if (!waiting_.empty() || in_flight_ >= options_.depth) return AppendState::kBusy;
  // The record must fit, or the next segment be at hand: append() never finds out in the middle.
  if (active_ != nullptr && room_in_segment() >= bytes) return AppendState::kReady;
  return table_->availability(options_.stream);
}

// Behind the batch that is being filled, or that would be opened next.
uint32_t SegmentWriter::room_in_segment() const {
  const uint32_t end = data_end_max(table_->segment_bytes());
  uint32_t at = std::max(active_->segment->data_end, kSegmentHeaderBytes);
  if (batch_)
    at = batch_->offset + static_cast<uint32_t>(base::align_up(batch_->used, kBlockBytes));
  return end - at;
}

Location SegmentWriter::append(const UnitFields& fields, std::span<const base::ByteSpan> payload,
                               Done done) {
  uint64_t payload_bytes = 0;
  for (const base::ByteSpan part : payload) payload_bytes += part.size();
  const Location location = place(record_bytes(fields.key.size(), payload_bytes), std::move(done));
  const Segment& segment = *batch_->open->segment;
  const RecordPlace at{table_->store_id(), segment.id, segment.generation, location.offset};
  encode_record({at, location.ref.ordinal, segment.last_sequence}, fields, payload,
                record_at(*batch_, location));
  return location;
}

Location SegmentWriter::append_copy(const RecordView& view, Done done) {
  const Location location = place(static_cast<uint32_t>(view.bytes.size()), std::move(done));
  const Segment& segment = *batch_->open->segment;
  const RecordPlace at{table_->store_id(), segment.id, segment.generation, location.offset};
  encode_relocated({at, location.ref.ordinal, view.sequence}, view, record_at(*batch_, location));
  return location;
}

base::MutableByteSpan SegmentWriter::record_at(const Batch& batch, const Location& location) const {
  return batch.buffer.subspan(location.offset - batch.offset, location.ref.bytes);
}

bool SegmentWriter::fits(uint32_t bytes) const {
  const uint32_t at = place_record(batch_->used, bytes);
  const uint32_t end = data_end_max(table_->segment_bytes()) - batch_->offset;
  return at + bytes <= std::min(static_cast<uint32_t>(batch_->buffer.size()), end);
}

Location SegmentWriter::place(uint32_t bytes, Done done) {
  CHECK(state(bytes) == AppendState::kReady);
  CHECK(bytes >= kRecordBytesMin && bytes <= base::kUnitBytesMax);
  if (batch_ && !fits(bytes)) submit_batch();
  if (!batch_) {
    if (active_ != nullptr && bytes > room_in_segment()) close_segment();
    open_batch();
    // Behind the segment's header the largest records do not fit its first batch.
    if (!fits(bytes)) {
      submit_batch();
      open_batch();
    }
  }
  CHECK(fits(bytes));
  Segment& segment = *batch_->open->segment;
  const uint32_t at = place_record(batch_->used, bytes);
  std::memset(batch_->buffer.data() + batch_->used, 0, at - batch_->used);
  batch_->used = at + bytes;
  const Location location{{segment.id, segment.record_count, bytes}, batch_->offset + at};
  ++segment.record_count;
  segment.last_sequence = (*next_sequence_)++;
  batch_->open->blocks.note(location.ref.ordinal, location.offset);
  batch_->records.push_back({location, std::move(done)});
  ++statistics_.records;
  statistics_.record_bytes += bytes;
  arm_flush();
  return location;
}

void SegmentWriter::open_segment() {
  Segment* segment = table_->acquire(options_.stream);
  segment->last_sequence = *next_sequence_;
  open_.push_back(std::make_unique<OpenSegment>(OpenSegment{.segment = segment, .blocks = {}}));
  active_ = open_.back().get();
}

void SegmentWriter::open_batch() {
  if (active_ == nullptr) open_segment();
  if (spare_.empty()) spare_.push_back(std::make_unique<Batch>());
  batch_ = std::move(spare_.back());
  spare_.pop_back();
  batch_->buffer = disk_->allocate_buffer(base::kIoBytesMax);
  CHECK_EQ(batch_->buffer.size(), base::kIoBytesMax);
  batch_->open = active_;
  batch_->offset = active_->segment->data_end;
  batch_->used = 0;
  ++active_->batches;
  table_->hold(active_->segment->id);
  if (batch_->offset != 0) return;
  const Segment& segment = *active_->segment;
  encode_segment_header({.store_id = table_->store_id(),
                         .segment = segment.id,
                         .generation = segment.generation,
                         .segment_bytes = table_->segment_bytes(),
                         .first_sequence = *next_sequence_,
                         .stream = static_cast<uint8_t>(options_.stream)},
                        batch_->buffer.first(kSegmentHeaderBytes));
  batch_->used = kSegmentHeaderBytes;
}

void SegmentWriter::arm_flush() {
  if (flush_timer_) return;
  flush_due_ = true;
  flush_timer_ = loop_->add_timer(loop_->turn_ns() + options_.flush_delay_ns, [this] {
    flush_timer_ = {};
    if (flush_due_) return flush();
    // The batch that armed the timer is gone; a later one has not waited its time yet.
    if (batch_) arm_flush();
  });
}

void SegmentWriter::flush() {
  if (batch_) submit_batch();
}

void SegmentWriter::submit_batch() {
  Batch& batch = *batch_;
  const auto bytes = static_cast<uint32_t>(base::align_up(batch.used, kBlockBytes));
  std::memset(batch.buffer.data() + batch.used, 0, bytes - batch.used);
  batch.used = bytes;
  batch.open->segment->data_end = batch.offset + bytes;
  flush_due_ = false;
  waiting_.push_back(std::move(batch_));
  pump();
}

void SegmentWriter::pump() {
  while (!waiting_.empty() && in_flight_ < options_.depth) {
    written_.push_back(std::move(waiting_.front()));
    waiting_.erase(waiting_.begin());
    Batch* batch = written_.back().get();
    ++in_flight_;
    ++statistics_.writes;
    statistics_.written_bytes += batch->used;
    disk_->write(batch->open->segment->file, batch->buffer.first(batch->used), batch->offset,
                 io_class_of(options_.stream),
                 [this, batch](int32_t result) { on_written(batch, result); });
  }
}

void SegmentWriter::on_written(Batch* batch, int32_t result) {
  --in_flight_;
  OpenSegment* open = batch->open;
  if (result >= 0 && static_cast<uint32_t>(result) != batch->used) result = -EIO;
  if (result < 0) note_failure(open, result);
  pump();
  for (Pending& record : batch->records) {
    if (result < 0) {
      record.done(base::Error::from_errno(-result, "write to a segment"));
    } else {
      record.done(record.location);
    }
  }
  batch->records.clear();
  disk_->free_buffer(std::exchange(batch->buffer, {}));
  auto at = std::find_if(written_.begin(), written_.end(),
                         [&](const auto& other) { return other.get() == batch; });
  CHECK(at != written_.end());
  spare_.push_back(std::move(*at));
  written_.erase(at);
  --open->batches;
  const uint32_t id = open->segment->id;
  seal_if_complete(open);
  table_->release(id);
  changed();
}

void SegmentWriter::note_failure(OpenSegment* open, int32_t result) {
  ++statistics_.io_errors;
  open->segment->is_damaged = true;
  const bool full = base::Error::from_errno(-result).code == base::ErrorCode::kNoSpace;
  failure_ = full ? AppendState::kFull : AppendState::kFailed;
  if (open == active_) close_segment();
  if (retry_) loop_->cancel_timer(retry_);
  retry_ = loop_->add_timer(loop_->turn_ns() + kRetryDelayNs, [this] {
    retry_ = {};
    failure_ = AppendState::kReady;
    changed();
  });
}

void SegmentWriter::close_segment() {
  if (active_ == nullptr) return;
  flush();
  OpenSegment* open = std::exchange(active_, nullptr);
  open->closing = true;
  table_->begin_sealing(open->segment);
  seal_if_complete(open);
}

void SegmentWriter::seal_if_complete(OpenSegment* open) {
  if (!open->closing || open->batches != 0) return;
  table_->hold(open->segment->id);
  // Pre-images are read back by this process and never again.
  const bool plain = options_.stream == Stream::kPreImage || open->segment->record_count == 0;
  if (plain) return finish(open);
  write_footer(open);
}

void SegmentWriter::write_footer(OpenSegment* open) {
  const Segment& segment = *open->segment;
  const uint32_t bytes = footer_blocks(table_->segment_bytes()) * kBlockBytes;
  const base::MutableByteSpan buffer = disk_->allocate_buffer(bytes);
  open->blocks.encode_footer({.store_id = table_->store_id(),
                              .segment = segment.id,
                              .generation = segment.generation,
                              .record_count = segment.record_count,
                              .data_end = segment.data_end},
                             buffer.first(bytes));
  statistics_.written_bytes += bytes;
  disk_->write(segment.file, buffer.first(bytes), data_end_max(table_->segment_bytes()),
               io_class_of(options_.stream), [this, open, buffer](int32_t result) {
                 disk_->free_buffer(buffer);
                 open->segment->has_footer = result >= 0;
                 if (result < 0) {
                   ++statistics_.io_errors;
                   open->segment->is_damaged = true;
                 }
                 sync(open);
               });
}

void SegmentWriter::sync(OpenSegment* open) {
  disk_->sync(open->segment->file, true, io_class_of(options_.stream),
              [this, open](int32_t result) {
                if (result < 0) {
                  ++statistics_.io_errors;
                  open->segment->is_damaged = true;
                }
                finish(open);
              });
}

void SegmentWriter::finish(OpenSegment* open) {
  Segment* segment = open->segment;
  auto at = std::find_if(open_.begin(), open_.end(),
                         [&](const auto& other) { return other.get() == open; });
  CHECK(at != open_.end());
  open_.erase(at);
  table_->finish_sealing(segment);
  table_->release(segment->id);
  changed();
}

base::ByteSpan SegmentWriter::find(const Location& location) const {
  const auto within = [&](const std::unique_ptr<Batch>& batch) {
    return batch && batch->open->segment->id == location.ref.segment &&
           location.offset >= batch->offset &&
           location.offset + location.ref.bytes <= batch->offset + batch->used;
  };
  if (within(batch_)) return record_at(*batch_, location);
  for (const auto* batches : {&waiting_, &written_})
    for (const auto& batch : *batches)
      if (within(batch)) return record_at(*batch, location);
  return {};
}

}  // namespace logstore
