#include "engine/command_line.h"

#include <fmt/format.h>

#include "engine/config_syntax.h"
#include "resp/split_arguments.h"

namespace engine {
namespace {

StartAction print(std::string text, int exit_code) {
  StartAction action;
  action.kind = StartAction::Kind::kPrint;
  action.text = std::move(text);
  action.exit_code = exit_code;
  return action;
}

bool starts_option(std::string_view word) { return word.starts_with("--"); }

// Turns words into the lines of a configuration file.
class OptionLines {
 public:
  // `next` is the word that follows, or empty with `is_last`.
  void add(std::string_view word, std::string_view next, bool is_last) {
    if (!has_value_ || !starts_option(word)) {
      lines_ += quoted(word) + " ";
      has_value_ = true;
      return;
    }
    if (!lines_.empty()) lines_ += "\n";
    lines_ += std::string(word.substr(2)) + " ";
    std::vector<std::string> parts;
    // "--port 6380" in one word has its value already.
    has_value_ = !resp::split_arguments(word, &parts) || parts.size() != 1;
    if (has_value_) return;
    const bool is_bare = is_last || starts_option(next);
    if (is_bare && equal_nocase(word, "--save")) {
      lines_ += "\"\"";
      has_value_ = true;
    }
    if (is_bare && equal_nocase(word, "--sentinel")) has_value_ = true;
  }

  const std::string& lines() const { return lines_; }

 private:
  std::string lines_;
  bool has_value_ = true;  // The last option has at least one.
};

StartAction check_config(std::span<const std::string_view> arguments) {
  if (arguments.size() != 2)
    return print(
        "Please specify one configuration file.\nExample: basalt-server --check-config "
        "/etc/basalt/basalt.conf\n",
        1);
  StartAction action;
  action.kind = StartAction::Kind::kCheckConfig;
  action.sources.file = std::string(arguments[1]);
  return action;
}

}  // namespace

StartAction parse_command_line(std::span<const std::string_view> arguments,
                               std::string_view version_line) {
  StartAction action;
  if (arguments.empty()) return action;
  const std::string_view first = arguments[0];
  if (first == "-v" || first == "--version") return print(fmt::format("{}\n", version_line), 0);
  if (first == "-h" || first == "--help") return print(usage_text(), 0);
  if (first == "--check-config") return check_config(arguments);
  if (first == "--test-memory" || first == "--check-system")
    return print(fmt::format("Basalt has no {}.\n", first), 1);

  size_t i = 0;
  if (!first.starts_with("-")) {
    action.sources.file = std::string(first);
    i = 1;
  }
  OptionLines options;
  for (; i < arguments.size(); ++i) {
    const bool is_last = i + 1 == arguments.size();
    if (arguments[i] == "-" && (i == 0 || is_last)) {
      action.sources.from_stdin = true;
    } else {
      options.add(arguments[i], is_last ? std::string_view() : arguments[i + 1], is_last);
    }
  }
  action.sources.command_line = options.lines();
  return action;
}

std::string usage_text() {
  return "Usage: basalt-server [/path/to/basalt.conf] [options] [-]\n"
         "       basalt-server - (read the configuration from standard input)\n"
         "       basalt-server -v or --version\n"
         "       basalt-server -h or --help\n"
         "       basalt-server --check-config <file>\n"
         "\n"
         "Options are those of the configuration file, --name value ...: docs/configuration.md\n"
         "lists them.\n"
         "\n"
         "Examples:\n"
         "       basalt-server (run with the defaults: no cold tier, no limit of memory)\n"
         "       basalt-server --tier yes --maxmemory 1gb --dir /var/lib/basalt\n"
         "       echo 'maxmemory 128mb' | basalt-server -\n"
         "       basalt-server /etc/basalt/basalt.conf --port 7777\n"
         "       basalt-server /etc/redis/redis.conf --loglevel verbose -\n"
         "       basalt-server --save 60 1 --save \"\" --port 6380\n";
}

}  // namespace engine
