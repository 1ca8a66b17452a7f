#include "logstore/segment_reader.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "logstore/format.h"
#include "logstore/segment_layout.h"
#include "logstore/segment_table.h"

namespace logstore {
namespace {

// Below this share of a segment its wanted blocks are read one by one.
constexpr uint64_t kSparseShare = 2;
// What a wanted record is taken to cost before the footer is known.
constexpr uint64_t kSparseGuessBytes = 2 * kBlockBytes;

// A range of the file that is read at once; walking begins at `first_record`.
struct Extent {
  uint32_t offset = 0;
  uint32_t bytes = 0;
  uint32_t first_record = 0;
  uint32_t end() const { return offset + bytes; }
};

struct Stripe {
  Extent extent;
  base::MutableByteSpan buffer;
  bool arrived = false;
  int32_t result = 0;
};

// The blocks that hold the wanted records. A table's entry covers its block up to where the next
// entry begins: no record that starts in the block reaches further.
std::vector<Extent> plan_sparse(const BlockTable& table, const RecordBits& wanted,
                                uint32_t data_end) {
  std::vector<Extent> plan;
  const auto& entries = table.entries();
  size_t planned = SIZE_MAX;
  for (uint32_t ordinal = wanted.next(0); ordinal != RecordBits::kNone;
       ordinal = wanted.next(ordinal + 1)) {
    const size_t at = table.find(ordinal);
    if (at == entries.size() || at == planned) continue;
    planned = at;
    const auto from = static_cast<uint32_t>(base::align_down(entries[at].offset, kBlockBytes));
    const uint32_t to =
        at + 1 == entries.size()
            ? data_end
            : static_cast<uint32_t>(base::align_up(entries[at + 1].offset, kBlockBytes));
    // Longer than a record can make it: the footer is not what it should be.
    const auto end = static_cast<uint32_t>(std::min<uint64_t>(to, from + base::kIoBytesMax));
    if (!plan.empty() && from <= plan.back().end() &&
        end - plan.back().offset <= base::kIoBytesMax) {
      plan.back().bytes = end - plan.back().offset;
    } else {
      plan.push_back({from, end - from, entries[at].offset});
    }
  }
  return plan;
}

}  // namespace

class SegmentReader::State : public std::enable_shared_from_this<SegmentReader::State> {
 public:
  State(SegmentTable* table, iouring::Disk* disk, uint32_t segment_id, const ScanOptions& options)
      : table_(table), disk_(disk), options_(options), segment_(&table->at(segment_id)) {
    CHECK_GE(options_.bytes_in_flight_max, base::kIoBytesMax);
    CHECK_GT(options_.operations_max, 0u);
    table_->hold(segment_id);
    data_end_ = segment_->data_end;
    at_ = kSegmentHeaderBytes;
    next_wanted_ = options_.wanted ? options_.wanted->next(0) : RecordBits::kNone;
  }

  ~State() {
    for (const Stripe& stripe : stripes_) disk_->free_buffer(stripe.buffer);
    if (!bridge_.empty()) disk_->free_buffer(bridge_);
    table_->release(segment_->id);
  }

  ScanItem next(OnReady on_ready);
  void cancel() {
    cancelled_ = true;
    on_ready_.reset();
  }

  uint32_t segment_id() const { return segment_->id; }
  const ScanCounts& counts() const { return counts_; }
  bool is_sparse() const { return sparse_; }

 private:
  enum class Phase : uint8_t { kBegin, kFooter, kWalk, kEnd };

  void begin();
  bool guess_sparse() const;
  void read_footer();
  void on_footer(base::MutableByteSpan buffer, int32_t result);
  std::optional<Extent> next_extent();
  void read_ahead();
  void on_stripe(Stripe* stripe, int32_t result);
  void wake();

