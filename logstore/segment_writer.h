// SegmentWriter: one stream of appends. Fills 256 KiB buffers with records, writes them with
// O_DIRECT, moves on to the next segment when one is full, and seals what it leaves.
//
//   append ─► batch (filling) ─► waiting ─► in flight (at most depth) ─► done(Location) each
//                                   segment full: last batch written ─► footer ─► fdatasync ─►
//                                   sealed
//
// (1) A record is in exactly one batch; a batch is one write; the records of a batch succeed or
//     fail together. Batches complete in any order.
// (2) At most `depth` writes are in flight, and state() is kReady only while fewer are: memory is
//     bounded by depth + 1 buffers.
// (3) After a failed write no record goes to that segment any more, and state() is kFailed (kFull
//     for no space) for kRetryDelayNs.
// (4) A segment is synced once, when it is sealed. If footer or sync fail, it is marked damaged and
//     compaction empties it first; its records stay readable.
//
// Loop thread only.

#ifndef BASALT_LOGSTORE_SEGMENT_WRITER_H_
#define BASALT_LOGSTORE_SEGMENT_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/function.h"
#include "base/result.h"
#include "iouring/disk.h"
#include "iouring/loop.h"
#include "logstore/record.h"
#include "logstore/segment_layout.h"
#include "logstore/segment_table.h"
#include "logstore/stream.h"

namespace logstore {

struct SegmentWriterStatistics {
  uint64_t records = 0;        // Appended.
  uint64_t record_bytes = 0;   // Of those.
  uint64_t written_bytes = 0;  // To the device: records, padding, headers, footers.
  uint64_t writes = 0;
  uint64_t io_errors = 0;
};

class SegmentWriter {
 public:
  using Done = base::InlineFunction<void(base::Result<Location>)>;

  struct Options {
    Stream stream = Stream::kDemotion;
    uint32_t depth = 4;
    uint64_t flush_delay_ns = 5'000'000;
  };

  // All outlive the writer. `*next_sequence` is shared by the writers of a store.
  SegmentWriter(iouring::Disk* disk, iouring::Loop* loop, SegmentTable* table,
                uint64_t* next_sequence, const Options& options);
  // REQUIRES: is_idle().
  ~SegmentWriter();
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;

  // Called when state() may have become kReady.
  void set_on_change(base::InlineFunction<void()> on_change) { on_change_ = std::move(on_change); }

  // Whether append() takes a record of that size: by default, of any size.
  AppendState state(uint32_t bytes = base::kUnitBytesMax) const;
  // REQUIRES: state(bytes of the record) is kReady. `done` follows from a completion.
  Location append(const UnitFields& fields, std::span<const base::ByteSpan> payload, Done done);
  // A verified record of another segment, with its sequence.
  Location append_copy(const RecordView& view, Done done);
  // The record's bytes while they are in a buffer of this writer, its `done` included; else empty.
  base::ByteSpan find(const Location& location) const;

  // Submits what the batch holds.
  void flush();
  // Seals the active segment, if any, and begins no other before the next append.
  void close_segment();
  void set_depth(uint32_t depth) { options_.depth = depth; }
  // What the active segment has left.
  uint32_t room_bytes() const { return active_ != nullptr ? room_in_segment() : 0; }

  // Nothing is buffered, in flight or being sealed. An active segment may be open.
  bool is_idle() const;
  const SegmentWriterStatistics& statistics() const { return statistics_; }
  uint32_t in_flight() const { return in_flight_; }

 private:
  struct OpenSegment {
    Segment* segment;
    BlockTable blocks;
    uint32_t batches = 0;  // Not completed.
    bool closing = false;
  };
  struct Pending {
    Location location;
    Done done;
  };
  struct Batch {
    base::MutableByteSpan buffer;
    OpenSegment* open = nullptr;
    uint32_t offset = 0;  // In the file.
    uint32_t used = 0;
    std::vector<Pending> records;
  };

  // The place of a record of that size, in a batch that has room for it.
  Location place(uint32_t bytes, Done done);
  bool fits(uint32_t bytes) const;
  void open_segment();
  void open_batch();
  void submit_batch();
  void pump();
  void on_written(Batch* batch, int32_t result);
  void note_failure(OpenSegment* open, int32_t result);
  void seal_if_complete(OpenSegment* open);
  void write_footer(OpenSegment* open);
  void sync(OpenSegment* open);
  void finish(OpenSegment* open);
  void arm_flush();
  void changed();
  base::MutableByteSpan record_at(const Batch& batch, const Location& location) const;
  uint32_t room_in_segment() const;

  iouring::Disk* const disk_;
  iouring::Loop* const loop_;
  SegmentTable* const table_;
  uint64_t* const next_sequence_;
  Options options_;
  base::InlineFunction<void()> on_change_;
  std::vector<std::unique_ptr<OpenSegment>> open_;  // The active one and those being sealed.
  OpenSegment* active_ = nullptr;
  std::unique_ptr<Batch> batch_;                 // Filling.
  std::vector<std::unique_ptr<Batch>> waiting_;  // For depth, in order.
  std::vector<std::unique_ptr<Batch>> written_;  // In flight or running their callbacks.
  std::vector<std::unique_ptr<Batch>> spare_;    // Without buffers.
  uint32_t in_flight_ = 0;
  AppendState failure_ = AppendState::kReady;
  iouring::TimerId retry_;
  iouring::TimerId flush_timer_;
  bool flush_due_ = false;  // The batch was there when the timer was armed.
  SegmentWriterStatistics statistics_;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_SEGMENT_WRITER_H_
