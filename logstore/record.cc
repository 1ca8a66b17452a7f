#include "logstore/record.h"

#include <cstring>

#include "base/check.h"
#include "base/planted_bug.h"
#include "logstore/crc32c.h"

namespace logstore {
namespace {

using base::ByteSpan;
using base::Error;
using base::ErrorCode;
using base::load_le;
using base::store_le;

// Everything but the body's checksum, which must be in place, then the header's checksum.
void encode_header(const RecordIdentity& identity, const UnitFields& fields, uint32_t payload_bytes,
                   std::byte* to) {
  const bool expires = fields.expire_at_ms != kNoExpiry;
  const uint8_t flags = static_cast<uint8_t>((expires ? kRecordFlagExpiry : 0) |
                                             (fields.compressed ? kRecordFlagCompressed : 0));
  store_le<uint32_t>(to + kRecordMagicOffset, kRecordMagic);
  store_le<uint8_t>(to + kRecordVersionOffset, kFormatVersion);
  store_le<uint8_t>(to + kRecordKindOffset, static_cast<uint8_t>(fields.kind));
  store_le<uint8_t>(to + kRecordTypeOffset, fields.rdb_type);
  store_le<uint8_t>(to + kRecordFlagsOffset, flags);
  store_le<uint64_t>(to + kRecordStoreIdOffset, identity.place.store_id);
  store_le<uint32_t>(to + kRecordSegmentOffset, identity.place.segment);
  store_le<uint32_t>(to + kRecordGenerationOffset, identity.place.generation);
  store_le<uint32_t>(to + kRecordOffsetOffset, identity.place.offset);
  store_le<uint32_t>(to + kRecordOrdinalOffset, identity.ordinal);
  store_le<uint64_t>(to + kRecordSequenceOffset, identity.sequence);
  store_le<uint64_t>(to + kRecordHashOffset, fields.hash64);
  store_le<uint32_t>(to + kRecordNamespaceOffset, fields.namespace_id);
  store_le<uint32_t>(to + kRecordKeyBytesOffset, static_cast<uint32_t>(fields.key.size()));
  store_le<uint32_t>(to + kRecordPayloadBytesOffset, payload_bytes);
  store_le<uint32_t>(to + kRecordRawBytesOffset, fields.raw_bytes);
  store_le<int64_t>(to + kRecordExpiryOffset, expires ? fields.expire_at_ms : 0);
  store_le<uint32_t>(to + kRecordHeaderCrcOffset, crc32c({to, kRecordHeaderCrcOffset}));
}

Error corrupt(const char* what) { return Error{ErrorCode::kCorrupt, 0, what}; }

UnitFields decode_fields(const std::byte* from) {
  const uint8_t flags = load_le<uint8_t>(from + kRecordFlagsOffset);
  UnitFields fields;
  fields.namespace_id = load_le<uint32_t>(from + kRecordNamespaceOffset);
  fields.kind = static_cast<UnitKind>(load_le<uint8_t>(from + kRecordKindOffset));
  fields.rdb_type = load_le<uint8_t>(from + kRecordTypeOffset);
  fields.compressed = (flags & kRecordFlagCompressed) != 0;
  fields.raw_bytes = load_le<uint32_t>(from + kRecordRawBytesOffset);
  fields.hash64 = load_le<uint64_t>(from + kRecordHashOffset);
  fields.expire_at_ms =
      (flags & kRecordFlagExpiry) != 0 ? load_le<int64_t>(from + kRecordExpiryOffset) : kNoExpiry;
  return fields;
}

// The checks of a header by itself and against the place it was read from.
base::Status check_header(const std::byte* from, const RecordPlace& expected) {
  if (load_le<uint32_t>(from + kRecordMagicOffset) != kRecordMagic) return corrupt("record magic");
  if (load_le<uint32_t>(from + kRecordHeaderCrcOffset) != crc32c({from, kRecordHeaderCrcOffset}))
    return corrupt("record header checksum");
  if (load_le<uint8_t>(from + kRecordVersionOffset) != kFormatVersion)
    return Error{ErrorCode::kUnsupported, 0, "record version"};
  if (load_le<uint64_t>(from + kRecordStoreIdOffset) != expected.store_id)
    return corrupt("record of another store");
  if (load_le<uint32_t>(from + kRecordSegmentOffset) != expected.segment)
    return corrupt("record of another segment");
  if (load_le<uint32_t>(from + kRecordGenerationOffset) != expected.generation)
    return corrupt("record of another generation");
  if (load_le<uint32_t>(from + kRecordOffsetOffset) != expected.offset)
    return corrupt("record of another offset");
  const auto kind = static_cast<UnitKind>(load_le<uint8_t>(from + kRecordKindOffset));
  if (kind != UnitKind::kRoot && kind != UnitKind::kPage) return corrupt("record kind");
  if ((load_le<uint8_t>(from + kRecordFlagsOffset) & ~kRecordFlagsKnown) != 0)
    return Error{ErrorCode::kUnsupported, 0, "record flags"};
  if (load_le<uint32_t>(from + kRecordOrdinalOffset) > kOrdinalMax)
    return corrupt("record ordinal");
  return base::ok_status();
}

}  // namespace

PageKey page_key(uint64_t value_id, uint64_t page_id) {
  PageKey key;
  base::store_be<uint64_t>(key.data(), value_id);
  base::store_be<uint64_t>(key.data() + 8, page_id);
  return key;
}

PageName page_name(std::string_view key) {
  CHECK_EQ(key.size(), size_t{kPageKeyBytes});
  return {base::load_be<uint64_t>(key.data()), base::load_be<uint64_t>(key.data() + 8)};
}

uint32_t record_bytes(uint64_t key_bytes, uint64_t payload_bytes) {
  uint64_t bytes = 0;
  if (!base::checked_add(key_bytes, payload_bytes, &bytes)) return 0;
  if (bytes > base::kUnitBytesMax - kRecordHeaderBytes) return 0;
  return static_cast<uint32_t>(base::align_up(kRecordHeaderBytes + bytes, kRecordAlignBytes));
}

void encode_record(const RecordIdentity& identity, const UnitFields& fields,
                   std::span<const ByteSpan> payload, base::MutableByteSpan to) {
  CHECK_LE(identity.ordinal, kOrdinalMax);
  uint32_t payload_bytes = 0;
  for (const ByteSpan part : payload) payload_bytes += static_cast<uint32_t>(part.size());
  const uint32_t size = record_bytes(fields.key.size(), payload_bytes);
  CHECK(size != 0 && size <= to.size());
  std::byte* at = to.data() + kRecordHeaderBytes;
  if (!fields.key.empty()) std::memcpy(at, fields.key.data(), fields.key.size());
  at += fields.key.size();
  for (const ByteSpan part : payload) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  std::memset(at, 0, static_cast<size_t>(to.data() + size - at));
  store_le<uint32_t>(to.data() + kRecordBodyCrcOffset,
                     crc32c({to.data() + kRecordHeaderBytes, size - kRecordHeaderBytes}));
  encode_header(identity, fields, payload_bytes, to.data());
}

void encode_relocated(const RecordIdentity& identity, const RecordView& view,
                      base::MutableByteSpan to) {
  CHECK_LE(view.bytes.size(), to.size());
  CHECK_GE(view.bytes.size(), kRecordHeaderBytes);
  std::memcpy(to.data(), view.bytes.data(), view.bytes.size());
  encode_header(identity, view.fields, static_cast<uint32_t>(view.payload.size()), to.data());
}

bool starts_with_record_magic(ByteSpan bytes) {
  return bytes.size() >= sizeof(uint32_t) && load_le<uint32_t>(bytes.data()) == kRecordMagic;
}

base::Result<RecordHeader> decode_header(ByteSpan bytes, const RecordPlace& expected) {
  if (bytes.size() < kRecordHeaderBytes) return corrupt("record cut short");
  const std::byte* from = bytes.data();
  RETURN_IF_ERROR(check_header(from, expected));
  const uint32_t key_bytes = load_le<uint32_t>(from + kRecordKeyBytesOffset);
  const uint32_t payload_bytes = load_le<uint32_t>(from + kRecordPayloadBytesOffset);
  RecordHeader header;
  header.size = record_bytes(key_bytes, payload_bytes);
  if (header.size == 0) return corrupt("record length");
  RecordView& view = header.view;
  view.fields = decode_fields(from);
  view.sequence = load_le<uint64_t>(from + kRecordSequenceOffset);
  view.ordinal = load_le<uint32_t>(from + kRecordOrdinalOffset);
  view.body_crc = load_le<uint32_t>(from + kRecordBodyCrcOffset);
  if (bytes.size() >= header.size) {
    const ByteSpan body = bytes.subspan(kRecordHeaderBytes);
    view.fields.key = base::as_text(body.first(key_bytes));
    view.payload = body.subspan(key_bytes, payload_bytes);
    view.bytes = bytes.first(header.size);
  }
  return header;
}

bool body_is_intact(const RecordView& view) {
  CHECK_GE(view.bytes.size(), kRecordHeaderBytes);
  return crc32c(view.bytes.subspan(kRecordHeaderBytes)) == view.body_crc;
}

base::Result<RecordView> decode_record(ByteSpan bytes, const RecordPlace& expected) {
  base::Result<RecordHeader> header = decode_header(bytes, expected);
  if (!header.ok()) return header.error();
  if (header->view.bytes.empty()) return corrupt("record cut short");
  if (!body_is_intact(header->view) && !BASALT_PLANTED(kReadNotVerified))
    return corrupt("record body checksum");
  return header->view;
}

}  // namespace logstore
