// Helpers: the threads for what the ring has no opcode for: RocksDB, compression, freeing, and a
// few file operations.
//
// Bounded queues lead to the threads and one back; the eventfd that wakes the loop is written only
// when the queue back was empty.

#ifndef BASALT_IOURING_HELPERS_H_
#define BASALT_IOURING_HELPERS_H_

#include <cstddef>
#include <cstdint>

#include "base/function.h"

namespace iouring {

enum class HelperClass : uint8_t {
  kIndexWrite,  // One thread: works run in the order of run().
  kIndexRead,   // A small pool: works run in any order, several at once.
  kStream,      // One thread, in order.
  kFree,        // One thread, in order.
  kFile,        // One thread, in order: file operations without an opcode.
  kCount
};

inline constexpr size_t kHelperClasses = static_cast<size_t>(HelperClass::kCount);

// Works of a class that has_room() lets in. What run() gets beyond it waits on the loop's side.
inline constexpr size_t kHelperQueueMax = 1024;

class Helpers {
 public:
  using Work = base::InlineFunction<void()>;

  // Waits for the works that run; those still queued are destroyed without running, and so are
  // the `done` of all of them.
  virtual ~Helpers() = default;

  // Runs `work` on a thread of the class, then `done` in a turn of the loop. For classes of one
  // thread the `done`s come in the order of run(), too. `work` shares nothing with the loop but
  // what its owner keeps alive until `done`. Both are moved from.
  virtual void run(HelperClass helper_class, Work work, Work done) = 0;

  // False while kHelperQueueMax works or more wait: a producer that asks first is bounded. Never
  // blocks either way.
  virtual bool has_room(HelperClass helper_class) const = 0;
  // Works given to run() whose `done` has not run yet.
  virtual size_t in_flight(HelperClass helper_class) const = 0;
};

}  // namespace iouring

#endif  // BASALT_IOURING_HELPERS_H_
