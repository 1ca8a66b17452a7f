// Which planted bug (base/planted_bug.h) is in force in this process.

#ifndef BASALT_TESTS_SIM_PLANTED_H_
#define BASALT_TESTS_SIM_PLANTED_H_

#include <array>
#include <utility>

#include "base/planted_bug.h"

namespace sim {

inline constexpr std::array<std::pair<base::PlantedBug, const char*>, 5> kPlantedBugs = {{
    {base::PlantedBug::kPreImageLost, "pre-image lost"},
    {base::PlantedBug::kDemotingDroppedAtFreeze, "demoting unit dropped at the freeze"},
    {base::PlantedBug::kSegmentFreedWhilePinned, "segment freed while pinned"},
    {base::PlantedBug::kReadNotVerified, "read not verified"},
    {base::PlantedBug::kStaleAnswerAccepted, "stale answer accepted"},
}};

// From now on, for the whole process.
void plant(base::PlantedBug bug);

}  // namespace sim

#endif  // BASALT_TESTS_SIM_PLANTED_H_
