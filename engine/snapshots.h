// Snapshots: who wants one, when, and what became of the last.
//
// Owns the one snapshot that can run at a time (snapshot.h) and the rules around it: SAVE, BGSAVE
// and its SCHEDULE, save points, MISCONF after a failure, the figures of INFO persistence.
// Loop thread only.

#ifndef BASALT_ENGINE_SNAPSHOTS_H_
#define BASALT_ENGINE_SNAPSHOTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "persist/stream_sink.h"

namespace engine {

class Engine;
class Snapshot;

// INFO persistence, as Redis names them.
struct SaveStatistics {
  int64_t last_save_ms = 0;  // Of the last success, or the start.
  bool last_ok = true;
  int64_t last_try_ms = 0;
  int64_t last_seconds = -1;  // -1: none yet.
  uint64_t saves = 0;
  uint64_t last_keys = 0;
  uint64_t last_bytes = 0;
  uint64_t changes_at_last_save = 0;
};

class Snapshots {
 public:
  using Done = base::InlineFunction<void(const base::Status&)>;

  explicit Snapshots(Engine* engine);
  ~Snapshots();

  bool running() const { return snapshot_ != nullptr; }
  // The one that runs is for `dir`/`dbfilename`.
  bool saving() const { return running() && is_save_; }
  // Begins to save to `dir`/`dbfilename`; `done` follows when the file is durable or it failed.
  // REQUIRES: !running().
  base::Status begin_save(Done done);
  // The same to another sink; the figures of saves do not know of it. REQUIRES: !running().
  void begin_stream(std::unique_ptr<persist::StreamSink> sink, Done done);
  // Begins the base of an append only file: `name` in `directory`. REQUIRES: !running().
  base::Status begin_aof_base(const std::string& directory, const std::string& name, Done done);
  // Of the stream that has ended last.
  uint64_t last_stream_bytes() const { return last_stream_bytes_; }
  // Ends the running one; its `done` gets kCancelled.
  void cancel();
  // A slice of its work; true when there is more to do at once.
  bool step();
  // Every 100 ms: save points, and what was scheduled.
  void tick(int64_t now_ms);
  void schedule() { scheduled_ = true; }

  // Writers wait: more pre-images are in memory than may be.
  bool holds_writers() const;
  // Writes are refused: the last save failed and the options say so.
  bool refuses_writes() const;
  uint64_t changes_since_save() const;
  const SaveStatistics& statistics() const { return statistics_; }
  SaveStatistics& mutable_statistics() { return statistics_; }
  // Null when none runs.
  const Snapshot* current() const { return snapshot_.get(); }

 private:
  uint64_t estimate_bytes() const;
  base::Status check_space(const std::string& directory);
  void restamp();
  void begin(std::unique_ptr<persist::StreamSink> sink, bool aof_base, Done done);
  std::unique_ptr<persist::StreamSink> open_file(const std::string& temporary_path,
                                                 const std::string& target_path);
  void relieve_pressure();
  void finish(const base::Status& status);
  void note_save(const base::Status& status);

  Engine* const engine_;
  std::unique_ptr<Snapshot> snapshot_;
  Done done_;
  SaveStatistics statistics_;
  bool is_save_ = false;  // The running one.
  bool scheduled_ = false;
  uint64_t last_stream_bytes_ = 0;
  int64_t begun_ms_ = 0;
  uint64_t changes_at_freeze_ = 0;
  uint32_t unfinished_ = 0;  // Freezes since every entry was last given the current epoch.
};

}  // namespace engine

#endif  // BASALT_ENGINE_SNAPSHOTS_H_
