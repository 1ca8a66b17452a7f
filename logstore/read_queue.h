// ReadQueue: verified reads of single records, at most `depth` in flight, the others in order.
//
// A read is one device read of the blocks that hold the record. Its segment is held from read() to
// the end of `done` (I4). What comes back is checked against everything known of it: checksums,
// store, segment, generation, offset, ordinal, size, and the unit's namespace, kind, hash and key.
// Loop thread only.

#ifndef BASALT_LOGSTORE_READ_QUEUE_H_
#define BASALT_LOGSTORE_READ_QUEUE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/log.h"
#include "base/result.h"
#include "iouring/disk.h"
#include "iouring/loop.h"
#include "logstore/key_index_format.h"
#include "logstore/record.h"
#include "logstore/segment_table.h"

namespace logstore {

struct ReadStatistics {
  uint64_t reads = 0;  // Device reads.
  uint64_t read_bytes = 0;
  uint64_t buffered = 0;  // Served from a write buffer.
  uint64_t corrupt = 0;
  uint64_t io_errors = 0;
};

class ReadQueue {
 public:
  // The view is valid during the call.
  using Done = base::InlineFunction<void(const base::Result<RecordView>&)>;

  // All outlive the queue; `log` may be null.
  ReadQueue(iouring::Disk* disk, iouring::Loop* loop, SegmentTable* table, base::Logger* log,
            uint32_t depth);
  // REQUIRES: is_idle().
  ~ReadQueue();
  ReadQueue(const ReadQueue&) = delete;
  ReadQueue& operator=(const ReadQueue&) = delete;

  void read(const Location& location, const UnitKey& expected, iouring::IoClass io_class,
            Done done);
  // As read, of a record whose bytes are still in memory: checked and answered in the next turn.
  void answer(const Location& location, const UnitKey& expected, base::ByteSpan bytes, Done done);
  void set_depth(uint32_t depth);

  uint32_t in_flight() const { return in_flight_; }
  size_t waiting() const { return waiting_count_; }
  bool is_idle() const { return in_flight_ == 0 && waiting_count_ == 0; }
  const ReadStatistics& statistics() const { return statistics_; }

 private:
  struct Operation {
    Location location;
    uint32_t namespace_id = 0;
    UnitKind kind = UnitKind::kRoot;
    iouring::IoClass io_class = iouring::IoClass::kColdRead;
    bool is_held = false;  // The segment, for this operation.
    uint64_t hash64 = 0;
    std::string key;
    base::MutableByteSpan buffer;
    Done done;
    Operation* next = nullptr;
  };

  Operation* take(const Location& location, const UnitKey& expected, Done done);
  // Answers kCorrupt in the next turn.
  void refuse(Operation* operation);
  void pump();
  void start(Operation* operation);
  void on_read(Operation* operation, int32_t result);
  void finish(Operation* operation, base::ByteSpan record);
  void complete(Operation* operation, const base::Result<RecordView>& result);
  base::Result<RecordView> verify(const Operation& operation, base::ByteSpan record) const;
  void report(const Operation& operation, const base::Error& error);

  iouring::Disk* const disk_;
  iouring::Loop* const loop_;
  SegmentTable* const table_;
  base::Logger* const log_;
  uint32_t depth_;
  uint32_t in_flight_ = 0;  // Reads and answers.
  size_t waiting_count_ = 0;
  Operation* waiting_first_ = nullptr;
  Operation* waiting_last_ = nullptr;
  Operation* spare_ = nullptr;
  std::vector<std::unique_ptr<Operation>> operations_;
  ReadStatistics statistics_;
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_READ_QUEUE_H_
