// The mapping from RDB's type bytes to the types that clients know.

#ifndef BASALT_ENGINE_VALUE_VALUE_TYPE_H_
#define BASALT_ENGINE_VALUE_VALUE_TYPE_H_

#include <cstdint>
#include <string_view>

#include "engine/entry.h"

namespace engine {

// The type of a value whose payload has this RDB type byte. REQUIRES: a value type that this
// server writes (persist/rdb_format.h), or kLargeStringType.
ValueType value_type_of(uint8_t rdb_type);
// As TYPE replies it: "string", "list", ...
std::string_view value_type_name(ValueType type);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_VALUE_TYPE_H_
