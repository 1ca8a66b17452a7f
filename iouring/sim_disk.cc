#include "iouring/sim_disk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/memory.h"

namespace iouring {

namespace {

constexpr uint64_t kTraceDisk = 0x300;

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string without_slash(const std::string& path) {
  if (path == ".") return "";
  return !path.empty() && path.back() == '/' ? path.substr(0, path.size() - 1) : path;
}

base::Error error_of(int positive_errno) {
  return base::Error::from_errno(positive_errno, "simulated disk");
}

}  // namespace

SimDisk::~SimDisk() = default;

SimDisk::OpenFile& SimDisk::open_file(File file) {
  CHECK_LT(static_cast<size_t>(file.slot), files_.size());
  OpenFile& found = files_[static_cast<size_t>(file.slot)];
  CHECK(found.content != nullptr);
  return found;
}

// --- What tests do to it ---

void SimDisk::crash(uint64_t seed) {
  base::Random random(seed);
  // What was in flight may have arrived like any write that was not synced.
  for (auto& [id, operation] : in_flight_)
    if (operation.operation == SimOperation::kWrite && operation.error == 0)
      operation.content->write(operation.offset, operation.submitted);
  in_flight_.clear();
  files_.clear();
  locks_.clear();
  faults_.clear();
  // A journal keeps a prefix of the changes; POSIX promises not even that.
  const bool journal = random.one_in(2);
  for (const NameChange& change : name_changes_) {
    const bool lost = random.one_in(2);
    if (lost && journal) break;
    if (!lost) apply(change, &durable_names_);
  }
  name_changes_.clear();
  std::set<SimFile*> seen;
  for (const auto& [path, content] : durable_names_)
    if (seen.insert(content.get()).second) content->crash(&random);
  names_ = durable_names_;
}

void SimDisk::fail(SimOperation operation, uint64_t nth, int32_t error, bool partial) {
  CHECK_GT(nth, 0u);
  CHECK_LT(error, 0);
  faults_.push_back({operation, count(operation) + nth, error, partial});
}

void SimDisk::corrupt(const std::string& path, uint64_t offset, uint64_t length) {
  const auto found = names_.find(path);
  CHECK(found != names_.end());
  found->second->corrupt(offset, length);
}

uint64_t SimDisk::used_bytes() const {
  uint64_t bytes = 0;
  for (const auto& [path, content] : names_) bytes += content->current().size();
  return bytes;
}

// --- Asynchronous calls ---

void SimDisk::submit(InFlight operation) {
  const auto kind = static_cast<size_t>(operation.operation);
  ++counts_[kind];
  for (size_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i].operation != operation.operation || faults_[i].at != counts_[kind]) continue;
    operation.error = faults_[i].error;
    operation.partial = faults_[i].partial;
    faults_.erase(faults_.begin() + static_cast<ptrdiff_t>(i));
    break;
  }
  if (operation.file) {
    ++open_file(operation.file).in_flight;
    operation.content = open_file(operation.file).content;
  }
  SimDelay delay = delay_;
  if (operation.operation == SimOperation::kSync) delay.max_us *= 10;
  const uint64_t id = next_id_++;
  in_flight_.emplace(id, std::move(operation));
  loop_->schedule(delay, kTraceDisk + kind, [this, id] { complete(id); });
}

void SimDisk::complete(uint64_t id) {
  const auto found = in_flight_.find(id);
  if (found == in_flight_.end()) return;
  InFlight operation = std::move(found->second);
  in_flight_.erase(found);
  if (operation.file) --open_file(operation.file).in_flight;
  const int32_t result = perform(operation);
  loop_->trace(static_cast<uint64_t>(result));
  operation.done(result);
}

