// Aof: the append only file: the stream of effects, brought to increments, and the bases that
// replace them.
//
//            enable                     base and manifest durable
//     off ----------> starting ------------------------------------> on
//      ^                 | the base failed: tried again later         |
//      +--------------- disable --------------------------------------+
//
// A rewrite, and the start with a first base, is
//
//   1. an empty increment k+1; a manifest that names it beside the others, durable
//   2. in one turn: the stream goes on in k+1, and the snapshot freezes
//   3. the base is complete and durable under its name
//   4. a manifest with base and increment k+1 alone, durable; the rest is history
//   5. history is removed
//
// and whatever ends the process between two of these leaves a manifest whose files hold all there
// is. While starting there is no manifest before step 4: the increment would follow no base.
//
// (1) No byte of k+1 is written before all of k is durable.
// (2) Outputs leave when what they have seen is durable (always), or is the kernel's
// (output_gate.h). (3) A file whose sync failed is never synced again for what it holds: it is cut
// where it is known
//     to be durable, and the next increment gets the rest (aof_failures.cc).
//
// Loop thread only.

#ifndef BASALT_ENGINE_AOF_H_
#define BASALT_ENGINE_AOF_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/aof_buffer.h"
#include "engine/aof_files.h"
#include "engine/aof_writer.h"
#include "engine/effects.h"
#include "persist/aof_manifest.h"

namespace engine {

class Engine;

// INFO persistence, as Redis names them.
struct AofStatistics {
  bool last_rewrite_ok = true;
  int64_t last_rewrite_seconds = -1;  // -1: none yet.
  uint64_t rewrites = 0;
  uint64_t failures_in_a_row = 0;
  uint64_t base_bytes = 0;     // Of all files after the last rewrite, or at the start.
  uint64_t current_bytes = 0;  // Now.
};

class Aof final : public EffectSink, private AofWriter::Owner {
 public:
  using Done = base::InlineFunction<void(const base::Status&)>;
  enum class State : uint8_t { kOff, kStarting, kOn };

  // `engine` outlives the file.
  explicit Aof(Engine* engine);
  ~Aof();
  Aof(const Aof&) = delete;
  Aof& operator=(const Aof&) = delete;

  State state() const { return state_; }
  bool rewriting() const { return rewriting_; }
  bool scheduled() const { return scheduled_; }
  // Of a running rewrite.
  int64_t rewrite_begun_ms() const { return rewrite_begun_ms_; }
  const AofStatistics& statistics() const { return statistics_; }
  const AofWriterStatistics& writer() const { return writer_.statistics(); }
  uint64_t buffered_bytes() const { return buffer_.bytes(); }
  bool syncing() const { return writer_.is_syncing(); }

  // ---- Start and stop
  // The data set of these files, of `bytes` in all, is loaded: goes on where they end.
  // REQUIRES: off.
  void resume(const persist::AofManifest& manifest, uint64_t bytes, Done done);
  // Begins with a base of what is there now. REQUIRES: off.
  void enable();
  void disable();
  // Has all that there is synced; synced() says when it is.
  void sync_now();
  bool synced() const { return writer_.synced() == buffer_.end(); }
  // Nothing is in flight.
  bool is_idle() const;

  // ---- Turns
  void end_turn();
  // Ten times a second.
  void tick();
  bool holds_writers() const { return writer_.has_file() && writer_.holds_writers(); }
  // Writes are refused, and why.
  bool refuses_writes() const { return failure_ != 0; }
  std::string failure_text() const;

  // ---- Rewrites
  enum class Begun : uint8_t { kStarted, kScheduled, kAlready };
  // BGREWRITEAOF, whether or not the file is on.
  Begun rewrite();

  // EffectSink.
  void on_effects(const EffectUnit& unit) override;

 private:
  // ---- aof.cc
  static std::string select_command(int database);
  // What an increment begins with: an empty batch says that batches have checksums.
  std::string increment_head() const;
  void append_unit(const EffectUnit& unit, size_t from, size_t end, size_t* insertion);
  void begin_batch();
  void seal_batch();
  void annotate_time();
  void select(int database);
  void update_gate();
  void stop_stream();
  void close_drained();
  AofFiles& files();
  // AofWriter::Owner.
  void on_progress() override;
  void on_failure(AofWriter::Step step, int32_t result) override;

  // ---- aof_rewrite.cc
  void tick_rewrite();
  bool wants_rewrite();
  bool limited();
  void begin_rewrite();
  void create_increment();
  void on_increment_opened(base::Result<iouring::File> file);
  void freeze();
  void on_base_written(const base::Status& status);
  void name_base();
  void on_rewritten(const base::Status& status);
  void end_rewrite(const base::Status& status);
  void remove_history();
  void on_reopened(base::Result<iouring::File> file);

  // ---- aof_failures.cc
  void tick_failure();
  void replace_poisoned();
  void create_replacement(const std::string& name);
  std::string poisoned_file_name() const;
  void cut_poisoned();
  void cut_poisoned(iouring::File file);
  void name_replacement();
  void on_replacement_named(const base::Status& status);
  void fail_replacement(const base::Error& error);
  void note_recovery();

  Engine* const engine_;
  std::unique_ptr<AofFiles> files_;
  AofBuffer buffer_;
  AofWriter writer_;
  State state_ = State::kOff;
  AofStatistics statistics_;
  persist::AofManifest manifest_;
  persist::AofManifest next_;  // Being made durable.
  Done resumed_;
  uint64_t resumed_bytes_ = 0;
  // The databases of effects that are not durable, from a place of the stream on; the first is
  // that of the byte behind the last durable one.
  struct Selection {
    uint64_t offset;
    int database;
  };
  std::deque<Selection> selections_;
  int64_t annotated_seconds_ = 0;
  // What this turn appends, with a header to be filled in (persist/aof_checksum.h).
  bool batch_open_ = false;
  std::byte* batch_header_ = nullptr;  // Null: without a checksum.
  uint64_t batch_begin_ = 0;           // Behind the header.
  bool draining_ = false;              // Off, and the file is not closed yet.
  // Rewrites.
  bool rewriting_ = false;
  bool scheduled_ = false;
  State mode_ = State::kOff;  // When the rewrite began.
  bool waits_to_freeze_ = false;
  bool base_running_ = false;   // The snapshot that runs is the base.
  bool base_complete_ = false;  // It is there; the increment before is not durable yet.
  bool removing_history_ = false;
  uint64_t increment_bytes_ = 0;
  iouring::File increment_;  // Opened, and not the writer's yet.
  std::string base_name_;
  uint64_t rewrite_offset_ = 0;  // Of the stream, at the freeze.
  int64_t rewrite_begun_ms_ = 0;
  int64_t limited_until_ms_ = 0;
  int64_t limit_minutes_ = 0;
  // Failures.
  int failure_ = 0;        // errno, while writes are refused.
  bool poisoned_ = false;  // By a sync that failed.
  bool replacing_ = false;
  std::string poisoned_name_;
  uint64_t poisoned_bytes_ = 0;  // What is durable of it.
  bool poisoned_cut_ = false;
  iouring::File replacement_;  // Created, and not the writer's yet.
  uint64_t replacement_head_bytes_ = 0;
  bool replacement_named_ = false;  // By the manifest, before.
  int64_t retry_at_ms_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_AOF_H_
