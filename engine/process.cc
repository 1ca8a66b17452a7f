#include "engine/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fmt/format.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BASALT_SANITIZED
// From sanitizer/allocator_interface.h, which g++ does not install.
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace engine {

namespace {

// /proc files are made by the kernel when they are read: there is no I/O to wait for.
size_t read_proc(const char* path, char* to, size_t bytes) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t count = ::read(fd, to, bytes - 1);
  ::close(fd);
  if (count <= 0) return 0;
  to[count] = '\0';
  return static_cast<size_t>(count);
}

// Its name as the kernel has it; empty when there is no such process.
std::string process_name(const char* path) {
  std::array<char, 64> text;
  const size_t bytes = read_proc(path, text.data(), text.size());
  return {text.data(), bytes};
}

}  // namespace

uint64_t resident_bytes() {
#ifdef BASALT_SANITIZED
  // A sanitizer's shadow and quarantine are no memory of the data set; with them a small limit
  // would never be kept.
  return __sanitizer_get_current_allocated_bytes();
#else
  std::array<char, 128> text;
  if (read_proc("/proc/self/statm", text.data(), text.size()) == 0) return 0;
  const char* const resident = std::strchr(text.data(), ' ');
  if (resident == nullptr) return 0;
  static const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::strtoull(resident, nullptr, 10) * page_bytes;
#endif
}

uint64_t resident_peak_bytes() {
  std::array<char, 4096> text;
  if (read_proc("/proc/self/status", text.data(), text.size()) == 0) return 0;
  const char* const line = std::strstr(text.data(), "VmHWM:");
  return line == nullptr ? 0 : std::strtoull(line + 6, nullptr, 10) * 1024;
}

ProcessFacts process_facts() {
  ProcessFacts facts;
  utsname name{};
  if (uname(&name) == 0)
    facts.system = std::string(name.sysname) + " " + name.release + " " + name.machine;
  std::array<char, 4096> path;
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length > 0) facts.executable.assign(path.data(), static_cast<size_t>(length));
  facts.process_id = getpid();
  facts.memory_bytes =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return facts;
}

CpuTimes cpu_times() {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  rusage process{};
  rusage thread{};
  getrusage(RUSAGE_SELF, &process);
  getrusage(RUSAGE_THREAD, &thread);
  return {seconds(process.ru_utime), seconds(process.ru_stime), seconds(thread.ru_utime),
          seconds(thread.ru_stime)};
}

const char* allocator_name() {
#ifdef BASALT_HAVE_MIMALLOC
  return "mimalloc";
#else
  return "libc";
#endif
}

bool is_server_process(int64_t pid) {
  if (pid <= 0 || pid == getpid()) return false;
  const std::string name = process_name(fmt::format("/proc/{}/comm", pid).c_str());
  if (name.empty()) return false;
  return name == process_name("/proc/self/comm") || name.starts_with("redis") ||
         name.starts_with("valkey");
}

}  // namespace engine
