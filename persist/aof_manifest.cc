#include "persist/aof_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "resp/split_arguments.h"

namespace persist {

namespace {

constexpr std::string_view kInvalid = "Invalid AOF manifest file format";

bool is_plain(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\';
  });
}

// As sdscatrepr quotes it.
std::string quoted(std::string_view name) {
  if (!name.empty() && is_plain(name)) return std::string(name);
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text + "\"";
}

void append_line(std::string* text, const AofFile& file, char type) {
  *text += fmt::format("file {} seq {} type {}\n", quoted(file.name), file.sequence, type);
}

bool equals_folded(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

// What a line says; without a type when it says too little.
struct Line {
  AofFile file;
  char type = 0;
};

bool parse_pairs(const std::vector<std::string>& words, Line* line) {
  if (words.size() < 6 || words.size() % 2 != 0) return false;
  bool has_sequence = false;
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string& value = words[i + 1];
    if (equals_folded(words[i], "file")) {
      line->file.name = value;
    } else if (equals_folded(words[i], "seq")) {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), line->file.sequence);
      has_sequence = error == std::errc() && end == value.data() + value.size();
    } else if (equals_folded(words[i], "type")) {
      line->type = value.size() == 1 ? value[0] : '?';
    }
  }
  return !line->file.name.empty() && has_sequence && line->file.sequence != 0 && line->type != 0;
}

bool is_base_name(std::string_view name) {
  return name.find('/') == std::string_view::npos && name != "." && name != "..";
}

}  // namespace

// Empty, or what is wrong with the line.
std::string_view AofManifest::add_line(std::string_view text, uint64_t* last_increment) {
  std::vector<std::string> words;
  Line line;
  if (!resp::split_arguments(text, &words) || !parse_pairs(words, &line)) return kInvalid;
  if (!is_base_name(line.file.name)) return "File can't be a path, just a filename";
  switch (line.type) {
    case 'b':
      if (base_.has_value()) return "Found duplicate base file information";
      base_sequence_ = std::max(base_sequence_, line.file.sequence);
      base_ = std::move(line.file);
      return {};
    case 'h':
      history_.push_back(std::move(line.file));
      return {};
    case 'i':
      if (line.file.sequence <= *last_increment) return "Found a non-monotonic sequence number";
      *last_increment = increment_sequence_ = line.file.sequence;
      increments_.push_back(std::move(line.file));
      return {};
    default:
      return "Unknown AOF file type";
  }
}

base::Result<AofManifest> AofManifest::parse(std::string base_name, std::string_view text,
                                             std::string* message) {
  AofManifest manifest(std::move(base_name));
  uint64_t last_increment = 0;
  int number = 0;
  std::string_view line;
  std::string_view reason = text.empty() ? "Found an empty AOF manifest" : std::string_view();
  while (!text.empty() && reason.empty()) {
    const size_t end = text.find('\n');
    line = text.substr(0, end);
    ++number;
    if (end == std::string_view::npos || end + 1 > kManifestLineBytesMax) {
      reason = "The AOF manifest file contains too long line";
      break;
    }
    text.remove_prefix(end + 1);
    if (line.starts_with('#')) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    reason = line.empty() ? kInvalid : manifest.add_line(line, &last_increment);
  }
  if (reason.empty()) return manifest;
  *message = fmt::format(
      "\n*** FATAL AOF MANIFEST FILE ERROR ***\nReading the manifest file, at line {}\n>>> '{}'\n"
      "{}",
      number, line.substr(0, kManifestLineBytesMax), reason);
  return base::Error{base::ErrorCode::kCorrupt, 0, "manifest of the append only file"};
}

std::string AofManifest::format() const {
  std::string text;
  if (base_.has_value()) append_line(&text, *base_, 'b');
  for (const AofFile& file : history_) append_line(&text, file, 'h');
  for (const AofFile& file : increments_) append_line(&text, file, 'i');
  return text;
}

std::string AofManifest::next_base_name(bool is_rdb) const {
  return fmt::format("{}.{}.base.{}", base_name_, base_sequence_ + 1, is_rdb ? "rdb" : "aof");
}

const AofFile& AofManifest::add_base(bool is_rdb) {
  AofFile file{next_base_name(is_rdb), base_sequence_ + 1};
  ++base_sequence_;
  if (base_.has_value()) history_.push_back(std::move(*base_));
  base_ = std::move(file);
  return *base_;
}

void AofManifest::adopt_base(std::string name) {
  base_sequence_ = std::max<uint64_t>(base_sequence_, 1);
  base_ = AofFile{std::move(name), base_sequence_};
}

const AofFile& AofManifest::add_increment() {
  ++increment_sequence_;
  increments_.push_back(
      {fmt::format("{}.{}.incr.aof", base_name_, increment_sequence_), increment_sequence_});
  return increments_.back();
}

void AofManifest::retire_increments(size_t keep_last) {
  if (increments_.size() <= keep_last) return;
  const auto end = increments_.end() - static_cast<std::ptrdiff_t>(keep_last);
  history_.insert(history_.end(), increments_.begin(), end);
  increments_.erase(increments_.begin(), end);
}

}  // namespace persist
