// A ConfigEnvironment in memory.

#ifndef BASALT_TESTS_UNIT_ENGINE_FAKE_ENVIRONMENT_H_
#define BASALT_TESTS_UNIT_ENGINE_FAKE_ENVIRONMENT_H_

#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/config_environment.h"
#include "engine/glob.h"

namespace engine {

struct FakeEnvironment : ConfigEnvironment {
  std::map<std::string, std::string> files;
  std::set<std::string> directories = {"/cwd", "/var", "/cwd/sub"};
  std::set<std::string> unwritable;
  std::string standard_input;
  uint64_t memory = 8ull << 30;

  base::Result<std::string> read_file(const std::string& path) override {
    const auto file = files.find(path[0] == '/' ? path : "/cwd/" + path);
    if (file == files.end())
      return base::Error{.code = base::ErrorCode::kNotFound, .sys_errno = ENOENT};
    return file->second;
  }
  std::string read_standard_input() override { return standard_input; }
  std::vector<std::string> glob_files(const std::string& pattern) override {
    std::vector<std::string> found;
    for (const auto& [path, content] : files)
      if (glob_match(pattern, path)) found.push_back(path);
    return found;
  }
  base::Status replace_file(const std::string& path, const std::string& content) override {
    if (unwritable.contains(path))
      return base::Error{.code = base::ErrorCode::kIo, .sys_errno = EACCES};
    files[path] = content;
    return base::ok_status();
  }
  std::string current_directory() override { return "/cwd"; }
  base::Result<std::string> resolve_directory(const std::string& base_directory,
                                              const std::string& path) override {
    const std::string full = path.starts_with("/") ? path : base_directory + "/" + path;
    if (!directories.contains(full))
      return base::Error{.code = base::ErrorCode::kNotFound, .sys_errno = ENOENT};
    return full;
  }
  base::Status check_appendable(const std::string& path) override {
    if (unwritable.contains(path))
      return base::Error{.code = base::ErrorCode::kIo, .sys_errno = EACCES};
    return base::ok_status();
  }
  uint64_t memory_bytes() override { return memory; }
};

}  // namespace engine

#endif  // BASALT_TESTS_UNIT_ENGINE_FAKE_ENVIRONMENT_H_
