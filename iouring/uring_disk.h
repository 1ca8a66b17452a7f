// UringDisk: the Disk over a UringLoop.
//
// Reads and writes go by fixed file and, for buffers of the registered arena, by fixed buffer.
// fsync, fallocate, rename, unlink and the opening of new files run on the ring's own workers;
// directory syncs, and truncation before Linux 6.9, on a helper. Snapshot and compaction carry the
// idle I/O priority, which mq-deadline and BFQ honour.

#ifndef BASALT_IOURING_URING_DISK_H_
#define BASALT_IOURING_URING_DISK_H_

#include <memory>
#include <string>
#include <vector>

#include "iouring/buffer_arena.h"
#include "iouring/disk.h"
#include "iouring/helpers.h"
#include "iouring/uring_loop.h"

namespace iouring {

struct UringDiskOptions {
  // Resident from the start when registered. What it cannot hold comes from the heap.
  size_t arena_bytes = 8 * 1024 * 1024;
};

class UringDisk final : public Disk {
 public:
  // `loop` and `helpers` outlive the disk; nothing is in flight when it is destroyed.
  UringDisk(UringLoop* loop, Helpers* helpers, const UringDiskOptions& options);
  ~UringDisk() override;

  // False where the kernel refused to lock the arena (RLIMIT_MEMLOCK): slower, otherwise alike.
  bool arena_registered() const { return arena_registered_; }

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

  // The synchronous calls are in uring_disk_sync.cc.
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
  struct OpenFile {
    RingFile ring_file;
    bool is_direct = false;
    uint32_t in_flight = 0;
  };
  struct Transfer;  // A read or write.
  struct Simple;    // Any other operation; holds the paths it names.

  OpenFile& open_file(File file);
  Transfer* take_transfer();
  void transfer(io_uring_op plain, io_uring_op fixed, File file, std::byte* bytes, size_t size,
                uint64_t offset, IoClass io_class, IoCallback done);
  void submit(Transfer* transfer);
  static void transfer_completed(Operation* operation, int32_t result, uint32_t flags);
  void finish(Transfer* transfer, int32_t result);
  Simple* take_simple(File file, IoCallback done);
  static void simple_completed(Operation* operation, int32_t result, uint32_t flags);
  static void close_completed(Operation* operation, int32_t result, uint32_t flags);
  static void open_completed(Operation* operation, int32_t result, uint32_t flags);
  File enter_file(int fd, bool is_direct);
  // Runs a blocking call that returns 0 or -errno on the file helper.
  void run_blocking(Simple* simple, int32_t (*call)(Simple* simple));

  UringLoop* const loop_;
  Helpers* const helpers_;
  BufferArena arena_;
  bool arena_registered_ = false;
  std::vector<OpenFile> files_;
  std::vector<int32_t> free_files_;
  std::vector<std::unique_ptr<Transfer>> transfers_;
  Transfer* free_transfers_ = nullptr;
  // Closed by whom the loop does not turn for any more, they stay here until the end.
  std::vector<std::unique_ptr<Simple>> closes_;
  std::vector<int> locks_;
};

}  // namespace iouring

#endif  // BASALT_IOURING_URING_DISK_H_
