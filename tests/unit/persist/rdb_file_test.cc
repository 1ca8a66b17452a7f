// The writer and the reader against each other and against files built by hand.
#define BOOST_TEST_MODULE rdb_file
#include <boost/test/unit_test.hpp>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "persist/crc64.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_string.h"
#include "persist/rdb_writer.h"
#include "tests/unit/persist/rdb_samples.h"

using persist::RdbDelivery;
using persist::RdbEvent;
using persist::RdbReader;
using persist::RdbWriter;
using samples::Builder;

namespace {

// Collects a file from buffers of a given size.
class Buffers final : public persist::RdbOutput {
 public:
  explicit Buffers(size_t bytes) : buffer_(bytes) {}
  base::MutableByteSpan next_buffer(size_t filled) override {
    file_ += base::as_text(base::ByteSpan(buffer_).first(filled));
    return buffer_;
  }
  std::string finish(RdbWriter& writer) {
    next_buffer(writer.finish());
    return file_;
  }

 private:
  std::vector<std::byte> buffer_;
  std::string file_;
};

std::string write_all_types(size_t buffer_bytes, bool checksum = true) {
  Buffers buffers(buffer_bytes);
  RdbWriter writer({.checksum = checksum, .compress = true}, &buffers);
  writer.begin({.created_at_seconds = 1700000000, .used_memory_bytes = 123456789});
  writer.function("#!lua name=mylib\nredis.register_function('f', function() return 1 end)");
  uint64_t index = 0;
  const auto all = samples::all_types();
  for (const uint64_t db : {0u, 3u}) {
    writer.select_db(db);
    writer.resize_db(all.size(), 2);
    for (const auto& sample : all) {
      persist::RdbKey key{.type = sample.type};
      const std::string name = std::string(sample.what) + ":" + std::to_string(index);
      key.key = name;
      if (index % 3 == 0) key.expire_at_ms = 1700000000000 + static_cast<int64_t>(index);
      if (index % 4 == 1) key.idle_seconds = index * 1000;
      if (index % 4 == 2) key.frequency = static_cast<uint8_t>(index);
      writer.key(key);
      const base::ByteSpan payload = base::as_bytes(sample.payload);
      writer.payload(payload.first(payload.size() / 2));
      writer.payload(payload.subspan(payload.size() / 2));
      ++index;
    }
  }
  writer.end();
  const uint64_t bytes = writer.bytes();
  const std::string file = buffers.finish(writer);
  BOOST_REQUIRE_EQUAL(file.size(), bytes);
  return file;
}

// Every event as a line; the pieces of a value are put together.
struct Transcript {
  std::vector<std::string> lines;
  bool ok = false;
  base::Error error{base::ErrorCode::kCorrupt};
  std::string error_text;
  uint64_t offset = 0;
};

std::string describe(const RdbEvent& event) {
  std::string line = fmt::format(
      "{} v{} n={} v={} db={} k={} x={} t={} e={} i={} f={} c={}", static_cast<int>(event.kind),
      event.version, event.name, event.value, event.db, event.keys, event.expires, event.type,
      event.expire_at_ms.value_or(-1), static_cast<int64_t>(event.idle_seconds.value_or(0)),
      static_cast<int>(event.frequency.value_or(0)), event.checksum_checked);
  return line;
}

// `piece` 0 feeds the file whole. Each chunk is a copy of its own that is destroyed afterwards.
Transcript read_file(const std::string& file, size_t piece, RdbReader::Options options = {}) {
  Transcript transcript;
  RdbReader reader(options);
  std::unique_ptr<std::string> chunk;
  size_t at = 0;
  std::string value;
  std::string key_line;
  while (true) {
    const auto event = reader.next();
    if (!event.ok()) {
      transcript.error = event.error();
      transcript.error_text = reader.error_text();
      transcript.offset = reader.offset();
      return transcript;
    }
    switch (event->kind) {
      case RdbEvent::kNeedInput: {
        const size_t count = std::min(piece == 0 ? file.size() : piece, file.size() - at);
        if (count == 0) {
          reader.end_of_input();
          break;
        }
        chunk = std::make_unique<std::string>(file.substr(at, count));
        chunk->shrink_to_fit();
        at += count;
        reader.feed(base::as_bytes(*chunk));
        break;
      }
      case RdbEvent::kKey:
        key_line = describe(*event);
        value = base::as_text(event->payload);
        if (event->delivery == RdbDelivery::kWhole) transcript.lines.push_back(key_line + value);
        break;
      case RdbEvent::kPiece:
        value += base::as_text(event->payload);
        break;
      case RdbEvent::kKeyEnd:
        transcript.lines.push_back(key_line + value);
        break;
      case RdbEvent::kEnd:
        transcript.lines.push_back(describe(*event));
        transcript.ok = true;
        transcript.offset = reader.offset();
        return transcript;
      default:
        transcript.lines.push_back(describe(*event));
    }
  }
}

std::string with_checksum(std::string file) {
  const uint64_t crc = persist::crc64(0, base::as_bytes(file));
  return file + Builder().little(crc, 8).str();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_is_laid_out_as_redis_lays_it_out) {
  Buffers buffers(100);
  RdbWriter writer({}, &buffers);
  writer.begin({.created_at_seconds = 1700000000, .used_memory_bytes = 1000});
  writer.select_db(0);
  writer.resize_db(1, 1);
  writer.key({.type = 0, .key = "k", .expire_at_ms = 5, .frequency = 9});
  writer.payload(base::as_bytes("\x01v"));
  writer.end();
  const std::string expected = Builder()
                                   .raw("REDIS0010")
                                   .byte(0xfa)
                                   .string("redis-ver")
                                   .string("7.0.15")
                                   .byte(0xfa)
                                   .string("redis-bits")
                                   .byte(0xc0)
                                   .byte(64)
                                   .byte(0xfa)
                                   .string("ctime")
                                   .byte(0xc2)
                                   .little(1700000000, 4)
                                   .byte(0xfa)
                                   .string("used-mem")
                                   .byte(0xc1)
                                   .little(1000, 2)
                                   .byte(0xfa)
                                   .string("aof-base")
                                   .byte(0xc0)
                                   .byte(0)
                                   .byte(0xfe)
                                   .length(0)
                                   .byte(0xfb)
                                   .length(1)
                                   .length(1)
                                   .byte(0xfc)
                                   .little(5, 8)
                                   .byte(0xf9)
                                   .byte(9)
                                   .byte(0)
                                   .string("k")
                                   .string("v")
                                   .byte(0xff)
                                   .str();
  BOOST_CHECK(buffers.finish(writer) == with_checksum(expected));
}

BOOST_AUTO_TEST_CASE(the_file_does_not_depend_on_the_buffers) {
  const std::string file = write_all_types(1 << 20);
  for (const size_t bytes : {1u, 7u, 64u, 1000u}) {
    BOOST_CHECK(write_all_types(bytes) == file);
  }
}

BOOST_AUTO_TEST_CASE(what_was_written_is_read_whatever_the_chunks) {
  const std::string file = write_all_types(4096);
  const Transcript whole = read_file(file, 0);
  BOOST_REQUIRE_MESSAGE(whole.ok, whole.error_text);
  BOOST_CHECK_EQUAL(whole.offset, file.size());
  // Header, five fields, a function, two databases of two lines and their keys, the end.
  BOOST_CHECK_EQUAL(whole.lines.size(), 1 + 5 + 1 + 2 * (2 + samples::all_types().size()) + 1);
  for (const size_t piece : {1u, 2u, 3u, 13u, 100u, 4096u}) {
    const Transcript pieces = read_file(file, piece);
    BOOST_REQUIRE_MESSAGE(pieces.ok, pieces.error_text);
    BOOST_REQUIRE(pieces.lines == whole.lines);
  }
}

BOOST_AUTO_TEST_CASE(large_values_arrive_in_pieces_and_are_the_same) {
  const std::string file = write_all_types(4096);
  for (const size_t limit : {20u, 60u, 300u}) {
    for (const size_t piece : {0u, 1u, 10u, 1000u}) {
      RdbReader::Options options;
      options.whole_payload_bytes_max = limit;
      options.whole_string_bytes_max = limit;
      options.piece_bytes = 16;
      const Transcript whole = read_file(file, 0, options);
      const Transcript pieces = read_file(file, piece, options);
      BOOST_REQUIRE_MESSAGE(pieces.ok, pieces.error_text);
      BOOST_REQUIRE(pieces.lines == whole.lines);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_large_string_is_delivered_decoded) {
  base::Random random(8);
  std::string text(3'000'000, ' ');
  for (char& letter : text) letter = static_cast<char>('a' + random.below(4));
  for (const bool compress : {false, true}) {
    std::vector<std::byte> encoded(persist::encoded_string_bytes_max(text.size()));
    encoded.resize(persist::encode_string(base::as_bytes(text), compress, encoded.data()));
    Buffers buffers(256 * 1024);
    RdbWriter writer({}, &buffers);
    writer.begin({});
    writer.key({.type = 0, .key = "large"});
    writer.payload(encoded);
    writer.key({.type = 0, .key = "next"});
    writer.payload(base::as_bytes("\x01v"));
    writer.end();
    const std::string file = buffers.finish(writer);
    for (const size_t piece : {1000u, 65536u, 262144u}) {
      const Transcript transcript = read_file(file, piece);
      BOOST_REQUIRE_MESSAGE(transcript.ok, transcript.error_text);
      const std::string& line = transcript.lines[transcript.lines.size() - 3];
      BOOST_REQUIRE_GT(line.size(), text.size());
      BOOST_CHECK(line.substr(line.size() - text.size()) == text);
    }
  }
}

BOOST_AUTO_TEST_CASE(old_versions_and_old_expiry_are_read) {
  const std::string keys = Builder()
                               .byte(0xfe)
                               .length(0)
                               .byte(0xfd)
                               .little(1700000000, 4)
                               .byte(0)
                               .string("k")
                               .string("v")
                               .byte(0xff)
                               .str();
  const Transcript one = read_file("REDIS0001" + keys, 1);
  BOOST_REQUIRE(one.ok);
  BOOST_CHECK(one.lines[2].find("e=1700000000000") != std::string::npos);
  // From version 5 on a checksum must follow.
  BOOST_CHECK(!read_file("REDIS0005" + keys, 1).ok);
  BOOST_CHECK(read_file(with_checksum("REDIS0005" + keys), 1).ok);
  BOOST_CHECK(read_file(with_checksum("REDIS0012" + keys), 1).ok);
}

BOOST_AUTO_TEST_CASE(a_file_of_another_kind_or_version_is_refused_in_the_words_of_redis) {
  const Transcript other = read_file("#!/bin/sh and so on", 0);
  BOOST_CHECK_EQUAL(std::string(other.error.detail), "Wrong signature trying to load DB from file");
  const Transcript newer = read_file("REDIS0013 and so on", 0);
  BOOST_CHECK_EQUAL(newer.error_text, "Can't handle RDB format version 13");
  BOOST_CHECK(newer.error.code == base::ErrorCode::kUnsupported);
  BOOST_CHECK(!read_file("REDIS0000", 0).ok);
  BOOST_CHECK(!read_file("", 0).ok);
}

BOOST_AUTO_TEST_CASE(a_wrong_checksum_is_an_error_unless_unchecked) {
  std::string file = write_all_types(4096);
  file.back() = static_cast<char>(file.back() + 1);
  const Transcript wrong = read_file(file, 100);
  BOOST_REQUIRE(!wrong.ok);
  BOOST_CHECK(wrong.error_text.find("Wrong RDB checksum expected: (") == 0);
  BOOST_CHECK_EQUAL(wrong.offset, file.size());
  RdbReader::Options unchecked;
  unchecked.verify_checksum = false;
  BOOST_CHECK(read_file(file, 100, unchecked).ok);
  const Transcript none = read_file(write_all_types(4096, false), 100);
  BOOST_REQUIRE(none.ok);
  BOOST_CHECK(none.lines.back().ends_with("c=false"));
}

BOOST_AUTO_TEST_CASE(a_truncated_file_is_an_error_with_its_offset) {
  const std::string file = write_all_types(4096);
  for (size_t length = 0; length < file.size(); length += length < 3000 ? 1 : 37) {
    const Transcript cut = read_file(file.substr(0, length), length % 3 == 0 ? 50 : 0);
    BOOST_REQUIRE(!cut.ok);
    BOOST_REQUIRE_LE(cut.offset, length);
    BOOST_REQUIRE_EQUAL(cut.error_text,
                        fmt::format("Internal error in RDB reading offset {} -> Unexpected EOF "
                                    "reading RDB file",
                                    cut.offset));
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_is_never_accepted) {
  const std::string file = write_all_types(4096);
  const uint64_t seed = 9;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  for (size_t at = 0; at<file.size(); at += file.size()> 20000 && at > 4000 ? 7 : 1) {
    std::string bad = file;
    bad[at] = static_cast<char>(bad[at] ^ (1 << random.below(8)));
    RdbReader::Options options;
    options.file_bytes = bad.size();
    if (at % 2 == 0) options.whole_payload_bytes_max = options.whole_string_bytes_max = 50;
    const Transcript transcript = read_file(bad, at % 5 == 0 ? 64 : 0, options);
    BOOST_REQUIRE_MESSAGE(!transcript.ok, "flipped byte " << at << " was accepted");
    BOOST_REQUIRE_LE(transcript.offset, bad.size());
    BOOST_REQUIRE(!transcript.error_text.empty());
  }
}

BOOST_AUTO_TEST_CASE(limits_are_kept) {
  RdbReader::Options options;
  options.key_bytes_max = 10;
  options.text_bytes_max = 10;
  options.databases = 4;
  const auto refused = [&options](const std::string& body) {
    const Transcript transcript = read_file("REDIS0010" + body, 7, options);
    return !transcript.ok && transcript.error.code == base::ErrorCode::kUnsupported;
  };
  BOOST_CHECK(refused(Builder().byte(0).string("eleven bytes").string("v").str()));
  BOOST_CHECK(refused(Builder().byte(0).raw(samples::lzf_abc().str()).string("v").str()));
  BOOST_CHECK(refused(Builder().byte(0xfa).string("name").string("eleven bytes").str()));
  BOOST_CHECK(refused(Builder().byte(0xfa).string("n").string(std::string(100, 'x')).str()));
  BOOST_CHECK(refused(Builder().byte(0xfe).length(4).str()));
  BOOST_CHECK(refused(Builder().byte(6).string("k").length(1).str()));
  BOOST_CHECK(refused(Builder().byte(30).string("k").length(1).str()));
}

BOOST_AUTO_TEST_CASE(what_follows_the_end_is_left_to_the_caller) {
  const std::string file = write_all_types(4096) + "*1\r\n$4\r\nPING\r\n";
  RdbReader reader({});
  reader.feed(base::as_bytes(file));
  while (reader.next().value().kind != RdbEvent::kEnd) {
  }
  BOOST_CHECK_EQUAL(base::as_text(reader.unread()), "*1\r\n$4\r\nPING\r\n");
}

BOOST_AUTO_TEST_CASE(module_data_outside_of_keys_is_skipped_and_named) {
  // 'a' is 26 in the alphabet of module names; nine of them, encoding version 1.
  uint64_t id = 0;
  for (int i = 0; i < 9; ++i) id = id << 6 | 26;
  id = id << 10 | 1;
  const std::string body = Builder()
                               .byte(0xf7)
                               .length(id)
                               .length(2)
                               .length(1)
                               .length(5)
                               .string(std::string(100'000, 'm'))
                               .length(0)
                               .byte(0xff)
                               .str();
  for (const size_t piece : {0u, 1u, 1000u}) {
    const Transcript transcript = read_file(with_checksum("REDIS0010" + body), piece);
    BOOST_REQUIRE_MESSAGE(transcript.ok, transcript.error_text);
    BOOST_CHECK(transcript.lines[1].find("n=aaaaaaaaa") != std::string::npos);
  }
}