int32_t SimDisk::perform(InFlight& operation) {
  if (operation.operation == SimOperation::kWrite) return perform_write(operation);
  if (operation.error != 0) {
    if (operation.operation == SimOperation::kSync)
      operation.content->sync_failed(operation.change_end, &loop_->random());
    return operation.error;
  }
  switch (operation.operation) {
    case SimOperation::kOpen:
      return perform_open(operation);
    case SimOperation::kRead:
      return static_cast<int32_t>(
          operation.content->current().read(operation.offset, operation.into));
    case SimOperation::kSync:
      operation.content->sync(operation.change_end);
      return 0;
    case SimOperation::kAllocate: {
      const uint64_t end = operation.offset + operation.length;
      if (!fits(*operation.content, end)) return -ENOSPC;
      if (end > operation.content->current().size()) operation.content->set_size(end);
      return 0;
    }
    case SimOperation::kTruncate:
      operation.content->set_size(operation.length);
      return 0;
    case SimOperation::kRename:
      return perform_rename(operation);
    case SimOperation::kUnlink:
      if (names_.find(operation.path) == names_.end()) return -ENOENT;
      change_names(operation.path, "", nullptr);
      return 0;
    case SimOperation::kSyncDirectory:
      return perform_sync_directory(operation);
    default:
      return 0;
  }
}

void SimDisk::open(const std::string& path, const OpenOptions& options, IoCallback done) {
  InFlight operation;
  operation.operation = SimOperation::kOpen;
  operation.done = std::move(done);
  operation.path = path;
  operation.options = options;
  submit(std::move(operation));
}

int32_t SimDisk::perform_open(const InFlight& operation) {
  const auto found = names_.find(operation.path);
  FilePointer content = found == names_.end() ? nullptr : found->second;
  const OpenOptions& options = operation.options;
  if (is_directory(operation.path)) return -EISDIR;
  if (content == nullptr) {
    if (!options.create || !has_directory_of(operation.path)) return -ENOENT;
    content = std::make_shared<SimFile>();
    change_names("", operation.path, content);
  } else if (options.create && options.exclusive) {
    return -EEXIST;
  } else if (options.truncate) {
    content->set_size(0);
  }
  size_t slot = 0;
  while (slot < files_.size() && files_[slot].content != nullptr) ++slot;
  if (slot == files_.size()) files_.emplace_back();
  files_[slot] = {std::move(content), options, 0};
  return static_cast<int32_t>(slot);
}

void SimDisk::close(File file, IoCallback done) {
  CHECK_EQ(open_file(file).in_flight, 0u);
  open_file(file) = OpenFile{};
  InFlight operation;
  operation.operation = SimOperation::kClose;
  operation.done = std::move(done);
  submit(std::move(operation));
}

bool SimDisk::misaligned(File file, const void* address, size_t length, uint64_t offset) {
  if (!open_file(file).options.direct) return false;
  return ((reinterpret_cast<uint64_t>(address) | length | offset) % base::kDiskAlignBytes) != 0;
}

void SimDisk::read(File file, base::MutableByteSpan bytes, uint64_t offset, IoClass,
                   IoCallback done) {
  CHECK(!bytes.empty() && bytes.size() <= base::kIoBytesMax);
  InFlight operation;
  operation.operation = SimOperation::kRead;
  operation.done = std::move(done);
  operation.file = file;
  operation.into = bytes;
  operation.offset = offset;
  if (!open_file(file).options.read) operation.error = -EBADF;
  if (misaligned(file, bytes.data(), bytes.size(), offset)) operation.error = -EINVAL;
  submit(std::move(operation));
}

void SimDisk::write(File file, base::ByteSpan bytes, uint64_t offset, IoClass, IoCallback done) {
  CHECK(!bytes.empty() && bytes.size() <= base::kIoBytesMax);
  InFlight operation;
  operation.operation = SimOperation::kWrite;
  operation.done = std::move(done);
  operation.file = file;
  operation.from = bytes;
  operation.submitted.assign(bytes.begin(), bytes.end());
  operation.offset =
      open_file(file).options.append ? open_file(file).content->current().size() : offset;
  if (!open_file(file).options.write) operation.error = -EBADF;
  if (misaligned(file, bytes.data(), bytes.size(), operation.offset)) operation.error = -EINVAL;
  submit(std::move(operation));
}

int32_t SimDisk::perform_write(InFlight& operation) {
  // The bytes belong to the operation: whoever changes them meanwhile would write garbage.
  CHECK_EQ(std::memcmp(operation.from.data(), operation.submitted.data(), operation.from.size()),
           0);
  const OpenFile& file = open_file(operation.file);
  if (operation.error != 0) return fail_write(operation);
  if (file.options.append) operation.offset = file.content->current().size();
  if (!fits(*file.content, operation.offset + operation.submitted.size())) return -ENOSPC;
  file.content->write(operation.offset, operation.submitted);
  return static_cast<int32_t>(operation.submitted.size());
}

