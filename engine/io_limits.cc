#include "engine/io_limits.h"

#include "base/limits.h"

namespace engine {

namespace {

constexpr uint64_t kAnyBytes = UINT64_MAX;
constexpr uint32_t kAofOperations = 16;
// Enough for one victim's reads and its survivors' writes, small beside a foreground read.
constexpr uint32_t kCompactionOperations = 4;

}  // namespace

void apply_io_limits(const Options& options, iouring::IoSchedule* disk) {
  using iouring::IoClass;
  disk->set_limit(IoClass::kAof, {kAofOperations, kAnyBytes});
  disk->set_limit(IoClass::kColdRead, {static_cast<uint32_t>(options.tier_read_depth), kAnyBytes});
  disk->set_limit(IoClass::kDemotion, {static_cast<uint32_t>(options.tier_write_depth), kAnyBytes});
  disk->set_limit(IoClass::kCompaction,
                  {kCompactionOperations, kCompactionOperations * base::kIoBytesMax});
  disk->set_limit(IoClass::kSnapshot, {static_cast<uint32_t>(options.snapshot_io_depth),
                                       static_cast<uint64_t>(options.snapshot_buffer)});
}

}  // namespace engine
