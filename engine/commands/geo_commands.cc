#include "engine/commands/geo_commands.h"

#include <fmt/format.h>

#include <optional>

#include "engine/commands/zset_access.h"
#include "engine/commands/zset_commands.h"
#include "engine/engine.h"

namespace engine {

namespace {

// The place of a word's member; nothing when it is not there.
std::optional<GeoPoint> find_point(const CommandContext& context, const Entry* entry, size_t i) {
  if (entry == nullptr) return std::nullopt;
  const std::optional<double> score = zset_view(context, entry).find(context.word(i));
  if (!score.has_value()) return std::nullopt;
  return point_of_score(*score);
}

}  // namespace

bool parse_point(const CommandContext& context, size_t i, GeoPoint* point) {
  if (!resp::parse_double(context.word(i), &point->longitude) ||
      !resp::parse_double(context.word(i + 1), &point->latitude)) {
    context.error(kNotFloatError);
    return false;
  }
  if (is_on_map(*point)) return true;
  context.error(fmt::format("-ERR invalid longitude,latitude pair {:f},{:f}", point->longitude,
                            point->latitude));
  return false;
}

bool parse_unit(const CommandContext& context, size_t i, double* metres) {
  if (context.word_is(i, "m")) {
    *metres = 1;
  } else if (context.word_is(i, "km")) {
    *metres = 1000;
  } else if (context.word_is(i, "ft")) {
    *metres = 0.3048;
  } else if (context.word_is(i, "mi")) {
    *metres = 1609.34;
  } else {
    context.error("unsupported unit provided. please use M, KM, FT, MI");
    return false;
  }
  return true;
}

GeoPoint point_of_score(double score) {
  constexpr double kTooLarge = 18446744073709551616.0;
  const bool is_number = score >= 0 && score < kTooLarge;
  return point_of_geohash(is_number ? static_cast<uint64_t>(score) : 0);
}

void reply_point(resp::ReplyWriter& reply, const GeoPoint& point) {
  reply.array(2);
  reply.human_number(point.longitude);
  reply.human_number(point.latitude);
}

void reply_distance(resp::ReplyWriter& reply, double distance) {
  reply.bulk(fmt::format("{:.4f}", distance));
}

void geodist_command(CommandContext& context) {
  double metres = 1;
  if (context.argc() > 5) return context.error(kSyntaxError);
  if (context.argc() == 5 && !parse_unit(context, 4, &metres)) return;
  const auto entry = read_value(context, context.key(1), ValueType::kZset);
  if (!entry.has_value()) return;
  const std::optional<GeoPoint> from = find_point(context, *entry, 2);
  const std::optional<GeoPoint> to = find_point(context, *entry, 3);
  if (!from.has_value() || !to.has_value()) return context.reply().null();
  reply_distance(context.reply(), geo_distance(*from, *to) / metres);
}

void geohash_command(CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kZset);
  if (!entry.has_value()) return;
  context.reply().array(context.argc() - 2);
  for (size_t i = 2; i < context.argc(); ++i) {
    const std::optional<GeoPoint> point = find_point(context, *entry, i);
    point.has_value() ? context.reply().bulk(geohash_text(*point)) : context.reply().null();
  }
}

void geopos_command(CommandContext& context) {
  const auto entry = read_value(context, context.key(1), ValueType::kZset);
  if (!entry.has_value()) return;
  context.reply().array(context.argc() - 2);
  for (size_t i = 2; i < context.argc(); ++i) {
    const std::optional<GeoPoint> point = find_point(context, *entry, i);
    point.has_value() ? reply_point(context.reply(), *point) : context.reply().null_array();
  }
}

void geoadd_command(CommandContext& context) {
  AddOptions options;
  for (; options.first < context.argc(); ++options.first) {
    if (context.word_is(options.first, "nx")) {
      options.only_new = true;
    } else if (context.word_is(options.first, "xx")) {
      options.only_old = true;
    } else if (context.word_is(options.first, "ch")) {
      options.counts_changed = true;
    } else {
      break;
    }
  }
  const size_t words = context.argc() - options.first;
  if (words == 0 || words % 3 != 0 || (options.only_new && options.only_old))
    return context.error(kSyntaxError);
  std::vector<NewScore> members;
  for (size_t i = options.first; i < context.argc(); i += 3) {
    GeoPoint point;
    if (!parse_point(context, i, &point)) return;
    members.push_back({context.word(i + 2), static_cast<double>(geohash_of(point))});
  }
  add_members(context, options, members);
}

}  // namespace engine
