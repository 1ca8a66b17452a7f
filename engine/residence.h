// Residence: the states of a unit (I1) and every transition between them, for one namespace.
//
//                    create
//     absent ------------------------> dirty <----------------------------+
//        ^  <----- forget ------------  | ^                               | modify
//        |                 begin_demotion v | modify, demotion_failed       |
//        |  <----- forget ----------- demoting                             |
//        |                                | demoted (and on to cold)       |
//        |  <----- forget ------------- clean ------------------------------+
//        |                          drop v ^ fetched
//        |  <----- forget_cold -------- cold        (overwriting a cold unit: forget_cold, create)
//
// A unit is in exactly one state. dirty, demoting and clean have an entry in the dictionary; clean
// and cold have a live record. A transition changes entry, live bit (I6), pending index write and
// filter in one step:
//   bit set      demoted
//   bit cleared  modify and forget of a clean unit, forget_cold
//   bit moved    relocated
// A large string is in the state of its root; its pages are live as long as the root's record is,
// give or take the slices in which they are given up (large_writes.h).
// The filter and the index know the units with a live record, so a key that the filter does not
// know and the dictionary does not have is absent.
//
// During a snapshot an entry of an older epoch that is clean stands in the frozen live map, and one
// that is dirty or demoting is owed by memory: before it changes, leaves or becomes clean, the
// observer is told once and it gets the current epoch (pre-image). Before any change of residence
// the fetch table is told (I5).
//
// Made by the loop only.

#ifndef BASALT_ENGINE_RESIDENCE_H_
#define BASALT_ENGINE_RESIDENCE_H_

#include <cstdint>

#include "engine/cold_filter.h"
#include "engine/dictionary.h"
#include "engine/entry.h"
#include "engine/key.h"
#include "logstore/key_index.h"
#include "logstore/log_store.h"

namespace engine {

class Tier;

// A snapshot in progress.
class SnapshotObserver {
 public:
  // `entry`, of an older epoch than the current one and dirty or demoting, is about to change, to
  // be deleted, or to become clean. Called once for each: the caller then gives it the current
  // epoch.
  virtual void before_change(NamespaceId namespace_id, uint64_t hash, Entry* entry) = 0;
  // Whether an entry that could as well wait may be passed to before_change now.
  virtual bool has_room() const = 0;

 protected:
  ~SnapshotObserver() = default;
};

// What the residences of one engine share.
struct ResidenceShared {
  EntryHeap* heap = nullptr;
  Tier* tier = nullptr;                  // Null: the tier is off.
  SnapshotObserver* snapshot = nullptr;  // Null: none is running.
  uint8_t epoch = 0;                     // Of new and changed entries.
};

struct ResidenceCounts {
  uint64_t cold_keys = 0;
  uint64_t cold_hash_xor = 0;
  uint64_t expiring_resident = 0;  // Entries with an expiry.
  uint64_t expiring_cold = 0;
};

class Residence {
 public:
  // `dictionary` and `shared` outlive the residence.
  Residence(NamespaceId namespace_id, Dictionary* dictionary, ResidenceShared* shared)
      : namespace_id_(namespace_id), dictionary_(dictionary), shared_(shared) {}
  Residence(const Residence&) = delete;
  Residence& operator=(const Residence&) = delete;

  const ResidenceCounts& counts() const { return counts_; }
  ColdFilter& filter() { return filter_; }
  const ColdFilter& filter() const { return filter_; }
  uint8_t epoch() const { return shared_->epoch; }

  // absent -> dirty. Takes over `entry`, made with state kDirty and the current epoch.
  void create(uint64_t hash, Entry* entry);
  // dirty, demoting, clean -> dirty. Returns the entry to change, now of the current epoch; the
  // caller puts what it makes of it into the slot (which this keeps up to date).
  Entry* modify(uint64_t hash, Dictionary::Slot slot);
  // The same for an expiry that changes: its count is the caller's (note_expiry).
  void note_expiry(bool had, bool has) {
    counts_.expiring_resident += (has ? 1u : 0u);
    counts_.expiring_resident -= (had ? 1u : 0u);
  }
  // dirty, demoting, clean -> absent. Unlinks the entry; it is the caller's to destroy.
  Entry* forget(uint64_t hash, std::string_view key);
  // cold -> absent.
  void forget_cold(const Key& key, const logstore::IndexValue& where);

  // Has a snapshot that is owed the entry take it now; false when it cannot yet.
  bool ready_to_demote(uint64_t hash, Entry* entry);
  // dirty -> demoting. The tier's list of demotions has it. REQUIRES: ready_to_demote.
  void begin_demotion(Entry* entry);
  // demoting -> clean: the record is written. REQUIRES: the unit did not change since
  // begin_demotion. With `leaves` it goes on to cold at once and the entry is freed.
  void demoted(const Key& key, Entry* entry, const logstore::IndexValue& where, bool leaves);
  // demoting -> dirty: the record was not written. REQUIRES: as demoted.
  void demotion_failed(Entry* entry);
  // clean -> cold. Frees the entry.
  void drop(uint64_t hash, Entry* entry);
  // cold -> clean, on probation. `entry` was made from the record at `where`, with its reference.
  void fetched(uint64_t hash, Entry* entry);
  // absent -> cold, while the data set is loaded.
  void loaded(const Key& key, const logstore::IndexValue& where);
  // The live record of a clean or cold unit moved; the store has moved the bit.
  void relocated(const logstore::Relocation& relocation);

  // The namespace is being dropped, and all its records with it.
  void forget_all_cold();
  // Frees an entry that was unlinked from the dictionary of a dropped namespace.
  void free_detached(Entry* entry);

 private:
  void tell_snapshot(uint64_t hash, Entry* entry);
  void release_record(const Entry* entry, uint64_t hash, std::string_view key);

  const NamespaceId namespace_id_;
  Dictionary* const dictionary_;
  ResidenceShared* const shared_;
  ColdFilter filter_;  // Of all units with a live record.
  ResidenceCounts counts_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_RESIDENCE_H_
