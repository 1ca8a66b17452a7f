// Keyspace: one namespace as commands see it.
//
// Commands name keys and never tiers: the gate has made what they need resident, or told the
// keyspace where a cold key lies (note_cold), so every call answers at once. What a call returns is
// valid until the next call that changes the keyspace.
//
// An expired key is absent to every call and is deleted by the first one that meets it.

#ifndef BASALT_ENGINE_KEYSPACE_H_
#define BASALT_ENGINE_KEYSPACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/access.h"
#include "engine/dictionary.h"
#include "engine/entry.h"
#include "engine/key.h"
#include "engine/key_events.h"
#include "engine/residence.h"
#include "engine/value/value_tools.h"

namespace engine {

// Hears of keys that are deleted because their time has passed, before whoever met them goes on.
class DeletionObserver {
 public:
  virtual void on_expired(NamespaceId id, std::string_view key) = 0;

 protected:
  ~DeletionObserver() = default;
};

// What all keyspaces of an engine share; owned by the Databases.
struct KeyspaceShared {
  explicit KeyspaceShared(const base::KeyHasher* key_hasher, base::Random* random_source)
      : hasher(key_hasher), random(random_source), access(random_source) {}

  const base::KeyHasher* const hasher;
  base::Random* const random;
  EntryHeap heap;
  ResidenceShared residence;
  AccessClock access;
  int64_t now_ms = 0;                     // The time of the command that runs.
  bool counts_touches = true;             // Off while CLIENT NO-TOUCH's commands run.
  bool expires_keys = true;               // Off while loading: what is expired is still loaded.
  DeletionObserver* deletions = nullptr;  // Null: nobody wants to know.
  PackedLimits packed_limits;
  KeyEvents events;
  // Counters of INFO.
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t expired = 0;
  uint64_t changes = 0;  // Since the start: "dirty" of Redis.
  uint64_t promoted_keys = 0;
  // Values that are freed in slices or on the freeing thread; the engine empties it.
  std::vector<ChunkedString*> condemned_chunks;
  std::vector<CountedTree*> condemned_trees;

  ValueTools value_tools() { return {&heap, hasher, packed_limits}; }
};

// What is known of a key without its value.
struct KeyFacts {
  ValueType type = ValueType::kString;
  int64_t expiry_ms = kNoExpiry;
  Entry* entry = nullptr;  // Null: cold.
};

struct SetOptions {
  int64_t expiry_ms = kNoExpiry;
  bool keep_expiry = false;
  ValueForm form = ValueForm::kPlain;
};

class Keyspace {
 public:
  Keyspace(NamespaceId id, KeyspaceShared* shared);
  // Everything cold must have been dropped from the tier before.
  ~Keyspace() = default;
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  NamespaceId id() const { return id_; }
  uint64_t hash_of(std::string_view key) const { return dictionary_.hash_of(key); }
  Key key_of(std::string_view text) const { return {text, hash_of(text)}; }

  // All keys, expired ones that nobody has met yet included, as in Redis.
  uint64_t size() const { return dictionary_.size() + residence_.counts().cold_keys; }
  uint64_t expiring() const {
    return residence_.counts().expiring_resident + residence_.counts().expiring_cold;
  }
  // Of the hashes of all keys.
  uint64_t hash_xor() const { return dictionary_.hash_xor() ^ residence_.counts().cold_hash_xor; }

  // ---- Reading
  // The value for a command that reads it: counts a hit or a miss and touches the entry.
  // REQUIRES: the gate gave value access to the key.
  Entry* find(const Key& key);
  // As find, without counting or touching.
  Entry* peek(const Key& key);
  // Type and expiry, of cold keys too. Counts as a hit or a miss when `counts` is set.
  std::optional<KeyFacts> facts(const Key& key, bool counts = false);
  bool exists(const Key& key) { return facts(key).has_value(); }

