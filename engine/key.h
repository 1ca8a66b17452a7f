// Key: a user's key with its place in the one hash order, computed once per command.

#ifndef BASALT_ENGINE_KEY_H_
#define BASALT_ENGINE_KEY_H_

#include <cstdint>
#include <string_view>

namespace engine {

// `text` is a view of the caller's bytes.
struct Key {
  std::string_view text;
  uint64_t hash = 0;

  bool operator==(const Key&) const = default;
};

// A database is a mapping to a namespace; namespace ids are never reused.
using NamespaceId = uint32_t;

}  // namespace engine

#endif  // BASALT_ENGINE_KEY_H_