  // One step of the walk: an item, or nothing when only the position moved.
  std::optional<ScanItem> step();
  void drop_front();
  std::optional<ScanItem> step_bridge();
  // `bytes` begin at at_; `complete` when nothing follows them that could belong to the record.
  std::optional<ScanItem> parse(base::ByteSpan bytes, bool complete);
  std::optional<ScanItem> yield(const RecordView& record, uint32_t size);
  ScanItem corrupt(uint32_t ordinal);
  ScanItem finish();
  ScanItem fail(const base::Error& error);
  void start_bridge(base::ByteSpan tail);
  uint64_t held_bytes() const;
  RecordPlace place() const {
    return {table_->store_id(), segment_->id, segment_->generation, at_};
  }
  // Steps over what is no record: padding, or a record whose header is damaged. What lies behind is
  // found by its magic, and believed by its checksum and its place.
  void resync() { at_ += kRecordAlignBytes; }

  SegmentTable* const table_;
  iouring::Disk* const disk_;
  const ScanOptions options_;
  const Segment* const segment_;
  Phase phase_ = Phase::kBegin;
  bool sparse_ = false;
  bool cancelled_ = false;
  OnReady on_ready_;
  ScanCounts counts_;
  uint32_t data_end_ = 0;
  uint32_t at_ = 0;             // The next record's offset in the file.
  uint32_t next_wanted_ = 0;    // The least wanted ordinal not yielded yet.
  uint32_t planned_to_ = 0;     // Dense: where the next extent begins.
  std::vector<Extent> plan_;    // Sparse.
  size_t planned_ = 0;          // Of plan_, taken.
  std::deque<Stripe> stripes_;  // In file order: in flight or arrived.
  bool is_entered_ = false;     // The walk has begun in the front stripe.
  uint32_t in_flight_ = 0;
  base::Error error_{base::ErrorCode::kCancelled};
  bool failed_ = false;
  // A record that crosses into the next stripe: its first bytes, from at_ on.
  base::MutableByteSpan bridge_;
  uint32_t bridged_ = 0;
};

ScanItem SegmentReader::State::next(OnReady on_ready) {
  if (phase_ == Phase::kBegin) begin();
  while (phase_ == Phase::kWalk) {
    read_ahead();
    if (std::optional<ScanItem> item = step()) {
      if (item->kind == ScanItem::Kind::kWait) on_ready_ = std::move(on_ready);
      return *item;
    }
  }
  if (phase_ == Phase::kFooter) {
    on_ready_ = std::move(on_ready);
    return {};
  }
  return failed_ ? fail(error_) : finish();
}

void SegmentReader::State::begin() {
  phase_ = Phase::kWalk;
  if (data_end_ <= kSegmentHeaderBytes) phase_ = Phase::kEnd;
  if (phase_ == Phase::kWalk && guess_sparse()) read_footer();
}

bool SegmentReader::State::guess_sparse() const {
  if (options_.mode == ScanMode::kDense || !options_.wanted || !segment_->has_footer) return false;
  if (segment_->state != SegmentState::kSealed) return false;
  if (options_.mode == ScanMode::kSparse) return true;
  return options_.wanted->count() * kSparseGuessBytes * kSparseShare < data_end_;
}

void SegmentReader::State::read_footer() {
  phase_ = Phase::kFooter;
  const uint32_t bytes = footer_blocks(table_->segment_bytes()) * kBlockBytes;
  const base::MutableByteSpan buffer = disk_->allocate_buffer(bytes);
  ++counts_.reads;
  counts_.read_bytes += bytes;
  disk_->read(
      segment_->file, buffer.first(bytes), data_end_max(table_->segment_bytes()), options_.io_class,
      [self = shared_from_this(), buffer](int32_t result) { self->on_footer(buffer, result); });
}

// A footer that cannot be used costs only time: the dense walk needs none.
void SegmentReader::State::on_footer(base::MutableByteSpan buffer, int32_t result) {
  phase_ = Phase::kWalk;
  const uint32_t bytes = footer_blocks(table_->segment_bytes()) * kBlockBytes;
  if (result == static_cast<int32_t>(bytes)) {
    const auto table =
        BlockTable::decode_footer(buffer.first(bytes), {.store_id = table_->store_id(),
                                                        .segment = segment_->id,
                                                        .generation = segment_->generation,
                                                        .record_count = segment_->record_count,
                                                        .data_end = data_end_});
    if (table.ok()) {
      plan_ = plan_sparse(*table, *options_.wanted, data_end_);
      uint64_t planned_bytes = 0;
      for (const Extent& extent : plan_) planned_bytes += extent.bytes;
      sparse_ = options_.mode == ScanMode::kSparse || planned_bytes * kSparseShare < data_end_;
    }
  }
  disk_->free_buffer(buffer);
  if (!cancelled_) wake();
}

std::optional<Extent> SegmentReader::State::next_extent() {
  if (sparse_) {
    if (planned_ == plan_.size()) return std::nullopt;
    return plan_[planned_];
  }
  const uint32_t from = std::max(planned_to_, kSegmentHeaderBytes);
  if (from >= data_end_) return std::nullopt;
  const auto stripe_end =
      static_cast<uint32_t>(base::align_down(from, base::kIoBytesMax) + base::kIoBytesMax);
  return Extent{from, std::min(stripe_end, data_end_) - from, from};
}

uint64_t SegmentReader::State::held_bytes() const {
  uint64_t bytes = 0;
  for (const Stripe& stripe : stripes_) bytes += stripe.extent.bytes;
  return bytes;
}

void SegmentReader::State::read_ahead() {
  while (in_flight_ < options_.operations_max && !failed_) {
    const std::optional<Extent> extent = next_extent();
    if (!extent) return;
    if (!stripes_.empty() && held_bytes() + extent->bytes > options_.bytes_in_flight_max) return;
    if (sparse_) {
      ++planned_;
    } else {
      planned_to_ = extent->end();
    }
    stripes_.push_back({*extent, disk_->allocate_buffer(extent->bytes)});
    Stripe* stripe = &stripes_.back();
    ++in_flight_;
    ++counts_.reads;
    counts_.read_bytes += extent->bytes;
    disk_->read(
        segment_->file, stripe->buffer.first(extent->bytes), extent->offset, options_.io_class,
        [self = shared_from_this(), stripe](int32_t result) { self->on_stripe(stripe, result); });
  }
}

// A deque keeps its elements in place while others come and go at its ends.
void SegmentReader::State::on_stripe(Stripe* stripe, int32_t result) {
  --in_flight_;
  stripe->arrived = true;
  stripe->result = result;
  if (cancelled_) return;
  read_ahead();
  if (stripe == &stripes_.front()) wake();
}

void SegmentReader::State::wake() {
  if (!on_ready_) return;
  OnReady on_ready = std::move(on_ready_);
  on_ready();
}

std::optional<ScanItem> SegmentReader::State::step() {
  // What the last item pointed into is free from here on.
  while (!stripes_.empty() && is_entered_ && at_ >= stripes_.front().extent.end()) drop_front();
  if (stripes_.empty()) {
    read_ahead();
    if (stripes_.empty()) {
      phase_ = Phase::kEnd;
      return std::nullopt;
    }
  }
  const Stripe& stripe = stripes_.front();
  if (!stripe.arrived) return ScanItem{};
  if (stripe.result != static_cast<int32_t>(stripe.extent.bytes)) {
    failed_ = true;
    phase_ = Phase::kEnd;
    error_ = stripe.result < 0 ? base::Error::from_errno(-stripe.result, "read of a segment")
                               : base::Error{base::ErrorCode::kCorrupt, 0, "segment cut short"};
    return std::nullopt;
  }
  if (bridged_ != 0) return step_bridge();
  // Two extents of the sparse way may share a block: its records are met twice, and skipped by
  // their ordinals the second time.
  if (!is_entered_ && sparse_) at_ = stripe.extent.first_record;
  at_ = std::max(at_, stripe.extent.offset);
  is_entered_ = true;
  const base::ByteSpan bytes =
      stripe.buffer.subspan(at_ - stripe.extent.offset, stripe.extent.end() - at_);
  const bool complete = sparse_ || stripe.extent.end() == data_end_;
  return parse(bytes, complete);
}

void SegmentReader::State::drop_front() {
  CHECK(stripes_.front().arrived);
  disk_->free_buffer(stripes_.front().buffer);
  stripes_.pop_front();
  is_entered_ = false;
}

std::optional<ScanItem> SegmentReader::State::parse(base::ByteSpan bytes, bool complete) {
  while (!bytes.empty() && !starts_with_record_magic(bytes)) {
    resync();
    bytes = bytes.subspan(kRecordAlignBytes);
  }
  if (bytes.empty()) return std::nullopt;
  if (bytes.size() < kRecordHeaderBytes && !complete) {
    start_bridge(bytes);
    return std::nullopt;
  }
  const base::Result<RecordHeader> header = decode_header(bytes, place());
  if (!header.ok()) {
    resync();
    return std::nullopt;
  }
  if (!header->view.bytes.empty()) return yield(header->view, header->size);
  if (complete) {
    resync();
  } else {
    start_bridge(bytes);
  }
  return std::nullopt;
}

void SegmentReader::State::start_bridge(base::ByteSpan tail) {
  if (bridge_.empty()) bridge_ = disk_->allocate_buffer(base::kUnitBytesMax);
  CHECK_LT(tail.size(), bridge_.size());
  std::memcpy(bridge_.data(), tail.data(), tail.size());
  bridged_ = static_cast<uint32_t>(tail.size());
  drop_front();
}

// The front stripe is the one behind the bridge's bytes: takes from it what the record lacks. A
// record is not longer than a stripe, so it ends there.
std::optional<ScanItem> SegmentReader::State::step_bridge() {
  const Stripe& stripe = stripes_.front();
  is_entered_ = true;
  const uint32_t had = std::exchange(bridged_, 0);
  const base::ByteSpan more = stripe.buffer.first(stripe.extent.bytes);
  const auto extend = [&](uint32_t size) {
    const auto take = static_cast<uint32_t>(std::min<size_t>(size - had, more.size()));
    std::memcpy(bridge_.data() + had, more.data(), take);
    return base::ByteSpan(bridge_).first(had + take);
  };
  uint32_t size = kRecordHeaderBytes;
  if (had < size) {
    const auto header = decode_header(extend(size), place());
    if (header.ok()) size = header->size;
  } else if (const auto header = decode_header(base::ByteSpan(bridge_).first(had), place());
             header.ok()) {
    size = header->size;
  }
  if (size <= had) {
    resync();
    return std::nullopt;
  }
  return parse(extend(size), true);
}

std::optional<ScanItem> SegmentReader::State::yield(const RecordView& record, uint32_t size) {
  const uint32_t ordinal = record.ordinal;
  if (options_.wanted) {
    if (next_wanted_ < ordinal) return corrupt(next_wanted_);
    if (ordinal < next_wanted_) {
      at_ += size;
      return std::nullopt;
    }
  }
  const uint32_t offset = at_;
  at_ += size;
  if (options_.check_bodies && !body_is_intact(record)) return corrupt(ordinal);
  if (options_.wanted) next_wanted_ = options_.wanted->next(ordinal + 1);
  ++counts_.records;
  ScanItem item;
  item.kind = ScanItem::Kind::kRecord;
  item.location = {{segment_->id, ordinal, size}, offset};
  item.record = record;
  return item;
}

ScanItem SegmentReader::State::corrupt(uint32_t ordinal) {
  if (options_.wanted) next_wanted_ = options_.wanted->next(ordinal + 1);
  ++counts_.corrupt;
  ScanItem item;
  item.kind = ScanItem::Kind::kCorrupt;
  item.location.ref = {segment_->id, ordinal, 0};
  return item;
}

ScanItem SegmentReader::State::finish() {
  if (next_wanted_ < segment_->record_count) return corrupt(next_wanted_);
  ScanItem item;
  item.kind = ScanItem::Kind::kEnd;
  return item;
}

ScanItem SegmentReader::State::fail(const base::Error& error) {
  ScanItem item;
  item.kind = ScanItem::Kind::kError;
  item.error = error;
  return item;
}

SegmentReader::SegmentReader(SegmentTable* table, iouring::Disk* disk, uint32_t segment_id,
                             const ScanOptions& options)
    : state_(std::make_shared<State>(table, disk, segment_id, options)) {}

SegmentReader::~SegmentReader() { state_->cancel(); }

ScanItem SegmentReader::next(OnReady on_ready) { return state_->next(std::move(on_ready)); }
uint32_t SegmentReader::segment_id() const { return state_->segment_id(); }
const ScanCounts& SegmentReader::counts() const { return state_->counts(); }
bool SegmentReader::is_sparse() const { return state_->is_sparse(); }

}  // namespace logstore
