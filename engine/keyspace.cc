#include "engine/keyspace.h"

#include <algorithm>

#include "base/limits.h"
#include "engine/tier.h"
#include "engine/value/chunked_string.h"
#include "engine/value/counted_tree.h"
#include "engine/value/value_type.h"
#include "persist/rdb_format.h"

namespace engine {

namespace {

constexpr KeyEvent kNewEvent = {notify_event::kNewKey, "new"};
constexpr KeyEvent kMissEvent = {notify_event::kKeyMiss, "keymiss"};
constexpr KeyEvent kExpiredEvent = {notify_event::kExpired, "expired"};

}  // namespace

Keyspace::Keyspace(NamespaceId id, KeyspaceShared* shared)
    : id_(id),
      shared_(shared),
      dictionary_(&shared->heap, shared->hasher),
      residence_(id, &dictionary_, &shared->residence) {}

// ---- Reading

Entry* Keyspace::live_entry(const Key& key) {
  Entry* const entry = dictionary_.find(key.hash, key.text);
  if (entry == nullptr || !entry->has_expiry() || !is_expired(entry->expiry_ms())) [[likely]]
    return entry;
  remove_resident(key);
  note_expired(key);
  return nullptr;
}

void Keyspace::note_expired(const Key& key) {
  ++shared_->expired;
  if (shared_->deletions != nullptr) shared_->deletions->on_expired(id_, key.text);
  changed(key, kExpiredEvent);
}

void Keyspace::note_miss(const Key& key) {
  ++shared_->misses;
  notify(key, kMissEvent);
}

void Keyspace::tell_change(const Key& key, const KeyEvent& event) const {
  const KeyEvents& events = shared_->events;
  if ((events.wanted & KeyEvents::kChanges) != 0) events.listener->on_key_changed(*this, key);
  if ((events.wanted & event.event_class) != 0) events.listener->on_key_event(*this, key, event);
}

void Keyspace::touch(const Key& key, Entry* entry) {
  if (shared_->counts_touches) entry->set_access(shared_->access.touched(entry->access()));
  if (!entry->probation()) [[likely]]
    return;
  // Those who waited for the read are its first touch; whoever comes later is the second.
  FetchId id;
  if (shared_->residence.tier->fetches().find(id_, key, &id) != nullptr) return;
  entry->set_probation(false);
  ++shared_->promoted_keys;
}

Entry* Keyspace::find(const Key& key) {
  Entry* const entry = live_entry(key);
  if (entry == nullptr) {
    // A cold key with value access is there only when it has expired.
    live_note(key);
    note_miss(key);
    return nullptr;
  }
  ++shared_->hits;
  touch(key, entry);
  return entry;
}

Entry* Keyspace::peek(const Key& key) { return live_entry(key); }

std::optional<KeyFacts> Keyspace::facts(const Key& key, bool counts) {
  std::optional<KeyFacts> facts;
  if (Entry* const entry = live_entry(key)) {
    facts = KeyFacts{entry->type(), entry->expiry_ms(), entry};
  } else if (const ColdNote* const note = live_note(key)) {
    facts = KeyFacts{value_type_of(note->where.rdb_type), note->where.expire_at_ms, nullptr};
  }
  if (counts && facts.has_value()) ++shared_->hits;
  if (counts && !facts.has_value()) note_miss(key);
  return facts;
}

// ---- Writing

EntryOptions Keyspace::fresh_options() const {
  EntryOptions options;
  options.access = shared_->access.fresh();
  options.epoch = residence_.epoch();
  return options;
}

Dictionary::Slot Keyspace::slot_to_overwrite(const Key& key, bool* existed) {
  Dictionary::Slot slot = dictionary_.find_slot(key.hash, key.text);
  if (!slot) {
    if (ColdNote* const note = live_note(key)) {
      *existed = true;
      forget_note(key, note);
    }
    return slot;
  }
  const Entry* const entry = slot.entry();
  if (entry->has_expiry() && is_expired(entry->expiry_ms())) [[unlikely]] {
    live_entry(key);
    return {};
  }
  residence_.modify(key.hash, slot);
  return slot;
}

// Frees what the entry's value holds outside the entry, later when it is large.
void Keyspace::release_value(Entry* entry) {
  if (!entry->out_of_line()) [[likely]]
    return;
  if (entry->form() == ValueForm::kChunked) {
    shared_->condemned_chunks.push_back(entry->chunks());
  } else {
    shared_->condemned_trees.push_back(entry->tree());
  }
}

void Keyspace::apply_expiry(Dictionary::Slot slot, const SetOptions& options) {
  Entry* entry = slot.entry();
  if (options.keep_expiry) return;
  const bool had = entry->has_expiry();
  const bool has = options.expiry_ms != kNoExpiry;
  if (!had && !has) [[likely]]
    return;
  entry = has ? shared_->heap.with_expiry(entry, options.expiry_ms)
              : shared_->heap.without_expiry(entry);
  dictionary_.replace(slot, entry);
  residence_.note_expiry(had, has);
}

void Keyspace::set(const Key& key, std::string_view value, const SetOptions& options) {
  CHECK_LE(value.size(), base::kInlineValueBytesMax);
  ++shared_->changes;
  int64_t cold_expiry_ms = kNoExpiry;
  if (options.keep_expiry) {
    if (const ColdNote* const note = live_note(key)) cold_expiry_ms = note->where.expire_at_ms;
    live_entry(key);
  }
  bool existed = false;
  Dictionary::Slot slot = slot_to_overwrite(key, &existed);
  if (!slot) {
    EntryOptions fresh = fresh_options();
    fresh.form = options.form;
    fresh.expiry_ms = options.keep_expiry ? cold_expiry_ms : options.expiry_ms;
    residence_.create(key.hash, shared_->heap.create(key.text, value, fresh));
    if (!existed) notify(key, kNewEvent);
    return;
  }
  Entry* entry = slot.entry();
  release_value(entry);
  entry = shared_->heap.with_value(entry, value, options.form);
  entry->set_type(ValueType::kString);
  entry->set_access(shared_->access.fresh());
  dictionary_.replace(slot, entry);
  apply_expiry(slot, options);
}

void Keyspace::set_chunks(const Key& key, ChunkedString* chunks, const SetOptions& options) {
  int64_t expiry_ms = options.expiry_ms;
  if (options.keep_expiry) {
    const std::optional<KeyFacts> old = facts(key);
    expiry_ms = old.has_value() ? old->expiry_ms : kNoExpiry;
  }
  const bool replaces = exists(key);
  if (replaces) erase(key);
  EntryOptions fresh = fresh_options();
  fresh.expiry_ms = expiry_ms;
  add(key, shared_->heap.create_chunked(key.text, chunks, fresh), !replaces);
}

void Keyspace::set_string(const Key& key, std::string_view value, const SetOptions& options) {
  if (value.size() <= base::kInlineValueBytesMax) return set(key, value, options);
  set_chunks(key, ChunkedString::create(base::as_bytes(value)), options);
}

Dictionary::Slot Keyspace::modify(const Key& key) {
  if (live_entry(key) == nullptr) return {};
  Dictionary::Slot slot = dictionary_.find_slot(key.hash, key.text);
  residence_.modify(key.hash, slot);
  touch(key, slot.entry());
  ++shared_->changes;
  return slot;
}

void Keyspace::add(const Key& key, Entry* entry, bool is_new) {
  ++shared_->changes;
  residence_.create(key.hash, entry);
  if (is_new) notify(key, kNewEvent);
}

void Keyspace::remove_resident(const Key& key) {
  Entry* const entry = residence_.forget(key.hash, key.text);
  // The entry gives up one reference when it is destroyed; the other is freed in slices.
  if (entry->form() == ValueForm::kChunked)
    shared_->condemned_chunks.push_back(entry->chunks()->freeze());
  if (entry->form() == ValueForm::kPaged)
    shared_->condemned_trees.push_back(entry->tree()->freeze());
  shared_->heap.destroy(entry);
}

bool Keyspace::erase(const Key& key) {
  if (live_entry(key) != nullptr) {
    remove_resident(key);
  } else if (ColdNote* const note = live_note(key)) {
    forget_note(key, note);
  } else {
    return false;
  }
  ++shared_->changes;
  return true;
}

bool Keyspace::set_expiry(const Key& key, int64_t expiry_ms) {
  if (live_entry(key) == nullptr) return false;
  Dictionary::Slot slot = dictionary_.find_slot(key.hash, key.text);
  residence_.modify(key.hash, slot);
  apply_expiry(slot, {.expiry_ms = expiry_ms});
  ++shared_->changes;
  return true;
}

void Keyspace::rename(const Key& from, Keyspace& to_keyspace, const Key& to) {
  if (to_keyspace.exists(to)) to_keyspace.erase(to);
  Entry* entry = residence_.forget(from.hash, from.text);
  if (entry->has_record_ref()) entry = shared_->heap.without_record_ref(entry);
  entry->set_state(EntryState::kDirty);
  entry->set_probation(false);
  entry->set_epoch(residence_.epoch());
  entry = shared_->heap.with_key(entry, to.text);
  to_keyspace.add(to, entry);
}

// ---- Cold keys

void Keyspace::note_cold(const Key& key, const logstore::IndexValue& where) {
  if (cold_note(key) == nullptr) cold_notes_.push_back({std::string(key.text), where});
}

Keyspace::ColdNote* Keyspace::cold_note(const Key& key) {
  for (ColdNote& note : cold_notes_)
    if (note.key == key.text) return &note;
  return nullptr;
}

Keyspace::ColdNote* Keyspace::live_note(const Key& key) {
  ColdNote* const note = cold_note(key);
  if (note == nullptr || !is_expired(note->where.expire_at_ms)) return note;
  forget_note(key, note);
  note_expired(key);
  return nullptr;
}

void Keyspace::forget_note(const Key& key, ColdNote* note) {
  residence_.forget_cold(key, note->where);
  *note = std::move(cold_notes_.back());
  cold_notes_.pop_back();
}

bool Keyspace::expire_if_due(const Key& key) {
  const uint64_t before = shared_->expired;
  if (live_entry(key) == nullptr) live_note(key);
  return shared_->expired != before;
}

}  // namespace engine
