#include "engine/large_reads.h"

namespace engine {

namespace {

// 3 MiB of buffers; enough to keep a device busy.
constexpr size_t kPagesInFlightMax = 16;

}  // namespace

LargeReads::~LargeReads() { CHECK(idle()); }

void LargeReads::read(const LargeString& large, Done done) {
  auto read = std::make_shared<Read>();
  read->large = large;
  read->chunks = ChunkedString::create();
  budget_->reserve(large.bytes);
  read->done = std::move(done);
  queue_.push_back(std::move(read));
}

void LargeReads::step() {
  while (!queue_.empty() && pages_in_flight_ < kPagesInFlightMax) {
    const std::shared_ptr<Read> read = queue_.front();
    if (!issued(*read)) issue_page(read);
    if (!issued(*read)) continue;
    queue_.pop_front();
    if (read->in_flight == 0) finish(*read);
  }
}

void LargeReads::stop() {
  std::deque<std::shared_ptr<Read>> queue = std::move(queue_);
  queue_.clear();
  for (const std::shared_ptr<Read>& read : queue) {
    read->failed = true;
    if (read->in_flight == 0) finish(*read);
  }
}

void LargeReads::issue_page(const std::shared_ptr<Read>& read) {
  const size_t page = read->next_page++;
  const PageTable::Value* const value = pages_->find(read->large.value_id);
  if (value == nullptr || value->root == 0) {
    read->failed = true;
    return;
  }
  const uint64_t bytes = large_page_bytes(read->large.bytes, page);
  const uint64_t end = read->chunks->size() + bytes;
  while (read->chunks->size() < end) read->chunks->extend(end - read->chunks->size());
  budget_->release(bytes);
  ++read->in_flight;
  ++pages_in_flight_;
  const logstore::PageKey key = logstore::page_key(read->large.value_id, page);
  store_->read(
      value->pages[page],
      {value->namespace_id, value->hash, logstore::UnitKind::kPage, logstore::as_text(key)},
      iouring::IoClass::kColdRead,
      [this, read, page](const base::Result<logstore::RecordView>& record) {
        on_page(read, page, record);
      });
}

void LargeReads::on_page(const std::shared_ptr<Read>& read, size_t page,
                         const base::Result<logstore::RecordView>& record) {
  --read->in_flight;
  --pages_in_flight_;
  if (!record.ok()) {
    read->failed = true;
    read->error = record.error();
  } else if (record->payload.size() != large_page_bytes(read->large.bytes, page)) {
    read->failed = true;
    read->error = {base::ErrorCode::kCorrupt, 0, "page of a large string"};
  } else {
    read->chunks->set_range(page * kLargePageBytes, record->payload);
  }
  // One that is still queued is finished by step().
  const bool queued = !queue_.empty() && queue_.front() == read;
  if (read->in_flight == 0 && issued(*read) && !queued) finish(*read);
}

void LargeReads::finish(Read& read) {
  budget_->release(read.large.bytes - read.chunks->size());
  if (!read.failed) {
    if (read.next_page > 1) ++multi_page_reads_;
    return read.done(read.chunks);
  }
  ChunkedString::release(read.chunks);
  read.chunks = nullptr;
  read.done(read.error);
}

}  // namespace engine
