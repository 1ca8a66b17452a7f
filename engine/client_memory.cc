#include "engine/client_memory.h"

#include <algorithm>
#include <utility>

#include "base/memory.h"
#include "engine/background.h"
#include "engine/connection.h"
#include "engine/engine.h"

namespace engine {

namespace {

// Input that waits for its turn is kept up to this share of maxmemory per client.
constexpr uint64_t kInputShare = 2;
// A client may write its whole pipeline before it reads, and that is held here: less than this
// share would close one that sends 100 MB to a server of 256mb.
constexpr uint64_t kClientsShare = 2;
// A paused client goes on when this much is free, so that it does not stop again at once.
constexpr int64_t kResumeBytes = 1024 * 1024;

}  // namespace

uint64_t ClientMemory::bytes_max() const {
  const Options& options = engine_->options();
  if (options.maxmemory_clients > 0) return static_cast<uint64_t>(options.maxmemory_clients);
  if (options.maxmemory == 0) return UINT64_MAX;
  if (options.maxmemory_clients < 0)
    return options.maxmemory / 100 * static_cast<uint64_t>(-options.maxmemory_clients);
  return options.tier ? options.maxmemory / kClientsShare : UINT64_MAX;
}

bool ClientMemory::may_receive(uint64_t query_bytes) const {
  if (query_bytes <= kFreeInputBytes) return true;
  const Budget& budget = engine_->budget();
  if (!budget.limited() || !budget.limits().bounds_resident) return true;
  if (query_bytes > budget.limits().maxmemory / kInputShare) return false;
  return budget.room(base::memory_used_total()) >= 0;
}

uint64_t ClientMemory::bulk_bytes_max() const { return engine_->budget().request_bytes_max(); }

void ClientMemory::forget(Connection* connection) { std::erase(paused_, connection); }

void ClientMemory::resume_paused() {
  if (paused_.empty()) return;
  const Budget& budget = engine_->budget();
  const bool room = !budget.limited() || !budget.limits().bounds_resident ||
                    budget.room(base::memory_used_total()) >= kResumeBytes;
  // One that goes on may be paused again at once.
  for (Connection* const connection : std::exchange(paused_, {})) {
    const uint64_t bytes = connection->input_bytes();
    if (bytes > kFreeInputBytes / 2 && (!room || !may_receive(bytes))) {
      paused_.push_back(connection);
    } else {
      connection->resume();
    }
  }
}

bool ClientMemory::over_limit(uint64_t closing_bytes) const {
  const uint64_t used = base::memory_used(base::MemoryUse::kClients) + large_bytes_;
  if (used > bytes_max() && used - std::min(used, closing_bytes) > bytes_max()) return true;
  // The next sample of the resident set tells whether the last one was enough.
  return !paused_.empty() && engine_->gate().exhausted() &&
         engine_->environment().loop->turn_ns() - closed_ns_ > 2 * Background::kTickNs;
}

}  // namespace engine
