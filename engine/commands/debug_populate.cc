// DEBUG POPULATE: any number of keys, in slices, within the budget. The caller waits; others do
// not.

#include <memory>
#include <string>

#include "base/memory.h"
#include "engine/commands/debug_commands.h"
#include "engine/engine.h"

namespace engine {

namespace {

constexpr int64_t kKeysPerSlice = 256;
constexpr uint64_t kEntryBytes = 128;
constexpr uint64_t kRetryNs = 1'000'000;
constexpr uint64_t kPatienceNs = 10'000'000'000;

class Population : public std::enable_shared_from_this<Population> {
 public:
  Population(Engine* engine, uint64_t session_id, NamespaceId namespace_id, std::string prefix,
             int64_t count, int64_t value_bytes)
      : engine_(engine),
        session_id_(session_id),
        namespace_id_(namespace_id),
        prefix_(std::move(prefix)),
        count_(count),
        value_bytes_(static_cast<size_t>(value_bytes)) {}

  void run() {
    Keyspace* const keyspace = engine_->databases().find(namespace_id_);
    // A client that left, or a database that was emptied, ends it.
    if (engine_->session(session_id_) == nullptr || keyspace == nullptr) return end({});
    for (int64_t i = 0; i < kKeysPerSlice && next_ < count_; ++i) {
      if (!has_room()) return;
      if (!add(*keyspace)) return;
      ++next_;
    }
    if (next_ == count_) return end({});
    engine_->environment().loop->post([self = shared_from_this()] { self->run(); });
  }

 private:
  void end(std::string_view error) {
    engine_->complete(session_id_, [error](resp::ReplyWriter& reply) {
      error.empty() ? reply.ok() : reply.error(error);
    });
  }

  // False: it goes on later, or has ended.
  bool has_room() {
    const auto bytes = static_cast<int64_t>(kEntryBytes + prefix_.size() + value_bytes_);
    const Budget& budget = engine_->budget();
    const uint64_t now_ns = engine_->environment().loop->clock().monotonic_ns();
    if (!budget.limited() || budget.room(base::memory_used_total()) >= bytes) {
      waits_since_ns_ = 0;
      return true;
    }
    if (engine_->tier() == nullptr) {
      if (engine_->evict_for(static_cast<uint64_t>(bytes))) return true;
      end("-OOM command not allowed when used memory > 'maxmemory'.");
      return false;
    }
    if (waits_since_ns_ == 0) waits_since_ns_ = now_ns;
    if (now_ns - waits_since_ns_ > kPatienceNs) {
      end("-OOM command not allowed when used memory > 'maxmemory'.");
      return false;
    }
    engine_->environment().loop->add_timer(now_ns + kRetryNs,
                                           [self = shared_from_this()] { self->run(); });
    return false;
  }

  // False: it goes on when the key index has answered.
  bool add(Keyspace& keyspace) {
    const std::string text = fmt::format("{}:{}", prefix_, next_);
    const Key key = keyspace.key_of(text);
    if (keyspace.exists(key)) return true;
    if (keyspace.may_be_cold(key)) {
      const logstore::UnitKey unit{keyspace.id(), key.hash, logstore::UnitKind::kRoot, key.text};
      logstore::KeyIndex& index = engine_->tier()->index();
      const logstore::LookupState state = index.lookup(unit).state;
      if (state == logstore::LookupState::kFound) return true;
      if (state != logstore::LookupState::kAbsent) {
        index.lookup_async(unit, [self = shared_from_this()](const logstore::Lookup& lookup) {
          self->go_on(lookup);
        });
        return false;
      }
    }
    create(keyspace, key);
    return true;
  }

  void go_on(const logstore::Lookup& lookup) {
    Keyspace* const keyspace = engine_->databases().find(namespace_id_);
    if (lookup.state == logstore::LookupState::kError) return end("-ERR cold tier: key index");
    if (keyspace != nullptr && lookup.state == logstore::LookupState::kAbsent) {
      const std::string text = fmt::format("{}:{}", prefix_, next_);
      const Key key = keyspace->key_of(text);
      if (!keyspace->exists(key)) create(*keyspace, key);
    }
    ++next_;
    run();
  }

  void create(Keyspace& keyspace, const Key& key) {
    std::string value = fmt::format("value:{}", next_);
    if (value_bytes_ != 0) value.resize(value_bytes_, '\0');
    keyspace.set_string(key, value, {});
  }

  Engine* const engine_;
  const uint64_t session_id_;
  const NamespaceId namespace_id_;
  const std::string prefix_;
  const int64_t count_;
  const size_t value_bytes_;
  int64_t next_ = 0;
  uint64_t waits_since_ns_ = 0;
};

bool positive_word(CommandContext& context, size_t i, int64_t* value) {
  if (resp::parse_int64(context.word(i), value) && *value >= 0) return true;
  context.error("-ERR value is out of range, must be positive");
  return false;
}

}  // namespace

void debug_populate(CommandContext& context) {
  int64_t count = 0;
  int64_t value_bytes = 0;
  if (!positive_word(context, 2, &count)) return;
  if (context.argc() == 5 && !positive_word(context, 4, &value_bytes)) return;
  Engine& engine = context.engine();
  if (value_bytes > engine.options().proto_max_bulk_len)
    return context.error("-ERR value is out of range, must be positive");
  const std::string prefix(context.argc() > 3 ? context.word(3) : "key");
  engine.block(&context.session());
  const auto population = std::make_shared<Population>(
      &engine, context.session().id, context.keyspace().id(), prefix, count, value_bytes);
  engine.environment().loop->post([population] { population->run(); });
}

}  // namespace engine
