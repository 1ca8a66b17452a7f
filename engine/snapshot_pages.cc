#include "engine/snapshot_pages.h"

#include <deque>

namespace engine {

namespace {

constexpr size_t kPagesAhead = 3;

}  // namespace

struct SnapshotPages::State {
  logstore::LogStore* store;
  Source source;
  size_t taken = 0;
  size_t issued = 0;
  std::deque<std::shared_ptr<const Bytes>> window;  // From `taken` on; null: in flight.
  bool failed = false;
  bool abandoned = false;
  base::Error error{base::ErrorCode::kCorrupt, 0, "page of a large string"};

  void on_page(size_t page, const base::Result<logstore::RecordView>& record) {
    if (abandoned || failed) return;
    if (!record.ok() || record->payload.size() != large_page_bytes(source.large.bytes, page)) {
      failed = true;
      if (!record.ok()) error = record.error();
      return;
    }
    window[page - taken] = std::make_shared<Bytes>(record->payload.begin(), record->payload.end());
  }
};

SnapshotPages::SnapshotPages(logstore::LogStore* store, Source source)
    : state_(std::make_shared<State>()) {
  state_->store = store;
  state_->source = std::move(source);
  state_->failed = state_->source.pages.size() != large_page_count(state_->source.large.bytes);
}

SnapshotPages::~SnapshotPages() { state_->abandoned = true; }

void SnapshotPages::read_ahead(const std::shared_ptr<State>& state) {
  const Source& source = state->source;
  while (state->window.size() < kPagesAhead && state->issued < source.pages.size()) {
    const size_t page = state->issued++;
    state->window.emplace_back();
    const logstore::PageKey key = logstore::page_key(source.large.value_id, page);
    state->store->read(
        source.pages[page],
        {source.namespace_id, source.hash, logstore::UnitKind::kPage, logstore::as_text(key)},
        iouring::IoClass::kSnapshot,
        [state, page](const base::Result<logstore::RecordView>& record) {
          state->on_page(page, record);
        });
  }
}

SnapshotPages::Next SnapshotPages::next(std::shared_ptr<const Bytes>* page) {
  State& state = *state_;
  if (state.failed) return Next::kError;
  if (state.taken == state.source.pages.size()) return Next::kEnd;
  read_ahead(state_);
  if (state.window.front() == nullptr) return Next::kWait;
  *page = std::move(state.window.front());
  state.window.pop_front();
  ++state.taken;
  return Next::kPage;
}

const base::Error& SnapshotPages::error() const { return state_->error; }

}  // namespace engine
