#include "engine/value/value_type.h"

#include "base/check.h"
#include "engine/value/large_string.h"
#include "persist/rdb_format.h"

namespace engine {

ValueType value_type_of(uint8_t rdb_type) {
  using persist::RdbType;
  if (rdb_type == kLargeStringType) return ValueType::kString;
  switch (static_cast<RdbType>(rdb_type)) {
    case RdbType::kString:
      return ValueType::kString;
    case RdbType::kList:
    case RdbType::kListZiplist:
    case RdbType::kListQuicklist:
    case RdbType::kListQuicklist2:
      return ValueType::kList;
    case RdbType::kSet:
    case RdbType::kSetIntset:
    case RdbType::kSetListpack:
      return ValueType::kSet;
    case RdbType::kZset:
    case RdbType::kZset2:
    case RdbType::kZsetZiplist:
    case RdbType::kZsetListpack:
      return ValueType::kZset;
    case RdbType::kHash:
    case RdbType::kHashZipmap:
    case RdbType::kHashZiplist:
    case RdbType::kHashListpack:
    case RdbType::kHashMetadata:
    case RdbType::kHashListpackEx:
      return ValueType::kHash;
    case RdbType::kStreamListpacks:
    case RdbType::kStreamListpacks2:
    case RdbType::kStreamListpacks3:
      return ValueType::kStream;
    default:
      break;
  }
  CHECK_EQ(rdb_type, 0xff);  // Not a type of a stored value.
  return ValueType::kString;
}

std::string_view value_type_name(ValueType type) {
  switch (type) {
    case ValueType::kString:
      return "string";
    case ValueType::kList:
      return "list";
    case ValueType::kSet:
      return "set";
    case ValueType::kZset:
      return "zset";
    case ValueType::kHash:
      return "hash";
    case ValueType::kStream:
      return "stream";
  }
  return "none";
}

}  // namespace engine
