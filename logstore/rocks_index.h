// RocksIndex: the KeyIndex of production, on RocksDB.
//
// INDEX.md says which options it sets, why, and what was measured with them.

#ifndef BASALT_LOGSTORE_ROCKS_INDEX_H_
#define BASALT_LOGSTORE_ROCKS_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "iouring/helpers.h"
#include "logstore/key_index.h"
#include "logstore/key_index_core.h"

namespace logstore {

struct RocksIndexOptions {
  // The database's own directory, created if missing; its parent exists.
  std::string directory;
  // Keep what is there. Otherwise a database in the directory is destroyed first.
  bool reuse = false;
  size_t cache_bytes = 64 * 1024 * 1024;  // Block cache, memtables included.
  size_t memtable_bytes = 8 * 1024 * 1024;
  uint64_t background_bytes_per_second = 64 * 1024 * 1024;  // Flushes and compactions.
  bool direct_io = true;  // Falls back to buffered I/O where the file system has no O_DIRECT.
  KeyIndexLimits limits;
};

// Opens or creates the database, which takes its threads and reads and writes files: for start-up,
// not for a turn of the loop. `helpers` as for KeyIndexCore.
base::Result<std::unique_ptr<KeyIndex>> open_rocks_index(const RocksIndexOptions& options,
                                                         iouring::Helpers* helpers);

}  // namespace logstore

#endif  // BASALT_LOGSTORE_ROCKS_INDEX_H_
