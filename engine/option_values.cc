// How options of each kind are parsed and printed.

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>

#include "base/check.h"
#include "engine/config_syntax.h"
#include "engine/option_table.h"
#include "resp/numbers.h"

namespace engine {
namespace {

constexpr size_t kReasonBytesMax = 255;

OptionSetResult refused(std::string reason) {
  return {.ok = false, .changed = false, .reason = std::move(reason)};
}

bool is_unsigned(OptionKind kind) {
  return kind == OptionKind::kUnsigned || kind == OptionKind::kUnsignedBytes ||
         kind == OptionKind::kOctal;
}

// The reason why `value` is out of its range, or an empty text.
std::string range_reason(const Option& option, int64_t value) {
  if (is_unsigned(option.kind)) {
    const auto number = static_cast<uint64_t>(value);
    const auto lower = static_cast<uint64_t>(option.lower);
    const auto upper = static_cast<uint64_t>(option.upper);
    if (number >= lower && number <= upper) return {};
    return option.kind == OptionKind::kOctal
               ? fmt::format("argument must be between {:o} and {:o} inclusive", lower, upper)
               : fmt::format("argument must be between {} and {} inclusive", lower, upper);
  }
  if (option.kind == OptionKind::kBytesOrPercent && value < 0) {
    if (value >= option.lower) return {};
    return fmt::format("percentage argument must be less or equal to {}", -option.lower);
  }
  if (value >= option.lower && value <= option.upper) return {};
  return fmt::format("argument must be between {} and {} inclusive", option.lower, option.upper);
}

bool parse_octal(const std::string& text, int64_t* value) {
  char* end = nullptr;
  errno = 0;
  *value = std::strtoll(text.c_str(), &end, 8);
  return errno == 0 && *end == '\0';
}

bool parse_percent(std::string_view text, int64_t* value) {
  if (text.size() < 2 || text.back() != '%') return false;
  int64_t percent = 0;
  if (!resp::parse_int64(text.substr(0, text.size() - 1), &percent) || percent < 0) return false;
  *value = -percent;
  return true;
}

// The reason why `text` is no number of this kind, or an empty text.
std::string_view parse_number(OptionKind kind, const std::string& text, int64_t* value) {
  uint64_t bytes = 0;
  switch (kind) {
    case OptionKind::kBytes:
    case OptionKind::kUnsignedBytes:
    case OptionKind::kBytesOrPercent:
      if (parse_bytes(text, &bytes)) {
        *value = static_cast<int64_t>(bytes);
        return {};
      }
      if (kind != OptionKind::kBytesOrPercent) return "argument must be a memory value";
      return parse_percent(text, value) ? "" : "argument must be a memory or percent value";
    case OptionKind::kOctal:
      return parse_octal(text, value) ? "" : "argument couldn't be parsed as an octal number";
    default:
      return resp::parse_int64(text, value) ? "" : "argument couldn't be parsed into an integer";
  }
}

OptionSetResult store_number(const Option& option, Options& options, int64_t value) {
  if (option.check_number != nullptr) {
    const std::string_view reason = option.check_number(value);
    if (!reason.empty()) return refused(std::string(reason));
  }
  const bool changed = option.number.get(options) != value;
  option.number.set(options, value);
  return {.ok = true, .changed = changed || option.has(option_flag::kVolatile), .reason = {}};
}

OptionSetResult set_bool(const Option& option, Options& options, OptionWords words) {
  if (equal_nocase(words[0], "yes")) return store_number(option, options, 1);
  if (equal_nocase(words[0], "no")) return store_number(option, options, 0);
  return refused("argument must be 'yes' or 'no'");
}

OptionSetResult set_number(const Option& option, Options& options, OptionWords words) {
  int64_t value = 0;
  const std::string_view reason = parse_number(option.kind, words[0], &value);
  if (!reason.empty()) return refused(std::string(reason));
  std::string out_of_range = range_reason(option, value);
  if (!out_of_range.empty()) return refused(std::move(out_of_range));
  return store_number(option, options, value);
}

OptionSetResult set_enum(const Option& option, Options& options, OptionWords words) {
  int64_t value = 0;
  bool known = !words.empty() && (words.size() == 1 || option.kind == OptionKind::kEnumFlags);
  for (const std::string& word : words) {
    bool matched = false;
    for (const EnumName& name : option.names) {
      if (!equal_nocase(word, name.name)) continue;
      value |= name.value;
      matched = true;
    }
    known = known && matched;
  }
  if (known) return store_number(option, options, value);
  std::string reason = "argument(s) must be one of the following: ";
  for (const EnumName& name : option.names) {
    if (&name != &option.names.front()) reason += ", ";
    reason += name.name;
  }
  return refused(reason.substr(0, kReasonBytesMax));
}

OptionSetResult set_text(const Option& option, Options& options, OptionWords words) {
  if (option.check_text != nullptr) {
    const std::string_view reason = option.check_text(words[0]);
    if (!reason.empty()) return refused(std::string(reason));
  }
  std::string& field = option.text.mutate(options);
  const bool changed = field != words[0];
  field = words[0];
  return {.ok = true, .changed = changed || option.has(option_flag::kVolatile), .reason = {}};
}

OptionSetResult set_special(const Option& option, Options& options, OptionWords words) {
  const std::string before = option.special->get(options);
  const std::string_view reason = option.special->set(options, words);
  if (!reason.empty()) return refused(std::string(reason));
  return {.ok = true, .changed = option.special->get(options) != before, .reason = {}};
}

std::string flags_text(const Option& option, int64_t value) {
  std::string text;
  int64_t left = value;
  for (const EnumName& name : option.names) {
    if (name.value == value) return std::string(name.name);
    if (option.kind != OptionKind::kEnumFlags || name.value == 0) continue;
    if ((left & name.value) != name.value) continue;
    text += (text.empty() ? "" : " ") + std::string(name.name);
    left &= ~name.value;
  }
  return text.empty() || left != 0 ? "unknown" : text;
}

}  // namespace

bool parse_bytes(std::string_view text, uint64_t* bytes) {
  struct Unit {
    std::string_view name;
    uint64_t bytes;
  };
  constexpr Unit kUnits[] = {{"", 1},
                             {"b", 1},
                             {"k", 1000},
                             {"kb", 1024},
                             {"m", 1'000'000},
                             {"mb", 1024 * 1024},
                             {"g", 1'000'000'000},
                             {"gb", 1024 * 1024 * 1024}};
  constexpr size_t kDigitsMax = 127;
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits > kDigitsMax) return false;
  for (const Unit& unit : kUnits) {
    if (!equal_nocase(text.substr(digits), unit.name)) continue;
    // As strtoull: no digits are zero, too many the largest number.
    const std::string number(text.substr(0, digits));
    *bytes = std::strtoull(number.c_str(), nullptr, 10) * unit.bytes;
    return true;
  }
  return false;
}

std::string format_bytes(uint64_t bytes) {
  constexpr uint64_t kKb = 1024;
  if (bytes != 0 && bytes % (kKb * kKb * kKb) == 0)
    return fmt::format("{}gb", bytes / (kKb * kKb * kKb));
  if (bytes != 0 && bytes % (kKb * kKb) == 0) return fmt::format("{}mb", bytes / (kKb * kKb));
  if (bytes != 0 && bytes % kKb == 0) return fmt::format("{}kb", bytes / kKb);
  return std::to_string(bytes);
}

const Option* find_option(std::string_view name) {
  for (const Option& option : option_table())
    if (equal_nocase(name, option.name)) return &option;
  for (const Option& option : option_table())
    if (!option.alias.empty() && equal_nocase(name, option.alias)) return &option;
  return nullptr;
}

OptionSetResult set_option(const Option& option, Options& options, OptionWords words) {
  if (!option.has(option_flag::kMultiWord) && words.size() != 1)
    return refused("wrong number of arguments");
  switch (option.kind) {
    case OptionKind::kBool:
      return set_bool(option, options, words);
    case OptionKind::kEnum:
    case OptionKind::kEnumFlags:
      return set_enum(option, options, words);
    case OptionKind::kText:
      return set_text(option, options, words);
    case OptionKind::kSpecial:
      return set_special(option, options, words);
    default:
      return set_number(option, options, words);
  }
}

std::string option_text(const Option& option, const Options& options) {
  switch (option.kind) {
    case OptionKind::kText:
      return option.text.get(options);
    case OptionKind::kSpecial:
      return option.special->get(options);
    default:
      break;
  }
  const int64_t value = option.number.get(options);
  switch (option.kind) {
    case OptionKind::kBool:
      return value != 0 ? "yes" : "no";
    case OptionKind::kEnum:
    case OptionKind::kEnumFlags:
      return flags_text(option, value);
    case OptionKind::kBytesOrPercent:
      return value < 0 ? fmt::format("{}%", -value) : std::to_string(value);
    case OptionKind::kOctal:
      return fmt::format("{:o}", value);
    case OptionKind::kUnsigned:
    case OptionKind::kUnsignedBytes:
      return std::to_string(static_cast<uint64_t>(value));
    default:
      return std::to_string(value);
  }
}

Options::Options() {
  for (const Option& option : option_table()) {
    if (option.kind == OptionKind::kText) {
      option.text.mutate(*this) = std::string(option.default_text);
    } else if (option.kind == OptionKind::kSpecial) {
      const auto words = split_words(option.default_text);
      const std::vector<std::string> one_empty_word(1);
      const std::string_view reason =
          option.special->set(*this, words->empty() ? one_empty_word : *words);
      CHECK(reason.empty());
    } else {
      option.number.set(*this, option.default_number);
    }
  }
  maxmemory_percent = 0;
}

std::string option_default_text(const Option& option) { return option_text(option, Options()); }

}  // namespace engine
