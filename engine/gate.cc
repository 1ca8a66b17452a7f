#include "engine/gate.h"

#include <algorithm>

#include "base/memory.h"

namespace engine {

namespace {

// What a write takes beside its words: entry header, bucket share, rounding.
constexpr uint64_t kWriteOverheadBytes = 128;
constexpr size_t kWritersWokenPerTurn = 64;

uint64_t words_bytes(CommandWords words) {
  uint64_t bytes = kWriteOverheadBytes;
  for (const std::string_view word : words) bytes += word.size();
  return bytes;
}

std::string needs_too_much(uint64_t bytes, uint64_t limit) {
  return fmt::format("-OOM command needs {} bytes, limit {}", bytes, limit);
}

std::string tier_error(const base::Error& error) {
  return fmt::format("-ERR cold tier: {}", error.to_string());
}

}  // namespace

Admission Gate::admit(Session* session, Keyspace& keyspace, const Request& request,
                      std::string* error) {
  if (!session->more_keys.empty()) [[unlikely]] {
    const Admission more = admit_more_keys(session, keyspace, error);
    if (more != Admission::kReady) return more;
  }
  if (tier_ != nullptr && !request.keys.empty() &&
      (keyspace.residence().counts().cold_keys != 0 || request.names_databases)) {
    const Admission cold = admit_cold(session, keyspace, request, error);
    if (cold != Admission::kReady) return cold;
  }
  if (hold_writers_ && (request.flags & command_flag::kWrite) != 0) {
    wait_in_line(session);
    return Admission::kParked;
  }
  if (budget_->limited() &&
      ((request.flags & command_flag::kDenyOom) != 0 || session->extra_bytes != 0))
    return admit_write(session, request, error);
  return Admission::kReady;
}

Admission Gate::admit_again(Session* session, const Request& request, std::string* error) {
  if (!session->more_keys.empty()) {
    const Admission more = admit_more_keys(session, databases_->at(session->database), error);
    if (more != Admission::kReady || session->extra_bytes == 0) return more;
  }
  return admit_write(session, request, error);
}

Admission Gate::admit_more_keys(Session* session, Keyspace& keyspace, std::string* error) {
  if (tier_ == nullptr) return Admission::kReady;
  std::vector<RequestKey> keys;
  uint64_t bytes = 0;
  for (const std::string& text : session->more_keys) {
    bytes += text.size() + sizeof(RequestKey);
    keys.push_back({keyspace.key_of(text), KeyAccess::kValue, kNoDatabase});
  }
  if (bytes > budget_->request_bytes_max()) {
    *error = needs_too_much(bytes, budget_->request_bytes_max());
    return Admission::kRefused;
  }
  Request request;
  request.keys = keys;
  return admit_cold(session, keyspace, request, error);
}

void Gate::wait_in_line(Session* session) {
  if (std::find(waiting_writers_.begin(), waiting_writers_.end(), session) !=
      waiting_writers_.end())
    return;
  waiting_writers_.push_back(session);
  ++parked_writers_total_;
}

Admission Gate::admit_cold(Session* session, Keyspace& keyspace, const Request& request,
                           std::string* error) {
  TierStatistics& statistics = tier_->mutable_statistics();
  cold_.clear();
  bool pending = false;
  uint64_t value_bytes = 0;
  for (const RequestKey& wanted : request.keys) {
    Keyspace& in = keyspace_of(wanted, keyspace);
    if (wanted.access == KeyAccess::kNone || in.resident(wanted.key) != nullptr) {
      ++statistics.hits_hot;
      continue;
    }
    if (!in.may_be_cold(wanted.key)) {
      ++statistics.absent;
      continue;
    }
    base::Error failure{base::ErrorCode::kIo};
    logstore::IndexValue where;
    switch (tier_->locate(in, wanted.key, session, &where, &failure)) {
      case Tier::Answer::kAbsent:
        ++statistics.absent;
        break;
      case Tier::Answer::kPending:
        pending = true;
        break;
      case Tier::Answer::kFailed:
        *error = tier_error(failure);
        return Admission::kRefused;
      case Tier::Answer::kLocated:
        cold_.push_back({&in, wanted.key, wanted.access, where});
        if (wanted.access == KeyAccess::kValue) value_bytes += where.payload_bytes;
    }
  }
  if (pending) return Admission::kParked;
  if (value_bytes > budget_->request_bytes_max()) {
    *error = needs_too_much(value_bytes, budget_->request_bytes_max());
    return Admission::kRefused;
  }
  for (const ColdKey& cold : cold_) {
    // What has expired is deleted by its record's place alone.
    const KeyspaceShared& shared = keyspace.shared();
    const bool expired = cold.where.expire_at_ms != kNoExpiry &&
                         cold.where.expire_at_ms <= shared.now_ms && shared.expires_keys;
    if (cold.access == KeyAccess::kMeta || expired) {
      cold.keyspace->note_cold(cold.key, cold.where);
      continue;
    }
    base::Error failure{base::ErrorCode::kIo};
    if (tier_->fetch(*cold.keyspace, cold.key, cold.where, session, &failure) ==
        Tier::Answer::kFailed) {
      *error = tier_error(failure);
      return Admission::kRefused;
    }
    ++statistics.hits_cold;
    pending = true;
  }
  return pending ? Admission::kParked : Admission::kReady;
}

Admission Gate::admit_write(Session* session, const Request& request, std::string* error) {
  const int64_t bytes = static_cast<int64_t>(words_bytes(request.words) + request.queued_bytes +
                                             session->extra_bytes);
  if (static_cast<uint64_t>(bytes) > budget_->request_bytes_max()) [[unlikely]] {
    *error = needs_too_much(static_cast<uint64_t>(bytes), budget_->request_bytes_max());
    return Admission::kRefused;
  }
  room_ -= bytes;
  if (room_ >= 0 && waiting_writers_.empty()) [[likely]]
    return Admission::kReady;
  room_ = budget_->room(base::memory_used_total()) - bytes;
  const bool first = waiting_writers_.empty() || waiting_writers_.front() == session;
  if (room_ >= 0 && first) return Admission::kReady;
  if (tier_ == nullptr || exhausted_) {
    if (evictor_->evict_for(static_cast<uint64_t>(bytes))) return Admission::kReady;
    *error = kOomError;
    return Admission::kRefused;
  }
  wait_in_line(session);
  return Admission::kParked;
}

void Gate::clear_notes(Keyspace& keyspace, const Request& request) {
  keyspace.clear_cold_notes();
  if (!request.names_databases) [[likely]]
    return;
  for (const RequestKey& key : request.keys) keyspace_of(key, keyspace).clear_cold_notes();
}

void Gate::finish(Session* session) {
  session->extra_bytes = 0;
  if (!session->more_keys.empty()) [[unlikely]]
    session->more_keys.clear();
  if (!session->holds.empty()) [[unlikely]]
    tier_->release_holds(session, session->command_sequence);
  if (!waiting_writers_.empty()) [[unlikely]]
    std::erase(waiting_writers_, session);
}

void Gate::look_ahead(Session* session, Keyspace& keyspace, const Request& request,
                      uint64_t behind) {
  if (tier_ == nullptr || request.command == nullptr) return;
  if (keyspace.residence().counts().cold_keys == 0 && !request.names_databases) return;
  std::string ignored;
  session->command_sequence += behind;
  admit_cold(session, keyspace, request, &ignored);
  session->command_sequence -= behind;
  clear_notes(keyspace, request);
}

bool Gate::may_queue(uint64_t bytes, std::string* error) {
  if (!budget_->limited()) return true;
  if (bytes > budget_->request_bytes_max()) {
    *error = needs_too_much(bytes, budget_->request_bytes_max());
    return false;
  }
  if (tier_ != nullptr || budget_->room(base::memory_used_total()) >= 0) return true;
  if (evictor_->evict_for(0)) return true;
  *error = kOomError;
  return false;
}

void Gate::forget(Session* session) {
  if (tier_ != nullptr) tier_->release_all_holds(session);
  std::erase(waiting_writers_, session);
}

void Gate::wake_writers() {
  // Words are not what an entry takes: what ran in the last turns shows in what is counted.
  if (budget_->limited()) room_ = budget_->room(base::memory_used_total());
  if (waiting_writers_.empty() || hold_writers_) return;
  if (room_ < 0 && !exhausted_) return;
  // They try again in the order of the line; each one's success lets the next one in.
  const size_t count = std::min(waiting_writers_.size(), kWritersWokenPerTurn);
  for (size_t i = 0; i < count; ++i)
    if (waiting_writers_[i]->parked) waiting_writers_[i]->source->on_runnable();
}

}  // namespace engine
