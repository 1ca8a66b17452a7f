// RdbStream: an RDB file in the making. Pieces of work, each of which writes some keys, run in
// order on the stream helper; what they write flows into a sink.
//
// The loop hands in batches of immutable bytes (a segment's extent, a slice of the dirty pass);
// framing, compression and checksum cost it nothing. Memory is the sink's: a batch starts only when
// the sink has the buffers that it may fill, so a slow disk stops the producers and nothing grows.

#ifndef BASALT_PERSIST_RDB_STREAM_H_
#define BASALT_PERSIST_RDB_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "base/function.h"
#include "iouring/helpers.h"
#include "persist/rdb_writer.h"
#include "persist/stream_sink.h"

namespace persist {

class RdbStream {
 public:
  // Runs on the stream helper. Writes at most the bytes that were announced.
  using Batch = base::InlineFunction<void(RdbWriter&)>;
  using Task = base::InlineFunction<void()>;

  // What one batch may write at most: within it any limits let a batch through.
  static constexpr size_t kBatchBytesMax = 2 * kStreamBufferBytes;
  // Batches that wait for buffers or for the helper, at most, before has_room() turns false.
  static constexpr size_t kBatchesWaitingMax = 4;

  // `helpers` and `sink` outlive the stream. Takes over the sink's set_on_room. Destroy it only
  // when no batch is in flight.
  RdbStream(iouring::Helpers* helpers, StreamSink* sink, const RdbWriter::Options& options);
  ~RdbStream();
  RdbStream(const RdbStream&) = delete;
  RdbStream& operator=(const RdbStream&) = delete;

  // Whether the producer should go on. The stream takes batches even without, but it is the
  // producer's memory that then waits.
  bool has_room() const { return waiting_.size() + (running_ ? 1 : 0) < kBatchesWaitingMax; }
  // Runs whenever has_room() turned true again.
  void set_on_room(Task on_room);

  // Queues `batch`, which writes at most `bytes_max` bytes; `done` runs on the loop once it has
  // written (its input may be freed). After an error of the sink and in abort() batches are dropped
  // unrun; `done` still runs. REQUIRES: bytes_max <= kBatchBytesMax.
  void submit(size_t bytes_max, Batch batch, Task done);
  // Lets the end mark and checksum be written after all batches and the sink finish; then `done`
  // with the first error. Once only; no submit() after it.
  void finish(StreamCallback done);
  // Drops what waits and aborts the sink; `done` when nothing is left. Not after finish().
  void abort(Task done);

  // After a simulated crash: no callback will run any more. Makes the stream ready to be destroyed,
  // before the sink.
  void abandon();

  // Progress, as of the last batch that completed.
  uint64_t keys() const { return keys_; }
  uint64_t bytes() const { return bytes_; }
  size_t batches_waiting() const { return waiting_.size(); }

 private:
  class Output;
  struct Waiting {
    size_t bytes_max;
    Batch batch;
    Task done;
  };

  // End mark and checksum.
  static constexpr size_t kEndBytes = 1 + kRdbChecksumBytes;

  size_t buffers_needed(size_t bytes_max) const;
  void start_next();
  void run_batch();
  void on_batch_done();
  void advance();

  iouring::Helpers* const helpers_;
  StreamSink* const sink_;
  const RdbWriter::Options options_;
  std::unique_ptr<Output> output_;     // The helper's while a batch runs, else the loop's.
  std::unique_ptr<RdbWriter> writer_;  // Likewise.
  std::deque<Waiting> waiting_;
  Waiting current_{};
  bool running_ = false;
  bool dropping_ = false;  // The running batch passes without being run.
  bool finishing_ = false;
  bool aborting_ = false;
  uint64_t keys_ = 0;
  uint64_t bytes_ = 0;
  Task on_room_;
  StreamCallback finished_;
  Task aborted_;
};

}  // namespace persist

#endif  // BASALT_PERSIST_RDB_STREAM_H_
