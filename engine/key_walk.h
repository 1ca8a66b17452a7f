// Steps through the keys of a namespace in hash order, over both tiers: what SCAN and KEYS are made
// of.
//
//     hash order    from                    next
//     dictionary     |== entries of some buckets ==|      taken in this turn
//     key index      |== one page ===|                    asked in this turn, answered later
//     the step       |== both, once =|next
//
// A page of the index shows the moment at which it was asked for, so both parts are of one moment,
// whatever moves between the tiers until the page arrives: a key that was there is in one of them,
// or in both when its entry is clean. The step ends where the shorter part ends.

#ifndef BASALT_ENGINE_KEY_WALK_H_
#define BASALT_ENGINE_KEY_WALK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function.h"
#include "engine/entry.h"
#include "engine/key.h"

namespace engine {

class Engine;

struct KeyFilter {
  std::optional<std::string> pattern;    // engine/glob.h
  std::optional<std::string> type_name;  // As TYPE replies it, in any case.

  bool accepts(std::string_view key, ValueType type) const;
};

// The reply when KeyStep::failed.
inline constexpr std::string_view kKeyIndexError = "-ERR cold tier: the key index cannot be read";

struct KeyStep {
  virtual ~KeyStep() = default;

  struct Found {
    uint64_t hash;
    std::string key;
  };

  // Asked for.
  NamespaceId namespace_id = 0;
  KeyFilter filter;
  bool deletes_expired = false;  // Resident keys that have expired; they are never found.
  uint64_t from = 0;             // A multiple of kScanUnit.
  size_t keys_max = 0;           // About so many from each tier. REQUIRES: > 0.

  // Gets a step that could not be answered at once, from a later turn.
  base::InlineFunction<void(std::unique_ptr<KeyStep>)> done;

  // Answered.
  std::vector<Found> keys;
  uint64_t next = 0;    // Where the next step starts; 0: the end was reached.
  bool failed = false;  // The key index could not be read.
  bool gone = false;    // The namespace was dropped meanwhile.
};

// Returns the answered step when nothing of the namespace is cold; else null, and step->done gets
// it. REQUIRES: the namespace is mapped by a database.
std::unique_ptr<KeyStep> take_step(Engine& engine, std::unique_ptr<KeyStep> step);

}  // namespace engine

#endif  // BASALT_ENGINE_KEY_WALK_H_
