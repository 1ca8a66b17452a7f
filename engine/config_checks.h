// What must hold between options, and what this server does with options of features it has not.

#ifndef BASALT_ENGINE_CONFIG_CHECKS_H_
#define BASALT_ENGINE_CONFIG_CHECKS_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/options.h"

namespace engine {

// The least maxmemory that the cold tier works with.
inline constexpr uint64_t kTierMaxmemoryMin = 64ull * 1024 * 1024;

struct ConfigConflict {
  std::string_view option;  // The one to blame; empty when all is well.
  std::string reason;
};
ConfigConflict find_conflict(const Options& options);

// One line for the log for each option that is set but has no effect.
std::vector<std::string> find_idle_options(const Options& options);

}  // namespace engine

#endif  // BASALT_ENGINE_CONFIG_CHECKS_H_
