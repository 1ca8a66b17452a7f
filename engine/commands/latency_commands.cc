#include <algorithm>
#include <string>
#include <vector>

#include "engine/commands/help_text.h"
#include "engine/commands/observation_commands.h"
#include "engine/engine.h"

namespace engine {

namespace {

constexpr size_t kGraphColumns = 80;
constexpr int kGraphRows = 4;

LatencyEvents& events_of(const CommandContext& context) {
  return context.engine().command_log().latency();
}

std::string age_text(int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 24 * 3600) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / (24 * 3600));
}

// Which of a row's characters stands for the part of a column that is in that row: each row has
// three heights.
char column_char(int height, int row) {
  constexpr char kParts[] = {'_', 'o', '#'};
  const int in_row = height - (kGraphRows - 1 - row) * 3;
  if (in_row < 0) return ' ';
  return in_row < 3 ? kParts[in_row] : '|';
}

// One column per sample, its age below it from top to bottom.
void append_graph(std::string* text, std::span<const LatencySample> samples,
                  const LatencySummary& summary, int64_t now_s) {
  const uint64_t range = std::max<uint64_t>(summary.highest_ms - summary.lowest_ms, 1);
  std::vector<int> heights;
  std::vector<std::string> ages;
  size_t age_bytes = 0;
  for (const LatencySample& sample : samples) {
    const uint64_t height = (sample.latency_ms - summary.lowest_ms) * kGraphRows * 3 / range;
    heights.push_back(static_cast<int>(std::min<uint64_t>(height, kGraphRows * 3 - 1)));
    ages.push_back(age_text(now_s - sample.time_s));
    age_bytes = std::max(age_bytes, ages.back().size());
  }
  for (int row = 0; row < kGraphRows; ++row) {
    for (const int height : heights) *text += column_char(height, row);
    *text += '\n';
  }
  *text += std::string(samples.size(), ' ') + '\n';
  for (size_t i = 0; i < age_bytes; ++i) {
    for (const std::string& age : ages) *text += i < age.size() ? age[i] : ' ';
    *text += '\n';
  }
}

// A map of one command's: the calls, and how many took less than each power of two microseconds.
void reply_histogram(resp::ReplyWriter& reply, const Command& command,
                     const iouring::LatencyHistogram& histogram) {
  reply.bulk(command.full_name);
  reply.map(2);
  reply.bulk("calls");
  reply.integer(static_cast<int64_t>(histogram.count()));
  reply.bulk("histogram_usec");
  const resp::ReplyWriter::Deferred header = reply.deferred();
  uint64_t before = 0;
  uint64_t rows = 0;
  constexpr uint64_t kLastNs = uint64_t{1} << 40;
  for (uint64_t below_ns = 2048; below_ns <= kLastNs && before < histogram.count(); below_ns *= 2) {
    const uint64_t count =
        below_ns == kLastNs ? histogram.count() : histogram.count_below(below_ns);
    if (count > before) {
      reply.integer(static_cast<int64_t>((below_ns - 1) / 1000));
      reply.integer(static_cast<int64_t>(count));
      ++rows;
    }
    before = count;
  }
  reply.end_map(header, rows);
}

std::string doctor_text(const CommandContext& context) {
  const CommandLog& log = context.engine().command_log();
  const auto& series = events_of(context).all();
  if (series.empty() && log.latency_threshold_ms() == 0)
    return "Latency monitoring is disabled. CONFIG SET latency-monitor-threshold <milliseconds> "
           "enables it.\n";
  if (series.empty()) return "No latency spike was observed.\n";
  std::string text = "Latency spikes were observed:\n\n";
  const int64_t now_s = context.now_ms() / 1000;
  int number = 0;
  for (const auto& [event, samples] : series) {
    const LatencySummary summary = summarize(samples, now_s);
    text += fmt::format(
        "{}. {}: {} latency spikes (average {}ms, mean deviation {}ms, period {:.2f} sec). Worst "
        "all time event {}ms.\n",
        ++number, event, samples.samples.size(), summary.average_ms, summary.deviation_ms,
        static_cast<double>(summary.period_s) / static_cast<double>(samples.samples.size()),
        samples.worst_ms);
  }
  const Options& options = context.engine().options();
  text += "\nWhat may help:\n\n";
  if (series.contains("command")) {
    const auto threshold_us = static_cast<int64_t>(log.latency_threshold_ms() * 1000);
    if (options.slowlog_log_slower_than < 0 || options.slowlog_log_slower_than > threshold_us)
      text += fmt::format(
          "- CONFIG SET slowlog-log-slower-than {} has SLOWLOG show the commands "
          "that were this slow.\n",
          threshold_us);
    text +=
        "- SLOWLOG GET shows slow commands. Many of them walk a whole value: SCAN and ranges "
        "do it in parts.\n";
  }
  if (series.contains("fast-command"))
    text +=
        "- Commands that take constant time were slow: the machine may be short of CPU time, "
        "or a loop turn was long (loop_turn_max_us in INFO ring).\n";
  text += "- INFO ring shows the longest step of each kind of background work.\n";
  return text;
}

}  // namespace

