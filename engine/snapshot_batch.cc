#include "engine/snapshot_batch.h"

#include <cstring>

namespace engine {

namespace {

constexpr size_t kSelectBytesMax = 8;

}  // namespace

void SnapshotBatch::add(const SnapshotItem& item) {
  const Header header{.database = item.database,
                      .key_bytes = static_cast<uint32_t>(item.key.size()),
                      .payload_bytes = static_cast<uint32_t>(item.payload.size()),
                      .rdb_type = item.rdb_type,
                      .expiry_ms = item.expiry_ms};
  const size_t at = bytes_.size();
  bytes_.resize(at + sizeof header + item.key.size() + item.payload.size());
  std::memcpy(bytes_.data() + at, &header, sizeof header);
  std::memcpy(bytes_.data() + at + sizeof header, item.key.data(), item.key.size());
  if (!item.payload.empty())
    std::memcpy(bytes_.data() + at + sizeof header + item.key.size(), item.payload.data(),
                item.payload.size());
  framed_bytes_max_ += kSelectBytesMax + persist::RdbWriter::framing_bytes_max(item.key.size()) +
                       item.payload.size();
}

void SnapshotBatch::write(persist::RdbWriter& writer, SnapshotFraming* framing) const {
  size_t at = 0;
  while (at < bytes_.size()) {
    Header header;
    std::memcpy(&header, bytes_.data() + at, sizeof header);
    at += sizeof header;
    SnapshotItem item;
    item.database = header.database;
    item.rdb_type = header.rdb_type;
    item.expiry_ms = header.expiry_ms;
    item.key = base::as_text({bytes_.data() + at, header.key_bytes});
    item.payload = {bytes_.data() + at + header.key_bytes, header.payload_bytes};
    at += header.key_bytes + header.payload_bytes;
    write_key(writer, framing, item);
    writer.payload(item.payload);
  }
}

void write_key(persist::RdbWriter& writer, SnapshotFraming* framing, const SnapshotItem& item) {
  if (framing->database != item.database) {
    writer.select_db(static_cast<uint64_t>(item.database));
    framing->database = item.database;
  }
  persist::RdbKey key;
  key.type = item.rdb_type;
  key.key = item.key;
  if (item.expiry_ms != kNoExpiry) key.expire_at_ms = item.expiry_ms;
  writer.key(key);
}

}  // namespace engine
