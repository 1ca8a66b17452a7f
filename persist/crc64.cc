#include "persist/crc64.h"

#include <isa-l/crc64.h>

#include <array>

namespace persist {

namespace {

// A polynomial over GF(2) modulo the Jones polynomial, bit-reversed: bit 63 is x^0.
constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;
constexpr uint64_t kOne = uint64_t{1} << 63;

constexpr uint64_t multiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  for (uint64_t bit = kOne; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ kPolynomial : b >> 1;
  }
  return product;
}

// x^(8 * 2^i).
constexpr auto kByteShifts = [] {
  std::array<uint64_t, 64> shifts{};
  uint64_t power = kOne >> 8;
  for (uint64_t& shift : shifts) {
    shift = power;
    power = multiply(power, power);
  }
  return shifts;
}();

}  // namespace

uint64_t crc64(uint64_t crc, base::ByteSpan bytes) {
  return ~crc64_jones_refl(~crc, reinterpret_cast<const unsigned char*>(bytes.data()),
                           bytes.size());
}

uint64_t crc64_combine(uint64_t crc_a, uint64_t crc_b, uint64_t b_bytes) {
  // Bytes that follow multiply what came before by x^8 each.
  for (size_t i = 0; b_bytes != 0; ++i, b_bytes >>= 1) {
    if ((b_bytes & 1) != 0) crc_a = multiply(crc_a, kByteShifts[i]);
  }
  return crc_a ^ crc_b;
}

}  // namespace persist
