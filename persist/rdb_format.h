// The numbers of the RDB format: signature, opcodes, value types, length encodings.
//
// FORMAT.md beside this file is normative and has the tables; this header has their constants. What
// follows a type byte is the matter of rdb_grammar.h.

#ifndef BASALT_PERSIST_RDB_FORMAT_H_
#define BASALT_PERSIST_RDB_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace persist {

// "REDIS" and four decimal digits.
inline constexpr size_t kRdbHeaderBytes = 9;
inline constexpr size_t kRdbChecksumBytes = 8;
// The version written: the newest that redis-server 7.0 reads.
inline constexpr unsigned kRdbVersion = 10;
inline constexpr unsigned kRdbVersionMin = 1;
// The newest version read (Redis 7.4).
inline constexpr unsigned kRdbVersionMax = 12;
// From this version on a file ends with a checksum.
inline constexpr unsigned kRdbVersionChecksum = 5;

// A value's type byte. Bytes 8 and from 26 on are no types.
enum class RdbType : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kZset = 3,  // Scores as text.
  kHash = 4,
  kZset2 = 5,             // Scores as binary doubles.
  kModulePreRelease = 6,  // Its length cannot be known without the module: never accepted.
  kModule2 = 7,
  kHashZipmap = 9,
  kListZiplist = 10,
  kSetIntset = 11,
  kZsetZiplist = 12,
  kHashZiplist = 13,
  kListQuicklist = 14,  // Nodes are ziplists.
  kStreamListpacks = 15,
  kHashListpack = 16,              // RDB 10.
  kZsetListpack = 17,              // RDB 10.
  kListQuicklist2 = 18,            // RDB 10: nodes are listpacks or plain.
  kStreamListpacks2 = 19,          // RDB 10.
  kSetListpack = 20,               // RDB 11.
  kStreamListpacks3 = 21,          // RDB 11.
  kHashMetadataPreRelease = 22,    // RDB 12: fields with expiry, absolute.
  kHashListpackExPreRelease = 23,  // RDB 12.
  kHashMetadata = 24,              // RDB 12: fields with expiry, relative to the first.
  kHashListpackEx = 25,            // RDB 12.
};
inline constexpr unsigned kRdbTypes = 26;

// What may stand where a value's type byte may.
enum class RdbOpcode : uint8_t {
  kSlotInfo = 244,   // RDB 12: slot, keys, keys with expiry.
  kFunction2 = 245,  // A function library's code.
  kFunctionPreRelease = 246,
  kModuleAux = 247,
  kIdle = 248,       // LRU idle time of the next key, in seconds.
  kFrequency = 249,  // LFU counter of the next key.
  kAux = 250,
  kResizeDb = 251,
  kExpireMs = 252,       // Of the next key, 8 bytes, milliseconds since 1970.
  kExpireSeconds = 253,  // 4 bytes, up to RDB 2.
  kSelectDb = 254,
  kEof = 255,
};

// The element types within a module's value.
enum class RdbModuleOpcode : uint8_t {
  kEof = 0,
  kSigned = 1,
  kUnsigned = 2,
  kFloat = 3,
  kDouble = 4,
  kString = 5,
};

// How a quicklist 2 node is stored.
enum class RdbContainer : uint8_t { kPlain = 1, kPacked = 2 };

// The special string encodings: the low six bits of a first byte 11xxxxxx.
enum class RdbStringEncoding : uint8_t { kInt8 = 0, kInt16 = 1, kInt32 = 2, kLzf = 3 };

inline constexpr uint8_t kLengthSpecial = 0xc0;
inline constexpr uint8_t kLength32 = 0x80;
inline constexpr uint8_t kLength64 = 0x81;
inline constexpr size_t kLengthBytesMax = 9;

// Whether redis of some version writes a value under this byte.
constexpr bool is_value_type(uint8_t byte) { return byte < kRdbTypes && byte != 8; }
// "string", "hash-listpack" ...: the names redis-check-rdb prints; "unknown" for what is no type.
const char* rdb_type_name(uint8_t type);
// What the TYPE command says of it: "string", "list", "set", "zset", "hash", "stream", "module".
const char* rdb_type_family(uint8_t type);

// The nine characters of a module type's name, from the id that its values carry.
std::string module_type_name(uint64_t module_id);

// Writes `length` in its shortest form; the number of bytes it took (1, 2, 5 or 9). REQUIRES: room
// for kLengthBytesMax.
size_t encode_length(uint64_t length, std::byte* to);
size_t encoded_length_bytes(uint64_t length);

// A length, or the special encoding that stands in its place.
struct RdbLength {
  uint64_t value = 0;
  uint8_t bytes = 0;  // It took so many; 0: the input ends within it.
  bool special = false;
  bool valid = true;  // False: the first byte is no length.
};
// Reads the length at the start of `from`. Never reads beyond it.
RdbLength decode_length(base::ByteSpan from);

}  // namespace persist

#endif  // BASALT_PERSIST_RDB_FORMAT_H_
