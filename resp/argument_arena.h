// ArgumentArena: where the argument vectors of one turn's commands live.
//
// All connections of a loop parse into one arena, so that the commands of a turn can be gathered,
// prefetched and then executed while their argument vectors stand still, and a connection that
// waits holds none. clear() at the end of the turn keeps the memory: a steady load allocates
// nothing.

#ifndef BASALT_RESP_ARGUMENT_ARENA_H_
#define BASALT_RESP_ARGUMENT_ARENA_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/counted_allocator.h"

namespace resp {

class ArgumentArena {
 public:
  static constexpr size_t kSlabSlots = 4096;
  // What clear() keeps at most: 1 MiB.
  static constexpr size_t kSpareSlabsMax = 16;

  ArgumentArena() = default;
  ArgumentArena(const ArgumentArena&) = delete;
  ArgumentArena& operator=(const ArgumentArena&) = delete;

  // At least `slots` contiguous slots to write to. Nothing is kept until commit; a second reserve
  // may return the same slots.
  std::string_view* reserve(size_t slots) {
    if (static_cast<size_t>(limit_ - next_) < slots) [[unlikely]]
      open_slab(slots);
    return next_;
  }
  // Keeps the first `slots` of what reserve returned until clear().
  std::span<const std::string_view> commit(size_t slots) {
    std::string_view* const first = next_;
    next_ += slots;
    return {first, slots};
  }
  // `bytes` of memory that stays until clear(), for arguments that had to be unescaped.
  char* bytes(size_t bytes);

  // Invalidates everything handed out.
  void clear();

 private:
  using Slab = std::vector<std::string_view,
                           base::CountedAllocator<std::string_view, base::MemoryUse::kClients>>;
  using Text = std::vector<char, base::CountedAllocator<char, base::MemoryUse::kClients>>;

  void open_slab(size_t slots);
  void drop_large_slabs();

  std::string_view* next_ = nullptr;
  std::string_view* limit_ = nullptr;
  size_t open_slabs_ = 0;  // Slabs in use since the last clear(); those behind it are spare.
  std::vector<Slab> slabs_;
  std::vector<Text> texts_;
};

}  // namespace resp

#endif  // BASALT_RESP_ARGUMENT_ARENA_H_
