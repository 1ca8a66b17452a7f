#include "engine/config_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/config_checks.h"
#include "engine/config_syntax.h"
#include "engine/option_table.h"

namespace engine {
namespace {

constexpr int kIncludeDepthMax = 16;
constexpr std::string_view kHeading = "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n";

std::string fatal_error(std::string_view reason) { return fmt::format("{}{}\n", kHeading, reason); }

std::string fatal_error_at(size_t line_number, std::string_view line, std::string_view reason) {
  return fmt::format("{}Reading the configuration file, at line {}\n>>> '{}'\n{}\n", kHeading,
                     line_number, line, reason);
}

std::string errno_text(const base::Error& error) { return std::strerror(error.sys_errno); }

// Options of former versions that are read and forgotten, each with one value.
bool is_forgotten(const std::vector<std::string>& words) {
  constexpr std::string_view kNames[] = {"list-max-ziplist-entries", "list-max-ziplist-value",
                                         "lua-replicate-commands"};
  return words.size() == 2 &&
         std::find(std::begin(kNames), std::end(kNames), words[0]) != std::end(kNames);
}

}  // namespace

std::string resolve_options(Options* options, const std::string& base_directory,
                            ConfigEnvironment* environment) {
  constexpr int64_t kHzMin = 1;
  constexpr int64_t kHzMax = 500;
  options->hz = std::clamp(options->hz, kHzMin, kHzMax);
  if (options->maxmemory_percent != 0)
    options->maxmemory =
        environment->memory_bytes() / 100 * static_cast<uint64_t>(options->maxmemory_percent);
  if (options->dir == base_directory) return {};
  const auto directory = environment->resolve_directory(base_directory, options->dir);
  if (!directory.ok()) return errno_text(directory.error());
  options->dir = *directory;
  return {};
}

std::string ConfigLoader::read(const std::string& path, std::string* error) {
  std::vector<std::string> files = {path};
  if (path.find_first_of("*?[") != std::string::npos) files = environment_->glob_files(path);
  std::string text;
  for (const std::string& file : files) {
    auto content = environment_->read_file(file);
    if (!content.ok()) {
      *error = fmt::format("Fatal error, can't open config file '{}': {}\n", file,
                           errno_text(content.error()));
      return {};
    }
    text += *content;
  }
  return text;
}

std::string ConfigLoader::load_file(const std::string& path) {
  std::string error;
  const std::string text = read(path, &error);
  return error.empty() ? load_text(text) : error;
}

std::string ConfigLoader::load_text(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string line(trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#') continue;
    std::string fatal;
    const std::string reason = load_line(line, &fatal);
    if (!fatal.empty()) return fatal;
    if (!reason.empty()) return fatal_error_at(number, line, reason);
  }
  return {};
}

std::string ConfigLoader::load_line(const std::string& line, std::string* fatal) {
  auto words = split_words(line);
  if (!words.has_value()) return "Unbalanced quotes in configuration line";
  if (words->empty()) return {};
  (*words)[0] = lower_case((*words)[0]);
  if (find_option((*words)[0]) != nullptr) return load_option(*words);
  if (is_forgotten(*words)) return {};
  return load_directive(*words, fatal);
}

std::string ConfigLoader::load_option(std::vector<std::string>& words) {
  const Option& option = *find_option(words[0]);
  std::vector<std::string> values(words.begin() + 1, words.end());
  if (!option.has(option_flag::kMultiWord) && values.size() != 1)
    return "wrong number of arguments";
  if (option.has(option_flag::kMultiWord) && values.size() == 1 && !values[0].empty()) {
    // --save "60 1": all values in one word.
    auto split = split_words(values[0]);
    if (!split.has_value()) return "Unbalanced quotes in configuration line";
    values = std::move(*split);
  }
  if (option.name == "save") return load_save(values);
  const std::string directory = options_->dir;
  OptionSetResult result = set_option(option, *options_, values);
  if (!result.ok) return result.reason;
  return resolve_options(options_, directory, environment_);
}

std::string ConfigLoader::load_save(const std::vector<std::string>& values) {
  const bool empties = values.size() == 1 && values[0].empty();
  std::vector<SavePoint> points = save_seen_ && !empties ? options_->save : decltype(points){};
  Options parsed;
  const OptionSetResult result = set_option(*find_option("save"), parsed, values);
  if (!result.ok) return result.reason;
  save_seen_ = true;
  points.insert(points.end(), parsed.save.begin(), parsed.save.end());
  options_->save = std::move(points);
  return {};
}

std::string ConfigLoader::load_directive(const std::vector<std::string>& words,
                                         std::string* fatal) {
  const std::string& name = words[0];
  if (name == "include" && words.size() == 2) {
    if (depth_ == kIncludeDepthMax) return "include is nested too deeply";
    ++depth_;
    *fatal = load_file(words[1]);
    --depth_;
    return {};
  }
  if (name == "rename-command" && words.size() == 3) return rename_command(words);
  if (name == "user" && words.size() >= 2) {
    options_->user.emplace_back(words.begin() + 1, words.end());
    return {};
  }
  if (name == "loadmodule" && words.size() >= 2)
    return "Basalt cannot load modules: remove loadmodule";
  if (name == "sentinel")
    return words.size() == 1 ? "Basalt is no Sentinel: use redis-sentinel, which can watch Basalt"
                             : "sentinel directive while not in sentinel mode";
  if (name.find('.') != std::string::npos) {
    if (words.size() < 2) return "Module config specified without value";
    return "Basalt cannot load modules: remove this option of a module";
  }
  return "Bad directive or wrong number of arguments";
}

std::string ConfigLoader::rename_command(const std::vector<std::string>& words) {
  const std::string_view reason = commands_.rename(words[1], words[2]);
  if (!reason.empty()) return std::string(reason);
  options_->rename_command.emplace_back(words[1], words[2]);
  return {};
}

std::string ConfigLoader::finish() {
  if (!options_->logfile.empty()) {
    std::string path = options_->logfile;
    if (path[0] != '/') path = options_->dir + "/" + path;
    const base::Status status = environment_->check_appendable(path);
    if (!status.ok()) return fatal_error("Can't open the log file: " + errno_text(status.error()));
  }
  const ConfigConflict conflict = find_conflict(*options_);
  return conflict.reason.empty() ? std::string() : fatal_error(conflict.reason);
}

}  // namespace engine
