// Streams over the simulated disk: completions in random order, failing operations, power cuts.
#define BOOST_TEST_MODULE stream_simulation
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "iouring/sim_disk.h"
#include "iouring/sim_helpers.h"
#include "iouring/sim_loop.h"
#include "persist/file_stream.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_stream.h"

using namespace persist;
using iouring::SimOperation;

namespace {

constexpr uint64_t kFileBytesMax = 64 * 1024 * 1024;

struct Simulation {
  base::SimClock clock;
  iouring::SimLoop loop;
  iouring::SimDisk disk{&loop};
  iouring::SimHelpers helpers{&loop};
  base::Random random;
  std::unique_ptr<FileStreamWriter> writer;
  std::unique_ptr<RdbStream> stream;
  std::optional<base::Status> outcome;
  uint64_t keys_wanted = 0;
  uint64_t keys_sent = 0;

  explicit Simulation(uint64_t seed) : loop(seed, &clock), random(seed) {
    BOOST_REQUIRE(disk.make_directory("/d").ok());
    BOOST_REQUIRE(disk.write_small_file("/d/dump.rdb", "old").ok());
  }

  // Begins a file of `keys` keys of up to 3 KB each.
  void start(uint64_t keys, bool direct) {
    FileStreamWriter::Options options;
    options.temporary_path = "/d/temp.rdb";
    options.target_path = "/d/dump.rdb";
    options.limits = {.operations_max = static_cast<uint32_t>(1 + random.below(4)),
                      .bytes_max = kStreamBytesMin + random.below(4) * kStreamBufferBytes};
    options.direct = direct;
    writer = std::make_unique<FileStreamWriter>(&loop, &disk, options);
    stream = std::make_unique<RdbStream>(&helpers, writer.get(), RdbWriter::Options{});
    keys_wanted = keys;
    writer->open([](base::Status) {});
    stream->submit(4096, [](RdbWriter& out) { out.begin({}); }, {});
    stream->set_on_room([this] { produce(); });
    produce();
  }

  void produce() {
    while (keys_sent < keys_wanted && stream->has_room()) {
      const uint64_t count = std::min<uint64_t>(1 + random.below(100), keys_wanted - keys_sent);
      const uint64_t first = keys_sent;
      keys_sent += count;
      stream->submit(RdbStream::kBatchBytesMax,
                     [first, count](RdbWriter& out) {
                       for (uint64_t key = first; key < first + count; ++key) {
                         out.key({.type = 0, .key = std::to_string(key)});
                         const std::string value((key * 7919) % 3000,
                                                 static_cast<char>('a' + key % 26));
                         out.raw_string_header(value.size());
                         out.payload(base::as_bytes(value));
                       }
                     },
                     {});
      check_limits();
    }
    if (keys_sent == keys_wanted && stream->has_room() && !ended_) {
      ended_ = true;
      stream->finish([this](base::Status status) { outcome = status; });
    }
  }

  void check_limits() const {
    const StreamStatistics& now = writer->statistics();
    BOOST_REQUIRE_LE(now.in_flight_max, 4u);
    BOOST_REQUIRE_LE(now.bytes_in_flight_max, kStreamBytesMin + 3 * kStreamBufferBytes);
    BOOST_REQUIRE_LE(now.buffers_max, 7u);
  }

  void run() {
    while (!outcome.has_value()) {
      loop.turn(iouring::kWaitForever);
      check_limits();
    }
  }

  bool exists(const std::string& path) { return disk.file_status(path).ok(); }

  // "old", "new" (a complete file of all keys), or what else it is.
  std::string target() {
    const auto text = disk.read_small_file("/d/dump.rdb", kFileBytesMax);
    if (!text.ok()) return "missing";
    if (*text == "old") return "old";
    RdbReader reader({});
    reader.feed(base::as_bytes(*text));
    uint64_t keys = 0;
    while (true) {
      const auto event = reader.next();
      if (!event.ok()) return reader.error_text();
      if (event->kind == RdbEvent::kKey) ++keys;
      if (event->kind == RdbEvent::kNeedInput) reader.end_of_input();
      if (event->kind == RdbEvent::kEnd) break;
    }
    return keys == keys_wanted ? "new" : "incomplete";
  }

