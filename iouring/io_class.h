// IoClass: what an I/O is for. Everything that is scheduled, limited or counted is so per class.

#ifndef BASALT_IOURING_IO_CLASS_H_
#define BASALT_IOURING_IO_CLASS_H_

#include <cstddef>
#include <cstdint>

namespace iouring {

// In order of precedence: an earlier class is never kept waiting for a later one.
enum class IoClass : uint8_t { kAof, kColdRead, kDemotion, kCompaction, kSnapshot, kNet, kCount };

inline constexpr size_t kIoClasses = static_cast<size_t>(IoClass::kCount);

// The name in INFO: "aof", "cold_read", "demotion", "compaction", "snapshot", "net".
constexpr const char* io_class_name(IoClass io_class) {
  constexpr const char* kNames[kIoClasses] = {"aof",        "cold_read", "demotion",
                                              "compaction", "snapshot",  "net"};
  return kNames[static_cast<size_t>(io_class)];
}

// A client waits for foreground I/O; background I/O gives way to it.
constexpr bool is_background(IoClass io_class) {
  return io_class == IoClass::kDemotion || io_class == IoClass::kCompaction ||
         io_class == IoClass::kSnapshot;
}

}  // namespace iouring

#endif  // BASALT_IOURING_IO_CLASS_H_
