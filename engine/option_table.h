// The description of every option: what option_table.cc lists and config.h interprets.

#ifndef BASALT_ENGINE_OPTION_TABLE_H_
#define BASALT_ENGINE_OPTION_TABLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/options.h"

namespace engine {

enum class OptionKind : uint8_t {
  kBool,
  kInteger,   // Signed, decimal.
  kUnsigned,  // Like kInteger, with an unsigned range.
  kOctal,
  kBytes,  // Signed range; 100, 1k (1000), 1kb (1024), ... gb.
  kUnsignedBytes,
  kBytesOrPercent,  // A percentage is stored as a negative number.
  kEnum,
  kEnumFlags,  // Several names, combined by or.
  kText,       // An empty text is "not set".
  kSpecial,    // Parses and prints itself.
};

namespace option_flag {
inline constexpr uint16_t kImmutable = 1u << 0;    // CONFIG SET refuses.
inline constexpr uint16_t kSensitive = 1u << 1;    // Never logged or shown by MONITOR.
inline constexpr uint16_t kHidden = 1u << 2;       // CONFIG GET only by its exact name.
inline constexpr uint16_t kProtected = 1u << 3;    // See enable-protected-configs.
inline constexpr uint16_t kDenyLoading = 1u << 4;  // CONFIG SET answers -LOADING meanwhile.
inline constexpr uint16_t kMultiWord = 1u << 5;    // Takes several words.
inline constexpr uint16_t kVolatile = 1u << 6;     // Hooks run even when the value is the same.
inline constexpr uint16_t kNoEffect = 1u << 7;     // Accepted for compatibility, changes nothing.
inline constexpr uint16_t kBasalt = 1u << 8;       // Not an option of Redis.
inline constexpr uint16_t kKeepsEmpty = 1u << 9;   // CONFIG REWRITE writes an empty text too.
}  // namespace option_flag

struct EnumName {
  std::string_view name;
  int64_t value;
};

using OptionWords = std::span<const std::string>;

// A field of Options seen as a number (bools and enums too).
struct NumberField {
  int64_t (*get)(const Options&) = nullptr;
  void (*set)(Options&, int64_t) = nullptr;
};
struct TextField {
  const std::string& (*get)(const Options&) = nullptr;
  std::string& (*mutate)(Options&) = nullptr;
};

// What a kSpecial option does itself. Errors are texts with static lifetime; empty: done.
struct SpecialField {
  std::string_view (*set)(Options&, OptionWords) = nullptr;
  std::string (*get)(const Options&) = nullptr;
  // The lines CONFIG REWRITE writes; `forced` false for those that are written only in the place
  // of an old line (a default). None: old lines go.
  struct Line {
    std::string text;
    bool forced;
  };
  std::vector<Line> (*rewrite)(const Options&) = nullptr;
};

struct Option {
  std::string_view name;
  std::string_view alias;  // The old name that works too, or empty.
  OptionKind kind;
  uint16_t flags;
  int64_t lower;  // Of numbers. For unsigned kinds the bits of an unsigned number.
  int64_t upper;
  int64_t default_number;
  std::string_view default_text;    // As CONFIG GET shows it for kText and kSpecial.
  std::span<const EnumName> names;  // Of enums.
  // A further check of a number or text; returns the reason with static lifetime, or empty.
  std::string_view (*check_number)(int64_t);
  std::string_view (*check_text)(std::string_view);
  NumberField number;
  TextField text;
  const SpecialField* special;
  std::string_view help;  // One or two sentences.

  bool has(uint16_t flag) const { return (flags & flag) != 0; }
};

// A heading of the documents: it holds the options from `first` up to the next section's.
struct OptionSection {
  std::string_view title;
  std::string_view first;
};

std::span<const Option> option_table();
std::span<const OptionSection> option_sections();

// Null when there is none of that name or alias. Case is ignored.
const Option* find_option(std::string_view name);

// The value of `option` as CONFIG GET prints it.
std::string option_text(const Option& option, const Options& options);
// The default, printed likewise.
std::string option_default_text(const Option& option);

struct OptionSetResult {
  bool ok = true;
  bool changed = false;  // Its hooks have to run.
  std::string reason;    // Why not ok: Redis's text.
};
// Parses `words` and stores the value; on failure the field keeps its value.
OptionSetResult set_option(const Option& option, Options& options, OptionWords words);

// Redis's memtoull: "64mb". False when it is not a size.
bool parse_bytes(std::string_view text, uint64_t* bytes);
// The shortest exact form for a file: "64mb", "1gb", "1000".
std::string format_bytes(uint64_t bytes);

}  // namespace engine

#endif  // BASALT_ENGINE_OPTION_TABLE_H_
