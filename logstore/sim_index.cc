#include "logstore/sim_index.h"

#include <utility>

#include "base/check.h"

namespace logstore {

namespace {

Lookup answer_from(const std::map<std::string, std::string, std::less<>>& units,
                   std::string_view key) {
  Lookup answer;
  const auto found = units.find(key);
  if (found == units.end()) return answer;
  answer.state =
      decode_index_value(found->second, &answer.value) ? LookupState::kFound : LookupState::kError;
  return answer;
}

}  // namespace

struct SimIndexStore::View final : IndexView {
  explicit View(uint64_t batch_of_view) : batch(batch_of_view) {}
  const uint64_t batch;
};

class SimIndexStore::Cursor final : public IndexCursor {
 public:
  Cursor(Column column, const std::string& from, const std::string& to,
         const base::Status& read_status)
      : column_(std::move(column)),
        at_(column_.lower_bound(from)),
        end_(column_.lower_bound(to)),
        status_(read_status) {
    if (!status_.ok()) at_ = end_;
  }

  bool valid() const override { return at_ != end_; }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  void next() override { ++at_; }
  base::Status status() const override { return status_; }

 private:
  const Column column_;
  Column::const_iterator at_;
  const Column::const_iterator end_;
  const base::Status status_;
};

SimIndexStore::SimIndexStore(uint64_t seed, uint32_t not_cached_per_mille)
    : random_(seed), not_cached_per_mille_(not_cached_per_mille) {}

void SimIndexStore::destroy() {
  ++batch_;
  for (const IndexColumn which : {IndexColumn::kUnits, IndexColumn::kExpiry})
    while (!column(which).empty()) set(which, column(which).begin()->first, std::nullopt);
}

Lookup SimIndexStore::get_cached(std::string_view key) {
  if (random_.below(1000) < not_cached_per_mille_) return {LookupState::kNotCached, {}};
  return answer_from(columns_[0], key);
}

base::Status SimIndexStore::get_sorted(const IndexView* view, std::span<StoreRead> reads) {
  Column old;
  if (view != nullptr) old = column_of(*view, IndexColumn::kUnits);
  std::string_view previous;
  for (StoreRead& read : reads) {
    CHECK(previous <= read.key);
    previous = read.key;
    read.answer = answer_from(view != nullptr ? old : columns_[0], read.key);
    if (!read_status_.ok()) read.answer.state = LookupState::kError;
  }
  return read_status_;
}

std::unique_ptr<IndexCursor> SimIndexStore::cursor(const IndexView& view, IndexColumn column,
                                                   const std::string& from, const std::string& to) {
  return std::make_unique<Cursor>(column_of(view, column), from, to, read_status_);
}

SimIndexStore::Column SimIndexStore::column_of(const IndexView& view, IndexColumn which) {
  Column copy = column(which);
  const uint64_t batch = static_cast<const View&>(view).batch;
  for (auto undo = undo_.rbegin(); undo != undo_.rend() && undo->batch > batch; ++undo) {
    if (undo->column != which) continue;
    if (undo->before.has_value()) {
      copy[undo->key] = *undo->before;
    } else {
      copy.erase(undo->key);
    }
  }
  return copy;
}

void SimIndexStore::set(IndexColumn which, std::string_view key, std::optional<std::string> after) {
  Column& target = column(which);
  Undo undo{batch_, which, std::string(key), std::nullopt};
  const auto found = target.find(key);
  if (found != target.end()) {
    undo.before = std::move(found->second);
    target.erase(found);
  }
  if (after.has_value()) target.emplace(undo.key, std::move(*after));
  undo_.push_back(std::move(undo));
}

void SimIndexStore::forget_unseen() {
  while (!views_.empty() && views_.front().expired()) views_.pop_front();
  const auto oldest = views_.empty() ? nullptr : views_.front().lock();
  while (!undo_.empty() && (oldest == nullptr || undo_.front().batch <= oldest->batch))
    undo_.pop_front();
}

base::Status SimIndexStore::apply(const IndexBatch& batch) {
  RETURN_IF_ERROR(write_status_);
  forget_unseen();
  ++batch_;
  batch.for_each(
      [&](IndexBatch::Operation operation, std::string_view key, std::string_view value) {
        switch (operation) {
          case IndexBatch::Operation::kPutUnit:
            return set(IndexColumn::kUnits, key, std::string(value));
          case IndexBatch::Operation::kEraseUnit:
            return set(IndexColumn::kUnits, key, std::nullopt);
          case IndexBatch::Operation::kPutRow:
            return set(IndexColumn::kExpiry, key, std::string());
          case IndexBatch::Operation::kEraseRow:
            return set(IndexColumn::kExpiry, key, std::nullopt);
        }
      });
  return base::ok_status();
}

base::Status SimIndexStore::erase_range(const std::string& from, const std::string& to) {
  RETURN_IF_ERROR(write_status_);
  ++batch_;
  Column& units = column(IndexColumn::kUnits);
  for (auto at = units.lower_bound(from); at != units.end() && at->first < to;)
    set(IndexColumn::kUnits, (at++)->first, std::nullopt);
  return base::ok_status();
}

std::shared_ptr<const IndexView> SimIndexStore::newest_view() {
  auto view = std::make_shared<const View>(batch_);
  views_.push_back(view);
  return view;
}

base::Status SimIndexStore::recover() { return write_status_; }

StoreSample SimIndexStore::sample() {
  StoreSample sample;
  sample.cache_bytes = cache_bytes_;
  sample.keys_estimate = unit_count();
  return sample;
}

SimIndex make_sim_index(uint64_t seed, uint32_t not_cached_per_mille, const KeyIndexLimits& limits,
                        iouring::Helpers* helpers) {
  auto store = std::make_unique<SimIndexStore>(seed, not_cached_per_mille);
  SimIndexStore* const knobs = store.get();
  return {std::make_unique<KeyIndexCore>(std::move(store), helpers, limits), knobs};
}

}  // namespace logstore
