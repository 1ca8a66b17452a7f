#include "engine/option_documents.h"

#include <fmt/format.h>

#include <limits>
#include <vector>

#include "engine/config_syntax.h"
#include "engine/option_table.h"

namespace engine {
namespace {

constexpr std::string_view kDocumentHead = R"(# Configuration

<!-- Written from the option table (engine/option_table.cc); a test compares them. -->

Settings come from a configuration file in the syntax of redis.conf, from standard input and from
the command line; later ones win:

    basalt-server [file] [--name value ...] [-]

Every setting of Redis 7.0 is accepted, with its types, ranges, defaults and messages, so that an
existing redis.conf starts Basalt unchanged. CONFIG GET, CONFIG SET and CONFIG REWRITE work as in
Redis; several parameters of one CONFIG SET change together or not at all. `basalt-server
--check-config FILE` says whether a file is valid. Sizes are `100`, `1k` (1000), `1kb` (1024), and
likewise `m`, `mb`, `g`, `gb`.

A file may also hold `include FILE` (or a pattern), `rename-command NAME NEW-NAME` and `user ...`.
`loadmodule`, `sentinel` and `cluster-enabled yes` are refused with a line that says what holds
instead.

In the tables, *online* means that CONFIG SET changes the setting, *start* that only a restart does,
and **Basalt** that Redis has no such setting. "Accepted" settings have no effect here.
)";

constexpr std::string_view kSampleHead =
    R"(# basalt.conf: a Basalt server with its cold tier on.
#
#   basalt-server /path/to/basalt.conf [--name value ...]
#
# The syntax is that of redis.conf, and every setting of Redis 7.0 is accepted. Lines that start
# with "# name" show a setting at its default. docs/configuration.md describes them all.
)";

struct Setting {
  std::string_view name;
  std::string_view value;
};
// Where basalt.conf differs from the defaults.
constexpr Setting kSampleSettings[] = {
    {"maxmemory", "75%"},
    {"tier", "yes"},
    {"bind", "127.0.0.1 -::1"},
};

std::string number_text(const Option& option, int64_t value) {
  switch (option.kind) {
    case OptionKind::kOctal:
      return fmt::format("{:o}", value);
    case OptionKind::kBytes:
    case OptionKind::kUnsignedBytes:
      return format_bytes(static_cast<uint64_t>(value));
    default:
      return std::to_string(value);
  }
}

// Whether the upper end of a range is no more than that of its type.
bool is_unbounded(const Option& option) {
  return option.upper == std::numeric_limits<int64_t>::max() ||
         option.upper == std::numeric_limits<int32_t>::max() ||
         option.upper == std::numeric_limits<uint32_t>::max() || option.upper == -1;
}

std::string range_text(const Option& option) {
  const bool from_any = option.lower == std::numeric_limits<int32_t>::min();
  if (is_unbounded(option))
    return from_any ? std::string() : fmt::format(" from {}", number_text(option, option.lower));
  return fmt::format(" {} to {}", number_text(option, option.lower),
                     number_text(option, option.upper));
}

std::string type_text(const Option& option) {
  switch (option.kind) {
    case OptionKind::kBool:
      return "yes, no";
    case OptionKind::kEnum:
    case OptionKind::kEnumFlags: {
      std::string names;
      for (const EnumName& name : option.names)
        names += (names.empty() ? "" : ", ") + std::string(name.name);
      return names;
    }
    case OptionKind::kText:
      return "text";
    case OptionKind::kSpecial:
      if (option.name == "maxmemory") return "size or percentage";
      return option.name == "dir" ? "path" : "words";
    case OptionKind::kBytesOrPercent:
      return "size or percentage";
    case OptionKind::kBytes:
    case OptionKind::kUnsignedBytes:
      return "size" + range_text(option);
    case OptionKind::kOctal:
      return "octal" + range_text(option);
    default:
      return "number" + range_text(option);
  }
}

// The default as a configuration file would give it.
std::string default_in_file(const Option& option) {
  std::string text = option_default_text(option);
  const bool is_size =
      option.kind == OptionKind::kBytes || option.kind == OptionKind::kUnsignedBytes;
  if (is_size) text = format_bytes(static_cast<uint64_t>(option.default_number));
  if (option.name == "dir") text = "./";
  if (option.name == "replicaof") text = option.default_text;
  if (option.name == "client-output-buffer-limit") text = option.default_text;
  const bool needs_quotes = option.kind == OptionKind::kText && text.find(' ') != text.npos;
  return text.empty() || needs_quotes ? quoted(text) : text;
}

std::string escaped_cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string row(const Option& option) {
  std::string name = fmt::format("`{}`", option.name);
  if (!option.alias.empty()) name += fmt::format(", `{}`", option.alias);
  if (option.has(option_flag::kBasalt)) name += " (**Basalt**)";
  return fmt::format(
      "| {} | {} | `{}` | {} | {} |\n", name, type_text(option), default_in_file(option),
      option.has(option_flag::kImmutable) ? "start" : "online", escaped_cell(option.help));
}

// The heading of the section that starts with `option`, or null.
const OptionSection* section_at(const Option& option) {
  for (const OptionSection& section : option_sections())
    if (section.first == option.name) return &section;
  return nullptr;
}

// Comment lines of at most 98 columns.
std::string comment(std::string_view text) {
  constexpr size_t kColumns = 98;
  std::string lines = "#";
  size_t column = 1;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (column + 1 + end > kColumns) {
      lines += "\n#";
      column = 1;
    }
    lines += " ";
    lines += text.substr(0, end);
    column += 1 + end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines + "\n";
}

std::string sample_setting(const Option& option) {
  for (const Setting& setting : kSampleSettings)
    if (setting.name == option.name) return fmt::format("{} {}\n", setting.name, setting.value);
  return fmt::format("# {} {}\n", option.name, default_in_file(option));
}

}  // namespace

std::string configuration_document() {
  std::string text(kDocumentHead);
  for (const Option& option : option_table()) {
    if (const OptionSection* const section = section_at(option); section != nullptr)
      text += fmt::format(
          "\n## {}\n\n| Setting | Values | Default | Changed | Meaning |\n|---|---|---|---|---|\n",
          section->title);
    if (!option.has(option_flag::kHidden)) text += row(option);
  }
  return text;
}

std::string sample_configuration() {
  std::string text(kSampleHead);
  for (const Option& option : option_table()) {
    if (const OptionSection* const section = section_at(option); section != nullptr)
      text += fmt::format("\n# ----- {} -----\n", section->title);
    if (option.has(option_flag::kHidden) || option.help == "Accepted.") continue;
    text += "\n" + comment(option.help) + sample_setting(option);
  }
  return text;
}

}  // namespace engine
