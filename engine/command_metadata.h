// What COMMAND DOCS and COMMAND INFO tell about a command beyond its row: summary, history,
// arguments, hints. One row per command, in files by group (command_metadata_*.cc); the facts are
// those of Redis 7.0.15.

#ifndef BASALT_ENGINE_COMMAND_METADATA_H_
#define BASALT_ENGINE_COMMAND_METADATA_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/command_table.h"

namespace engine {

enum class ArgumentType : uint8_t {
  kString,
  kInteger,
  kDouble,
  kKey,
  kPattern,
  kUnixTime,
  kPureToken,
  kOneOf,  // One of the nested arguments.
  kBlock,  // All nested arguments.
};
std::string_view argument_type_name(ArgumentType type);

namespace argument_flag {
inline constexpr uint8_t kOptional = 1;
inline constexpr uint8_t kMultiple = 2;
inline constexpr uint8_t kMultipleToken = 4;
}  // namespace argument_flag

// Nested arguments follow their parent with a depth one higher.
struct CommandArgument {
  int8_t depth = 0;
  std::string_view name;
  ArgumentType type = ArgumentType::kString;
  uint8_t flags = 0;
  int8_t key_spec_index = -1;  // -1: not a key.
  std::string_view token = {};
  bool has_empty_token = false;
  std::string_view since = {};
  std::string_view deprecated_since = {};
};

struct CommandChange {
  std::string_view since;
  std::string_view text;
};

struct CommandMetadata {
  std::string_view full_name;
  std::string_view summary;
  std::string_view since;
  std::string_view complexity = {};
  std::string_view deprecated_since = {};
  std::string_view replaced_by = {};
  std::string_view tips = {};  // Separated by blanks.
  std::span<const CommandChange> history = {};
  std::span<const CommandArgument> arguments = {};
};

// The metadata of a group: "generic", "string", ... as COMMAND DOCS names it.
struct CommandGroup {
  std::string_view name;
  std::span<const CommandMetadata> commands;
};
std::span<const CommandGroup> command_groups();

struct CommandDocumentation {
  const CommandMetadata* metadata = nullptr;
  std::string_view group;
};
// Every row of the table has one.
CommandDocumentation documentation(const Command& command);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMAND_METADATA_H_
