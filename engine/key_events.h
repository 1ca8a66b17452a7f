// KeyEvents: what happens to keys, told to the one who listens.
//
// Commands say what they did where Redis calls signalModifiedKey and notifyKeyspaceEvent: with
// Keyspace::changed() when value, expiry or existence of a key changed, with Keyspace::notify()
// when something is told that changed nothing. What the keyspace does by itself (expired keys, new
// keys, misses) it tells itself. While nobody wants to know, a call is one test.
//
// WATCH, blocked clients and notify-keyspace-events hang on it.

#ifndef BASALT_ENGINE_KEY_EVENTS_H_
#define BASALT_ENGINE_KEY_EVENTS_H_

#include <cstdint>
#include <string_view>

#include "engine/key.h"

namespace engine {

class Keyspace;

// Classes of events: bits of notify-keyspace-events, Redis's letters in comments.
namespace notify_event {
inline constexpr uint32_t kKeyspace = 1u << 0;   // K
inline constexpr uint32_t kKeyevent = 1u << 1;   // E
inline constexpr uint32_t kGeneric = 1u << 2;    // g
inline constexpr uint32_t kString = 1u << 3;     // $
inline constexpr uint32_t kList = 1u << 4;       // l
inline constexpr uint32_t kSet = 1u << 5;        // s
inline constexpr uint32_t kHash = 1u << 6;       // h
inline constexpr uint32_t kSortedSet = 1u << 7;  // z
inline constexpr uint32_t kExpired = 1u << 8;    // x
inline constexpr uint32_t kEvicted = 1u << 9;    // e
inline constexpr uint32_t kStream = 1u << 10;    // t
inline constexpr uint32_t kKeyMiss = 1u << 11;   // m, not in A
inline constexpr uint32_t kModule = 1u << 13;    // d
inline constexpr uint32_t kNewKey = 1u << 14;    // n, not in A
inline constexpr uint32_t kAll = kGeneric | kString | kList | kSet | kHash | kSortedSet | kExpired |
                                 kEvicted | kStream | kModule;  // A
}  // namespace notify_event

struct KeyEvent {
  uint32_t event_class = 0;  // One bit of notify_event; 0: a change that has no event.
  std::string_view name;     // Redis's: "set", "expire".
};

inline constexpr KeyEvent kDelEvent = {notify_event::kGeneric, "del"};
inline constexpr KeyEvent kExpireEvent = {notify_event::kGeneric, "expire"};

// No call may run a command.
class KeyListener {
 public:
  // The key's value, expiry or existence changed.
  virtual void on_key_changed(const Keyspace& keyspace, const Key& key) = 0;
  // An event of a class that is wanted.
  virtual void on_key_event(const Keyspace& keyspace, const Key& key, const KeyEvent& event) = 0;
  // A database is about to be emptied, two are about to change places; when changes are wanted.
  virtual void on_flush(int database) = 0;
  virtual void on_swap(int a, int b) = 0;

 protected:
  ~KeyListener() = default;
};

struct KeyEvents {
  // Beside bits of notify_event: on_key_changed() is wanted.
  static constexpr uint32_t kChanges = 1u << 31;

  uint32_t wanted = 0;
  KeyListener* listener = nullptr;  // Not null while anything is wanted.
};

}  // namespace engine

#endif  // BASALT_ENGINE_KEY_EVENTS_H_
