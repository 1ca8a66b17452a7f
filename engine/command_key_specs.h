// The shapes of key arguments, named by what they do: the building blocks of command_table.cc.

#ifndef BASALT_ENGINE_COMMAND_KEY_SPECS_H_
#define BASALT_ENGINE_COMMAND_KEY_SPECS_H_

#include "engine/command_table.h"

namespace engine::key_specs {

using namespace key_flag;

inline constexpr uint16_t kReads = kRo | kAccess;
inline constexpr uint16_t kInspects = kRo;  // Length, type, existence.
inline constexpr uint16_t kUpdates = kRw | kUpdate;
inline constexpr uint16_t kReadsUpdates = kRw | kAccess | kUpdate;
inline constexpr uint16_t kReadsRewrites = kRw | kAccess;
inline constexpr uint16_t kReadsInserts = kRw | kAccess | kInsert;
inline constexpr uint16_t kInsertsInto = kRw | kInsert;
inline constexpr uint16_t kDeletesFrom = kRw | kDelete;
inline constexpr uint16_t kTakesFrom = kRw | kAccess | kDelete;
inline constexpr uint16_t kOverwrites = kOw | kUpdate;
inline constexpr uint16_t kCreates = kOw | kInsert;
inline constexpr uint16_t kRemoves = kRm | kDelete;

// Keys from word `index` to `last` (relative to it, or negative from the end) by `step`.
constexpr KeySpec range(uint16_t flags, int16_t index, int16_t last, int16_t step,
                        std::string_view notes = {}) {
  return {.flags = flags, .index = index, .find_a = last, .find_b = step, .notes = notes};
}
// Word `index` counts the keys that follow it.
constexpr KeySpec counted(uint16_t flags, int16_t index, std::string_view notes = {}) {
  return {.flags = flags,
          .index = index,
          .find = KeySpec::Find::kKeyNumber,
          .find_a = 0,
          .find_b = 1,
          .find_c = 1,
          .notes = notes};
}
// Keys after `word`, looked for from word `start` (negative: backwards from the end). `last` as in
// range; with a `limit` of n only the first n-th of the words that follow.
constexpr KeySpec after_word(uint16_t flags, std::string_view word, int16_t start, int16_t last,
                             int16_t limit, std::string_view notes = {}) {
  return {.flags = flags,
          .begin = KeySpec::Begin::kKeyword,
          .index = start,
          .keyword = word,
          .find_a = last,
          .find_b = 1,
          .find_c = limit,
          .notes = notes};
}
// Keys whose place only a KeyFinder or the handler knows.
constexpr KeySpec unknown(uint16_t flags, std::string_view notes) {
  return {.flags = flags,
          .begin = KeySpec::Begin::kUnknown,
          .find = KeySpec::Find::kUnknown,
          .notes = notes};
}

inline constexpr KeySpec kReadsKey[] = {range(kReads, 1, 0, 1)};
inline constexpr KeySpec kUpdatesKey[] = {range(kUpdates, 1, 0, 1)};
inline constexpr KeySpec kReadsUpdatesKey[] = {range(kReadsUpdates, 1, 0, 1)};
inline constexpr KeySpec kDeletesFromKey[] = {range(kDeletesFrom, 1, 0, 1)};
inline constexpr KeySpec kInspectsKey[] = {range(kInspects, 1, 0, 1)};
inline constexpr KeySpec kInsertsIntoKey[] = {range(kInsertsInto, 1, 0, 1)};
inline constexpr KeySpec kTakesFromKey[] = {range(kTakesFrom, 1, 0, 1)};
inline constexpr KeySpec kInspectsKeyAt2[] = {range(kInspects, 2, 0, 1)};
inline constexpr KeySpec kReadsCountedKeys[] = {counted(kReads, 1)};
inline constexpr KeySpec kTakesFromAllButLast[] = {range(kTakesFrom, 1, -2, 1)};
inline constexpr KeySpec kReadsAllKeys[] = {range(kReads, 1, -1, 1)};
inline constexpr KeySpec kOverwritesKey[] = {range(kOverwrites, 1, 0, 1)};
inline constexpr KeySpec kInspectsAllKeys[] = {range(kInspects, 1, -1, 1)};
inline constexpr KeySpec kReadsKeyAt2[] = {range(kReads, 2, 0, 1)};
inline constexpr KeySpec kTakesFromCountedKeysAt2[] = {counted(kTakesFrom, 2)};
inline constexpr KeySpec kRemovesAllKeys[] = {range(kRemoves, 1, -1, 1)};
inline constexpr KeySpec kEvalKeys[] = {
    counted(kReadsUpdates, 2,
            "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE")};
inline constexpr KeySpec kEvalRoKeys[] = {counted(
    kReads, 2, "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")};
inline constexpr KeySpec kTakesFromCountedKeys[] = {counted(kTakesFrom, 1)};
inline constexpr KeySpec kNotKeyAllKeys[] = {range(kNotKey, 1, -1, 1)};
inline constexpr KeySpec kInsertsIntoKeyAt2[] = {range(kInsertsInto, 2, 0, 1)};
inline constexpr KeySpec kDeletesFromKeyAt2[] = {range(kDeletesFrom, 2, 0, 1)};
inline constexpr KeySpec kBitfieldKeys[] = {
    range(kReadsUpdates | kVariable, 1, 0, 1,
          "This command allows both access and modification of the key")};
inline constexpr KeySpec kReadsUpdatesCountedKeysAt2[] = {counted(kReadsUpdates, 2)};
inline constexpr KeySpec kReadsCountedKeysAt2[] = {counted(kReads, 2)};
inline constexpr KeySpec kGetexKeys[] = {
    range(kReadsUpdates, 1, 0, 1, "RW and UPDATE because it changes the TTL")};
inline constexpr KeySpec kReadsTwoKeys[] = {range(kReads, 1, 1, 1)};
inline constexpr KeySpec kOverwritesEverySecondKey[] = {range(kOverwrites, 1, -1, 2)};
inline constexpr KeySpec kCreatesEverySecondKey[] = {range(kCreates, 1, -1, 2)};
inline constexpr KeySpec kPfcountKeys[] = {range(
    kReadsRewrites, 1, -1, 1,
    "RW because it may change the internal representation of the key, and propagate to replicas")};
inline constexpr KeySpec kReadsRewritesKeyAt2[] = {range(kReadsRewrites, 2, 0, 1)};
inline constexpr KeySpec kSetKeys[] = {
    range(kReadsUpdates | kVariable, 1, 0, 1, "RW and ACCESS due to the optional `GET` argument")};
inline constexpr KeySpec kCreatesKey[] = {range(kCreates, 1, 0, 1)};
inline constexpr KeySpec kNotKeyKey[] = {range(kNotKey, 1, 0, 1)};
inline constexpr KeySpec kXaddKeys[] = {
    range(kUpdates, 1, 0, 1, "UPDATE instead of INSERT because of the optional trimming feature")};
inline constexpr KeySpec kUpdatesKeyAt2[] = {range(kUpdates, 2, 0, 1)};
inline constexpr KeySpec kXreadKeys[] = {after_word(kReads, "STREAMS", 1, -1, 2)};
inline constexpr KeySpec kXreadgroupKeys[] = {after_word(kReads, "STREAMS", 4, -1, 2)};
inline constexpr KeySpec kBlmoveKeys[] = {range(kTakesFrom, 1, 0, 1), range(kInsertsInto, 2, 0, 1)};
inline constexpr KeySpec kZdiffstoreKeys[] = {range(kOverwrites, 1, 0, 1), counted(kReads, 2)};
inline constexpr KeySpec kGeosearchstoreKeys[] = {range(kOverwrites, 1, 0, 1),
                                                  range(kReads, 2, 0, 1)};
inline constexpr KeySpec kSdiffstoreKeys[] = {range(kOverwrites, 1, 0, 1), range(kReads, 2, -1, 1)};
inline constexpr KeySpec kBitopKeys[] = {range(kOverwrites, 2, 0, 1), range(kReads, 3, -1, 1)};
inline constexpr KeySpec kCopyKeys[] = {range(kReads, 1, 0, 1), range(kOverwrites, 2, 0, 1)};
inline constexpr KeySpec kMigrateKeys[] = {range(kTakesFrom, 3, 0, 1),
                                           after_word(kTakesFrom | kIncomplete, "KEYS", -2, -1, 0)};
inline constexpr KeySpec kPfmergeKeys[] = {range(kReadsInserts, 1, 0, 1), range(kReads, 2, -1, 1)};
inline constexpr KeySpec kRenameKeys[] = {range(kTakesFrom, 1, 0, 1), range(kOverwrites, 2, 0, 1)};
inline constexpr KeySpec kRenamenxKeys[] = {range(kTakesFrom, 1, 0, 1), range(kCreates, 2, 0, 1)};
inline constexpr KeySpec kSinterstoreKeys[] = {range(kUpdates, 1, 0, 1), range(kReads, 2, -1, 1)};
inline constexpr KeySpec kSortRoKeys[] = {
    range(kReads, 1, 0, 1),
    unknown(kReads,
            "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive "
            "from the content of the key we sort")};
inline constexpr KeySpec kGeoradiusKeys[] = {range(kReads, 1, 0, 1),
                                             after_word(kOverwrites, "STORE", 6, 0, 0),
                                             after_word(kOverwrites, "STOREDIST", 6, 0, 0)};
inline constexpr KeySpec kGeoradiusbymemberKeys[] = {range(kReads, 1, 0, 1),
                                                     after_word(kOverwrites, "STORE", 5, 0, 0),
                                                     after_word(kOverwrites, "STOREDIST", 5, 0, 0)};
inline constexpr KeySpec kSortKeys[] = {
    range(kReads, 1, 0, 1),
    unknown(kReads,
            "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive "
            "from the content of the key we sort"),
    unknown(kOverwrites,
            "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear "
            "anywhere in the argument array")};
inline constexpr KeySpec kTierDemoteKeys[] = {range(kInspects, 2, -1, 1)};
inline constexpr KeySpec kTierPromoteKeys[] = {range(kReads, 2, -1, 1)};

}  // namespace engine::key_specs

#endif  // BASALT_ENGINE_COMMAND_KEY_SPECS_H_
