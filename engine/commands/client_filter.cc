#include "engine/commands/client_filter.h"

#include <fmt/format.h>

#include "engine/command.h"
#include "resp/numbers.h"

namespace engine {

std::optional<ClientType> client_type_by_name(std::string_view name) {
  if (equals_folded(name, "normal")) return ClientType::kNormal;
  if (equals_folded(name, "slave") || equals_folded(name, "replica")) return ClientType::kReplica;
  if (equals_folded(name, "pubsub")) return ClientType::kPubsub;
  if (equals_folded(name, "master")) return ClientType::kMaster;
  return std::nullopt;
}

ClientType client_type(const Session& session) {
  return session.subscriptions != nullptr ? ClientType::kPubsub : ClientType::kNormal;
}

bool ClientFilter::matches(const Session& session) const {
  return (id == 0 || session.id == id) && (!type.has_value() || client_type(session) == *type) &&
         (!has_peer_address || session.peer_address == peer_address) &&
         (!has_local_address || session.local_address == local_address) &&
         (!has_user || session.user == user);
}

namespace {

// One pair of an option's name and its value.
std::string parse_option(std::string_view name, std::string_view value, ClientFilter* filter) {
  if (equals_folded(name, "id")) {
    int64_t id = 0;
    if (!resp::parse_int64(value, &id) || id < 1) return "-ERR client-id should be greater than 0";
    filter->id = static_cast<uint64_t>(id);
  } else if (equals_folded(name, "type")) {
    filter->type = client_type_by_name(value);
    if (!filter->type.has_value()) return fmt::format("-ERR Unknown client type '{}'", value);
  } else if (equals_folded(name, "addr")) {
    filter->peer_address = value;
    filter->has_peer_address = true;
  } else if (equals_folded(name, "laddr")) {
    filter->local_address = value;
    filter->has_local_address = true;
  } else if (equals_folded(name, "user")) {
    if (value != "default") return fmt::format("-ERR No such user '{}'", value);
    filter->user = value;
    filter->has_user = true;
  } else if (equals_folded(name, "skipme") && equals_folded(value, "yes")) {
    filter->skips_caller = true;
  } else if (equals_folded(name, "skipme") && equals_folded(value, "no")) {
    filter->skips_caller = false;
  } else {
    return std::string(kSyntaxError);
  }
  return {};
}

}  // namespace

std::string parse_kill_filter(CommandWords words, ClientFilter* filter) {
  if (words.size() == 3) {
    filter->peer_address = words[2];
    filter->has_peer_address = true;
    filter->skips_caller = false;
    filter->old_form = true;
    return {};
  }
  for (size_t i = 2; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return std::string(kSyntaxError);
    std::string error = parse_option(words[i], words[i + 1], filter);
    if (!error.empty()) return error;
  }
  return {};
}

}  // namespace engine
