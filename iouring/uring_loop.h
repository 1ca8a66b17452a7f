// UringLoop: the Loop over one io_uring instance, which UringNet and UringDisk share.
//
// Set-up: SINGLE_ISSUER, DEFER_TASKRUN, COOP_TASKRUN, TASKRUN_FLAG (Linux 6.1); a CQ of eight times
// the SQ; a sparse table of fixed files; the ring's own descriptor registered. With DEFER_TASKRUN
// completions appear only while the loop is inside io_uring_enter, at most 20 per call: so a turn
// enters again while the kernel says that more is ready.
//
// (1) user_data of every operation is the address of an Operation, which lives until its last
//     completion has been dispatched.
// (2) Callbacks run only after all completions of the turn have been copied out of the CQ.
// (3) No SQE is lost: when the SQ is full it is submitted at once; what the kernel does not take
//     then waits in a queue of ours and goes first afterwards.
// (4) A quiet operation has no completion of its own when it succeeds: it ends within the
//     io_uring_enter that takes its SQE, and a failure's completion is then in the CQ. So waiting
//     for something to happen is not cut short by it.

#ifndef BASALT_IOURING_URING_LOOP_H_
#define BASALT_IOURING_URING_LOOP_H_

#include <liburing.h>
#include <sys/signalfd.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "iouring/loop.h"
#include "iouring/timer_heap.h"

namespace iouring {

// One operation in the ring, embedded in what it belongs to. `complete` gets the CQE's result and
// flags; with IORING_CQE_F_MORE further completions follow.
struct Operation {
  using Complete = void (*)(Operation* operation, int32_t result, uint32_t flags);
  Complete complete = nullptr;
  // UringLoop's own, of a quiet operation: that it has not ended, and which SQE is its last.
  bool quiet = false;
  unsigned quiet_position = 0;
};

// The result of a quiet operation that succeeded.
inline constexpr int32_t kQuietSuccess = INT32_MAX;

// What the running kernel offers beyond Linux 6.1.
struct RingFeatures {
  bool truncate = false;   // IORING_OP_FTRUNCATE, 6.9.
  bool no_iowait = false;  // IORING_ENTER_NO_IOWAIT, 6.15.
  // "truncate no_iowait", or "none".
  std::string to_string() const;
};

struct UringOptions {
  uint32_t submission_entries = 1024;
  // Slots of the table of fixed files; fewer where RLIMIT_NOFILE is lower.
  uint32_t file_slots = 16384;
  // `--ring-features 6.1`: use nothing that Linux 6.1 lacks.
  bool only_linux_6_1 = false;
};

// A descriptor as an SQE names it: a slot of the fixed table, or the plain descriptor when the
// table is full.
struct RingFile {
  int32_t fd = -1;    // The plain descriptor.
  int32_t slot = -1;  // In the fixed table; -1 none.
  void set_on(io_uring_sqe* sqe) const {
    sqe->fd = slot >= 0 ? slot : fd;
    if (slot >= 0) sqe->flags |= IOSQE_FIXED_FILE;
  }
};

// Fills in what most operations share; the rest of a prepared SQE is zero. (liburing's prep
// functions write every field again and differ between versions in whether they clear user_data.)
inline void fill_sqe(io_uring_sqe* sqe, io_uring_op opcode, RingFile file, const void* address,
                     uint32_t length, uint64_t offset) {
  sqe->opcode = static_cast<uint8_t>(opcode);
  file.set_on(sqe);
  sqe->addr = reinterpret_cast<uint64_t>(address);
  sqe->len = length;
  sqe->off = offset;
}

class UringLoop final : public Loop {
 public:
  // Errors: kUnsupported with a detail that names the cause (denied by sysctl or seccomp: EPERM;
  // a kernel without io_uring: ENOSYS; one older than 6.1: EINVAL), kIo otherwise. `clock` outlives
  // the loop. The calling thread becomes the loop's thread.
  static base::Result<std::unique_ptr<UringLoop>> create(const base::Clock* clock,
                                                         const UringOptions& options);
  // Operations in flight are cancelled by the kernel and their callbacks do not run.
  ~UringLoop() override;

