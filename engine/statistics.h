// Statistics: the counters of INFO that no component keeps for itself.

#ifndef BASALT_ENGINE_STATISTICS_H_
#define BASALT_ENGINE_STATISTICS_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "iouring/latency_histogram.h"

namespace engine {

struct CommandStatistics {
  uint64_t calls = 0;
  uint64_t nanoseconds = 0;
  uint64_t rejected_calls = 0;
  uint64_t failed_calls = 0;
  // Of its calls, while latency-tracking is on; null before the first.
  std::unique_ptr<iouring::LatencyHistogram> latency;
};

// A figure per second, over sixteen samples of 100 ms as Redis has it.
class RateMeter {
 public:
  void sample(uint64_t total, uint64_t now_ms) {
    if (last_ms_ != 0 && now_ms > last_ms_) {
      samples_[next_] = (total - last_total_) * 1000 / (now_ms - last_ms_);
      next_ = (next_ + 1) % samples_.size();
    }
    last_total_ = total;
    last_ms_ = now_ms;
  }
  uint64_t per_second() const {
    uint64_t sum = 0;
    for (const uint64_t sample : samples_) sum += sample;
    return sum / samples_.size();
  }

 private:
  std::array<uint64_t, 16> samples_{};
  size_t next_ = 0;
  uint64_t last_total_ = 0;
  uint64_t last_ms_ = 0;
};

struct Statistics {
  int64_t started_ms = 0;
  uint64_t commands_processed = 0;
  uint64_t connections_received = 0;
  uint64_t connections_rejected = 0;
  uint64_t input_bytes = 0;
  uint64_t output_bytes = 0;
  uint64_t evicted_keys = 0;
  uint64_t evicted_clients = 0;
  uint64_t query_buffer_limit_disconnections = 0;
  uint64_t output_buffer_limit_disconnections = 0;
  uint64_t error_replies = 0;
  uint64_t reads = 0;   // Runs of bytes that arrived.
  uint64_t writes = 0;  // Sends that ended.
  // Sends, for "# Ring".
  uint32_t sends_in_flight = 0;
  uint32_t sends_in_flight_max = 0;
  uint64_t send_bytes_in_flight = 0;
  uint64_t send_bytes_in_flight_max = 0;
  iouring::LatencyHistogram send_latency;
  // Of the loop: from the first callback to the end of the background slices.
  iouring::LatencyHistogram turns;
  RateMeter commands_rate;
  RateMeter input_rate;
  RateMeter output_rate;
  std::map<std::string, uint64_t> errors;   // By the error's first word.
  std::vector<CommandStatistics> commands;  // By Command::id.

  // CONFIG RESETSTAT.
  void reset() {
    const int64_t started = started_ms;
    const size_t rows = commands.size();
    const uint32_t sends = sends_in_flight;
    const uint64_t bytes = send_bytes_in_flight;
    *this = Statistics{};
    started_ms = started;
    sends_in_flight = sends;
    send_bytes_in_flight = bytes;
    commands.resize(rows);
  }
};

}  // namespace engine

#endif  // BASALT_ENGINE_STATISTICS_H_
