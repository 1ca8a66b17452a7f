#include "logstore/crc32c.h"

#include <isa-l/crc.h>

#include "base/check.h"

namespace logstore {

uint32_t crc32c(base::ByteSpan bytes) {
  CHECK_LE(bytes.size(), static_cast<size_t>(INT32_MAX));
  // The library declares its input mutable but only reads it; it takes and gives the bare register.
  auto* data = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
  return ~crc32_iscsi(data, static_cast<int>(bytes.size()), ~0u);
}

}  // namespace logstore
