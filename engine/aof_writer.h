// AofWriter: brings the effect stream to a file and makes it durable: group commit.
//
//   synced() <= written() <= buffer.end()
//
// One write and one sync are in flight at most, at the same time: while the disk syncs what is
// written, what the next turns produce is written behind it, and the next sync covers all of that.
// A sync covers whole turns, so synced() never stands inside of a command.
//
//   always     a sync follows every write that none covers
//   everysec   a sync a second after the one before, or when it has ended, if there is what it
//              would cover
//   no         the kernel decides
//
// A write that fails stops the writer, which may be tried again: at the same place of the file. A
// sync that fails stops it for good: nothing more is concluded about this file, and the bytes from
// synced() on, all of them still in the buffer, go to another one (replace_file).
//
// Loop thread only.

#ifndef BASALT_ENGINE_AOF_WRITER_H_
#define BASALT_ENGINE_AOF_WRITER_H_

#include <cstdint>

#include "engine/aof_buffer.h"
#include "engine/options.h"
#include "iouring/disk.h"
#include "iouring/loop.h"

namespace engine {

struct AofWriterStatistics {
  uint64_t written_bytes = 0;
  uint64_t syncs = 0;
  uint64_t last_sync_ns = 0;   // What it took.
  uint64_t delayed_syncs = 0;  // Times that writers were held since a sync took too long.
};

class AofWriter {
 public:
  // What may be in the buffer, durable or not, before writers have to wait.
  static constexpr uint64_t kBufferBytesMax = 64ull * 1024 * 1024;
  static constexpr uint64_t kSyncIntervalNs = 1'000'000'000;
  // Under everysec no byte that was acknowledged is older than this and not durable.
  static constexpr uint64_t kWindowNs = 1'500'000'000;

  enum class Step : uint8_t { kWrite, kSync };

  // Told from callbacks of the loop.
  class Owner {
   public:
    // written() or synced() has grown.
    virtual void on_progress() = 0;
    // The writer has stopped. `result` is -errno.
    virtual void on_failure(Step step, int32_t result) = 0;

   protected:
    ~Owner() = default;
  };

  // All outlive the writer.
  AofWriter(iouring::Loop* loop, iouring::Disk* disk, AofBuffer* buffer, Owner* owner)
      : loop_(loop), disk_(disk), buffer_(buffer), owner_(owner) {}
  AofWriter(const AofWriter&) = delete;
  AofWriter& operator=(const AofWriter&) = delete;

  void set_policy(AppendFsync policy);
  // While set nothing is synced unless it must be: no-appendfsync-on-rewrite.
  void set_resting(bool resting) { resting_ = resting; }

  // The stream goes on in `file` (which is the writer's from now on) at `file_bytes`. REQUIRES:
  // there is no file, and the buffer is empty or what it holds is to be written.
  void begin(iouring::File file, uint64_t file_bytes);
  // What is appended from now on goes to `next`, behind the `file_bytes` that are in it, once all
  // before it is durable.
  // REQUIRES: has_file(), !switching().
  void switch_to(iouring::File next, uint64_t file_bytes);
  bool switching() const { return static_cast<bool>(next_); }
  // The file that the stream would have gone on in; nothing is switched.
  iouring::File take_next();
  // After a failed sync the file goes; `next` gets what is not durable, as far as the buffer still
  // has it, behind `file_bytes` that are in it. REQUIRES: is_idle(), !switching().
  iouring::File release_poisoned() { return release_file(); }
  void replace_file(iouring::File next, uint64_t file_bytes);
  // Tries again after a failed write.
  void retry();
  bool has_file() const { return static_cast<bool>(file_); }
  // Takes the file away: the caller closes it. REQUIRES: is_idle(), !switching().
  iouring::File release_file();
  // Nothing is in flight.
  bool is_idle() const { return !writing_ && !syncing_; }

  // Writes what the buffer has by now, whole turns; at the end of one.
  void flush();
  // What was given to be written.
  uint64_t sealed() const { return sealed_; }
  // From here on nothing of the file that the next byte goes to is known to be durable.
  uint64_t durable_until() const { return switching() ? switch_at_ : synced_; }
  // Has everything of this moment synced, whatever the policy.
  void sync_now();
  // Ten times a second.
  void tick();
  // More is not durable, or since longer, than is promised.
  bool holds_writers() const;

  uint64_t written() const { return written_; }
  uint64_t synced() const { return synced_; }
  // Of the file that is written now, what is in it; and what of it is durable.
  uint64_t file_bytes() const { return file_offset(written_); }
  uint64_t durable_file_bytes() const { return file_offset(synced_); }
  bool is_syncing() const { return syncing_; }
  const AofWriterStatistics& statistics() const { return statistics_; }

 private:
  uint64_t file_offset(uint64_t offset) const { return file_begin_ + (offset - stream_begin_); }
  void pump();
  void start_write();
  void on_written(size_t bytes, int32_t result);
  void start_sync();
  bool sync_is_due() const;
  void on_synced(uint64_t covered, int32_t result);
  void finish_switch();
  void stop(Step step, int32_t result);

  iouring::Loop* const loop_;
  iouring::Disk* const disk_;
  AofBuffer* const buffer_;
  Owner* const owner_;
  AofWriterStatistics statistics_;
  AppendFsync policy_ = AppendFsync::kEverysec;
  bool resting_ = false;
  bool stopped_ = false;
  iouring::File file_;
  // The byte of the stream at `stream_begin_` is the one of the file at `file_begin_`.
  uint64_t stream_begin_ = 0;
  uint64_t file_begin_ = 0;
  iouring::File next_;
  uint64_t next_bytes_ = 0;
  uint64_t switch_at_ = 0;
  uint64_t sealed_ = 0;
  uint64_t target_ = 0;  // What is written at present: up to the end of a turn.
  uint64_t written_ = 0;
  uint64_t synced_ = 0;
  uint64_t sync_wanted_ = 0;  // Up to here, by sync_now().
  bool writing_ = false;
  bool syncing_ = false;
  uint64_t sync_begin_ns_ = 0;      // Of the last one.
  uint64_t unsynced_since_ns_ = 0;  // Of what no sync in flight covers; 0: there is nothing.
  uint64_t syncing_since_ns_ = 0;   // The same of what it covers.
  bool held_ = false;               // In the last tick.
};

}  // namespace engine

#endif  // BASALT_ENGINE_AOF_WRITER_H_
