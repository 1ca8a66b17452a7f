// Gate: what stands between a command and its handler.
//
// It finds the command's keys, learns where cold ones lie, has their values read in full before
// the handler runs, and makes sure that the memory which the command takes is there. A command that
// has to wait is parked: its source keeps the bytes and offers the command again when told, from
// the top, so nothing that was checked before the wait is trusted after it.
//
//   every key located? -- no --> park (lookups in flight)
//   more than a quarter of maxmemory, of values or of words? --> refuse:
//                         -OOM command needs N bytes, limit M
//   every value resident? -- no --> park (reads in flight)
//   room for what is written? -- no --> park until demotion or eviction made room, or refuse
//   run
//
// Writers that wait for room are served first come, first served.

#ifndef BASALT_ENGINE_GATE_H_
#define BASALT_ENGINE_GATE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/limits.h"
#include "engine/budget.h"
#include "engine/command_keys.h"
#include "engine/command_table.h"
#include "engine/databases.h"
#include "engine/keyspace.h"
#include "engine/large_command.h"
#include "engine/session.h"
#include "engine/tier.h"

namespace engine {

// A key of a request, hashed.
struct RequestKey {
  Key key;
  KeyAccess access = KeyAccess::kNone;
  int32_t database = kNoDatabase;  // kNoDatabase: the session's.
};

// One command as it goes through the gate. Views are valid for the turn.
struct Request {
  const Command* command = nullptr;  // Null: unknown.
  // The command's; of EXEC also what its queue has, with the bytes that the queue brings.
  uint32_t flags = 0;
  uint64_t queued_bytes = 0;
  CommandWords words;
  LargeCommand* large = nullptr;  // Has the value that is missing in `words`; null: none is.
  std::span<const RequestKey> keys;
  bool names_databases = false;  // Some of the keys do.
  bool key_too_long = false;     // One of them exceeds base::kKeyBytesMax.
};

inline constexpr std::string_view kOomError =
    "-OOM command not allowed when used memory > 'maxmemory'.";

inline std::string key_too_long_error() {
  return "-ERR key is longer than " + std::to_string(base::kKeyBytesMax) + " bytes";
}

enum class Admission : uint8_t { kReady, kParked, kRefused };

// Frees memory for writers when the tier cannot.
class Evictor {
 public:
  // Deletes keys by maxmemory-policy until `bytes` of room are there; false when it cannot.
  virtual bool evict_for(uint64_t bytes) = 0;

 protected:
  ~Evictor() = default;
};

class Gate {
 public:
  // All outlive the gate; `tier` is null when it is off.
  Gate(Databases* databases, Budget* budget, Tier* tier, Evictor* evictor)
      : databases_(databases), budget_(budget), tier_(tier), evictor_(evictor) {}

  // kRefused fills *error with an error line for the client.
  Admission admit(Session* session, Keyspace& keyspace, const Request& request, std::string* error);
  // What admit() told the keyspaces of cold keys is void once the handler has run, or will not run
  // in this turn.
  void clear_notes(Keyspace& keyspace, const Request& request);
  // A command that ran found that it needs session->extra_bytes more, or session->more_keys. kParked
  // or kRefused, as above; kReady: it may run again at once.
  Admission admit_again(Session* session, const Request& request, std::string* error);
  // The command ran, or will not: what was held for it is given back.
  void finish(Session* session);
  // Starts the lookups and reads of the command that stands `behind` places behind the parked one
  // of its session.
  void look_ahead(Session* session, Keyspace& keyspace, const Request& request, uint64_t behind);
  void forget(Session* session);
  // Whether a transaction may hold so many bytes that wait for EXEC; fills *error if not.
  bool may_queue(uint64_t bytes, std::string* error);

  // Commands that write wait while this is set: a snapshot has more pre-images in memory than may
  // be.
  void hold_writers(bool hold) { hold_writers_ = hold; }
  // Once a turn: asks the budget for the room and, as far as it goes, wakes writers.
  void wake_writers();
  // Demotion cannot free any more: who waits is refused.
  void set_exhausted(bool exhausted) { exhausted_ = exhausted; }
  bool exhausted() const { return exhausted_; }
  size_t waiting_writers() const { return waiting_writers_.size(); }
  uint64_t parked_writers_total() const { return parked_writers_total_; }

 private:
  Admission admit_cold(Session* session, Keyspace& keyspace, const Request& request,
                       std::string* error);
  Admission admit_more_keys(Session* session, Keyspace& keyspace, std::string* error);
  Admission admit_write(Session* session, const Request& request, std::string* error);

  void wait_in_line(Session* session);

  struct ColdKey {
    Keyspace* keyspace;
    Key key;
    KeyAccess access;
    logstore::IndexValue where;
  };

  Keyspace& keyspace_of(const RequestKey& key, Keyspace& sessions_own) const {
    return key.database == kNoDatabase ? sessions_own : databases_->at(key.database);
  }

  Databases* const databases_;
  Budget* const budget_;
  Tier* const tier_;
  Evictor* const evictor_;
  std::vector<ColdKey> cold_;  // Of the request at hand.
  std::deque<Session*> waiting_writers_;
  int64_t room_ = 0;  // What the budget had left when it was last asked, less what ran since.
  bool exhausted_ = false;
  bool hold_writers_ = false;
  uint64_t parked_writers_total_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_GATE_H_
