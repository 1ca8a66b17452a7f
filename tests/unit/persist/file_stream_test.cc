// Streams through a real ring to and from real files.
#define BOOST_TEST_MODULE file_stream
#include "persist/file_stream.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "base/random.h"
#include "iouring/thread_helpers.h"
#include "iouring/uring_disk.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_stream.h"

using namespace persist;

namespace {

struct Fixture {
  base::SystemClock clock;
  std::unique_ptr<iouring::UringLoop> loop;
  std::unique_ptr<iouring::ThreadHelpers> helpers;
  std::unique_ptr<iouring::UringDisk> disk;
  std::string directory;

  Fixture() {
    loop = std::move(iouring::UringLoop::create(&clock, {})).value();
    helpers = std::make_unique<iouring::ThreadHelpers>(loop.get(), iouring::ThreadHelpersOptions{});
    iouring::UringDiskOptions options;
    options.arena_bytes = 2 * 1024 * 1024;
    disk = std::make_unique<iouring::UringDisk>(loop.get(), helpers.get(), options);
    char name[] = "/var/tmp/basalt-stream-XXXXXX";
    BOOST_REQUIRE(mkdtemp(name) != nullptr);
    directory = name;
  }
  ~Fixture() {
    disk.reset();
    const std::string command = "rm -rf " + directory;
    BOOST_TEST(std::system(command.c_str()) == 0);
  }

