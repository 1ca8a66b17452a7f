#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/limits.h"
#include "persist/file_stream.h"

namespace persist {

using iouring::IoClass;

namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;

}  // namespace

FileStreamReader::FileStreamReader(iouring::Loop* loop, iouring::Disk* disk, std::string path,
                                   const StreamLimits& limits, bool direct)
    : loop_(loop), disk_(disk), path_(std::move(path)), want_direct_(direct) {
  set_limits(limits);
}

FileStreamReader::~FileStreamReader() {
  CHECK(!file_ && !opening_);
  CHECK_EQ(statistics_.buffers, 0u);
}

void FileStreamReader::open(StreamCallback done) {
  CHECK(!file_ && !opening_);
  opened_ = std::move(done);
  opening_ = true;
  open_file(want_direct_);
}

void FileStreamReader::open_file(bool direct) {
  direct_ = direct;
  disk_->open(path_, {.read = true, .direct = direct}, [this](int32_t result) { on_open(result); });
}

void FileStreamReader::on_open(int32_t result) {
  if (result == -EINVAL && direct_) return open_file(false);
  opening_ = false;
  if (result < 0) {
    status_ = base::Error::from_errno(-result, "opening the file");
  } else {
    file_ = {result};
    const auto bytes = disk_->file_bytes(file_);
    if (bytes.ok()) {
      file_bytes_ = *bytes;
    } else {
      status_ = bytes.error();
    }
  }
  std::exchange(opened_, {})(status_);
  if (closing_) return finish_close();
  read_ahead();
}

void FileStreamReader::set_on_ready(base::InlineFunction<void()> on_ready) {
  on_ready_ = std::move(on_ready);
}

void FileStreamReader::set_limits(const StreamLimits& limits) {
  CHECK_GT(limits.operations_max, 0u);
  CHECK_GE(limits.bytes_max, kStreamBytesMin);
  limits_ = limits;
  statistics_.in_flight_max = 0;
  statistics_.bytes_in_flight_max = 0;
  statistics_.buffers_max = 0;
  rate_due_ns_ = 0;
  read_ahead();
}

void FileStreamReader::read_ahead() {
  while (file_ && !closing_ && status_.ok() && read_from_ < file_bytes_ &&
         statistics_.in_flight < limits_.operations_max &&
         (statistics_.buffers + 1) * kStreamBufferBytes <= limits_.bytes_max &&
         rate_allows(kStreamBufferBytes)) {
    start_read();
  }
}

bool FileStreamReader::rate_allows(size_t bytes) {
  if (limits_.bytes_per_second_max == 0) return true;
  const uint64_t now = loop_->clock().monotonic_ns();
  if (now < rate_due_ns_) {
    if (rate_timer_) return false;
    ++statistics_.rate_waits;
    rate_timer_ = loop_->add_timer(rate_due_ns_, [this] {
      rate_timer_ = {};
      read_ahead();
    });
    return false;
  }
  rate_due_ns_ = std::max(now, rate_due_ns_) + bytes * kNsPerSecond / limits_.bytes_per_second_max;
  return true;
}

void FileStreamReader::start_read() {
  const base::MutableByteSpan buffer = disk_->allocate_buffer(kStreamBufferBytes);
  const uint64_t offset = read_from_;
  const size_t expected = std::min<uint64_t>(kStreamBufferBytes, file_bytes_ - offset);
  // O_DIRECT reads whole blocks; the file's end makes the last one shorter.
  const size_t asked = direct_ ? base::align_up(expected, base::kDiskAlignBytes) : expected;
  read_from_ += expected;
  slots_.push_back({buffer, offset, expected, false});
  ++statistics_.in_flight;
  ++statistics_.buffers;
  statistics_.bytes_in_flight += kStreamBufferBytes;
  statistics_.in_flight_max = std::max(statistics_.in_flight_max, statistics_.in_flight);
  statistics_.bytes_in_flight_max =
      std::max(statistics_.bytes_in_flight_max, statistics_.bytes_in_flight);
  statistics_.buffers_max = std::max(statistics_.buffers_max, statistics_.buffers);
  disk_->read(file_, buffer.first(asked), offset, IoClass::kSnapshot,
              [this, offset](int32_t result) { on_read(offset, result); });
}

void FileStreamReader::on_read(uint64_t offset, int32_t result) {
  --statistics_.in_flight;
  statistics_.bytes_in_flight -= kStreamBufferBytes;
  const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                 [offset](const Slot& each) { return each.offset == offset; });
  CHECK(slot != slots_.end());
  if (result < 0) {
    fail(base::Error::from_errno(-result, "reading the file"));
  } else if (static_cast<size_t>(result) < slot->bytes) {
    fail({base::ErrorCode::kCorrupt, 0, "the file became shorter while it was read"});
  } else {
    slot->ready = true;
    statistics_.bytes += slot->bytes;
  }
  if (closing_) return finish_close();
  read_ahead();
  if (slots_.front().ready || !status_.ok()) wake();
}

void FileStreamReader::fail(base::Error error) {
  if (status_.ok()) status_ = error;
}

void FileStreamReader::wake() {
  if (!starved_) return;
  starved_ = false;
  if (on_ready_) on_ready_();
}

base::Result<FileStreamReader::Chunk> FileStreamReader::next() {
  CHECK(!closing_);
  if (!current_.empty()) free_buffer(std::exchange(current_, {}));
  if (!status_.ok()) return status_.error();
  if (!slots_.empty() && slots_.front().ready) {
    const Slot slot = slots_.front();
    slots_.pop_front();
    current_ = slot.buffer;
    read_ahead();
    return Chunk{slot.buffer.first(slot.bytes), false};
  }
  read_ahead();
  if (file_ && slots_.empty() && read_from_ == file_bytes_) return Chunk{{}, true};
  starved_ = true;
  return Chunk{};
}

void FileStreamReader::free_buffer(base::MutableByteSpan buffer) {
  disk_->free_buffer(buffer);
  --statistics_.buffers;
}

void FileStreamReader::close(base::InlineFunction<void()> done) {
  CHECK(!closing_);
  closing_ = true;
  closed_ = std::move(done);
  if (rate_timer_) loop_->cancel_timer(std::exchange(rate_timer_, {}));
  loop_->post([this] { finish_close(); });
}

void FileStreamReader::abandon() {
  if (!current_.empty()) free_buffer(std::exchange(current_, {}));
  for (const Slot& slot : std::exchange(slots_, {})) free_buffer(slot.buffer);
  file_ = {};
  opening_ = false;
}

// Called by whatever ends while closing; the last of them closes the file.
void FileStreamReader::finish_close() {
  if (opening_ || statistics_.in_flight > 0 || !closed_) return;
  if (!current_.empty()) free_buffer(std::exchange(current_, {}));
  for (const Slot& slot : std::exchange(slots_, {})) free_buffer(slot.buffer);
  if (!file_) return std::exchange(closed_, {})();
  disk_->close(std::exchange(file_, {}), [this](int32_t) { std::exchange(closed_, {})(); });
}

}  // namespace persist
