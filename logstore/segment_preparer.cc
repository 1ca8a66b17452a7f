#include "logstore/segment_preparer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace logstore {
namespace {

constexpr uint64_t kProbeBytesMax = 4 * base::kIoBytesMax;

}  // namespace

SegmentPreparer::SegmentPreparer(iouring::Disk* disk, iouring::Loop* loop, const Options& options)
    : disk_(disk), loop_(loop), options_(options) {}

SegmentPreparer::~SegmentPreparer() { CHECK(!busy_); }

void SegmentPreparer::prepare(const std::string& path, Done done) {
  CHECK(!busy_);
  busy_ = true;
  path_ = path;
  done_ = std::move(done);
  const iouring::OpenOptions open{.read = true,
                                  .write = true,
                                  .create = true,
                                  .exclusive = false,
                                  .truncate = true,
                                  .direct = options_.direct,
                                  .append = false};
  disk_->open(path, open, [this](int32_t result) { on_opened(result); });
}

void SegmentPreparer::on_opened(int32_t result) {
  if (result < 0) return fail(result, "open of a segment");
  file_ = iouring::File{result};
  disk_->allocate(file_, 0, options_.segment_bytes,
                  [this](int32_t allocated) { on_allocated(allocated); });
}

void SegmentPreparer::on_allocated(int32_t result) {
  if (result < 0) return fail(result, "allocation of a segment");
  if (probe_ == Probe::kDone && !zero_writes_) return sync_directory();
  zeros_ = disk_->allocate_buffer(base::kIoBytesMax);
  std::memset(zeros_.data(), 0, zeros_.size());
  probe_began_ns_ = loop_->clock().monotonic_ns();
  write_zeros(0);
}

uint64_t SegmentPreparer::zeros_end() const {
  return probe_ == Probe::kDone ? options_.segment_bytes
                                : std::min(options_.segment_bytes, kProbeBytesMax);
}

void SegmentPreparer::write_zeros(uint64_t offset) {
  zeros_at_ = offset;
  const uint64_t bytes = std::min<uint64_t>(base::kIoBytesMax, zeros_end() - offset);
  disk_->write(file_, zeros_.first(bytes), offset, iouring::IoClass::kDemotion,
               [this](int32_t result) { on_zeros_written(result); });
}

void SegmentPreparer::on_zeros_written(int32_t result) {
  if (result < 0) return fail(result, "zero-writing of a segment");
  zeros_at_ += base::kIoBytesMax;
  if (zeros_at_ < zeros_end()) return write_zeros(zeros_at_);
  if (probe_ != Probe::kDone) return finish_probe();
  sync_directory();
}

// The same range twice: first it is unwritten, then it is overwritten.
void SegmentPreparer::finish_probe() {
  const uint64_t now_ns = loop_->clock().monotonic_ns();
  const uint64_t took_ns = now_ns - probe_began_ns_;
  probe_began_ns_ = now_ns;
  if (probe_ == Probe::kUnwritten) {
    unwritten_ns_ = took_ns;
    probe_ = Probe::kWritten;
    return write_zeros(0);
  }
  probe_ = Probe::kDone;
  zero_writes_ = unwritten_ns_ > took_ns * kZeroWriteFactor;
  if (zero_writes_ && zeros_at_ < zeros_end()) return write_zeros(zeros_at_);
  sync_directory();
}

void SegmentPreparer::sync_directory() {
  disk_->sync_directory(options_.directory, [this](int32_t result) {
    if (result < 0) return fail(result, "fsync of the segments' directory");
    succeed();
  });
}

void SegmentPreparer::fail(int32_t result, const char* what) {
  if (!zeros_.empty()) disk_->free_buffer(std::exchange(zeros_, {}));
  if (file_) {
    disk_->close(std::exchange(file_, {}), [](int32_t) {});
    disk_->unlink(path_, [](int32_t) {});
  }
  if (probe_ == Probe::kWritten) probe_ = Probe::kUnwritten;
  busy_ = false;
  Done done = std::move(done_);
  done(base::Error::from_errno(-result, what));
}

void SegmentPreparer::succeed() {
  if (!zeros_.empty()) disk_->free_buffer(std::exchange(zeros_, {}));
  busy_ = false;
  Done done = std::move(done_);
  done(std::exchange(file_, {}));
}

}  // namespace logstore
