#include "iouring/io_schedule.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace iouring {

namespace {

constexpr uint64_t kMiB = 1024 * 1024;

// In the order of IoClass. A device that is kept at this depth answers a cold read in time; the
// background classes fill what is left.
constexpr IoLimit kLimits[kIoClasses] = {{8, 4 * kMiB}, {64, 8 * kMiB}, {4, 1 * kMiB},
                                         {2, kMiB / 2}, {4, 1 * kMiB},  {1024, 64 * kMiB}};

}  // namespace

struct IoSchedule::Operation {
  IoSchedule* schedule = nullptr;
  Kind kind = Kind::kRead;
  IoClass io_class = IoClass::kAof;
  bool data_only = false;
  File file;
  std::byte* bytes = nullptr;
  size_t size = 0;
  uint64_t offset = 0;
  uint64_t called_ns = 0;
  IoCallback done;
  Operation* next = nullptr;
};

IoSchedule::IoSchedule(Loop* loop, Disk* disk) : loop_(loop), disk_(disk) {
  for (size_t i = 0; i < kIoClasses; ++i) queues_[i].statistics.limit = kLimits[i];
}

IoSchedule::~IoSchedule() = default;

void IoSchedule::set_limit(IoClass io_class, IoLimit limit) {
  CHECK_GT(limit.operations_max, 0u);
  IoClassStatistics& row = queue_of(io_class).statistics;
  row.limit = limit;
  row.in_flight_max = row.in_flight;
  row.bytes_in_flight_max = row.bytes_in_flight;
  dispatch();
}

const IoClassStatistics& IoSchedule::statistics(IoClass io_class) const {
  return queue_of(io_class).statistics;
}

void IoSchedule::reset_maxima() {
  for (Queue& queue : queues_) {
    queue.statistics.in_flight_max = queue.statistics.in_flight;
    queue.statistics.bytes_in_flight_max = queue.statistics.bytes_in_flight;
  }
}

IoSchedule::Operation* IoSchedule::enqueue(Kind kind, File file, IoClass io_class,
                                           IoCallback done) {
  if (free_ == nullptr) {
    free_ = operations_.emplace_back(std::make_unique<Operation>()).get();
    free_->schedule = this;
  }
  Operation* const operation = free_;
  free_ = operation->next;
  operation->kind = kind;
  operation->io_class = io_class;
  operation->file = file;
  operation->size = 0;
  operation->called_ns = loop_->clock().monotonic_ns();
  operation->done = std::move(done);
  operation->next = nullptr;
  Queue& queue = queue_of(io_class);
  (queue.last == nullptr ? queue.first : queue.last->next) = operation;
  queue.last = operation;
  ++queue.statistics.waiting;
  return operation;
}

void IoSchedule::read(File file, base::MutableByteSpan bytes, uint64_t offset, IoClass io_class,
                      IoCallback done) {
  Operation* const operation = enqueue(Kind::kRead, file, io_class, std::move(done));
  operation->bytes = bytes.data();
  operation->size = bytes.size();
  operation->offset = offset;
  dispatch();
}

void IoSchedule::write(File file, base::ByteSpan bytes, uint64_t offset, IoClass io_class,
                       IoCallback done) {
  Operation* const operation = enqueue(Kind::kWrite, file, io_class, std::move(done));
  operation->bytes = const_cast<std::byte*>(bytes.data());
  operation->size = bytes.size();
  operation->offset = offset;
  dispatch();
}

void IoSchedule::sync(File file, bool data_only, IoClass io_class, IoCallback done) {
  enqueue(Kind::kSync, file, io_class, std::move(done))->data_only = data_only;
  dispatch();
}

bool IoSchedule::has_room(const Queue& queue) const {
  const IoClassStatistics& row = queue.statistics;
  if (queue.first == nullptr) return false;
  if (row.in_flight == 0) return true;
  return row.in_flight < row.limit.operations_max &&
         row.bytes_in_flight + queue.first->size <= row.limit.bytes_max;
}

bool IoSchedule::foreground_busy() const {
  for (const IoClass io_class : {IoClass::kAof, IoClass::kColdRead}) {
    const IoClassStatistics& row = statistics(io_class);
    if (row.in_flight + row.waiting > 0) return true;
  }
  return false;
}

void IoSchedule::dispatch() {
  for (size_t i = 0; i < kIoClasses; ++i) {
    if (is_background(static_cast<IoClass>(i)) && foreground_busy()) continue;
    while (has_room(queues_[i])) start(&queues_[i]);
  }
  if (background_in_flight_ == 0) start_one_background();
}

