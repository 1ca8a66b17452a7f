#include "engine/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "engine/config_checks.h"
#include "engine/config_loader.h"
#include "engine/config_rewrite.h"
#include "engine/config_syntax.h"
#include "engine/glob.h"

namespace engine {
namespace {

std::string absolute_path(const std::string& directory, const std::string& path) {
  return path.empty() || path[0] == '/' ? path : directory + "/" + path;
}

// The name of `option` that `word` means: its own or its alias, in lower case.
std::string_view canonical_name(const Option& option, std::string_view word) {
  return equal_nocase(word, option.name) ? option.name : option.alias;
}

// The words of a value given to CONFIG SET: split at single blanks, which Redis does too.
std::vector<std::string> words_of_value(const Option& option, std::string_view value) {
  if (!option.has(option_flag::kMultiWord)) return {std::string(value)};
  std::vector<std::string> words;
  if (value.empty()) return words;
  for (size_t start = 0; start <= value.size();) {
    const size_t end = std::min(value.find(' ', start), value.size());
    words.emplace_back(value.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

std::string set_error(std::string_view argument, std::string_view reason) {
  if (reason.empty())
    return fmt::format("CONFIG SET failed (possibly related to argument '{}')", argument);
  return fmt::format("CONFIG SET failed (possibly related to argument '{}') - {}", argument,
                     reason);
}

// What CONFIG SET may not touch now: the reason, or an empty text.
std::string_view refusal(const Option& option, const Options& options, bool local_client) {
  if (option.has(option_flag::kImmutable)) return "can't set immutable config";
  const ProtectedAction allowed = options.enable_protected_configs;
  const bool may =
      allowed == ProtectedAction::kYes || (allowed == ProtectedAction::kLocal && local_client);
  if (option.has(option_flag::kProtected) && !may) return "can't set protected config";
  return {};
}

}  // namespace

Config::LoadResult Config::load(const ConfigSources& sources, ConfigEnvironment* environment) {
  LoadResult result;
  std::unique_ptr<Config> config(new Config(environment));
  const std::string directory = environment->current_directory();
  config->options_.dir = directory;
  config->file_ = absolute_path(directory, sources.file);
  ConfigLoader loader(&config->options_, environment);
  // One text, as in Redis, so that errors count lines through all sources.
  std::string text;
  if (!sources.file.empty()) text = loader.read(config->file_, &result.error);
  if (!result.error.empty()) return result;
  if (sources.from_stdin) text += environment->read_standard_input();
  text += "\n" + sources.command_line;
  result.error = loader.load_text(text);
  if (result.error.empty()) result.error = loader.finish();
  if (!result.error.empty()) return result;
  result.warnings = find_idle_options(config->options_);
  result.config = std::move(config);
  return result;
}

void Config::on_change(std::initializer_list<std::string_view> names, Hook hook) {
  HookEntry entry;
  for (const std::string_view name : names) {
    const Option* const option = find_option(name);
    CHECK(option != nullptr);
    CHECK(!option->has(option_flag::kImmutable));
    entry.options.push_back(option);
  }
  entry.hook = std::move(hook);
  hooks_.push_back(std::move(entry));
}

std::vector<std::pair<std::string, std::string>> Config::get(
    std::span<const std::string_view> patterns) const {
  std::vector<std::pair<std::string, std::string>> found;
  const auto add = [&](std::string_view name, const Option& option) {
    for (const auto& [known, value] : found)
      if (equal_nocase(known, name)) return;
    found.emplace_back(std::string(name), option_text(option, options_));
  };
  for (const std::string_view pattern : patterns) {
    if (pattern.find_first_of("[*?") == std::string_view::npos) {
      const Option* const option = find_option(pattern);
      if (option != nullptr) add(pattern, *option);
      continue;
    }
    for (const Option& option : option_table()) {
      if (option.has(option_flag::kHidden)) continue;
      if (glob_match_nocase(pattern, option.name)) add(option.name, option);
      if (!option.alias.empty() && glob_match_nocase(pattern, option.alias))
        add(option.alias, option);
    }
  }
  return found;
}

std::vector<size_t> Config::sensitive_words(std::span<const std::string_view> words) {
  std::vector<size_t> found;
  for (size_t i = 0; i + 1 < words.size(); i += 2) {
    const Option* const option = find_option(words[i]);
    if (option != nullptr && option->has(option_flag::kSensitive)) found.push_back(i + 1);
  }
  return found;
}

std::string Config::find_targets(const SetRequest& request, std::vector<Change>* changes) const {
  const auto& words = request.words;
  if (words.size() % 2 != 0) return "syntax error";
  for (size_t i = 0; i < words.size(); i += 2) {
    const Option* const option = find_option(words[i]);
    if (option == nullptr)
      return fmt::format("Unknown option or number of arguments for CONFIG SET - '{}'", words[i]);
    const std::string_view reason = refusal(*option, options_, request.local_client);
    if (!reason.empty()) return set_error(words[i], reason);
    if (request.loading && option->has(option_flag::kDenyLoading))
      return "-LOADING Redis is loading the dataset in memory";
    for (const Change& change : *changes)
      if (change.option == option && change.name == canonical_name(*option, words[i]))
        return set_error(words[i], "duplicate parameter");
    changes->push_back({option, canonical_name(*option, words[i]), words[i + 1], false});
  }
  return {};
}

std::string Config::store(std::vector<Change>* changes) {
  for (Change& change : *changes) {
    const std::string before = option_text(*change.option, options_);
    const std::string directory = options_.dir;
    OptionSetResult result =
        set_option(*change.option, options_, words_of_value(*change.option, change.value));
    if (result.ok) result.reason = resolve_options(&options_, directory, environment_);
    if (!result.reason.empty()) return set_error(change.name, result.reason);
    change.run_hooks = option_text(*change.option, options_) != before ||
                       change.option->has(option_flag::kVolatile);
  }
  const ConfigConflict conflict = find_conflict(options_);
  if (!conflict.reason.empty()) return set_error(conflict.option, conflict.reason);
  return {};
}

std::string Config::run_hooks(const std::vector<Change>& changes) {
  std::vector<HookEntry*> due;
  for (const Change& change : changes) {
    if (!change.run_hooks) continue;
    for (HookEntry& entry : hooks_) {
      const auto& options = entry.options;
      if (std::find(options.begin(), options.end(), change.option) == options.end()) continue;
      if (std::find(due.begin(), due.end(), &entry) == due.end()) due.push_back(&entry);
    }
  }
  for (HookEntry* const entry : due) {
    const std::string reason = entry->hook(options_);
    if (reason.empty()) continue;
    for (const Change& change : changes) {
      const auto& options = entry->options;
      if (change.run_hooks &&
          std::find(options.begin(), options.end(), change.option) != options.end())
        return set_error(change.name, reason);
    }
  }
  return {};
}

std::string Config::set(const SetRequest& request) {
  std::vector<Change> changes;
  std::string error = find_targets(request, &changes);
  if (!error.empty()) return error;
  const Options before = options_;
  error = store(&changes);
  if (!error.empty()) {
    options_ = before;
    return error;
  }
  error = run_hooks(changes);
  if (error.empty()) return {};
  options_ = before;
  // They have seen values that are gone; what they answer now cannot be helped.
  const std::string ignored = run_hooks(changes);
  return error;
}

std::string Config::rewrite(const std::vector<std::string>* user_lines) {
  if (file_.empty()) return "The server is running without a config file";
  const auto old_text = environment_->read_file(file_);
  if (!old_text.ok() && old_text.error().code != base::ErrorCode::kNotFound)
    return fmt::format("Rewriting config file: {}", std::strerror(old_text.error().sys_errno));
  const std::string text =
      rewrite_configuration(old_text.ok() ? *old_text : "", options_, user_lines);
  const base::Status status = environment_->replace_file(file_, text);
  if (status.ok()) return {};
  return fmt::format("Rewriting config file: {}", std::strerror(status.error().sys_errno));
}

}  // namespace engine
