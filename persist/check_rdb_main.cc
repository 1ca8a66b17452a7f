// basalt-check-rdb FILE: reads an RDB file as the loader would and says whether it is good, in the
// words of redis-check-rdb. Exit status 0 good, 1 damaged, 2 wrong use or unreadable.

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "persist/rdb_reader.h"

namespace {

using persist::RdbEvent;

struct Counts {
  uint64_t keys = 0;
  uint64_t expires = 0;
  uint64_t expired = 0;
  std::string last_key;
};

void print_event(const RdbEvent& event, uint64_t offset, int64_t now_ms, Counts* counts) {
  switch (event.kind) {
    case RdbEvent::kAux:
      fmt::print("[offset {}] AUX FIELD {} = '{}'\n", offset, event.name, event.value);
      return;
    case RdbEvent::kSelectDb:
      fmt::print("[offset {}] Selecting DB ID {}\n", offset, event.db);
      return;
    case RdbEvent::kFunction:
      fmt::print("[offset {}] Function library\n", offset);
      return;
    case RdbEvent::kModuleAux:
      fmt::print("[offset {}] MODULE AUX for: {}\n", offset, event.name);
      return;
    case RdbEvent::kKey:
      ++counts->keys;
      counts->expires += event.expire_at_ms.has_value() ? 1 : 0;
      counts->expired += event.expire_at_ms.has_value() && *event.expire_at_ms < now_ms ? 1 : 0;
      counts->last_key = fmt::format("'{}' ({})", event.name, persist::rdb_type_name(event.type));
      return;
    case RdbEvent::kEnd:
      fmt::print(
          "[offset {}] {}\n", offset,
          event.checksum_checked ? "Checksum OK" : "RDB file was saved with checksum disabled");
      return;
    default:
      return;
  }
}

void print_counts(const Counts& counts) {
  fmt::print("[info] {} keys read\n[info] {} expires\n[info] {} already expired\n", counts.keys,
             counts.expires, counts.expired);
}

int check(std::FILE* file, const char* path) {
  std::vector<std::byte> chunk(base::kIoBytesMax);
  persist::RdbReader::Options options;
  options.databases = UINT64_MAX;
  persist::RdbReader reader(options);
  Counts counts;
  const int64_t now_ms = base::SystemClock().wall_ms();
  fmt::print("[offset 0] Checking RDB file {}\n", path);
  while (true) {
    const auto event = reader.next();
    if (!event.ok()) {
      fmt::print("--- RDB ERROR DETECTED ---\n[offset {}] {}\n", reader.offset(),
                 reader.error_text());
      if (counts.keys > 0) fmt::print("[additional info] Last key begun: {}\n", counts.last_key);
      print_counts(counts);
      return 1;
    }
    if (event->kind == RdbEvent::kNeedInput) {
      const size_t count = std::fread(chunk.data(), 1, chunk.size(), file);
      if (count > 0) {
        reader.feed(base::ByteSpan(chunk).first(count));
      } else if (std::ferror(file) != 0) {
        fmt::print(stderr, "Can't read {}: {}\n", path, std::strerror(errno));
        return 2;
      } else {
        reader.end_of_input();
      }
      continue;
    }
    print_event(*event, reader.offset(), now_ms, &counts);
    if (event->kind == RdbEvent::kEnd) break;
  }
  fmt::print("[offset {}] \\o/ RDB looks OK! \\o/\n", reader.offset());
  print_counts(counts);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "Usage: {} <rdb-file-name>\n", argv[0]);
    return 2;
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(argv[1], "rb"),
                                                             &std::fclose);
  if (file == nullptr) {
    fmt::print(stderr, "Cannot open file {}: {}\n", argv[1], std::strerror(errno));
    return 2;
  }
  return check(file.get(), argv[1]);
}
