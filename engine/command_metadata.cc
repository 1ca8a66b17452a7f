#include "engine/command_metadata.h"

#include <array>

#include "base/check.h"
#include "engine/command_metadata_tables.h"

namespace engine {

std::string_view argument_type_name(ArgumentType type) {
  constexpr std::string_view kNames[] = {"string",    "integer",    "double", "key",  "pattern",
                                         "unix-time", "pure-token", "oneof",  "block"};
  return kNames[static_cast<size_t>(type)];
}

// In the order of the rows of command_table.cc: a row's metadata is found by its place.
std::span<const CommandGroup> command_groups() {
  static const std::array kGroups = {
      CommandGroup{"generic", generic_metadata()},
      CommandGroup{"string", string_metadata()},
      CommandGroup{"hash", hash_metadata()},
      CommandGroup{"list", list_metadata()},
      CommandGroup{"set", set_metadata()},
      CommandGroup{"sorted-set", sorted_set_metadata()},
      CommandGroup{"stream", stream_metadata()},
      CommandGroup{"bitmap", bitmap_metadata()},
      CommandGroup{"hyperloglog", hyperloglog_metadata()},
      CommandGroup{"geo", geo_metadata()},
      CommandGroup{"pubsub", pubsub_metadata()},
      CommandGroup{"transactions", transactions_metadata()},
      CommandGroup{"scripting", scripting_metadata()},
      CommandGroup{"connection", connection_metadata()},
      CommandGroup{"server", server_metadata()},
      CommandGroup{"cluster", cluster_metadata()},
      CommandGroup{"tier", tier_metadata()},
  };
  return kGroups;
}

CommandDocumentation documentation(const Command& command) {
  size_t place = command.id;
  for (const CommandGroup& group : command_groups()) {
    if (place < group.commands.size()) {
      const CommandMetadata& metadata = group.commands[place];
      CHECK(metadata.full_name == command.full_name);
      return {&metadata, group.name};
    }
    place -= group.commands.size();
  }
  base::check_failed(__FILE__, __LINE__, "a command without metadata",
                     std::string(command.full_name));
}

}  // namespace engine
