// Logger: lines in Redis's format, "PID:M 20 Nov 2026 10:50:25.123 * text", to stdout or a file.
//
// The texts that tools of the Redis world search for are kept as Redis writes them. Thread-safe:
// one line is one write.

#ifndef BASALT_BASE_LOG_H_
#define BASALT_BASE_LOG_H_

#include <fmt/format.h>

#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace base {

enum class LogLevel { kDebug, kVerbose, kNotice, kWarning };

class Logger {
 public:
  // Writes to stdout until open() names a file. `clock` outlives the logger.
  explicit Logger(const Clock* clock) : clock_(clock) {}
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  // Appends to `path` from now on; empty means stdout. On failure the old target stays.
  Status open(const std::string& path);
  void set_level(LogLevel level) { level_ = level; }
  LogLevel level() const { return level_; }
  bool enabled(LogLevel level) const { return level >= level_; }

  void write(LogLevel level, std::string_view text);

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::kDebug))
      write(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void verbose(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::kVerbose))
      write(LogLevel::kVerbose, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void notice(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::kNotice))
      write(LogLevel::kNotice, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(LogLevel::kWarning))
      write(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  const Clock* const clock_;
  LogLevel level_ = LogLevel::kNotice;
  std::mutex mutex_;
  int fd_ = 1;
};

}  // namespace base

#endif  // BASALT_BASE_LOG_H_
