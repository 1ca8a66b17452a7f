#include "resp/argument_arena.h"

#include <algorithm>

namespace resp {

void ArgumentArena::open_slab(size_t slots) {
  while (open_slabs_ < slabs_.size() && slabs_[open_slabs_].size() < slots) ++open_slabs_;
  if (open_slabs_ == slabs_.size()) slabs_.emplace_back(std::max(slots, kSlabSlots));
  Slab& slab = slabs_[open_slabs_++];
  next_ = slab.data();
  limit_ = slab.data() + slab.size();
}

char* ArgumentArena::bytes(size_t bytes) {
  texts_.emplace_back(bytes);
  return texts_.back().data();
}

void ArgumentArena::clear() {
  texts_.clear();
  // One command of a million arguments must not keep its slab for ever.
  if (slabs_.size() > kSpareSlabsMax || (!slabs_.empty() && slabs_.back().size() > kSlabSlots))
    drop_large_slabs();
  open_slabs_ = slabs_.empty() ? 0 : 1;
  next_ = slabs_.empty() ? nullptr : slabs_[0].data();
  limit_ = slabs_.empty() ? nullptr : next_ + slabs_[0].size();
}

void ArgumentArena::drop_large_slabs() {
  std::erase_if(slabs_, [](const Slab& slab) { return slab.size() > kSlabSlots; });
  if (slabs_.size() > kSpareSlabsMax)
    slabs_.erase(slabs_.begin() + static_cast<std::ptrdiff_t>(kSpareSlabsMax), slabs_.end());
}

}  // namespace resp
