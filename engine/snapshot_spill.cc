#include "engine/snapshot_spill.h"

#include <algorithm>
#include <deque>

namespace engine {

namespace {

constexpr size_t kBatchesAhead = 2;

}  // namespace

struct SnapshotSpill::State {
  struct Waiting {
    logstore::Location location;
    size_t framed_bytes_max = 0;
    bool is_read = false;  // Or being read.
    std::shared_ptr<const SnapshotBatch> batch;
  };

  // A batch's record is named by its number.
  static logstore::PageKey key_of(uint64_t number) { return logstore::page_key(number, 0); }
  Waiting& at(uint64_t number) { return waiting[number - taken]; }

  // Until it is written a record is read from the log's buffer, so only a failure matters.
  void on_written(uint64_t number, const base::Result<logstore::Location>& location) {
    if (failed || location.ok() || number < taken || at(number).batch != nullptr) return;
    fail(location.error());
  }
  void on_read(uint64_t number, const base::Result<logstore::RecordView>& record) {
    if (failed) return;
    if (!record.ok()) return fail(record.error());
    at(number).batch =
        std::make_shared<SnapshotBatch>(record->payload, at(number).framed_bytes_max);
  }
  void fail(const base::Error& why) {
    failed = true;
    error = why;
  }

  logstore::LogStore* store;
  uint64_t taken = 0;
  uint64_t added = 0;
  std::deque<Waiting> waiting;  // From `taken` on.
  bool failed = false;          // Or abandoned.
  base::Error error{base::ErrorCode::kIo};
};

SnapshotSpill::SnapshotSpill(logstore::LogStore* store) : state_(std::make_shared<State>()) {
  state_->store = store;
}

SnapshotSpill::~SnapshotSpill() { state_->failed = true; }

bool SnapshotSpill::add(const SnapshotBatch& batch) {
  const uint64_t number = state_->added;
  const logstore::PageKey key = State::key_of(number);
  logstore::UnitFields fields;
  fields.kind = logstore::UnitKind::kPage;
  fields.key = logstore::as_text(key);
  const base::ByteSpan payload[] = {batch.contents()};
  const base::Result<logstore::Location> placed = state_->store->append(
      logstore::Stream::kPreImage, fields, payload,
      [state = state_, number](const base::Result<logstore::Location>& location) {
        state->on_written(number, location);
      });
  if (!placed.ok()) return false;
  ++state_->added;
  State::Waiting& waiting = state_->waiting.emplace_back();
  waiting.location = *placed;
  waiting.framed_bytes_max = batch.framed_bytes_max();
  return true;
}

void SnapshotSpill::read_ahead(const std::shared_ptr<State>& state) {
  const uint64_t end = std::min(state->added, state->taken + kBatchesAhead);
  for (uint64_t number = state->taken; number < end; ++number) {
    State::Waiting& waiting = state->at(number);
    if (waiting.is_read) continue;
    waiting.is_read = true;
    const logstore::PageKey key = State::key_of(number);
    state->store->read(waiting.location, {0, 0, logstore::UnitKind::kPage, logstore::as_text(key)},
                       iouring::IoClass::kSnapshot,
                       [state, number](const base::Result<logstore::RecordView>& record) {
                         state->on_read(number, record);
                       });
  }
}

SnapshotSpill::Next SnapshotSpill::next(std::shared_ptr<const SnapshotBatch>* batch) {
  State& state = *state_;
  if (state.failed) return Next::kError;
  if (state.waiting.empty()) return Next::kEmpty;
  read_ahead(state_);
  if (state.waiting.front().batch == nullptr) return Next::kWait;
  *batch = std::move(state.waiting.front().batch);
  state.waiting.pop_front();
  ++state.taken;
  return Next::kBatch;
}

bool SnapshotSpill::empty() const { return state_->waiting.empty(); }
const base::Error& SnapshotSpill::error() const { return state_->error; }

}  // namespace engine
