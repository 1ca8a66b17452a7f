// CRC32C (Castagnoli) as RFC 3720 defines it, by ISA-L.

#ifndef BASALT_LOGSTORE_CRC32C_H_
#define BASALT_LOGSTORE_CRC32C_H_

#include <cstdint>

#include "base/bytes.h"

namespace logstore {

// Of at most 2 GiB.
uint32_t crc32c(base::ByteSpan bytes);

}  // namespace logstore

#endif  // BASALT_LOGSTORE_CRC32C_H_
