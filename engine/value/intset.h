// Intset: Redis's packed set of integers, byte for byte.
//
//     u32 width (2, 4 or 8), u32 count, the integers in ascending order     (little-endian)
//
// The value bytes of a small set of integers. Bytes from outside are judged once
// (persist/rdb_blobs.h); the functions here trust them.

#ifndef BASALT_ENGINE_VALUE_INTSET_H_
#define BASALT_ENGINE_VALUE_INTSET_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace engine {

class Intset {
 public:
  static constexpr size_t kHeaderBytes = 8;
  static std::string_view empty();

  // A view; `bytes` is a whole intset.
  explicit Intset(std::string_view bytes) : bytes_(bytes) {}

  size_t width() const { return base::load_le<uint32_t>(bytes_.data()); }
  size_t count() const { return base::load_le<uint32_t>(bytes_.data() + 4); }
  int64_t at(size_t i) const;
  // Where `value` is or would be; true when it is there.
  bool find(int64_t value, size_t* at) const;

  // REQUIRES: ascending, each once.
  static std::string of(std::span<const int64_t> integers);

  // The width that a value takes.
  static size_t width_of(int64_t value);
  static void write_number(char* to, size_t width, int64_t value);
  static void write_count(char* intset, size_t count) {
    base::store_le(intset + 4, static_cast<uint32_t>(count));
  }
  // The set with one more value, in as much width as it takes. REQUIRES: it is not there.
  std::string with(int64_t value) const;

 private:
  std::string_view bytes_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_INTSET_H_
