#include "engine/residence.h"

#include "base/planted_bug.h"
#include "engine/tier.h"
#include "engine/value/large_string.h"

namespace engine {

using logstore::RecordRef;

void Residence::tell_snapshot(uint64_t hash, Entry* entry) {
  if (entry->epoch() == shared_->epoch) return;
  const EntryState state = entry->state();
  const bool forgotten =
      (BASALT_PLANTED(kPreImageLost) && state == EntryState::kDirty) ||
      (BASALT_PLANTED(kDemotingDroppedAtFreeze) && state == EntryState::kDemoting);
  if (shared_->snapshot != nullptr && state != EntryState::kClean && !forgotten)
    shared_->snapshot->before_change(namespace_id_, hash, entry);
  entry->set_epoch(shared_->epoch);
}

// The unit has a record or one in the works, and will not be what that record says.
void Residence::release_record(const Entry* entry, uint64_t hash, std::string_view key) {
  if (entry->state() == EntryState::kDirty) return;
  Tier& tier = *shared_->tier;
  tier.fetches().invalidate(namespace_id_, hash, key);
  if (entry->state() == EntryState::kDemoting) {
    tier.cancel_demotion(namespace_id_, {key, hash});
    return;
  }
  const RecordRef ref = RecordRef::unpack(entry->record_ref());
  tier.store().mark_dead(ref, namespace_id_);
  if (entry->form() == ValueForm::kChunked) tier.large_writes().release(ref);
  tier.index().erase({namespace_id_, hash, logstore::UnitKind::kRoot, key}, entry->expiry_ms());
  filter_.remove(hash);
}

void Residence::create(uint64_t hash, Entry* entry) {
  CHECK(entry->state() == EntryState::kDirty);
  if (shared_->tier != nullptr)
    shared_->tier->fetches().invalidate(namespace_id_, hash, entry->key());
  if (entry->has_expiry()) ++counts_.expiring_resident;
  dictionary_->insert(hash, entry);
}

Entry* Residence::modify(uint64_t hash, Dictionary::Slot slot) {
  Entry* entry = slot.entry();
  tell_snapshot(hash, entry);
  if (entry->state() == EntryState::kDirty) [[likely]]
    return entry;
  release_record(entry, hash, entry->key());
  entry->set_state(EntryState::kDirty);
  if (entry->has_record_ref()) {
    entry->set_probation(false);
    entry = shared_->heap->without_record_ref(entry);
    dictionary_->replace(slot, entry);
  }
  return entry;
}

Entry* Residence::forget(uint64_t hash, std::string_view key) {
  Dictionary::Slot slot = dictionary_->find_slot(hash, key);
  CHECK(static_cast<bool>(slot));
  Entry* const entry = slot.entry();
  tell_snapshot(hash, entry);
  release_record(entry, hash, key);
  if (entry->has_expiry()) --counts_.expiring_resident;
  Entry* const unlinked = dictionary_->erase(hash, key);
  CHECK(unlinked == entry);
  return unlinked;
}

void Residence::forget_cold(const Key& key, const logstore::IndexValue& where) {
  Tier& tier = *shared_->tier;
  tier.fetches().invalidate(namespace_id_, key.hash, key.text);
  tier.store().mark_dead(where.location.ref, namespace_id_);
  if (where.rdb_type == kLargeStringType) tier.large_writes().release(where.location.ref);
  tier.index().erase({namespace_id_, key.hash, logstore::UnitKind::kRoot, key.text},
                     where.expire_at_ms);
  filter_.remove(key.hash);
  CHECK_GT(counts_.cold_keys, 0u);
  --counts_.cold_keys;
  counts_.cold_hash_xor ^= key.hash;
  if (where.expire_at_ms != logstore::kNoExpiry) --counts_.expiring_cold;
}

bool Residence::ready_to_demote(uint64_t hash, Entry* entry) {
  if (shared_->snapshot == nullptr || entry->epoch() == shared_->epoch) return true;
  if (!shared_->snapshot->has_room()) return false;
  tell_snapshot(hash, entry);
  return true;
}

void Residence::begin_demotion(Entry* entry) {
  CHECK(entry->state() == EntryState::kDirty);
  CHECK(shared_->snapshot == nullptr || entry->epoch() == shared_->epoch);
  entry->set_state(EntryState::kDemoting);
}

void Residence::demoted(const Key& key, Entry* entry, const logstore::IndexValue& where,
                        bool leaves) {
  CHECK(entry->state() == EntryState::kDemoting);
  tell_snapshot(key.hash, entry);
  Tier& tier = *shared_->tier;
  tier.store().mark_live(where.location.ref, namespace_id_);
  tier.index().put({namespace_id_, key.hash, logstore::UnitKind::kRoot, key.text}, where);
  filter_.add(key.hash);
  entry->set_state(EntryState::kClean);
  if (leaves) return drop(key.hash, entry);
  Entry* const with_ref = shared_->heap->with_record_ref(entry, where.location.ref.pack());
  if (with_ref != entry) dictionary_->replace(key.hash, entry, with_ref);
}

void Residence::demotion_failed(Entry* entry) {
  CHECK(entry->state() == EntryState::kDemoting);
  entry->set_state(EntryState::kDirty);
}

void Residence::drop(uint64_t hash, Entry* entry) {
  CHECK(entry->state() == EntryState::kClean);
  ++counts_.cold_keys;
  counts_.cold_hash_xor ^= hash;
  if (entry->has_expiry()) {
    --counts_.expiring_resident;
    ++counts_.expiring_cold;
  }
  Entry* const unlinked = dictionary_->erase(hash, entry->key());
  CHECK(unlinked == entry);
  shared_->heap->destroy(unlinked);
}

void Residence::fetched(uint64_t hash, Entry* entry) {
  CHECK(entry->state() == EntryState::kClean);
  CHECK(entry->has_record_ref());
  CHECK_GT(counts_.cold_keys, 0u);
  --counts_.cold_keys;
  counts_.cold_hash_xor ^= hash;
  if (entry->has_expiry()) {
    --counts_.expiring_cold;
    ++counts_.expiring_resident;
  }
  dictionary_->insert(hash, entry);
}

void Residence::loaded(const Key& key, const logstore::IndexValue& where) {
  Tier& tier = *shared_->tier;
  tier.store().mark_live(where.location.ref, namespace_id_);
  tier.index().put({namespace_id_, key.hash, logstore::UnitKind::kRoot, key.text}, where);
  filter_.add(key.hash);
  ++counts_.cold_keys;
  counts_.cold_hash_xor ^= key.hash;
  if (where.expire_at_ms != logstore::kNoExpiry) ++counts_.expiring_cold;
}

void Residence::relocated(const logstore::Relocation& relocation) {
  Tier& tier = *shared_->tier;
  const Key key{relocation.unit.key, relocation.unit.hash64};
  const logstore::UnitFields& fields = relocation.record->fields;
  const logstore::IndexValue where{.location = relocation.to,
                                   .payload_bytes = relocation.record->plain_bytes(),
                                   .rdb_type = fields.rdb_type,
                                   .expire_at_ms = fields.expire_at_ms};
  tier.index().relocate(relocation.unit, where);
  if (relocation.unit.kind == logstore::UnitKind::kPage) {
    const logstore::PageName page = logstore::page_name(key.text);
    return tier.pages().set_page(page.value_id, page.page_id, relocation.to);
  }
  tier.fetches().invalidate(namespace_id_, key.hash, key.text);
  if (fields.rdb_type == kLargeStringType)
    tier.pages().move_root(relocation.from.ref, relocation.to.ref);
  Dictionary::Slot slot = dictionary_->find_slot(key.hash, key.text);
  if (!slot) return;
  Entry* const entry = slot.entry();
  CHECK(entry->state() == EntryState::kClean);
  ++tier.mutable_statistics().relocated_resident;
  Entry* const moved = shared_->heap->with_record_ref(entry, relocation.to.ref.pack());
  if (moved != entry) dictionary_->replace(slot, moved);
}

void Residence::forget_all_cold() {
  filter_.clear();
  counts_.cold_keys = 0;
  counts_.cold_hash_xor = 0;
  counts_.expiring_cold = 0;
}

void Residence::free_detached(Entry* entry) {
  if (shared_->snapshot != nullptr) tell_snapshot(dictionary_->hash_of(entry->key()), entry);
  shared_->heap->destroy(entry);
}

}  // namespace engine
