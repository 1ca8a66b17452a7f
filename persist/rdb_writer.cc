#include "persist/rdb_writer.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "persist/crc64.h"
#include "persist/rdb_string.h"

namespace persist {

namespace {

// What is encoded on the stack; longer keys are rare and take a buffer of their own.
constexpr size_t kStackStringBytes = 1024;

}  // namespace

RdbWriter::RdbWriter(const Options& options, RdbOutput* output)
    : options_(options), output_(output), buffer_(output->next_buffer(0)) {
  CHECK(!buffer_.empty());
}

void RdbWriter::begin(const RdbInfo& info) {
  char signature[] = "REDIS0010";
  static_assert(kRdbVersion == 10 && sizeof signature == kRdbHeaderBytes + 1);
  put(base::as_bytes(signature));
  aux("redis-ver", info.redis_version);
  aux("redis-bits", 64);
  aux("ctime", info.created_at_seconds);
  aux("used-mem", static_cast<int64_t>(info.used_memory_bytes));
  if (info.replication.has_value()) {
    aux("repl-stream-db", info.replication->stream_db);
    aux("repl-id", info.replication->id);
    aux("repl-offset", info.replication->offset);
  }
  aux("aof-base", info.aof_base ? 1 : 0);
}

void RdbWriter::aux(std::string_view name, std::string_view value) {
  put_byte(static_cast<uint8_t>(RdbOpcode::kAux));
  put_string(name);
  put_string(value);
}

void RdbWriter::aux(std::string_view name, int64_t value) {
  char text[24];
  const char* end = std::to_chars(text, text + sizeof text, value).ptr;
  aux(name, std::string_view(text, static_cast<size_t>(end - text)));
}

void RdbWriter::function(std::string_view code) {
  put_byte(static_cast<uint8_t>(RdbOpcode::kFunction2));
  put_string(code);
}

void RdbWriter::select_db(uint64_t db) {
  put_byte(static_cast<uint8_t>(RdbOpcode::kSelectDb));
  put_length(db);
}

void RdbWriter::resize_db(uint64_t keys, uint64_t expires) {
  put_byte(static_cast<uint8_t>(RdbOpcode::kResizeDb));
  put_length(keys);
  put_length(expires);
}

void RdbWriter::key(const RdbKey& key) {
  CHECK(is_value_type(key.type));
  CHECK(!(key.idle_seconds.has_value() && key.frequency.has_value()));
  if (key.expire_at_ms.has_value()) {
    std::byte expiry[9];
    expiry[0] = std::byte(RdbOpcode::kExpireMs);
    base::store_le(expiry + 1, *key.expire_at_ms);
    put(expiry);
  }
  if (key.idle_seconds.has_value()) {
    put_byte(static_cast<uint8_t>(RdbOpcode::kIdle));
    put_length(*key.idle_seconds);
  }
  if (key.frequency.has_value()) {
    put_byte(static_cast<uint8_t>(RdbOpcode::kFrequency));
    put_byte(*key.frequency);
  }
  put_byte(key.type);
  put_string(key.key);
  ++keys_;
}

void RdbWriter::payload(base::ByteSpan bytes) { put(bytes); }

void RdbWriter::raw_string_header(uint64_t string_bytes) { put_length(string_bytes); }

void RdbWriter::end() {
  put_byte(static_cast<uint8_t>(RdbOpcode::kEof));
  sum();
  std::byte checksum[kRdbChecksumBytes];
  base::store_le(checksum, options_.checksum ? crc_ : uint64_t{0});
  put(checksum);
  ended_ = true;
}

size_t RdbWriter::finish() {
  CHECK(ended_);
  return fill_;
}

void RdbWriter::flush() {
  if (fill_ == 0) return;
  sum();
  buffer_ = output_->next_buffer(fill_);
  CHECK(!buffer_.empty());
  bytes_before_ += fill_;
  fill_ = summed_ = 0;
}

void RdbWriter::put(base::ByteSpan bytes) {
  CHECK(!ended_);
  while (!bytes.empty()) {
    // A full buffer is handed over when there is more to write, not before: the last one may then
    // be exactly full, and no buffer is taken for nothing.
    if (fill_ == buffer_.size()) flush();
    const size_t count = std::min(bytes.size(), buffer_.size() - fill_);
    std::memcpy(buffer_.data() + fill_, bytes.data(), count);
    fill_ += count;
    bytes = bytes.subspan(count);
  }
}

void RdbWriter::put_byte(uint8_t byte) {
  const std::byte bytes[1] = {std::byte(byte)};
  put(bytes);
}

void RdbWriter::put_length(uint64_t length) {
  std::byte bytes[kLengthBytesMax];
  put(base::ByteSpan(bytes, encode_length(length, bytes)));
}

void RdbWriter::put_string(std::string_view text) {
  const size_t bytes_max = encoded_string_bytes_max(text.size());
  if (bytes_max <= buffer_.size() - fill_) {
    fill_ += encode_string(base::as_bytes(text), options_.compress, buffer_.data() + fill_);
  } else if (bytes_max <= kStackStringBytes) {
    std::byte encoded[kStackStringBytes];
    put({encoded, encode_string(base::as_bytes(text), options_.compress, encoded)});
  } else {
    std::vector<std::byte> encoded(bytes_max);
    put({encoded.data(), encode_string(base::as_bytes(text), options_.compress, encoded.data())});
  }
}

// A buffer's bytes are summed together: the call costs more than a few bytes do.
void RdbWriter::sum() {
  if (options_.checksum) crc_ = crc64(crc_, buffer_.subspan(summed_, fill_ - summed_));
  summed_ = fill_;
}

}  // namespace persist
