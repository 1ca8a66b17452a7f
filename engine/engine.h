// Engine: the data set and everything that acts on it, without a socket.
//
// The server gives it commands of sessions; the simulation and the loader do the same. One turn:
//
//   begin_turn()                           time, and what the last turn left to wake
//   for a batch of commands:
//     prepare(session, words) -> Request   look up the row, hash the keys, prefetch their buckets
//     prefetch_entries(request)
//     execute(session, request)            gate, then handler
//   end_turn()                             background slices, index writes
//
// Deterministic: everything it knows of the world comes through Environment.

#ifndef BASALT_ENGINE_ENGINE_H_
#define BASALT_ENGINE_ENGINE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "engine/background.h"
#include "engine/budget.h"
#include "engine/client_pause.h"
#include "engine/command.h"
#include "engine/command_log.h"
#include "engine/command_table.h"
#include "engine/config.h"
#include "engine/databases.h"
#include "engine/effects.h"
#include "engine/gate.h"
#include "engine/loading.h"
#include "engine/output_gate.h"
#include "engine/pubsub.h"
#include "engine/scan_cursor.h"
#include "engine/session.h"
#include "engine/statistics.h"
#include "engine/tier.h"
#include "iouring/disk.h"
#include "iouring/helpers.h"
#include "iouring/io_schedule.h"
#include "iouring/loop.h"

namespace engine {

class Aof;
class Blocking;
class KeyReactions;
class Snapshots;
class Transactions;
class Watches;

// What the engine runs on. All outlive it.
struct Environment {
  iouring::Loop* loop = nullptr;
  iouring::IoSchedule* disk = nullptr;
  iouring::Helpers* helpers = nullptr;
  const base::Clock* clock = nullptr;
  base::Random* random = nullptr;
  base::Logger* log = nullptr;
  Config* config = nullptr;
  // Opens the key index in a directory of its own: RocksDB's, or the simulation's.
  std::function<base::Result<std::unique_ptr<logstore::KeyIndex>>(const std::string& directory,
                                                                  size_t cache_bytes)>
      open_index;
  // The process's resident set in bytes; the simulation has a model of it.
  uint64_t (*resident_bytes)() = nullptr;
  // Of the cold tier; the simulation has small ones.
  uint64_t segment_bytes = base::kSegmentBytes;
};

// What SHUTDOWN or a signal asked for.
struct ShutdownRequest {
  enum class Save : uint8_t { kAsConfigured, kYes, kNo };
  Save save = Save::kAsConfigured;
  bool now = false;         // Do not wait for replicas.
  bool force = false;       // Leave even if the save fails.
  uint64_t session_id = 0;  // Who asked and waits for an answer; 0: a signal.
};

enum class Outcome : uint8_t {
  kDone,     // It replied.
  kParked,   // Offer it again after on_runnable().
  kBlocked,  // It has run and replies later; on_runnable() follows the reply.
};

class Engine final : public Evictor {
 public:
  // What messages to all clients may come to before they are sent.
  static constexpr uint64_t kPushedBytesMax = 8 * 1024 * 1024;

  explicit Engine(const Environment& environment);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Opens the cold tier if it is configured. The text of the error is complete for the log.
  base::Status open(std::string* message);

  // ---- Commands
  void begin_turn();
  // Views of the request are valid until end_batch().
  Request prepare(const Session& session, CommandWords words);
  void prefetch_entries(const Session& session, const Request& request);
  // Before the first execute() of a batch.
  void begin_batch();
  Outcome execute(Session* session, const Request& request);
  void look_ahead(Session* session, const Request& request, uint64_t behind);
  void end_batch();
  // Background slices and what the turn has gathered; true when the next turn should not wait.
  bool end_turn();
  // Of clock().monotonic_ns(): when a turn is due though nothing happens.
  uint64_t next_tick_ns() const;
  // Background's: every 100 ms.
  void on_tick();

  // Evictor.
  bool evict_for(uint64_t bytes) override;

  // ---- Sessions
  uint64_t next_session_id() { return next_session_id_++; }
  void add_session(Session* session);
  // Gives back everything the session holds.
  void remove_session(Session* session);
  // Null when it is gone.
  Session* session(uint64_t id) const;
  const std::unordered_map<uint64_t, Session*>& sessions() const { return sessions_; }
  // The session's command is kBlocked until complete() is called for it.
  void block(Session* session);
  // Has the session closed: nothing more of it is executed.
  void kill(Session* session);
  // Whether the session may not do anything before it has named the password.
  bool must_authenticate(const Session& session) const {
    return !session.authenticated && !options().requirepass.empty();
  }
  // The command may not run: says why, and has the transaction that it belongs to fail.
  void reject(Session* session, const Request& request, std::string_view error);
  // Sends an error line (command.h) and counts it.
  void reply_error(Session* session, std::string_view error);
  // Writes the reply of a blocked command and lets the session go on; nothing if it is gone.
  void complete(uint64_t session_id, base::InlineFunction<void(resp::ReplyWriter&)> reply);

