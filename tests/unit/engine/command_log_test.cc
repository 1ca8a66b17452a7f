#define BOOST_TEST_MODULE command_log
#include "engine/command_log.h"

#include <boost/test/unit_test.hpp>

#include "engine/options.h"
#include "engine/session.h"
#include "resp/block_pool.h"

using namespace engine;

namespace {

struct Watcher final : CommandSource {
  void on_runnable() override {}
  void on_output() override { ++told; }

  resp::BlockPool blocks;
  resp::OutputBuffer output{&blocks};
  Session session{1, this, &output};
  int told = 0;
};

struct Logged : CommandLog {
  Logged() {
    options.slowlog_log_slower_than = 1000;
    options.slowlog_max_len = 2;
    options.latency_monitor_threshold = 5;
    configure(options);
  }
  void end(CommandWords words, uint64_t took_ns) {
    note({&watcher.session, index.resolve(words), 3, took_ns, 1'700'000'000'000'001}, words);
  }

  Options options;
  CommandIndex index;
  Watcher watcher;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_threshold_is_the_least_that_somebody_asks_for) {
  Logged log;
  BOOST_TEST(log.threshold_ns() == 1'000'000u);
  log.options.slowlog_log_slower_than = -1;
  log.configure(log.options);
  BOOST_TEST(log.threshold_ns() == 5'000'000u);
  log.options.latency_monitor_threshold = 0;
  log.configure(log.options);
  BOOST_TEST(log.threshold_ns() == UINT64_MAX);
  log.add_monitor(&log.watcher.session);
  BOOST_TEST(log.threshold_ns() == 0u);
  log.forget(&log.watcher.session);
  BOOST_TEST(log.threshold_ns() == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(slow_commands_are_kept_up_to_the_length) {
  Logged log;
  const std::string_view get[] = {"get", "k"};
  for (int i = 0; i < 3; ++i) log.end(get, 2'000'000);
  BOOST_REQUIRE_EQUAL(log.slowlog().entries().size(), 2u);
  const SlowlogEntry& newest = log.slowlog().entries().front();
  BOOST_TEST(newest.id == 2);
  BOOST_TEST(newest.duration_us == 2000u);
  BOOST_TEST(newest.time_s == 1'700'000'000);
  BOOST_TEST(newest.words.size() == 2u);
  BOOST_TEST(log.latency().all().empty());
  log.end(get, 7'000'000);
  BOOST_TEST(log.latency().find("fast-command")->worst_ms == 7u);
}

BOOST_AUTO_TEST_CASE(what_monitors_see_has_no_secrets) {
  Logged log;
  log.add_monitor(&log.watcher.session);
  const std::string_view auth[] = {"auth", "secret"};
  log.end(auth, 0);
  BOOST_TEST(log.watcher.output.pending_copy() ==
             "+1700000000.000001 [3 ] \"auth\" \"(redacted)\"\r\n");
  BOOST_TEST(log.watcher.told == 1);
  log.watcher.output.clear();
  const std::string_view config[] = {"config", "set", "RequirePass", "secret"};
  BOOST_TEST(shown_words(*log.index.resolve(config), config)[3] == "(redacted)");
  // Administrative commands are not shown.
  log.end(config, 0);
  BOOST_TEST(log.watcher.output.empty());
  log.forget(&log.watcher.session);
}

BOOST_AUTO_TEST_CASE(a_series_has_the_worst_sample_of_each_second) {
  LatencyEvents events;
  events.add("x", 10, 100);
  events.add("x", 30, 100);
  events.add("x", 20, 100);
  events.add("x", 20, 105);
  const LatencySeries& series = *events.find("x");
  BOOST_REQUIRE_EQUAL(series.samples.size(), 2u);
  BOOST_TEST(series.samples[0].latency_ms == 30u);
  const LatencySummary summary = summarize(series, 110);
  BOOST_TEST(summary.lowest_ms == 20u);
  BOOST_TEST(summary.highest_ms == 30u);
  BOOST_TEST(summary.average_ms == 25u);
  BOOST_TEST(summary.deviation_ms == 5u);
  BOOST_TEST(summary.period_s == 10);
  for (int64_t second = 0; second < 1000; ++second) events.add("y", 1, second);
  BOOST_TEST(events.find("y")->samples.size() == LatencyEvents::kSamplesMax);
  BOOST_TEST(events.reset("X") == 1u);
  BOOST_TEST(events.reset("X") == 0u);
  BOOST_TEST(events.reset_all() == 1u);
}
