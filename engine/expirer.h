// Expirer: deletes keys whose time has passed and that nobody asks for.
//
// In memory a hand goes round the dictionaries in hash order, as fast as it finds something; cold
// keys come from the index's expiry column, soonest first. Loop thread only.

#ifndef BASALT_ENGINE_EXPIRER_H_
#define BASALT_ENGINE_EXPIRER_H_

#include <cstdint>
#include <vector>

#include "engine/databases.h"
#include "engine/tier.h"

namespace engine {

class Expirer {
 public:
  // `tier` may be null.
  Expirer(Databases* databases, Tier* tier);

  void set_active(bool active) { active_ = active; }
  bool active() const { return active_; }

  // Looks at about `buckets_max` buckets; false when there is nothing to do before the next tick.
  bool step(size_t buckets_max);
  // Ten times a second: lets the hand begin its next round, and asks the index what is due.
  void tick(int64_t now_ms);

 private:
  void ask_index(int64_t now_ms);
  void expire_cold(const logstore::DuePage& page);

  Databases* const databases_;
  Tier* const tier_;
  bool active_ = true;
  bool resting_ = true;
  int database_ = 0;
  uint64_t position_ = 0;
  bool asking_ = false;
};

}  // namespace engine

#endif  // BASALT_ENGINE_EXPIRER_H_
