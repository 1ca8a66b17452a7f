#include "logstore/tier_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace logstore {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kReadme =
    "This directory belongs to a running Basalt server: values that did not fit its memory.\n"
    "\n"
    "It is no backup. It is of no use without the server's memory, and it is emptied each time\n"
    "the server starts. To keep the data, use BGSAVE or the append-only file.\n"
    "\n"
    "Do not put files of your own here: the server then refuses to start.\n";

bool is_segment_name(std::string_view name) {
  constexpr size_t kDigits = 8;
  return name.size() == kDigits + 4 && name.substr(kDigits) == ".seg" &&
         name.substr(0, kDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// What write_small_file leaves behind when the process ends within it.
bool is_readme_name(std::string_view name) { return name.starts_with("README.txt"); }

base::Status check_is_ours(iouring::Disk& disk, const std::string& directory,
                           std::string* foreign) {
  const auto entries = disk.list_directory(directory);
  if (!entries.ok()) return entries.error();
  bool has_segments = false;
  for (const iouring::DirectoryEntry& entry : *entries) {
    const bool ours = entry.is_directory ? entry.name == "segments" || entry.name == "index"
                                         : entry.name == "lock" || is_readme_name(entry.name);
    if (!ours) {
      *foreign = directory + "/" + entry.name;
      return Error{ErrorCode::kInvalid, 0, "the tier directory holds a foreign file"};
    }
    has_segments = has_segments || entry.name == "segments";
  }
  if (!has_segments) return base::ok_status();
  const std::string segments = segments_directory(directory);
  const auto files = disk.list_directory(segments);
  if (!files.ok()) return files.error();
  for (const iouring::DirectoryEntry& entry : *files) {
    if (entry.is_directory || !is_segment_name(entry.name)) {
      *foreign = segments + "/" + entry.name;
      return Error{ErrorCode::kInvalid, 0, "the tier directory holds a foreign file"};
    }
  }
  return base::ok_status();
}

base::Status remove_segments(iouring::Disk& disk, const std::string& segments) {
  const auto files = disk.list_directory(segments);
  if (!files.ok()) return files.error();
  for (const iouring::DirectoryEntry& entry : *files)
    RETURN_IF_ERROR(disk.remove_file(segments + "/" + entry.name));
  return base::ok_status();
}

}  // namespace

base::Status take_tier_directory(iouring::Disk& disk, const std::string& directory, int* owner_pid,
                                 std::string* foreign) {
  RETURN_IF_ERROR(disk.make_directory(directory));
  // Before the lock, too: a lock file must not appear among somebody else's files.
  RETURN_IF_ERROR(check_is_ours(disk, directory, foreign));
  RETURN_IF_ERROR(disk.lock_file(directory + "/lock", owner_pid));
  RETURN_IF_ERROR(check_is_ours(disk, directory, foreign));
  const std::string segments = segments_directory(directory);
  RETURN_IF_ERROR(disk.make_directory(segments));
  RETURN_IF_ERROR(remove_segments(disk, segments));
  return disk.write_small_file(directory + "/README.txt", kReadme);
}

std::string segments_directory(const std::string& directory) { return directory + "/segments"; }
std::string index_directory(const std::string& directory) { return directory + "/index"; }
std::string segment_path(const std::string& directory, uint32_t segment_id) {
  return fmt::format("{}/segments/{:08x}.seg", directory, segment_id);
}

}  // namespace logstore
