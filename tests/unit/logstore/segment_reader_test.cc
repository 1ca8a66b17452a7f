#define BOOST_TEST_MODULE logstore_segment_reader
#include "logstore/segment_reader.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/unit/logstore/fixture.h"

namespace logstore {
namespace {

// One sealed segment full of records.
struct Filled {
  explicit Filled(uint64_t seed, uint64_t value_bytes_max = 3000) : parts(seed) {
    base::Random& random = parts.machine.random;
    base::Status status = base::ok_status();
    for (uint32_t i = 0;; ++i) {
      Written record{"key" + std::to_string(i), "", {}};
      record.value.assign(random.below(value_bytes_max), static_cast<char>('a' + i % 26));
      if (random.one_in(50)) record.value.resize(random.below(130'000));
      if (random.one_in(10)) parts.writer->flush();
      record.location = parts.append(record.key, record.value, &status);
      if (i == 0) {
        segment_id = record.location.ref.segment;
        parts.table->pin(segment_id);  // It has no live record.
      }
      if (record.location.ref.segment != segment_id) {
        next = record;
        break;
      }
      records.push_back(record);
    }
    parts.writer->close_segment();
    parts.machine.until([&] { return parts.writer->is_idle(); });
    BOOST_REQUIRE((segment().state == SegmentState::kSealed));
  }
  ~Filled() { parts.table->unpin(segment_id); }

  const Segment& segment() const { return parts.table->at(segment_id); }

  struct Outcome {
    std::map<uint32_t, std::string> records;
    std::vector<uint32_t> corrupt;
    bool failed = false;
    ScanCounts counts;
    bool sparse = false;
  };
  Outcome scan(const ScanOptions& options) {
    Outcome outcome;
    SegmentReader reader(parts.table.get(), &parts.machine.disk, segment_id, options);
    for (;;) {
      const ScanItem item = reader.next([] {});
      if (item.kind == ScanItem::Kind::kEnd) break;
      if (item.kind == ScanItem::Kind::kError) {
        outcome.failed = true;
        break;
      }
      if (item.kind == ScanItem::Kind::kWait) parts.machine.turn();
      if (item.kind == ScanItem::Kind::kCorrupt)
        outcome.corrupt.push_back(item.location.ref.ordinal);
      if (item.kind != ScanItem::Kind::kRecord) continue;
      BOOST_REQUIRE((item.location == records.at(item.record.ordinal).location));
      outcome.records[item.record.ordinal] = base::as_text(item.record.payload);
    }
    outcome.counts = reader.counts();
    outcome.sparse = reader.is_sparse();
    return outcome;
  }

  ScanOptions random_options() {
    ScanOptions options;
    options.bytes_in_flight_max = base::kIoBytesMax * (1 + parts.machine.random.below(3));
    options.operations_max = static_cast<uint32_t>(1 + parts.machine.random.below(4));
    return options;
  }

  Parts parts;
  std::vector<Written> records;
  Written next;
  uint32_t segment_id = 0;
};

std::shared_ptr<RecordBits> bits_of(const std::vector<uint32_t>& ordinals) {
  auto bits = std::make_shared<RecordBits>();
  for (const uint32_t ordinal : ordinals) bits->set(ordinal);
  return bits;
}

BOOST_AUTO_TEST_CASE(a_dense_walk_yields_every_record_in_order) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Filled filled(seed);
    const auto outcome = filled.scan(filled.random_options());
    BOOST_REQUIRE(!outcome.failed);
    BOOST_REQUIRE_MESSAGE(outcome.records.size() == filled.records.size(), "seed " << seed);
    for (const auto& [ordinal, value] : outcome.records)
      BOOST_REQUIRE(value == filled.records[ordinal].value);
  }
}

BOOST_AUTO_TEST_CASE(dense_and_sparse_walks_yield_the_same_wanted_records) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Filled filled(seed, seed % 2 == 0 ? 300 : 3000);
    const uint64_t share = 1 + filled.parts.machine.random.below(30);
    std::vector<uint32_t> ordinals;
    for (uint32_t i = 0; i < filled.records.size(); ++i)
      if (filled.parts.machine.random.one_in(share)) ordinals.push_back(i);
    for (const ScanMode mode : {ScanMode::kDense, ScanMode::kSparse, ScanMode::kAuto}) {
      ScanOptions options = filled.random_options();
      options.mode = mode;
      options.wanted = bits_of(ordinals);
      const auto outcome = filled.scan(options);
      BOOST_REQUIRE(!outcome.failed);
      BOOST_REQUIRE(outcome.corrupt.empty());
      BOOST_REQUIRE_MESSAGE(outcome.records.size() == ordinals.size(), "seed " << seed);
      for (const uint32_t ordinal : ordinals)
        BOOST_REQUIRE(outcome.records.at(ordinal) == filled.records[ordinal].value);
      BOOST_TEST(outcome.sparse ==
                 (mode == ScanMode::kSparse || (mode == ScanMode::kAuto && outcome.sparse)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_sparse_walk_reads_little) {
  Filled filled(1, 300);
  ScanOptions options;
  options.wanted = bits_of({3, static_cast<uint32_t>(filled.records.size() - 2)});
  const auto outcome = filled.scan(options);
  BOOST_TEST(outcome.sparse);
  BOOST_TEST(outcome.records.size() == 2u);
  // The footer, and for each record its block and at most as many as the next one covers.
  BOOST_TEST(outcome.counts.reads == 3u);
  BOOST_TEST(outcome.counts.read_bytes < Parts::kBytes / 2);
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_reported_and_the_others_are_yielded) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Filled filled(seed);
    const auto victim =
        static_cast<uint32_t>(filled.parts.machine.random.below(filled.records.size()));
    const Location at = filled.records[victim].location;
    const uint64_t byte = at.offset + filled.parts.machine.random.below(at.ref.bytes);
    filled.parts.machine.disk.corrupt(segment_path(kTier, filled.segment_id), byte, 1);
    std::vector<uint32_t> all;
    for (uint32_t i = 0; i < filled.records.size(); ++i) all.push_back(i);
    for (const ScanMode mode : {ScanMode::kDense, ScanMode::kSparse}) {
      ScanOptions options = filled.random_options();
      options.mode = mode;
      options.wanted = bits_of(all);
      const auto outcome = filled.scan(options);
      BOOST_REQUIRE(!outcome.failed);
      BOOST_REQUIRE_MESSAGE(outcome.corrupt == std::vector<uint32_t>{victim}, "seed " << seed);
      BOOST_REQUIRE_EQUAL(outcome.records.size(), all.size() - 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_broken_footer_only_costs_time) {
  Filled filled(1, 300);
  filled.parts.machine.disk.corrupt(segment_path(kTier, filled.segment_id),
                                    data_end_max(Parts::kBytes) + 100, 1);
  ScanOptions options;
  options.wanted = bits_of({3, static_cast<uint32_t>(filled.records.size() - 2)});
  const auto outcome = filled.scan(options);
  BOOST_TEST(!outcome.sparse);
  BOOST_TEST(outcome.records.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_read_error_ends_the_walk) {
  Filled filled(1);
  filled.parts.machine.disk.fail(iouring::SimOperation::kRead, 2, -EIO);
  const auto outcome = filled.scan({});
  BOOST_TEST(outcome.failed);
}

BOOST_AUTO_TEST_CASE(a_reader_destroyed_with_reads_in_flight_leaves_nothing_behind) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Filled filled(seed);
    auto reader =
        std::make_unique<SegmentReader>(filled.parts.table.get(), &filled.parts.machine.disk,
                                        filled.segment_id, filled.random_options());
    bool called = false;
    (void)reader->next([&] { called = true; });
    if (seed % 2 == 0) filled.parts.machine.turns(static_cast<int>(seed));
    const bool called_before = called;
    reader.reset();
    filled.parts.machine.turns(50);
    BOOST_TEST(called == called_before);
    BOOST_TEST(filled.segment().holds == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_walk_of_the_active_segment_yields_what_was_written) {
  Parts parts(1);
  std::vector<Written> records;
  auto bits = std::make_shared<RecordBits>();
  for (int i = 0; i < 10; ++i) {
    records.push_back(parts.put("key" + std::to_string(i), std::string(5000, 'v')));
    bits->set(records.back().location.ref.ordinal);
  }
  base::Status status = base::ok_status();
  parts.append("buffered", "not written yet", &status);
  ScanOptions options;
  options.wanted = bits;
  SegmentReader reader(parts.table.get(), &parts.machine.disk, records[0].location.ref.segment,
                       options);
  size_t seen = 0;
  for (;;) {
    const ScanItem item = reader.next([] {});
    if (item.kind == ScanItem::Kind::kEnd) break;
    if (item.kind == ScanItem::Kind::kWait) {
      parts.machine.turn();
      continue;
    }
    BOOST_REQUIRE((item.kind == ScanItem::Kind::kRecord));
    BOOST_TEST(item.record.fields.key == records[seen++].key);
  }
  BOOST_TEST(seen == records.size());
  for (const Written& record : records) parts.live.mark_dead(record.location.ref, 1);
}

}  // namespace
}  // namespace logstore
