// Fuzzes what reads the log's files: records, segment headers and footers. Checksums and places are
// repaired first, or no mutation would get beyond them.
//
// The first byte says what follows: 'R' a record, 'H' a segment header, 'F' a footer; a small
// letter leaves the checksums as they are.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "logstore/crc32c.h"
#include "logstore/record.h"
#include "logstore/segment_layout.h"

using base::load_le;
using base::store_le;

namespace {

void check_within(base::ByteSpan part, base::ByteSpan whole) {
  CHECK(part.data() >= whole.data());
  CHECK_LE(static_cast<size_t>(part.data() - whole.data()) + part.size(), whole.size());
}

// What was decoded, encoded again, says the same.
void check_encodes(const logstore::RecordView& view, const logstore::RecordPlace& place) {
  std::vector<std::byte> again(view.bytes.size());
  const base::ByteSpan parts[] = {view.payload};
  logstore::encode_record({place, view.ordinal, view.sequence}, view.fields, parts, again);
  const auto second = logstore::decode_record(again, place);
  CHECK(second.ok());
  CHECK_EQ(second->fields.key, view.fields.key);
  CHECK_EQ(second->fields.expire_at_ms, view.fields.expire_at_ms);
  CHECK_EQ(second->fields.hash64, view.fields.hash64);
  CHECK_EQ(second->sequence, view.sequence);
  CHECK_EQ(base::as_text(second->payload), base::as_text(view.payload));
}

void fuzz_record(base::MutableByteSpan bytes, bool repair) {
  logstore::RecordPlace place;
  if (bytes.size() >= logstore::kRecordHeaderBytes) {
    std::byte* at = bytes.data();
    place = {load_le<uint64_t>(at + logstore::kRecordStoreIdOffset),
             load_le<uint32_t>(at + logstore::kRecordSegmentOffset),
             load_le<uint32_t>(at + logstore::kRecordGenerationOffset),
             load_le<uint32_t>(at + logstore::kRecordOffsetOffset)};
    const uint32_t size =
        logstore::record_bytes(load_le<uint32_t>(at + logstore::kRecordKeyBytesOffset),
                               load_le<uint32_t>(at + logstore::kRecordPayloadBytesOffset));
    if (repair && size != 0 && size <= bytes.size())
      store_le(at + logstore::kRecordBodyCrcOffset,
               logstore::crc32c(bytes.first(size).subspan(logstore::kRecordHeaderBytes)));
    if (repair)
      store_le(at + logstore::kRecordHeaderCrcOffset,
               logstore::crc32c(bytes.first(logstore::kRecordHeaderCrcOffset)));
  }
  const auto header = logstore::decode_header(bytes, place);
  if (header.ok()) {
    CHECK(header->size >= logstore::kRecordHeaderBytes && header->size <= base::kUnitBytesMax);
    CHECK_EQ(header->size % logstore::kRecordAlignBytes, 0u);
    CHECK_EQ(header->view.bytes.empty(), header->size > bytes.size());
  }
  const auto view = logstore::decode_record(bytes, place);
  if (!view.ok()) return;
  CHECK(header.ok());
  check_within(view->payload, bytes);
  check_within(base::as_bytes(view->fields.key), bytes);
  check_encodes(*view, place);
  // At any other place it is not a record.
  place.offset += logstore::kRecordAlignBytes;
  CHECK(!logstore::decode_record(bytes, place).ok());
}

void fuzz_header(base::MutableByteSpan bytes, bool repair) {
  if (repair && bytes.size() >= logstore::kSegmentHeaderBytes)
    store_le(bytes.data() + logstore::kSegmentCrcOffset,
             logstore::crc32c(bytes.first(logstore::kSegmentCrcOffset)));
  const auto header = logstore::decode_segment_header(bytes);
  if (!header.ok()) return;
  std::vector<std::byte> again(logstore::kSegmentHeaderBytes);
  logstore::encode_segment_header(*header, again);
  const auto second = logstore::decode_segment_header(again);
  CHECK(second.ok());
  CHECK_EQ(second->segment, header->segment);
}

void fuzz_footer(base::MutableByteSpan bytes, bool repair) {
  logstore::BlockTable::Identity expected;
  if (bytes.size() >= logstore::kFooterHeaderBytes) {
    std::byte* at = bytes.data();
    expected = {load_le<uint64_t>(at + logstore::kFooterStoreIdOffset),
                load_le<uint32_t>(at + logstore::kFooterIdOffset),
                load_le<uint32_t>(at + logstore::kFooterGenerationOffset),
                load_le<uint32_t>(at + logstore::kFooterRecordsOffset),
                load_le<uint32_t>(at + logstore::kFooterDataEndOffset)};
    if (repair) {
      store_le(at + logstore::kFooterTableCrcOffset,
               logstore::crc32c(bytes.subspan(logstore::kFooterHeaderBytes)));
      store_le(at + logstore::kFooterHeaderCrcOffset,
               logstore::crc32c(bytes.first(logstore::kFooterHeaderCrcOffset)));
    }
  }
  const auto table = logstore::BlockTable::decode_footer(bytes, expected);
  if (!table.ok()) return;
  const auto& entries = table->entries();
  for (size_t i = 0; i < entries.size(); ++i) {
    CHECK_LT(entries[i].offset, expected.data_end);
    if (i > 0) CHECK_LT(entries[i - 1].ordinal, entries[i].ordinal);
    if (i > 0) CHECK_LT(entries[i - 1].offset, entries[i].offset);
    CHECK_EQ(table->find(entries[i].ordinal), i);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // A copy of its own, so that a sanitizer sees what reaches beyond it.
  const auto copy = std::make_unique<std::byte[]>(size - 1);
  std::copy_n(reinterpret_cast<const std::byte*>(data) + 1, size - 1, copy.get());
  const base::MutableByteSpan bytes(copy.get(), size - 1);
  const bool repair = data[0] < 'a';
  switch (data[0]) {
    case 'R':
    case 'r':
      fuzz_record(bytes, repair);
      break;
    case 'H':
    case 'h':
      fuzz_header(bytes, repair);
      break;
    case 'F':
    case 'f':
      fuzz_footer(bytes, repair);
      break;
    default:
      break;
  }
  return 0;
}
