// CRC64 of the Redis world (Jones polynomial): what ends an RDB file and a DUMP payload.
//
// Reflected, initial value 0, nothing xored at the end; the check value of "123456789" is
// 0xe9c6d914c4b8d9ca. Computed by ISA-L at memory speed (it inverts seed and result, so both are
// inverted back here).

#ifndef BASALT_PERSIST_CRC64_H_
#define BASALT_PERSIST_CRC64_H_

#include <cstdint>

#include "base/bytes.h"

namespace persist {

// The checksum of what `crc` stands for followed by `bytes`; a fresh sum starts from 0.
uint64_t crc64(uint64_t crc, base::ByteSpan bytes);

// The checksum of A followed by B, from the checksums of the two and the length of B: lets parts of
// a stream be summed in any order, by any thread. Takes about a microsecond, whatever the lengths.
uint64_t crc64_combine(uint64_t crc_a, uint64_t crc_b, uint64_t b_bytes);

}  // namespace persist

#endif  // BASALT_PERSIST_CRC64_H_
