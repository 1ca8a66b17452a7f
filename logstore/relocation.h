// Relocation: what compaction tells the owner of a unit whose record moved.

#ifndef BASALT_LOGSTORE_RELOCATION_H_
#define BASALT_LOGSTORE_RELOCATION_H_

#include "base/function.h"
#include "logstore/key_index_format.h"
#include "logstore/record.h"
#include "logstore/record_ref.h"

namespace logstore {

// The views are valid during the call.
struct Relocation {
  UnitKey unit;
  const RecordView* record;  // The copy.
  Location from;             // No longer live.
  Location to;               // Live.
};

// Called in the step in which the live map changed. It may mark records, append and read, but not
// call compact_step().
using OnRelocated = base::InlineFunction<void(const Relocation&)>;

}  // namespace logstore

#endif  // BASALT_LOGSTORE_RELOCATION_H_