void latency_history_command(CommandContext& context) {
  resp::ReplyWriter& reply = context.reply();
  const LatencySeries* const series = events_of(context).find(context.word(2));
  if (series == nullptr) return reply.array(0);
  reply.array(series->samples.size());
  for (const LatencySample& sample : series->samples) {
    reply.array(2);
    reply.integer(sample.time_s);
    reply.integer(static_cast<int64_t>(sample.latency_ms));
  }
}

void latency_latest_command(CommandContext& context) {
  resp::ReplyWriter& reply = context.reply();
  const auto& all = events_of(context).all();
  reply.array(all.size());
  for (const auto& [event, series] : all) {
    reply.array(4);
    reply.bulk(event);
    reply.integer(series.samples.back().time_s);
    reply.integer(static_cast<int64_t>(series.samples.back().latency_ms));
    reply.integer(static_cast<int64_t>(series.worst_ms));
  }
}

void latency_graph_command(CommandContext& context) {
  const std::string_view event = context.word(2);
  const LatencySeries* const series = events_of(context).find(event);
  if (series == nullptr)
    return context.error(fmt::format("No samples available for event '{}'", event));
  const int64_t now_s = context.now_ms() / 1000;
  const LatencySummary summary = summarize(*series, now_s);
  std::string text = fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n{}\n", event,
                                 summary.highest_ms, summary.lowest_ms, series->worst_ms,
                                 std::string(kGraphColumns, '-'));
  const std::vector<LatencySample> samples(series->samples.begin(), series->samples.end());
  for (size_t i = 0; i < samples.size(); i += kGraphColumns) {
    if (i != 0) text += '\n';
    append_graph(&text, std::span(samples).subspan(i, std::min(kGraphColumns, samples.size() - i)),
                 summary, now_s);
  }
  context.reply().verbatim("txt", text);
}

void latency_reset_command(CommandContext& context) {
  LatencyEvents& events = events_of(context);
  size_t count = 0;
  if (context.argc() == 2) count = events.reset_all();
  for (size_t i = 2; i < context.argc(); ++i) count += events.reset(context.word(i));
  context.reply().integer(static_cast<int64_t>(count));
}

void latency_doctor_command(CommandContext& context) {
  context.reply().verbatim("txt", doctor_text(context));
}

void latency_histogram_command(CommandContext& context) {
  resp::ReplyWriter& reply = context.reply();
  const resp::ReplyWriter::Deferred header = reply.deferred();
  const auto& counters = context.engine().statistics().commands;
  uint64_t commands = 0;
  const auto add = [&](const Command& command) {
    const auto& latency = counters[command.id].latency;
    if (latency == nullptr || latency->count() == 0) return;
    reply_histogram(reply, command, *latency);
    ++commands;
  };
  for (size_t i = 2; i < context.argc(); ++i) {
    const Command* const command = context.engine().commands().find_full_name(context.word(i));
    if (command == nullptr) continue;
    add(*command);
    for (const Command& subcommand : subcommands(*command)) add(subcommand);
  }
  if (context.argc() == 2)
    for (const Command& command : all_commands()) add(command);
  reply.end_map(header, commands);
}

void latency_help_command(CommandContext& context) {
  static constexpr std::string_view kLines[] = {
      "DOCTOR",
      "    Return a human readable latency analysis report.",
      "GRAPH <event>",
      "    Return an ASCII latency graph for the <event> class.",
      "HISTORY <event>",
      "    Return time-latency samples for the <event> class.",
      "LATEST",
      "    Return the latest latency samples for all events.",
      "RESET [<event> ...]",
      "    Reset latency data of one or more <event> classes.",
      "    (default: reset all data for all event classes)",
      "HISTOGRAM [COMMAND ...]",
      "    Return a cumulative distribution of latencies in the format of a histogram for the "
      "specified command names.",
      "    If no commands are specified then all histograms are replied.",
  };
  reply_help(context, kLines);
}

}  // namespace engine