int32_t SimDisk::fail_write(InFlight& operation) {
  if (operation.partial) {
    const size_t part = loop_->random().below(operation.submitted.size());
    operation.content->write(operation.offset, base::ByteSpan(operation.submitted).first(part));
  }
  return operation.error;
}

void SimDisk::sync(File file, bool, IoClass, IoCallback done) {
  InFlight operation;
  operation.operation = SimOperation::kSync;
  operation.done = std::move(done);
  operation.file = file;
  operation.change_end = open_file(file).content->change_end();
  submit(std::move(operation));
}

void SimDisk::allocate(File file, uint64_t offset, uint64_t length, IoCallback done) {
  InFlight operation;
  operation.operation = SimOperation::kAllocate;
  operation.done = std::move(done);
  operation.file = file;
  operation.offset = offset;
  operation.length = length;
  submit(std::move(operation));
}

void SimDisk::truncate(File file, uint64_t length, IoCallback done) {
  InFlight operation;
  operation.operation = SimOperation::kTruncate;
  operation.done = std::move(done);
  operation.file = file;
  operation.length = length;
  submit(std::move(operation));
}

void SimDisk::rename(const std::string& from, const std::string& to, IoCallback done) {
  InFlight operation;
  operation.operation = SimOperation::kRename;
  operation.done = std::move(done);
  operation.path = from;
  operation.target = to;
  submit(std::move(operation));
}

int32_t SimDisk::perform_rename(const InFlight& operation) {
  const auto found = names_.find(operation.path);
  if (found == names_.end() || !has_directory_of(operation.target)) return -ENOENT;
  change_names(operation.path, operation.target, found->second);
  return 0;
}

void SimDisk::unlink(const std::string& path, IoCallback done) {
  InFlight operation;
  operation.operation = SimOperation::kUnlink;
  operation.done = std::move(done);
  operation.path = path;
  submit(std::move(operation));
}

void SimDisk::sync_directory(const std::string& path, IoCallback done) {
  InFlight operation;
  operation.operation = SimOperation::kSyncDirectory;
  operation.done = std::move(done);
  operation.path = without_slash(path);
  operation.change_end = next_name_change_;
  submit(std::move(operation));
}

int32_t SimDisk::perform_sync_directory(const InFlight& operation) {
  if (!is_directory(operation.path)) return -ENOENT;
  std::vector<NameChange> left;
  for (NameChange& change : name_changes_) {
    if (change.number < operation.change_end) change.directories.erase(operation.path);
    if (change.directories.empty()) {
      apply(change, &durable_names_);
    } else {
      left.push_back(std::move(change));
    }
  }
  name_changes_ = std::move(left);
  return 0;
}

void SimDisk::change_names(std::string removed, std::string added, FilePointer content) {
  NameChange change{
      next_name_change_++, std::move(removed), std::move(added), std::move(content), {}};
  for (const std::string& path : {change.removed, change.added})
    if (!path.empty()) change.directories.insert(directory_of(path));
  apply(change, &names_);
  name_changes_.push_back(std::move(change));
}

void SimDisk::apply(const NameChange& change, Names* names) {
  if (!change.removed.empty()) names->erase(change.removed);
  if (!change.added.empty()) (*names)[change.added] = change.content;
}

bool SimDisk::is_directory(const std::string& path) const {
  const std::string name = without_slash(path);
  return name.empty() || directories_.contains(name);
}

bool SimDisk::has_directory_of(const std::string& path) const {
  return is_directory(directory_of(path));
}

bool SimDisk::fits(const SimFile& file, uint64_t end) const {
  const uint64_t size = file.current().size();
  return end <= size || used_bytes() + (end - size) <= capacity_bytes_;
}

