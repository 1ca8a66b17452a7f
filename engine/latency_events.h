// LatencyEvents: what took longer than latency-monitor-threshold, by the kind of event, for
// LATENCY.
//
// Of each kind the worst sample of each second is kept, for the last 160 seconds that had one.

#ifndef BASALT_ENGINE_LATENCY_EVENTS_H_
#define BASALT_ENGINE_LATENCY_EVENTS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace engine {

struct LatencySample {
  int64_t time_s = 0;
  uint64_t latency_ms = 0;
};

struct LatencySeries {
  std::deque<LatencySample> samples;  // The oldest first; never empty.
  uint64_t worst_ms = 0;              // Of all times.
};

// Of the samples that are kept.
struct LatencySummary {
  uint64_t lowest_ms = 0;
  uint64_t highest_ms = 0;
  uint64_t average_ms = 0;
  uint64_t deviation_ms = 0;  // Mean of the absolute ones.
  int64_t period_s = 1;       // Since the oldest.
};
LatencySummary summarize(const LatencySeries& series, int64_t now_s);

class LatencyEvents {
 public:
  static constexpr size_t kSamplesMax = 160;

  void add(std::string_view event, uint64_t latency_ms, int64_t now_s);
  // Case is ignored; how many there were.
  size_t reset(std::string_view event);
  size_t reset_all();
  const std::map<std::string, LatencySeries, std::less<>>& all() const { return series_; }
  const LatencySeries* find(std::string_view event) const;

 private:
  std::map<std::string, LatencySeries, std::less<>> series_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_LATENCY_EVENTS_H_
