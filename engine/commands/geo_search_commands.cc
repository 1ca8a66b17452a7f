// GEOSEARCH and GEORADIUS: the members within a shape, replied or stored.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/commands/command_limits.h"
#include "engine/commands/geo_commands.h"
#include "engine/commands/zset_access.h"
#include "engine/engine.h"

namespace engine {

namespace {

enum class Sort : uint8_t { kNone, kAscending, kDescending };

// Which of the commands asks.
struct GeoCommand {
  bool by_words = false;  // GEOSEARCH: shape and center are options.
  bool by_member = false;
  bool may_store = false;
  size_t key_word = 1;
  size_t first_option = 2;
};

struct GeoQuestion {
  GeoShape shape;
  double unit = 1;
  bool has_center = false;  // Said by which kind of word, to refuse the other.
  bool has_member_center = false;
  bool has_radius = false;
  bool with_distance = false;
  bool with_hash = false;
  bool with_point = false;
  bool any = false;
  Sort sort = Sort::kNone;
  int64_t count = 0;      // 0: all.
  size_t store_word = 0;  // 0: replied.
  bool stores_distance = false;
};

struct GeoFound {
  std::string_view member;
  std::string own_member;  // Of a number.
  GeoPoint point;
  double distance;
  double score;

  std::string_view name() const { return own_member.empty() ? member : own_member; }
};

class GeoParser {
 public:
  GeoParser(const CommandContext& context, const GeoCommand& command, const Entry* entry,
            GeoQuestion* question)
      : context_(context), command_(command), entry_(entry), question_(*question) {}

  // False after the reply, here and below.
  bool parse() {
    if (!command_.by_words && !parse_fixed()) return false;
    for (size_t i = command_.first_option; i < context_.argc(); ++i)
      if (!parse_simple(i) && !parse_with_words(&i)) return false;
    return check();
  }

 private:
  size_t left(size_t i) const { return context_.argc() - i - 1; }
  bool is(size_t i, std::string_view name) const { return context_.word_is(i, name); }
  bool fail(std::string_view error) const {
    context_.error(error);
    return false;
  }

  bool parse_fixed() {
    if (command_.by_member) {
      // Without a key the rest is looked at for STORE alone.
      if (entry_ == nullptr) return true;
      return parse_member(2) && parse_radius(3);
    }
    return parse_point(context_, 2, &question_.shape.center) && parse_radius(4);
  }

  bool parse_member(size_t i) {
    const std::optional<double> score = zset_view(context_, entry_).find(context_.word(i));
    if (!score.has_value()) return fail("could not decode requested zset member");
    question_.shape.center = point_of_score(*score);
    return true;
  }

  bool parse_radius(size_t i) {
    double radius = 0;
    if (!resp::parse_double(context_.word(i), &radius)) return fail("need numeric radius");
    if (radius < 0) return fail("radius cannot be negative");
    if (!parse_unit(context_, i + 1, &question_.unit)) return false;
    question_.shape.is_box = false;
    question_.shape.radius = radius * question_.unit;
    return true;
  }

  bool parse_box(size_t i) {
    double width = 0;
    double height = 0;
    if (!resp::parse_double(context_.word(i), &width)) return fail("need numeric width");
    if (!resp::parse_double(context_.word(i + 1), &height)) return fail("need numeric height");
    if (height < 0 || width < 0) return fail("height or width cannot be negative");
    if (!parse_unit(context_, i + 2, &question_.unit)) return false;
    question_.shape.is_box = true;
    question_.shape.width = width * question_.unit;
    question_.shape.height = height * question_.unit;
    return true;
  }

  // Whether it is an option of one word; replies nothing.
  bool parse_simple(size_t i) {
    if (is(i, "withdist")) {
      question_.with_distance = true;
    } else if (is(i, "withhash")) {
      question_.with_hash = true;
    } else if (is(i, "withcoord")) {
      question_.with_point = true;
    } else if (is(i, "any")) {
      question_.any = true;
    } else if (is(i, "asc")) {
      question_.sort = Sort::kAscending;
    } else if (is(i, "desc")) {
      question_.sort = Sort::kDescending;
    } else if (command_.by_words && command_.may_store && is(i, "storedist")) {
      question_.stores_distance = true;
    } else {
      return false;
    }
    return true;
  }

  bool parse_with_words(size_t* i) {
    if (is(*i, "count") && left(*i) >= 1) {
      if (!context_.integer_word(++*i, &question_.count)) return false;
      return question_.count > 0 || fail("COUNT must be > 0");
    }
    if (command_.by_words) return parse_shape_words(i);
    const bool distances = is(*i, "storedist");
    if (!command_.may_store || left(*i) < 1 || !(distances || is(*i, "store")))
      return fail(kSyntaxError);
    question_.stores_distance = distances;
    question_.store_word = ++*i;
    return true;
  }

