#define BOOST_TEST_MODULE snapshot_batch
#include "engine/snapshot_batch.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "engine/value/codec.h"
#include "persist/rdb_reader.h"

using namespace engine;

namespace {

// Collects what a writer makes.
class Collected final : public persist::RdbOutput {
 public:
  base::MutableByteSpan next_buffer(size_t filled) override {
    bytes.insert(bytes.end(), buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(filled));
    return buffer_;
  }
  std::vector<std::byte> bytes;

 private:
  std::vector<std::byte> buffer_ = std::vector<std::byte>(4096);
};

struct Read {
  uint64_t db;
  std::string key;
  std::string value;
  int64_t expiry_ms;
  bool operator==(const Read&) const = default;
};

std::vector<Read> read_back(base::ByteSpan file) {
  persist::RdbReader reader({});
  std::vector<Read> keys;
  bool fed = false;
  while (true) {
    base::Result<persist::RdbEvent> event = reader.next();
    BOOST_REQUIRE(event.ok());
    if (event->kind == persist::RdbEvent::kEnd) return keys;
    if (event->kind == persist::RdbEvent::kNeedInput) {
      fed ? reader.end_of_input() : reader.feed(file);
      fed = true;
    } else if (event->kind == persist::RdbEvent::kKey) {
      std::string value(decoded_length(event->payload).value(), '\0');
      BOOST_REQUIRE(
          decode_string(event->payload, {reinterpret_cast<std::byte*>(value.data()), value.size()})
              .ok());
      keys.push_back(
          {event->db, std::string(event->name), value, event->expire_at_ms.value_or(kNoExpiry)});
    }
  }
}

void add(SnapshotBatch* batch, int database, std::string_view key, std::string_view value,
         int64_t expiry_ms) {
  std::vector<std::byte> payload(encoded_bytes_max(value.size()));
  payload.resize(encode_string(value, false, payload.data()));
  batch->add({database, kStringType, expiry_ms, key, payload});
}

}  // namespace

BOOST_AUTO_TEST_CASE(batches_come_out_as_the_keys_of_an_rdb_file) {
  SnapshotBatch first;
  add(&first, 0, "a", "1", kNoExpiry);
  add(&first, 0, "b", "text", 1'700'000'000'000);
  add(&first, 3, "c", "", kNoExpiry);
  SnapshotBatch second;
  add(&second, 3, "d", std::string(300, 'x'), kNoExpiry);
  add(&second, 0, "", "empty key", kNoExpiry);

  Collected out;
  persist::RdbWriter writer({}, &out);
  SnapshotFraming framing;
  writer.begin({});
  first.write(writer, &framing);
  second.write(writer, &framing);
  writer.end();
  const size_t tail = writer.finish();
  out.next_buffer(tail);

  const std::vector<Read> expected = {{0, "a", "1", kNoExpiry},
                                      {0, "b", "text", 1'700'000'000'000},
                                      {3, "c", "", kNoExpiry},
                                      {3, "d", std::string(300, 'x'), kNoExpiry},
                                      {0, "", "empty key", kNoExpiry}};
  BOOST_TEST((read_back(out.bytes) == expected));
}

BOOST_AUTO_TEST_CASE(a_batch_knows_its_memory_and_a_bound_of_what_it_becomes) {
  const uint64_t counted = base::memory_used(base::MemoryUse::kSnapshot);
  SnapshotBatch batch;
  BOOST_TEST(!batch.full());
  while (!batch.full()) add(&batch, 1, "key", std::string(1000, 'v'), kNoExpiry);
  BOOST_TEST(batch.bytes() >= SnapshotBatch::kBytes);
  BOOST_TEST(base::memory_used(base::MemoryUse::kSnapshot) >= counted + batch.bytes());

  Collected out;
  persist::RdbWriter writer({}, &out);
  writer.begin({});
  const uint64_t before = writer.bytes();
  SnapshotFraming framing;
  batch.write(writer, &framing);
  BOOST_TEST(writer.bytes() - before <= batch.framed_bytes_max());
}
