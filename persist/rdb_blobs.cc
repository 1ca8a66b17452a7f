#include "persist/rdb_blobs.h"

#include <algorithm>

namespace persist {

namespace {

constexpr size_t kZiplistHeaderBytes = 10;
constexpr size_t kListpackHeaderBytes = 6;
constexpr size_t kIntsetHeaderBytes = 8;
constexpr std::byte kEnd{0xff};
// A count of 16 bits that says "walk to know".
constexpr uint64_t kCountUnknown = 0xffff;
// The byte lengths of zipmaps and of a ziplist's links, from which four bytes follow.
constexpr uint8_t kLongLength = 254;

base::Error damaged(BlobKind kind) {
  switch (kind) {
    case BlobKind::kZiplist:
      return {base::ErrorCode::kCorrupt, 0, "Ziplist integrity check failed."};
    case BlobKind::kListpack:
      return {base::ErrorCode::kCorrupt, 0, "Listpack integrity check failed."};
    case BlobKind::kIntset:
      return {base::ErrorCode::kCorrupt, 0, "Intset integrity check failed."};
    case BlobKind::kZipmap:
      return {base::ErrorCode::kCorrupt, 0, "Zipmap integrity check failed"};
    case BlobKind::kStreamId:
      return {base::ErrorCode::kCorrupt, 0, "Stream node key entry is not the size of a stream ID"};
    case BlobKind::kNone:
      break;
  }
  return {base::ErrorCode::kCorrupt, 0, "blob integrity check failed"};
}

// Bytes of a blob, taken from the front. `ok` turns false for good when there are too few.
struct Cursor {
  base::ByteSpan left;
  bool ok = true;

