// Which words of a command are keys, and what the command does to each.
//
// for_each_key() is the hot path: ranges at fixed positions without a call. Everything else
// (numkeys, STREAMS, STORE, SORT, MIGRATE, SET ... GET) goes through find_keys(). Words that break
// the command's syntax yield no keys, never an error: the handler reports what is wrong.

#ifndef BASALT_ENGINE_COMMAND_KEYS_H_
#define BASALT_ENGINE_COMMAND_KEYS_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/command_table.h"

namespace engine {

inline constexpr int32_t kNoDatabase = -1;

struct KeyRef {
  uint32_t position = 0;  // Index into the words.
  uint16_t flags = 0;     // key_flag bits.
  KeyAccess access = KeyAccess::kNone;
  // What MOVE and COPY name: the database in which the key's existence is asked for too. As the
  // client sent it, so it need not exist.
  int32_t also_database = kNoDatabase;
};

// Keys of one command, in the order of Redis's COMMAND GETKEYS; the first few without allocation.
class KeyList {
 public:
  void add(uint32_t position, uint16_t flags, int32_t also_database = kNoDatabase);
  void clear();
  std::span<KeyRef> refs();
  std::span<const KeyRef> refs() const;
  size_t size() const { return size_; }

 private:
  static constexpr size_t kInline = 8;
  size_t size_ = 0;
  std::array<KeyRef, kInline> inline_;
  std::vector<KeyRef> more_;  // All of them, once there are more than kInline.
};

// What a key with these flags needs under a command of that mode.
inline KeyAccess key_access(KeyAccess command_access, uint16_t flags) {
  if (command_access != KeyAccess::kValue) return command_access;
  return (flags & (key_flag::kRo | key_flag::kRw)) != 0 ? KeyAccess::kValue : KeyAccess::kMeta;
}

// Appends nothing and returns false when the words break the specs (GETKEYS then fails); else
// replaces `keys`. `words` starts with the command's name. A subcommand's words include both names.
bool find_keys(const Command& command, CommandWords words, KeyList* keys);

// The words of one plain range that exist: [first, last] by step. Empty when it is out of bounds.
struct KeyRange {
  size_t first = 1;
  size_t last = 0;
  size_t step = 1;
};
inline KeyRange plain_range(const KeySpec& spec, size_t words) {
  const size_t first = static_cast<size_t>(spec.index);
  const int64_t last =
      spec.find_a >= 0 ? spec.index + spec.find_a : static_cast<int64_t>(words) + spec.find_a;
  if (last < spec.index || last >= static_cast<int64_t>(words)) return {};
  return {first, static_cast<size_t>(last), static_cast<size_t>(spec.find_b)};
}

void find_set_keys(CommandWords words, KeyList* keys);

// Calls f(const KeyRef&) for every key. Commands without keys cost one test.
template <class F>
void for_each_key(const Command& command, CommandWords words, F&& f) {
  if (command.access == KeyAccess::kNone) return;
  if (command.has_plain_keys) {
    for (const KeySpec& spec : command.key_specs) {
      const KeyRange range = plain_range(spec, words.size());
      KeyRef key{0, spec.flags, key_access(command.access, spec.flags), kNoDatabase};
      for (size_t position = range.first; position <= range.last; position += range.step) {
        key.position = static_cast<uint32_t>(position);
        f(key);
      }
    }
    return;
  }
  if (command.key_finder == find_set_keys && words.size() == 3) {
    // The hottest write needs no list.
    return f(KeyRef{1, key_flag::kOw | key_flag::kUpdate, KeyAccess::kMeta, kNoDatabase});
  }
  KeyList keys;
  find_keys(command, words, &keys);
  for (const KeyRef& key : keys.refs()) f(key);
}

// KeyFinders, for rows of the table; find_set_keys is one too.
void find_copy_keys(CommandWords words, KeyList* keys);
void find_move_keys(CommandWords words, KeyList* keys);
void find_bitfield_keys(CommandWords words, KeyList* keys);
void find_sort_keys(CommandWords words, KeyList* keys);
void find_sort_ro_keys(CommandWords words, KeyList* keys);
void find_migrate_keys(CommandWords words, KeyList* keys);
void find_tier_demote_keys(CommandWords words, KeyList* keys);

// COMMAND GETKEYS: whether the command may have keys at all.
bool may_have_keys(const Command& command);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMAND_KEYS_H_
