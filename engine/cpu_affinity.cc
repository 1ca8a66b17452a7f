#include "engine/cpu_affinity.h"

#include <cerrno>
#include <charconv>
#include <cstring>

namespace engine {

namespace {

// Takes a number off the front.
bool take_number(std::string_view* text, unsigned* number) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  if (error != std::errc()) return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return true;
}

bool take_mark(std::string_view* text, char mark) {
  if (!text->starts_with(mark)) return false;
  text->remove_prefix(1);
  return true;
}

// "first", "first-last" or "first-last:step".
bool add_range(std::string_view text, cpu_set_t* processors) {
  unsigned first = 0;
  if (!take_number(&text, &first)) return false;
  unsigned last = first;
  unsigned step = 1;
  if (take_mark(&text, '-')) {
    if (!take_number(&text, &last)) return false;
    if (take_mark(&text, ':') && !take_number(&text, &step)) return false;
  }
  if (!text.empty() || step == 0 || last < first || last >= CPU_SETSIZE) return false;
  for (unsigned processor = first; processor <= last; processor += step)
    CPU_SET(processor, processors);
  return true;
}

}  // namespace

bool parse_cpu_list(std::string_view list, cpu_set_t* processors) {
  CPU_ZERO(processors);
  for (;;) {
    const size_t comma = list.find(',');
    if (!add_range(list.substr(0, comma), processors)) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

ThreadPlacement::ThreadPlacement(const Options& options, base::Logger* log)
    : options_(options), log_(log) {
  sched_getaffinity(0, sizeof at_start_, &at_start_);
  place("bio_cpulist", options_.bio_cpulist);
}

void ThreadPlacement::place_loop() {
  sched_setaffinity(0, sizeof at_start_, &at_start_);
  place("server_cpulist", options_.server_cpulist);
}

void ThreadPlacement::place(const char* option, const std::string& list) {
  if (list.empty()) return;
  cpu_set_t processors;
  if (!parse_cpu_list(list, &processors)) {
    log_->warning("{} '{}' is not a list of CPUs like 0,2-5,8-14:2: it is ignored", option, list);
  } else if (sched_setaffinity(0, sizeof processors, &processors) != 0) {
    log_->warning("{} '{}' cannot be followed: {}", option, list, std::strerror(errno));
  }
}

}  // namespace engine
