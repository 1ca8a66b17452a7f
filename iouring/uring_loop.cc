#include "iouring/uring_loop.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace iouring {

namespace {

// From newer kernels than liburing 2.3 knows (include/uapi/linux/io_uring.h).
constexpr unsigned kOpFtruncate = 55;
constexpr unsigned kFeatureNoIowait = 1u << 17;
constexpr unsigned kEnterNoIowait = 1u << 7;

// Rounds of entering again within one turn: 20 completions each. Without a bound a flood of
// network traffic would keep the turn from ever running its callbacks.
constexpr int kReapRoundsMax = 256;

base::Error setup_error(int positive_errno) {
  using base::ErrorCode;
  switch (positive_errno) {
    case EPERM:
    case EACCES:
      return {ErrorCode::kUnsupported, positive_errno,
              "io_uring is denied by sysctl kernel.io_uring_disabled or by a container's seccomp "
              "profile"};
    case ENOSYS:
      return {ErrorCode::kUnsupported, positive_errno,
              "io_uring is missing from this kernel or hidden by a container's seccomp profile"};
    case EINVAL:
      return {ErrorCode::kUnsupported, positive_errno, "io_uring needs Linux 6.1 or newer"};
    case ENOMEM:
      return {ErrorCode::kNoMemory, positive_errno,
              "io_uring's rings do not fit the limit of locked memory (ulimit -l)"};
    default:
      return base::Error::from_errno(positive_errno, "io_uring_setup");
  }
}

}  // namespace

std::string RingFeatures::to_string() const {
  std::string text;
  const auto add = [&text](bool present, const char* name) {
    if (!present) return;
    if (!text.empty()) text += ' ';
    text += name;
  };
  add(truncate, "truncate");
  add(no_iowait, "no_iowait");
  return text.empty() ? "none" : text;
}

// The eventfd that other threads write, read through the ring.
struct UringLoop::WakeUp : Operation {
  UringLoop* loop = nullptr;
  int fd = -1;
  uint64_t count = 0;
  Task handler;

  ~WakeUp() {
    if (fd >= 0) ::close(fd);
  }
  void arm() {
    fill_sqe(loop->prepare(this), IORING_OP_READ, RingFile{fd, -1}, &count, sizeof count, 0);
  }
};

struct UringLoop::Signals : Operation {
  UringLoop* loop = nullptr;
  int fd = -1;
  sigset_t set{};
  signalfd_siginfo info{};
  std::vector<std::pair<int, SignalHandler>> handlers;

  ~Signals() {
    if (fd >= 0) ::close(fd);
  }
  void arm() {
    fill_sqe(loop->prepare(this), IORING_OP_READ, RingFile{fd, -1}, &info, sizeof info, 0);
  }
};

base::Result<std::unique_ptr<UringLoop>> UringLoop::create(const base::Clock* clock,
                                                           const UringOptions& options) {
  std::unique_ptr<UringLoop> loop(new UringLoop(clock));
  RETURN_IF_ERROR(loop->set_up(options));
  return loop;
}

UringLoop::UringLoop(const base::Clock* clock) : clock_(clock) {
  cancel_operation_.complete = [](Operation*, int32_t, uint32_t) {};
}

UringLoop::~UringLoop() {
  if (ring_open_) io_uring_queue_exit(&ring_);
}

base::Status UringLoop::set_up(const UringOptions& options) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_CQSIZE |
                 IORING_SETUP_CLAMP;
  params.cq_entries = options.submission_entries * 8;
  const int error = io_uring_queue_init_params(options.submission_entries, &ring_, &params);
  if (error < 0) return setup_error(-error);
  ring_open_ = true;
  // SQEs are published in order, whatever a later liburing leaves in the indirection array.
  for (unsigned i = 0; ring_.sq.array != nullptr && i < params.sq_entries; ++i)
    ring_.sq.array[i] = i;
  sq_tail_ = *ring_.sq.ktail;
  reaped_.reserve(params.cq_entries);
  if (io_uring_register_ring_fd(&ring_) == 1) enter_flags_ |= IORING_ENTER_REGISTERED_RING;
  // The kernel's own defaults allow tens of thousands of threads for file operations.
  unsigned workers_max[2] = {4, 4};
  (void)io_uring_register_iowq_max_workers(&ring_, workers_max);

  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  uint32_t slots = static_cast<uint32_t>(std::min<uint64_t>(options.file_slots, limit.rlim_cur));
  while (slots >= 64 && io_uring_register_files_sparse(&ring_, slots) < 0) slots /= 2;
  for (uint32_t slot = slots >= 64 ? slots : 0; slot > 0; --slot)
    free_file_slots_.push_back(static_cast<int32_t>(slot - 1));

  if (!options.only_linux_6_1) probe_features();
  turn_ns_ = clock_->monotonic_ns();
  return base::ok_status();
}

