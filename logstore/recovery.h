// Recovery: makes the entries of a key index anew, from the segments and the live map alone (I2).
//
// It walks a frozen view, so the store may go on meanwhile: an entry is true of the view's moment,
// and a caller that keeps newer puts must let those win.
// Loop thread only.

#ifndef BASALT_LOGSTORE_RECOVERY_H_
#define BASALT_LOGSTORE_RECOVERY_H_

#include <cstdint>
#include <memory>

#include "base/function.h"
#include "base/result.h"
#include "logstore/key_index_format.h"
#include "logstore/log_store.h"

namespace logstore {

class IndexRecovery {
 public:
  struct Options {
    iouring::IoClass io_class = iouring::IoClass::kSnapshot;
    uint64_t bytes_in_flight_max = 4 * base::kIoBytesMax;
    uint32_t operations_max = 4;
  };
  // The views are valid during the call.
  using OnEntry = base::InlineFunction<void(const UnitKey&, const IndexValue&)>;

  // `view` outlives it.
  IndexRecovery(const FrozenView* view, const Options& options, OnEntry on_entry);

  enum class Progress : uint8_t { kMore, kWaiting, kComplete, kFailed };
  // Takes at most `records_max` records. kWaiting: turn the loop first. kFailed: error().
  Progress step(uint32_t records_max);

  uint64_t entries() const { return entries_; }
  // Live records that could not be read intact: their units are lost to the index.
  uint64_t lost() const { return lost_; }
  const base::Error& error() const { return error_; }

 private:
  void take(const ScanItem& item);

  const FrozenView* const view_;
  const Options options_;
  OnEntry on_entry_;
  size_t segment_ = 0;  // In view->live().segments().
  std::unique_ptr<SegmentReader> reader_;
  uint64_t entries_ = 0;
  uint64_t lost_ = 0;
  base::Error error_{base::ErrorCode::kCancelled};
};

}  // namespace logstore

#endif  // BASALT_LOGSTORE_RECOVERY_H_
