// Bucket: one cache line of a Dictionary, drawn in dictionary.h. Internal to it.

#ifndef BASALT_ENGINE_BUCKET_H_
#define BASALT_ENGINE_BUCKET_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "engine/ordered_chain.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace engine {

inline constexpr unsigned kBucketSlots = 8;
inline constexpr unsigned kLinkSlot = kBucketSlots - 1;
inline constexpr uint64_t kPointerBitsMask = (uint64_t{1} << 48) - 1;

// The 48-bit pointer at `place`. The two bytes before it must be readable: reading eight bytes that
// end with it stays inside the bucket.
inline uint64_t load_pointer(const std::byte* place) {
  return base::load_le<uint64_t>(place - 2) >> 16;
}
inline void store_pointer(std::byte* place, uint64_t pointer) { std::memcpy(place, &pointer, 6); }

inline uint16_t tag_of(uint64_t hash) {
  const auto tag = static_cast<uint16_t>(hash);
  return tag == 0 ? uint16_t{1} : tag;
}

struct alignas(64) Bucket {
  uint16_t tags[kBucketSlots];
  std::byte slots[kBucketSlots * 6];

  std::byte* place(unsigned slot) { return slots + slot * 6; }
  uint64_t pointer(unsigned slot) const { return load_pointer(slots + slot * 6); }
  Entry* entry(unsigned slot) const { return reinterpret_cast<Entry*>(pointer(slot)); }
  bool holds_entry(unsigned slot) const { return tags[slot] != 0; }

  void set(unsigned slot, uint16_t tag, uint64_t pointer) {
    CHECK_EQ(pointer & ~kPointerBitsMask, 0u);
    tags[slot] = tag;
    store_pointer(place(slot), pointer);
  }
  void clear(unsigned slot) { set(slot, 0, 0); }

  // One bit per slot whose tag is `tag`.
  unsigned match(uint16_t tag) const {
#ifdef __SSE2__
    const __m128i all = _mm_load_si128(reinterpret_cast<const __m128i*>(tags));
    const __m128i equal = _mm_cmpeq_epi16(all, _mm_set1_epi16(static_cast<short>(tag)));
    const __m128i bytes = _mm_packs_epi16(equal, _mm_setzero_si128());
    return static_cast<unsigned>(_mm_movemask_epi8(bytes));
#else
    unsigned mask = 0;
    for (unsigned i = 0; i < kBucketSlots; ++i) mask |= unsigned{tags[i] == tag} << i;
    return mask;
#endif
  }

  // What slot 7 links to. Links are told from entries by their tag of 0, and from each other by
  // the pointer's lowest bits, which alignment leaves free.
  uint64_t link() const { return tags[kLinkSlot] == 0 ? pointer(kLinkSlot) : 0; }
  Bucket* overflow() const {
    const uint64_t to = link();
    return (to & 1) != 0 ? reinterpret_cast<Bucket*>(to - 1) : nullptr;
  }
  OrderedChain* ordered() const {
    const uint64_t to = link();
    return (to & 2) != 0 ? reinterpret_cast<OrderedChain*>(to - 2) : nullptr;
  }
  void set_overflow(Bucket* bucket) { set(kLinkSlot, 0, reinterpret_cast<uint64_t>(bucket) + 1); }
  void set_ordered(OrderedChain* chain) {
    set(kLinkSlot, 0, reinterpret_cast<uint64_t>(chain) + 2);
  }
};
static_assert(sizeof(Bucket) == 64);

}  // namespace engine

#endif  // BASALT_ENGINE_BUCKET_H_