void UringLoop::probe_features() {
  constexpr size_t kProbeOps = 256;
  std::vector<std::byte> memory(sizeof(io_uring_probe) + kProbeOps * sizeof(io_uring_probe_op));
  auto* const probe = reinterpret_cast<io_uring_probe*>(memory.data());
  if (io_uring_register_probe(&ring_, probe, kProbeOps) == 0) {
    features_.truncate = kOpFtruncate <= probe->last_op &&
                         (probe->ops[kOpFtruncate].flags & IO_URING_OP_SUPPORTED) != 0;
  }
  features_.no_iowait = (ring_.features & kFeatureNoIowait) != 0;
  if (features_.no_iowait) enter_flags_ |= kEnterNoIowait;
}

bool UringLoop::submission_full() const {
  return sq_tail_ - __atomic_load_n(ring_.sq.khead, __ATOMIC_ACQUIRE) >= ring_.sq.ring_entries;
}

io_uring_sqe* UringLoop::take_sqe() {
  io_uring_sqe* const sqe = &ring_.sq.sqes[sq_tail_ & ring_.sq.ring_mask];
  ++sq_tail_;
  return sqe;
}

io_uring_sqe* UringLoop::prepare(Operation* operation) {
  if (waiting_.empty() && submission_full()) enter(0);
  io_uring_sqe* sqe;
  if (!waiting_.empty() || submission_full()) {
    sqe = &waiting_.emplace_back();
  } else {
    sqe = take_sqe();
  }
  std::memset(sqe, 0, sizeof *sqe);
  sqe->user_data = reinterpret_cast<uint64_t>(operation);
  return sqe;
}

io_uring_sqe* UringLoop::prepare_quiet(Operation* operation) {
  if (!waiting_.empty() || submission_full()) return nullptr;
  operation->quiet = true;
  operation->quiet_position = sq_tail_;
  quiet_.push_back({operation, sq_tail_});
  io_uring_sqe* const sqe = take_sqe();
  std::memset(sqe, 0, sizeof *sqe);
  sqe->user_data = reinterpret_cast<uint64_t>(operation);
  sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
  return sqe;
}

void UringLoop::refill() {
  while (!waiting_.empty() && !submission_full()) {
    *take_sqe() = waiting_.front();
    waiting_.pop_front();
  }
}

unsigned UringLoop::publish_submissions() {
  __atomic_store_n(ring_.sq.ktail, sq_tail_, __ATOMIC_RELEASE);
  return sq_tail_ - __atomic_load_n(ring_.sq.khead, __ATOMIC_ACQUIRE);
}

void UringLoop::enter(uint64_t wait_ns) {
  const unsigned to_submit = publish_submissions();
  __kernel_timespec timeout{};
  io_uring_getevents_arg argument{};
  if (wait_ns > 0 && wait_ns != kWaitForever) {
    timeout.tv_sec = static_cast<int64_t>(wait_ns / 1'000'000'000);
    timeout.tv_nsec = static_cast<int64_t>(wait_ns % 1'000'000'000);
    argument.ts = reinterpret_cast<uint64_t>(&timeout);
  }
  const int result =
      io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), to_submit, wait_ns > 0 ? 1 : 0,
                      enter_flags_, reinterpret_cast<sigset_t*>(&argument), sizeof argument);
  if (result >= 0) return;
  // ETIME: nothing came in time. EINTR: a signal. EBUSY and EAGAIN: the kernel takes no more before
  // completions are reaped or memory is free. In each case the SQEs stay published and the next
  // turn goes on with them.
  const bool expected =
      result == -ETIME || result == -EINTR || result == -EBUSY || result == -EAGAIN;
  if (!expected) CHECK_EQ(result, 0);
}

