// SegmentReader: walks the records of one segment in the order of their ordinals, with a bounded
// number of bytes in flight. Used by compaction, by a snapshot's cold pass and by recovery.
//
// It pulls: the consumer takes records with next() as fast as it can place them; while it does not,
// the reader reads ahead up to its bound and no further.
//
//   dense:  stripes of 256 KiB in file order, several in flight; a record that crosses two stripes
//           is joined in a bridge buffer of its own
//   sparse: only the blocks that hold wanted records, found through the segment's footer; chosen by
//           the reader when few enough blocks are wanted and the segment is sealed
//
// A wanted record that is damaged or missing is reported as a kCorrupt item, in its turn, and the
// walk goes on behind it. A stripe that cannot be read ends the walk with its error.
//
// The segment is held (I4) from construction to destruction. Loop thread only.

#ifndef BASALT_LOGSTORE_SEGMENT_READER_H_
#define BASALT_LOGSTORE_SEGMENT_READER_H_

#include <cstdint>
#include <memory>

#include "base/function.h"
#include "base/result.h"
#include "iouring/disk.h"
#include "logstore/live_map.h"
#include "logstore/record.h"

namespace logstore {

class SegmentTable;

enum class ScanMode : uint8_t { kAuto, kDense, kSparse };

struct ScanOptions {
  iouring::IoClass io_class = iouring::IoClass::kCompaction;
  // Bytes of reads in flight and of stripes read ahead together; at least base::kIoBytesMax. One
  // bridge buffer of base::kUnitBytesMax comes on top when a record crosses stripes.
  uint64_t bytes_in_flight_max = 2 * base::kIoBytesMax;
  uint32_t operations_max = 2;
  ScanMode mode = ScanMode::kAuto;
  // Checks bodies, too. Without it the consumer calls body_is_intact() (on a helper).
  bool check_bodies = true;
  // Only records whose bit is set are yielded, and each of them is; null yields what is found.
  std::shared_ptr<const RecordBits> wanted;
};

struct ScanItem {
  enum class Kind : uint8_t {
    kRecord,   // `record` is valid until the next call of next().
    kWait,     // Nothing has arrived: on_ready will be called once.
    kEnd,      // The walk is complete.
    kCorrupt,  // The record `location.ref.ordinal` cannot be had (without `wanted`: only those with
               // an intact header are noticed).
    kError,    // The walk ended early with `error`.
  };
  Kind kind = Kind::kWait;
  Location location;  // Of kRecord; of kCorrupt the segment and ordinal.
  RecordView record;
  base::Error error{base::ErrorCode::kCancelled};
};

struct ScanCounts {
  uint64_t reads = 0;
  uint64_t read_bytes = 0;
  uint64_t records = 0;  // Yielded.
  uint64_t corrupt = 0;
};

class SegmentReader {
 public:
  using OnReady = base::InlineFunction<void()>;

  // `table` and `disk` outlive the reader. The segment may be sealed, or active: then what was
  // written when the reader was made is walked.
  SegmentReader(SegmentTable* table, iouring::Disk* disk, uint32_t segment_id,
                const ScanOptions& options);
  // Reads in flight are waited for in the background: their buffers and the hold on the segment
  // live on until they completed.
  ~SegmentReader();
  SegmentReader(const SegmentReader&) = delete;
  SegmentReader& operator=(const SegmentReader&) = delete;

  // The first call starts reading. `on_ready` is kept only when the item is kWait, and is called
  // from a completion.
  ScanItem next(OnReady on_ready);

  uint32_t segment_id() const;
  const ScanCounts& counts() const;
  // Whether the sparse way was taken (known after the first item).
  bool is_sparse() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_SEGMENT_READER_H_
