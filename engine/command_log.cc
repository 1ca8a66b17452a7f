#include "engine/command_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/command.h"
#include "engine/config_syntax.h"
#include "engine/options.h"
#include "engine/session.h"

namespace engine {

namespace {

constexpr std::string_view kRedacted = "(redacted)";
constexpr std::string_view kSecretOptions[] = {"requirepass", "masterauth", "masteruser",
                                               "tls-key-file-pass", "tls-client-key-file-pass"};

void redact(std::vector<std::string>* words, size_t first, size_t count) {
  for (size_t i = first; i < std::min(words->size(), first + count); ++i) (*words)[i] = kRedacted;
}

bool is_secret_option(std::string_view name) {
  return std::any_of(std::begin(kSecretOptions), std::end(kSecretOptions),
                     [name](std::string_view each) { return equals_folded(name, each); });
}

std::string monitor_line(const EndedCall& call, const std::vector<std::string>& words) {
  std::string line =
      fmt::format("{}.{:06} [{} {}]", call.now_us / 1'000'000, call.now_us % 1'000'000,
                  call.database, call.session->peer_address);
  for (const std::string& word : words) line += " " + quoted(word);
  return line;
}

}  // namespace

std::vector<std::string> shown_words(const Command& command, CommandWords words) {
  std::vector<std::string> shown(words.begin(), words.end());
  if (command.full_name == "auth") {
    redact(&shown, 1, words.size());
  } else if (command.full_name == "hello") {
    for (size_t i = 2; i < words.size(); ++i)
      if (equals_folded(words[i], "auth")) redact(&shown, i + 1, 2);
  } else if (command.full_name == "config|set") {
    for (size_t i = 2; i + 1 < words.size(); i += 2)
      if (is_secret_option(words[i])) redact(&shown, i + 1, 1);
  } else if (command.full_name == "acl|setuser") {
    redact(&shown, 2, words.size());
  }
  return shown;
}

void CommandLog::configure(const Options& options) {
  const bool logs = options.slowlog_log_slower_than >= 0 && options.slowlog_max_len > 0;
  slow_ns_ = logs ? static_cast<uint64_t>(options.slowlog_log_slower_than) * 1000 : UINT64_MAX;
  slowlog_entries_max_ = static_cast<uint64_t>(options.slowlog_max_len);
  latency_threshold_ms_ = static_cast<uint64_t>(options.latency_monitor_threshold);
  refresh();
}

void CommandLog::refresh() {
  threshold_ns_ = slow_ns_;
  if (latency_threshold_ms_ != 0)
    threshold_ns_ = std::min(threshold_ns_, latency_threshold_ms_ * 1'000'000);
  if (!monitors_.empty()) threshold_ns_ = 0;
}

void CommandLog::note(const EndedCall& call, CommandWords words) {
  std::vector<std::string> shown = shown_words(*call.command, words);
  if (!monitors_.empty() && !call.command->has(command_flag::kSkipMonitor | command_flag::kAdmin)) {
    const std::string line = monitor_line(call, shown);
    for (Session* const monitor : monitors_) {
      if (monitor->close_requested) continue;
      monitor->reply.simple_string(line);
      monitor->source->on_output();
    }
  }
  note_duration(call, std::move(shown));
}

void CommandLog::note_late(const EndedCall& call, std::vector<std::string> words) {
  if (call.took_ns >= threshold_ns_) note_duration(call, std::move(words));
}

void CommandLog::note_duration(const EndedCall& call, std::vector<std::string> words) {
  const uint64_t took_ms = call.took_ns / 1'000'000;
  if (latency_threshold_ms_ != 0 && took_ms >= latency_threshold_ms_)
    latency_.add(call.command->has(command_flag::kFast) ? "fast-command" : "command", took_ms,
                 call.now_us / 1'000'000);
  if (call.took_ns < slow_ns_ || call.command->has(command_flag::kSkipSlowlog)) return;
  SlowlogEntry entry;
  entry.time_s = call.now_us / 1'000'000;
  entry.duration_us = call.took_ns / 1000;
  entry.words = std::move(words);
  entry.peer_address = call.session->peer_address;
  entry.client_name = call.session->name;
  slowlog_.add(std::move(entry), slowlog_entries_max_);
}

void CommandLog::note_event(std::string_view event, uint64_t took_ns, int64_t now_s) {
  const uint64_t took_ms = took_ns / 1'000'000;
  if (latency_threshold_ms_ != 0 && took_ms >= latency_threshold_ms_)
    latency_.add(event, took_ms, now_s);
}

void CommandLog::add_monitor(Session* session) {
  if (session->monitors) return;
  session->monitors = true;
  monitors_.push_back(session);
  refresh();
}

void CommandLog::forget(Session* session) {
  if (!session->monitors) return;
  session->monitors = false;
  std::erase(monitors_, session);
  refresh();
}

}  // namespace engine
