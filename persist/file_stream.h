// A stream to a file and a stream from a file, through the ring, with bounded memory.
//
// Writing: the bytes go to a temporary file in 256 KiB operations of IoClass::kSnapshot; finish()
// makes them durable and renames the file over its target, abort() removes it. So the target is
// always the old file or the complete new one.
//
// With O_DIRECT (the default; where the file system has none, the page cache serves) blocks ahead
// of the writes are allocated in steps, the last block is padded, and the file is then cut to its
// length. README.md has the figures that decided for it.

#ifndef BASALT_PERSIST_FILE_STREAM_H_
#define BASALT_PERSIST_FILE_STREAM_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "iouring/disk.h"
#include "iouring/loop.h"
#include "persist/stream_sink.h"

namespace persist {

class FileStreamWriter final : public StreamSink {
 public:
  struct Options {
    std::string temporary_path;  // In the directory of the target. An old file there is replaced.
    std::string target_path;
    StreamLimits limits;
    bool direct = true;
  };

  // `loop` and `disk` outlive the stream. Destroy it only after the callback of finish() or abort()
  // has run, or without having called open().
  FileStreamWriter(iouring::Loop* loop, iouring::Disk* disk, Options options);
  ~FileStreamWriter() override;
  FileStreamWriter(const FileStreamWriter&) = delete;
  FileStreamWriter& operator=(const FileStreamWriter&) = delete;

  // Creates the temporary file. Buffers may be acquired and submitted at once; writes start when it
  // is open. On an error abort() is still due.
  void open(StreamCallback done);

  size_t buffers_free() const override;
  base::MutableByteSpan acquire() override;
  void release(base::MutableByteSpan buffer) override;
  void submit(base::MutableByteSpan buffer, size_t bytes) override;
  void set_on_room(base::InlineFunction<void()> on_room) override;
  void finish(StreamCallback done) override;
  void abort(base::InlineFunction<void()> done) override;
  const base::Status& status() const override { return status_; }
  void set_limits(const StreamLimits& limits) override;
  const StreamStatistics& statistics() const override { return statistics_; }

  // After a simulated crash: no callback will run any more. Makes the stream ready to be destroyed.
  void abandon();

  // Of what was submitted: the length of the file.
  uint64_t file_bytes() const { return submitted_bytes_; }
  bool direct() const { return direct_; }

 private:
  enum class State : uint8_t { kNew, kOpening, kStreaming, kEnding, kFinished };
  struct Write {
    base::MutableByteSpan buffer;
    size_t bytes = 0;  // Padding included.
    uint64_t offset = 0;
  };

  void open_file(bool direct);
  void on_open(int32_t result);
  void start_writes();
  bool rate_allows(size_t bytes);
  void start_write(const Write& write);
  void on_written(const Write& write, int32_t result);
  bool allocated_for(uint64_t end);
  void on_allocated(uint64_t end, int32_t result);
  void start_sync();
  void free_buffer(base::MutableByteSpan buffer);
  void fail(int32_t result, const char* detail);
  void notify_room();
  void advance();

  // The end of the file, each step after the one before.
  void cut();
  void sync();
  void close();
  void rename();
  void sync_directory();
  void remove();
  void end();
  template <void (FileStreamWriter::*next)()>
  iouring::IoCallback then(const char* detail);

  iouring::Loop* const loop_;
  iouring::Disk* const disk_;
  const Options options_;
  StreamLimits limits_;
  StreamStatistics statistics_;
  State state_ = State::kNew;
  base::Status status_ = base::ok_status();
  iouring::File file_;
  bool direct_ = false;
  bool finishing_ = false;
  bool aborting_ = false;
  bool last_submitted_ = false;  // A buffer that was not full.
  bool allocating_ = false;
  bool allocates_ = true;  // Until the file system says that it cannot.
  bool syncing_ = false;
  bool file_exists_ = false;
  std::deque<Write> waiting_;
  uint64_t buffers_out_ = 0;                    // Acquired, neither submitted nor released.
  std::vector<base::MutableByteSpan> buffers_;  // All that are allocated.
  uint64_t submitted_bytes_ = 0;
  uint64_t allocated_bytes_ = 0;
  uint64_t unsynced_bytes_ = 0;
  uint64_t rate_due_ns_ = 0;  // When the rate limit lets the next write go.
  iouring::TimerId rate_timer_;
  base::InlineFunction<void()> on_room_;
  StreamCallback opened_;
  StreamCallback finished_;
  base::InlineFunction<void()> aborted_;
};

// Reads a file from its start with read-ahead: `limits.operations_max` reads and
// `limits.bytes_max` bytes at most, chunks that wait to be consumed included.
class FileStreamReader {
 public:
  // The result of next().
  struct Chunk {
    base::ByteSpan bytes;  // Empty: nothing is ready, or the file has ended.
    bool end = false;
  };

  FileStreamReader(iouring::Loop* loop, iouring::Disk* disk, std::string path,
                   const StreamLimits& limits, bool direct = true);
  // REQUIRES: closed, or never opened.
  ~FileStreamReader();
  FileStreamReader(const FileStreamReader&) = delete;
  FileStreamReader& operator=(const FileStreamReader&) = delete;

  // Opens the file and starts to read ahead. The length is the one at this moment.
  void open(StreamCallback done);
  uint64_t file_bytes() const { return file_bytes_; }

  // The next bytes of the file, in order; valid until the call of next() after this one, which
  // makes room for more read-ahead. `on_ready` (set_on_ready) runs when a chunk became ready after
  // next() had none. A failed read, or a file that became shorter, is an error.
  base::Result<Chunk> next();
  void set_on_ready(base::InlineFunction<void()> on_ready);

  // Stops reading; `done` when nothing is in flight and the file is closed.
  void close(base::InlineFunction<void()> done);

  // After a simulated crash: no callback will run any more. Makes the stream ready to be destroyed.
  void abandon();

  void set_limits(const StreamLimits& limits);
  const StreamStatistics& statistics() const { return statistics_; }

 private:
  struct Slot {
    base::MutableByteSpan buffer;
    uint64_t offset = 0;
    size_t bytes = 0;  // Expected, then read.
    bool ready = false;
  };

  void open_file(bool direct);
  void on_open(int32_t result);
  void read_ahead();
  bool rate_allows(size_t bytes);
  void start_read();
  void on_read(uint64_t offset, int32_t result);
  void fail(base::Error error);
  void wake();
  void free_buffer(base::MutableByteSpan buffer);
  void finish_close();

  iouring::Loop* const loop_;
  iouring::Disk* const disk_;
  const std::string path_;
  const bool want_direct_;
  StreamLimits limits_;
  StreamStatistics statistics_;
  base::Status status_ = base::ok_status();
  iouring::File file_;
  bool direct_ = false;
  bool opening_ = false;
  bool closing_ = false;
  bool starved_ = false;  // next() had nothing: on_ready is owed.
  uint64_t file_bytes_ = 0;
  uint64_t read_from_ = 0;         // Where the next read begins.
  std::deque<Slot> slots_;         // In file order; the front is the next to be consumed.
  base::MutableByteSpan current_;  // What next() gave out last.
  uint64_t rate_due_ns_ = 0;
  iouring::TimerId rate_timer_;
  base::InlineFunction<void()> on_ready_;
  StreamCallback opened_;
  base::InlineFunction<void()> closed_;
};

}  // namespace persist

#endif  // BASALT_PERSIST_FILE_STREAM_H_
