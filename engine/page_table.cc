#include "engine/page_table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace engine {

// ---- Values

uint64_t PageTable::add(NamespaceId namespace_id, uint64_t hash, size_t page_count) {
  const uint64_t id = next_id_++;
  const auto [row, added] =
      shard(values_, id)
          .emplace(id,
                   Value{.namespace_id = namespace_id, .hash = hash, .pages = Pages(page_count)});
  CHECK(added);
  link(id, &row->second);
  ++size_;
  return id;
}

void PageTable::link(uint64_t value_id, Value* value) {
  uint64_t& first = firsts_[value->namespace_id];
  value->next = first;
  if (first != 0) find_any(first)->previous = value_id;
  first = value_id;
}

void PageTable::unlink(const Value& value) {
  if (value.next != 0) find_any(value.next)->previous = value.previous;
  if (value.previous != 0) {
    find_any(value.previous)->next = value.next;
  } else if (value.next != 0) {
    firsts_[value.namespace_id] = value.next;
  } else {
    firsts_.erase(value.namespace_id);
  }
}

PageTable::Value* PageTable::find_any(uint64_t value_id) {
  Map<Value>& values = shard(values_, value_id);
  const auto found = values.find(value_id);
  return found == values.end() ? nullptr : &found->second;
}

bool PageTable::is_dropped(NamespaceId namespace_id) const {
  return std::any_of(dropped_.begin(), dropped_.end(), [namespace_id](const Dropped& dropped) {
    return dropped.namespace_id == namespace_id;
  });
}

const PageTable::Value* PageTable::find(uint64_t value_id) const {
  const Map<Value>& values = shard(values_, value_id);
  const auto found = values.find(value_id);
  if (found == values.end() || is_dropped(found->second.namespace_id)) return nullptr;
  return &found->second;
}

PageTable::Value& PageTable::at(uint64_t value_id) {
  Value* const found = find_any(value_id);
  CHECK(found != nullptr);
  CHECK(!is_dropped(found->namespace_id));
  return *found;
}

void PageTable::set_page(uint64_t value_id, size_t page, const logstore::Location& location) {
  Value& value = at(value_id);
  CHECK_LT(page, value.pages.size());
  keep_frozen(value_id, value);
  value.pages[page] = location;
}

void PageTable::set_root(uint64_t value_id, const logstore::RecordRef& root) {
  Value& value = at(value_id);
  CHECK_EQ(value.root, 0u);
  value.root = root.pack();
  const auto [row, added] = shard(by_root_, value.root).emplace(value.root, value_id);
  if (added) return;
  // The place of a root whose namespace was dropped may be written again before its value is freed.
  const Value* const former = find_any(row->second);
  CHECK(former != nullptr);
  CHECK(is_dropped(former->namespace_id));
  row->second = value_id;
}

uint64_t PageTable::take_root(const logstore::RecordRef& root) {
  Map<uint64_t>& roots = shard(by_root_, root.pack());
  const auto found = roots.find(root.pack());
  CHECK(found != roots.end());
  const uint64_t value_id = found->second;
  roots.erase(found);
  at(value_id).root = 0;
  return value_id;
}

void PageTable::move_root(const logstore::RecordRef& from, const logstore::RecordRef& to) {
  set_root(take_root(from), to);
}

bool PageTable::pop_page(uint64_t value_id, logstore::Location* location) {
  Value& value = at(value_id);
  if (value.pages.empty()) return false;
  keep_frozen(value_id, value);
  *location = value.pages.back();
  value.pages.pop_back();
  return true;
}

void PageTable::erase(uint64_t value_id) {
  Value& value = at(value_id);
  unlink(value);
  free_value(value_id, &value);
}

void PageTable::free_value(uint64_t value_id, Value* value) {
  if (is_frozen_ && value_id < frozen_id_end_)
    shard(frozen_, value_id).emplace(value_id, std::move(value->pages));
  if (value->root != 0) {
    Map<uint64_t>& roots = shard(by_root_, value->root);
    const auto found = roots.find(value->root);
    if (found != roots.end() && found->second == value_id) roots.erase(found);
  }
  shard(values_, value_id).erase(value_id);
  --size_;
}

// ---- Dropping

void PageTable::drop_namespace(NamespaceId namespace_id) {
  const auto first = firsts_.find(namespace_id);
  if (first == firsts_.end()) return;
  dropped_.push_back({namespace_id, first->second});
  firsts_.erase(first);
}

bool PageTable::free_step(size_t values_max) {
  for (; values_max > 0 && !dropped_.empty(); --values_max) {
    const uint64_t id = dropped_.back().first;
    Value* const value = find_any(id);
    dropped_.back().first = value->next;
    free_value(id, value);
    if (dropped_.back().first == 0) dropped_.pop_back();
  }
  for (Map<Pages>& pages : thawed_) {
    for (; values_max > 0 && !pages.empty(); --values_max) pages.erase(pages.begin());
    if (!pages.empty()) return true;
  }
  return !dropped_.empty();
}

// ---- Freezing

void PageTable::keep_frozen(uint64_t value_id, const Value& value) {
  if (!is_frozen_ || value_id >= frozen_id_end_) return;
  shard(frozen_, value_id).emplace(value_id, value.pages);
}

void PageTable::freeze() {
  CHECK(!is_frozen_);
  is_frozen_ = true;
  frozen_id_end_ = next_id_;
}

void PageTable::unfreeze() {
  is_frozen_ = false;
  for (size_t i = 0; i < kShards; ++i) {
    if (thawed_[i].empty()) {
      std::swap(thawed_[i], frozen_[i]);
    } else {
      thawed_[i].merge(frozen_[i]);
      frozen_[i].clear();
    }
  }
}

const PageTable::Pages* PageTable::frozen_pages(uint64_t value_id) const {
  const Map<Pages>& frozen = shard(frozen_, value_id);
  const auto kept = frozen.find(value_id);
  if (kept != frozen.end()) return &kept->second;
  // A dropped one that is not freed yet has not changed.
  const Map<Value>& values = shard(values_, value_id);
  const auto found = values.find(value_id);
  return found == values.end() ? nullptr : &found->second.pages;
}

}  // namespace engine
