// The tier's directory: taking it over at start, and the names in it (FORMAT.md).
//
// Synchronous: start-up only.

#ifndef BASALT_LOGSTORE_TIER_DIRECTORY_H_
#define BASALT_LOGSTORE_TIER_DIRECTORY_H_

#include <cstdint>
#include <string>

#include "base/result.h"
#include "iouring/disk.h"

namespace logstore {

// Creates `directory` if missing (its parent must exist), locks it, and empties it: afterwards it
// holds `lock`, README.txt and an empty `segments/`. `index/` is left to its owner. Nothing is
// removed when the directory holds anything that is not the tier's: kInvalid, and `*foreign` is its
// path. kBusy when another process has it; then `*owner_pid` is its id (0: unknown).
base::Status take_tier_directory(iouring::Disk& disk, const std::string& directory, int* owner_pid,
                                 std::string* foreign);

std::string segments_directory(const std::string& directory);
std::string index_directory(const std::string& directory);
std::string segment_path(const std::string& directory, uint32_t segment_id);

}  // namespace logstore

#endif  // BASALT_LOGSTORE_TIER_DIRECTORY_H_
