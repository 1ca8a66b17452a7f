#include "tests/sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "engine/snapshot.h"
#include "engine/snapshots.h"
#include "logstore/tier_directory.h"
#include "tests/sim/audit.h"

namespace sim {

namespace {

constexpr int kDatabases = 3;
constexpr size_t kClients = 6;
constexpr uint64_t kPipelineMax = 6;
// Turns in which everything that was asked for must be answered.
constexpr int kSettleTurns = 100'000;

}  // namespace

// ---- What a seed stands for

Simulation::Weather Simulation::weather_of(uint64_t seed) {
  Weather weather;
  weather.faults = seed % 4 == 1;
  weather.damage = seed % 8 == 2;
  weather.crashes = seed % 2 == 0;
  weather.small_disk = seed % 16 == 3;
  return weather;
}

WorldOptions Simulation::world_options(const SimulationOptions& options, const Weather& weather) {
  base::Random random(options.seed * 7919);
  WorldOptions world;
  world.seed = options.seed;
  world.databases = kDatabases;
  world.maxmemory = 8 * 1024 * 1024;
  constexpr uint64_t kPressures[] = {100, 400, 1000, 2500};
  world.resident_percent = kPressures[random.below(4)];
  world.not_cached_per_mille = static_cast<uint32_t>(random.below(1000));
  world.tier_bytes_max = weather.small_disk ? 12 * 512 * 1024 : 0;
  // Slow snapshots see more change under them.
  constexpr uint64_t kRates[] = {0, 0, 200'000, 1'000'000};
  world.snapshot_bytes_per_second = kRates[random.below(4)];
  world.lfu = random.one_in(3);
  world.verbose = options.verbose;
  return world;
}

Simulation::Simulation(const SimulationOptions& options)
    : options_(options),
      weather_(weather_of(options.seed)),
      world_(world_options(options, weather_)),
      random_(options.seed * 104729),
      model_(kDatabases),
      saves_(&world_, &coverage_, kDatabases) {}

// ---- The run

void Simulation::run() {
  world_.start();
  workload_ = std::make_unique<Workload>(&random_, world_.engine().commands(), kDatabases);
  begin_clients();
  while (executed_ < options_.operations) {
    world_.turn([this] {
      saves_.observe(model_, snapshot_may_fail());
      for (const auto& client : clients_) {
        if (client->waiting() != 0 || random_.one_in(4)) continue;
        for (uint64_t i = 1 + random_.below(kPipelineMax); i > 0; --i)
          client->add(workload_->next(world_.engine().now_ms()));
      }
      execute_commands();
      disturb();
      saves_.observe(model_, snapshot_may_fail());
    });
    if (random_.one_in(400)) rebuild();
    if (weather_.crashes && random_.one_in(300)) crash();
  }
  finish();
}

void Simulation::begin_clients() {
  clients_.clear();
  for (size_t i = 0; i < kClients; ++i) clients_.push_back(nullptr);
  for (auto& client : clients_) {
    const int database = static_cast<int>(random_.below(kDatabases));
    client = make_client(random_.one_in(2) ? 0 : database);
  }
}

std::unique_ptr<Client> Simulation::make_client(int database) {
  return std::make_unique<Client>(
      &world_.engine(), database,
      [this](const Client& client, const Words& words, std::string_view reply) {
        on_reply(client, words, reply);
      });
}

void Simulation::execute_commands() {
  std::vector<Client*> ready;
  for (const auto& client : clients_)
    if (client->may_execute()) ready.push_back(client.get());
  for (size_t i = ready.size(); i > 1; --i) std::swap(ready[i - 1], ready[random_.below(i)]);
  for (Client* client : ready) client->take(1 + random_.below(kPipelineMax));
  for (Client* client : ready) client->prefetch();
  world_.engine().begin_batch();
  for (Client* client : ready) {
    client->run();
    for (const auto& each : clients_)
      if (each->session().blocked && each->next_words()[0] == "RANDOMKEY")
        each->add_to_view(model_.at(each->command_database()));
    saves_.observe(model_, snapshot_may_fail());
  }
  world_.engine().end_batch();
}

void Simulation::on_reply(const Client& client, const Words& words, std::string_view reply) {
  const int database = client.command_database();
  ++executed_;
  coverage_.add(Seen::kCommands);
  world_.loop().trace(reply.size());
  if (options_.verbose) {
    std::string command;
    for (const std::string& word : words) command += shortened(word) + " ";
    world_.log().notice("database {}: {}-> {}", database, command, shortened(reply));
  }
  if (is_excused(database, words, reply)) return;
  if (words[0].starts_with("FLUSH")) coverage_.add(Seen::kFlushes);
  std::string wrong = model_.execute(database, words, reply, world_.engine().now_ms());
  // It may answer as of any moment since it began, or find that all it looked at has moved.
  if (words[0] == "RANDOMKEY" && !wrong.empty() && !client.view().empty()) {
    if (reply == kNull) wrong.clear();
    for (const std::string& key : client.view())
      if (reply == bulk(key)) wrong.clear();
  }
  if (wrong.empty()) {
    saves_.observe(model_, snapshot_may_fail());
    return;
  }
  std::string command;
  for (const std::string& word : words) command += shortened(word) + " ";
  throw Failure{fmt::format("database {}: {}: {}", database, command, wrong)};
}

bool Simulation::is_excused(int database, const Words& words, std::string_view reply) {
  if (reply.starts_with("-OOM ")) {
    coverage_.add(Seen::kRefusedOom);
    return true;
  }
  if (!reply.starts_with("-ERR cold tier")) return false;
  coverage_.add(Seen::kTierErrors);
  if (weather_.faults) return true;
  for (const auto& [at, key] : keys_of(database, words))
    if (damaged_.contains({world_.engine().databases().at(at).id(), key})) return true;
  return false;
}

bool Simulation::snapshot_may_fail() const {
  return weather_.faults || weather_.small_disk || !damaged_.empty();
}

// ---- Disturbances

void Simulation::disturb() {
  if (random_.one_in(4)) demote();
  if (random_.one_in(20)) save();
  if (random_.one_in(25)) world_.tier().store().compact_all();
  if (random_.one_in(25)) replace_client();
  if (random_.one_in(10)) world_.clock().advance_us(static_cast<int64_t>(random_.below(100'000)));
  if (weather_.damage && random_.one_in(20)) damage_record();
  if (weather_.faults && random_.one_in(5)) inject_fault();
  if (index_heals_ms_ != 0 && world_.engine().now_ms() >= index_heals_ms_) {
    index_heals_ms_ = 0;
    world_.index_store().fail_reads_with(base::ok_status());
    world_.index_store().fail_writes_with(base::ok_status());
  }
}

void Simulation::demote() {
  engine::Background& background = world_.engine().background();
  if (random_.one_in(3)) return background.demote_bytes(random_.below(200'000));
  for (uint64_t i = random_.below(20); i > 0; --i) {
    engine::Keyspace& keyspace =
        world_.engine().databases().at(static_cast<int>(random_.below(kDatabases)));
    const std::string key = workload_->random_key();
    background.demoter()->demote_key(keyspace, keyspace.key_of(key));
  }
}

void Simulation::save() {
  if (random_.one_in(8) && world_.engine().snapshots().running()) {
    // Its failure is asked for.
    saves_.observe(model_, true);
    return world_.engine().snapshots().cancel();
  }
  if (world_.engine().snapshots().running()) return;
  const base::Status begun = world_.engine().snapshots().begin_save([](const base::Status&) {});
  if (!begun.ok() && !snapshot_may_fail()) throw Failure{"a snapshot does not begin"};
}

void Simulation::replace_client() {
  auto& client = clients_[random_.below(clients_.size())];
  const int database = static_cast<int>(random_.below(kDatabases));
  client.reset();
  client = make_client(database);
}

void Simulation::inject_fault() {
  using iouring::SimOperation;
  coverage_.add(Seen::kFaults);
  if (random_.one_in(6)) {
    const base::Error error{base::ErrorCode::kIo, EIO, "injected"};
    if (random_.one_in(2)) world_.index_store().fail_reads_with(error);
    if (random_.one_in(2)) world_.index_store().fail_writes_with(error);
    index_heals_ms_ = world_.engine().now_ms() + static_cast<int64_t>(1 + random_.below(200));
    return;
  }
  constexpr SimOperation kFailing[] = {
      SimOperation::kOpen,     SimOperation::kRead,   SimOperation::kRead,
      SimOperation::kWrite,    SimOperation::kWrite,  SimOperation::kSync,
      SimOperation::kAllocate, SimOperation::kRename, SimOperation::kSyncDirectory,
      SimOperation::kTruncate, SimOperation::kUnlink};
  const SimOperation operation = kFailing[random_.below(std::size(kFailing))];
  world_.disk().fail(operation, 1 + random_.below(8), random_.one_in(2) ? -EIO : -ENOSPC,
                     random_.one_in(2));
}

// A bad sector: some bytes of one live record change, which is soon read.
void Simulation::damage_record() {
  constexpr int kTries = 16;
  const int database = static_cast<int>(random_.below(kDatabases));
  engine::Keyspace& keyspace = world_.engine().databases().at(database);
  for (int i = 0; i < kTries; ++i) {
    const std::string text = workload_->random_key();
    const engine::Key key = keyspace.key_of(text);
    const logstore::Lookup found = world_.tier().index().lookup(
        {keyspace.id(), key.hash, logstore::UnitKind::kRoot, key.text});
    if (found.state != logstore::LookupState::kFound) continue;
    const logstore::Location& at = found.value.location;
    coverage_.add(Seen::kDamagedRecords);
    damaged_.emplace(keyspace.id(), text);
    world_.disk().corrupt(logstore::segment_path(kTierDirectory, at.ref.segment),
                          at.offset + random_.below(at.ref.bytes), 1);
    for (const auto& client : clients_)
      if (client->session().database == database) return client->add({"GET", text});
    return;
  }
}

void Simulation::rebuild() {
  // A damaged record cannot give its row back.
  if (!damaged_.empty()) return;
  settle();
  compare_keys();
  for (int i = 0; !rebuild_index(world_, weather_.faults); ++i)
    if (i == 100) throw Failure{"rebuild: it never succeeds"};
  coverage_.add(Seen::kRebuilds);
  compare_keys();
}

void Simulation::crash() {
  coverage_.add(Seen::kCrashes);
  if (saves_.running()) coverage_.add(Seen::kCrashesInSnapshot);
  gather_counts();
  for (auto& client : clients_) static_cast<void>(client.release());
  world_.crash();
  damaged_.clear();
  index_heals_ms_ = 0;
  model_ = saves_.survivor();
  world_.start();
  coverage_.add(Seen::kLoadedKeys, world_.engine().databases().keys());
  begin_clients();
  sweep();
}

// ---- The end

void Simulation::settle() {
  index_heals_ms_ = 0;
  world_.index_store().fail_reads_with(base::ok_status());
  world_.index_store().fail_writes_with(base::ok_status());
  const auto settled = [this] {
    for (const auto& client : clients_)
      if (client->waiting() != 0) return false;
    return world_.is_idle();
  };
  for (int i = 0; !settled(); ++i) {
    if (i == kSettleTurns) {
      size_t waiting = 0;
      for (const auto& client : clients_) waiting += client->waiting();
      const logstore::LogStoreStatistics store = world_.tier().store().statistics();
      throw Failure{fmt::format(
          "it hangs: {} commands wait; snapshot {}, {} demotions, fetches {}, store idle {} "
          "(compacting {}, {} reads in flight, {} waiting), index idle {} (healthy {})",
          waiting, world_.engine().snapshots().running(), world_.tier().demotions_in_flight(),
          world_.tier().fetches().size(), world_.tier().store().is_idle(),
          world_.tier().store().is_compacting(), store.reads_in_flight, store.reads_waiting,
          world_.tier().index().idle(), world_.tier().index().health().ok())};
    }
    world_.turn([this] {
      saves_.observe(model_, snapshot_may_fail());
      execute_commands();
    });
  }
}

void Simulation::sweep() {
  const bool has_pttl = world_.engine().commands().find("PTTL") != nullptr;
  const Model before = model_;
  for (int i = 0; i < kDatabases; ++i) {
    clients_.push_back(make_client(i));
    for (const auto& [key, value] : before.at(i)) {
      clients_.back()->add({"GET", key});
      if (has_pttl) clients_.back()->add({"PTTL", key});
    }
  }
  settle();
  clients_.resize(clients_.size() - kDatabases);
  compare_keys();
}

void Simulation::compare_keys() {
  const std::vector<std::map<std::string, int64_t>> found = audit(world_);
  const int64_t now_ms = world_.engine().now_ms();
  for (int i = 0; i < kDatabases; ++i) {
    const std::map<std::string, int64_t>& keys = found[static_cast<size_t>(i)];
    for (const auto& [key, expiry_ms] : keys) {
      if (expiry_ms != kNoExpiry && expiry_ms <= now_ms) continue;
      const auto known = model_.at(i).find(key);
      if (known == model_.at(i).end() || known->second.expiry_ms != expiry_ms)
        throw Failure{fmt::format("database {}: {} with expiry {} is there and should not be", i,
                                  shortened(key), expiry_ms)};
    }
    for (const auto& [key, value] : model_.at(i))
      if (!value.is_expired(now_ms) && !keys.contains(key))
        throw Failure{fmt::format("database {}: {} is not there", i, shortened(key))};
  }
}

void Simulation::gather_counts() {
  engine::Engine& engine = world_.engine();
  const engine::TierStatistics& tier = world_.tier().statistics();
  const logstore::LogStoreStatistics store = world_.tier().store().statistics();
  const engine::KeyspaceShared& shared = engine.databases().shared();
  coverage_.add(Seen::kParked, tier.parked_commands);
  coverage_.add(Seen::kColdReads, tier.fetched_keys);
  coverage_.add(Seen::kMultiPageReads, world_.tier().large_reads().multi_page_reads());
  coverage_.add(Seen::kCoalescedReads, tier.coalesced_reads);
  coverage_.add(Seen::kStaleReads, tier.stale_reads);
  coverage_.add(Seen::kPromotions, shared.promoted_keys);
  coverage_.add(Seen::kDemotions, tier.demoted_keys);
  coverage_.add(Seen::kCancelledDemotions, tier.cancelled_demotions);
  coverage_.add(Seen::kDrops, tier.dropped_keys);
  coverage_.add(Seen::kExpiries, shared.expired);
  coverage_.add(Seen::kCompactions, store.compactions);
  coverage_.add(Seen::kRelocations, store.relocated_records);
  coverage_.add(Seen::kResidentRelocations, tier.relocated_resident);
  coverage_.add(Seen::kWaitedForRoom, engine.gate().parked_writers_total());
}

void Simulation::finish() {
  settle();
  compare_keys();
  sweep();
  gather_counts();
  clients_.clear();
  world_.stop();
}

}  // namespace sim