  // Loop.
  void turn(uint64_t wait_ns_max) override;
  void post(Task task) override { posted_.push_back(std::move(task)); }
  TimerId add_timer(uint64_t deadline_ns, Task task) override {
    return timers_.add(deadline_ns, std::move(task));
  }
  bool cancel_timer(TimerId id) override { return timers_.cancel(id); }
  const base::Clock& clock() const override { return *clock_; }
  uint64_t turn_ns() const override { return turn_ns_; }

  const RingFeatures& features() const { return features_; }
  io_uring* ring() { return &ring_; }

  // A zeroed SQE with `operation` as its user data, to be filled in before the next prepare() or
  // turn().
  io_uring_sqe* prepare(Operation* operation);
  // The same for an operation that the kernel either carries out while it takes the SQE or fails:
  // one that never waits (MSG_DONTWAIT). `complete` gets kQuietSuccess, in the first turn that ends
  // after the SQE was taken, or the failure's result. Null while the SQ is full.
  io_uring_sqe* prepare_quiet(Operation* operation);
  // Cancels all that is in flight for `operation`, whose last completion (-ECANCELED, or what it
  // had come to) arrives as usual.
  void cancel(Operation* operation);

  // Enters `fd` in the table of fixed files; without a slot the RingFile names the descriptor.
  RingFile register_file(int fd);
  // Gives the slot back; the descriptor stays open. REQUIRES: nothing in flight on it.
  void unregister_file(RingFile file);

  // Runs `handler` in a turn after each burst of wake() calls. At most one handler.
  void on_wake(Task handler);
  // From any thread.
  void wake();

  // Blocks the signal for the process's threads started later, and runs `handler` in a turn each
  // time it arrives. `signal_number` is then an argument. Call before other threads start.
  using SignalHandler = base::InlineFunction<void(int signal_number)>;
  void on_signal(int signal_number, SignalHandler handler);

 private:
  struct Completion {
    Operation* operation;
    int32_t result;
    uint32_t flags;
  };
  struct Quiet {
    Operation* operation;
    unsigned position;  // Of its SQE in the stream of all; an older one's failed.
  };
  struct Signals;
  struct WakeUp;

  explicit UringLoop(const base::Clock* clock);
  base::Status set_up(const UringOptions& options);
  void probe_features();

  bool submission_full() const;
  io_uring_sqe* take_sqe();
  // Moves waiting SQEs into the SQ as far as they fit.
  void refill();
  unsigned publish_submissions();
  // One io_uring_enter: submits, and waits for one completion when wait_ns > 0.
  void enter(uint64_t wait_ns);
  bool kernel_has_more() const;
  void reap();
  uint64_t wait_for(uint64_t wait_ns_max) const;
  void run_completions();
  void run_quiet();
  void run_timers();
  void run_posted();

  const base::Clock* const clock_;
  io_uring ring_{};
  bool ring_open_ = false;
  unsigned enter_flags_ = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
  RingFeatures features_;
  unsigned sq_tail_ = 0;  // Ours; the kernel sees it at publish_submissions().
  std::deque<io_uring_sqe> waiting_;
  std::vector<Completion> reaped_;
  std::deque<Quiet> quiet_;   // In the order of their SQEs.
  unsigned quiet_taken_ = 0;  // The kernel had taken the SQEs before this one when reap() ran.
  TimerHeap timers_;
  std::vector<Task> posted_;
  std::vector<Task> running_;
  uint64_t turn_ns_ = 0;
  std::vector<int32_t> free_file_slots_;
  Operation cancel_operation_;  // Of all cancels: their own result is of no interest.
  std::unique_ptr<WakeUp> wake_up_;
  std::unique_ptr<Signals> signals_;
};

}  // namespace iouring

#endif  // BASALT_IOURING_URING_LOOP_H_
