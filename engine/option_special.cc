#include "engine/option_special.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "engine/config_syntax.h"
#include "engine/key_events.h"
#include "resp/numbers.h"

namespace engine::option_special {
namespace {

constexpr std::string_view kWrongArguments = "wrong number of arguments";
constexpr std::string_view kDone = {};

// C's strtoll over the whole text: an empty text is 0, as Redis reads these values.
bool parse_whole(const std::string& text, int64_t* value) {
  char* end = nullptr;
  *value = std::strtoll(text.c_str(), &end, 10);
  return *end == '\0';
}

bool is_single_empty(OptionWords words) { return words.size() == 1 && words[0].empty(); }

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

// maxmemory: bytes, or a percentage of the machine's memory, which Config turns into bytes.
std::string_view set_maxmemory(Options& options, OptionWords words) {
  const std::string& text = words[0];
  uint64_t bytes = 0;
  int64_t percent = 0;
  if (parse_bytes(text, &bytes)) {
    options.maxmemory = bytes;
    options.maxmemory_percent = 0;
    return kDone;
  }
  if (text.size() < 2 || text.back() != '%' ||
      !resp::parse_int64(std::string_view(text).substr(0, text.size() - 1), &percent))
    return "argument must be a memory or percent value";
  if (percent < 1 || percent > 100) return "percentage argument must be between 1 and 100";
  options.maxmemory_percent = percent;
  return kDone;
}

std::string get_maxmemory(const Options& options) { return std::to_string(options.maxmemory); }

std::vector<SpecialField::Line> rewrite_maxmemory(const Options& options) {
  if (options.maxmemory_percent != 0)
    return {{fmt::format("maxmemory {}%", options.maxmemory_percent), true}};
  return {{"maxmemory " + format_bytes(options.maxmemory), options.maxmemory != 0}};
}

constexpr size_t kBindAddressesMax = 16;

std::string_view set_bind(Options& options, OptionWords words) {
  if (words.size() > kBindAddressesMax) return "Too many bind addresses specified.";
  options.bind.clear();
  if (!is_single_empty(words)) options.bind.assign(words.begin(), words.end());
  return kDone;
}

std::string get_bind(const Options& options) { return joined(options.bind); }

std::vector<SpecialField::Line> rewrite_bind(const Options& options) {
  const std::string addresses = get_bind(options);
  if (addresses == "* -::*") return {};
  return {{"bind " + (addresses.empty() ? "\"\"" : addresses), true}};
}

constexpr std::string_view kClassNames[] = {"normal", "slave", "pubsub"};

int client_class(std::string_view name) {
  if (equal_nocase(name, "normal")) return 0;
  if (equal_nocase(name, "slave") || equal_nocase(name, "replica")) return 1;
  return equal_nocase(name, "pubsub") ? 2 : -1;
}

std::string_view set_output_limits(Options& options, OptionWords words) {
  if (words.size() % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
  auto limits = options.client_output_buffer_limit;
  for (size_t i = 0; i < words.size(); i += 4) {
    const int which = client_class(words[i]);
    if (which < 0) return "Invalid client class specified in buffer limit configuration.";
    OutputBufferLimit& limit = limits[static_cast<size_t>(which)];
    if (!parse_bytes(words[i + 1], &limit.hard_bytes) ||
        !parse_bytes(words[i + 2], &limit.soft_bytes) ||
        !parse_whole(words[i + 3], &limit.soft_seconds) || limit.soft_seconds < 0)
      return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
  }
  options.client_output_buffer_limit = limits;
  return kDone;
}

std::string get_output_limits(const Options& options) {
  std::string text;
  for (size_t i = 0; i < options.client_output_buffer_limit.size(); ++i) {
    const OutputBufferLimit& limit = options.client_output_buffer_limit[i];
    text += fmt::format("{}{} {} {} {}", i == 0 ? "" : " ", kClassNames[i], limit.hard_bytes,
                        limit.soft_bytes, limit.soft_seconds);
  }
  return text;
}

std::vector<SpecialField::Line> rewrite_output_limits(const Options& options) {
  const Options defaults;
  std::vector<SpecialField::Line> lines;
  for (size_t i = 0; i < options.client_output_buffer_limit.size(); ++i) {
    const OutputBufferLimit& limit = options.client_output_buffer_limit[i];
    lines.push_back(
        {fmt::format("client-output-buffer-limit {} {} {} {}", i == 1 ? "replica" : kClassNames[i],
                     format_bytes(limit.hard_bytes), format_bytes(limit.soft_bytes),
                     limit.soft_seconds),
         limit != defaults.client_output_buffer_limit[i]});
  }
  return lines;
}

std::string_view set_oom_score_values(Options& options, OptionWords words) {
  auto values = options.oom_score_adj_values;
  if (words.size() != values.size()) return kWrongArguments;
  for (size_t i = 0; i < words.size(); ++i) {
    int64_t value = 0;
    if (!parse_whole(words[i], &value) || value < -2000 || value > 2000)
      return "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
    values[i] = static_cast<int32_t>(value);
  }
  options.oom_score_adj_values = values;
  return kDone;
}

std::string get_oom_score_values(const Options& options) {
  return fmt::format("{}", fmt::join(options.oom_score_adj_values, " "));
}

std::vector<SpecialField::Line> rewrite_oom_score_values(const Options& options) {
  return {{"oom-score-adj-values " + get_oom_score_values(options),
           options.oom_score_adj_values != Options().oom_score_adj_values}};
}

std::string_view set_save(Options& options, OptionWords words) {
  if (is_single_empty(words)) words = {};
  constexpr std::string_view kInvalid = "Invalid save parameters";
  if (words.size() % 2 != 0) return kInvalid;
  std::vector<SavePoint> points;
  for (size_t i = 0; i < words.size(); i += 2) {
    int64_t seconds = 0;
    int64_t changes = 0;
    if (!parse_whole(words[i], &seconds) || !parse_whole(words[i + 1], &changes)) return kInvalid;
    if (seconds < 1 || changes < 0 || changes > INT32_MAX) return kInvalid;
    points.push_back({seconds, static_cast<int32_t>(changes)});
  }
  options.save = std::move(points);
  return kDone;
}

std::string get_save(const Options& options) {
  std::string text;
  for (const SavePoint& point : options.save)
    text += fmt::format("{}{} {}", text.empty() ? "" : " ", point.seconds, point.changes);
  return text;
}

std::vector<SpecialField::Line> rewrite_save(const Options& options) {
  if (options.save.empty()) return {{"save \"\"", true}};
  std::vector<SpecialField::Line> lines;
  for (const SavePoint& point : options.save)
    lines.push_back({fmt::format("save {} {}", point.seconds, point.changes), true});
  return lines;
}

// Config makes the path absolute and checks it.
std::string_view set_dir(Options& options, OptionWords words) {
  if (words.size() != 1) return kWrongArguments;
  options.dir = words[0];
  return kDone;
}

std::string get_dir(const Options& options) { return options.dir; }

std::vector<SpecialField::Line> rewrite_dir(const Options& options) {
  return {{"dir " + quoted(options.dir), true}};
}

std::string_view set_replicaof(Options& options, OptionWords words) {
  if (words.size() != 2) return kWrongArguments;
  if (equal_nocase(words[0], "no") && equal_nocase(words[1], "one")) {
    options.replicaof_host.clear();
    options.replicaof_port = 0;
    return kDone;
  }
  int64_t port = 0;
  if (!parse_whole(words[1], &port) || port < 0 || port > 65535) return "Invalid master port";
  options.replicaof_host = words[0];
  options.replicaof_port = port;
  return kDone;
}

std::string get_replicaof(const Options& options) {
  if (options.replicaof_host.empty()) return {};
  return fmt::format("{} {}", options.replicaof_host, options.replicaof_port);
}

std::vector<SpecialField::Line> rewrite_replicaof(const Options& options) {
  if (options.replicaof_host.empty()) return {};
  return {{"replicaof " + get_replicaof(options), true}};
}

std::string_view set_percentiles(Options& options, OptionWords words) {
  if (is_single_empty(words)) words = {};
  std::vector<double> percentiles;
  for (const std::string& word : words) {
    double value = 0;
    if (!resp::parse_double(word, &value))
      return "Invalid latency-tracking-info-percentiles parameters";
    if (value > 100.0 || value < 0.0)
      return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
    percentiles.push_back(value);
  }
  options.latency_tracking_info_percentiles = std::move(percentiles);
  return kDone;
}

std::string get_percentiles(const Options& options) {
  std::string text;
  for (const double percentile : options.latency_tracking_info_percentiles) {
    std::string digits = fmt::format("{:f}", percentile);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
    text += (text.empty() ? "" : " ") + digits;
  }
  return text;
}

std::vector<SpecialField::Line> rewrite_percentiles(const Options& options) {
  const std::string text = get_percentiles(options);
  return {{"latency-tracking-info-percentiles " + (text.empty() ? "\"\"" : text), true}};
}

struct EventLetter {
  char letter;
  uint32_t bit;
  bool in_all;  // Not printed beside an 'A'.
};
// In the order Redis prints them.
constexpr EventLetter kEventLetters[] = {
    {'g', notify_event::kGeneric, true},   {'$', notify_event::kString, true},
    {'l', notify_event::kList, true},      {'s', notify_event::kSet, true},
    {'h', notify_event::kHash, true},      {'z', notify_event::kSortedSet, true},
    {'x', notify_event::kExpired, true},   {'e', notify_event::kEvicted, true},
    {'t', notify_event::kStream, true},    {'d', notify_event::kModule, true},
    {'n', notify_event::kNewKey, true},    {'K', notify_event::kKeyspace, false},
    {'E', notify_event::kKeyevent, false}, {'m', notify_event::kKeyMiss, false},
};

std::string_view set_notify(Options& options, OptionWords words) {
  if (words.size() != 1) return kWrongArguments;
  uint32_t bits = 0;
  for (const char c : words[0]) {
    uint32_t bit = c == 'A' ? notify_event::kAll : 0;
    for (const EventLetter& letter : kEventLetters)
      if (letter.letter == c) bit = letter.bit;
    if (bit == 0) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
    bits |= bit;
  }
  options.notify_keyspace_events = bits;
  return kDone;
}

std::string get_notify(const Options& options) {
  const uint32_t bits = options.notify_keyspace_events;
  const bool all = (bits & notify_event::kAll) == notify_event::kAll;
  std::string text = all ? "A" : "";
  for (const EventLetter& letter : kEventLetters)
    if ((bits & letter.bit) != 0 && !(all && letter.in_all)) text.push_back(letter.letter);
  return text;
}

std::vector<SpecialField::Line> rewrite_notify(const Options& options) {
  return {{"notify-keyspace-events " + quoted(get_notify(options)),
           options.notify_keyspace_events != 0}};
}

bool is_base_name(std::string_view path) { return path.find_first_of("/\\") == path.npos; }

}  // namespace

const SpecialField kMaxmemory = {set_maxmemory, get_maxmemory, rewrite_maxmemory};
const SpecialField kBind = {set_bind, get_bind, rewrite_bind};
const SpecialField kClientOutputBufferLimit = {set_output_limits, get_output_limits,
                                               rewrite_output_limits};
const SpecialField kOomScoreAdjValues = {set_oom_score_values, get_oom_score_values,
                                         rewrite_oom_score_values};
const SpecialField kSave = {set_save, get_save, rewrite_save};
const SpecialField kDir = {set_dir, get_dir, rewrite_dir};
const SpecialField kReplicaof = {set_replicaof, get_replicaof, rewrite_replicaof};
const SpecialField kLatencyPercentiles = {set_percentiles, get_percentiles, rewrite_percentiles};
const SpecialField kNotifyKeyspaceEvents = {set_notify, get_notify, rewrite_notify};

std::string_view check_active_defrag(int64_t value) {
  if (value == 0) return kDone;
  return "Active defragmentation cannot be enabled: Basalt always moves entries out of sparse "
         "pages by itself";
}

std::string_view check_shutdown_flags(int64_t value) {
  if ((value & kShutdownNoSave) != 0 && (value & kShutdownSave) != 0)
    return "shutdown options SAVE and NOSAVE can't be used simultaneously";
  return kDone;
}

std::string_view check_dbfilename(std::string_view text) {
  return is_base_name(text) ? kDone : "dbfilename can't be a path, just a filename";
}

std::string_view check_appendfilename(std::string_view text) {
  if (text.empty()) return "appendfilename can't be empty";
  return is_base_name(text) ? kDone : "appendfilename can't be a path, just a filename";
}

std::string_view check_appenddirname(std::string_view text) {
  if (text.empty()) return "appenddirname can't be empty";
  return is_base_name(text) ? kDone : "appenddirname can't be a path, just a dirname";
}

std::string_view check_hostname(std::string_view text) {
  constexpr size_t kHostnameBytes = 256;
  if (text.size() >= kHostnameBytes) return "Hostnames must be less than 256 characters";
  for (const char c : text) {
    const bool alphanumeric =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!alphanumeric && c != '-' && c != '.')
      return "Hostnames may only contain alphanumeric characters, hyphens or dots";
  }
  return kDone;
}

std::string_view check_proc_title_template(std::string_view text) {
  constexpr std::string_view kVariables[] = {"title", "listen-addr", "server-mode", "config-file",
                                             "port",  "tls-port",    "unixsocket"};
  constexpr std::string_view kReason = "template format is invalid or contains unknown variables";
  if (trimmed(text).empty()) return kReason;
  for (size_t at = text.find('{'); at != text.npos; at = text.find('{', at)) {
    if (text.substr(at).starts_with("{{")) {
      at += 2;
      continue;
    }
    const size_t end = text.find('}', at);
    if (end == text.npos) return kReason;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (std::find(std::begin(kVariables), std::end(kVariables), name) == std::end(kVariables))
      return kReason;
    at = end + 1;
  }
  return kDone;
}

std::string_view check_ring_features(std::string_view text) {
  if (text.empty() || text == "6.1") return kDone;
  return "ring-features must be empty or 6.1";
}

}  // namespace engine::option_special
