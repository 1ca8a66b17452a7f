// CommandLog: who looks at the commands that ran: the slowlog, the latency monitor and the sessions
// of MONITOR.
//
// A call costs one comparison with threshold_ns() unless it is slow or somebody monitors.

#ifndef BASALT_ENGINE_COMMAND_LOG_H_
#define BASALT_ENGINE_COMMAND_LOG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command_table.h"
#include "engine/latency_events.h"
#include "engine/slowlog.h"

namespace engine {

struct Options;
struct Session;

// A command that has ended.
struct EndedCall {
  const Session* session;
  const Command* command;
  int database;  // When it began.
  uint64_t took_ns;
  int64_t now_us;  // Unix time.
};

class CommandLog {
 public:
  void configure(const Options& options);
  // note() wants calls that took at least so long.
  uint64_t threshold_ns() const { return threshold_ns_; }
  // `words` may have secrets, which it hides.
  void note(const EndedCall& call, CommandWords words);
  // The same of a command that answers late: it was noted when its handler ended.
  void note_late(const EndedCall& call, std::vector<std::string> words);
  // An event that is no command.
  void note_event(std::string_view event, uint64_t took_ns, int64_t now_s);

  void add_monitor(Session* session);
  void forget(Session* session);

  Slowlog& slowlog() { return slowlog_; }
  LatencyEvents& latency() { return latency_; }
  uint64_t latency_threshold_ms() const { return latency_threshold_ms_; }

 private:
  void note_duration(const EndedCall& call, std::vector<std::string> words);
  void refresh();

  Slowlog slowlog_;
  LatencyEvents latency_;
  std::vector<Session*> monitors_;
  uint64_t threshold_ns_ = UINT64_MAX;
  uint64_t slow_ns_ = UINT64_MAX;  // The slowlog's.
  uint64_t slowlog_entries_max_ = 0;
  uint64_t latency_threshold_ms_ = 0;  // 0: off.
};

// The words as they may be shown: passwords become "(redacted)".
std::vector<std::string> shown_words(const Command& command, CommandWords words);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMAND_LOG_H_
