#include "tests/sim/audit.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

#include "logstore/recovery.h"
#include "tests/sim/model.h"

namespace sim {

namespace {

using logstore::IndexValue;
using logstore::RecordRef;

using Rows = std::map<std::string, IndexValue, std::less<>>;

// A page is live, where the table of pages says, and part of a value that has a root.
void check_page(World& world, const logstore::IndexEntry& entry) {
  const logstore::PageName name = logstore::page_name(entry.key.key);
  const engine::PageTable::Value* const value = world.tier().pages().find(name.value_id);
  if (value == nullptr || value->root == 0) throw Failure{"audit: a page without a root"};
  const RecordRef& ref = entry.value.location.ref;
  if (name.page_id >= value->pages.size() || value->pages[name.page_id] != entry.value.location)
    throw Failure{"audit: table and index name two records of a page"};
  if (!world.tier().store().live_map().is_live(ref.segment, ref.ordinal, entry.key.namespace_id))
    throw Failure{"audit: a page's record is dead"};
}

// The rows of roots; counts those of pages.
Rows rows_of(World& world, uint32_t namespace_id, uint64_t* pages) {
  logstore::WalkOptions options;
  options.namespace_id = namespace_id;
  options.entries_max = 1'000'000;
  options.key_bytes_max = 64 * 1024 * 1024;
  options.with_pages = true;
  Rows rows;
  bool done = false;
  world.tier().index().walk(options, [&](base::Result<logstore::WalkPage> page) {
    done = true;
    if (!page.ok()) throw Failure{"audit: the index cannot be walked"};
    for (const logstore::IndexEntry& entry : page->entries) {
      if (entry.key.kind == logstore::UnitKind::kRoot) {
        rows.emplace(std::string(entry.key.key), entry.value);
        continue;
      }
      check_page(world, entry);
      ++*pages;
    }
  });
  int turns = 0;
  while (!done) {
    if (++turns > 100'000) throw Failure{"audit: the walk does not end"};
    world.quiet_turn();
  }
  return rows;
}

struct Counted {
  uint64_t clean = 0;
  uint64_t expiring_resident = 0;
};

using Keys = std::map<std::string, int64_t>;

// Checks the resident entries, adds them to `keys` and takes the rows of clean ones out of `rows`.
Counted check_resident(World& world, engine::Keyspace& keyspace, Rows* rows, Keys* keys) {
  Counted counted;
  const logstore::LiveMap& live = world.tier().store().live_map();
  uint64_t position = 0;
  do {
    position = keyspace.dictionary().scan(position, 64, [&](engine::Entry* entry, uint64_t) {
      const std::string key(entry->key());
      keys->emplace(key, entry->expiry_ms());
      if (entry->has_expiry()) ++counted.expiring_resident;
      const auto row = rows->find(key);
      if (entry->state() != engine::EntryState::kClean) {
        if (entry->state() == engine::EntryState::kDemoting)
          throw Failure{"audit: demoting while nothing is in flight: " + shortened(key)};
        if (row != rows->end()) throw Failure{"audit: a dirty unit has a row: " + shortened(key)};
        return;
      }
      ++counted.clean;
      const RecordRef ref = RecordRef::unpack(entry->record_ref());
      if (row == rows->end()) throw Failure{"audit: a clean unit has no row: " + shortened(key)};
      if (!(row->second.location.ref == ref))
        throw Failure{"audit: entry and index name two records: " + shortened(key)};
      if (row->second.expire_at_ms != entry->expiry_ms())
        throw Failure{"audit: entry and index have two expiries: " + shortened(key)};
      if (!live.is_live(ref.segment, ref.ordinal, keyspace.id()))
        throw Failure{"audit: a clean unit's record is dead: " + shortened(key)};
      if (!keyspace.residence().filter().may_contain(keyspace.hash_of(key)))
        throw Failure{"audit: the filter does not know " + shortened(key)};
      rows->erase(row);
    });
  } while (position != 0);
  return counted;
}

Keys check_keyspace(World& world, engine::Keyspace& keyspace) {
  Keys keys;
  uint64_t pages = 0;
  Rows cold = rows_of(world, keyspace.id(), &pages);
  const uint64_t rows = cold.size();
  const Counted counted = check_resident(world, keyspace, &cold, &keys);
  const engine::ResidenceCounts& counts = keyspace.residence().counts();
  const logstore::LiveMap& live = world.tier().store().live_map();
  uint64_t hash_xor = 0;
  uint64_t expiring = 0;
  for (const auto& [key, where] : cold) {
    keys.emplace(key, where.expire_at_ms);
    hash_xor ^= keyspace.hash_of(key);
    if (where.expire_at_ms != kNoExpiry) ++expiring;
    const RecordRef& ref = where.location.ref;
    if (!live.is_live(ref.segment, ref.ordinal, keyspace.id()))
      throw Failure{"audit: a cold unit's record is dead: " + shortened(key)};
    if (!keyspace.may_be_cold(keyspace.key_of(key)))
      throw Failure{"audit: the filter does not know cold " + shortened(key)};
  }
  const auto expect = [&](const char* what, uint64_t found, uint64_t wanted) {
    if (found != wanted)
      throw Failure{fmt::format("audit: {}: {} where {} were expected", what, found, wanted)};
  };
  expect("cold keys", counts.cold_keys, cold.size());
  expect("hashes of cold keys", counts.cold_hash_xor, hash_xor);
  expect("cold keys that expire", counts.expiring_cold, expiring);
  expect("resident keys that expire", counts.expiring_resident, counted.expiring_resident);
  expect("live records", live.namespace_live(keyspace.id()).records, rows + pages);
  return keys;
}

}  // namespace

std::vector<std::map<std::string, int64_t>> audit(World& world) {
  std::vector<Keys> keys;
  engine::Databases& databases = world.engine().databases();
  for (int i = 0; i < databases.count(); ++i)
    keys.push_back(check_keyspace(world, databases.at(i)));
  return keys;
}

bool rebuild_index(World& world, bool may_lose) {
  logstore::KeyIndex& index = world.tier().index();
  const auto settle = [&] {
    for (int i = 0; !index.idle(); ++i) {
      if (i == 100'000) throw Failure{"rebuild: the index is never idle"};
      world.quiet_turn();
    }
  };
  settle();
  world.index_store().destroy();
  bool complete = true;
  uint64_t lost = 0;
  {
    const auto view = world.tier().store().freeze();
    logstore::IndexRecovery recovery(
        view.get(), {},
        [&](const logstore::UnitKey& unit, const IndexValue& value) { index.put(unit, value); });
    using Progress = logstore::IndexRecovery::Progress;
    Progress progress = Progress::kMore;
    for (int i = 0; progress != Progress::kComplete && progress != Progress::kFailed; ++i) {
      if (i == 100'000) throw Failure{"rebuild: it does not end"};
      progress = recovery.step(32);
      if (progress == Progress::kWaiting) world.quiet_turn();
      index.flush_turn();
    }
    complete = progress == Progress::kComplete;
    lost = recovery.lost();
  }
  if ((!complete || lost != 0) && !may_lose) throw Failure{"rebuild: records were lost"};
  settle();
  return complete && lost == 0;
}

}  // namespace sim
