// Audit: the engine's invariants, looked at from inside while nothing is in flight.

#ifndef BASALT_TESTS_SIM_AUDIT_H_
#define BASALT_TESTS_SIM_AUDIT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace sim {

// I1, I6 and I2: every unit with a live record, and no other, has its bit, its filter fingerprint
// and its row in the index; the counts agree. Returns each database's keys with their expiries.
// REQUIRES: the world is idle. Throws a Failure.
std::vector<std::map<std::string, int64_t>> audit(World& world);

// Deletes the index and makes it anew from segments and live map. REQUIRES: the world is idle.
// `may_lose`: a damaged record or a fault excuses a lost row. False: a fault ended it; try again.
bool rebuild_index(World& world, bool may_lose);

}  // namespace sim

#endif  // BASALT_TESTS_SIM_AUDIT_H_
