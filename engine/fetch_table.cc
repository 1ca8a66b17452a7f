#include "engine/fetch_table.h"

#include <algorithm>

namespace engine {

FetchSlot* FetchTable::find(NamespaceId namespace_id, const Key& key, FetchId* id) {
  auto [at, end] = by_key_.equal_range(table_key(namespace_id, key.hash));
  for (; at != end; ++at) {
    Row& row = slots_[at->second];
    if (row.slot.namespace_id != namespace_id || row.slot.key != key.text) continue;
    *id = {at->second, row.generation};
    return &row.slot;
  }
  return nullptr;
}

FetchId FetchTable::open(NamespaceId namespace_id, const Key& key) {
  FetchId existing;
  CHECK(find(namespace_id, key, &existing) == nullptr);
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  Row& row = slots_[index];
  CHECK(!row.open);
  row.open = true;
  row.slot = FetchSlot{};
  row.slot.namespace_id = namespace_id;
  row.slot.hash = key.hash;
  row.slot.key = key.text;
  by_key_.emplace(table_key(namespace_id, key.hash), index);
  return {index, row.generation};
}

FetchSlot* FetchTable::get(FetchId id) {
  if (id.index >= slots_.size()) return nullptr;
  Row& row = slots_[id.index];
  return row.open && row.generation == id.generation ? &row.slot : nullptr;
}

void FetchTable::hold(FetchId id, Session* session) {
  FetchSlot* const slot = get(id);
  CHECK(slot != nullptr);
  slot->holders.push_back(session);
}

bool FetchTable::release(FetchId id, Session* session) {
  FetchSlot* const slot = get(id);
  CHECK(slot != nullptr);
  const auto at = std::find(slot->holders.begin(), slot->holders.end(), session);
  CHECK(at != slot->holders.end());
  *at = slot->holders.back();
  slot->holders.pop_back();
  return slot->holders.empty();
}

void FetchTable::close(FetchId id) {
  FetchSlot* const slot = get(id);
  CHECK(slot != nullptr);
  CHECK(slot->holders.empty());
  CHECK(!slot->in_flight());
  if (!slot->stale) unlist(id.index);
  Row& row = slots_[id.index];
  row.open = false;
  ++row.generation;
  row.slot = FetchSlot{};
  free_.push_back(id.index);
}

void FetchTable::unlist(uint32_t index) {
  const FetchSlot& slot = slots_[index].slot;
  auto [at, end] = by_key_.equal_range(table_key(slot.namespace_id, slot.hash));
  at = std::find_if(at, end, [&](const auto& row) { return row.second == index; });
  CHECK(at != end);
  by_key_.erase(at);
}

void FetchTable::invalidate(NamespaceId namespace_id, uint64_t hash, std::string_view key) {
  if (by_key_.empty()) return;
  FetchId id;
  FetchSlot* const slot = find(namespace_id, Key{key, hash}, &id);
  if (slot == nullptr) return;
  unlist(id.index);
  slot->stale = true;
  ++stale_count_;
}

void FetchTable::invalidate_namespace(NamespaceId namespace_id) {
  for (uint32_t i = 0; i < slots_.size(); ++i) {
    Row& row = slots_[i];
    if (!row.open || row.slot.stale || row.slot.namespace_id != namespace_id) continue;
    unlist(i);
    row.slot.stale = true;
    ++stale_count_;
  }
}

}  // namespace engine
