// The packed blobs within RDB payloads: ziplist, listpack, intset, zipmap.
//
// Each is a whole data structure in one string. These functions judge one that came from outside,
// completely and without recursion, before anything walks it.

#ifndef BASALT_PERSIST_RDB_BLOBS_H_
#define BASALT_PERSIST_RDB_BLOBS_H_

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace persist {

enum class BlobKind : uint8_t {
  kNone,      // Any string.
  kZiplist,   // u32 bytes, u32 tail, u16 count, entries, 0xff.
  kListpack,  // u32 bytes, u16 count, entries, 0xff.
  kIntset,    // u32 width (2, 4, 8), u32 count, sorted integers.
  kZipmap,    // u8 count, (length, field, length, free, value, free bytes) ..., 0xff.
  kStreamId,  // 16 bytes: two 64-bit numbers, big-endian.
};

// The first bytes of a blob that say whether its length can be.
inline constexpr size_t kBlobPrefixBytes = 10;

// Judges a blob by its total length alone. kCorrupt has Redis's words, here and below.
base::Status check_blob_bytes(BlobKind kind, uint64_t total_bytes);
// Judges it by its total length and its first min(total, kBlobPrefixBytes) bytes.
base::Status check_blob_prefix(BlobKind kind, base::ByteSpan prefix, uint64_t total_bytes);
// Whether `last` may be the last byte.
base::Status check_blob_end(BlobKind kind, std::byte last);

// Judges a whole blob: every entry, every length, the links back, the end mark, the count; of an
// intset the order too. Returns the number of entries (of a zipmap: of fields and values). Elements
// that occur twice are not looked for.
base::Result<uint64_t> check_blob(BlobKind kind, base::ByteSpan blob);

}  // namespace persist

#endif  // BASALT_PERSIST_RDB_BLOBS_H_
