#include "engine/slowlog.h"

#include <fmt/format.h>

namespace engine {

namespace {

constexpr size_t kWordsMax = 32;
constexpr size_t kWordBytesMax = 128;

}  // namespace

void Slowlog::add(SlowlogEntry entry, uint64_t entries_max) {
  entry.id = next_id_++;
  std::vector<std::string>& words = entry.words;
  if (words.size() > kWordsMax) {
    const size_t cut = words.size() - kWordsMax + 1;
    words.resize(kWordsMax - 1);
    words.push_back(fmt::format("... ({} more arguments)", cut));
  }
  for (std::string& word : words) {
    if (word.size() <= kWordBytesMax) continue;
    const size_t cut = word.size() - kWordBytesMax;
    word.resize(kWordBytesMax);
    word += fmt::format("... ({} more bytes)", cut);
  }
  entries_.push_front(std::move(entry));
  while (entries_.size() > entries_max) entries_.pop_back();
}

}  // namespace engine
