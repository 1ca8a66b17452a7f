// Reads configuration text line by line into Options, with Redis's rules and fatal errors.

#ifndef BASALT_ENGINE_CONFIG_LOADER_H_
#define BASALT_ENGINE_CONFIG_LOADER_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/command_table.h"
#include "engine/config_environment.h"
#include "engine/options.h"

namespace engine {

class ConfigLoader {
 public:
  // Both outlive the loader. `options->dir` must be set: relative paths start there.
  ConfigLoader(Options* options, ConfigEnvironment* environment)
      : options_(options), environment_(environment) {}

  // All of these return an empty text, or what to print on stderr before leaving.

  // A file, or all files of a pattern; those of a pattern may be none.
  std::string load_file(const std::string& path);
  std::string load_text(std::string_view text);
  // After the last text: what concerns the whole.
  std::string finish();

  // The content of a file or of all files of a pattern, without interpreting it.
  std::string read(const std::string& path, std::string* error);

 private:
  // Return the reason, or an empty text; `*fatal` instead when the text is complete.
  std::string load_line(const std::string& line, std::string* fatal);
  std::string load_option(std::vector<std::string>& words);
  std::string load_directive(const std::vector<std::string>& words, std::string* fatal);
  std::string load_save(const std::vector<std::string>& words);
  std::string rename_command(const std::vector<std::string>& words);

  Options* const options_;
  ConfigEnvironment* const environment_;
  bool save_seen_ = false;  // The first `save` replaces the default, others add to it.
  int depth_ = 0;           // Of include.
  // Only to check rename-command.
  CommandIndex commands_{CommandIndex::Include::kAll};
};

// Turns what a text cannot decide into values: a percentage of memory into bytes, a relative `dir`
// into an absolute one (from `base_directory`), hz into its range. Returns the reason why it
// cannot, or an empty text.
std::string resolve_options(Options* options, const std::string& base_directory,
                            ConfigEnvironment* environment);

}  // namespace engine

#endif  // BASALT_ENGINE_CONFIG_LOADER_H_