bool IoSchedule::start_one_background() {
  for (size_t step = 0; step < kIoClasses; ++step) {
    const size_t candidate = (background_next_ + step) % kIoClasses;
    if (!is_background(static_cast<IoClass>(candidate)) || !has_room(queues_[candidate])) continue;
    background_next_ = (candidate + 1) % kIoClasses;
    start(&queues_[candidate]);
    return true;
  }
  return false;
}

void IoSchedule::start(Queue* queue) {
  Operation* const operation = queue->first;
  queue->first = operation->next;
  if (queue->first == nullptr) queue->last = nullptr;
  IoClassStatistics& row = queue->statistics;
  --row.waiting;
  ++row.in_flight;
  row.bytes_in_flight += operation->size;
  row.in_flight_max = std::max(row.in_flight_max, row.in_flight);
  row.bytes_in_flight_max = std::max(row.bytes_in_flight_max, row.bytes_in_flight);
  if (is_background(operation->io_class)) ++background_in_flight_;
  IoCallback finished = [operation](int32_t result) {
    operation->schedule->finish(operation, result);
  };
  const base::MutableByteSpan bytes(operation->bytes, operation->size);
  switch (operation->kind) {
    case Kind::kRead:
      return disk_->read(operation->file, bytes, operation->offset, operation->io_class,
                         std::move(finished));
    case Kind::kWrite:
      return disk_->write(operation->file, bytes, operation->offset, operation->io_class,
                          std::move(finished));
    case Kind::kSync:
      return disk_->sync(operation->file, operation->data_only, operation->io_class,
                         std::move(finished));
  }
}

void IoSchedule::finish(Operation* operation, int32_t result) {
  IoClassStatistics& row = queue_of(operation->io_class).statistics;
  --row.in_flight;
  row.bytes_in_flight -= operation->size;
  ++row.operations;
  row.bytes += operation->size;
  row.errors += result < 0;
  row.latency.add(loop_->turn_ns() - operation->called_ns);
  if (is_background(operation->io_class)) --background_in_flight_;
  IoCallback done = std::move(operation->done);
  operation->next = free_;
  free_ = operation;
  done(result);
  dispatch();
}

// --- What passes through ---

void IoSchedule::open(const std::string& path, const OpenOptions& options, IoCallback done) {
  disk_->open(path, options, std::move(done));
}
void IoSchedule::close(File file, IoCallback done) { disk_->close(file, std::move(done)); }
void IoSchedule::allocate(File file, uint64_t offset, uint64_t length, IoCallback done) {
  disk_->allocate(file, offset, length, std::move(done));
}
void IoSchedule::truncate(File file, uint64_t length, IoCallback done) {
  disk_->truncate(file, length, std::move(done));
}
void IoSchedule::rename(const std::string& from, const std::string& to, IoCallback done) {
  disk_->rename(from, to, std::move(done));
}
void IoSchedule::unlink(const std::string& path, IoCallback done) {
  disk_->unlink(path, std::move(done));
}
void IoSchedule::sync_directory(const std::string& path, IoCallback done) {
  disk_->sync_directory(path, std::move(done));
}
base::MutableByteSpan IoSchedule::allocate_buffer(size_t bytes) {
  return disk_->allocate_buffer(bytes);
}
void IoSchedule::free_buffer(base::MutableByteSpan buffer) { disk_->free_buffer(buffer); }
base::Result<std::vector<DirectoryEntry>> IoSchedule::list_directory(const std::string& path) {
  return disk_->list_directory(path);
}
base::Status IoSchedule::make_directory(const std::string& path) {
  return disk_->make_directory(path);
}
base::Status IoSchedule::remove_directory(const std::string& path) {
  return disk_->remove_directory(path);
}
base::Status IoSchedule::remove_file(const std::string& path) { return disk_->remove_file(path); }
base::Result<FileStatus> IoSchedule::file_status(const std::string& path) {
  return disk_->file_status(path);
}
base::Result<FileSystemStatus> IoSchedule::file_system_status(const std::string& path) {
  return disk_->file_system_status(path);
}
base::Result<uint64_t> IoSchedule::file_bytes(File file) { return disk_->file_bytes(file); }
base::Result<std::string> IoSchedule::read_small_file(const std::string& path, uint64_t bytes_max) {
  return disk_->read_small_file(path, bytes_max);
}
base::Status IoSchedule::write_small_file(const std::string& path, std::string_view content) {
  return disk_->write_small_file(path, content);
}
base::Status IoSchedule::lock_file(const std::string& path, int* owner_pid) {
  return disk_->lock_file(path, owner_pid);
}

}  // namespace iouring
