// TimerHeap: deadlines with their tasks; the timers of a Loop.
//
// A binary heap of (deadline, sequence, slot); the slots hold the tasks and know their place in the
// heap, so that add, cancel and pop are O(log n). An id is slot + generation.

#ifndef BASALT_IOURING_TIMER_HEAP_H_
#define BASALT_IOURING_TIMER_HEAP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "iouring/loop.h"

namespace iouring {

class TimerHeap {
 public:
  TimerId add(uint64_t deadline_ns, Task task);
  bool cancel(TimerId id);

  bool empty() const { return heap_.empty(); }
  // The earliest. REQUIRES: !empty().
  uint64_t deadline_ns() const { return heap_.front().deadline_ns; }
  // What the next add() is numbered.
  uint64_t sequence_end() const { return sequence_; }
  // The earliest is due at `now_ns` and was added before `sequence_end`.
  bool due(uint64_t now_ns, uint64_t sequence_end) const {
    return !heap_.empty() && heap_.front().deadline_ns <= now_ns &&
           heap_.front().sequence < sequence_end;
  }
  // Takes the earliest out; the id is void from here on. Equal deadlines come in the order of
  // add(). REQUIRES: !empty().
  Task pop();

 private:
  struct Node {
    uint64_t deadline_ns;
    uint64_t sequence;
    uint32_t slot;
    bool before(const Node& other) const {
      return deadline_ns != other.deadline_ns ? deadline_ns < other.deadline_ns
                                              : sequence < other.sequence;
    }
  };
  struct Slot {
    Task task;
    uint32_t generation = 1;
    uint32_t heap_index = 0;
    bool used = false;
  };

  void place(size_t index, Node node);
  void sift_up(size_t index);
  void sift_down(size_t index);
  Task remove(size_t index);

  std::vector<Node> heap_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  uint64_t sequence_ = 0;
};

}  // namespace iouring

#endif  // BASALT_IOURING_TIMER_HEAP_H_
