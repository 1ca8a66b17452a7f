// Transactions: queues commands between MULTI and EXEC, and runs them.
//
// EXEC goes through the gate as one command that has the keys of all that is queued, so whatever
// they need is resident before the first of them runs; then they run in one turn. Only a command
// that answers later (a walk over cold keys, DEBUG), or finds that it needs more memory than it
// brings, interrupts: until it is done no other session executes anything.
//
//   queue --EXEC--> watched keys unchanged? -- no --> null
//                   gate -- refuses --> error, no effect
//                        -- parks   --> from the top again
//                   run commands ----- one waits ---> suspended: commands are held, each turn
//                     ^                               asks whether it goes on
//                     +------- gate, for the keys of the rest <-------+
//
// Loop thread only.

#ifndef BASALT_ENGINE_TRANSACTIONS_H_
#define BASALT_ENGINE_TRANSACTIONS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/gate.h"
#include "engine/session.h"
#include "resp/block_pool.h"
#include "resp/output_buffer.h"

namespace engine {

class Engine;

class Transactions {
 public:
  // `engine` outlives it.
  explicit Transactions(Engine* engine);
  ~Transactions();

  void begin(Session* session);
  // Drops the queue and ends the watches.
  void discard(Session* session);

  // ---- For a session with a transaction
  // Whether the command belongs into the queue, or is EXEC.
  static bool takes(const Command& command);
  // Queues it. REQUIRES: takes(), and nothing else refuses it.
  void queue(Session* session, const Request& request);
  // A command was refused with this error: EXEC will fail, or fails with it.
  void refused(Session* session, const Request& request, std::string_view error);
  // What EXEC asks for, before it is refused or admitted.
  Request exec_request(Session* session, const Request& exec);
  // EXEC as Engine::execute() has it; `request` is exec_request()'s.
  enum class Result : uint8_t { kDone, kParked, kSuspended };
  Result exec(Session* session, const Request& request);

  // ---- While one is suspended
  bool suspended() const { return suspended_ != nullptr; }
  // The command of that session that answers later has answered: true when it belongs to the
  // transaction, which goes on in the next turn.
  bool answered(Session* session);
  // Goes on if it can; once a turn.
  void resume();
  // It could go on: the next turn should not wait.
  bool wants_turn() const { return suspended() && !waits_for_answer_ && !suspended_->parked; }
  // The session leaves. What it has begun is finished all the same, by the session that this
  // returns; null when nothing was.
  Session* forget(Session* session);

 private:
  struct Orphan;

  bool refuses(Session* session, const Request& request);
  // Runs commands until all are done (true) or one has to wait.
  bool run(Session* session);
  bool run_next(Session* session);
  void suspend(Session* session, bool waits_for_answer);
  void reject_one(Session* session, const Request& request, std::string_view error);
  void finish(Session* session, CommandWords words);
  void clear_notes();
  void condemn_values(Session* session);

  Engine* const engine_;
  const Command* const exec_;
  Session* suspended_ = nullptr;
  bool waits_for_answer_ = false;
  uint64_t begin_ns_ = 0;           // When the suspended EXEC began.
  std::unique_ptr<Orphan> orphan_;  // Has the transaction of a session that left.
};

}  // namespace engine

#endif  // BASALT_ENGINE_TRANSACTIONS_H_
