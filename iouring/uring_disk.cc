#include "iouring/uring_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/memory.h"

namespace iouring {

namespace {

// EINTR and EAGAIN in a row before the operation fails with them.
constexpr uint32_t kRetriesMax = 16;

// IOPRIO_CLASS_IDLE of linux/ioprio.h, which does not compile as C++.
constexpr uint16_t kIdlePriority = 3 << 13;

uint16_t priority_of(IoClass io_class) {
  // Demotion keeps the normal priority: while it is starved, writers wait for memory.
  if (io_class == IoClass::kSnapshot || io_class == IoClass::kCompaction) return kIdlePriority;
  return 0;
}

int open_flags(const OpenOptions& options) {
  int flags = O_CLOEXEC;
  flags |= options.read && options.write ? O_RDWR : options.write ? O_WRONLY : O_RDONLY;
  if (options.create) flags |= O_CREAT;
  if (options.exclusive) flags |= O_EXCL;
  if (options.truncate) flags |= O_TRUNC;
  if (options.direct) flags |= O_DIRECT;
  if (options.append) flags |= O_APPEND;
  return flags;
}

}  // namespace

struct UringDisk::Transfer : Operation {
  UringDisk* disk = nullptr;
  IoCallback done;
  File file;
  io_uring_op opcode = IORING_OP_NOP;
  bool is_fixed = false;
  bool is_read = false;
  bool to_worker = false;  // The kernel would not do it without blocking.
  IoClass io_class = IoClass::kAof;
  std::byte* bytes = nullptr;
  size_t size = 0;
  size_t moved = 0;
  size_t moved_before = 0;  // What an aligned retry of a short direct transfer starts over from.
  uint64_t offset = 0;
  uint32_t retries = 0;
  Transfer* next = nullptr;
};

struct UringDisk::Simple : Operation {
  UringDisk* disk = nullptr;
  IoCallback done;
  File file;
  std::string path;
  std::string target;
  bool is_direct = false;
  uint64_t length = 0;
  int fd = -1;
  int32_t result = 0;
};

UringDisk::UringDisk(UringLoop* loop, Helpers* helpers, const UringDiskOptions& options)
    : loop_(loop), helpers_(helpers), arena_(options.arena_bytes) {
  const base::MutableByteSpan memory = arena_.memory();
  if (memory.empty()) return;
  const iovec whole{memory.data(), memory.size()};
  arena_registered_ = io_uring_register_buffers(loop_->ring(), &whole, 1) == 0;
}

UringDisk::~UringDisk() {
  if (arena_registered_) io_uring_unregister_buffers(loop_->ring());
  for (const OpenFile& file : files_) {
    CHECK_EQ(file.in_flight, 0u);
    if (file.ring_file.fd < 0) continue;
    loop_->unregister_file(file.ring_file);
    ::close(file.ring_file.fd);
  }
  for (const int fd : locks_) ::close(fd);
}

UringDisk::OpenFile& UringDisk::open_file(File file) {
  CHECK_LT(static_cast<size_t>(file.slot), files_.size());
  OpenFile& found = files_[static_cast<size_t>(file.slot)];
  CHECK_GE(found.ring_file.fd, 0);
  return found;
}

File UringDisk::enter_file(int fd, bool is_direct) {
  if (free_files_.empty()) {
    free_files_.push_back(static_cast<int32_t>(files_.size()));
    files_.emplace_back();
  }
  const File file{free_files_.back()};
  free_files_.pop_back();
  files_[static_cast<size_t>(file.slot)] = {loop_->register_file(fd), is_direct, 0};
  return file;
}

// --- Reads and writes ---

void UringDisk::read(File file, base::MutableByteSpan bytes, uint64_t offset, IoClass io_class,
                     IoCallback done) {
  transfer(IORING_OP_READ, IORING_OP_READ_FIXED, file, bytes.data(), bytes.size(), offset, io_class,
           std::move(done));
}

void UringDisk::write(File file, base::ByteSpan bytes, uint64_t offset, IoClass io_class,
                      IoCallback done) {
  transfer(IORING_OP_WRITE, IORING_OP_WRITE_FIXED, file, const_cast<std::byte*>(bytes.data()),
           bytes.size(), offset, io_class, std::move(done));
}

UringDisk::Transfer* UringDisk::take_transfer() {
  if (free_transfers_ == nullptr) {
    free_transfers_ = transfers_.emplace_back(std::make_unique<Transfer>()).get();
    free_transfers_->disk = this;
    free_transfers_->complete = &UringDisk::transfer_completed;
  }
  Transfer* const taken = free_transfers_;
  free_transfers_ = taken->next;
  return taken;
}

void UringDisk::transfer(io_uring_op plain, io_uring_op fixed, File file, std::byte* bytes,
                         size_t size, uint64_t offset, IoClass io_class, IoCallback done) {
  CHECK(size > 0 && size <= base::kIoBytesMax);
  ++open_file(file).in_flight;
  Transfer* const operation = take_transfer();
  operation->is_fixed = arena_registered_ && arena_.contains(bytes);
  operation->opcode = operation->is_fixed ? fixed : plain;
  operation->is_read = plain == IORING_OP_READ;
  operation->done = std::move(done);
  operation->file = file;
  operation->to_worker = false;
  operation->io_class = io_class;
  operation->bytes = bytes;
  operation->size = size;
  operation->moved = 0;
  operation->moved_before = 0;
  operation->offset = offset;
  operation->retries = 0;
  submit(operation);
}

void UringDisk::submit(Transfer* operation) {
  io_uring_sqe* const sqe = loop_->prepare(operation);
  const OpenFile& file = open_file(operation->file);
  fill_sqe(sqe, operation->opcode, file.ring_file, operation->bytes + operation->moved,
           static_cast<uint32_t>(operation->size - operation->moved),
           operation->offset + operation->moved);
  sqe->ioprio = priority_of(operation->io_class);
  if (operation->to_worker) sqe->flags |= IOSQE_ASYNC;
}

void UringDisk::transfer_completed(Operation* base_operation, int32_t result, uint32_t) {
  auto* const operation = static_cast<Transfer*>(base_operation);
  UringDisk* const disk = operation->disk;
  if (result < 0) {
    if ((result != -EINTR && result != -EAGAIN) || ++operation->retries > kRetriesMax)
      return disk->finish(operation, result);
    operation->to_worker = result == -EAGAIN;
    return disk->submit(operation);
  }
  operation->moved += static_cast<size_t>(result);
  const size_t moved = operation->moved;
  if (moved == operation->size) return disk->finish(operation, static_cast<int32_t>(moved));
  const bool is_end = result == 0 || moved == operation->moved_before;
  if (is_end && operation->is_read) return disk->finish(operation, static_cast<int32_t>(moved));
  if (is_end && ++operation->retries > kRetriesMax) return disk->finish(operation, -EIO);
  operation->moved_before = moved;
  // O_DIRECT goes on only from an aligned place; arriving at the same byte again is the file's end.
  if (disk->open_file(operation->file).is_direct)
    operation->moved = base::align_down(moved, base::kDiskAlignBytes);
  disk->submit(operation);
}

void UringDisk::finish(Transfer* operation, int32_t result) {
  --open_file(operation->file).in_flight;
  IoCallback done = std::move(operation->done);
  operation->next = free_transfers_;
  free_transfers_ = operation;
  done(result);
}

// --- Everything else ---

UringDisk::Simple* UringDisk::take_simple(File file, IoCallback done) {
  auto* const simple = new Simple;
  simple->disk = this;
  simple->complete = &UringDisk::simple_completed;
  simple->done = std::move(done);
  simple->file = file;
  if (file) ++open_file(file).in_flight;
  return simple;
}

void UringDisk::simple_completed(Operation* operation, int32_t result, uint32_t) {
  const std::unique_ptr<Simple> simple(static_cast<Simple*>(operation));
  if (simple->file) --simple->disk->open_file(simple->file).in_flight;
  simple->done(result);
}

void UringDisk::open(const std::string& path, const OpenOptions& options, IoCallback done) {
  Simple* const simple = take_simple(File{}, std::move(done));
  simple->complete = &UringDisk::open_completed;
  simple->path = path;
  simple->is_direct = options.direct;
  io_uring_sqe* const sqe = loop_->prepare(simple);
  fill_sqe(sqe, IORING_OP_OPENAT, RingFile{AT_FDCWD, -1}, simple->path.c_str(), 0644, 0);
  sqe->open_flags = static_cast<uint32_t>(open_flags(options));
}

void UringDisk::open_completed(Operation* operation, int32_t result, uint32_t) {
  const std::unique_ptr<Simple> simple(static_cast<Simple*>(operation));
  if (result >= 0) result = simple->disk->enter_file(result, simple->is_direct).slot;
  simple->done(result);
}

void UringDisk::close(File file, IoCallback done) {
  OpenFile& closed = open_file(file);
  CHECK_EQ(closed.in_flight, 0u);
  loop_->unregister_file(closed.ring_file);
  Simple* const simple = take_simple(File{}, std::move(done));
  simple->complete = &UringDisk::close_completed;
  closes_.emplace_back(simple);
  io_uring_sqe* const sqe = loop_->prepare(simple);
  fill_sqe(sqe, IORING_OP_CLOSE, RingFile{closed.ring_file.fd, -1}, nullptr, 0, 0);
  // The last close of an unlinked file frees its blocks, which takes long for a large one.
  sqe->flags |= IOSQE_ASYNC;
  closed = OpenFile{};
  free_files_.push_back(file.slot);
}

void UringDisk::close_completed(Operation* operation, int32_t result, uint32_t) {
  auto* const simple = static_cast<Simple*>(operation);
  auto& closes = simple->disk->closes_;
  const auto at = std::find_if(closes.begin(), closes.end(),
                               [simple](const auto& entry) { return entry.get() == simple; });
  IoCallback done = std::move(simple->done);
  closes.erase(at);
  done(result);
}

void UringDisk::sync(File file, bool data_only, IoClass io_class, IoCallback done) {
  io_uring_sqe* const sqe = loop_->prepare(take_simple(file, std::move(done)));
  fill_sqe(sqe, IORING_OP_FSYNC, open_file(file).ring_file, nullptr, 0, 0);
  sqe->fsync_flags = data_only ? IORING_FSYNC_DATASYNC : 0;
  (void)io_class;  // The kernel knows no priority of a flush.
}

void UringDisk::allocate(File file, uint64_t offset, uint64_t length, IoCallback done) {
  io_uring_sqe* const sqe = loop_->prepare(take_simple(file, std::move(done)));
  fill_sqe(sqe, IORING_OP_FALLOCATE, open_file(file).ring_file, nullptr, 0, offset);
  sqe->addr = length;
}

void UringDisk::truncate(File file, uint64_t length, IoCallback done) {
  Simple* const simple = take_simple(file, std::move(done));
  if (loop_->features().truncate) {
    constexpr auto kOpFtruncate = static_cast<io_uring_op>(55);
    fill_sqe(loop_->prepare(simple), kOpFtruncate, open_file(file).ring_file, nullptr, 0, length);
    return;
  }
  simple->fd = open_file(file).ring_file.fd;
  simple->length = length;
  run_blocking(simple, [](Simple* blocked) -> int32_t {
    return ftruncate(blocked->fd, static_cast<off_t>(blocked->length)) == 0 ? 0 : -errno;
  });
}

void UringDisk::rename(const std::string& from, const std::string& to, IoCallback done) {
  Simple* const simple = take_simple(File{}, std::move(done));
  simple->path = from;
  simple->target = to;
  io_uring_sqe* const sqe = loop_->prepare(simple);
  fill_sqe(sqe, IORING_OP_RENAMEAT, RingFile{AT_FDCWD, -1}, simple->path.c_str(),
           static_cast<uint32_t>(AT_FDCWD), reinterpret_cast<uint64_t>(simple->target.c_str()));
}

void UringDisk::unlink(const std::string& path, IoCallback done) {
  Simple* const simple = take_simple(File{}, std::move(done));
  simple->path = path;
  fill_sqe(loop_->prepare(simple), IORING_OP_UNLINKAT, RingFile{AT_FDCWD, -1}, simple->path.c_str(),
           0, 0);
}

void UringDisk::sync_directory(const std::string& path, IoCallback done) {
  Simple* const simple = take_simple(File{}, std::move(done));
  simple->path = path;
  run_blocking(simple, [](Simple* blocked) -> int32_t {
    const int fd = ::open(blocked->path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    const int32_t result = fsync(fd) == 0 ? 0 : -errno;
    ::close(fd);
    return result;
  });
}

void UringDisk::run_blocking(Simple* simple, int32_t (*call)(Simple* simple)) {
  helpers_->run(
      HelperClass::kFile, [simple, call] { simple->result = call(simple); },
      [simple] { simple->complete(simple, simple->result, 0); });
}

base::MutableByteSpan UringDisk::allocate_buffer(size_t bytes) {
  const size_t size = base::align_up(bytes, base::kDiskAlignBytes);
  std::byte* buffer = arena_.take(size);
  if (buffer == nullptr) {
    buffer = static_cast<std::byte*>(
        base::allocate_aligned(size, base::kDiskAlignBytes, base::MemoryUse::kIo));
  }
  return {buffer, size};
}

void UringDisk::free_buffer(base::MutableByteSpan buffer) {
  if (arena_.contains(buffer.data())) return arena_.give_back(buffer.data());
  base::deallocate(buffer.data(), base::MemoryUse::kIo);
}

}  // namespace iouring