bool UringLoop::kernel_has_more() const {
  return (__atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED) &
          (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

void UringLoop::reap() {
  // Before the tail: failures of what is counted as taken here are among the completions below.
  const unsigned taken = __atomic_load_n(ring_.sq.khead, __ATOMIC_ACQUIRE);
  const unsigned tail = __atomic_load_n(ring_.cq.ktail, __ATOMIC_ACQUIRE);
  unsigned head = *ring_.cq.khead;
  for (; head != tail; ++head) {
    const io_uring_cqe& cqe = ring_.cq.cqes[head & ring_.cq.ring_mask];
    reaped_.push_back({reinterpret_cast<Operation*>(cqe.user_data), cqe.res, cqe.flags});
  }
  __atomic_store_n(ring_.cq.khead, head, __ATOMIC_RELEASE);
  // A failure may stand in the kernel's overflow list still.
  const unsigned flags = __atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED);
  if ((flags & IORING_SQ_CQ_OVERFLOW) == 0) quiet_taken_ = taken;
}

uint64_t UringLoop::wait_for(uint64_t wait_ns_max) const {
  const bool completed = *ring_.cq.khead != __atomic_load_n(ring_.cq.ktail, __ATOMIC_ACQUIRE);
  if (wait_ns_max == 0 || !posted_.empty() || completed) return 0;
  if (timers_.empty()) return wait_ns_max;
  const uint64_t now_ns = clock_->monotonic_ns();
  if (timers_.deadline_ns() <= now_ns) return 0;
  return std::min(wait_ns_max, timers_.deadline_ns() - now_ns);
}

void UringLoop::turn(uint64_t wait_ns_max) {
  refill();
  const uint64_t wait_ns = wait_for(wait_ns_max);
  const bool has_submissions = sq_tail_ != *ring_.sq.khead;
  if (wait_ns > 0 || has_submissions || kernel_has_more()) enter(wait_ns);
  reap();
  for (int round = 0; round < kReapRoundsMax && kernel_has_more(); ++round) {
    enter(0);
    reap();
  }
  turn_ns_ = clock_->monotonic_ns();
  run_completions();
  run_quiet();
  run_timers();
  run_posted();
}

void UringLoop::run_quiet() {
  while (!quiet_.empty() && static_cast<int>(quiet_taken_ - quiet_.front().position) > 0) {
    const auto [operation, position] = quiet_.front();
    quiet_.pop_front();
    if (!operation->quiet || operation->quiet_position != position) continue;
    operation->quiet = false;
    operation->complete(operation, kQuietSuccess, 0);
  }
}

void UringLoop::run_completions() {
  for (size_t i = 0; i < reaped_.size(); ++i) {
    const Completion completion = reaped_[i];
    completion.operation->quiet = false;
    completion.operation->complete(completion.operation, completion.result, completion.flags);
  }
  reaped_.clear();
}

void UringLoop::run_timers() {
  // Timers added meanwhile wait for the next turn, or one that renews itself would never end it.
  const uint64_t sequence_end = timers_.sequence_end();
  while (timers_.due(turn_ns_, sequence_end)) {
    Task task = timers_.pop();
    task();
  }
}

void UringLoop::run_posted() {
  if (posted_.empty()) return;
  std::swap(posted_, running_);
  for (Task& task : running_) task();
  running_.clear();
}

void UringLoop::cancel(Operation* operation) {
  fill_sqe(prepare(&cancel_operation_), IORING_OP_ASYNC_CANCEL, RingFile{}, operation, 0, 0);
}

RingFile UringLoop::register_file(int fd) {
  RingFile file{fd, -1};
  if (free_file_slots_.empty()) return file;
  const int32_t slot = free_file_slots_.back();
  if (io_uring_register_files_update(&ring_, static_cast<unsigned>(slot), &fd, 1) != 1) return file;
  free_file_slots_.pop_back();
  file.slot = slot;
  return file;
}

void UringLoop::unregister_file(RingFile file) {
  if (file.slot < 0) return;
  const int none = -1;
  const int updated =
      io_uring_register_files_update(&ring_, static_cast<unsigned>(file.slot), &none, 1);
  CHECK_EQ(updated, 1);
  free_file_slots_.push_back(file.slot);
}

void UringLoop::on_wake(Task handler) {
  CHECK(wake_up_ == nullptr);
  wake_up_ = std::make_unique<WakeUp>();
  wake_up_->loop = this;
  wake_up_->fd = eventfd(0, EFD_CLOEXEC);
  CHECK_GE(wake_up_->fd, 0);
  wake_up_->handler = std::move(handler);
  wake_up_->complete = [](Operation* operation, int32_t, uint32_t) {
    auto* const self = static_cast<WakeUp*>(operation);
    self->arm();
    self->handler();
  };
  wake_up_->arm();
}

void UringLoop::wake() {
  const uint64_t one = 1;
  const ssize_t written = ::write(wake_up_->fd, &one, sizeof one);
  CHECK_EQ(written, static_cast<ssize_t>(sizeof one));
}

void UringLoop::on_signal(int signal_number, SignalHandler handler) {
  const bool first = signals_ == nullptr;
  if (first) {
    signals_ = std::make_unique<Signals>();
    signals_->loop = this;
    sigemptyset(&signals_->set);
    signals_->complete = [](Operation* operation, int32_t result, uint32_t) {
      auto* const self = static_cast<Signals*>(operation);
      const auto arrived = static_cast<int>(self->info.ssi_signo);
      self->arm();
      if (result != static_cast<int32_t>(sizeof self->info)) return;
      for (auto& [number, callback] : self->handlers)
        if (number == arrived) callback(arrived);
    };
  }
  sigaddset(&signals_->set, signal_number);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &signals_->set, nullptr), 0);
  signals_->fd = signalfd(signals_->fd, &signals_->set, SFD_CLOEXEC);
  CHECK_GE(signals_->fd, 0);
  signals_->handlers.emplace_back(signal_number, std::move(handler));
  if (first) signals_->arm();
}

}  // namespace iouring
