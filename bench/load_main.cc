// basalt-load: drives a Redis-compatible server and verifies every reply.
//
// Prints one line of JSON: requests, seconds, found, missing, wrong values, errors, and the
// latencies of a batch from its write to each of its replies. Exits with 1 if anything was wrong.

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "bench/load_connection.h"
#include "bench/load_options.h"
#include "bench/load_work.h"

namespace bench {
namespace {

class Driver {
 public:
  Driver(const LoadOptions* options, const base::Clock* clock)
      : options_(options), clock_(clock), work_(options, clock) {}
  ~Driver() {
    if (epoll_ >= 0) close(epoll_);
  }

  base::Status run() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return base::Error::from_errno(errno, "epoll_create1");
    for (uint32_t index = 0; index < options_->clients; ++index) {
      connections_.push_back(std::make_unique<LoadConnection>(options_, &work_, clock_));
      RETURN_IF_ERROR(connections_.back()->connect());
    }
    for (auto& connection : connections_) {
      if (!connection->begin()) continue;
      watch(connection.get(), EPOLL_CTL_ADD);
      ++active_;
    }
    while (active_ > 0) RETURN_IF_ERROR(turn());
    return base::ok_status();
  }

  const Outcome& outcome() const { return work_.outcome; }

 private:
  void watch(LoadConnection* connection, int change) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (connection->wants_to_write()) event.events |= EPOLLOUT;
    event.data.ptr = connection;
    epoll_ctl(epoll_, change, connection->descriptor(), &event);
  }

  base::Status turn() {
    std::array<epoll_event, 256> events;
    int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 60'000);
    if (count < 0 && errno != EINTR) return base::Error::from_errno(errno, "epoll_wait");
    if (count == 0) {
      return base::Error{base::ErrorCode::kBusy, 0, "no reply within 60 s"};
    }
    for (int index = 0; index < count; ++index) {
      const epoll_event& event = events[static_cast<size_t>(index)];
      auto* connection = static_cast<LoadConnection*>(event.data.ptr);
      bool was_writing = (event.events & EPOLLOUT) != 0;
      if (!connection->advance()) {
        epoll_ctl(epoll_, EPOLL_CTL_DEL, connection->descriptor(), nullptr);
        --active_;
      } else if (was_writing || connection->wants_to_write()) {
        watch(connection, EPOLL_CTL_MOD);
      }
    }
    return base::ok_status();
  }

  const LoadOptions* const options_;
  const base::Clock* const clock_;
  Work work_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<LoadConnection>> connections_;
  size_t active_ = 0;
};

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out;
}

void print(const Outcome& outcome, double seconds) {
  const LatencyHistogram& latency = outcome.latency;
  auto us = [&](double fraction) {
    return static_cast<double>(latency.percentile_ns(fraction)) / 1000;
  };
  fmt::print(
      "{{\"requests\": {}, \"seconds\": {:.6f}, \"found\": {}, \"missing\": {}, "
      "\"wrong_values\": {}, \"errors\": {}, \"first_error\": \"{}\", \"p50_us\": {:.1f}, "
      "\"p99_us\": {:.1f}, \"p999_us\": {:.1f}, \"max_us\": {:.1f}}}\n",
      outcome.requests, seconds, outcome.found, outcome.missing, outcome.wrong_values,
      outcome.errors, escaped(outcome.first_error), us(0.5), us(0.99), us(0.999),
      static_cast<double>(latency.max_ns()) / 1000);
}

int run(const std::vector<std::string>& arguments) {
  auto options = parse_load_options(arguments);
  if (!options.ok()) return 2;
  base::SystemClock clock;
  Driver driver(&options.value(), &clock);
  uint64_t started_ns = clock.monotonic_ns();
  base::Status status = driver.run();
  double seconds = static_cast<double>(clock.monotonic_ns() - started_ns) / 1e9;
  if (!status.ok()) fmt::print(stderr, "basalt-load: {}\n", status.error().to_string());
  print(driver.outcome(), seconds);
  bool wrong = driver.outcome().errors > 0 || driver.outcome().wrong_values > 0;
  return !status.ok() || wrong ? 1 : 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::run(std::vector<std::string>(argv + 1, argv + argc));
}
