#include "tests/sim/planted.h"

namespace {

base::PlantedBug planted = base::PlantedBug::kNone;

}  // namespace

bool base::is_planted(PlantedBug bug) { return planted == bug; }

void sim::plant(base::PlantedBug bug) { planted = bug; }
