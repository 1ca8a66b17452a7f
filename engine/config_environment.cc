#include "engine/config_environment.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <string_view>

#include "base/check.h"
#include "engine/config_syntax.h"
#include "resp/numbers.h"

namespace engine {
namespace {

base::Error last_error() { return base::Error::from_errno(errno); }

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

base::Status write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return last_error();
    content.remove_prefix(static_cast<size_t>(written));
  }
  return base::ok_status();
}

base::Status sync_directory_of(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  const Descriptor fd(
      ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return last_error();
  return base::ok_status();
}

base::Status write_and_rename(int fd, const std::string& temporary, const std::string& path,
                              const std::string& content) {
  constexpr mode_t kMode = 0644;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  RETURN_IF_ERROR(write_all(fd, content));
  if (::fsync(fd) != 0 || ::fchmod(fd, kMode & ~mask) != 0) return last_error();
  if (::rename(temporary.c_str(), path.c_str()) != 0) return last_error();
  return sync_directory_of(path);
}

// The number in the first line of a file such as memory.max; nothing ("max") is no limit.
uint64_t read_number(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  int64_t number = 0;
  if (!std::getline(file, line) || !resp::parse_int64(trimmed(line), &number) || number < 0)
    return std::numeric_limits<uint64_t>::max();
  return static_cast<uint64_t>(number);
}

uint64_t machine_memory_bytes() {
  return static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

// The least limit from a cgroup up to the root of its hierarchy.
uint64_t least_limit(const std::string& root, std::string group, const std::string& file) {
  uint64_t least = read_number(root + "/" + file);
  while (group.size() > 1) {
    least = std::min(least, read_number(root + group + "/" + file));
    group.resize(group.find_last_of('/'));
  }
  return least;
}

uint64_t cgroup_limit_bytes() {
  std::ifstream groups("/proc/self/cgroup");
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (std::string line; std::getline(groups, line);) {
    const size_t path = line.rfind(':');
    if (path == std::string::npos) continue;
    if (line.starts_with("0::"))
      least = std::min(least, least_limit("/sys/fs/cgroup", line.substr(path + 1), "memory.max"));
    if (line.find(":memory:") != std::string::npos)
      least = std::min(least, least_limit("/sys/fs/cgroup/memory", line.substr(path + 1),
                                          "memory.limit_in_bytes"));
  }
  return least;
}

}  // namespace

base::Result<std::string> SystemEnvironment::read_file(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    base::Error error = last_error();
    if (error.sys_errno == ENOENT) error.code = base::ErrorCode::kNotFound;
    return error;
  }
  std::string content;
  char buffer[16384];
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error();
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
  }
}

std::string SystemEnvironment::read_standard_input() {
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

std::vector<std::string> SystemEnvironment::glob_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return files;
}

base::Status SystemEnvironment::replace_file(const std::string& path, const std::string& content) {
  std::string temporary = path + ".XXXXXX";
  const Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (fd.get() < 0) return last_error();
  base::Status status = write_and_rename(fd.get(), temporary, path, content);
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

std::string SystemEnvironment::current_directory() {
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

base::Result<std::string> SystemEnvironment::resolve_directory(const std::string& base_directory,
                                                               const std::string& path) {
  std::filesystem::path full(path);
  if (full.is_relative() && !path.empty()) full = std::filesystem::path(base_directory) / full;
  char* const resolved = ::realpath(full.c_str(), nullptr);
  if (resolved == nullptr) return last_error();
  std::string directory(resolved);
  std::free(resolved);  // realpath's own allocation.
  const Descriptor fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return last_error();
  if (::access(directory.c_str(), X_OK) != 0) return last_error();
  return directory;
}

base::Status SystemEnvironment::check_appendable(const std::string& path) {
  constexpr mode_t kMode = 0644;
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode));
  if (fd.get() < 0) return last_error();
  return base::ok_status();
}

uint64_t SystemEnvironment::memory_bytes() {
  return std::min(machine_memory_bytes(), cgroup_limit_bytes());
}

}  // namespace engine
