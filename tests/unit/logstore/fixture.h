// What the tests of the log store share: a simulated machine, and the parts of a store on it.

#ifndef BASALT_TESTS_UNIT_LOGSTORE_FIXTURE_H_
#define BASALT_TESTS_UNIT_LOGSTORE_FIXTURE_H_

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "iouring/sim_disk.h"
#include "iouring/sim_loop.h"
#include "logstore/read_queue.h"
#include "logstore/segment_reader.h"
#include "logstore/segment_table.h"
#include "logstore/segment_writer.h"
#include "logstore/tier_directory.h"

namespace logstore {

inline constexpr const char* kTier = "/tier";

struct Machine {
  explicit Machine(uint64_t seed) : random(seed), loop(seed, &clock), disk(&loop) {}

  void turn() { loop.turn(100'000); }
  void turns(int count) {
    for (int i = 0; i < count; ++i) turn();
  }
  // Turns until `condition`, which a bounded number of turns must bring about.
  template <class Condition>
  void until(Condition condition) {
    for (int i = 0; i < 200'000; ++i) {
      if (condition()) return;
      turn();
    }
    BOOST_FAIL("it did not come about");
  }

  // One operation, waited for.
  int32_t write_block(const std::string& path, uint64_t offset, base::ByteSpan block) {
    return on_file(path, [&](iouring::File file, iouring::IoCallback done) {
      disk.write(file, block, offset, iouring::IoClass::kAof, std::move(done));
    });
  }
  int32_t read_block(const std::string& path, uint64_t offset, base::MutableByteSpan block) {
    return on_file(path, [&](iouring::File file, iouring::IoCallback done) {
      disk.read(file, block, offset, iouring::IoClass::kAof, std::move(done));
    });
  }
  std::vector<std::byte> block_of(const std::string& path, uint64_t offset) {
    std::vector<std::byte> block(kBlockBytes);
    BOOST_REQUIRE_EQUAL(read_block(path, offset, block), static_cast<int32_t>(kBlockBytes));
    return block;
  }

  base::SimClock clock;
  base::Random random;
  iouring::SimLoop loop;
  iouring::SimDisk disk;

 private:
  template <class Operation>
  int32_t on_file(const std::string& path, Operation operation) {
    int32_t result = INT32_MIN;
    const auto wait = [&] {
      until([&] { return result != INT32_MIN; });
      return std::exchange(result, INT32_MIN);
    };
    disk.open(path, {.read = true, .write = true}, [&](int32_t slot) { result = slot; });
    const int32_t slot = wait();
    BOOST_REQUIRE_GE(slot, 0);
    operation(iouring::File{slot}, [&](int32_t got) { result = got; });
    const int32_t got = wait();
    disk.close(iouring::File{slot}, [&](int32_t closed) { result = closed; });
    (void)wait();
    return got;
  }
};

// A record as the tests see it.
struct Written {
  std::string key;
  std::string value;
  Location location;
  UnitKey unit() const { return {1, key.size(), UnitKind::kRoot, key}; }
};

// Table, one writer and reads, without compaction and facade.
struct Parts {
  explicit Parts(uint64_t seed, uint64_t bytes_max = 16u << 20, uint32_t depth = 4)
      : machine(seed) {
    int owner_pid = 0;
    std::string foreign;
    BOOST_REQUIRE(take_tier_directory(machine.disk, kTier, &owner_pid, &foreign).ok());
    table = std::make_unique<SegmentTable>(&machine.disk, &machine.loop, &live,
                                           SegmentTable::Options{.directory = kTier,
                                                                 .store_id = 0xabcdef,
                                                                 .segment_bytes = kBytes,
                                                                 .bytes_max = bytes_max,
                                                                 .direct = true});
    writer = std::make_unique<SegmentWriter>(
        &machine.disk, &machine.loop, table.get(), &next_sequence,
        SegmentWriter::Options{
            .stream = Stream::kDemotion, .depth = depth, .flush_delay_ns = 1'000'000});
    reads = std::make_unique<ReadQueue>(&machine.disk, &machine.loop, table.get(), nullptr, 8);
    table->refill();
    machine.until([&] { return table->free_count() == SegmentTable::kReadyTarget; });
  }
  ~Parts() {
    writer->close_segment();
    table->stop();
    machine.until([&] { return writer->is_idle() && table->is_idle() && reads->is_idle(); });
    reads.reset();
    writer.reset();
    table.reset();
    machine.turns(10);
  }

  // Appends and waits until it is written; the record is live.
  Written put(const std::string& key, const std::string& value) {
    Written record{key, value, {}};
    record.location = append(key, value, &last_status);
    writer->flush();
    machine.until([&] { return completed == appended; });
    BOOST_REQUIRE(last_status.ok());
    live.mark_live(record.location.ref, 1);
    return record;
  }

  // `*status` is set at its completion.
  Location append(const std::string& key, const std::string& value, base::Status* status) {
    machine.until([&] { return writer->state() == AppendState::kReady; });
    UnitFields fields;
    fields.namespace_id = 1;
    fields.hash64 = key.size();
    fields.key = key;
    const base::ByteSpan parts[] = {base::as_bytes(value)};
    ++appended;
    return writer->append(fields, parts, [this, status](base::Result<Location> at) {
      ++completed;
      *status = at.ok() ? base::ok_status() : base::Status(at.error());
    });
  }

  // Empty when it was an error, which `last_status` then holds.
  std::string get(const Written& record) {
    bool done = false;
    std::string value;
    reads->read(record.location, record.unit(), iouring::IoClass::kColdRead,
                [&](const base::Result<RecordView>& view) {
                  done = true;
                  last_status = view.ok() ? base::ok_status() : base::Status(view.error());
                  if (view.ok()) value = base::as_text(view->payload);
                });
    BOOST_REQUIRE(!done);
    machine.until([&] { return done; });
    return value;
  }

  std::string path_of(const Written& record) const {
    return segment_path(kTier, record.location.ref.segment);
  }

  static constexpr uint64_t kBytes = kSegmentBytesMin;
  Machine machine;
  LiveMap live;
  uint64_t next_sequence = 1;
  std::unique_ptr<SegmentTable> table;
  std::unique_ptr<SegmentWriter> writer;
  std::unique_ptr<ReadQueue> reads;
  base::Status last_status = base::ok_status();
  uint64_t appended = 0;
  uint64_t completed = 0;
};

}  // namespace logstore

#endif  // BASALT_TESTS_UNIT_LOGSTORE_FIXTURE_H_
