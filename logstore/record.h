// Record: the one encoding of a unit in the log (FORMAT.md, "Record").
//
// A record is encoded once into a write buffer, and every decode treats the bytes as untrusted:
// nothing is read from a length before it was checked against the bytes at hand, and a view is
// returned only when every checksum and every identity agrees.

#ifndef BASALT_LOGSTORE_RECORD_H_
#define BASALT_LOGSTORE_RECORD_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "logstore/format.h"
#include "logstore/record_ref.h"

namespace logstore {

enum class UnitKind : uint8_t {
  kRoot = 1,  // The key is the user's key.
  kPage = 2,  // The key is page_key(): part of a value whose root names it by id.
};

inline constexpr int64_t kNoExpiry = -1;

// What a record says of its unit. `key` is a view: into the caller's memory when encoding, into
// the record's bytes when decoded.
struct UnitFields {
  uint32_t namespace_id = 0;
  UnitKind kind = UnitKind::kRoot;
  uint8_t rdb_type = 0;
  bool compressed = false;  // The payload is LZF; its plain length is raw_bytes.
  // The plain length of the value where the payload's is another: it is compressed, or a root whose
  // value lies in pages. Else 0.
  uint32_t raw_bytes = 0;
  uint64_t hash64 = 0;               // Of the key, as base::KeyHasher gave it.
  int64_t expire_at_ms = kNoExpiry;  // Unix time; not negative but for kNoExpiry.
  std::string_view key;
};

// The key of a page: value id and page id, big-endian, so that a value's pages are neighbours.
inline constexpr uint32_t kPageKeyBytes = 16;
using PageKey = std::array<char, kPageKeyBytes>;
PageKey page_key(uint64_t value_id, uint64_t page_id);
struct PageName {
  uint64_t value_id;
  uint64_t page_id;
};
// REQUIRES: made by page_key().
PageName page_name(std::string_view key);
inline std::string_view as_text(const PageKey& key) { return {key.data(), key.size()}; }

// Where a record stands: written into it and demanded of it when it is read.
struct RecordPlace {
  uint64_t store_id = 0;
  uint32_t segment = 0;
  uint32_t generation = 0;  // Of the segment: counts its reuses.
  uint32_t offset = 0;      // Bytes from the start of the segment's file.
};

struct RecordView {
  UnitFields fields;
  uint64_t sequence = 0;
  uint32_t ordinal = 0;
  uint32_t body_crc = 0;
  base::ByteSpan payload;
  base::ByteSpan bytes;  // The whole record, header and padding included.

  // What reading the value needs (IndexValue::payload_bytes).
  uint32_t plain_bytes() const {
    return fields.raw_bytes != 0 ? fields.raw_bytes : static_cast<uint32_t>(payload.size());
  }
};

// The size of a record with that much key and payload, or 0 when it exceeds base::kUnitBytesMax.
uint32_t record_bytes(uint64_t key_bytes, uint64_t payload_bytes);

struct RecordIdentity {
  RecordPlace place;
  uint32_t ordinal = 0;
  uint64_t sequence = 0;
};

// Writes the record to the first record_bytes() of `to`. The payload is the concatenation of
// `payload`. REQUIRES: `to` is large enough and the record's size is not 0.
void encode_record(const RecordIdentity& identity, const UnitFields& fields,
                   std::span<const base::ByteSpan> payload, base::MutableByteSpan to);

// The same record at another place: copies the body with its checksum and makes a new header
// around the same sequence. REQUIRES: `to` holds view.bytes.size().
void encode_relocated(const RecordIdentity& identity, const RecordView& view,
                      base::MutableByteSpan to);

// True when `bytes` (at least 4) begin as a record does: tells padding from records.
bool starts_with_record_magic(base::ByteSpan bytes);

// The fields of the header at the front of `bytes`, checked: magic, version, checksum, place,
// lengths. `bytes` may end before the record does: then `payload`, `bytes` and `key` are empty and
// `size` is still right. kCorrupt when a check fails, kUnsupported for a newer version.
struct RecordHeader {
  RecordView view;
  uint32_t size = 0;  // Of the whole record.
};
base::Result<RecordHeader> decode_header(base::ByteSpan bytes, const RecordPlace& expected);

// Whether the body of a record whose header decoded, complete in view.bytes, fits its checksum.
bool body_is_intact(const RecordView& view);

// Header, lengths and body: a view is complete and verified. kCorrupt also when `bytes` ends before
// the record does.
base::Result<RecordView> decode_record(base::ByteSpan bytes, const RecordPlace& expected);

}  // namespace logstore

#endif  // BASALT_LOGSTORE_RECORD_H_
