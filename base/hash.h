// hash64: the one hash of keys, shared by the dictionary, the index and SCAN cursors.
//
// XXH3 (https://xxhash.com) with a secret drawn at random when a store is created, so that a
// client cannot choose colliding keys. The dictionary, the filter and the index all order by this
// value, most significant bit first.

#ifndef BASALT_BASE_HASH_H_
#define BASALT_BASE_HASH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace base {

class Random;

class KeyHasher {
 public:
  static constexpr size_t kSecretBytes = 192;
  using Secret = std::array<std::byte, kSecretBytes>;

  explicit KeyHasher(const Secret& secret) : secret_(secret) {}
  static KeyHasher with_random_secret(Random& random);

  uint64_t hash64(std::string_view key) const;
  const Secret& secret() const { return secret_; }

 private:
  alignas(64) Secret secret_;
};

// floor(hash * n / 2^64): maps a hash to [0, n) and keeps the order. REQUIRES: n > 0.
inline uint64_t order_preserving_bucket(uint64_t hash, uint64_t n) {
  return multiply_high(hash, n);
}

}  // namespace base

#endif  // BASALT_BASE_HASH_H_
