#include "persist/rdb_stream.h"

#include <utility>
#include <vector>

namespace persist {

// The buffers of the writer: the loop puts empty ones in before a batch and takes full ones out
// after it, so the helper never asks anyone.
class RdbStream::Output final : public RdbOutput {
 public:
  struct Full {
    base::MutableByteSpan buffer;
    size_t bytes;
  };

  base::MutableByteSpan next_buffer(size_t filled) override {
    if (filled > 0) full.push_back({current, filled});
    CHECK(!empty.empty());
    current = empty.back();
    empty.pop_back();
    return current;
  }

  std::vector<base::MutableByteSpan> empty;
  std::vector<Full> full;
  base::MutableByteSpan current;
};

RdbStream::RdbStream(iouring::Helpers* helpers, StreamSink* sink, const RdbWriter::Options& options)
    : helpers_(helpers), sink_(sink), options_(options), output_(std::make_unique<Output>()) {
  sink_->set_on_room([this] { start_next(); });
}

RdbStream::~RdbStream() {
  CHECK(!running_);
  CHECK(waiting_.empty());
  CHECK(output_->current.empty());
}

void RdbStream::set_on_room(Task on_room) { on_room_ = std::move(on_room); }

void RdbStream::submit(size_t bytes_max, Batch batch, Task done) {
  CHECK_LE(bytes_max, kBatchBytesMax);
  CHECK(!finishing_ && !aborting_);
  waiting_.push_back({bytes_max, std::move(batch), std::move(done)});
  start_next();
}

// Buffers that a batch may need beside those at hand.
size_t RdbStream::buffers_needed(size_t bytes_max) const {
  const size_t room = writer_ == nullptr ? 0 : writer_->room();
  const size_t beyond = bytes_max - std::min(bytes_max, room);
  // Without a writer yet one buffer is needed even for nothing.
  const size_t first = writer_ == nullptr && beyond == 0 ? 1 : 0;
  const size_t buffers = first + (beyond + kStreamBufferBytes - 1) / kStreamBufferBytes;
  return buffers - std::min(buffers, output_->empty.size());
}

void RdbStream::start_next() {
  if (running_ || waiting_.empty()) return;
  // When the sink has failed, the batch passes without being run.
  dropping_ = aborting_ || !sink_->status().ok();
  if (!dropping_) {
    const size_t needed = buffers_needed(waiting_.front().bytes_max);
    if (needed > sink_->buffers_free()) return;
    for (size_t i = 0; i < needed; ++i) output_->empty.push_back(sink_->acquire());
    if (writer_ == nullptr) writer_ = std::make_unique<RdbWriter>(options_, output_.get());
  }
  current_ = std::move(waiting_.front());
  waiting_.pop_front();
  running_ = true;
  helpers_->run(
      iouring::HelperClass::kStream, [this] { run_batch(); }, [this] { on_batch_done(); });
}

// On the helper.
void RdbStream::run_batch() {
  if (dropping_) return;
  const uint64_t before = writer_->bytes();
  current_.batch(*writer_);
  CHECK_LE(writer_->bytes() - before, current_.bytes_max);
}

void RdbStream::on_batch_done() {
  const bool had_room = has_room();
  running_ = false;
  for (const Output::Full& full : std::exchange(output_->full, {})) {
    sink_->submit(full.buffer, full.bytes);
  }
  if (writer_ != nullptr) {
    keys_ = writer_->keys();
    bytes_ = writer_->bytes();
  }
  Task done = std::exchange(current_, {}).done;
  start_next();
  if (done) done();
  if (!had_room && has_room() && on_room_ && !finishing_ && !aborting_) on_room_();
  advance();
}

void RdbStream::finish(StreamCallback done) {
  CHECK(!finishing_ && !aborting_);
  waiting_.push_back({kEndBytes, [](RdbWriter& writer) { writer.end(); }, {}});
  finishing_ = true;
  finished_ = std::move(done);
  start_next();
}

void RdbStream::abort(Task done) {
  CHECK(!finishing_ && !aborting_);
  // The end comes from a batch's completion, so never within this call.
  waiting_.push_back({0, {}, {}});
  aborting_ = true;
  aborted_ = std::move(done);
  start_next();
}

void RdbStream::abandon() {
  waiting_.clear();
  running_ = false;
  output_->current = {};
}

// After the last batch: gives every buffer to the sink, or back to it, and ends the sink.
void RdbStream::advance() {
  if (running_ || !waiting_.empty() || (!finished_ && !aborted_)) return;
  if (!output_->current.empty()) {
    const base::MutableByteSpan last = std::exchange(output_->current, {});
    if (aborting_ || dropping_) {
      sink_->release(last);
    } else {
      sink_->submit(last, writer_->finish());
    }
  }
  for (const base::MutableByteSpan buffer : std::exchange(output_->empty, {})) {
    sink_->release(buffer);
  }
  if (aborting_) return sink_->abort(std::exchange(aborted_, {}));
  sink_->finish(std::exchange(finished_, {}));
}

}  // namespace persist
