// How the key index sets up RocksDB. Includes RocksDB: only for rocks_index.cc and its tests.

#ifndef BASALT_LOGSTORE_ROCKS_INDEX_OPTIONS_H_
#define BASALT_LOGSTORE_ROCKS_INDEX_OPTIONS_H_

#include <rocksdb/cache.h>
#include <rocksdb/options.h>

#include <memory>
#include <vector>

#include "logstore/rocks_index.h"

namespace logstore {

struct RocksSetup {
  rocksdb::DBOptions database;
  rocksdb::ColumnFamilyOptions units;
  rocksdb::ColumnFamilyOptions expiry;
  std::shared_ptr<rocksdb::Cache> cache;
};

RocksSetup make_rocks_setup(const RocksIndexOptions& options);

}  // namespace logstore

#endif  // BASALT_LOGSTORE_ROCKS_INDEX_OPTIONS_H_