  // ---- Parts
  const Environment& environment() const { return environment_; }
  const Options& options() const { return environment_.config->options(); }
  Config& config() { return *environment_.config; }
  base::Logger& log() { return *environment_.log; }
  Databases& databases() { return databases_; }
  Budget& budget() { return budget_; }
  const Budget& budget() const { return budget_; }
  Gate& gate() { return *gate_; }
  Tier* tier() { return tier_.get(); }  // Null when the tier is off.
  Background& background() { return *background_; }
  Snapshots& snapshots() { return *snapshots_; }
  CommandIndex& commands() { return commands_; }
  Transactions& transactions() { return *transactions_; }
  Watches& watches();
  Blocking& blocking() { return *blocking_; }
  CommandLog& command_log() { return command_log_; }
  ClientPause& client_pause() { return client_pause_; }
  void end_client_pause();
  PubSub& pubsub() { return *pubsub_; }
  // After watches, subscriptions or the load began or ended.
  void refresh_key_events();
  // Messages have filled the clients' outputs: these are to be sent before anything else is
  // executed.
  bool must_send() const { return pubsub_->sent_bytes() >= kPushedBytesMax; }
  const ScanCursors& cursors() const { return cursors_; }
  Statistics& statistics() { return statistics_; }
  // CONFIG RESETSTAT.
  void reset_statistics();
  // Forty hexadecimal digits, drawn at the start.
  const std::string& run_id() const { return run_id_; }
  const std::string& replication_id() const { return replication_id_; }
  // Counted memory before there was any data.
  uint64_t startup_memory_bytes() const { return startup_memory_bytes_; }
  // Of commands, expiry and eviction; whoever wants them sets the sink.
  Effects& effects() { return effects_; }
  // Whatever a session is told passes here.
  OutputGate& output_gate() { return output_gate_; }
  Aof& aof() { return *aof_; }
  const Aof& aof() const { return *aof_; }
  // While held no command is executed, so that the data set stays as it is.
  void hold_commands(bool hold) { commands_held_ = hold; }
  bool commands_held() const;
  // The load in progress; null when there is none.
  LoadInProgress* loading() { return loading_; }
  void set_loading(LoadInProgress* loading);
  // Of the load at the start, for INFO.
  void note_load(const LoadStatistics& statistics) { last_load_ = statistics; }
  const LoadStatistics& last_load() const { return last_load_; }
  // The shutdown that was asked for, if any; the one who runs the loop carries it out.
  const std::optional<ShutdownRequest>& shutdown() const { return shutdown_; }
  void request_shutdown(const ShutdownRequest& request) {
    if (!shutdown_.has_value()) shutdown_ = request;
  }
  // False when there is none.
  bool abort_shutdown();
  int64_t now_ms() const { return databases_.shared().now_ms; }

  // ---- For Transactions and Blocking
  // As run(), of a command that was counted before.
  void run_again(Session* session, Keyspace& keyspace, const Request& request);
  // Runs a command that was admitted.
  void run(Session* session, Keyspace& keyspace, const Request& request);
  // Of clock().monotonic_ns(): when the command at hand began.
  uint64_t command_begin_ns() const { return command_begin_ns_; }
  // The command ended now.
  void count_call(Session* session, const Request& request, uint64_t begin_ns);

 private:
  void apply_memory_options();
  void register_hooks();
  // Replies with the reason why the command may not run at all; false when it may.
  bool refuse(Session* session, const Request& request);
  // Why no write is executed now; empty: they are.
  std::string refusal_of_writes() const;
  void run_with_effects(CommandContext& context, Session* session, const Request& request);
  Outcome execute_queued(Session* session, const Request& request);
  Outcome end_execute(Session* session);
  // CLIENT PAUSE: the command waits.
  bool postpone(Session* session, const Request& request);
  void note_call(Session* session, const Request& request, uint64_t took_ns);
  void note_late_call(Session* session);

  const Environment environment_;
  const base::KeyHasher hasher_;
  const ScanCursors cursors_;
  Databases databases_;
  Effects effects_{&databases_};
  OutputGate output_gate_;
  LoadStatistics last_load_;
  LoadInProgress* loading_ = nullptr;  // Not null while the data set is being loaded.
  std::optional<ShutdownRequest> shutdown_;
  bool commands_held_ = false;
  Budget budget_;
  Statistics statistics_;
  const std::string run_id_;
  const std::string replication_id_;
  uint64_t startup_memory_bytes_ = 0;
  CommandIndex commands_;
  std::unique_ptr<Tier> tier_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<PubSub> pubsub_;
  std::unique_ptr<Blocking> blocking_;
  CommandLog command_log_;
  ClientPause client_pause_;
  std::unique_ptr<KeyReactions> reactions_;
  std::unique_ptr<Transactions> transactions_;
  std::unique_ptr<Snapshots> snapshots_;
  std::unique_ptr<Aof> aof_;
  std::unique_ptr<Background> background_;
  std::unordered_map<uint64_t, Session*> sessions_;
  uint64_t next_session_id_ = 1;
  std::vector<RequestKey> batch_keys_;  // Of the requests of a batch; never grows.
  size_t batch_keys_used_ = 0;
  uint64_t command_begin_ns_ = 0;
  std::vector<std::unique_ptr<RequestKey[]>> more_keys_;  // Of commands that do not fit there.
};

}  // namespace engine

#endif  // BASALT_ENGINE_ENGINE_H_