  base::ByteSpan take(uint64_t count) {
    if (!ok || count > left.size()) {
      ok = false;
      return {};
    }
    const base::ByteSpan taken = left.first(count);
    left = left.subspan(count);
    return taken;
  }
  uint8_t byte() {
    const base::ByteSpan taken = take(1);
    return taken.empty() ? uint8_t{0} : static_cast<uint8_t>(taken[0]);
  }
  uint32_t little32() {
    const base::ByteSpan taken = take(4);
    return taken.empty() ? 0 : base::load_le<uint32_t>(taken.data());
  }
  uint32_t big32() {
    const base::ByteSpan taken = take(4);
    return taken.empty() ? 0 : base::load_be<uint32_t>(taken.data());
  }
};

// What follows the encoding byte of a ziplist entry.
void skip_ziplist_value(Cursor& cursor) {
  const uint8_t encoding = cursor.byte();
  switch (encoding >> 6) {
    case 0:
      cursor.take(encoding);
      return;
    case 1: {
      const uint64_t high = encoding & 0x3f;
      cursor.take(high << 8 | cursor.byte());
      return;
    }
    case 2:
      cursor.take(cursor.big32());
      return;
    default:
      break;
  }
  switch (encoding) {
    case 0xc0:
      cursor.take(2);
      return;
    case 0xd0:
      cursor.take(4);
      return;
    case 0xe0:
      cursor.take(8);
      return;
    case 0xf0:
      cursor.take(3);
      return;
    case 0xfe:
      cursor.take(1);
      return;
    default:
      cursor.ok = cursor.ok && encoding >= 0xf1 && encoding <= 0xfd;
      return;
  }
}

base::Result<uint64_t> check_ziplist(base::ByteSpan blob) {
  const uint64_t tail = base::load_le<uint32_t>(&blob[4]);
  const uint64_t count = base::load_le<uint16_t>(&blob[8]);
  Cursor cursor{blob.subspan(kZiplistHeaderBytes, blob.size() - kZiplistHeaderBytes - 1)};
  uint64_t entries = 0;
  uint64_t last_entry_bytes = 0;
  uint64_t last_at = kZiplistHeaderBytes;
  while (cursor.ok && !cursor.left.empty()) {
    const size_t before = cursor.left.size();
    const uint8_t link = cursor.byte();
    const uint64_t linked = link == kLongLength ? cursor.little32() : link;
    if (link == static_cast<uint8_t>(kEnd) || linked != last_entry_bytes) {
      return damaged(BlobKind::kZiplist);
    }
    skip_ziplist_value(cursor);
    last_at = blob.size() - 1 - before;
    last_entry_bytes = before - cursor.left.size();
    ++entries;
  }
  if (!cursor.ok || tail != last_at || (count != kCountUnknown && count != entries)) {
    return damaged(BlobKind::kZiplist);
  }
  return entries;
}

// Encoding and data of a listpack entry.
void skip_listpack_value(Cursor& cursor) {
  const uint8_t encoding = cursor.byte();
  if (encoding < 0x80) return;
  if (encoding < 0xc0) {
    cursor.take(encoding & 0x3f);
  } else if (encoding < 0xe0) {
    cursor.take(1);
  } else if (encoding < 0xf0) {
    const uint64_t high = encoding & 0x0f;
    cursor.take(high << 8 | cursor.byte());
  } else {
    switch (encoding) {
      case 0xf0:
        cursor.take(cursor.little32());
        return;
      case 0xf1:
        cursor.take(2);
        return;
      case 0xf2:
        cursor.take(3);
        return;
      case 0xf3:
        cursor.take(4);
        return;
      case 0xf4:
        cursor.take(8);
        return;
      default:
        cursor.ok = false;
        return;
    }
  }
}

size_t backlink_bytes(uint64_t value_bytes) {
  if (value_bytes <= 127) return 1;
  if (value_bytes < 16383) return 2;
  if (value_bytes < 2097151) return 3;
  return value_bytes < 268435455 ? 4 : 5;
}

// The length of the value before it in groups of seven bits, the most significant first; all
// bytes but the first have the high bit set.
bool backlink_is(base::ByteSpan link, uint64_t value_bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < link.size(); ++i) {
    const auto byte = static_cast<uint8_t>(link[i]);
    if ((byte >= 0x80) != (i > 0)) return false;
    value = value << 7 | (byte & 0x7f);
  }
  return value == value_bytes;
}

base::Result<uint64_t> check_listpack(base::ByteSpan blob) {
  const uint64_t count = base::load_le<uint16_t>(&blob[4]);
  Cursor cursor{blob.subspan(kListpackHeaderBytes, blob.size() - kListpackHeaderBytes - 1)};
  uint64_t entries = 0;
  while (cursor.ok && !cursor.left.empty()) {
    const size_t before = cursor.left.size();
    skip_listpack_value(cursor);
    const uint64_t value_bytes = before - cursor.left.size();
    const base::ByteSpan link = cursor.take(backlink_bytes(value_bytes));
    if (!cursor.ok || !backlink_is(link, value_bytes)) return damaged(BlobKind::kListpack);
    ++entries;
  }
  if (!cursor.ok || (count != kCountUnknown && count != entries)) {
    return damaged(BlobKind::kListpack);
  }
  return entries;
}

template <class Integer>
bool ascending(base::ByteSpan integers) {
  for (size_t at = sizeof(Integer); at < integers.size(); at += sizeof(Integer)) {
    if (base::load_le<Integer>(&integers[at - sizeof(Integer)]) >=
        base::load_le<Integer>(&integers[at])) {
      return false;
    }
  }
  return true;
}

base::Result<uint64_t> check_intset(base::ByteSpan blob) {
  const auto width = base::load_le<uint32_t>(&blob[0]);
  const auto count = base::load_le<uint32_t>(&blob[4]);
  const base::ByteSpan integers = blob.subspan(kIntsetHeaderBytes);
  const bool good = width == 2   ? ascending<int16_t>(integers)
                    : width == 4 ? ascending<int32_t>(integers)
                                 : ascending<int64_t>(integers);
  if (!good) return damaged(BlobKind::kIntset);
  return uint64_t{count};
}

uint64_t zipmap_length(Cursor& cursor) {
  const uint8_t first = cursor.byte();
  return first == kLongLength ? cursor.little32() : first;
}

base::Result<uint64_t> check_zipmap(base::ByteSpan blob) {
  const uint64_t count = static_cast<uint8_t>(blob[0]);
  Cursor cursor{blob.subspan(1, blob.size() - 2)};
  uint64_t pairs = 0;
  while (cursor.ok && !cursor.left.empty()) {
    if (cursor.left[0] == kEnd) return damaged(BlobKind::kZipmap);
    cursor.take(zipmap_length(cursor));
    if (cursor.ok && !cursor.left.empty() && cursor.left[0] == kEnd) {
      return damaged(BlobKind::kZipmap);
    }
    const uint64_t value_bytes = zipmap_length(cursor);
    const uint64_t free_bytes = cursor.byte();
    cursor.take(value_bytes + free_bytes);
    ++pairs;
  }
  if (!cursor.ok || pairs == 0 || (count < kLongLength && count != pairs)) {
    return damaged(BlobKind::kZipmap);
  }
  return pairs * 2;
}

}  // namespace