  // ---- Writing. Each counts one change.
  // Sets a string of at most base::kInlineValueBytesMax, whatever was there.
  void set(const Key& key, std::string_view value, const SetOptions& options);
  // Owns `chunks`.
  void set_chunks(const Key& key, ChunkedString* chunks, const SetOptions& options);
  // Either of the two, by size. `value` is copied.
  void set_string(const Key& key, std::string_view value, const SetOptions& options);
  // The slot of an entry that is about to be changed, dirty and of the current epoch; empty when
  // absent. Then at most one of: change it in place, put().
  Dictionary::Slot modify(const Key& key);
  // Stores what EntryHeap made of the slot's entry.
  void put(Dictionary::Slot slot, Entry* entry) { dictionary_.replace(slot, entry); }
  EntryHeap& heap() { return shared_->heap; }
  // Adds an entry made by heap() with fresh_options(). REQUIRES: the key is absent. It is no new
  // key when it was erased just now to be replaced.
  void add(const Key& key, Entry* entry, bool is_new = true);
  EntryOptions fresh_options() const;
  bool erase(const Key& key);
  // False when absent. kNoExpiry persists the key.
  bool set_expiry(const Key& key, int64_t expiry_ms);
  // Moves the entry to another key or keyspace; the destination is overwritten. REQUIRES: `from`
  // is resident; from and to differ.
  void rename(const Key& from, Keyspace& to_keyspace, const Key& to);

  // ---- Telling (key_events.h); after the change, before the reply or after it.
  void changed(const Key& key, const KeyEvent& event) const {
    if (shared_->events.wanted != 0) [[unlikely]]
      tell_change(key, event);
  }
  void notify(const Key& key, const KeyEvent& event) const {
    if ((shared_->events.wanted & event.event_class) != 0) [[unlikely]]
      shared_->events.listener->on_key_event(*this, key, event);
  }

  // ---- For the gate
  // The key is cold, its record at `where`; holds until clear_cold_notes().
  void note_cold(const Key& key, const logstore::IndexValue& where);
  // Where a noted key lies; null when it was not noted, or not any more.
  const logstore::IndexValue* cold_place(const Key& key) {
    const ColdNote* const note = cold_note(key);
    return note == nullptr ? nullptr : &note->where;
  }
  void clear_cold_notes() {
    if (!cold_notes_.empty()) [[unlikely]]
      cold_notes_.clear();
  }
  // Resident or not, expired or not, untouched.
  Entry* resident(const Key& key) const { return dictionary_.find(key.hash, key.text); }
  bool may_be_cold(const Key& key) const {
    return residence_.counts().cold_keys != 0 && residence_.filter().may_contain(key.hash);
  }
  void prefetch_bucket(uint64_t hash) const { dictionary_.prefetch_bucket(hash); }
  void prefetch_entry(uint64_t hash) const {
    if (!dictionary_.prefetch_entry(hash)) residence_.filter().prefetch(hash);
  }

  // Deletes the key if its expiry has passed; for active expiry.
  bool expire_if_due(const Key& key);

  Dictionary& dictionary() { return dictionary_; }
  const Dictionary& dictionary() const { return dictionary_; }
  Residence& residence() { return residence_; }
  const Residence& residence() const { return residence_; }
  KeyspaceShared& shared() { return *shared_; }

 private:
  struct ColdNote {
    std::string key;
    logstore::IndexValue where;
  };

  bool is_expired(int64_t expiry_ms) const {
    return expiry_ms != kNoExpiry && expiry_ms <= shared_->now_ms && shared_->expires_keys;
  }
  // The resident, unexpired entry; deletes an expired one.
  Entry* live_entry(const Key& key);
  ColdNote* live_note(const Key& key);
  ColdNote* cold_note(const Key& key);
  void forget_note(const Key& key, ColdNote* note);
  void remove_resident(const Key& key);
  void note_expired(const Key& key);
  void touch(const Key& key, Entry* entry);
  // The slot to write a new value to, or empty after making the key absent; says then whether it
  // existed.
  Dictionary::Slot slot_to_overwrite(const Key& key, bool* existed);
  void release_value(Entry* entry);
  void set_value_in(Dictionary::Slot slot, std::string_view value, const SetOptions& options);
  void apply_expiry(Dictionary::Slot slot, const SetOptions& options);
  void note_miss(const Key& key);
  void tell_change(const Key& key, const KeyEvent& event) const;

  const NamespaceId id_;
  KeyspaceShared* const shared_;
  Dictionary dictionary_;
  Residence residence_;
  std::vector<ColdNote> cold_notes_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_KEYSPACE_H_
