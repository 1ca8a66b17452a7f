// The words after "basalt-server", by Redis's rules.
//
//   basalt-server [file] [--name value ...] [-]
//
// --name opens an option; the words up to the next --name are its values ("--save 60 1"); a word
// may hold both ("--port 6380"); "--save" without a value means --save "". A single "-" as the
// first or last word reads the configuration from standard input.

#ifndef BASALT_ENGINE_COMMAND_LINE_H_
#define BASALT_ENGINE_COMMAND_LINE_H_

#include <span>
#include <string>
#include <string_view>

#include "engine/config.h"

namespace engine {

struct StartAction {
  enum class Kind {
    kServe,        // Load `sources` and serve.
    kCheckConfig,  // Load `sources`, say whether they are valid, exit 0 or 1.
    kPrint,        // Print `text` and exit with `exit_code`: --version, --help, a usage error.
  };
  Kind kind = Kind::kServe;
  ConfigSources sources;
  std::string text;
  int exit_code = 0;
};

// `arguments` without the program's name. `version_line` is printed by --version.
StartAction parse_command_line(std::span<const std::string_view> arguments,
                               std::string_view version_line);

// What --help prints: usage and examples.
std::string usage_text();

}  // namespace engine

#endif  // BASALT_ENGINE_COMMAND_LINE_H_
