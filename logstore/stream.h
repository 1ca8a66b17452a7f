// Stream: what an append is for; each fills segments of its own, so that records of like lifetime
// lie together. AppendState: whether a stream takes records now.

#ifndef BASALT_LOGSTORE_STREAM_H_
#define BASALT_LOGSTORE_STREAM_H_

#include <cstddef>
#include <cstdint>

#include "iouring/io_class.h"

namespace logstore {

enum class Stream : uint8_t {
  kDemotion,    // Fresh records.
  kCompaction,  // Survivors of victims; the store's own.
  kPreImage,    // Read back by a snapshot; never live, reclaimed when no FrozenView is left.
  kCount
};
inline constexpr size_t kStreams = static_cast<size_t>(Stream::kCount);

enum class AppendState : uint8_t {
  kReady,
  kBusy,    // Buffers or the next segment are in the works, or compaction has to catch up.
  kFull,    // The limit or the device is full, until something is reclaimed.
  kFailed,  // A write or a new file failed with other than no space; tried again after a while.
};

// "ready", "busy", "full", "failed".
constexpr const char* append_state_name(AppendState state) {
  constexpr const char* kNames[] = {"ready", "busy", "full", "failed"};
  return kNames[static_cast<size_t>(state)];
}

// Writers may be parked until their pre-image is written, so that stream is as urgent as demotion.
constexpr iouring::IoClass io_class_of(Stream stream) {
  return stream == Stream::kCompaction ? iouring::IoClass::kCompaction
                                       : iouring::IoClass::kDemotion;
}

// How long a stream that failed waits before it tries again.
inline constexpr uint64_t kRetryDelayNs = 1'000'000'000;

}  // namespace logstore

#endif  // BASALT_LOGSTORE_STREAM_H_
