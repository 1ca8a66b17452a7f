// The versions that this server claims: its own, and the one of Redis that it behaves as.

#ifndef BASALT_ENGINE_VERSION_H_
#define BASALT_ENGINE_VERSION_H_

#include <string>

namespace engine {

inline constexpr char kRedisVersion[] = "7.0.15";
// From meson.build.
extern const char kBasaltVersion[];
// What --version prints: "Basalt server v=7.0.15 basalt=0.1.0 malloc=... bits=64".
std::string version_line();

}  // namespace engine

#endif  // BASALT_ENGINE_VERSION_H_
