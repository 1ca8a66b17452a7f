// Planted bugs: places where a test makes the code wrong on purpose, to prove that it would notice.
//
// BASALT_PLANTED(kName) is the constant false, except in the copies of a few files that the
// simulation compiles for itself with BASALT_PLANTED_BUGS defined (tests/sim/meson.build).

#ifndef BASALT_BASE_PLANTED_BUG_H_
#define BASALT_BASE_PLANTED_BUG_H_

#include <cstdint>

namespace base {

enum class PlantedBug : uint8_t {
  kNone,
  kPreImageLost,             // A snapshot does not get what changes under it.
  kDemotingDroppedAtFreeze,  // Nor what was being written to the log.
  kSegmentFreedWhilePinned,  // A segment is reused under a frozen view (I4).
  kReadNotVerified,          // The checksum of a record's body is ignored.
  kStaleAnswerAccepted,      // A read is used though its key changed meanwhile (I5).
};

// The simulation defines it.
bool is_planted(PlantedBug bug);

}  // namespace base

#ifdef BASALT_PLANTED_BUGS
#define BASALT_PLANTED(bug) ::base::is_planted(::base::PlantedBug::bug)
#else
#define BASALT_PLANTED(bug) false
#endif

#endif  // BASALT_BASE_PLANTED_BUG_H_