  FileStreamWriter::Options options(bool direct = true) const {
    FileStreamWriter::Options made;
    made.temporary_path = directory + "/temp.rdb";
    made.target_path = directory + "/dump.rdb";
    made.limits = {.operations_max = 3, .bytes_max = 5 * kStreamBufferBytes};
    made.direct = direct;
    return made;
  }
  bool exists(const std::string& name) const {
    return access((directory + "/" + name).c_str(), F_OK) == 0;
  }
  std::string content(const std::string& name) const {
    std::ifstream file(directory + "/" + name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  template <class Condition>
  void turn_until(Condition condition) {
    while (!condition()) loop->turn(iouring::kWaitForever);
  }
  base::Status open(FileStreamWriter& writer) {
    base::Status outcome = base::ok_status();
    bool over = false;
    writer.open([&](base::Status status) {
      outcome = status;
      over = true;
    });
    turn_until([&] { return over; });
    return outcome;
  }
  void send(FileStreamWriter& writer, const std::string& text) {
    for (size_t at = 0; at < text.size(); at += kStreamBufferBytes) {
      turn_until([&] { return writer.buffers_free() > 0; });
      const base::MutableByteSpan buffer = writer.acquire();
      const size_t count = std::min(kStreamBufferBytes, text.size() - at);
      std::memcpy(buffer.data(), text.data() + at, count);
      writer.submit(buffer, count);
      BOOST_REQUIRE_LE(writer.statistics().in_flight_max, 3u);
      BOOST_REQUIRE_LE(writer.statistics().bytes_in_flight_max, 5 * kStreamBufferBytes);
      BOOST_REQUIRE_LE(writer.statistics().buffers_max, 5u);
    }
  }
  base::Status finish(FileStreamWriter& writer) {
    base::Status outcome = base::ok_status();
    bool over = false;
    writer.finish([&](base::Status status) {
      outcome = status;
      over = true;
    });
    BOOST_TEST(!over);
    turn_until([&] { return over; });
    return outcome;
  }
  void abort(FileStreamWriter& writer) {
    bool over = false;
    writer.abort([&] { over = true; });
    turn_until([&] { return over; });
  }
  base::Result<std::string> read(const std::string& name, bool direct) {
    FileStreamReader reader(loop.get(), disk.get(), directory + "/" + name,
                            {.operations_max = 2, .bytes_max = 4 * kStreamBufferBytes}, direct);
    base::Status outcome = base::ok_status();
    bool over = false;
    reader.open([&](base::Status status) {
      outcome = status;
      over = true;
    });
    turn_until([&] { return over; });
    std::string text;
    if (outcome.ok()) outcome = read_all(reader, &text);
    BOOST_CHECK_LE(reader.statistics().in_flight_max, 2u);
    BOOST_CHECK_LE(reader.statistics().buffers_max, 4u);
    over = false;
    reader.close([&] { over = true; });
    turn_until([&] { return over; });
    RETURN_IF_ERROR(outcome);
    return text;
  }
  base::Status read_all(FileStreamReader& reader, std::string* text) {
    bool ready = false;
    reader.set_on_ready([&] { ready = true; });
    while (true) {
      ready = false;
      const auto chunk = reader.next();
      if (!chunk.ok()) return chunk.error();
      if (chunk->end) return base::ok_status();
      *text += base::as_text(chunk->bytes);
      if (chunk->bytes.empty()) turn_until([&] { return ready; });
    }
  }
};

std::string random_text(size_t bytes) {
  base::Random random(bytes);
  std::string text(bytes, ' ');
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(random.next());
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_file_of_any_length_appears_complete_under_its_name, Fixture) {
  for (const bool direct : {true, false}) {
    for (const size_t bytes : {0u, 1u, 4096u, 262144u, 262145u, 3'000'000u, 20'971'520u}) {
      const std::string text = random_text(bytes);
      FileStreamWriter writer(loop.get(), disk.get(), options(direct));
      BOOST_REQUIRE(open(writer).ok());
      send(writer, text);
      BOOST_REQUIRE(finish(writer).ok());
      BOOST_CHECK_EQUAL(writer.file_bytes(), bytes);
      BOOST_CHECK(!exists("temp.rdb"));
      BOOST_CHECK(content("dump.rdb") == text);
      for (const bool read_direct : {true, false}) {
        const auto again = read("dump.rdb", read_direct);
        BOOST_REQUIRE(again.ok());
        BOOST_CHECK(*again == text);
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(an_aborted_stream_leaves_the_old_file, Fixture) {
  std::ofstream(directory + "/dump.rdb") << "old";
  FileStreamWriter writer(loop.get(), disk.get(), options());
  BOOST_REQUIRE(open(writer).ok());
  send(writer, random_text(2'000'000));
  turn_until([&] { return writer.buffers_free() > 0; });
  const base::MutableByteSpan out = writer.acquire();
  BOOST_CHECK(exists("temp.rdb"));
  writer.release(out);
  abort(writer);
  BOOST_CHECK(!exists("temp.rdb"));
  BOOST_CHECK_EQUAL(content("dump.rdb"), "old");
}

BOOST_FIXTURE_TEST_CASE(a_stream_may_be_aborted_before_its_file_is_open, Fixture) {
  FileStreamWriter writer(loop.get(), disk.get(), options());
  writer.open([](base::Status) {});
  abort(writer);
  BOOST_CHECK(!exists("temp.rdb"));
}

BOOST_FIXTURE_TEST_CASE(what_is_submitted_before_the_file_is_open_is_written_when_it_is, Fixture) {
  FileStreamWriter writer(loop.get(), disk.get(), options());
  writer.open([](base::Status) {});
  while (writer.buffers_free() > 0) writer.submit(writer.acquire(), kStreamBufferBytes);
  turn_until([&] { return writer.buffers_free() > 0; });
  BOOST_REQUIRE(finish(writer).ok());
  BOOST_CHECK_EQUAL(content("dump.rdb").size(), 5 * kStreamBufferBytes);
}

BOOST_FIXTURE_TEST_CASE(an_error_ends_the_stream_and_is_told_at_the_end, Fixture) {
  FileStreamWriter::Options nowhere = options();
  nowhere.temporary_path = directory + "/missing/temp.rdb";
  FileStreamWriter writer(loop.get(), disk.get(), nowhere);
  const base::Status opened = open(writer);
  BOOST_REQUIRE(!opened.ok());
  BOOST_CHECK(opened.error().code == base::ErrorCode::kNotFound);
  writer.submit(writer.acquire(), 100);
  const base::Status finished = finish(writer);
  BOOST_REQUIRE(!finished.ok());
  BOOST_CHECK(finished.error().code == base::ErrorCode::kNotFound);
}

BOOST_FIXTURE_TEST_CASE(a_target_that_cannot_be_replaced_leaves_no_temporary_file, Fixture) {
  FileStreamWriter::Options blocked = options();
  blocked.target_path = directory + "/dump.rdb";
  BOOST_REQUIRE(disk->make_directory(blocked.target_path).ok());
  FileStreamWriter writer(loop.get(), disk.get(), blocked);
  BOOST_REQUIRE(open(writer).ok());
  send(writer, "text");
  BOOST_CHECK(!finish(writer).ok());
  BOOST_CHECK(!exists("temp.rdb"));
}

BOOST_FIXTURE_TEST_CASE(limits_may_change_during_a_stream, Fixture) {
  FileStreamWriter writer(loop.get(), disk.get(), options());
  BOOST_REQUIRE(open(writer).ok());
  const std::string text = random_text(8 * kStreamBufferBytes);
  send(writer, text);
  writer.set_limits({.operations_max = 1, .bytes_max = kStreamBytesMin});
  send(writer, text);
  BOOST_CHECK_LE(writer.statistics().in_flight_max, 1u);
  BOOST_CHECK_LE(writer.statistics().buffers_max, 4u);
  writer.set_limits({.operations_max = 3, .bytes_max = 5 * kStreamBufferBytes});
  send(writer, text);
  BOOST_REQUIRE(finish(writer).ok());
  BOOST_CHECK(content("dump.rdb") == text + text + text);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_missing_or_shrinks_is_an_error_to_its_reader, Fixture) {
  const auto missing = read("nothing.rdb", true);
  BOOST_REQUIRE(!missing.ok());
  BOOST_CHECK(missing.error().code == base::ErrorCode::kNotFound);

  std::ofstream(directory + "/big") << random_text(10 * kStreamBufferBytes);
  FileStreamReader reader(loop.get(), disk.get(), directory + "/big",
                          {.operations_max = 1, .bytes_max = kStreamBytesMin});
  bool over = false;
  reader.open([&](base::Status status) { over = status.ok(); });
  turn_until([&] { return over; });
  BOOST_REQUIRE(truncate((directory + "/big").c_str(), 100) == 0);
  bool ready = false;
  reader.set_on_ready([&] { ready = true; });
  while (true) {
    ready = false;
    const auto chunk = reader.next();
    if (!chunk.ok()) {
      BOOST_CHECK(chunk.error().code == base::ErrorCode::kCorrupt);
      break;
    }
    BOOST_REQUIRE(!chunk->end);
    if (chunk->bytes.empty()) turn_until([&] { return ready; });
  }
  over = false;
  reader.close([&] { over = true; });
  turn_until([&] { return over; });
}

BOOST_FIXTURE_TEST_CASE(batches_become_a_file_that_the_reader_understands, Fixture) {
  FileStreamWriter::Options small = options();
  small.limits = {.operations_max = 2, .bytes_max = kStreamBytesMin};
  FileStreamWriter writer(loop.get(), disk.get(), small);
  RdbStream stream(helpers.get(), &writer, {});
  BOOST_REQUIRE(open(writer).ok());
  stream.submit(4096, [](RdbWriter& out) { out.begin({}); }, {});
  constexpr uint64_t kBatches = 100;
  const std::string value = random_text(1000);
  uint64_t done = 0;
  for (uint64_t i = 0; i < kBatches; ++i) {
    turn_until([&] { return stream.has_room(); });
    stream.submit(
        RdbStream::kBatchBytesMax,
        [i, &value](RdbWriter& out) {
          const std::byte header[3] = {std::byte{0x43}, std::byte{0xe8}};  // 1000 bytes.
          for (uint64_t k = 0; k < 400; ++k) {
            out.key({.type = 0, .key = std::to_string(i * 1000 + k)});
            out.payload({header, 2});
            out.payload(base::as_bytes(value));
          }
        },
        [&done] { ++done; });
  }
  base::Status outcome = base::Error{base::ErrorCode::kIo};
  bool over = false;
  stream.finish([&](base::Status status) {
    outcome = status;
    over = true;
  });
  turn_until([&] { return over; });
  BOOST_REQUIRE(outcome.ok());
  BOOST_CHECK_EQUAL(done, kBatches);
  BOOST_CHECK_EQUAL(stream.keys(), kBatches * 400);

  const std::string file = content("dump.rdb");
  BOOST_CHECK_EQUAL(file.size(), stream.bytes());
  RdbReader reader({});
  reader.feed(base::as_bytes(file));
  uint64_t keys = 0;
  while (true) {
    const auto event = reader.next();
    BOOST_REQUIRE_MESSAGE(event.ok(), reader.error_text());
    if (event->kind == RdbEvent::kKey) ++keys;
    if (event->kind == RdbEvent::kEnd) break;
  }
  BOOST_CHECK_EQUAL(keys, kBatches * 400);
}

BOOST_FIXTURE_TEST_CASE(a_stream_of_batches_may_be_aborted_and_may_fail, Fixture) {
  for (const bool fails : {false, true}) {
    FileStreamWriter::Options where = options();
    if (fails) where.temporary_path = directory + "/missing/temp.rdb";
    FileStreamWriter writer(loop.get(), disk.get(), where);
    RdbStream stream(helpers.get(), &writer, {});
    uint64_t done = 0;
    writer.open([](base::Status) {});
    stream.submit(
        4096, [](RdbWriter& out) { out.begin({}); }, [&done] { ++done; });
    for (int i = 0; i < 10; ++i) {
      stream.submit(
          RdbStream::kBatchBytesMax,
          [](RdbWriter& out) {
            const std::string filling(500'000, 'x');
            out.payload(base::as_bytes(filling));
          },
          [&done] { ++done; });
    }
    bool over = false;
    if (fails) {
      stream.finish([&](base::Status status) {
        BOOST_CHECK(!status.ok());
        over = true;
      });
    } else {
      stream.abort([&] { over = true; });
    }
    turn_until([&] { return over; });
    BOOST_CHECK_EQUAL(done, 11u);
    BOOST_CHECK(!exists("temp.rdb"));
    BOOST_CHECK(!exists("dump.rdb"));
  }
}
