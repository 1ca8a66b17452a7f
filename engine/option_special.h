// Options that parse and print themselves, and further checks of values: parts of option_table.cc.

#ifndef BASALT_ENGINE_OPTION_SPECIAL_H_
#define BASALT_ENGINE_OPTION_SPECIAL_H_

#include <cstdint>
#include <string_view>

#include "engine/option_table.h"

namespace engine::option_special {

extern const SpecialField kMaxmemory;
extern const SpecialField kBind;
extern const SpecialField kClientOutputBufferLimit;
extern const SpecialField kOomScoreAdjValues;
extern const SpecialField kSave;
extern const SpecialField kDir;
extern const SpecialField kReplicaof;
extern const SpecialField kLatencyPercentiles;
extern const SpecialField kNotifyKeyspaceEvents;

// Checks: empty, or the reason.
std::string_view check_active_defrag(int64_t value);
std::string_view check_shutdown_flags(int64_t value);
std::string_view check_dbfilename(std::string_view text);
std::string_view check_appendfilename(std::string_view text);
std::string_view check_appenddirname(std::string_view text);
std::string_view check_hostname(std::string_view text);
std::string_view check_proc_title_template(std::string_view text);
std::string_view check_ring_features(std::string_view text);

}  // namespace engine::option_special

#endif  // BASALT_ENGINE_OPTION_SPECIAL_H_
