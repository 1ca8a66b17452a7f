// INFO: the figures of the server as text, in Redis's sections and under its names.
//
// A section is a function that appends its lines; adding one means a row in info.cc. Sections of
// Basalt's own follow Redis's.

#ifndef BASALT_ENGINE_INFO_H_
#define BASALT_ENGINE_INFO_H_

#include <cstdint>
#include <string>

#include "engine/command_table.h"

namespace engine {

class Engine;

// One bit for each section, in the order in which they are printed.
struct InfoSelection {
  uint32_t sections = 0;
  bool operator==(const InfoSelection&) const = default;
};

// What these words of INFO (names of sections, default, all, everything; case is ignored) select:
// none the default, an unknown name nothing.
InfoSelection select_info_sections(CommandWords words);
std::string info_text(Engine& engine, InfoSelection selection);

// The sections. Each appends its title and its lines, ended by CR LF.
namespace info {
void add_server(Engine& engine, std::string* text);
void add_clients(Engine& engine, std::string* text);
void add_memory(Engine& engine, std::string* text);
void add_persistence(Engine& engine, std::string* text);
void add_stats(Engine& engine, std::string* text);
void add_replication(Engine& engine, std::string* text);
void add_cpu(Engine& engine, std::string* text);
void add_modules(Engine& engine, std::string* text);
void add_command_stats(Engine& engine, std::string* text);
void add_error_stats(Engine& engine, std::string* text);
void add_latency_stats(Engine& engine, std::string* text);
void add_cluster(Engine& engine, std::string* text);
void add_keyspace(Engine& engine, std::string* text);
void add_tier(Engine& engine, std::string* text);
void add_ring(Engine& engine, std::string* text);
}  // namespace info

// 1536 -> "1.50K", as INFO's *_human fields.
std::string human_bytes(uint64_t bytes);

}  // namespace engine

#endif  // BASALT_ENGINE_INFO_H_
