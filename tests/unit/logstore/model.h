// A keyspace of units over one LogStore, which knows for each what it must be: the oracle of the
// store's tests. Units are dirty, demoting (an append is under way) or clean, as an engine's.

#ifndef BASALT_TESTS_UNIT_LOGSTORE_MODEL_H_
#define BASALT_TESTS_UNIT_LOGSTORE_MODEL_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "logstore/log_store.h"
#include "tests/unit/logstore/fixture.h"

namespace logstore {

class Model {
 public:
  struct Unit {
    std::string value;
    uint64_t version = 0;
    bool is_clean = false;
    Location location;
    int64_t expire_at_ms = kNoExpiry;
  };
  using Key = std::pair<uint32_t, std::string>;  // Namespace and key.
  using Units = std::map<Key, Unit>;

  Model(LogStore* store, base::Random* random) : store_(store), random_(random) {
    store_->set_on_relocated([this](const Relocation& moved) { on_relocated(moved); });
  }

  static UnitKey unit_key(const Key& key) {
    return {key.first, std::hash<std::string>()(key.second), UnitKind::kRoot, key.second};
  }

  // False, and no effect, when the store takes no records.
  bool put(const Key& key, const std::string& value) {
    const uint64_t version = ++version_;
    UnitFields fields;
    fields.namespace_id = key.first;
    fields.hash64 = unit_key(key).hash64;
    fields.key = key.second;
    if (random_->one_in(3)) fields.expire_at_ms = static_cast<int64_t>(random_->below(1u << 30));
    const base::ByteSpan parts[] = {base::as_bytes(value)};
    const Key* stored = &*keys_.insert(key).first;
    const auto location = store_->append(
        Stream::kDemotion, fields, parts,
        [this, stored, version](base::Result<Location> at) { on_appended(*stored, version, at); });
    if (!location.ok()) return false;
    erase(key);
    units_[key] = {value, version, false, {}, fields.expire_at_ms};
    ++pending_;
    return true;
  }

  void erase(const Key& key) {
    const auto at = units_.find(key);
    if (at == units_.end()) return;
    if (at->second.is_clean) store_->mark_dead(at->second.location.ref, key.first);
    units_.erase(at);
  }

  void drop(uint32_t namespace_id) {
    store_->drop_namespace(namespace_id);
    std::erase_if(units_, [&](const auto& unit) { return unit.first.first == namespace_id; });
  }

  void read(const Key& key) {
    const auto at = units_.find(key);
    if (at == units_.end() || !at->second.is_clean) return;
    store_->read(at->second.location, unit_key(key), iouring::IoClass::kColdRead,
                 [this, value = at->second.value](const base::Result<RecordView>& view) {
                   if (!view.ok()) {
                     ++read_errors_;
                     return;
                   }
                   BOOST_REQUIRE(base::as_text(view->payload) == value);
                   ++reads_;
                 });
  }

  Units clean_units() const {
    Units clean;
    for (const auto& [key, unit] : units_)
      if (unit.is_clean) clean.emplace(key, unit);
    return clean;
  }
  LiveUsage live() const {
    LiveUsage live;
    for (const auto& [key, unit] : units_) {
      if (!unit.is_clean) continue;
      live.bytes += unit.location.ref.bytes;
      ++live.records;
    }
    return live;
  }

  const Units& units() const { return units_; }
  uint64_t reads() const { return reads_; }
  uint64_t read_errors() const { return read_errors_; }
  uint64_t relocations() const { return relocations_; }
  uint64_t failed_appends() const { return failed_appends_; }
  uint64_t pending() const { return pending_; }

 private:
  void on_appended(const Key& key, uint64_t version, const base::Result<Location>& at) {
    --pending_;
    if (!at.ok()) ++failed_appends_;
    const auto unit = units_.find(key);
    if (unit == units_.end() || unit->second.version != version || !at.ok()) return;
    unit->second.is_clean = true;
    unit->second.location = *at;
    store_->mark_live(at->ref, key.first);
  }

  void on_relocated(const Relocation& moved) {
    const auto unit = units_.find({moved.unit.namespace_id, std::string(moved.unit.key)});
    BOOST_REQUIRE(unit != units_.end());
    BOOST_REQUIRE(unit->second.is_clean);
    BOOST_REQUIRE((unit->second.location == moved.from));
    BOOST_REQUIRE((moved.unit == unit_key(unit->first)));
    BOOST_REQUIRE(base::as_text(moved.record->payload) == unit->second.value);
    unit->second.location = moved.to;
    ++relocations_;
  }

  LogStore* const store_;
  base::Random* const random_;
  std::set<Key> keys_;  // Every key ever put, at a fixed address.
  Units units_;
  uint64_t version_ = 0;
  uint64_t pending_ = 0;
  uint64_t failed_appends_ = 0;
  uint64_t reads_ = 0;
  uint64_t read_errors_ = 0;
  uint64_t relocations_ = 0;
};

// A machine with a store and its model.
struct World {
  explicit World(uint64_t seed, const LogStoreOptions& options = small_options())
      : machine(seed), store(open(options)), model(store.get(), &machine.random) {}
  ~World() {
    store->stop();
    machine.until([&] { return store->is_idle(); });
    store.reset();
    machine.turns(10);
  }

  static LogStoreOptions small_options() {
    LogStoreOptions options;
    options.segment_bytes = kSegmentBytesMin;
    options.bytes_max = 24u << 20;
    options.flush_delay_ns = 1'000'000;
    return options;
  }

  std::unique_ptr<LogStore> open(const LogStoreOptions& options) {
    LogStore::OpenFailure failure;
    auto opened = LogStore::open(
        kTier, options, {.disk = &machine.disk, .loop = &machine.loop, .random = &machine.random},
        &failure);
    BOOST_REQUIRE(opened.ok());
    return std::move(opened).value();
  }

  void turn() {
    machine.turn();
    store->compact_step(100'000);
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) turn();
  }
  template <class Condition>
  void until(Condition condition) {
    machine.until([&] {
      store->compact_step(100'000);
      return condition();
    });
  }
  // Puts, turning until the store takes it.
  void put(const Model::Key& key, const std::string& value) {
    until([&] { return model.put(key, value); });
  }

  std::string random_value() {
    base::Random& random = machine.random;
    uint64_t bytes = random.below(400);
    if (random.one_in(20)) bytes = random.below(5000);
    if (random.one_in(100)) bytes = random.below(70'000);
    if (random.one_in(500)) bytes = random.below(base::kUnitBytesMax - 200);
    return std::string(bytes, static_cast<char>(random.below(256)));
  }

  Machine machine;
  std::unique_ptr<LogStore> store;
  Model model;
};

}  // namespace logstore

#endif  // BASALT_TESTS_UNIT_LOGSTORE_MODEL_H_
