// SnapshotSpill: batches of pre-images that wait in the log instead of in memory, while the
// snapshot's stream is slower than what changes under it.
//
// A batch is one record of the log's pre-image stream, never live, and comes back by a verified
// read; the order of the batches in the file does not matter. What the log cannot write or read
// back is lost to the snapshot, which then fails.
//
// Loop thread only; may be destroyed while writes and reads are in flight.

#ifndef BASALT_ENGINE_SNAPSHOT_SPILL_H_
#define BASALT_ENGINE_SNAPSHOT_SPILL_H_

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "engine/snapshot_batch.h"
#include "logstore/log_store.h"

namespace engine {

class SnapshotSpill {
 public:
  // While it is used the store has a frozen view, which keeps the records.
  explicit SnapshotSpill(logstore::LogStore* store);
  ~SnapshotSpill();
  SnapshotSpill(const SnapshotSpill&) = delete;
  SnapshotSpill& operator=(const SnapshotSpill&) = delete;

  // Copies the batch into the log's write buffer. False: the log takes none now.
  bool add(const SnapshotBatch& batch);

  enum class Next : uint8_t {
    kEmpty,  // Every batch was taken.
    kWait,   // The first is on its way; the loop turns when it comes.
    kBatch,  // *batch is the next one.
    kError,  // error() says what; nothing follows.
  };
  Next next(std::shared_ptr<const SnapshotBatch>* batch);
  bool empty() const;
  const base::Error& error() const;

 private:
  struct State;
  static void read_ahead(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_SNAPSHOT_SPILL_H_
