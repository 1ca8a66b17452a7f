// What the configuration asks of the machine: files, the current directory, the memory there is.
//
// An interface, so that tests need no files. SystemEnvironment is the production one. It calls the
// system by itself, because the configuration is read before there is a ring (it says how to open
// one). It blocks: at start, in CONFIG SET dir and in CONFIG REWRITE.

#ifndef BASALT_ENGINE_CONFIG_ENVIRONMENT_H_
#define BASALT_ENGINE_CONFIG_ENVIRONMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace engine {

class ConfigEnvironment {
 public:
  virtual ~ConfigEnvironment() = default;

  // The whole file. kNotFound, or kIo with its errno.
  virtual base::Result<std::string> read_file(const std::string& path) = 0;
  // All of standard input.
  virtual std::string read_standard_input() = 0;
  // The files that match a pattern with *, ? or [, ordered; empty if there is none.
  virtual std::vector<std::string> glob_files(const std::string& pattern) = 0;
  // Replaces the file atomically and durably: temporary file, fsync, rename, directory fsync.
  virtual base::Status replace_file(const std::string& path, const std::string& content) = 0;

  // The current directory, absolute.
  virtual std::string current_directory() = 0;
  // The absolute path of a directory that exists and can be entered; `path` may be relative to
  // `base`. The Error has the errno that chdir() would give.
  virtual base::Result<std::string> resolve_directory(const std::string& base,
                                                      const std::string& path) = 0;
  // Whether `path` can be opened for appending (a log file).
  virtual base::Status check_appendable(const std::string& path) = 0;

  // The memory this process may use: the limit of its cgroup (and of those above), else the
  // machine's.
  virtual uint64_t memory_bytes() = 0;
};

class SystemEnvironment : public ConfigEnvironment {
 public:
  base::Result<std::string> read_file(const std::string& path) override;
  std::string read_standard_input() override;
  std::vector<std::string> glob_files(const std::string& pattern) override;
  base::Status replace_file(const std::string& path, const std::string& content) override;
  std::string current_directory() override;
  base::Result<std::string> resolve_directory(const std::string& base,
                                              const std::string& path) override;
  base::Status check_appendable(const std::string& path) override;
  uint64_t memory_bytes() override;
};

}  // namespace engine

#endif  // BASALT_ENGINE_CONFIG_ENVIRONMENT_H_
