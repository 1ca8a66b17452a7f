// RdbWriter: lays an RDB file out, byte for byte as redis-server 7.0 does, into buffers that its
// caller provides. Pure: no I/O, no allocation, any thread (one at a time).
//
// The order of calls is that of the file:
//   begin, aux*, function*, (select_db, resize_db, (key, payload+)*)*, end, finish.

#ifndef BASALT_PERSIST_RDB_WRITER_H_
#define BASALT_PERSIST_RDB_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "persist/rdb_format.h"

namespace persist {

// Where the writer's bytes go.
class RdbOutput {
 public:
  virtual ~RdbOutput() = default;
  // The first `filled` bytes of the buffer that the last call gave are complete (0 at the first
  // call). Gives the next one, not empty, which stays untouched until the call after this.
  virtual base::MutableByteSpan next_buffer(size_t filled) = 0;
};

// What stands before a payload.
struct RdbKey {
  uint8_t type = 0;  // Type byte of the payload.
  std::string_view key = {};
  std::optional<int64_t> expire_at_ms = {};  // Milliseconds since 1970.
  // At most one of the two, as the eviction policy is LRU or LFU.
  std::optional<uint64_t> idle_seconds = {};
  std::optional<uint8_t> frequency = {};
};

// The fields that redis-server writes about itself at the start of a file.
struct RdbInfo {
  std::string_view redis_version = "7.0.15";
  int64_t created_at_seconds = 0;  // Since 1970.
  uint64_t used_memory_bytes = 0;
  // A file for a replica, or of a primary with a backlog.
  struct Replication {
    int64_t stream_db = 0;
    std::string_view id;
    int64_t offset = 0;
  };
  std::optional<Replication> replication = {};
  bool aof_base = false;
};

class RdbWriter {
 public:
  struct Options {
    bool checksum = true;  // rdbchecksum; else the checksum is written as 0.
    bool compress = true;  // rdbcompression, for keys and fields (payloads come encoded).
  };

  // The first buffer is asked for here. `output` outlives the writer.
  RdbWriter(const Options& options, RdbOutput* output);
  RdbWriter(const RdbWriter&) = delete;
  RdbWriter& operator=(const RdbWriter&) = delete;

  // The signature and the info fields.
  void begin(const RdbInfo& info);
  void aux(std::string_view name, std::string_view value);
  void aux(std::string_view name, int64_t value);
  // A function library's source.
  void function(std::string_view code);

  void select_db(uint64_t db);
  // How many keys the database has, and how many of them expire: hints, need not be exact.
  void resize_db(uint64_t keys, uint64_t expires);

  // Everything of a key before its payload; payload() follows until the payload is complete.
  void key(const RdbKey& key);
  // A part of the payload, copied as it is.
  void payload(base::ByteSpan bytes);
  // The header of a string payload of `string_bytes` bytes that follow as they are, in any number
  // of payload() calls: how a string in chunks is written.
  void raw_string_header(uint64_t string_bytes);

  // The end mark and the checksum.
  void end();
  // The bytes at the start of buffer(), the last one, that were written and not handed over.
  // REQUIRES: end() was called; nothing is written afterwards.
  size_t finish();
  // The same, and goes on in a new buffer: for a consumer that must not wait for more.
  void flush();

  // What still fits the buffer at hand.
  size_t room() const { return buffer_.size() - fill_; }
  // The buffer at hand: what finish() left to hand over, at its start.
  base::MutableByteSpan buffer() const { return buffer_; }
  // Bytes written so far.
  uint64_t bytes() const { return bytes_before_ + fill_; }
  uint64_t keys() const { return keys_; }
  // What framing adds to a payload at most, for a key of this length.
  static constexpr size_t framing_bytes_max(size_t key_bytes) { return key_bytes + 48; }

 private:
  void put(base::ByteSpan bytes);
  void put_byte(uint8_t byte);
  void put_length(uint64_t length);
  void put_string(std::string_view text);
  void sum();

  const Options options_;
  RdbOutput* const output_;
  base::MutableByteSpan buffer_;
  size_t fill_ = 0;
  size_t summed_ = 0;  // Of the fill, what crc_ covers.
  uint64_t crc_ = 0;
  uint64_t bytes_before_ = 0;
  uint64_t keys_ = 0;
  bool ended_ = false;
};

}  // namespace persist

#endif  // BASALT_PERSIST_RDB_WRITER_H_
