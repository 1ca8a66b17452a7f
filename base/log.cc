#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace base {

Logger::~Logger() {
  if (fd_ != STDOUT_FILENO) ::close(fd_);
}

Status Logger::open(const std::string& path) {
  int fd = STDOUT_FILENO;
  if (!path.empty()) {
    fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return Error::from_errno(errno, "log file");
  }
  const std::lock_guard lock(mutex_);
  if (fd_ != STDOUT_FILENO) ::close(fd_);
  fd_ = fd;
  return ok_status();
}

void Logger::write(LogLevel level, std::string_view text) {
  if (!enabled(level)) return;
  const int64_t now_us = clock_->wall_us();
  const time_t seconds = static_cast<time_t>(now_us / 1'000'000);
  tm local;
  localtime_r(&seconds, &local);
  char stamp[32];
  strftime(stamp, sizeof stamp, "%d %b %Y %H:%M:%S", &local);
  const std::string line =
      fmt::format("{}:M {}.{:03} {} {}\n", getpid(), stamp, now_us / 1000 % 1000,
                  ".-*#"[static_cast<int>(level)], text);

  const std::lock_guard lock(mutex_);
  // A log that cannot be written must not stop the server; there is nowhere to report it.
  [[maybe_unused]] const ssize_t written = ::write(fd_, line.data(), line.size());
}

}  // namespace base
