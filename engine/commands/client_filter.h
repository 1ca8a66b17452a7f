// Which clients CLIENT LIST and CLIENT KILL mean.

#ifndef BASALT_ENGINE_COMMANDS_CLIENT_FILTER_H_
#define BASALT_ENGINE_COMMANDS_CLIENT_FILTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/command_table.h"
#include "engine/session.h"

namespace engine {

enum class ClientType : uint8_t { kNormal, kReplica, kPubsub, kMaster };
// Redis's names, "slave" included; case is ignored.
std::optional<ClientType> client_type_by_name(std::string_view name);
ClientType client_type(const Session& session);

// Every condition that is set must hold. Views are of the words that were parsed.
struct ClientFilter {
  uint64_t id = 0;  // 0: any.
  std::optional<ClientType> type;
  std::string_view peer_address;
  std::string_view local_address;
  std::string_view user;
  bool has_peer_address = false;
  bool has_local_address = false;
  bool has_user = false;
  bool skips_caller = true;
  // CLIENT KILL ip:port, which answers OK and not a number.
  bool old_form = false;

  bool matches(const Session& session) const;
};

// Parses the words of CLIENT KILL. Returns an empty text, or the error line.
std::string parse_kill_filter(CommandWords words, ClientFilter* filter);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_CLIENT_FILTER_H_
