#include "engine/tier.h"

#include <algorithm>

#include "base/planted_bug.h"
#include "engine/session.h"
#include "engine/value/codec.h"
#include "engine/value/counted_tree.h"
#include "engine/value/large_string.h"
#include "engine/value/value_codec.h"
#include "engine/value/value_type.h"

namespace engine {

using logstore::IndexValue;
using logstore::LookupState;
using logstore::UnitKind;

namespace {

// What an entry takes beside key and value: header, expiry, reference, and the allocator's
// rounding.
constexpr uint64_t kEntryOverheadBytes = 64;
// As in Redis, shorter values are not compressed.
constexpr size_t kCompressedBytesMin = 21;

uint64_t fetched_bytes(const Key& key, const IndexValue& where) {
  return key.text.size() + where.payload_bytes + kEntryOverheadBytes;
}

}  // namespace

uint64_t Tier::resident_bytes_of(const Entry* entry) {
  const uint64_t bytes = entry->allocated_bytes();
  if (!entry->out_of_line()) return bytes;
  return bytes + (entry->form() == ValueForm::kChunked ? entry->chunks()->size()
                                                       : entry->tree()->allocated_bytes());
}

Tier::Tier(Parts parts)
    : store_(std::move(parts.store)),
      index_(std::move(parts.index)),
      databases_(parts.databases),
      budget_(parts.budget),
      index_cache_(parts.budget),
      large_writes_(store_.get(), index_.get(), &pages_, &databases_->shared().condemned_chunks),
      large_reads_(store_.get(), &pages_, budget_) {
  store_->set_on_relocated([this](const logstore::Relocation& moved) { on_relocated(moved); });
}

Tier::~Tier() = default;

// ---- Reading

Tier::Answer Tier::locate(Keyspace& keyspace, const Key& key, Session* session, IndexValue* where,
                          base::Error* error) {
  FetchId id;
  if (FetchSlot* const slot = fetches_.find(keyspace.id(), key, &id)) {
    switch (slot->stage) {
      case FetchStage::kLocating:
        ++statistics_.coalesced_reads;
        hold(id, session);
        return Answer::kPending;
      case FetchStage::kAbsent:
        return Answer::kAbsent;
      case FetchStage::kFailed:
        *error = slot->error;
        return Answer::kFailed;
      case FetchStage::kArrived:
        return Answer::kAbsent;  // It left again: nobody held it.
      case FetchStage::kLocated:
      case FetchStage::kReading:
        *where = slot->where;
        return Answer::kLocated;
    }
  }
  const logstore::UnitKey unit{keyspace.id(), key.hash, UnitKind::kRoot, key.text};
  const logstore::Lookup found = index_->lookup(unit);
  if (found.state == LookupState::kFound) {
    *where = found.value;
    return Answer::kLocated;
  }
  if (found.state == LookupState::kAbsent) return Answer::kAbsent;
  if (found.state == LookupState::kError) {
    *error = {base::ErrorCode::kIo, 0, "key index"};
    return Answer::kFailed;
  }
  id = fetches_.open(keyspace.id(), key);
  hold(id, session);
  ++lookups_in_flight_;
  index_->lookup_async(unit, [this, id](const logstore::Lookup& lookup) {
    --lookups_in_flight_;
    on_located(id, lookup);
  });
  return Answer::kPending;
}

void Tier::on_located(FetchId id, const logstore::Lookup& lookup) {
  FetchSlot* const slot = fetches_.get(id);
  CHECK(slot != nullptr);
  CHECK(slot->stage == FetchStage::kLocating);
  switch (lookup.state) {
    case LookupState::kFound:
      slot->stage = FetchStage::kLocated;
      slot->where = lookup.value;
      break;
    case LookupState::kAbsent:
      slot->stage = FetchStage::kAbsent;
      break;
    default:
      slot->stage = FetchStage::kFailed;
      slot->error = {base::ErrorCode::kIo, 0, "key index"};
      ++statistics_.read_errors;
  }
  if (slot->stale) ++statistics_.stale_reads;
  wake_holders(id, *slot);
  close_if_done(id);
}

Tier::Answer Tier::fetch(Keyspace& keyspace, const Key& key, const IndexValue& where,
                         Session* session, base::Error* error) {
  FetchId id;
  FetchSlot* slot = fetches_.find(keyspace.id(), key, &id);
  if (slot == nullptr) {
    id = fetches_.open(keyspace.id(), key);
    slot = fetches_.get(id);
    slot->stage = FetchStage::kLocated;
    slot->where = where;
  }
  if (slot->stage == FetchStage::kFailed) {
    *error = slot->error;
    return Answer::kFailed;
  }
  hold(id, session);
  if (slot->stage == FetchStage::kReading) {
    ++statistics_.coalesced_reads;
  } else {
    CHECK(slot->stage == FetchStage::kLocated);
    if (!slot->wants_value && !start_read(id)) waiting_for_memory_.push_back(id);
    slot->wants_value = true;
  }
  return Answer::kPending;
}

// False when the budget has no room for the value. One read is always let through, so that what is
// pinned can end.
bool Tier::start_read(FetchId id) {
  FetchSlot* const slot = fetches_.get(id);
  const uint64_t bytes = fetched_bytes(slot->as_key(), slot->where);
  if (reads_in_flight_ > 0 &&
      budget_->room(base::memory_used_total()) < static_cast<int64_t>(bytes))
    return false;
  budget_->reserve(bytes);
  slot->reserved_bytes = bytes;
  slot->stage = FetchStage::kReading;
  ++reads_in_flight_;
  store_->read(slot->where.location, {slot->namespace_id, slot->hash, UnitKind::kRoot, slot->key},
               iouring::IoClass::kColdRead,
               [this, id](const base::Result<logstore::RecordView>& record) {
                 --reads_in_flight_;
                 on_read(id, record);
               });
  return true;
}

void Tier::on_read(FetchId id, const base::Result<logstore::RecordView>& record) {
  FetchSlot* const slot = fetches_.get(id);
  CHECK(slot != nullptr);
  CHECK(slot->stage == FetchStage::kReading);
  budget_->release(slot->reserved_bytes);
  slot->reserved_bytes = 0;
  if (slot->stale && !BASALT_PLANTED(kStaleAnswerAccepted)) {
    // (I5) Whatever was read is not the key's value any more, however good its checksums.
    ++statistics_.stale_reads;
    slot->stage = FetchStage::kAbsent;
  } else if (!record.ok()) {
    fail(slot, record.error());
  } else if (record->fields.rdb_type == kLargeStringType) {
    if (read_pages(id, *record)) return;
    fail(slot, {base::ErrorCode::kCorrupt, 0, "value in the cold tier"});
  } else {
    take_in(*slot, *record);
  }
  settle(id);
}

void Tier::fail(FetchSlot* slot, const base::Error& error) {
  slot->stage = FetchStage::kFailed;
  slot->error = error;
  ++statistics_.read_errors;
}

void Tier::settle(FetchId id) {
  wake_holders(id, *fetches_.get(id));
  close_if_done(id);
}

bool Tier::read_pages(FetchId id, const logstore::RecordView& record) {
  const base::Result<LargeString> large = decode_large_root(record.payload);
  if (!large.ok() || pages_.find(large->value_id) == nullptr) return false;
  ++reads_in_flight_;
  large_reads_.read(*large, [this, id](const base::Result<ChunkedString*>& chunks) {
    --reads_in_flight_;
    on_pages(id, chunks);
  });
  large_reads_.step();
  return true;
}

void Tier::on_pages(FetchId id, const base::Result<ChunkedString*>& chunks) {
  FetchSlot* const slot = fetches_.get(id);
  CHECK(slot != nullptr);
  CHECK(slot->stage == FetchStage::kReading);
  if (slot->stale) {
    ++statistics_.stale_reads;
    slot->stage = FetchStage::kAbsent;
    if (chunks.ok()) databases_->shared().condemned_chunks.push_back(*chunks);
  } else if (!chunks.ok()) {
    fail(slot, chunks.error());
  } else {
    take_in_entry(*slot, {}, *chunks);
  }
  settle(id);
}

// cold -> clean, on probation.
void Tier::take_in(FetchSlot& slot, const logstore::RecordView& record) {
  if (is_aggregate_type(record.fields.rdb_type)) return take_in_aggregate(slot, record);
  const base::Error corrupt{base::ErrorCode::kCorrupt, 0, "value in the cold tier"};
  bool is_raw = false;
  const base::Result<base::ByteSpan> raw = raw_view(record.payload, &is_raw);
  if (!raw.ok() || raw->size() > base::kInlineValueBytesMax) return fail(&slot, corrupt);
  if (is_raw) return take_in_entry(slot, base::as_text(*raw), nullptr);
  const base::Result<uint64_t> length = decoded_length(record.payload);
  if (!length.ok() || *length > base::kInlineValueBytesMax) return fail(&slot, corrupt);
  scratch_.resize(std::max<size_t>(scratch_.size(), *length));
  if (!decode_string(record.payload, {scratch_.data(), *length}).ok()) return fail(&slot, corrupt);
  take_in_entry(slot, base::as_text({scratch_.data(), *length}), nullptr);
}

void Tier::take_in_aggregate(FetchSlot& slot, const logstore::RecordView& record) {
  KeyspaceShared& shared = databases_->shared();
  base::Result<OwnedValue> value = decode_aggregate(record.fields.rdb_type, record.payload,
                                                    shared.value_tools(), DecodeFor::kTier);
  if (!value.ok()) return fail(&slot, {base::ErrorCode::kCorrupt, 0, "value in the cold tier"});
  settle_entry(slot, value->into_entry(shared.heap, slot.key, fetched_options(slot)));
}

EntryOptions Tier::fetched_options(const FetchSlot& slot) {
  KeyspaceShared& shared = databases_->shared();
  EntryOptions options;
  options.state = EntryState::kClean;
  options.expiry_ms = slot.where.expire_at_ms;
  options.record_ref = slot.where.location.ref.pack();
  options.access = shared.access.fresh();
  options.epoch = shared.residence.epoch;
  options.probation = true;
  return options;
}

void Tier::take_in_entry(FetchSlot& slot, std::string_view value, ChunkedString* chunks) {
  EntryHeap& heap = databases_->shared().heap;
  const EntryOptions options = fetched_options(slot);
  settle_entry(slot, chunks != nullptr ? heap.create_chunked(slot.key, chunks, options)
                                       : heap.create(slot.key, value, options));
}

void Tier::settle_entry(FetchSlot& slot, Entry* entry) {
  Keyspace* const keyspace = databases_->find(slot.namespace_id);
  CHECK(keyspace != nullptr);
  keyspace->residence().fetched(slot.hash, entry);
  slot.stage = FetchStage::kArrived;
  ++statistics_.fetched_keys;
}

// One hold for each command, however often it is tried; holds are in the order of the commands,
// which is not the order in which they were looked at.
void Tier::hold(FetchId id, Session* session) {
  const uint64_t sequence = session->command_sequence;
  for (const FetchHold& hold : session->holds)
    if (hold.fetch == id && hold.command_sequence == sequence) return;
  fetches_.hold(id, session);
  const auto at =
      std::find_if(session->holds.begin(), session->holds.end(),
                   [sequence](const FetchHold& hold) { return hold.command_sequence > sequence; });
  session->holds.insert(at, {id, sequence});
}

// Sessions whose first command waits for this slot; those who only look ahead sleep on.
void Tier::wake_holders(FetchId id, const FetchSlot& slot) {
  for (Session* session : slot.holders) {
    if (!session->parked) continue;
    for (const FetchHold& hold : session->holds) {
      if (hold.command_sequence > session->command_sequence) break;
      if (hold.fetch != id) continue;
      session->source->on_runnable();
      break;
    }
  }
}

void Tier::close_if_done(FetchId id) {
  FetchSlot* const slot = fetches_.get(id);
  if (!slot->holders.empty() || slot->in_flight()) return;
  if (slot->stage == FetchStage::kLocated && slot->wants_value) std::erase(waiting_for_memory_, id);
  if (slot->stage == FetchStage::kArrived && !slot->stale) {
    Keyspace* const keyspace = databases_->find(slot->namespace_id);
    if (keyspace != nullptr) begin_probation(*keyspace, *slot);
  }
  fetches_.close(id);
}

void Tier::release_holds(Session* session, uint64_t command_sequence) {
  while (!session->holds.empty() && session->holds.front().command_sequence <= command_sequence) {
    const FetchId id = session->holds.front().fetch;
    session->holds.pop_front();
    if (fetches_.release(id, session)) close_if_done(id);
  }
}

void Tier::release_all_holds(Session* session) { release_holds(session, UINT64_MAX); }

void Tier::pump() {
  large_reads_.step();
  while (!waiting_for_memory_.empty()) {
    const FetchId id = waiting_for_memory_.front();
    const FetchSlot* const slot = fetches_.get(id);
    if (slot == nullptr || slot->stage != FetchStage::kLocated) {
      waiting_for_memory_.pop_front();
    } else if (slot->stale) {
      waiting_for_memory_.pop_front();
      FetchSlot* const stale = fetches_.get(id);
      stale->stage = FetchStage::kAbsent;
      wake_holders(id, *stale);
      close_if_done(id);
    } else if (start_read(id)) {
      waiting_for_memory_.pop_front();
    } else {
      return;
    }
  }
}

// ---- Writing

bool Tier::can_demote() const {
  return store_->append_state(logstore::Stream::kDemotion) == logstore::AppendState::kReady &&
         !index_->overlay_full() && index_->health().ok();
}

bool Tier::demotion_has_to_wait() const {
  const logstore::AppendState state = store_->append_state(logstore::Stream::kDemotion);
  if (!index_->health().ok()) return false;
  return state == logstore::AppendState::kBusy ||
         (state == logstore::AppendState::kReady && index_->overlay_full());
}

bool Tier::demote(Keyspace& keyspace, uint64_t hash, Entry* entry, bool compress) {
  CHECK(entry->state() == EntryState::kDirty);
  CHECK(is_demotable(*entry));
  if (entry->form() == ValueForm::kChunked) return demote_large(keyspace, hash, entry);
  scratch_.resize(std::max<size_t>(scratch_.size(), encoded_value_bytes_max(*entry)));
  const size_t value_bytes = entry->out_of_line() ? 0 : entry->value().size();
  const bool tries = compress && value_bytes >= kCompressedBytesMin && compression_.opens();
  const size_t payload_bytes = encode_value(*entry, tries, scratch_.data());
  if (tries) compression_.note(payload_bytes < value_bytes);

  logstore::UnitFields fields;
  fields.namespace_id = keyspace.id();
  fields.rdb_type = rdb_type_of(*entry);
  fields.hash64 = hash;
  fields.expire_at_ms = entry->expiry_ms();
  fields.key = entry->key();
  const uint64_t id = next_demotion_id_++;
  const base::ByteSpan payload[] = {{scratch_.data(), payload_bytes}};
  const base::Result<logstore::Location> placed = store_->append(
      logstore::Stream::kDemotion, fields, payload,
      [this, id](base::Result<logstore::Location> location) { on_demoted(id, location); });
  if (!placed.ok()) return false;

  const IndexValue where{*placed, static_cast<uint32_t>(payload_bytes), fields.rdb_type,
                         entry->expiry_ms()};
  add_demotion(id, {.namespace_id = keyspace.id(),
                    .hash = hash,
                    .key = std::string(entry->key()),
                    .where = where,
                    .access = entry->access(),
                    .bytes = resident_bytes_of(entry)});
  keyspace.residence().begin_demotion(entry);
  return true;
}

void Tier::add_demotion(uint64_t id, Demotion demotion) {
  demotion_bytes_in_flight_ += demotion.bytes;
  demotions_by_key_.emplace(demotion_key(demotion.namespace_id, demotion.hash), id);
  demotions_.emplace(id, std::move(demotion));
}

// The pages are written from the string as it is now: a change meanwhile copies what it touches.
bool Tier::demote_large(Keyspace& keyspace, uint64_t hash, Entry* entry) {
  const uint64_t id = next_demotion_id_++;
  ChunkedString* const chunks = entry->chunks()->freeze();
  const uint64_t value_id =
      large_writes_.begin({.namespace_id = keyspace.id(),
                           .hash = hash,
                           .key = std::string(entry->key()),
                           .expiry_ms = entry->expiry_ms(),
                           .bytes = chunks->size()},
                          chunks, [this, id](const base::Result<IndexValue>& where) {
                            if (!where.ok()) return on_demoted(id, where.error());
                            demotions_.at(id).where = *where;
                            on_demoted(id, where->location);
                          });
  add_demotion(id, {.namespace_id = keyspace.id(),
                    .hash = hash,
                    .key = std::string(entry->key()),
                    .where = {},
                    .access = entry->access(),
                    .bytes = resident_bytes_of(entry),
                    .value_id = value_id});
  keyspace.residence().begin_demotion(entry);
  return true;
}

bool Tier::append_loaded(Keyspace& keyspace, const logstore::UnitFields& fields,
                         base::ByteSpan payload, base::InlineFunction<void(bool)> done) {
  const uint64_t id = next_demotion_id_++;
  const base::ByteSpan parts[] = {payload};
  const base::Result<logstore::Location> placed = store_->append(
      logstore::Stream::kDemotion, fields, parts,
      [this, id](base::Result<logstore::Location> location) { on_loaded(id, location); });
  if (!placed.ok()) return false;
  const IndexValue where{*placed, static_cast<uint32_t>(payload.size()), fields.rdb_type,
                         fields.expire_at_ms};
  loaded_.emplace(
      id, Loaded{keyspace.id(), fields.hash64, std::string(fields.key), where, std::move(done)});
  return true;
}

void Tier::on_loaded(uint64_t id, const base::Result<logstore::Location>& location) {
  const auto at = loaded_.find(id);
  CHECK(at != loaded_.end());
  Loaded loaded = std::move(at->second);
  loaded_.erase(at);
  if (location.ok()) {
    loaded.where.location = *location;
    Keyspace* const keyspace = databases_->find(loaded.namespace_id);
    CHECK(keyspace != nullptr);
    keyspace->residence().loaded({loaded.key, loaded.hash}, loaded.where);
  }
  loaded.done(location.ok());
}

uint64_t Tier::begin_large_load(Keyspace& keyspace, const Key& key, int64_t expiry_ms,
                                uint64_t string_bytes, base::InlineFunction<void(bool)> done) {
  const uint64_t id = next_demotion_id_++;
  loaded_.emplace(id, Loaded{keyspace.id(), key.hash, std::string(key.text), {}, std::move(done)});
  return large_writes_.begin({.namespace_id = keyspace.id(),
                              .hash = key.hash,
                              .key = std::string(key.text),
                              .expiry_ms = expiry_ms,
                              .bytes = string_bytes},
                             nullptr, [this, id](const base::Result<IndexValue>& where) {
                               if (!where.ok()) return on_loaded(id, where.error());
                               loaded_.at(id).where = *where;
                               on_loaded(id, where->location);
                             });
}

void Tier::cancel_demotion(NamespaceId namespace_id, const Key& key) {
  auto [at, end] = demotions_by_key_.equal_range(demotion_key(namespace_id, key.hash));
  for (; at != end; ++at) {
    Demotion& demotion = demotions_.at(at->second);
    if (demotion.namespace_id != namespace_id || demotion.key != key.text) continue;
    CHECK(!demotion.cancelled);
    demotion.cancelled = true;
    if (demotion.value_id != 0) large_writes_.cancel(demotion.value_id);
    ++statistics_.cancelled_demotions;
    demotions_by_key_.erase(at);
    return;
  }
  CHECK(false);  // A demoting unit has a demotion.
}

void Tier::on_demoted(uint64_t demotion_id, const base::Result<logstore::Location>& location) {
  const auto at = demotions_.find(demotion_id);
  CHECK(at != demotions_.end());
  Demotion demotion = std::move(at->second);
  demotions_.erase(at);
  demotion_bytes_in_flight_ -= demotion.bytes;
  if (demotion.cancelled) return;  // The record is dead: its bit was never set.
  auto [by_key, end] =
      demotions_by_key_.equal_range(demotion_key(demotion.namespace_id, demotion.hash));
  by_key = std::find_if(by_key, end, [&](const auto& row) { return row.second == demotion_id; });
  CHECK(by_key != end);
  demotions_by_key_.erase(by_key);

  Keyspace* const keyspace = databases_->find(demotion.namespace_id);
  CHECK(keyspace != nullptr);
  const Key key{demotion.key, demotion.hash};
  Entry* const entry = keyspace->resident(key);
  CHECK(entry != nullptr);
  if (!location.ok()) {
    keyspace->residence().demotion_failed(entry);
    return;
  }
  demotion.where.location = *location;
  const bool leaves = entry->access() == demotion.access && !is_pinned(demotion.namespace_id, key);
  keyspace->residence().demoted(key, entry, demotion.where, leaves);
  ++statistics_.demoted_keys;
  statistics_.demoted_bytes +=
      demotion.value_id == 0 ? location->ref.bytes : demotion.where.payload_bytes;
}

void Tier::on_relocated(const logstore::Relocation& relocation) {
  Keyspace* const keyspace = databases_->find(relocation.unit.namespace_id);
  CHECK(keyspace != nullptr);
  keyspace->residence().relocated(relocation);
}

void Tier::drop(Keyspace& keyspace, uint64_t hash, Entry* entry) {
  // The entry gives up one reference when it is destroyed; the other is freed in slices.
  if (entry->form() == ValueForm::kChunked)
    databases_->shared().condemned_chunks.push_back(entry->chunks()->freeze());
  keyspace.residence().drop(hash, entry);
  ++statistics_.dropped_keys;
}

bool Tier::is_pinned(NamespaceId namespace_id, const Key& key) {
  FetchId id;
  return !fetches_.empty() && fetches_.find(namespace_id, key, &id) != nullptr;
}

// ---- Probation

void Tier::begin_probation(Keyspace& keyspace, const FetchSlot& slot) {
  Entry* const entry = keyspace.resident(slot.as_key());
  if (entry == nullptr || !entry->probation()) return;
  const uint64_t bytes = resident_bytes_of(entry);
  probation_bytes_ += bytes;
  probation_.push_back({slot.namespace_id, slot.hash, slot.key, bytes});
}

void Tier::trim_probation(uint64_t bytes) {
  while (probation_bytes_ > bytes) {
    const Probationer oldest = std::move(probation_.front());
    probation_.pop_front();
    probation_bytes_ -= oldest.bytes;
    Keyspace* const keyspace = databases_->find(oldest.namespace_id);
    if (keyspace == nullptr) continue;
    const Key key{oldest.key, oldest.hash};
    Entry* const entry = keyspace->resident(key);
    if (entry == nullptr || !entry->probation() || is_pinned(oldest.namespace_id, key)) continue;
    drop(*keyspace, oldest.hash, entry);
  }
}

// ---- Housekeeping

void Tier::drop_namespace(NamespaceId namespace_id) {
  fetches_.invalidate_namespace(namespace_id);
  for (auto& [id, demotion] : demotions_) {
    if (demotion.namespace_id != namespace_id || demotion.cancelled) continue;
    demotion.cancelled = true;
    ++statistics_.cancelled_demotions;
    auto [at, end] = demotions_by_key_.equal_range(demotion_key(namespace_id, demotion.hash));
    // Named anew: clang 14 captures no structured binding.
    at = std::find_if(at, end, [id = id](const auto& row) { return row.second == id; });
    demotions_by_key_.erase(at);
  }
  large_writes_.drop_namespace(namespace_id);
  store_->drop_namespace(namespace_id);
  index_->drop_namespace(namespace_id, {});
}

void Tier::stop() {
  large_writes_.stop();
  large_reads_.stop();
  store_->stop();
}

bool Tier::is_idle() const {
  return demotions_.empty() && loaded_.empty() && large_writes_.idle() && reads_in_flight_ == 0 &&
         lookups_in_flight_ == 0 && store_->is_idle() && index_->idle();
}

}  // namespace engine
