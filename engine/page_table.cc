#include "engine/page_table.h"

#include "base/check.h"

namespace engine {

uint64_t PageTable::add(NamespaceId namespace_id, uint64_t hash, size_t page_count) {
  const uint64_t id = next_id_++;
  values_.emplace(id, Value{namespace_id, hash, 0, Pages(page_count)});
  return id;
}

const PageTable::Value* PageTable::find(uint64_t value_id) const {
  const auto found = values_.find(value_id);
  return found == values_.end() ? nullptr : &found->second;
}

PageTable::Value& PageTable::at(uint64_t value_id) {
  const auto found = values_.find(value_id);
  CHECK(found != values_.end());
  return found->second;
}

void PageTable::keep_frozen(uint64_t value_id, const Value& value) {
  if (!is_frozen_ || value_id >= frozen_id_end_) return;
  frozen_.emplace(value_id, value.pages);
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
  const bool added = by_root_.emplace(value.root, value_id).second;
  CHECK(added);
}

uint64_t PageTable::take_root(const logstore::RecordRef& root) {
  const auto found = by_root_.find(root.pack());
  CHECK(found != by_root_.end());
  const uint64_t value_id = found->second;
  by_root_.erase(found);
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
  const Value& value = at(value_id);
  keep_frozen(value_id, value);
  if (value.root != 0) by_root_.erase(value.root);
  values_.erase(value_id);
}

void PageTable::drop_namespace(NamespaceId namespace_id) {
  for (auto at = values_.begin(); at != values_.end();) {
    const auto here = at++;
    if (here->second.namespace_id == namespace_id) erase(here->first);
  }
}

void PageTable::freeze() {
  CHECK(!is_frozen_);
  is_frozen_ = true;
  frozen_id_end_ = next_id_;
}

void PageTable::unfreeze() {
  is_frozen_ = false;
  frozen_.clear();
}

const PageTable::Pages* PageTable::frozen_pages(uint64_t value_id) const {
  const auto kept = frozen_.find(value_id);
  if (kept != frozen_.end()) return &kept->second;
  const Value* const value = find(value_id);
  return value == nullptr ? nullptr : &value->pages;
}

}  // namespace engine