base::Status check_blob_bytes(BlobKind kind, uint64_t total_bytes) {
  bool good = true;
  switch (kind) {
    case BlobKind::kNone:
      break;
    case BlobKind::kZiplist:
      good = total_bytes > kZiplistHeaderBytes && total_bytes <= UINT32_MAX;
      break;
    case BlobKind::kListpack:
      good = total_bytes > kListpackHeaderBytes && total_bytes <= UINT32_MAX;
      break;
    case BlobKind::kIntset:
      good = total_bytes > kIntsetHeaderBytes;
      break;
    case BlobKind::kZipmap:
      good = total_bytes >= 2;
      break;
    case BlobKind::kStreamId:
      good = total_bytes == 16;
      break;
  }
  if (!good) return damaged(kind);
  return base::ok_status();
}

base::Status check_blob_prefix(BlobKind kind, base::ByteSpan prefix, uint64_t total_bytes) {
  RETURN_IF_ERROR(check_blob_bytes(kind, total_bytes));
  CHECK_EQ(prefix.size(), std::min<uint64_t>(total_bytes, kBlobPrefixBytes));
  bool good = true;
  if (kind == BlobKind::kZiplist) {
    good = base::load_le<uint32_t>(&prefix[0]) == total_bytes &&
           base::load_le<uint32_t>(&prefix[4]) < total_bytes;
  } else if (kind == BlobKind::kListpack) {
    good = base::load_le<uint32_t>(&prefix[0]) == total_bytes;
  } else if (kind == BlobKind::kIntset) {
    const uint64_t width = base::load_le<uint32_t>(&prefix[0]);
    const uint64_t count = base::load_le<uint32_t>(&prefix[4]);
    good = (width == 2 || width == 4 || width == 8) &&
           kIntsetHeaderBytes + width * count == total_bytes;
  }
  if (!good) return damaged(kind);
  return base::ok_status();
}

base::Status check_blob_end(BlobKind kind, std::byte last) {
  const bool marked =
      kind == BlobKind::kZiplist || kind == BlobKind::kListpack || kind == BlobKind::kZipmap;
  if (marked && last != kEnd) return damaged(kind);
  return base::ok_status();
}

base::Result<uint64_t> check_blob(BlobKind kind, base::ByteSpan blob) {
  RETURN_IF_ERROR(check_blob_prefix(
      kind, blob.first(std::min<size_t>(blob.size(), kBlobPrefixBytes)), blob.size()));
  if (!blob.empty()) RETURN_IF_ERROR(check_blob_end(kind, blob.back()));
  switch (kind) {
    case BlobKind::kZiplist:
      return check_ziplist(blob);
    case BlobKind::kListpack:
      return check_listpack(blob);
    case BlobKind::kIntset:
      return check_intset(blob);
    case BlobKind::kZipmap:
      return check_zipmap(blob);
    case BlobKind::kStreamId:
    case BlobKind::kNone:
      break;
  }
  return uint64_t{1};
}

}  // namespace persist
