// Disk: files. Asynchronous while serving; a few synchronous calls for start-up and shutdown.
//
// Asynchronous calls take an IoCallback (rules in loop.h). A path is copied before the call
// returns. Bytes belong to the operation until its callback runs: an operation in flight cannot be
// cancelled. Operations in flight on one file have no order among each other; an order is made by
// submitting from a callback. A sync covers the writes whose callbacks ran before it was submitted.
//
// After sync() has failed, the file's unsynced writes are lost or not; nothing may be concluded
// from a later sync that succeeds.

#ifndef BASALT_IOURING_DISK_H_
#define BASALT_IOURING_DISK_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/function.h"
#include "base/limits.h"
#include "base/result.h"
#include "iouring/io_class.h"

namespace iouring {

// Bytes moved, a File's slot or 0 on success; -errno on failure.
using IoCallback = base::InlineFunction<void(int32_t result)>;

// An open file: a slot in the ring's table of files. A default File is none.
struct File {
  int32_t slot = -1;
  explicit operator bool() const { return slot >= 0; }
};

struct OpenOptions {
  bool read = false;
  bool write = false;
  bool create = false;     // Mode 0644 (before umask) if it does not exist.
  bool exclusive = false;  // With create: -EEXIST if it exists.
  bool truncate = false;
  bool direct = false;  // O_DIRECT: offsets, lengths and addresses in multiples of 4096 bytes.
  bool append = false;  // Writes go to the end; their `offset` is ignored.
};

struct DirectoryEntry {
  std::string name;  // Without the directory; "." and ".." are left out.
  bool is_directory = false;
};

struct FileStatus {
  uint64_t bytes = 0;            // Length.
  uint64_t allocated_bytes = 0;  // On the device.
  int64_t modified_ns = 0;       // Since 1970.
  bool is_directory = false;
};

struct FileSystemStatus {
  uint64_t total_bytes = 0;
  uint64_t free_bytes = 0;          // For an unprivileged user.
  bool is_memory = false;           // tmpfs or ramfs.
  bool has_direct = false;          // O_DIRECT works.
  uint32_t direct_align_bytes = 0;  // What O_DIRECT needs (offset, length and address); 0 unknown.
};

class Disk {
 public:
  virtual ~Disk() = default;

  // The result is the slot of the new File, or -errno. Two Files of one path are independent.
  virtual void open(const std::string& path, const OpenOptions& options, IoCallback done) = 0;
  // The file must have nothing in flight; it is gone when this returns, whatever the result.
  virtual void close(File file, IoCallback done) = 0;

  // Moves all of `bytes` (at most base::kIoBytesMax): remainders of short transfers, EINTR and
  // EAGAIN are resubmitted. The result is bytes.size(); for a read that meets the end of the file
  // less; for a write that fails after a part -errno.
  virtual void read(File file, base::MutableByteSpan bytes, uint64_t offset, IoClass io_class,
                    IoCallback done) = 0;
  virtual void write(File file, base::ByteSpan bytes, uint64_t offset, IoClass io_class,
                     IoCallback done) = 0;
  // fdatasync (`data_only`: data and length) or fsync.
  virtual void sync(File file, bool data_only, IoClass io_class, IoCallback done) = 0;

  // Allocates [offset, offset + length) and extends the file to it; new bytes read as zero.
  virtual void allocate(File file, uint64_t offset, uint64_t length, IoCallback done) = 0;
  // Sets the length.
  virtual void truncate(File file, uint64_t length, IoCallback done) = 0;
  // Replaces `to` if it exists. Durable after sync_directory of both directories.
  virtual void rename(const std::string& from, const std::string& to, IoCallback done) = 0;
  virtual void unlink(const std::string& path, IoCallback done) = 0;
  // Makes creations, renames and unlinks within the directory durable.
  virtual void sync_directory(const std::string& path, IoCallback done) = 0;

  // A buffer for O_DIRECT, 4096-aligned and of at least `bytes` (at most base::kIoBytesMax), from
  // the arena that is registered with the kernel while that has room, else from the heap. Counted
  // as MemoryUse::kIo. The caller gives it back unchanged in place and length.
  virtual base::MutableByteSpan allocate_buffer(size_t bytes) = 0;
  virtual void free_buffer(base::MutableByteSpan buffer) = 0;

  // --- Synchronous, for start-up and shutdown (they may block) ---

  virtual base::Result<std::vector<DirectoryEntry>> list_directory(const std::string& path) = 0;
  // Succeeds if it exists as a directory. Parents must exist.
  virtual base::Status make_directory(const std::string& path) = 0;
  // The directory must be empty.
  virtual base::Status remove_directory(const std::string& path) = 0;
  virtual base::Status remove_file(const std::string& path) = 0;
  virtual base::Result<FileStatus> file_status(const std::string& path) = 0;
  // Of the file system that holds the existing `path`. A directory is probed with a file that is
  // created and removed in it, so kIo with EACCES or EROFS says that it cannot be written.
  virtual base::Result<FileSystemStatus> file_system_status(const std::string& path) = 0;
  // Of the open file.
  virtual base::Result<uint64_t> file_bytes(File file) = 0;

  // At most `bytes_max` bytes, else kInvalid: for small files (manifests, superblocks).
  virtual base::Result<std::string> read_small_file(const std::string& path,
                                                    uint64_t bytes_max) = 0;
  // Replaces `path` by a durable file with this content, at once or not at all (temporary file,
  // fsync, rename, fsync of the directory).
  virtual base::Status write_small_file(const std::string& path, std::string_view content) = 0;

  // Takes the exclusive lock of the file (created if missing), which then holds this process's id
  // as text, until the Disk is destroyed. kBusy when somebody else has it; then `*owner_pid` is
  // their process id, or 0 where it cannot be told.
  virtual base::Status lock_file(const std::string& path, int* owner_pid) = 0;
};

}  // namespace iouring

#endif  // BASALT_IOURING_DISK_H_
