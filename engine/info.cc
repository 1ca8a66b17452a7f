#include "engine/info.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "engine/command.h"

namespace engine {

namespace {

struct Section {
  std::string_view name;
  void (*add)(Engine& engine, std::string* text);
  bool by_default;
};

constexpr Section kSections[] = {
    {"server", info::add_server, true},
    {"clients", info::add_clients, true},
    {"memory", info::add_memory, true},
    {"persistence", info::add_persistence, true},
    {"stats", info::add_stats, true},
    {"replication", info::add_replication, true},
    {"cpu", info::add_cpu, true},
    {"modules", info::add_modules, true},
    {"commandstats", info::add_command_stats, false},
    {"errorstats", info::add_error_stats, true},
    {"latencystats", info::add_latency_stats, false},
    {"cluster", info::add_cluster, true},
    {"keyspace", info::add_keyspace, true},
    {"tier", info::add_tier, true},
    {"ring", info::add_ring, true},
};

constexpr uint32_t kAll = (1u << std::size(kSections)) - 1;

constexpr uint32_t default_sections() {
  uint32_t sections = 0;
  for (size_t i = 0; i < std::size(kSections); ++i)
    if (kSections[i].by_default) sections |= 1u << i;
  return sections;
}

uint32_t sections_by_name(std::string_view name) {
  if (equals_folded(name, "default")) return default_sections();
  // Redis's "all" leaves out what modules add, of which there is nothing.
  if (equals_folded(name, "all") || equals_folded(name, "everything")) return kAll;
  for (size_t i = 0; i < std::size(kSections); ++i)
    if (equals_folded(name, kSections[i].name)) return 1u << i;
  return 0;
}

}  // namespace

InfoSelection select_info_sections(CommandWords words) {
  if (words.empty()) return {default_sections()};
  InfoSelection selection;
  for (const std::string_view word : words) selection.sections |= sections_by_name(word);
  return selection;
}

std::string info_text(Engine& engine, InfoSelection selection) {
  std::string text;
  for (size_t i = 0; i < std::size(kSections); ++i) {
    if ((selection.sections >> i & 1) == 0) continue;
    if (!text.empty()) text += "\r\n";
    kSections[i].add(engine, &text);
  }
  return text;
}

std::string human_bytes(uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{}B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  constexpr std::string_view kUnits = "KMGTP";
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.2f}{}", value, kUnits[unit]);
}

}  // namespace engine
