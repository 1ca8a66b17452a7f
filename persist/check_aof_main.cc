// basalt-check-aof [--fix | --truncate-to-timestamp SECONDS] FILE: looks through append only files,
// all that a manifest names or a single one, in the words of redis-check-aof; checks batches that
// have a checksum. Exit status 0 good or repaired, 1 not.

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/limits.h"
#include "persist/aof_manifest.h"
#include "persist/aof_scan.h"
#include "persist/rdb_reader.h"

namespace {

using persist::AofScan;

struct Options {
  bool fix = false;
  bool has_time = false;
  int64_t seconds = 0;
  std::string path;
};

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_file(const std::string& path) {
  File file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr)
    fmt::print("Cannot open file {}: {}, aborting...\n", path, std::strerror(errno));
  return file;
}

std::string first_bytes(const std::string& path, size_t count) {
  std::string bytes(count, '\0');
  const File file(std::fopen(path.c_str(), "rb"), &std::fclose);
  bytes.resize(file == nullptr ? 0 : std::fread(bytes.data(), 1, count, file.get()));
  return bytes;
}

// The snapshot at the beginning of a file. Its length, or -1 after saying what is wrong.
int64_t check_snapshot(std::FILE* file) {
  std::vector<std::byte> chunk(base::kIoBytesMax);
  persist::RdbReader::Options options;
  options.databases = UINT64_MAX;
  persist::RdbReader reader(options);
  while (true) {
    const auto event = reader.next();
    if (!event.ok()) {
      fmt::print("[offset {}] {}\nRDB preamble of AOF file is not sane, aborting.\n",
                 reader.offset(), reader.error_text());
      return -1;
    }
    if (event->kind == persist::RdbEvent::kEnd) return static_cast<int64_t>(reader.offset());
    if (event->kind != persist::RdbEvent::kNeedInput) continue;
    const size_t count = std::fread(chunk.data(), 1, chunk.size(), file);
    count > 0 ? reader.feed(base::ByteSpan(chunk).first(count)) : reader.end_of_input();
  }
}

void scan_rest(std::FILE* file, AofScan* scan) {
  std::vector<std::byte> chunk(base::kIoBytesMax);
  while (const size_t count = std::fread(chunk.data(), 1, chunk.size(), file))
    scan->feed(base::ByteSpan(chunk).first(count));
  scan->finish();
}

bool cut(const std::string& path, uint64_t bytes) {
  std::error_code error;
  std::filesystem::resize_file(path, bytes, error);
  if (error) fmt::print("Failed to truncate AOF {}: {}\n", path, error.message());
  if (!error) fmt::print("Successfully truncated AOF {}\n", path);
  return !error;
}

bool repair(const Options& options, const std::string& path, uint64_t size, uint64_t good,
            bool is_last) {
  fmt::print("AOF analyzed: filename={}, size={}, ok_up_to={}, diff={}\n", path, size, good,
             size - good);
  if (!options.fix) {
    fmt::print("AOF {} is not valid. Use the --fix option to try fixing it.\n", path);
    return false;
  }
  if (!is_last) {
    fmt::print("Failed to truncate AOF {} because it is not the last file\n", path);
    return false;
  }
  fmt::print("This will shrink the AOF {} from {} bytes, with {} bytes, to {} bytes\n", path, size,
             size - good, good);
  fmt::print("Continue? [y/N]: ");
  std::fflush(stdout);
  const int answer = std::getchar();
  if (answer == 'y' || answer == 'Y') return cut(path, good);
  fmt::print("Aborting...\n");
  return false;
}

// One file; `kind` is what it is called.
bool check_file(const Options& options, const std::string& path, std::string_view kind,
                bool is_last) {
  const File file = open_file(path);
  if (file == nullptr) return false;
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  uint64_t offset = 0;
  if (first_bytes(path, 5) == "REDIS") {
    const int64_t bytes = check_snapshot(file.get());
    if (bytes < 0) return false;
    offset = static_cast<uint64_t>(bytes);
    if (offset < size) fmt::print("RDB preamble is OK, proceeding with AOF tail...\n");
    std::fseek(file.get(), static_cast<long>(offset), SEEK_SET);
  }
  AofScan scan(offset);
  if (options.has_time) scan.stop_after(options.seconds);
  scan_rest(file.get(), &scan);
  if (scan.stopped()) {
    if (is_last) return cut(path, scan.good_bytes());
    fmt::print(
        "Failed to truncate AOF {} to timestamp {} to offset {} because it is not the last "
        "file.\n",
        path, options.seconds, scan.good_bytes());
    return false;
  }
  if (scan.verdict() != AofScan::Verdict::kWhole) {
    fmt::print(
        "AOF {} format error: offset {}: {}{}\n", path, scan.bad_offset(), scan.reason(),
        scan.verdict() == AofScan::Verdict::kDamaged ? " (it is damaged, not cut short)" : "");
    return repair(options, path, size, scan.good_bytes(), is_last);
  }
  fmt::print("{} {} is valid: {} commands, {} batches with a checksum\n", kind, path,
             scan.commands(), scan.batches());
  return true;
}

bool check_manifest(const Options& options) {
  const size_t slash = options.path.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : options.path.substr(0, slash + 1);
  fmt::print("Start checking Multi Part AOF\n");
  std::string message;
  const auto manifest = persist::AofManifest::parse(
      "", first_bytes(options.path, persist::kManifestBytesMax), &message);
  if (!manifest.ok()) {
    fmt::print("{}\n", message);
    return false;
  }
  const std::vector<persist::AofFile>& increments = manifest->increments();
  if (manifest->base().has_value()) {
    fmt::print("Start to check BASE AOF.\n");
    if (!check_file(options, directory + manifest->base()->name, "BASE AOF", increments.empty()))
      return false;
  }
  if (!increments.empty()) fmt::print("Start to check INCR files.\n");
  for (size_t i = 0; i < increments.size(); ++i)
    if (!check_file(options, directory + increments[i].name, "INCR AOF",
                    i + 1 == increments.size()))
      return false;
  fmt::print("All AOF files and manifest are valid\n");
  return true;
}

bool parse(int argc, char** argv, Options* options) {
  if (argc == 2) {
    options->path = argv[1];
    return true;
  }
  if (argc == 3 && std::string_view(argv[1]) == "--fix") {
    options->fix = true;
    options->path = argv[2];
    return true;
  }
  if (argc != 4 || std::string_view(argv[1]) != "--truncate-to-timestamp") return false;
  const std::string_view text = argv[2];
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), options->seconds);
  options->has_time = true;
  options->path = argv[3];
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, &options)) {
    fmt::print("Usage: {} [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>\n",
               argv[0]);
    return 1;
  }
  if (open_file(options.path) == nullptr) return 1;
  if (first_bytes(options.path, 5) == "file ") return check_manifest(options) ? 0 : 1;
  fmt::print("Start checking Old-Style AOF\n");
  return check_file(options, options.path, "AOF", true) ? 0 : 1;
}
