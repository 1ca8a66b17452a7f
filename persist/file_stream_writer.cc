#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/limits.h"
#include "persist/file_stream.h"

namespace persist {

using iouring::IoClass;

namespace {

// Blocks are allocated ahead in steps that double from the first to the second.
constexpr uint64_t kAllocateBytesFirst = 1024 * 1024;
constexpr uint64_t kAllocateBytesMax = 32 * 1024 * 1024;
// Without O_DIRECT: dirty bytes that the page cache may hold before they are synced. Left to
// itself the kernel collects far more, and the sync at the end stalls the device for all others.
constexpr uint64_t kUnsyncedBytesMax = 8 * 1024 * 1024;
constexpr uint64_t kNsPerSecond = 1'000'000'000;

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

FileStreamWriter::FileStreamWriter(iouring::Loop* loop, iouring::Disk* disk, Options options)
    : loop_(loop), disk_(disk), options_(std::move(options)) {
  set_limits(options_.limits);
}

FileStreamWriter::~FileStreamWriter() {
  CHECK(state_ == State::kNew || state_ == State::kFinished);
  CHECK_EQ(statistics_.buffers, 0u);
}

void FileStreamWriter::open(StreamCallback done) {
  CHECK(state_ == State::kNew);
  opened_ = std::move(done);
  state_ = State::kOpening;
  open_file(options_.direct);
}

void FileStreamWriter::open_file(bool direct) {
  direct_ = direct;
  disk_->open(options_.temporary_path,
              {.write = true, .create = true, .truncate = true, .direct = direct},
              [this](int32_t result) { on_open(result); });
}

void FileStreamWriter::on_open(int32_t result) {
  // A file system without O_DIRECT says so here.
  if (result == -EINVAL && direct_) return open_file(false);
  state_ = State::kStreaming;
  if (result < 0) {
    fail(result, "opening the temporary file");
  } else {
    file_ = {result};
    file_exists_ = true;
  }
  if (opened_) std::exchange(opened_, {})(status_);
  if (!status_.ok()) notify_room();
  start_writes();
  advance();
}

size_t FileStreamWriter::buffers_free() const {
  const uint64_t buffers_max = limits_.bytes_max / kStreamBufferBytes;
  return buffers_max - std::min(buffers_max, statistics_.buffers);
}

base::MutableByteSpan FileStreamWriter::acquire() {
  CHECK_GT(buffers_free(), 0u);
  const base::MutableByteSpan buffer = disk_->allocate_buffer(kStreamBufferBytes);
  ++buffers_out_;
  buffers_.push_back(buffer);
  ++statistics_.buffers;
  statistics_.buffers_max = std::max(statistics_.buffers_max, statistics_.buffers);
  return buffer;
}

void FileStreamWriter::release(base::MutableByteSpan buffer) {
  CHECK_GT(buffers_out_, 0u);
  --buffers_out_;
  free_buffer(buffer);
}

void FileStreamWriter::free_buffer(base::MutableByteSpan buffer) {
  const auto found = std::find_if(buffers_.begin(), buffers_.end(), [buffer](const auto& each) {
    return each.data() == buffer.data();
  });
  CHECK(found != buffers_.end());
  buffers_.erase(found);
  disk_->free_buffer(buffer);
  --statistics_.buffers;
}

void FileStreamWriter::abandon() {
  for (const base::MutableByteSpan buffer : std::exchange(buffers_, {})) {
    disk_->free_buffer(buffer);
  }
  statistics_.buffers = 0;
  state_ = State::kFinished;
}

void FileStreamWriter::submit(base::MutableByteSpan buffer, size_t bytes) {
  CHECK(!finishing_ && !last_submitted_);
  CHECK_GT(buffers_out_, 0u);
  CHECK_LE(bytes, kStreamBufferBytes);
  --buffers_out_;
  last_submitted_ = bytes < kStreamBufferBytes;
  const Write write{buffer, bytes, submitted_bytes_};
  submitted_bytes_ += bytes;
  if (bytes == 0 || !status_.ok() || aborting_) return free_buffer(buffer);
  waiting_.push_back(write);
  start_writes();
}

void FileStreamWriter::set_on_room(base::InlineFunction<void()> on_room) {
  on_room_ = std::move(on_room);
}

void FileStreamWriter::set_limits(const StreamLimits& limits) {
  CHECK_GT(limits.operations_max, 0u);
  CHECK_GE(limits.bytes_max, kStreamBytesMin);
  limits_ = limits;
  // What is in flight by the old limits is not held against the new ones: maxima are taken when
  // something starts, and nothing starts above them.
  statistics_.in_flight_max = 0;
  statistics_.bytes_in_flight_max = 0;
  statistics_.buffers_max = 0;
  rate_due_ns_ = 0;
  if (state_ == State::kStreaming) start_writes();
}

void FileStreamWriter::start_writes() {
  while (state_ == State::kStreaming && status_.ok() && !waiting_.empty() &&
         statistics_.in_flight < limits_.operations_max) {
    Write write = waiting_.front();
    if (direct_) {
      // The last block is padded; the file is cut to its length at the end.
      const size_t padded = base::align_up(write.bytes, base::kDiskAlignBytes);
      std::memset(write.buffer.data() + write.bytes, 0, padded - write.bytes);
      write.bytes = padded;
    }
    if (statistics_.bytes_in_flight + write.bytes > limits_.bytes_max) return;
    if (!allocated_for(write.offset + write.bytes) || !rate_allows(write.bytes)) return;
    waiting_.pop_front();
    start_write(write);
  }
}

// Spreads the writes evenly; false when the next has to wait, for which a timer is set.
bool FileStreamWriter::rate_allows(size_t bytes) {
  if (limits_.bytes_per_second_max == 0) return true;
  const uint64_t now = loop_->clock().monotonic_ns();
  if (now < rate_due_ns_) {
    if (rate_timer_) return false;
    ++statistics_.rate_waits;
    rate_timer_ = loop_->add_timer(rate_due_ns_, [this] {
      rate_timer_ = {};
      start_writes();
    });
    return false;
  }
  rate_due_ns_ = std::max(now, rate_due_ns_) + bytes * kNsPerSecond / limits_.bytes_per_second_max;
  return true;
}

void FileStreamWriter::start_write(const Write& write) {
  ++statistics_.in_flight;
  statistics_.bytes_in_flight += write.bytes;
  statistics_.in_flight_max = std::max(statistics_.in_flight_max, statistics_.in_flight);
  statistics_.bytes_in_flight_max =
      std::max(statistics_.bytes_in_flight_max, statistics_.bytes_in_flight);
  disk_->write(file_, write.buffer.first(write.bytes), write.offset, IoClass::kSnapshot,
               [this, write](int32_t result) { on_written(write, result); });
}

void FileStreamWriter::on_written(const Write& write, int32_t result) {
  --statistics_.in_flight;
  statistics_.bytes_in_flight -= write.bytes;
  free_buffer(write.buffer);
  if (result < 0) {
    fail(result, "writing the file");
  } else {
    statistics_.bytes += write.bytes;
    unsynced_bytes_ += write.bytes;
    if (!direct_ && unsynced_bytes_ >= kUnsyncedBytesMax && !syncing_) start_sync();
  }
  start_writes();
  notify_room();
  advance();
}

void FileStreamWriter::notify_room() {
  if (on_room_ && !aborting_ && !finishing_) on_room_();
}

// Whether the file has blocks up to `end`; asks for more, well before they are needed.
bool FileStreamWriter::allocated_for(uint64_t end) {
  if (!direct_ || !allocates_) return true;
  const uint64_t step = std::clamp(allocated_bytes_, kAllocateBytesFirst, kAllocateBytesMax);
  if (!allocating_ && end + step / 2 > allocated_bytes_) {
    allocating_ = true;
    const uint64_t to = allocated_bytes_ + step;
    disk_->allocate(file_, allocated_bytes_, step,
                    [this, to](int32_t result) { on_allocated(to, result); });
  }
  return end <= allocated_bytes_;
}

void FileStreamWriter::on_allocated(uint64_t end, int32_t result) {
  allocating_ = false;
  if (result < 0) {
    // Not every file system can; a full one shows at the write.
    allocates_ = false;
  } else {
    allocated_bytes_ = end;
  }
  start_writes();
  advance();
}

void FileStreamWriter::start_sync() {
  syncing_ = true;
  unsynced_bytes_ = 0;
  disk_->sync(file_, true, IoClass::kSnapshot, [this](int32_t result) {
    syncing_ = false;
    if (result < 0) {
      fail(result, "syncing the file");
      notify_room();
    }
    advance();
  });
}

void FileStreamWriter::fail(int32_t result, const char* detail) {
  if (!status_.ok()) return;
  status_ = base::Error::from_errno(-result, detail);
  for (const Write& write : std::exchange(waiting_, {})) free_buffer(write.buffer);
}

void FileStreamWriter::finish(StreamCallback done) {
  CHECK(!finishing_ && !aborting_);
  CHECK_EQ(buffers_out_, 0u);
  CHECK(state_ == State::kOpening || state_ == State::kStreaming);
  finishing_ = true;
  finished_ = std::move(done);
  // Even a stream that failed before ends in a turn to come.
  loop_->post([this] { advance(); });
}

void FileStreamWriter::abort(base::InlineFunction<void()> done) {
  CHECK(!finishing_ && !aborting_);
  aborting_ = true;
  aborted_ = std::move(done);
  for (const Write& write : std::exchange(waiting_, {})) free_buffer(write.buffer);
  loop_->post([this] { advance(); });
}

// Begins the end of the file once nothing is in flight.
void FileStreamWriter::advance() {
  if (!finishing_ && !aborting_) return;
  if (state_ == State::kNew) return end();
  if (state_ != State::kStreaming || !waiting_.empty() || statistics_.in_flight > 0 ||
      allocating_ || syncing_) {
    return;
  }
  state_ = State::kEnding;
  if (rate_timer_) loop_->cancel_timer(rate_timer_);
  if (!status_.ok() || aborting_) return close();
  cut();
}

// The callback of one step of the end: the next step, or after an error the removal of the file.
template <void (FileStreamWriter::*next)()>
iouring::IoCallback FileStreamWriter::then(const char* detail) {
  return [this, detail](int32_t result) {
    if (result < 0) fail(result, detail);
    (this->*next)();
  };
}

void FileStreamWriter::cut() {
  if (!direct_) return sync();
  disk_->truncate(file_, submitted_bytes_, then<&FileStreamWriter::sync>("cutting the file"));
}

void FileStreamWriter::sync() {
  if (!status_.ok()) return close();
  disk_->sync(file_, false, IoClass::kSnapshot, then<&FileStreamWriter::close>("syncing the file"));
}

void FileStreamWriter::close() {
  if (!file_) return rename();
  disk_->close(std::exchange(file_, {}), then<&FileStreamWriter::rename>("closing the file"));
}

void FileStreamWriter::rename() {
  if (!status_.ok() || aborting_) return remove();
  disk_->rename(options_.temporary_path, options_.target_path,
                then<&FileStreamWriter::sync_directory>("renaming the temporary file"));
}

void FileStreamWriter::sync_directory() {
  if (!status_.ok()) return remove();
  disk_->sync_directory(directory_of(options_.target_path),
                        then<&FileStreamWriter::end>("syncing the directory"));
}

void FileStreamWriter::remove() {
  if (!file_exists_) return end();
  // Whether it can be removed changes nothing about the outcome.
  disk_->unlink(options_.temporary_path, [this](int32_t) { end(); });
}

void FileStreamWriter::end() {
  state_ = State::kFinished;
  // The callback may destroy the stream.
  if (aborting_) return std::exchange(aborted_, {})();
  std::exchange(finished_, {})(status_);
}

}  // namespace persist
