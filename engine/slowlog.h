// Slowlog: the commands that took longest lately, for SLOWLOG.
//
// Long commands are kept shortened, as Redis does: 32 words of 128 bytes.

#ifndef BASALT_ENGINE_SLOWLOG_H_
#define BASALT_ENGINE_SLOWLOG_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace engine {

struct SlowlogEntry {
  int64_t id = 0;
  int64_t time_s = 0;
  uint64_t duration_us = 0;
  std::vector<std::string> words;
  std::string peer_address;
  std::string client_name;
};

class Slowlog {
 public:
  // Gives it the next id; of its words it keeps what the log shows.
  void add(SlowlogEntry entry, uint64_t entries_max);
  // Ids go on.
  void clear() { entries_.clear(); }
  // The newest first.
  const std::deque<SlowlogEntry>& entries() const { return entries_; }

 private:
  std::deque<SlowlogEntry> entries_;
  int64_t next_id_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_SLOWLOG_H_