  bool parse_shape_words(size_t* i) {
    const size_t first = *i + 1;
    if (is(*i, "frommember") && left(*i) >= 1 &&
        (!question_.has_center || question_.has_member_center)) {
      *i += 1;
      question_.has_center = question_.has_member_center = true;
      return entry_ == nullptr || parse_member(first);
    }
    if (is(*i, "fromlonlat") && left(*i) >= 2 && !question_.has_member_center) {
      *i += 2;
      question_.has_center = true;
      return parse_point(context_, first, &question_.shape.center);
    }
    if (is(*i, "byradius") && left(*i) >= 2 && !question_.shape.is_box) {
      *i += 2;
      question_.has_radius = true;
      return parse_radius(first);
    }
    if (is(*i, "bybox") && left(*i) >= 3 && !question_.has_radius) {
      *i += 3;
      return parse_box(first);
    }
    return fail(kSyntaxError);
  }

  bool check() {
    if (command_.by_words && command_.may_store) question_.store_word = 1;
    if (question_.store_word != 0 &&
        (question_.with_distance || question_.with_hash || question_.with_point))
      return fail(fmt::format("{} is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                              command_.by_words ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS"));
    if (command_.by_words && !question_.has_center)
      return fail(fmt::format("exactly one of FROMMEMBER or FROMLONLAT can be specified for {}",
                              context_.word(0)));
    if (command_.by_words && !question_.has_radius && !question_.shape.is_box)
      return fail(fmt::format("exactly one of BYRADIUS and BYBOX can be specified for {}",
                              context_.word(0)));
    if (question_.any && question_.count == 0)
      return fail("the ANY argument requires COUNT argument");
    // The nearest of all, unless any will do.
    if (question_.count != 0 && question_.sort == Sort::kNone && !question_.any)
      question_.sort = Sort::kAscending;
    return true;
  }

  const CommandContext& context_;
  const GeoCommand& command_;
  const Entry* const entry_;
  GeoQuestion& question_;
};

std::vector<GeoFound> find_members(const ZsetView& view, const GeoQuestion& question) {
  std::vector<GeoFound> found;
  const size_t enough = question.any ? static_cast<size_t>(question.count) : SIZE_MAX;
  for (const GeoRange& range : geo_ranges(question.shape)) {
    if (found.size() >= enough) break;
    const ScoreRange scores{static_cast<double>(range.first), static_cast<double>(range.end), false,
                            true};
    view.for_each(view.range(scores), false, [&](const ScoredMember& scored) {
      const GeoPoint point = point_of_score(scored.score);
      double distance = 0;
      if (!question.shape.contains(point, &distance)) return true;
      const bool is_number = scored.member.is_number;
      found.push_back({scored.member.text, is_number ? text_of(scored.member) : std::string(),
                       point, distance, scored.score});
      return found.size() < enough;
    });
  }
  return found;
}

void sort_and_cut(const GeoQuestion& question, std::vector<GeoFound>* found) {
  const auto nearer = [](const GeoFound& a, const GeoFound& b) { return a.distance < b.distance; };
  const auto farther = [](const GeoFound& a, const GeoFound& b) { return a.distance > b.distance; };
  if (question.sort == Sort::kAscending) std::stable_sort(found->begin(), found->end(), nearer);
  if (question.sort == Sort::kDescending) std::stable_sort(found->begin(), found->end(), farther);
  if (question.count != 0 && found->size() > static_cast<uint64_t>(question.count))
    found->resize(static_cast<size_t>(question.count));
}

void reply_found(const CommandContext& context, const GeoQuestion& question,
                 const std::vector<GeoFound>& found) {
  resp::ReplyWriter& reply = context.reply();
  const uint64_t parts = 1u + (question.with_distance ? 1 : 0) + (question.with_hash ? 1 : 0) +
                         (question.with_point ? 1 : 0);
  reply.array(found.size());
  for (const GeoFound& one : found) {
    if (parts > 1) reply.array(parts);
    reply.bulk(one.name());
    if (question.with_distance) reply_distance(reply, one.distance / question.unit);
    if (question.with_hash) reply.integer(static_cast<int64_t>(one.score));
    if (question.with_point) reply_point(reply, one.point);
  }
}

void search(const CommandContext& context, const GeoCommand& command) {
  const auto entry = read_value(context, context.key(command.key_word), ValueType::kZset);
  if (!entry.has_value()) return;
  GeoQuestion question;
  if (!GeoParser(context, command, *entry, &question).parse()) return;
  const bool large = *entry != nullptr && (*entry)->out_of_line();
  if (large && question.store_word != 0 && !may_grow(context, (*entry)->tree()->allocated_bytes()))
    return;
  std::vector<GeoFound> found;
  if (*entry != nullptr) found = find_members(zset_view(context, *entry), question);
  sort_and_cut(question, &found);
  if (question.store_word == 0) return reply_found(context, question, found);
  NewZset result(context, context.key(question.store_word));
  for (const GeoFound& one : found)
    result.put(std::nullopt, one.name(),
               question.stores_distance ? one.distance / question.unit : one.score);
  result.store(command.by_words ? "geosearchstore" : "georadiusstore");
}

}  // namespace

void georadius_command(CommandContext& context) {
  search(context, {.may_store = context.command().name == "georadius", .first_option = 6});
}

void georadiusbymember_command(CommandContext& context) {
  search(context, {.by_member = true,
                   .may_store = context.command().name == "georadiusbymember",
                   .first_option = 5});
}

void geosearch_command(CommandContext& context) { search(context, {.by_words = true}); }

void geosearchstore_command(CommandContext& context) {
  search(context, {.by_words = true, .may_store = true, .key_word = 2, .first_option = 3});
}

}  // namespace engine
