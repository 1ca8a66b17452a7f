#include "engine/version.h"

#include <fmt/format.h>

namespace engine {

const char kBasaltVersion[] = BASALT_VERSION;

std::string version_line() {
#ifdef BASALT_HAVE_MIMALLOC
  constexpr const char* kMalloc = "mimalloc";
#else
  constexpr const char* kMalloc = "libc";
#endif
  return fmt::format("Basalt server v={} basalt={} sha=00000000:0 malloc={} bits=64 build=0\n",
                     kRedisVersion, kBasaltVersion, kMalloc);
}

}  // namespace engine
