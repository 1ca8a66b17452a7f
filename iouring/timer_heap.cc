#include "iouring/timer_heap.h"

#include <utility>

namespace iouring {

TimerId TimerHeap::add(uint64_t deadline_ns, Task task) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot].task = std::move(task);
  slots_[slot].used = true;
  heap_.push_back({});
  place(heap_.size() - 1, {deadline_ns, sequence_++, slot});
  sift_up(heap_.size() - 1);
  return {static_cast<uint64_t>(slots_[slot].generation) << 32 | slot};
}

bool TimerHeap::cancel(TimerId id) {
  const auto slot = static_cast<uint32_t>(id.value);
  if (slot >= slots_.size() || !slots_[slot].used) return false;
  if (slots_[slot].generation != id.value >> 32) return false;
  remove(slots_[slot].heap_index);
  return true;
}

Task TimerHeap::pop() {
  CHECK(!heap_.empty());
  return remove(0);
}

void TimerHeap::place(size_t index, Node node) {
  heap_[index] = node;
  slots_[node.slot].heap_index = static_cast<uint32_t>(index);
}

void TimerHeap::sift_up(size_t index) {
  const Node node = heap_[index];
  while (index > 0) {
    const size_t parent = (index - 1) / 2;
    if (!node.before(heap_[parent])) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, node);
}

void TimerHeap::sift_down(size_t index) {
  const Node node = heap_[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) ++child;
    if (!heap_[child].before(node)) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, node);
}

Task TimerHeap::remove(size_t index) {
  const uint32_t slot = heap_[index].slot;
  const Node last = heap_.back();
  heap_.pop_back();
  if (index < heap_.size()) {
    place(index, last);
    sift_up(index);
    sift_down(slots_[last.slot].heap_index);
  }
  slots_[slot].used = false;
  // Zero is kept for "no timer".
  if (++slots_[slot].generation == 0) slots_[slot].generation = 1;
  free_slots_.push_back(slot);
  return std::move(slots_[slot].task);
}

}  // namespace iouring
