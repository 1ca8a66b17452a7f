#include "engine/latency_events.h"

#include <algorithm>

#include "base/check.h"

namespace engine {

namespace {

bool same_folded(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

LatencySummary summarize(const LatencySeries& series, int64_t now_s) {
  CHECK(!series.samples.empty());
  LatencySummary summary;
  summary.lowest_ms = series.samples.front().latency_ms;
  uint64_t sum = 0;
  for (const LatencySample& sample : series.samples) {
    summary.lowest_ms = std::min(summary.lowest_ms, sample.latency_ms);
    summary.highest_ms = std::max(summary.highest_ms, sample.latency_ms);
    sum += sample.latency_ms;
  }
  const uint64_t count = series.samples.size();
  summary.average_ms = sum / count;
  uint64_t deviations = 0;
  for (const LatencySample& sample : series.samples)
    deviations += std::max(sample.latency_ms, summary.average_ms) -
                  std::min(sample.latency_ms, summary.average_ms);
  summary.deviation_ms = deviations / count;
  summary.period_s = std::max<int64_t>(now_s - series.samples.front().time_s, 1);
  return summary;
}

void LatencyEvents::add(std::string_view event, uint64_t latency_ms, int64_t now_s) {
  auto at = series_.find(event);
  if (at == series_.end()) at = series_.emplace(event, LatencySeries{}).first;
  LatencySeries& series = at->second;
  series.worst_ms = std::max(series.worst_ms, latency_ms);
  if (!series.samples.empty() && series.samples.back().time_s == now_s) {
    uint64_t& last = series.samples.back().latency_ms;
    last = std::max(last, latency_ms);
    return;
  }
  series.samples.push_back({now_s, latency_ms});
  if (series.samples.size() > kSamplesMax) series.samples.pop_front();
}

size_t LatencyEvents::reset(std::string_view event) {
  return std::erase_if(series_,
                       [event](const auto& each) { return same_folded(each.first, event); });
}

size_t LatencyEvents::reset_all() {
  const size_t count = series_.size();
  series_.clear();
  return count;
}

const LatencySeries* LatencyEvents::find(std::string_view event) const {
  const auto at = series_.find(event);
  return at == series_.end() ? nullptr : &at->second;
}

}  // namespace engine
