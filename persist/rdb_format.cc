#include "persist/rdb_format.h"

#include <array>

namespace persist {

namespace {

struct TypeName {
  const char* name;
  const char* family;
};

constexpr std::array<TypeName, kRdbTypes> kTypeNames = {{
    {"string", "string"},
    {"list-linked", "list"},
    {"set-hashtable", "set"},
    {"zset-v1", "zset"},
    {"hash-hashtable", "hash"},
    {"zset-v2", "zset"},
    {"module-pre-release", "module"},
    {"module-value", "module"},
    {"unknown", "unknown"},
    {"hash-zipmap", "hash"},
    {"list-ziplist", "list"},
    {"set-intset", "set"},
    {"zset-ziplist", "zset"},
    {"hash-ziplist", "hash"},
    {"quicklist", "list"},
    {"stream", "stream"},
    {"hash-listpack", "hash"},
    {"zset-listpack", "zset"},
    {"quicklist-v2", "list"},
    {"stream-v2", "stream"},
    {"set-listpack", "set"},
    {"stream-v3", "stream"},
    {"hash-hashtable-md-pre-release", "hash"},
    {"hash-listpack-md-pre-release", "hash"},
    {"hash-hashtable-md", "hash"},
    {"hash-listpack-md", "hash"},
}};

}  // namespace

const char* rdb_type_name(uint8_t type) {
  return type < kRdbTypes ? kTypeNames[type].name : "unknown";
}

const char* rdb_type_family(uint8_t type) {
  return type < kRdbTypes ? kTypeNames[type].family : "unknown";
}

std::string module_type_name(uint64_t module_id) {
  constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string name(9, ' ');
  module_id >>= 10;  // The encoding version.
  for (size_t i = name.size(); i-- > 0; module_id >>= 6) name[i] = kLetters[module_id & 63];
  return name;
}

size_t encoded_length_bytes(uint64_t length) {
  if (length < 64) return 1;
  if (length < 16384) return 2;
  return length <= UINT32_MAX ? 5 : 9;
}

size_t encode_length(uint64_t length, std::byte* to) {
  if (length < 64) {
    to[0] = std::byte(length);
    return 1;
  }
  if (length < 16384) {
    to[0] = std::byte(0x40 | (length >> 8));
    to[1] = std::byte(length & 0xff);
    return 2;
  }
  if (length <= UINT32_MAX) {
    to[0] = std::byte(kLength32);
    base::store_be<uint32_t>(to + 1, static_cast<uint32_t>(length));
    return 5;
  }
  to[0] = std::byte(kLength64);
  base::store_be<uint64_t>(to + 1, length);
  return 9;
}

RdbLength decode_length(base::ByteSpan from) {
  if (from.empty()) return {};
  const auto first = static_cast<uint8_t>(from[0]);
  const auto low = static_cast<uint8_t>(first & 0x3f);
  switch (first >> 6) {
    case 0:
      return {.value = low, .bytes = 1};
    case 1:
      if (from.size() < 2) return {};
      return {.value = static_cast<uint64_t>(low) << 8 | static_cast<uint8_t>(from[1]), .bytes = 2};
    case 2:
      if (first == kLength32) {
        if (from.size() < 5) return {};
        return {.value = base::load_be<uint32_t>(&from[1]), .bytes = 5};
      }
      if (first == kLength64) {
        if (from.size() < 9) return {};
        return {.value = base::load_be<uint64_t>(&from[1]), .bytes = 9};
      }
      return {.bytes = 1, .valid = false};
    default:
      return {.value = low, .bytes = 1, .special = true};
  }
}

}  // namespace persist
