#include "engine/sha1.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace engine {

void Sha1::update(base::ByteSpan bytes) {
  const auto* from = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  while (left > 0) {
    const size_t filled = bytes_ % kBlockBytes;
    const size_t count = std::min(left, kBlockBytes - filled);
    std::memcpy(block_.data() + filled, from, count);
    bytes_ += count;
    from += count;
    left -= count;
    if (bytes_ % kBlockBytes == 0) transform(block_.data());
  }
}

Sha1Sum Sha1::finish() {
  const uint64_t bits = bytes_ * 8;
  constexpr std::byte kEnd{0x80};
  constexpr std::byte kZero{0};
  update({&kEnd, 1});
  while (bytes_ % kBlockBytes != kBlockBytes - 8) update({&kZero, 1});
  std::array<std::byte, 8> length;
  for (size_t i = 0; i < 8; ++i) length[i] = static_cast<std::byte>(bits >> (56 - 8 * i));
  update(length);
  Sha1Sum sum;
  for (size_t i = 0; i < sum.size(); ++i)
    sum[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return sum;
}

void Sha1::transform(const uint8_t* block) {
  std::array<uint32_t, 80> w;
  for (size_t i = 0; i < 16; ++i)
    w[i] = static_cast<uint32_t>(block[4 * i]) << 24 |
           static_cast<uint32_t>(block[4 * i + 1]) << 16 |
           static_cast<uint32_t>(block[4 * i + 2]) << 8 | block[4 * i + 3];
  for (size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state_;
  for (size_t i = 0; i < 80; ++i) {
    uint32_t f = 0;
    uint32_t k = 0;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (i < 40) {
      f = b ^ c ^ d;
      k = 0x6ed9eba1;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    } else {
      f = b ^ c ^ d;
      k = 0xca62c1d6;
    }
    const uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state_[0] += a;
  state_[1] += b;
  state_[2] += c;
  state_[3] += d;
  state_[4] += e;
}

}  // namespace engine
