// CountedAllocator: lets a standard container allocate through base/memory.h.

#ifndef BASALT_BASE_COUNTED_ALLOCATOR_H_
#define BASALT_BASE_COUNTED_ALLOCATOR_H_

#include <cstddef>

#include "base/memory.h"

namespace base {

template <class T, MemoryUse kUse>
struct CountedAllocator {
  using value_type = T;
  template <class Other>
  struct rebind {
    using other = CountedAllocator<Other, kUse>;
  };

  CountedAllocator() = default;
  template <class Other>
  CountedAllocator(const CountedAllocator<Other, kUse>&) {}  // NOLINT: implicit, as containers need

  T* allocate(size_t count) { return static_cast<T*>(base::allocate(count * sizeof(T), kUse)); }
  void deallocate(T* pointer, size_t) { base::deallocate(pointer, kUse); }

  template <class Other>
  bool operator==(const CountedAllocator<Other, kUse>&) const {
    return true;
  }
};

}  // namespace base

#endif  // BASALT_BASE_COUNTED_ALLOCATOR_H_
