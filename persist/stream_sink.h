// StreamSink: where a snapshot's bytes go, a file or a socket, in order and with bounded memory.
//
// Whoever makes the bytes takes an empty buffer, fills it (on any thread) and hands it in; buffers
// reach the sink in the order of submit(). A sink never grows: when its buffers are all out,
// acquire() gives none, and on_room runs once one is free again. For the loop's thread alone.

#ifndef BASALT_PERSIST_STREAM_SINK_H_
#define BASALT_PERSIST_STREAM_SINK_H_

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/function.h"
#include "base/limits.h"
#include "base/result.h"

namespace persist {

// May be changed at any time, during a stream too.
struct StreamLimits {
  uint32_t operations_max = 8;           // snapshot-io-depth. REQUIRES: > 0.
  uint64_t bytes_max = 8 * 1024 * 1024;  // snapshot-buffer. REQUIRES: >= kStreamBytesMin.
  uint64_t bytes_per_second_max = 0;     // snapshot-rate-limit; 0 is no limit.
};
// Buffers of a stream, and the least memory it gets.
inline constexpr size_t kStreamBufferBytes = base::kIoBytesMax;
inline constexpr uint64_t kStreamBytesMin = 4 * kStreamBufferBytes;

// Counters of a stream. *_max are since it began or its limits changed, and never above them.
// Truncating, syncing and renaming at the end count as operations of no bytes.
struct StreamStatistics {
  uint32_t in_flight = 0;
  uint32_t in_flight_max = 0;
  uint64_t bytes_in_flight = 0;
  uint64_t bytes_in_flight_max = 0;
  uint64_t buffers = 0;  // Allocated now: empty, being filled, waiting and in flight.
  uint64_t buffers_max = 0;
  uint64_t bytes = 0;       // Moved in all.
  uint64_t rate_waits = 0;  // Times the rate limit held a transfer back.
};

using StreamCallback = base::InlineFunction<void(base::Status)>;

class StreamSink {
 public:
  virtual ~StreamSink() = default;

  // How many buffers acquire() would give now.
  virtual size_t buffers_free() const = 0;
  // A buffer of kStreamBufferBytes. REQUIRES: buffers_free() > 0.
  virtual base::MutableByteSpan acquire() = 0;
  // Gives the buffer back unused.
  virtual void release(base::MutableByteSpan buffer) = 0;
  // The next bytes of the stream: all of the buffer, except that the last may be filled in part.
  virtual void submit(base::MutableByteSpan buffer, size_t bytes) = 0;
  // Called from a callback of the loop when buffers_free() grew or status() turned bad. Replaces
  // the one set before, which must not be running.
  virtual void set_on_room(base::InlineFunction<void()> on_room) = 0;

  // Everything submitted becomes durable and visible, or nothing is left of it; then `done`.
  // REQUIRES: every buffer acquired was submitted or released. Once only.
  virtual void finish(StreamCallback done) = 0;
  // Gives the stream up: nothing is left of it when `done` runs. Buffers that are still out are to
  // be released by then. Once only, after an error too, but not after finish().
  virtual void abort(base::InlineFunction<void()> done) = 0;

  // The first error of a transfer; what is submitted after it is dropped, finish() reports it.
  virtual const base::Status& status() const = 0;

  virtual void set_limits(const StreamLimits& limits) = 0;
  virtual const StreamStatistics& statistics() const = 0;
};

}  // namespace persist

#endif  // BASALT_PERSIST_STREAM_SINK_H_
