#include "engine/commands/command_limits.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/engine.h"
#include "engine/value/chunked_string.h"

namespace engine {

std::string invalid_expire_error(const Command& command) {
  return fmt::format("invalid expire time in '{}' command", command.full_name);
}

bool fits_long_string(const CommandContext& context, uint64_t bytes) {
  const auto configured = static_cast<uint64_t>(context.engine().options().proto_max_bulk_len);
  if (bytes <= std::min(configured, kChunkedStringBytesMax)) return true;
  context.error("string exceeds maximum allowed size (proto-max-bulk-len)");
  return false;
}

bool may_take(const CommandContext& context, uint64_t bytes) {
  const Budget& budget = context.engine().budget();
  Session& session = context.session();
  const bool bounded = budget.limited() && budget.limits().bounds_resident;
  if (!bounded || bytes <= session.extra_bytes) return true;
  session.extra_bytes = bytes;
  session.wants_room = true;
  return false;
}

}  // namespace engine
