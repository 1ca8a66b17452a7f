// Reads an RDB file with RdbReader and writes what it says with RdbWriter: a file of redis-server
// must come out byte for byte. For rdb_interop_test.py.
//
//   rdb_copy FROM TO CHUNK-BYTES VALUE-BYTES-MAX
//
// Values beyond VALUE-BYTES-MAX go through in pieces, strings decoded. Prints keys and pieces; an
// error goes to stderr with exit status 1.

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "persist/rdb_reader.h"
#include "persist/rdb_writer.h"

namespace {

using persist::RdbEvent;

class FileOutput final : public persist::RdbOutput {
 public:
  explicit FileOutput(const char* path) : file_(path, std::ios::binary), buffer_(100'000) {}
  base::MutableByteSpan next_buffer(size_t filled) override {
    file_.write(reinterpret_cast<const char*>(buffer_.data()),
                static_cast<std::streamsize>(filled));
    return buffer_;
  }

 private:
  std::ofstream file_;
  std::vector<std::byte> buffer_;
};

template <class Integer>
Integer parse(std::string_view text) {
  Integer value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class Copy {
 public:
  explicit Copy(const char* to) : output_(to), writer_({}, &output_) {}

  void take(const RdbEvent& event) {
    if (event.kind != RdbEvent::kAux && event.kind != RdbEvent::kHeader) begin();
    switch (event.kind) {
      case RdbEvent::kAux:
        take_aux(event);
        break;
      case RdbEvent::kFunction:
        writer_.function(event.value);
        break;
      case RdbEvent::kSelectDb:
        writer_.select_db(event.db);
        break;
      case RdbEvent::kResizeDb:
        writer_.resize_db(event.keys, event.expires);
        break;
      case RdbEvent::kKey:
        take_key(event);
        break;
      case RdbEvent::kPiece:
        ++pieces_;
        writer_.payload(event.payload);
        break;
      case RdbEvent::kEnd:
        writer_.end();
        output_.next_buffer(writer_.finish());
        fmt::print("{} keys, {} pieces\n", writer_.keys(), pieces_);
        break;
      default:
        break;
    }
  }

 private:
  void take_aux(const RdbEvent& event) {
    if (event.name == "redis-ver") version_ = event.value;
    if (event.name == "ctime") info_.created_at_seconds = parse<int64_t>(event.value);
    if (event.name == "used-mem") info_.used_memory_bytes = parse<uint64_t>(event.value);
    if (event.name == "aof-base") info_.aof_base = event.value == "1";
  }
  void begin() {
    if (begun_) return;
    begun_ = true;
    info_.redis_version = version_;
    writer_.begin(info_);
  }
  void take_key(const RdbEvent& event) {
    writer_.key({.type = event.type,
                 .key = event.name,
                 .expire_at_ms = event.expire_at_ms,
                 .idle_seconds = event.idle_seconds,
                 .frequency = event.frequency});
    if (event.delivery == persist::RdbDelivery::kStringPieces) {
      writer_.raw_string_header(event.string_bytes);
    }
    writer_.payload(event.payload);
  }

  FileOutput output_;
  persist::RdbWriter writer_;
  persist::RdbInfo info_;
  std::string version_;
  bool begun_ = false;
  uint64_t pieces_ = 0;
};

int run(const char* from, const char* to, size_t chunk_bytes, size_t value_bytes_max) {
  std::ifstream input(from, std::ios::binary);
  std::ostringstream text;
  text << input.rdbuf();
  const std::string file = text.str();
  persist::RdbReader::Options options;
  options.file_bytes = file.size();
  options.whole_payload_bytes_max = options.whole_string_bytes_max = value_bytes_max;
  persist::RdbReader reader(options);
  Copy copy(to);
  size_t at = 0;
  while (true) {
    const auto event = reader.next();
    if (!event.ok()) {
      fmt::print(stderr, "{}\n", reader.error_text());
      return 1;
    }
    if (event->kind != RdbEvent::kNeedInput) {
      copy.take(*event);
      if (event->kind == RdbEvent::kEnd) return 0;
    } else if (at == file.size()) {
      reader.end_of_input();
    } else {
      const size_t count = std::min(chunk_bytes, file.size() - at);
      reader.feed(base::as_bytes(file).subspan(at, count));
      at += count;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  return run(argv[1], argv[2], parse<size_t>(argv[3]), parse<size_t>(argv[4]));
}
