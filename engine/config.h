// Config: the options of a running server, where they came from, and how they change.
//
// load() builds it from a configuration file, standard input and the command line; CONFIG GET, SET
// and REWRITE are its members. It owns the Options for the life of the server: components keep a
// `const Options&` and read fields as they are needed, or register a hook to be told.
//
// Loop thread only.

#ifndef BASALT_ENGINE_CONFIG_H_
#define BASALT_ENGINE_CONFIG_H_

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/function.h"
#include "engine/config_environment.h"
#include "engine/option_table.h"
#include "engine/options.h"

namespace engine {

// Where a configuration comes from. Later parts win: file, standard input, command line.
struct ConfigSources {
  std::string file = {};  // Empty: none. Relative to the current directory.
  bool from_stdin = false;
  std::string command_line = {};  // Lines in the file's syntax (engine/command_line.h).
};

class Config {
 public:
  // Tells that options changed. Returns an empty text, or the reason why it cannot be done, which
  // makes CONFIG SET restore all values and run the hooks again.
  using Hook = base::InlineFunction<std::string(const Options& options)>;

  struct LoadResult {
    std::unique_ptr<Config> config;     // Null on failure.
    std::string error;                  // What to print on stderr, complete with its newlines.
    std::vector<std::string> warnings;  // Lines for the log, one per option without effect.
  };
  // Reads all sources and checks the whole. `environment` outlives the Config.
  static LoadResult load(const ConfigSources& sources, ConfigEnvironment* environment);

  const Options& options() const { return options_; }
  // The absolute path of the file, or empty.
  const std::string& file() const { return file_; }

  // Runs `hook` after a CONFIG SET that changed one of `names`; once for several of them.
  // REQUIRES: each is the name of an option that is not immutable.
  void on_change(std::initializer_list<std::string_view> names, Hook hook);

  // CONFIG GET: names (as given, or as in the table where a pattern matched) and values. Aliases
  // are answered under their own name.
  std::vector<std::pair<std::string, std::string>> get(
      std::span<const std::string_view> patterns) const;

  struct SetRequest {
    std::span<const std::string_view> words;  // name value name value ...
    bool local_client = true;                 // For options that are protected.
    bool loading = false;                     // The data set is being loaded.
  };
  // CONFIG SET: all or nothing. Returns an empty text, or the error for ReplyWriter::error().
  std::string set(const SetRequest& request);
  // The words of `words` (as in SetRequest) that must not be logged: indices of values.
  static std::vector<size_t> sensitive_words(std::span<const std::string_view> words);

  // CONFIG REWRITE. `user_lines` are "user ..." lines of all users; null leaves the old lines as
  // they are. Returns an empty text, or the error for ReplyWriter::error().
  std::string rewrite(const std::vector<std::string>* user_lines);

  // For a value that the server itself changes (REPLICAOF, an adjusted maxclients): no hooks run.
  Options& mutable_options() { return options_; }

 private:
  struct HookEntry {
    std::vector<const Option*> options;
    Hook hook;
  };

  // One value of a CONFIG SET.
  struct Change {
    const Option* option;
    std::string_view name;  // The option's name or alias, as in the table.
    std::string_view value;
    bool run_hooks;
  };

  explicit Config(ConfigEnvironment* environment) : environment_(environment) {}
  // Steps of set(); each returns an empty text, or the error.
  std::string find_targets(const SetRequest& request, std::vector<Change>* changes) const;
  std::string store(std::vector<Change>* changes);
  std::string run_hooks(const std::vector<Change>& changes);

  ConfigEnvironment* const environment_;
  Options options_;
  std::string file_;
  std::vector<HookEntry> hooks_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_CONFIG_H_
