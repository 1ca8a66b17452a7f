// AofLoading: loads the data set from an append only file: the base, then its increments in the
// order of the manifest.
//
//   base         a snapshot (Loading), or commands, or both in one file as Redis 6 wrote it
//   increments   commands (AofReplay)
//
// What holds commands is looked through first (AofScan), so that nothing of a batch is executed
// that is not what was written. Nothing expires while they are loaded: whatever did says so in the
// file. The last file may end inside of a command, since the server may have ended there; it is
// then cut behind the last whole one (aof-load-truncated). Anything else that is wrong ends the
// load, with the file, the place and what repairs it.
//
// Loop thread only.

#ifndef BASALT_ENGINE_AOF_LOADING_H_
#define BASALT_ENGINE_AOF_LOADING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/aof_replay.h"
#include "engine/loading.h"
#include "iouring/disk.h"
#include "persist/aof_manifest.h"
#include "persist/aof_scan.h"
#include "persist/file_stream.h"

namespace engine {

class AofLoading final : public LoadInProgress {
 public:
  // The text says what is wrong; empty after success.
  using Done = base::InlineFunction<void(const std::string& failure)>;

  // `directory` is the one of the files. `engine` outlives the loading.
  AofLoading(Engine* engine, std::string directory, const persist::AofManifest& manifest);
  ~AofLoading();
  AofLoading(const AofLoading&) = delete;
  AofLoading& operator=(const AofLoading&) = delete;

  // `done` runs once; the loading may then be destroyed from a later turn.
  void begin(Done done);
  void cancel();

  // LoadInProgress.
  bool step() override;
  const LoadStatistics& statistics() const override { return statistics_; }

  // Of all files, after success: without what was cut off.
  uint64_t file_bytes() const { return statistics_.file_bytes; }
  uint64_t base_bytes() const { return base_bytes_; }

 private:
  struct Part {
    std::string name;
    uint64_t bytes = 0;
    bool is_base = false;
  };

  std::string path() const { return directory_ + "/" + parts_[part_].name; }
  bool add_part(const std::string& name, bool is_base);
  void begin_part();
  void look_at_signature();
  void begin_snapshot();
  void begin_commands();
  void begin_tail();
  void begin_scan(uint64_t offset);
  void continue_scan();
  void on_scanned();
  bool is_last() const;
  void begin_replay();
  void cut(uint64_t bytes);
  void end_part();
  void post(void (AofLoading::*next)());
  void end(std::string failure);

  Engine* const engine_;
  const std::string directory_;
  std::vector<Part> parts_;
  std::string missing_;  // What is wrong with the files of the manifest.
  size_t part_ = 0;
  uint64_t bytes_before_ = 0;  // Of the parts before.
  uint64_t base_bytes_ = 0;
  int64_t part_begun_ms_ = 0;
  LoadStatistics statistics_;
  std::unique_ptr<persist::FileStreamReader> signature_;  // Of the part at hand: its first bytes.
  std::unique_ptr<Loading> snapshot_;
  std::unique_ptr<persist::AofScan> scan_;
  std::unique_ptr<persist::FileStreamReader> scanned_;
  uint64_t scan_offset_ = 0;  // Where commands begin in the part,
  uint64_t scan_skip_ = 0;    // as far as the scan has not come there yet.
  std::unique_ptr<AofReplay> replay_;
  bool cancelled_ = false;
  Done done_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_AOF_LOADING_H_
