// SHA-1 (RFC 3174), which DEBUG DIGEST is made of. Not for security.

#ifndef BASALT_ENGINE_SHA1_H_
#define BASALT_ENGINE_SHA1_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace engine {

using Sha1Sum = std::array<uint8_t, 20>;

class Sha1 {
 public:
  void update(base::ByteSpan bytes);
  // The sum of everything; once only.
  Sha1Sum finish();

 private:
  static constexpr size_t kBlockBytes = 64;
  void transform(const uint8_t* block);

  std::array<uint32_t, 5> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::array<uint8_t, kBlockBytes> block_{};
  uint64_t bytes_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_SHA1_H_
