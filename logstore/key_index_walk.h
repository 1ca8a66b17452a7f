// The parts of a walk and of a search for what is due that run on a helper: merging a view of the
// store with a copy of the overlay, and checking rows of the expiry column against their keys.

#ifndef BASALT_LOGSTORE_KEY_INDEX_WALK_H_
#define BASALT_LOGSTORE_KEY_INDEX_WALK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "logstore/index_overlay.h"
#include "logstore/key_index.h"
#include "logstore/key_index_store.h"

namespace logstore {

// The step that `options` describe through `view` with `slice` on top, which is the overlay's
// slice of the same options.
base::Result<WalkPage> merge_walk(IndexStore* store, const IndexView& view,
                                  const OverlaySlice& slice, const WalkOptions& options);

// Rows of the expiry column and the look-ups that tell which of them are still true. The look-ups
// may be done in parts, each sorted, by several threads.
struct DueRows {
  struct Row {
    std::string row;
    int64_t expire_at_ms;
    std::string_view index_key;  // Into `row`.
    size_t read = 0;             // Its look-up.
  };
  std::vector<Row> rows;
  std::vector<StoreRead> reads;
  bool complete = false;      // No other row is due.
  int64_t next_floor_ms = 0;  // If all of them are stale.
};

struct DueScan {
  using StaleRow = std::string;
  DuePage page;                      // Rows whose key has that very expiry.
  std::vector<StaleRow> stale_rows;  // All others, encoded.
  int64_t next_floor_ms = 0;         // No row of the view but stale ones is earlier.
};

// Looks at `rows_max` rows of the view at most, from `floor_ms` to `now_ms`, both included.
base::Result<DueRows> read_due(IndexStore* store, const IndexView& view, int64_t floor_ms,
                               int64_t now_ms, uint32_t rows_max);
// REQUIRES: all reads are answered. Takes the rows.
DueScan judge_due(DueRows* due);

}  // namespace logstore

#endif  // BASALT_LOGSTORE_KEY_INDEX_WALK_H_
