// SnapshotBatch: keys with their encoded values, gathered on the loop and framed on the stream
// helper.
//
// A batch is filled by the loop, then only read. One item is a header and the bytes of key and
// payload, all in one counted buffer.

#ifndef BASALT_ENGINE_SNAPSHOT_BATCH_H_
#define BASALT_ENGINE_SNAPSHOT_BATCH_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/counted_allocator.h"
#include "base/memory.h"
#include "engine/entry.h"
#include "persist/rdb_writer.h"

namespace engine {

struct SnapshotItem {
  int database = 0;
  uint8_t rdb_type = 0;
  int64_t expiry_ms = kNoExpiry;
  std::string_view key;
  base::ByteSpan payload;
};

// The state of the file between batches; the stream helper's alone.
struct SnapshotFraming {
  int database = -1;
};

class SnapshotBatch {
 public:
  // A batch is handed on when it holds so much; one item may pass it.
  static constexpr size_t kBytes = 64 * 1024;

  SnapshotBatch() = default;
  // One that was elsewhere meanwhile: its contents() and framed_bytes_max().
  SnapshotBatch(base::ByteSpan contents, size_t framed_bytes_max)
      : bytes_(contents.begin(), contents.end()), framed_bytes_max_(framed_bytes_max) {}

  void add(const SnapshotItem& item);
  bool full() const { return bytes_.size() >= kBytes; }
  // Held in memory.
  size_t bytes() const { return bytes_.size(); }
  base::ByteSpan contents() const { return {bytes_.data(), bytes_.size()}; }
  // What framing may make of it at most.
  size_t framed_bytes_max() const { return framed_bytes_max_; }

  // On the stream helper.
  void write(persist::RdbWriter& writer, SnapshotFraming* framing) const;

 private:
  struct Header {
    int32_t database;
    uint32_t key_bytes;
    uint32_t payload_bytes;
    uint8_t rdb_type;
    int64_t expiry_ms;
  };

  std::vector<std::byte, base::CountedAllocator<std::byte, base::MemoryUse::kSnapshot>> bytes_;
  size_t framed_bytes_max_ = 0;
};

// Selects the item's database where it changes and writes what stands before the payload.
void write_key(persist::RdbWriter& writer, SnapshotFraming* framing, const SnapshotItem& item);

}  // namespace engine

#endif  // BASALT_ENGINE_SNAPSHOT_BATCH_H_
