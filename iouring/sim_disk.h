// SimDisk: a Disk in memory that remembers what was made durable, fails on request and survives a
// crash as a real one would: by forgetting.
//
// After crash() a file has what a sync() covered, and of later writes any part, torn at sectors of
// 512 or 4096 bytes; the directories have what sync_directory() covered, and of later creations,
// renames and unlinks any part. Stricter than ext4 where POSIX is.

#ifndef BASALT_IOURING_SIM_DISK_H_
#define BASALT_IOURING_SIM_DISK_H_

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "iouring/disk.h"
#include "iouring/sim_file.h"
#include "iouring/sim_loop.h"

namespace iouring {

enum class SimOperation : uint8_t {
  kOpen,
  kClose,
  kRead,
  kWrite,
  kSync,
  kAllocate,
  kTruncate,
  kRename,
  kUnlink,
  kSyncDirectory,
  kCount
};

inline constexpr size_t kSimOperations = static_cast<size_t>(SimOperation::kCount);

class SimDisk final : public Disk {
 public:
  // `loop` outlives the disk. "/", "." and "" exist as directories.
  explicit SimDisk(SimLoop* loop) : loop_(loop) {}
  ~SimDisk() override;

  // --- What tests do to it ---

  // The power fails, between two turns: operations in flight never complete, Files and locks are
  // gone, and what was not durable is there, torn or lost. Call SimLoop::drop_all() with it, and
  // destroy what waited for callbacks.
  void crash(uint64_t seed);
  // The `nth` operation of this kind from now on (1 is the next) fails with `error` (-EIO,
  // -ENOSPC). With `partial` a write applies a random part first. A failed sync may lose writes for
  // good.
  void fail(SimOperation operation, uint64_t nth, int32_t error, bool partial = false);
  // Operations of this kind so far.
  uint64_t count(SimOperation operation) const { return counts_[static_cast<size_t>(operation)]; }
  // Flips bits of a file, as a bad device would. REQUIRES: the file exists.
  void corrupt(const std::string& path, uint64_t offset, uint64_t length);
  // Beyond this many bytes in files, writes and allocations fail with -ENOSPC.
  void set_capacity(uint64_t bytes) { capacity_bytes_ = bytes; }
  // Reads and writes take this long; syncs ten times as long.
  void set_delay(SimDelay delay) { delay_ = delay; }
  // Bytes of all files.
  uint64_t used_bytes() const;

  // --- Disk ---

  void open(const std::string& path, const OpenOptions& options, IoCallback done) override;
  void close(File file, IoCallback done) override;
  void read(File file, base::MutableByteSpan bytes, uint64_t offset, IoClass io_class,
            IoCallback done) override;
  void write(File file, base::ByteSpan bytes, uint64_t offset, IoClass io_class,
             IoCallback done) override;
  void sync(File file, bool data_only, IoClass io_class, IoCallback done) override;
  void allocate(File file, uint64_t offset, uint64_t length, IoCallback done) override;
  void truncate(File file, uint64_t length, IoCallback done) override;
  void rename(const std::string& from, const std::string& to, IoCallback done) override;
  void unlink(const std::string& path, IoCallback done) override;
  void sync_directory(const std::string& path, IoCallback done) override;
  base::MutableByteSpan allocate_buffer(size_t bytes) override;
  void free_buffer(base::MutableByteSpan buffer) override;
  base::Result<std::vector<DirectoryEntry>> list_directory(const std::string& path) override;
  base::Status make_directory(const std::string& path) override;
  base::Status remove_directory(const std::string& path) override;
  base::Status remove_file(const std::string& path) override;
  base::Result<FileStatus> file_status(const std::string& path) override;
  base::Result<FileSystemStatus> file_system_status(const std::string& path) override;
  base::Result<uint64_t> file_bytes(File file) override;
  base::Result<std::string> read_small_file(const std::string& path, uint64_t bytes_max) override;
  base::Status write_small_file(const std::string& path, std::string_view content) override;
  base::Status lock_file(const std::string& path, int* owner_pid) override;

 private:
  using FilePointer = std::shared_ptr<SimFile>;
  using Names = std::map<std::string, FilePointer>;

  struct OpenFile {
    FilePointer content;
    OpenOptions options;
    uint32_t in_flight = 0;
  };
  // A change of names, not durable before each of `directories` was synced.
  struct NameChange {
    uint64_t number;
    std::string removed;  // Empty: none.
    std::string added;    // Empty: none.
    FilePointer content;  // Of `added`.
    std::set<std::string> directories;
  };
  struct InFlight {
    SimOperation operation{};
    IoCallback done;
    File file;
    FilePointer content;
    OpenOptions options;
    std::string path;
    std::string target;
    base::MutableByteSpan into;        // Of a read.
    base::ByteSpan from;               // Of a write.
    std::vector<std::byte> submitted;  // What `from` held at submission.
    uint64_t offset = 0;
    uint64_t length = 0;
    uint64_t change_end = 0;  // Of a sync.
    int32_t error = 0;        // Injected.
    bool partial = false;
  };
  struct Fault {
    SimOperation operation;
    uint64_t at;
    int32_t error;
    bool partial;
  };

  OpenFile& open_file(File file);
  // Numbers the operation, draws its fault and delay, and completes it in a later turn.
  void submit(InFlight operation);
  void complete(uint64_t id);
  int32_t perform(InFlight& operation);
  int32_t perform_open(const InFlight& operation);
  int32_t perform_write(InFlight& operation);
  int32_t fail_write(InFlight& operation);
  int32_t perform_rename(const InFlight& operation);
  int32_t perform_sync_directory(const InFlight& operation);
  bool misaligned(File file, const void* address, size_t length, uint64_t offset);
  bool has_directory_of(const std::string& path) const;
  bool is_directory(const std::string& path) const;
  bool fits(const SimFile& file, uint64_t end) const;
  void change_names(std::string removed, std::string added, FilePointer content);
  static void apply(const NameChange& change, Names* names);

  SimLoop* const loop_;
  Names names_;
  Names durable_names_;
  std::vector<NameChange> name_changes_;  // Completed and not durable, in order.
  uint64_t next_name_change_ = 0;
  std::set<std::string> directories_;
  std::set<std::string> locks_;
  std::vector<OpenFile> files_;
  std::map<uint64_t, InFlight> in_flight_;
  uint64_t next_id_ = 0;
  std::vector<Fault> faults_;
  std::array<uint64_t, kSimOperations> counts_{};
  uint64_t capacity_bytes_ = UINT64_MAX;
  SimDelay delay_{20, 500};
  size_t buffers_out_ = 0;
};

}  // namespace iouring

#endif  // BASALT_IOURING_SIM_DISK_H_