 private:
  bool ended_ = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_is_complete_whatever_the_order_of_completions) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Simulation simulation(seed);
      simulation.start(simulation.random.below(3000), seed % 2 == 0);
      simulation.run();
      BOOST_REQUIRE(simulation.outcome->ok());
      BOOST_REQUIRE_EQUAL(simulation.target(), "new");
      BOOST_REQUIRE(!simulation.exists("/d/temp.rdb"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_failing_operation_fails_the_stream_and_leaves_the_old_file) {
  const SimOperation kinds[] = {
      SimOperation::kOpen,  SimOperation::kWrite,  SimOperation::kSync,    SimOperation::kTruncate,
      SimOperation::kClose, SimOperation::kRename, SimOperation::kAllocate};
  for (uint64_t seed = 1; seed <= 140; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Simulation simulation(seed);
      const SimOperation kind = kinds[seed % std::size(kinds)];
      const uint64_t nth = kind == SimOperation::kWrite ? 1 + simulation.random.below(8) : 1;
      simulation.disk.fail(kind, nth, seed % 3 == 0 ? -ENOSPC : -EIO, seed % 2 == 0);
      simulation.start(3000, true);
      simulation.run();
      // Without blocks ahead the file is written all the same.
      const bool survives = kind == SimOperation::kAllocate;
      BOOST_REQUIRE_EQUAL(simulation.outcome->ok(), survives);
      BOOST_REQUIRE_EQUAL(simulation.target(), survives ? "new" : "old");
      BOOST_REQUIRE(!simulation.exists("/d/temp.rdb"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_full_disk_fails_the_stream_and_leaves_the_old_file) {
  Simulation simulation(5);
  simulation.disk.set_capacity(2'000'000);
  simulation.start(3000, true);
  simulation.run();
  BOOST_REQUIRE(!simulation.outcome->ok());
  BOOST_CHECK(simulation.outcome->error().code == base::ErrorCode::kNoSpace);
  BOOST_CHECK_EQUAL(simulation.target(), "old");
  BOOST_CHECK(!simulation.exists("/d/temp.rdb"));
}

BOOST_AUTO_TEST_CASE(after_a_power_cut_there_is_the_old_file_or_the_new_one) {
  uint64_t seen_old = 0;
  uint64_t seen_new = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      const auto simulation = std::make_unique<Simulation>(seed);
      simulation->start(300, seed % 2 == 0);
      const uint64_t turns = simulation->random.below(90);
      for (uint64_t i = 0; i < turns && !simulation->outcome.has_value(); ++i) {
        simulation->loop.turn(iouring::kWaitForever);
      }
      const bool reported = simulation->outcome.has_value();
      simulation->helpers.drop_all();
      simulation->disk.crash(seed);
      simulation->loop.drop_all();
      simulation->stream->abandon();
      simulation->writer->abandon();
      const std::string found = simulation->target();
      BOOST_REQUIRE_MESSAGE(found == "new" || (found == "old" && !reported), found);
      ++(found == "new" ? seen_new : seen_old);
    }
  }
  BOOST_TEST_MESSAGE(seen_old << " old, " << seen_new << " new");
  BOOST_CHECK_GT(seen_old, 0u);
  BOOST_CHECK_GT(seen_new, 0u);
}

BOOST_AUTO_TEST_CASE(a_rate_limit_spreads_the_writes_over_time) {
  Simulation simulation(9);
  simulation.start(3000, true);
  StreamLimits limits{.operations_max = 2, .bytes_max = kStreamBytesMin};
  limits.bytes_per_second_max = 1'000'000;
  simulation.writer->set_limits(limits);
  const uint64_t start_ns = simulation.clock.monotonic_ns();
  simulation.run();
  const uint64_t bytes = simulation.writer->file_bytes();
  // The first write does not wait.
  BOOST_CHECK_GE(simulation.clock.monotonic_ns() - start_ns,
                 (bytes - kStreamBufferBytes) / 4096 * 4096 * 1000 - 300'000'000);
  BOOST_CHECK_GT(simulation.writer->statistics().rate_waits, 0u);
  BOOST_CHECK_EQUAL(simulation.target(), "new");
}

BOOST_AUTO_TEST_CASE(an_abort_at_any_moment_leaves_the_old_file) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Simulation simulation(seed);
      simulation.start(1u << 30, true);
      for (uint64_t i = simulation.random.below(100); i > 0; --i) {
        simulation.loop.turn(iouring::kWaitForever);
      }
      bool over = false;
      simulation.stream->abort([&over] { over = true; });
      BOOST_REQUIRE(!over);
      while (!over) simulation.loop.turn(iouring::kWaitForever);
      BOOST_REQUIRE_EQUAL(simulation.target(), "old");
      BOOST_REQUIRE(!simulation.exists("/d/temp.rdb"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reader_gets_the_bytes_in_order_and_errors_of_reads) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Simulation simulation(seed);
      std::string text(simulation.random.below(5'000'000), ' ');
      for (char& byte : text) byte = static_cast<char>(simulation.random.next());
      BOOST_REQUIRE(simulation.disk.write_small_file("/d/file", text).ok());
      const bool fails = seed % 4 == 0 && text.size() > 300'000;
      if (fails) simulation.disk.fail(SimOperation::kRead, 2, -EIO);
      FileStreamReader reader(&simulation.loop, &simulation.disk, "/d/file",
                              {.operations_max = 3, .bytes_max = kStreamBytesMin}, seed % 2 == 0);
      reader.open([](base::Status status) { BOOST_REQUIRE(status.ok()); });
      bool ready = false;
      reader.set_on_ready([&ready] { ready = true; });
      std::string got;
      while (true) {
        const auto chunk = reader.next();
        BOOST_REQUIRE_LE(reader.statistics().buffers_max, 4u);
        if (!chunk.ok()) {
          BOOST_REQUIRE(fails);
          break;
        }
        got += base::as_text(chunk->bytes);
        if (chunk->end) {
          BOOST_REQUIRE(!fails && got == text);
          break;
        }
        ready = false;
        while (chunk->bytes.empty() && !ready) simulation.loop.turn(iouring::kWaitForever);
      }
      bool over = false;
      reader.close([&over] { over = true; });
      while (!over) simulation.loop.turn(iouring::kWaitForever);
    }
  }
}
