#include "engine/value/intset.h"

#include <algorithm>

namespace engine {

std::string_view Intset::empty() {
  static constexpr char kEmpty[] = {2, 0, 0, 0, 0, 0, 0, 0};
  return {kEmpty, sizeof kEmpty};
}

int64_t Intset::at(size_t i) const {
  const size_t bytes = width();
  const char* const from = bytes_.data() + kHeaderBytes + i * bytes;
  if (bytes == 2) return base::load_le<int16_t>(from);
  if (bytes == 4) return base::load_le<int32_t>(from);
  return base::load_le<int64_t>(from);
}

bool Intset::find(int64_t value, size_t* found) const {
  size_t first = 0;
  size_t end = count();
  while (first < end) {
    const size_t middle = first + (end - first) / 2;
    if (at(middle) < value) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  *found = first;
  return first < count() && at(first) == value;
}

size_t Intset::width_of(int64_t value) {
  if (value >= INT16_MIN && value <= INT16_MAX) return 2;
  if (value >= INT32_MIN && value <= INT32_MAX) return 4;
  return 8;
}

void Intset::write_number(char* to, size_t width, int64_t value) {
  if (width == 2) return base::store_le(to, static_cast<int16_t>(value));
  if (width == 4) return base::store_le(to, static_cast<int32_t>(value));
  base::store_le(to, value);
}

std::string Intset::of(std::span<const int64_t> integers) {
  const size_t wide =
      integers.empty() ? 2 : std::max(width_of(integers.front()), width_of(integers.back()));
  std::string made(kHeaderBytes + integers.size() * wide, '\0');
  base::store_le(made.data(), static_cast<uint32_t>(wide));
  write_count(made.data(), integers.size());
  for (size_t i = 0; i < integers.size(); ++i)
    write_number(made.data() + kHeaderBytes + i * wide, wide, integers[i]);
  return made;
}

std::string Intset::with(int64_t value) const {
  const size_t wide = std::max(width(), width_of(value));
  size_t place = 0;
  find(value, &place);
  std::string made(kHeaderBytes + (count() + 1) * wide, '\0');
  base::store_le(made.data(), static_cast<uint32_t>(wide));
  write_count(made.data(), count() + 1);
  char* to = made.data() + kHeaderBytes;
  for (size_t i = 0; i <= count(); ++i, to += wide)
    write_number(to, wide, i == place ? value : at(i < place ? i : i - 1));
  return made;
}

}  // namespace engine
