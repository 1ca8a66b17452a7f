// Session: what the server knows of one client, apart from its socket.
//
// A connection has one; the loader, the simulation and later a primary's link have one without a
// connection. The Engine executes commands for sessions and never sees a socket.

#ifndef BASALT_ENGINE_SESSION_H_
#define BASALT_ENGINE_SESSION_H_

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "engine/fetch_table.h"
#include "engine/watches.h"
#include "resp/reply_writer.h"

namespace engine {

enum class ReplyMode : uint8_t { kOn, kOff, kSkipNext, kSkip };

// Who issues a session's commands and keeps their bytes while they wait.
class CommandSource {
 public:
  // The command that was parked may be tried again, from the top. Called from a loop turn; inside
  // Engine::execute only for another session, which is to be closed (close_requested).
  virtual void on_runnable() = 0;
  // Something was written to the session's reply that is not the reply of a command that it has
  // given to Engine::execute: it is to be sent in this turn.
  virtual void on_output() {}

 protected:
  ~CommandSource() = default;
};

class Subscriptions;
class Transaction;

struct Session {
  explicit Session(uint64_t session_id, CommandSource* command_source, resp::OutputBuffer* out);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const uint64_t id;  // Never reused.
  CommandSource* const source;
  resp::ReplyWriter reply;

  int database = 0;
  bool authenticated = true;
  std::string user = "default";
  std::string name;
  std::string library_name;
  std::string library_version;
  ReplyMode reply_mode = ReplyMode::kOn;
  bool close_after_reply = false;
  bool no_evict = false;
  bool no_touch = false;
  bool replays = false;  // Its commands were executed before: nothing refuses them.

  // The addresses, for CLIENT LIST; empty without a socket.
  std::string peer_address;
  std::string local_address;
  int descriptor = -1;
  bool is_local = true;
  int64_t created_ms = 0;
  int64_t active_ms = 0;
  uint16_t last_command_id = UINT16_MAX;
  uint64_t commands = 0;
  uint64_t query_buffer_bytes = 0;
  bool close_requested = false;  // By CLIENT KILL; the source closes it in this turn.

  // Reads of cold keys that its commands, the parked one and those behind it, wait for; ordered by
  // command.
  std::deque<FetchHold> holds;
  // Counts its commands, so that holds can name theirs.
  uint64_t command_sequence = 0;
  // Parked: the source must not call execute again before on_runnable().
  bool parked = false;
  // Blocked: its last command has run and has not replied yet.
  bool blocked = false;
  // Memory beyond its words that the command at hand was found to need. The gate has it before the
  // command runs again; set with `wants_room` by a handler that ended without effect or reply.
  uint64_t extra_bytes = 0;
  bool wants_room = false;
  // Keys beside those in its words that the command at hand was found to read: the gate has their
  // values in memory before the command runs again. Set with `wants_room` as well.
  std::deque<std::string> more_keys;
  // Commands behind the parked one that were looked at in this round.
  uint64_t looked_ahead = 0;
  // The command that runs has replied with an error.
  bool failed = false;

  // Since MULTI; null outside.
  std::unique_ptr<Transaction> transaction;
  // Belong to Watches.
  std::list<Watch> watches;
  bool watch_touched = false;  // One of them has changed.

  // Belong to PubSub; null while there are none.
  std::unique_ptr<Subscriptions> subscriptions;
  // What the command at hand replies is dropped (CLIENT REPLY), but not what is pushed meanwhile.
  bool discards_reply = false;
  std::string kept_pushes;

  bool waits_for_keys = false;  // Belongs to Blocking.
  bool postponed = false;       // Parked by CLIENT PAUSE.
  bool monitors = false;        // Belongs to CommandLog.
  // Of a command that answers late: for the slowlog.
  struct LateCall {
    uint64_t begin_ns = 0;
    std::vector<std::string> words;
  };
  std::unique_ptr<LateCall> late_call;
};

}  // namespace engine

#endif  // BASALT_ENGINE_SESSION_H_
