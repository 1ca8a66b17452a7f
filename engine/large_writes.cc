#include "engine/large_writes.h"

#include <algorithm>

#include "engine/value/codec.h"
#include "engine/value/large_string.h"

namespace engine {

namespace {

// Giving up a page clears a bit and queues an index write: about 1 us.
constexpr size_t kReleasedPerSlice = 64;

}  // namespace

LargeWrites::~LargeWrites() { CHECK(writes_.empty()); }

uint64_t LargeWrites::begin(Root root, ChunkedString* frozen, Done done) {
  const uint64_t id = pages_->add(root.namespace_id, root.hash, large_page_count(root.bytes));
  Write& write = writes_[id];
  write.root = std::move(root);
  write.frozen = frozen;
  write.done = std::move(done);
  if (frozen != nullptr) queue_.push_back(id);
  return id;
}

logstore::UnitFields LargeWrites::page_fields(const Root& root) const {
  logstore::UnitFields fields;
  fields.namespace_id = root.namespace_id;
  fields.kind = logstore::UnitKind::kPage;
  fields.rdb_type = kStringType;
  fields.hash64 = root.hash;
  return fields;
}

// False when the store takes nothing now. An append that fails for good ends the write.
bool LargeWrites::append_unit(uint64_t value_id, const logstore::UnitFields& fields,
                              std::span<const base::ByteSpan> payload,
                              logstore::LogStore::AppendDone done) {
  Write& write = writes_.at(value_id);
  const base::Result<logstore::Location> placed =
      store_->append(logstore::Stream::kDemotion, fields, payload, std::move(done));
  if (placed.ok()) {
    ++write.in_flight;
    return true;
  }
  if (placed.error().code != base::ErrorCode::kBusy) end(value_id, write, placed.error());
  return false;
}

bool LargeWrites::append_page(uint64_t value_id, base::ByteSpan page) {
  const auto found = writes_.find(value_id);
  if (found == writes_.end() || found->second.ended) return true;  // done() tells, or told.
  Write& write = found->second;
  const size_t number = write.pages_appended;
  CHECK_EQ(page.size(), large_page_bytes(write.root.bytes, number));
  logstore::UnitFields fields = page_fields(write.root);
  const logstore::PageKey key = logstore::page_key(value_id, number);
  fields.key = logstore::as_text(key);
  const base::ByteSpan parts[] = {page};
  const bool taken = append_unit(value_id, fields, parts,
                                 [this, value_id, number](base::Result<logstore::Location> at) {
                                   on_page(value_id, number, at);
                                 });
  if (taken) ++write.pages_appended;
  return taken || write.ended;
}

LargeWrites::Progress LargeWrites::append_next_page(uint64_t value_id, Write& write) {
  constexpr size_t kChunksPerPage = kLargePageBytes / base::kChunkBytes;
  const size_t number = write.pages_appended;
  base::ByteSpan parts[kChunksPerPage];
  size_t count = 0;
  for (size_t i = number * kChunksPerPage;
       count < kChunksPerPage && i < write.frozen->chunk_count(); ++i)
    parts[count++] = write.frozen->chunk(i);
  logstore::UnitFields fields = page_fields(write.root);
  const logstore::PageKey key = logstore::page_key(value_id, number);
  fields.key = logstore::as_text(key);
  const bool taken = append_unit(value_id, fields, {parts, count},
                                 [this, value_id, number](base::Result<logstore::Location> at) {
                                   on_page(value_id, number, at);
                                 });
  if (!taken) return write.ended ? Progress::kMore : Progress::kBlocked;
  ++write.pages_appended;
  return Progress::kMore;
}

LargeWrites::Progress LargeWrites::append_root(uint64_t value_id, Write& write) {
  std::byte payload[kLargeRootBytes];
  encode_large_root({value_id, write.root.bytes}, payload);
  logstore::UnitFields fields;
  fields.namespace_id = write.root.namespace_id;
  fields.rdb_type = kLargeStringType;
  fields.raw_bytes = static_cast<uint32_t>(write.root.bytes);
  fields.hash64 = write.root.hash;
  fields.expire_at_ms = write.root.expiry_ms;
  fields.key = write.root.key;
  const base::ByteSpan parts[] = {payload};
  const bool taken =
      append_unit(value_id, fields, parts,
                  [this, value_id](base::Result<logstore::Location> at) { on_root(value_id, at); });
  if (!taken) return write.ended ? Progress::kMore : Progress::kBlocked;
  write.root_appended = true;
  return Progress::kWaits;
}

void LargeWrites::on_page(uint64_t value_id, size_t page,
                          const base::Result<logstore::Location>& location) {
  Write& write = writes_.at(value_id);
  --write.in_flight;
  if (!write.ended && !location.ok()) end(value_id, write, location.error());
  // The record is dead: its bit was never set.
  if (write.ended) return finish_ended(value_id, write);
  const logstore::PageKey key = logstore::page_key(value_id, page);
  const Root& root = write.root;
  store_->mark_live(location->ref, root.namespace_id);
  index_->put({root.namespace_id, root.hash, logstore::UnitKind::kPage, logstore::as_text(key)},
              {*location, static_cast<uint32_t>(large_page_bytes(root.bytes, page)), kStringType,
               logstore::kNoExpiry});
  pages_->set_page(value_id, page, *location);
  ++write.pages_written;
  if (write.pages_written == large_page_count(root.bytes)) queue_.push_back(value_id);
}

void LargeWrites::on_root(uint64_t value_id, const base::Result<logstore::Location>& location) {
  Write& write = writes_.at(value_id);
  --write.in_flight;
  if (!write.ended && !location.ok()) end(value_id, write, location.error());
  if (write.ended) return finish_ended(value_id, write);
  pages_->set_root(value_id, location->ref);
  finish(value_id, logstore::IndexValue{*location, static_cast<uint32_t>(write.root.bytes),
                                        kLargeStringType, write.root.expiry_ms});
}

void LargeWrites::end(uint64_t value_id, Write& write, const base::Error& error) {
  write.ended = true;
  write.error = error;
  doom(value_id);
  queue_.push_back(value_id);
}

void LargeWrites::finish_ended(uint64_t value_id, Write& write) {
  if (write.in_flight == 0) finish(value_id, write.error);
}

void LargeWrites::finish(uint64_t value_id, const base::Result<logstore::IndexValue>& outcome) {
  const auto at = writes_.find(value_id);
  Write write = std::move(at->second);
  writes_.erase(at);
  write.done(outcome);
  // Last, so that nobody else's reference is the one whose end frees the string at once.
  if (write.frozen != nullptr) condemned_->push_back(write.frozen);
}

void LargeWrites::cancel(uint64_t value_id) {
  const auto at = writes_.find(value_id);
  if (at == writes_.end()) return;
  Write& write = at->second;
  if (!write.ended) end(value_id, write, {base::ErrorCode::kCancelled});
}

void LargeWrites::drop_namespace(NamespaceId namespace_id) {
  for (auto& [id, write] : writes_) {
    if (write.root.namespace_id != namespace_id || write.ended) continue;
    write.ended = true;
    queue_.push_back(id);
  }
  pages_->drop_namespace(namespace_id);
}

void LargeWrites::stop() {
  doomed_.clear();
  std::vector<uint64_t> ids;
  for (const auto& [id, write] : writes_) ids.push_back(id);
  for (const uint64_t id : ids) {
    Write& write = writes_.at(id);
    write.ended = true;
    finish_ended(id, write);
  }
}

void LargeWrites::release(const logstore::RecordRef& root) { doom(pages_->take_root(root)); }

void LargeWrites::doom(uint64_t value_id) {
  if (!release_pages(value_id, kReleasedPerSlice)) doomed_.push_back(value_id);
}

// True when the value is gone.
bool LargeWrites::release_pages(uint64_t value_id, size_t pages_max) {
  const PageTable::Value* const value = pages_->find(value_id);
  if (value == nullptr) return true;  // Its namespace was dropped.
  const NamespaceId namespace_id = value->namespace_id;
  const uint64_t hash = value->hash;
  logstore::Location location;
  for (size_t i = 0; i < pages_max; ++i) {
    if (!pages_->pop_page(value_id, &location)) {
      pages_->erase(value_id);
      return true;
    }
    if (location.ref.bytes == 0) continue;  // Was never written.
    const logstore::PageKey key = logstore::page_key(value_id, value->pages.size());
    store_->mark_dead(location.ref, namespace_id);
    index_->erase({namespace_id, hash, logstore::UnitKind::kPage, logstore::as_text(key)},
                  logstore::kNoExpiry);
  }
  return false;
}

LargeWrites::Progress LargeWrites::advance(uint64_t value_id, Write& write) {
  if (write.ended) {
    if (write.in_flight != 0) return Progress::kBlocked;
    finish(value_id, write.error);
    return Progress::kWaits;
  }
  if (write.pages_written == large_page_count(write.root.bytes))
    return append_root(value_id, write);
  if (write.frozen == nullptr || write.pages_appended == large_page_count(write.root.bytes))
    return Progress::kWaits;
  return append_next_page(value_id, write);
}

bool LargeWrites::step() {
  if (pages_->free_step(kReleasedPerSlice)) return true;
  if (!doomed_.empty()) {
    if (release_pages(doomed_.front(), kReleasedPerSlice)) doomed_.pop_front();
    return true;
  }
  // Those that wait for a completion must not keep others from going on.
  for (size_t i = queue_.size(); i > 0; --i) {
    const uint64_t id = queue_.front();
    const auto at = writes_.find(id);
    if (at == writes_.end() || (at->second.root_appended && !at->second.ended)) {
      queue_.pop_front();
      continue;
    }
    switch (advance(id, at->second)) {
      case Progress::kMore:
        return true;
      case Progress::kWaits:
        queue_.pop_front();
        return !queue_.empty();
      case Progress::kBlocked:
        break;
    }
    if (!at->second.ended) return false;
    queue_.pop_front();
    queue_.push_back(id);
  }
  return false;
}

}  // namespace engine
