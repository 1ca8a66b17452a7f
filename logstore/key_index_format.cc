#include "logstore/key_index_format.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"

namespace logstore {

namespace {

// The packed location: RecordRef::pack() in bits 0-58 of the first word, the low five bits of the
// offset above it; the other 17 bits of the offset follow in the bytes after the word.
constexpr unsigned kRefBits = kSegmentIdBits + kOrdinalBits + kBlocks16Bits;
constexpr unsigned kOffsetLowBits = 64 - kRefBits;
// Of the three bytes after the word: bits 0-16 the offset, bit 17 set when an expiry follows.
constexpr unsigned kOffsetHighBits = 17;
constexpr uint32_t kHasExpiry = 1u << kOffsetHighBits;
constexpr size_t kFixedBytes = 12;

static_assert(base::kSegmentBytes / kRecordAlignBytes <= uint64_t{1}
                                                             << (kOffsetLowBits + kOffsetHighBits));

size_t encode_varint(uint64_t value, char* to) {
  size_t length = 0;
  for (; value >= 0x80; value >>= 7) to[length++] = static_cast<char>(value | 0x80);
  to[length++] = static_cast<char>(value);
  return length;
}

bool decode_varint(std::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const uint64_t part = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    *value |= (part & 0x7f) << shift;
    if (part < 0x80) return true;
  }
  return false;
}

}  // namespace

void append_index_key(const UnitKey& key, std::string* to) {
  char prefix[kIndexKeyPrefixBytes];
  base::store_be<uint32_t>(prefix, key.namespace_id);
  base::store_be<uint64_t>(prefix + 4, key.hash64);
  prefix[12] = static_cast<char>(key.kind);
  to->append(prefix, sizeof prefix).append(key.key);
}

void append_expiry_row(int64_t expire_at_ms, std::string_view index_key, std::string* to) {
  CHECK_GE(expire_at_ms, 0);
  to->append(expiry_row_bound(expire_at_ms)).append(index_key);
}

std::string index_key_bound(uint32_t namespace_id, uint64_t hash64) {
  std::string bound(12, '\0');
  base::store_be<uint32_t>(bound.data(), namespace_id);
  base::store_be<uint64_t>(bound.data() + 4, hash64);
  return bound;
}

std::string index_namespace_end(uint32_t namespace_id) {
  // No key is longer than a prefix of this one's length that begins like it, and kinds are small.
  if (namespace_id == UINT32_MAX) return std::string(kIndexKeyPrefixBytes, '\xff');
  return index_key_bound(namespace_id + 1, 0);
}

std::string expiry_row_bound(int64_t expire_at_ms) {
  std::string bound(8, '\0');
  base::store_be<uint64_t>(bound.data(), static_cast<uint64_t>(expire_at_ms));
  return bound;
}

bool decode_index_key(std::string_view bytes, UnitKey* key) {
  if (bytes.size() < kIndexKeyPrefixBytes) return false;
  const auto kind = static_cast<UnitKind>(bytes[12]);
  if (kind != UnitKind::kRoot && kind != UnitKind::kPage) return false;
  *key = {base::load_be<uint32_t>(bytes.data()), base::load_be<uint64_t>(bytes.data() + 4), kind,
          bytes.substr(kIndexKeyPrefixBytes)};
  return true;
}

bool decode_expiry_row(std::string_view bytes, int64_t* expire_at_ms, std::string_view* index_key) {
  if (bytes.size() < kExpiryRowPrefixBytes) return false;
  *expire_at_ms = static_cast<int64_t>(base::load_be<uint64_t>(bytes.data()));
  *index_key = bytes.substr(8);
  return *expire_at_ms >= 0;
}

size_t encode_index_value(const IndexValue& value, char* to) {
  const uint32_t offset16 = value.location.offset / kRecordAlignBytes;
  CHECK_EQ(value.location.offset % kRecordAlignBytes, 0u);
  CHECK_LT(offset16 >> kOffsetLowBits, 1u << kOffsetHighBits);
  const bool expires = value.expire_at_ms != kNoExpiry;
  to[0] = static_cast<char>(value.rdb_type);
  base::store_le<uint64_t>(to + 1, value.location.ref.pack() | static_cast<uint64_t>(offset16)
                                                                   << kRefBits);
  const uint32_t tail = offset16 >> kOffsetLowBits | (expires ? kHasExpiry : 0);
  base::store_le<uint16_t>(to + 9, static_cast<uint16_t>(tail));
  to[11] = static_cast<char>(tail >> 16);
  size_t length = kFixedBytes + encode_varint(value.payload_bytes, to + kFixedBytes);
  if (expires) {
    CHECK_GE(value.expire_at_ms, 0);
    length += encode_varint(static_cast<uint64_t>(value.expire_at_ms), to + length);
  }
  return length;
}

bool decode_index_value(std::string_view bytes, IndexValue* value) {
  if (bytes.size() <= kFixedBytes) return false;
  const auto word = base::load_le<uint64_t>(bytes.data() + 1);
  const uint32_t tail = base::load_le<uint16_t>(bytes.data() + 9) |
                        static_cast<uint32_t>(static_cast<uint8_t>(bytes[11])) << 16;
  if (tail >= 2 * kHasExpiry) return false;
  value->rdb_type = static_cast<uint8_t>(bytes[0]);
  value->location.ref = RecordRef::unpack(word);
  value->location.offset =
      (static_cast<uint32_t>(word >> kRefBits) | (tail & (kHasExpiry - 1)) << kOffsetLowBits) *
      kRecordAlignBytes;
  bytes.remove_prefix(kFixedBytes);
  uint64_t number = 0;
  if (!decode_varint(&bytes, &number) || number > UINT32_MAX) return false;
  value->payload_bytes = static_cast<uint32_t>(number);
  value->expire_at_ms = kNoExpiry;
  if ((tail & kHasExpiry) != 0) {
    if (!decode_varint(&bytes, &number) || number > INT64_MAX) return false;
    value->expire_at_ms = static_cast<int64_t>(number);
  }
  return bytes.empty();
}

}  // namespace logstore
