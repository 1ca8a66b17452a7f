// AofManifest: which files the append only file consists of, as Redis 7 has it.
//
//   file appendonly.aof.2.base.rdb seq 2 type b     the base: a snapshot, or commands
//   file appendonly.aof.1.incr.aof seq 1 type h     history: replaced, may be removed
//   file appendonly.aof.4.incr.aof seq 4 type i     an increment: commands since, in order
//
// A manifest is a value: it is changed in memory, written beside the old one and renamed over it,
// so that a directory always has one that names complete files. No I/O.

#ifndef BASALT_PERSIST_AOF_MANIFEST_H_
#define BASALT_PERSIST_AOF_MANIFEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace persist {

struct AofFile {
  std::string name;  // Without a directory.
  uint64_t sequence = 0;

  friend bool operator==(const AofFile&, const AofFile&) = default;
};

// Redis's bound on a line.
inline constexpr size_t kManifestLineBytesMax = 1024;
// Of a whole manifest that is read.
inline constexpr uint64_t kManifestBytesMax = 16 * 1024 * 1024;

class AofManifest {
 public:
  // "appendonly.aof" of a file "appendonly.aof.manifest".
  explicit AofManifest(std::string base_name) : base_name_(std::move(base_name)) {}

  // kCorrupt with Redis's wording in *message: line number, line and reason.
  static base::Result<AofManifest> parse(std::string base_name, std::string_view text,
                                         std::string* message);
  // Parsing it gives an equal manifest.
  std::string format() const;

  const std::string& base_name() const { return base_name_; }
  std::string file_name() const { return base_name_ + ".manifest"; }
  std::string temporary_name() const { return "temp-" + file_name(); }

  const std::optional<AofFile>& base() const { return base_; }
  const std::vector<AofFile>& history() const { return history_; }
  const std::vector<AofFile>& increments() const { return increments_; }
  bool empty() const { return !base_.has_value() && increments_.empty(); }

  // The name that add_base() gives the next base.
  std::string next_base_name(bool is_rdb) const;
  // The old base becomes history.
  const AofFile& add_base(bool is_rdb);
  // A base that is there already under a name of its own: the single file of Redis 6.
  void adopt_base(std::string name);
  const AofFile& add_increment();
  // All increments but the last `count` become history.
  void retire_increments(size_t keep_last);
  void forget_history() { history_.clear(); }

  friend bool operator==(const AofManifest&, const AofManifest&) = default;

 private:
  std::string_view add_line(std::string_view line, uint64_t* last_increment);

  std::string base_name_;
  std::optional<AofFile> base_;
  std::vector<AofFile> history_;
  std::vector<AofFile> increments_;
  uint64_t base_sequence_ = 0;  // The highest given out.
  uint64_t increment_sequence_ = 0;
};

}  // namespace persist

#endif  // BASALT_PERSIST_AOF_MANIFEST_H_
