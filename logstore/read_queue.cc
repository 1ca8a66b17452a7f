#include "logstore/read_queue.h"

#include <cstring>
#include <utility>

#include "base/check.h"
#include "logstore/format.h"
#include "logstore/segment_layout.h"

namespace logstore {
namespace {

using base::Error;
using base::ErrorCode;

Error corrupt(const char* what) { return Error{ErrorCode::kCorrupt, 0, what}; }

}  // namespace

ReadQueue::ReadQueue(iouring::Disk* disk, iouring::Loop* loop, SegmentTable* table,
                     base::Logger* log, uint32_t depth)
    : disk_(disk), loop_(loop), table_(table), log_(log), depth_(depth) {
  CHECK_GT(depth, 0u);
}

ReadQueue::~ReadQueue() { CHECK(is_idle()); }

void ReadQueue::set_depth(uint32_t depth) {
  CHECK_GT(depth, 0u);
  depth_ = depth;
  pump();
}

ReadQueue::Operation* ReadQueue::take(const Location& location, const UnitKey& expected,
                                      Done done) {
  if (spare_ == nullptr) {
    operations_.push_back(std::make_unique<Operation>());
    spare_ = operations_.back().get();
  }
  Operation* operation = std::exchange(spare_, spare_->next);
  operation->location = location;
  operation->namespace_id = expected.namespace_id;
  operation->kind = expected.kind;
  operation->hash64 = expected.hash64;
  operation->key.assign(expected.key);
  operation->done = std::move(done);
  operation->next = nullptr;
  operation->is_held = table_->is_readable(location);
  if (operation->is_held) table_->hold(location.ref.segment);
  return operation;
}

void ReadQueue::read(const Location& location, const UnitKey& expected, iouring::IoClass io_class,
                     Done done) {
  Operation* operation = take(location, expected, std::move(done));
  operation->io_class = io_class;
  if (!operation->is_held) return refuse(operation);
  if (waiting_last_ != nullptr) {
    waiting_last_->next = operation;
  } else {
    waiting_first_ = operation;
  }
  waiting_last_ = operation;
  ++waiting_count_;
  pump();
}

void ReadQueue::answer(const Location& location, const UnitKey& expected, base::ByteSpan bytes,
                       Done done) {
  Operation* operation = take(location, expected, std::move(done));
  CHECK(operation->is_held && bytes.size() == location.ref.bytes);
  operation->buffer = disk_->allocate_buffer(bytes.size());
  std::memcpy(operation->buffer.data(), bytes.data(), bytes.size());
  ++in_flight_;
  ++statistics_.buffered;
  loop_->post([this, operation] {
    --in_flight_;
    finish(operation, operation->buffer.first(operation->location.ref.bytes));
    pump();
  });
}

void ReadQueue::refuse(Operation* operation) {
  ++in_flight_;
  loop_->post([this, operation] {
    --in_flight_;
    ++statistics_.corrupt;
    const Error error = corrupt("location outside the log");
    report(*operation, error);
    complete(operation, error);
    pump();
  });
}

void ReadQueue::pump() {
  while (waiting_first_ != nullptr && in_flight_ < depth_) {
    Operation* operation = waiting_first_;
    waiting_first_ = std::exchange(operation->next, nullptr);
    if (waiting_first_ == nullptr) waiting_last_ = nullptr;
    --waiting_count_;
    start(operation);
  }
}

void ReadQueue::start(Operation* operation) {
  const Location& location = operation->location;
  const uint32_t from = static_cast<uint32_t>(base::align_down(location.offset, kBlockBytes));
  const uint32_t bytes = blocks_touched(location.offset, location.ref.bytes) * kBlockBytes;
  operation->buffer = disk_->allocate_buffer(bytes);
  ++in_flight_;
  ++statistics_.reads;
  statistics_.read_bytes += bytes;
  disk_->read(table_->at(location.ref.segment).file, operation->buffer.first(bytes), from,
              operation->io_class,
              [this, operation](int32_t result) { on_read(operation, result); });
}

void ReadQueue::on_read(Operation* operation, int32_t result) {
  --in_flight_;
  if (result < 0) {
    ++statistics_.io_errors;
    const Error error = Error::from_errno(-result, "read of a record");
    report(*operation, error);
    complete(operation, error);
  } else {
    const uint32_t within = operation->location.offset % kBlockBytes;
    const uint32_t bytes = operation->location.ref.bytes;
    // A short read is a file cut short: verify() then finds the record cut short.
    const auto got = static_cast<uint32_t>(result);
    const uint32_t have = got > within ? std::min(got - within, bytes) : 0;
    finish(operation, have == 0 ? base::ByteSpan{} : operation->buffer.subspan(within, have));
  }
  pump();
}

void ReadQueue::finish(Operation* operation, base::ByteSpan record) {
  const base::Result<RecordView> view = verify(*operation, record);
  if (!view.ok()) {
    ++statistics_.corrupt;
    table_->at(operation->location.ref.segment).is_damaged = true;
    report(*operation, view.error());
  }
  complete(operation, view);
}

base::Result<RecordView> ReadQueue::verify(const Operation& operation,
                                           base::ByteSpan record) const {
  const Location& location = operation.location;
  const Segment& segment = table_->at(location.ref.segment);
  const base::Result<RecordView> view =
      decode_record(record, {table_->store_id(), segment.id, segment.generation, location.offset});
  // To the caller every way in which a record is not what it must be is the same.
  if (!view.ok()) return corrupt(view.error().detail);
  if (view->ordinal != location.ref.ordinal || view->bytes.size() != location.ref.bytes)
    return corrupt("record of another length or ordinal");
  const UnitFields& fields = view->fields;
  if (fields.namespace_id != operation.namespace_id || fields.kind != operation.kind ||
      fields.hash64 != operation.hash64 || fields.key != operation.key)
    return corrupt("record of another unit");
  return *view;
}

void ReadQueue::report(const Operation& operation, const Error& error) {
  if (log_ == nullptr) return;
  log_->warning("Cold tier: record at {:08x}.seg offset {} cannot be served: {}",
                operation.location.ref.segment, operation.location.offset, error.to_string());
}

void ReadQueue::complete(Operation* operation, const base::Result<RecordView>& result) {
  Done done = std::move(operation->done);
  done(result);
  if (!operation->buffer.empty()) disk_->free_buffer(std::exchange(operation->buffer, {}));
  const bool is_held = operation->is_held;
  const uint32_t segment = operation->location.ref.segment;
  operation->next = std::exchange(spare_, operation);
  if (is_held) table_->release(segment);
}

}  // namespace logstore
