// ClientPause: CLIENT PAUSE, and who waits for its end.

#ifndef BASALT_ENGINE_CLIENT_PAUSE_H_
#define BASALT_ENGINE_CLIENT_PAUSE_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace engine {

class ClientPause {
 public:
  enum class Kind : uint8_t { kWrites, kAll };

  bool active() const { return until_ms_ != 0; }
  // Unix time in ms; INT64_MAX while there is none.
  int64_t until_ms() const { return active() ? until_ms_ : INT64_MAX; }
  // A pause that is on is only ever prolonged and widened.
  void begin(Kind kind, int64_t until_ms) {
    kind_ = active() ? std::max(kind_, kind) : kind;
    until_ms_ = std::max(until_ms_, until_ms);
  }
  // Who has waited goes on: their ids.
  std::vector<uint64_t> end() {
    until_ms_ = 0;
    return std::exchange(waiting_, {});
  }
  // Whether a command that may change data, or one that does not, has to wait.
  bool holds(bool may_write) const { return active() && (may_write || kind_ == Kind::kAll); }
  void add_waiting(uint64_t session_id) { waiting_.push_back(session_id); }

 private:
  Kind kind_ = Kind::kWrites;
  int64_t until_ms_ = 0;
  std::vector<uint64_t> waiting_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_CLIENT_PAUSE_H_
