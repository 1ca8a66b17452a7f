// The budgets of the I/O classes, as the options want them.

#ifndef BASALT_ENGINE_IO_LIMITS_H_
#define BASALT_ENGINE_IO_LIMITS_H_

#include "engine/options.h"
#include "iouring/io_schedule.h"

namespace engine {

// At the start and whenever an option changed. The reads and writes of a snapshot together stay
// within snapshot-io-depth operations and snapshot-buffer bytes.
void apply_io_limits(const Options& options, iouring::IoSchedule* disk);

}  // namespace engine

#endif  // BASALT_ENGINE_IO_LIMITS_H_
