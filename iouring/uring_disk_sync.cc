// UringDisk's synchronous calls, for start-up and shutdown.

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "iouring/uring_disk.h"

namespace iouring {

namespace {

// Closes a descriptor at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

base::Error last_error(const char* detail) { return base::Error::from_errno(errno, detail); }

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

base::Status sync_directory_now(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) return last_error("sync of a directory");
  return base::ok_status();
}

base::Status write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_error("write");
    content.remove_prefix(static_cast<size_t>(written));
  }
  return base::ok_status();
}

// What statx says O_DIRECT needs; 0 where it does not tell.
uint32_t direct_alignment(int fd) {
#ifdef STATX_DIOALIGN
  struct statx status {};
  if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) != 0) return 0;
  if ((status.stx_mask & STATX_DIOALIGN) == 0) return 0;
  return std::max(status.stx_dio_mem_align, status.stx_dio_offset_align);
#else
  (void)fd;
  return 0;
#endif
}

}  // namespace

base::Result<std::vector<DirectoryEntry>> UringDisk::list_directory(const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(opendir(path.c_str()));
  if (directory == nullptr) return last_error("directory");
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* entry = readdir(directory.get())) {
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    bool is_directory = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) {
      struct stat status {};
      is_directory =
          stat((path + "/" + entry->d_name).c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    }
    entries.push_back({entry->d_name, is_directory});
    errno = 0;
  }
  if (errno != 0) return last_error("directory");
  return entries;
}

base::Status UringDisk::make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0755) == 0) return base::ok_status();
  if (errno != EEXIST) return last_error("new directory");
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return last_error("directory");
  if (!S_ISDIR(status.st_mode)) return base::Error::from_errno(ENOTDIR, "directory");
  return base::ok_status();
}

base::Status UringDisk::remove_directory(const std::string& path) {
  if (rmdir(path.c_str()) != 0) return last_error("removal of a directory");
  return base::ok_status();
}

base::Status UringDisk::remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return last_error("removal of a file");
  return base::ok_status();
}

base::Result<FileStatus> UringDisk::file_status(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return last_error("status of a file");
  FileStatus result;
  result.bytes = static_cast<uint64_t>(status.st_size);
  result.allocated_bytes = static_cast<uint64_t>(status.st_blocks) * 512;
  result.modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  result.is_directory = S_ISDIR(status.st_mode);
  return result;
}

base::Result<FileSystemStatus> UringDisk::file_system_status(const std::string& path) {
  struct statfs system {};
  if (statfs(path.c_str(), &system) != 0) return last_error("status of a file system");
  FileSystemStatus result;
  const auto block = static_cast<uint64_t>(system.f_bsize);
  result.total_bytes = system.f_blocks * block;
  result.free_bytes = system.f_bavail * block;
  result.is_memory = system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return last_error("status of a file");
  const bool is_directory = S_ISDIR(status.st_mode);
  std::string probe = path;
  if (is_directory) {
    probe += "/.probe-" + std::to_string(getpid());
    const Descriptor created(::open(probe.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (created.get() < 0) return last_error("writing in a directory");
  }
  const Descriptor direct(::open(probe.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
  result.has_direct = direct.get() >= 0;
  if (result.has_direct) result.direct_align_bytes = direct_alignment(direct.get());
  if (is_directory) ::unlink(probe.c_str());
  return result;
}

base::Result<uint64_t> UringDisk::file_bytes(File file) {
  struct stat status {};
  if (fstat(open_file(file).ring_file.fd, &status) != 0) return last_error("status of a file");
  return static_cast<uint64_t>(status.st_size);
}

base::Result<std::string> UringDisk::read_small_file(const std::string& path, uint64_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return last_error("opening a file");
  std::string content;
  char chunk[4096];
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error("reading a file");
    if (got == 0) return content;
    content.append(chunk, static_cast<size_t>(got));
    if (content.size() > bytes_max)
      return base::Error{base::ErrorCode::kInvalid, 0, "file larger than it may be"};
  }
}

base::Status UringDisk::write_small_file(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".tmp-" + std::to_string(getpid());
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return last_error("new file");
  base::Status status = write_all(file.get(), content);
  if (status.ok() && fsync(file.get()) != 0) status = last_error("sync of a file");
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) status = last_error("rename");
  if (status.ok()) return sync_directory_now(directory_of(path));
  ::unlink(temporary.c_str());
  return status;
}

base::Status UringDisk::lock_file(const std::string& path, int* owner_pid) {
  *owner_pid = 0;
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) return last_error("lock file");
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return last_error("lock file");
    char text[32] = "";
    if (pread(file.get(), text, sizeof text - 1, 0) > 0) *owner_pid = std::atoi(text);
    return base::Error{base::ErrorCode::kBusy, EWOULDBLOCK, "locked by another process"};
  }
  if (ftruncate(file.get(), 0) != 0) return last_error("lock file");
  RETURN_IF_ERROR(write_all(file.get(), std::to_string(getpid()) + "\n"));
  locks_.push_back(file.release());
  return base::ok_status();
}

}  // namespace iouring