base::MutableByteSpan SimDisk::allocate_buffer(size_t bytes) {
  CHECK(bytes > 0 && bytes <= base::kIoBytesMax);
  const size_t size = base::align_up(bytes, base::kDiskAlignBytes);
  ++buffers_out_;
  return {static_cast<std::byte*>(
              base::allocate_aligned(size, base::kDiskAlignBytes, base::MemoryUse::kIo)),
          size};
}

void SimDisk::free_buffer(base::MutableByteSpan buffer) {
  CHECK_GT(buffers_out_, 0u);
  --buffers_out_;
  base::deallocate(buffer.data(), base::MemoryUse::kIo);
}

// --- Synchronous calls ---

base::Result<std::vector<DirectoryEntry>> SimDisk::list_directory(const std::string& path) {
  if (!is_directory(path)) return error_of(ENOENT);
  const std::string directory = without_slash(path);
  std::vector<DirectoryEntry> entries;
  const auto add = [&](const std::string& name, bool is_directory_entry) {
    if (directory_of(name) != directory) return;
    entries.push_back({name.substr(name.rfind('/') + 1), is_directory_entry});
  };
  for (const auto& [name, content] : names_) add(name, false);
  for (const std::string& name : directories_) add(name, true);
  return entries;
}

base::Status SimDisk::make_directory(const std::string& path) {
  const std::string name = without_slash(path);
  if (names_.contains(name)) return error_of(ENOTDIR);
  if (!has_directory_of(name)) return error_of(ENOENT);
  if (!is_directory(name)) directories_.insert(name);
  return base::ok_status();
}

base::Status SimDisk::remove_directory(const std::string& path) {
  const auto entries = list_directory(path);
  if (!entries.ok()) return entries.error();
  if (!(*entries).empty()) return error_of(ENOTEMPTY);
  directories_.erase(without_slash(path));
  return base::ok_status();
}

base::Status SimDisk::remove_file(const std::string& path) {
  if (!names_.contains(path)) return error_of(ENOENT);
  change_names(path, "", nullptr);
  return base::ok_status();
}

base::Result<FileStatus> SimDisk::file_status(const std::string& path) {
  FileStatus status;
  status.is_directory = is_directory(path);
  if (status.is_directory) return status;
  const auto found = names_.find(path);
  if (found == names_.end()) return error_of(ENOENT);
  status.bytes = status.allocated_bytes = found->second->current().size();
  return status;
}

base::Result<FileSystemStatus> SimDisk::file_system_status(const std::string& path) {
  if (!is_directory(path) && !names_.contains(path)) return error_of(ENOENT);
  FileSystemStatus status;
  status.total_bytes = std::min<uint64_t>(capacity_bytes_, uint64_t{1} << 50);
  status.free_bytes = status.total_bytes - std::min(used_bytes(), status.total_bytes);
  status.has_direct = true;
  status.direct_align_bytes = base::kDiskAlignBytes;
  return status;
}

base::Result<uint64_t> SimDisk::file_bytes(File file) {
  return open_file(file).content->current().size();
}

base::Result<std::string> SimDisk::read_small_file(const std::string& path, uint64_t bytes_max) {
  const auto found = names_.find(path);
  if (found == names_.end()) return error_of(ENOENT);
  const uint64_t bytes = found->second->current().size();
  if (bytes > bytes_max)
    return base::Error{base::ErrorCode::kInvalid, 0, "file larger than it may be"};
  std::string content(bytes, '\0');
  found->second->current().read(0, std::as_writable_bytes(std::span(content)));
  return content;
}

base::Status SimDisk::write_small_file(const std::string& path, std::string_view content) {
  if (!has_directory_of(path)) return error_of(ENOENT);
  auto file = std::make_shared<SimFile>();
  file->write(0, base::as_bytes(content));
  file->sync(file->change_end());
  change_names("", path, file);
  InFlight synced;
  synced.path = directory_of(path);
  synced.change_end = next_name_change_;
  CHECK_EQ(perform_sync_directory(synced), 0);
  return base::ok_status();
}

base::Status SimDisk::lock_file(const std::string& path, int* owner_pid) {
  *owner_pid = 0;
  if (!locks_.insert(path).second)
    return base::Error{base::ErrorCode::kBusy, EWOULDBLOCK, "locked by another process"};
  return base::ok_status();
}

}  // namespace iouring
