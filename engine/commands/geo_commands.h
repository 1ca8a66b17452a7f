// Commands on places: sorted sets whose scores are geohashes.

#ifndef BASALT_ENGINE_COMMANDS_GEO_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_GEO_COMMANDS_H_

#include <string_view>

#include "engine/command.h"
#include "engine/geohash.h"

namespace engine {

// geo_commands.cc
void geoadd_command(CommandContext& context);
void geodist_command(CommandContext& context);
void geohash_command(CommandContext& context);
void geopos_command(CommandContext& context);

// geo_search_commands.cc
void georadius_command(CommandContext& context);          // GEORADIUS_RO too.
void georadiusbymember_command(CommandContext& context);  // GEORADIUSBYMEMBER_RO too.
void geosearch_command(CommandContext& context);
void geosearchstore_command(CommandContext& context);

// ---- What they share. False after the reply.

// A longitude and a latitude, at this word and the next.
bool parse_point(const CommandContext& context, size_t i, GeoPoint* point);
// How many metres the unit has.
bool parse_unit(const CommandContext& context, size_t i, double* metres);

// Where a score is.
GeoPoint point_of_score(double score);
void reply_point(resp::ReplyWriter& reply, const GeoPoint& point);
void reply_distance(resp::ReplyWriter& reply, double distance);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_GEO_COMMANDS_H_
