#include "logstore/key_index_walk.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace logstore {

namespace {

constexpr base::Error kBadKey{base::ErrorCode::kCorrupt, 0, "key index: a key"};
constexpr base::Error kBadValue{base::ErrorCode::kCorrupt, 0, "key index: a value"};

// Hash groups that end together are returned together.
uint64_t group_of(uint64_t hash64) { return hash64 >> (64 - kWalkGroupBits); }

// Collects entries until the step is full. Keys are views into the page's bytes only in the end:
// the bytes may move while they grow.
class PageBuilder {
 public:
  explicit PageBuilder(const WalkOptions& options) : options_(options) {}

  // False: the entry belongs to the next step.
  bool add(const UnitKey& key, const IndexValue& value) {
    const bool full = page_.entries.size() >= options_.entries_max ||
                      page_.key_bytes.size() >= options_.key_bytes_max;
    if (full && group_of(key.hash64) != group_of(page_.entries.back().key.hash64)) {
      page_.hash_next = key.hash64;
      return false;
    }
    page_.entries.push_back({key, value});
    page_.key_bytes.insert(page_.key_bytes.end(), key.key.begin(), key.key.end());
    return true;
  }

  WalkPage finish(bool complete) {
    const char* at = page_.key_bytes.data();
    for (IndexEntry& entry : page_.entries) {
      entry.key.key = {at, entry.key.key.size()};
      at += entry.key.key.size();
    }
    page_.complete = complete;
    return std::move(page_);
  }

  void set_hash_next(uint64_t hash) { page_.hash_next = hash; }

 private:
  const WalkOptions& options_;
  WalkPage page_;
};

// The store's side of the merge: skips what the options leave out and stops where the slice does.
class StoreSide {
 public:
  StoreSide(IndexStore* store, const IndexView& view, const OverlaySlice& slice,
            const WalkOptions& options)
      : with_pages_(options.with_pages),
        cursor_(store->cursor(
            view, IndexColumn::kUnits, index_key_bound(options.namespace_id, options.hash_from),
            slice.to_end ? index_namespace_end(options.namespace_id)
                         : index_key_bound(options.namespace_id, slice.hash_end))) {
    settle();
  }

  bool valid() const { return cursor_->valid() && !bad_key_; }
  const UnitKey& key() const { return key_; }
  bool value(IndexValue* value) const { return decode_index_value(cursor_->value(), value); }
  void next() {
    cursor_->next();
    settle();
  }
  base::Status status() const { return bad_key_ ? base::Status(kBadKey) : cursor_->status(); }

 private:
  void settle() {
    for (; cursor_->valid(); cursor_->next()) {
      bad_key_ = !decode_index_key(cursor_->key(), &key_);
      if (bad_key_ || with_pages_ || key_.kind == UnitKind::kRoot) return;
    }
  }

  const bool with_pages_;
  const std::unique_ptr<IndexCursor> cursor_;
  UnitKey key_;
  bool bad_key_ = false;
};

int compare(const UnitKey& a, const UnitKey& b) {
  const auto left = std::tie(a.hash64, a.kind, a.key);
  const auto right = std::tie(b.hash64, b.kind, b.key);
  return left < right ? -1 : (right < left ? 1 : 0);
}

}  // namespace

base::Result<WalkPage> merge_walk(IndexStore* store, const IndexView& view,
                                  const OverlaySlice& slice, const WalkOptions& options) {
  PageBuilder page(options);
  StoreSide stored(store, view, slice, options);
  auto pending = slice.entries.begin();
  while (stored.valid() || pending != slice.entries.end()) {
    int order = stored.valid() ? -1 : 1;
    if (stored.valid() && pending != slice.entries.end())
      order = compare(stored.key(), pending->key);
    if (order < 0) {
      IndexValue value;
      if (!stored.value(&value)) return kBadValue;
      if (!page.add(stored.key(), value)) return page.finish(false);
      stored.next();
      continue;
    }
    if (!pending->erased && !page.add(pending->key, pending->value)) return page.finish(false);
    ++pending;
    if (order == 0) stored.next();
  }
  RETURN_IF_ERROR(stored.status());
  page.set_hash_next(slice.hash_end);
  return page.finish(slice.to_end);
}

namespace {

base::Result<std::vector<DueRows::Row>> read_due_rows(IndexCursor* cursor, uint32_t rows_max) {
  std::vector<DueRows::Row> rows;
  rows.reserve(std::min<uint32_t>(rows_max, 1024));
  for (; cursor->valid() && rows.size() < rows_max; cursor->next()) {
    rows.push_back({std::string(cursor->key()), 0, {}, 0});
    UnitKey key;
    if (!decode_expiry_row(cursor->key(), &rows.back().expire_at_ms, &rows.back().index_key) ||
        !decode_index_key(rows.back().index_key, &key))
      return kBadKey;
  }
  RETURN_IF_ERROR(cursor->status());
  // The rows have stopped moving.
  for (DueRows::Row& row : rows) row.index_key = std::string_view(row.row).substr(8);
  return rows;
}

}  // namespace

base::Result<DueRows> read_due(IndexStore* store, const IndexView& view, int64_t floor_ms,
                               int64_t now_ms, uint32_t rows_max) {
  const std::unique_ptr<IndexCursor> cursor =
      store->cursor(view, IndexColumn::kExpiry, expiry_row_bound(floor_ms),
                    expiry_row_bound(now_ms < INT64_MAX ? now_ms + 1 : now_ms));
  base::Result<std::vector<DueRows::Row>> found = read_due_rows(cursor.get(), rows_max);
  if (!found.ok()) return found.error();
  DueRows due;
  due.rows = std::move(found).value();
  due.complete = !cursor->valid();
  due.next_floor_ms = due.complete ? now_ms : due.rows.back().expire_at_ms;
  std::vector<size_t> by_key(due.rows.size());
  for (size_t i = 0; i < by_key.size(); ++i) by_key[i] = i;
  std::sort(by_key.begin(), by_key.end(),
            [&](size_t a, size_t b) { return due.rows[a].index_key < due.rows[b].index_key; });
  due.reads.reserve(by_key.size());
  for (const size_t i : by_key) {
    due.rows[i].read = due.reads.size();
    due.reads.push_back({due.rows[i].index_key, {}});
  }
  return due;
}

DueScan judge_due(DueRows* due) {
  DueScan scan;
  scan.page.complete = due->complete;
  scan.next_floor_ms = due->next_floor_ms;
  for (DueRows::Row& row : due->rows) {
    const Lookup& answer = due->reads[row.read].answer;
    if (answer.state != LookupState::kFound || answer.value.expire_at_ms != row.expire_at_ms) {
      scan.stale_rows.push_back(std::move(row.row));
      continue;
    }
    if (scan.page.entries.empty()) scan.next_floor_ms = row.expire_at_ms;
    UnitKey key;
    CHECK(decode_index_key(row.index_key, &key));
    scan.page.entries.push_back({key, answer.value});
    scan.page.key_bytes.insert(scan.page.key_bytes.end(), key.key.begin(), key.key.end());
  }
  const char* at = scan.page.key_bytes.data();
  for (IndexEntry& entry : scan.page.entries) {
    entry.key.key = {at, entry.key.key.size()};
    at += entry.key.key.size();
  }
  return scan;
}

}  // namespace logstore
