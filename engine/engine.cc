#include "engine/engine.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "base/memory.h"
#include "engine/aof.h"
#include "engine/blocking.h"
#include "engine/eviction.h"
#include "engine/io_limits.h"
#include "engine/key_reactions.h"
#include "engine/snapshots.h"
#include "engine/tier_open.h"
#include "engine/transaction.h"
#include "engine/transactions.h"
#include "engine/value/listpack.h"

namespace engine {

namespace {

// Keys of one batch that need no allocation of their own.
constexpr size_t kBatchKeys = 4096;

std::string random_id(base::Random& random) {
  return fmt::format("{:016x}{:016x}{:08x}", random.next(), random.next(), random.next() >> 32);
}

// In RESP2 what is pushed cannot be told from replies.
bool may_run_while_subscribed(const Session& session, const Command& command) {
  if (session.reply.protocol() == resp::Protocol::kResp3) return true;
  constexpr std::string_view kAllowed[] = {"ping",         "subscribe",   "psubscribe",
                                           "ssubscribe",   "unsubscribe", "punsubscribe",
                                           "sunsubscribe", "quit",        "reset"};
  return std::find(std::begin(kAllowed), std::end(kAllowed), command.full_name) !=
         std::end(kAllowed);
}

}  // namespace

Engine::Engine(const Environment& environment)
    : environment_(environment),
      hasher_(base::KeyHasher::with_random_secret(*environment.random)),
      cursors_(*environment.random),
      databases_(static_cast<int>(environment.config->options().databases), &hasher_,
                 environment.random),
      run_id_(random_id(*environment.random)),
      replication_id_(random_id(*environment.random)) {
  statistics_.commands.resize(all_commands().size());
  statistics_.started_ms = environment_.clock->wall_ms();
  batch_keys_.resize(kBatchKeys);
  databases_.shared().now_ms = statistics_.started_ms;
  databases_.shared().access.set_now(statistics_.started_ms);
}

Engine::~Engine() = default;

base::Status Engine::open(std::string* message) {
  for (const auto& [from, to] : options().rename_command) {
    const std::string_view reason = commands_.rename(from, to);
    if (reason.empty()) continue;
    *message = fmt::format("rename-command {}: {}", from, reason);
    return base::Error{base::ErrorCode::kInvalid};
  }
  apply_memory_options();
  if (options().tier) {
    base::Result<std::unique_ptr<Tier>> tier = open_tier(*this, message);
    if (!tier.ok()) return tier.error();
    tier_ = std::move(tier).value();
    databases_.shared().residence.tier = tier_.get();
  }
  gate_ = std::make_unique<Gate>(&databases_, &budget_, tier_.get(), this);
  pubsub_ = std::make_unique<PubSub>();
  reactions_ = std::make_unique<KeyReactions>(this);
  transactions_ = std::make_unique<Transactions>(this);
  blocking_ = std::make_unique<Blocking>(this);
  snapshots_ = std::make_unique<Snapshots>(this);
  aof_ = std::make_unique<Aof>(this);
  background_ = std::make_unique<Background>(this);
  register_hooks();
  startup_memory_bytes_ = base::memory_used_total();
  return base::ok_status();
}

namespace {

// list-max-listpack-size is -1 to -5 for 4 to 64 KiB, or a count.
uint64_t list_node_bytes(const Options& options) {
  constexpr uint64_t kLeastBytes = 4096;
  const int64_t size = options.list_max_listpack_size;
  if (size >= 0) return kLeastBytes * 2;
  return kLeastBytes << std::min<int64_t>(-size - 1, 4);
}

uint64_t list_node_entries(const Options& options) {
  const int64_t size = options.list_max_listpack_size;
  constexpr int64_t kMost = Listpack::kCountMax;
  return static_cast<uint64_t>(size < 0 ? kMost : std::clamp<int64_t>(size, 1, kMost));
}

}  // namespace

void Engine::apply_memory_options() {
  const Options& now = options();
  apply_io_limits(now, environment_.disk);
  budget_.set_limits({.maxmemory = now.maxmemory,
                      .bounds_resident = now.tier,
                      .low_water_percent = static_cast<uint32_t>(now.tier_low_water)});
  const bool lfu = now.maxmemory_policy == MaxmemoryPolicy::kAllkeysLfu ||
                   now.maxmemory_policy == MaxmemoryPolicy::kVolatileLfu;
  databases_.shared().access.configure(lfu, static_cast<uint32_t>(now.lfu_log_factor),
                                       static_cast<uint32_t>(now.lfu_decay_time));
  databases_.shared().packed_limits = {
      .hash_entries = now.hash_max_listpack_entries,
      .hash_value_bytes = now.hash_max_listpack_value,
      .set_integers = now.set_max_intset_entries,
      .list_node_bytes = list_node_bytes(now),
      .list_node_entries = list_node_entries(now),
      .stream_node_bytes = now.stream_node_max_bytes,
      .stream_node_entries = static_cast<uint64_t>(now.stream_node_max_entries),
      .zset_entries = now.zset_max_listpack_entries,
      .zset_value_bytes = now.zset_max_listpack_value};
  effects_.set_lazy(now.lazyfree_lazy_expire, now.lazyfree_lazy_eviction);
  if (tier_ == nullptr) return;
  apply_tier_options(*this);
}

void Engine::register_hooks() {
  Config& config = *environment_.config;
  config.on_change(
      {"maxmemory", "maxmemory-policy", "lfu-log-factor", "lfu-decay-time", "tier-low-water",
       "tier-max-bytes", "tier-read-depth", "tier-write-depth", "snapshot-io-depth",
       "snapshot-buffer", "rdbcompression", "hash-max-listpack-entries", "hash-max-listpack-value",
       "set-max-intset-entries", "list-max-listpack-size", "stream-node-max-bytes",
       "stream-node-max-entries", "zset-max-listpack-entries", "zset-max-listpack-value",
       "lazyfree-lazy-expire", "lazyfree-lazy-eviction"},
      [this](const Options&) {
        apply_memory_options();
        // Redis does not wait for a writer either.
        if (tier_ == nullptr && budget_.limited()) evict_for(0);
        return std::string();
      });
  command_log_.configure(options());
  config.on_change({"slowlog-log-slower-than", "slowlog-max-len", "latency-monitor-threshold"},
                   [this](const Options& now) {
                     command_log_.configure(now);
                     return std::string();
                   });
  config.on_change({"notify-keyspace-events"}, [this](const Options&) {
    refresh_key_events();
    return std::string();
  });
}

// ---- Commands

void Engine::begin_turn() {
  KeyspaceShared& shared = databases_.shared();
  shared.now_ms = environment_.clock->wall_ms();
  shared.access.set_now(shared.now_ms);
  if (tier_ != nullptr) tier_->pump();
  pubsub_->forget_sent_bytes();
  gate_->hold_writers(snapshots_->holds_writers() || aof_->holds_writers());
  gate_->wake_writers();
  if (transactions_->suspended()) [[unlikely]]
    transactions_->resume();
  if (!blocking_->empty() && !commands_held()) [[unlikely]]
    blocking_->turn();
  if (client_pause_.active() && client_pause_.until_ms() <= now_ms()) [[unlikely]]
    end_client_pause();
}

uint64_t Engine::next_tick_ns() const {
  const uint64_t tick_ns = background_->next_tick_ns();
  const int64_t due_ms = std::min(blocking_->next_deadline_ms(), client_pause_.until_ms());
  if (due_ms == INT64_MAX) [[likely]]
    return tick_ns;
  const int64_t left_ms = std::max<int64_t>(due_ms - environment_.clock->wall_ms(), 0);
  // Not before the tick anyway.
  if (left_ms > static_cast<int64_t>(Background::kTickNs / 1'000'000)) return tick_ns;
  return std::min(tick_ns,
                  environment_.clock->monotonic_ns() + static_cast<uint64_t>(left_ms) * 1'000'000);
}

Request Engine::prepare(const Session& session, CommandWords words) {
  Request request;
  request.words = words;
  request.command = commands_.resolve(words);
  if (request.command == nullptr) return request;
  request.flags = request.command->flags;
  if (request.command->access == KeyAccess::kNone) return request;
  if (!request.command->arity_fits(words.size())) return request;

  RequestKey* keys = batch_keys_.data() + batch_keys_used_;
  if (words.size() > batch_keys_.size() - batch_keys_used_) {
    more_keys_.push_back(std::make_unique<RequestKey[]>(words.size()));
    keys = more_keys_.back().get();
  }
  const Keyspace& keyspace = databases_.at(session.database);
  size_t count = 0;
  for_each_key(*request.command, words, [&](const KeyRef& ref) {
    // A command may name one word as a key twice at most: its source and its destination.
    if (count == words.size()) return;
    keys[count] = {keyspace.key_of(words[ref.position]), ref.access, kNoDatabase};
    keyspace.prefetch_bucket(keys[count].key.hash);
    request.key_too_long |= words[ref.position].size() > base::kKeyBytesMax;
    ++count;
    if (ref.also_database == kNoDatabase) [[likely]]
      return;
    if (ref.also_database >= databases_.count() || count == words.size()) return;
    keys[count] = {keys[count - 1].key, KeyAccess::kMeta, ref.also_database};
    ++count;
    request.names_databases = true;
  });
  if (keys == batch_keys_.data() + batch_keys_used_) batch_keys_used_ += count;
  request.keys = {keys, count};
  return request;
}

void Engine::prefetch_entries(const Session& session, const Request& request) {
  const Keyspace& keyspace = databases_.at(session.database);
  for (const RequestKey& key : request.keys) keyspace.prefetch_entry(key.key.hash);
}

void Engine::begin_batch() { command_begin_ns_ = environment_.clock->monotonic_ns(); }

void Engine::end_batch() {
  batch_keys_used_ = 0;
  more_keys_.clear();
}

void Engine::reply_error(Session* session, std::string_view error) {
  session->failed = true;
  ++statistics_.error_replies;
  std::string_view code = "ERR";
  if (error.starts_with('-')) code = error.substr(1, error.find(' ') - 1);
  // As many codes as there are kinds of errors; scripts could make up more.
  constexpr size_t kCodesMax = 128;
  const auto at = statistics_.errors.find(std::string(code));
  if (at != statistics_.errors.end()) {
    ++at->second;
  } else if (statistics_.errors.size() < kCodesMax) {
    statistics_.errors.emplace(code, 1);
  }
  session->reply.error(error);
}

void Engine::reject(Session* session, const Request& request, std::string_view error) {
  if (request.command != nullptr) ++statistics_.commands[request.command->id].rejected_calls;
  if (session->transaction != nullptr) return transactions_->refused(session, request, error);
  reply_error(session, error);
}

bool Engine::refuse(Session* session, const Request& request) {
  const Command* const command = request.command;
  if (command == nullptr) {
    reject(session, request, commands_.unknown_command_error(request.words));
    return true;
  }
  if (!command->arity_fits(request.words.size())) {
    reject(session, request, wrong_arity_error(*command));
    return true;
  }
  if (request.key_too_long) [[unlikely]] {
    reject(session, request, key_too_long_error());
    return true;
  }
  if (session->replays) [[unlikely]]
    return false;
  if (must_authenticate(*session) && !command->has(command_flag::kNoAuth)) {
    reject(session, request, "-NOAUTH Authentication required.");
    return true;
  }
  if (session->subscriptions != nullptr && !may_run_while_subscribed(*session, *command))
      [[unlikely]] {
    reject(session, request,
           fmt::format("-ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                       "QUIT / RESET are allowed in this context",
                       command->full_name));
    return true;
  }
  if (loading_ != nullptr && (request.flags & command_flag::kLoading) == 0) {
    reject(session, request, "-LOADING Redis is loading the dataset in memory");
    return true;
  }
  if ((request.flags & command_flag::kWrite) == 0) return false;
  const std::string refusal = refusal_of_writes();
  if (refusal.empty()) [[likely]]
    return false;
  reject(session, request, refusal);
  return true;
}

std::string Engine::refusal_of_writes() const {
  if (aof_->refuses_writes())
    return fmt::format("-MISCONF Errors writing to the AOF file: {}", aof_->failure_text());
  if (snapshots_->refuses_writes())
    return "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to "
           "persist to disk. Commands that may modify the data set are disabled, because this "
           "instance is configured to report errors during writes if RDB snapshotting fails "
           "(stop-writes-on-bgsave-error option). Please check the Redis logs for details "
           "about the RDB error.";
  // There are no replicas, so any that are asked for are missing.
  if (options().min_replicas_to_write > 0 && options().min_replicas_max_lag > 0)
    return "-NOREPLICAS Not enough good replicas to write.";
  return {};
}

Outcome Engine::execute(Session* session, const Request& request) {
  session->parked = false;
  if (session->transaction != nullptr && request.command != nullptr &&
      Transactions::takes(*request.command)) [[unlikely]]
    return execute_queued(session, request);
  if (refuse(session, request)) return end_execute(session);
  if (client_pause_.active() && postpone(session, request)) [[unlikely]]
    return Outcome::kParked;
  Keyspace& keyspace = databases_.at(session->database);
  std::string error;
  Admission admission = gate_->admit(session, keyspace, request, &error);
  if (admission == Admission::kReady) run(session, keyspace, request);
  // Each time it wants more than before, and nothing changes in between.
  while (session->wants_room) {
    session->wants_room = false;
    admission = gate_->admit_again(session, request, &error);
    if (admission == Admission::kReady) run(session, keyspace, request);
  }
  switch (admission) {
    case Admission::kReady:
      break;
    case Admission::kRefused:
      reject(session, request, error);
      break;
    case Admission::kParked:
      session->parked = true;
      gate_->clear_notes(keyspace, request);
      if (tier_ != nullptr) ++tier_->mutable_statistics().parked_commands;
      return Outcome::kParked;
  }
  gate_->clear_notes(keyspace, request);
  return end_execute(session);
}

Outcome Engine::end_execute(Session* session) {
  gate_->finish(session);
  ++session->command_sequence;
  const Outcome outcome = session->blocked ? Outcome::kBlocked : Outcome::kDone;
  if (blocking_->has_ready()) [[unlikely]]
    blocking_->serve();
  return outcome;
}

bool Engine::postpone(Session* session, const Request& request) {
  constexpr uint32_t kWrites = command_flag::kWrite | command_flag::kMayReplicate;
  if (session->replays || !client_pause_.holds((request.flags & kWrites) != 0)) return false;
  client_pause_.add_waiting(session->id);
  session->parked = session->postponed = true;
  return true;
}

void Engine::end_client_pause() {
  for (const uint64_t id : client_pause_.end()) {
    Session* const waiting = session(id);
    if (waiting == nullptr) continue;
    waiting->postponed = false;
    waiting->source->on_runnable();
  }
}

// What comes between MULTI and EXEC, and EXEC.
Outcome Engine::execute_queued(Session* session, const Request& request) {
  const bool is_exec = request.command->full_name == "exec";
  const Request all = is_exec ? transactions_->exec_request(session, request) : request;
  Transactions::Result result = Transactions::Result::kDone;
  if (!refuse(session, all)) {
    if (client_pause_.active() && postpone(session, all)) return Outcome::kParked;
    if (is_exec) {
      result = transactions_->exec(session, all);
    } else if (request.command->has(command_flag::kNoMulti)) {
      reject(session, request, "-ERR Command not allowed inside a transaction");
    } else {
      transactions_->queue(session, request);
    }
  }
  switch (result) {
    case Transactions::Result::kDone:
      break;
    case Transactions::Result::kParked:
      session->parked = true;
      if (tier_ != nullptr) ++tier_->mutable_statistics().parked_commands;
      return Outcome::kParked;
    case Transactions::Result::kSuspended:
      return Outcome::kBlocked;
  }
  return end_execute(session);
}

void Engine::run(Session* session, Keyspace& keyspace, const Request& request) {
  CommandContext context(this, session, &keyspace, &request);
  session->failed = false;
  keyspace.shared().counts_touches = !session->no_touch;
  if (effects_.wanted()) {
    run_with_effects(context, session, request);
  } else {
    request.command->handler(context);
  }
  if (session->wants_room) [[unlikely]]
    return;
  count_call(session, request, command_begin_ns_);
}

void Engine::run_again(Session* session, Keyspace& keyspace, const Request& request) {
  CommandContext context(this, session, &keyspace, &request);
  session->failed = false;
  run_with_effects(context, session, request);
  if (session->failed) ++statistics_.commands[request.command->id].failed_calls;
}

void Engine::count_call(Session* session, const Request& request, uint64_t begin_ns) {
  const Command& command = *request.command;
  CommandStatistics& counters = statistics_.commands[command.id];
  ++counters.calls;
  // The commands of a batch follow each other: one reading ends this one and begins the next.
  const uint64_t end_ns = environment_.clock->monotonic_ns();
  const uint64_t took_ns = end_ns - begin_ns;
  command_begin_ns_ = end_ns;
  counters.nanoseconds += took_ns;
  if (options().latency_tracking) {
    if (counters.latency == nullptr) [[unlikely]]
      counters.latency = std::make_unique<iouring::LatencyHistogram>();
    counters.latency->add(took_ns);
  }
  if (session->failed) ++counters.failed_calls;
  ++statistics_.commands_processed;
  ++session->commands;
  session->last_command_id = command.id;
  session->active_ms = now_ms();
  if (took_ns >= command_log_.threshold_ns() || session->blocked) [[unlikely]]
    note_call(session, request, took_ns);
}

void Engine::note_call(Session* session, const Request& request, uint64_t took_ns) {
  if (took_ns >= command_log_.threshold_ns())
    command_log_.note(
        {session, request.command, session->database, took_ns, environment_.clock->wall_us()},
        request.words);
  // What waits for keys is not slow.
  if (!session->blocked || session->waits_for_keys) return;
  session->late_call = std::make_unique<Session::LateCall>(
      Session::LateCall{command_begin_ns_ - took_ns, shown_words(*request.command, request.words)});
}

void Engine::note_late_call(Session* session) {
  const std::unique_ptr<Session::LateCall> call = std::move(session->late_call);
  if (call == nullptr) return;
  const uint64_t took_ns = environment_.clock->monotonic_ns() - call->begin_ns;
  command_log_.note_late({session, &all_commands()[session->last_command_id], session->database,
                          took_ns, environment_.clock->wall_us()},
                         call->words);
}

void Engine::run_with_effects(CommandContext& context, Session* session, const Request& request) {
  const Effects::Running running = effects_.begin_command(request);
  request.command->handler(context);
  effects_.end_command(running, *session, request);
}

void Engine::look_ahead(Session* session, const Request& request, uint64_t behind) {
  gate_->look_ahead(session, databases_.at(session->database), request, behind);
}

bool Engine::end_turn() {
  const bool more = background_->run();
  aof_->end_turn();
  if (tier_ != nullptr) tier_->index().flush_turn();
  return more || transactions_->wants_turn();
}

void Engine::on_tick() {
  aof_->tick();
  snapshots_->tick(now_ms());
  if (tier_ != nullptr) sample_tier(*this);
}

bool Engine::abort_shutdown() {
  if (!shutdown_.has_value()) return false;
  const uint64_t session_id = shutdown_->session_id;
  shutdown_.reset();
  complete(session_id, [](resp::ReplyWriter& reply) {
    reply.error("-ERR Errors trying to SHUTDOWN. Check logs.");
  });
  return true;
}

bool Engine::evict_for(uint64_t bytes) { return evict(*this, bytes); }

// ---- Sessions

void Engine::add_session(Session* session) {
  const bool added = sessions_.emplace(session->id, session).second;
  CHECK(added);
}

void Engine::remove_session(Session* session) {
  gate_->forget(session);
  reactions_->watches().end(session);
  pubsub_->forget(session);
  blocking_->forget(session);
  command_log_.forget(session);
  reactions_->refresh();
  Session* const heir = transactions_->forget(session);
  sessions_.erase(session->id);
  if (heir != nullptr) add_session(heir);
}

Session* Engine::session(uint64_t id) const {
  const auto at = sessions_.find(id);
  return at == sessions_.end() ? nullptr : at->second;
}

void Engine::kill(Session* session) {
  session->close_requested = true;
  session->source->on_runnable();
}

void Engine::reset_statistics() {
  statistics_.reset();
  KeyspaceShared& shared = databases_.shared();
  shared.hits = shared.misses = shared.expired = shared.promoted_keys = 0;
  background_->reset_statistics();
  environment_.disk->reset_maxima();
  if (tier_ != nullptr) tier_->mutable_statistics() = TierStatistics{};
}

bool Engine::commands_held() const { return commands_held_ || transactions_->suspended(); }

Watches& Engine::watches() { return reactions_->watches(); }

void Engine::refresh_key_events() { reactions_->refresh(); }

void Engine::set_loading(LoadInProgress* loading) {
  loading_ = loading;
  if (reactions_ != nullptr) reactions_->refresh();
}

void Engine::block(Session* session) {
  CHECK(!session->blocked);
  session->blocked = true;
}

void Engine::complete(uint64_t session_id, base::InlineFunction<void(resp::ReplyWriter&)> reply) {
  Session* const waiting = session(session_id);
  if (waiting == nullptr) return;
  CHECK(waiting->blocked);
  note_late_call(waiting);
  reply(waiting->reply);
  if (transactions_->answered(waiting)) return;
  waiting->blocked = false;
  waiting->source->on_runnable();
}

}  // namespace engine
