// Blocking: sessions whose command waits for a key, as BLPOP does.
//
// A handler that finds nothing calls wait(). The words are kept; when something happens to one of
// the keys, the handler runs again after the command that did it, before any other: whoever has
// waited longest first, and only for the key at hand (looks_at). It goes through the gate like any
// command, so a destination that is cold is read first; those behind it in the line of that key
// wait with it. A handler that finds nothing again calls wait() again and keeps its place.
//
//   wait ---- key changes ---> ready ---> handler replies: served
//     ^                          |----> it finds nothing ----+
//     +------------------------------------------------------+
//   deadline, CLIENT UNBLOCK: answered without the handler
//
// Loop thread only.

#ifndef BASALT_ENGINE_BLOCKING_H_
#define BASALT_ENGINE_BLOCKING_H_

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/command.h"
#include "engine/gate.h"

namespace engine {

class Engine;
struct Waiter;

class Blocking {
 public:
  // `engine` outlives it.
  explicit Blocking(Engine* engine);
  ~Blocking();

  // ---- For handlers
  // Whether the command may wait: not inside of a transaction.
  static bool may_wait(const CommandContext& context);
  // The command waits for the keys at `key_words` until `deadline_ms` of the unix time (0: for
  // ever), and is answered as said then. It has not replied. REQUIRES: may_wait().
  enum class Answer : uint8_t { kNullArray, kZero };
  struct Wait {
    std::span<const size_t> key_words = {};
    int64_t deadline_ms = 0;
    Answer answer = Answer::kNullArray;
    // With which it runs again, as many as it has; empty: its own.
    CommandWords words = {};
  };
  void wait(const CommandContext& context, const Wait& how);
  // Whether the command that runs may take from that key: it runs for the first time, or something
  // happened to this key.
  bool looks_at(const CommandContext& context, const Key& key) const;
  // It runs again: what cannot be served is passed over and is no error.
  bool runs_again(const CommandContext& context) const;

  // ---- For the engine
  bool empty() const { return waiters_.empty(); }
  size_t size() const { return waiters_.size(); }
  size_t deadlines() const { return deadlines_.size(); }
  // Something happened to the key; to all keys of the database.
  void note_change(int database, const Key& key);
  void note_database(int database);
  // Something happened to keys that sessions wait for.
  bool has_ready() const { return !ready_.empty(); }
  // Serves them. After a command, not within.
  void serve();
  // Once a turn: ends what has waited too long, and goes on with what waited for the gate.
  void turn();
  // Unix time in ms of the next deadline; INT64_MAX without one.
  int64_t next_deadline_ms() const;
  // CLIENT UNBLOCK; false when the session does not wait.
  bool unblock(Session* session, bool with_error);
  void forget(Session* session);

 private:
  struct Place {
    int database;
    std::string key;
    bool operator==(const Place&) const = default;
  };
  // Who waits for one key, the longest first.
  struct Line {
    Place place;
    std::list<Waiter*> waiters;
    bool ready = false;
  };

  Line* find_line(int database, const Key& key);
  void enter_lines(Waiter* waiter);
  void leave_lines(Waiter* waiter);
  void make_ready(Line* line);
  // False when somebody waits for the gate.
  bool serve_line(uint64_t hash, const Place& place);
  enum class Attempt : uint8_t { kServed, kNothing, kParked };
  Attempt attempt(Waiter* waiter, const Key& key);
  void release(Waiter* waiter);
  void give_up(Waiter* waiter);

  Engine* const engine_;
  std::unordered_map<Session*, std::unique_ptr<Waiter>> waiters_;
  std::unordered_multimap<uint64_t, Line> lines_;  // By the hash of the key.
  std::deque<std::pair<uint64_t, Place>> ready_;
  std::multimap<int64_t, Waiter*> deadlines_;
  Waiter* running_ = nullptr;         // Its handler runs again,
  const Key* running_key_ = nullptr;  // for this key.
  bool waits_again_ = false;          // and found nothing.
  bool serving_ = false;
};

}  // namespace engine

#endif  // BASALT_ENGINE_BLOCKING_H_
