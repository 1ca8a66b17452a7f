#include "engine/commands/command_limits.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"
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
  if (bytes > budget.request_bytes_max()) {
    context.error(
        fmt::format("-OOM command needs {} bytes, limit {}", bytes, budget.request_bytes_max()));
    return false;
  }
  if (!budget.limited() || static_cast<int64_t>(bytes) <= budget.room(base::memory_used_total()))
    return true;
  context.error("-OOM command not allowed when used memory > 'maxmemory'.");
  return false;
}

}  // namespace engine
