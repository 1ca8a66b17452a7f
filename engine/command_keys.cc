#include "engine/command_keys.h"

#include <algorithm>

#include "engine/config_syntax.h"
#include "resp/numbers.h"

namespace engine {

using namespace key_flag;

void KeyList::add(uint32_t position, uint16_t flags, int32_t also_database) {
  const KeyRef key{position, flags, KeyAccess::kNone, also_database};
  if (size_ < kInline) {
    inline_[size_++] = key;
    return;
  }
  if (size_ == kInline) more_.assign(inline_.begin(), inline_.end());
  more_.push_back(key);
  ++size_;
}

void KeyList::clear() {
  size_ = 0;
  more_.clear();
}

std::span<KeyRef> KeyList::refs() {
  return size_ <= kInline ? std::span(inline_.data(), size_) : std::span(more_);
}

std::span<const KeyRef> KeyList::refs() const {
  return size_ <= kInline ? std::span(inline_.data(), size_) : std::span(more_);
}

namespace {

// The words of a spec's keys by [first, last] and step, from any kind of spec.
struct Found {
  enum class Kind { kKeys, kNoKeyword, kInvalid };
  Kind kind = Kind::kInvalid;
  KeyRange range;
};

// The word after the keyword, 0 if there is none. A negative start looks backwards.
size_t find_keyword(const KeySpec& spec, CommandWords words) {
  const int64_t count = static_cast<int64_t>(words.size());
  const int64_t start = spec.index > 0 ? spec.index : count + spec.index;
  const int64_t end = spec.index > 0 ? count - 1 : 1;
  const int64_t step = start <= end ? 1 : -1;
  for (int64_t i = start; i != end && i >= 1 && i < count; i += step)
    if (equal_nocase(words[static_cast<size_t>(i)], spec.keyword))
      return static_cast<size_t>(i + 1);
  return 0;
}

Found checked(int64_t first, int64_t last, int64_t step, size_t words) {
  if (last >= static_cast<int64_t>(words) || last < first || first >= static_cast<int64_t>(words))
    return {Found::Kind::kInvalid, {}};
  return {Found::Kind::kKeys,
          {static_cast<size_t>(first), static_cast<size_t>(last), static_cast<size_t>(step)}};
}

Found find_range(const KeySpec& spec, size_t first_word, size_t words) {
  const int64_t first = static_cast<int64_t>(first_word);
  const int64_t count = static_cast<int64_t>(words);
  int64_t last = 0;
  if (spec.find_a >= 0) {
    last = first + spec.find_a;
  } else if (spec.find_c == 0) {
    last = count + spec.find_a;
  } else {
    last = first + (count - first) / spec.find_c + spec.find_a;
  }
  return checked(first, last, spec.find_b, words);
}

Found find_counted(const KeySpec& spec, size_t first_word, CommandWords words) {
  const size_t number_word = first_word + static_cast<size_t>(spec.find_a);
  int64_t number = 0;
  if (number_word >= words.size()) return {Found::Kind::kInvalid, {}};
  if (!resp::parse_int64(words[number_word], &number)) return {Found::Kind::kInvalid, {}};
  if (number < 0 || number > static_cast<int64_t>(words.size())) return {Found::Kind::kInvalid, {}};
  const int64_t first = static_cast<int64_t>(first_word) + spec.find_b;
  return checked(first, first + number - 1, spec.find_c, words.size());
}

Found find_spec(const KeySpec& spec, CommandWords words) {
  size_t first = 0;
  switch (spec.begin) {
    case KeySpec::Begin::kIndex:
      first = static_cast<size_t>(spec.index);
      break;
    case KeySpec::Begin::kKeyword:
      first = find_keyword(spec, words);
      if (first == 0) return {Found::Kind::kNoKeyword, {}};
      break;
    case KeySpec::Begin::kUnknown:
      return {Found::Kind::kInvalid, {}};
  }
  switch (spec.find) {
    case KeySpec::Find::kRange:
      return find_range(spec, first, words.size());
    case KeySpec::Find::kKeyNumber:
      return find_counted(spec, first, words);
    case KeySpec::Find::kUnknown:
      break;
  }
  return {Found::Kind::kInvalid, {}};
}

// False when a spec is broken or says that it does not tell all.
bool find_by_specs(const Command& command, CommandWords words, KeyList* keys) {
  for (const KeySpec& spec : command.key_specs) {
    if ((spec.flags & kNotKey) != 0) continue;
    const Found found = find_spec(spec, words);
    if (found.kind == Found::Kind::kNoKeyword) continue;
    if (found.kind == Found::Kind::kInvalid) return false;
    for (size_t i = found.range.first; i <= found.range.last; i += found.range.step)
      keys->add(static_cast<uint32_t>(i), spec.flags);
    if ((spec.flags & kIncomplete) != 0) return false;
  }
  return true;
}

}  // namespace

bool may_have_keys(const Command& command) {
  if (command.key_finder != nullptr) return true;
  return std::any_of(command.key_specs.begin(), command.key_specs.end(),
                     [](const KeySpec& spec) { return (spec.flags & kNotKey) == 0; });
}

bool find_keys(const Command& command, CommandWords words, KeyList* keys) {
  keys->clear();
  if (command.key_finder != nullptr) {
    command.key_finder(words, keys);
  } else if (!find_by_specs(command, words, keys)) {
    keys->clear();
  }
  for (KeyRef& key : keys->refs()) key.access = key_access(command.access, key.flags);
  return keys->size() != 0;
}

// SET key value [NX|XX] [GET] ...: only GET needs what was there.
void find_set_keys(CommandWords words, KeyList* keys) {
  for (size_t i = 3; i < words.size(); ++i) {
    if (equal_nocase(words[i], "get")) {
      keys->add(1, kRw | kAccess | kUpdate);
      return;
    }
  }
  keys->add(1, kOw | kUpdate);
}

namespace {

int32_t database_of(std::string_view word) {
  int64_t number = 0;
  if (!resp::parse_int64(word, &number) || number < 0 || number > INT32_MAX) return kNoDatabase;
  return static_cast<int32_t>(number);
}

}  // namespace

// COPY source destination [DB number] [REPLACE]
void find_copy_keys(CommandWords words, KeyList* keys) {
  int32_t database = kNoDatabase;
  for (size_t i = 3; i + 1 < words.size(); ++i)
    if (equal_nocase(words[i], "db")) database = database_of(words[++i]);
  keys->add(1, kRo | kAccess);
  keys->add(2, kOw | kUpdate, database);
}

// MOVE key number
void find_move_keys(CommandWords words, KeyList* keys) {
  keys->add(1, kRw | kAccess | kUpdate, words.size() > 2 ? database_of(words[2]) : kNoDatabase);
}

// BITFIELD key: reading only while every operation is a GET.
void find_bitfield_keys(CommandWords words, KeyList* keys) {
  bool reads_only = true;
  for (size_t i = 2; i < words.size() && reads_only;) {
    const size_t left = words.size() - i - 1;
    if (equal_nocase(words[i], "get") && left >= 2) {
      i += 3;
    } else if (equal_nocase(words[i], "overflow") && left >= 1) {
      i += 2;
    } else {
      reads_only = false;  // SET, INCRBY, or a mistake: the safe side.
    }
  }
  keys->add(1, reads_only ? kRo | kAccess : kRw | kAccess | kUpdate);
}

// SORT key ... STORE destination: the last STORE counts, the words of other options do not.
void find_sort_keys(CommandWords words, KeyList* keys) {
  keys->add(1, kRo | kAccess);
  uint32_t store = 0;
  for (size_t i = 2; i < words.size(); ++i) {
    if (equal_nocase(words[i], "limit")) {
      i += 2;
    } else if (equal_nocase(words[i], "get") || equal_nocase(words[i], "by")) {
      i += 1;
    } else if (equal_nocase(words[i], "store") && i + 1 < words.size()) {
      store = static_cast<uint32_t>(i + 1);
    }
  }
  if (store != 0) keys->add(store, kOw | kUpdate);
}

void find_sort_ro_keys(CommandWords, KeyList* keys) { keys->add(1, kRo | kAccess); }

// MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH ...] [KEYS key ...]
void find_migrate_keys(CommandWords words, KeyList* keys) {
  size_t first = 3;
  size_t count = 1;
  for (size_t i = 6; i < words.size(); ++i) {
    if (equal_nocase(words[i], "keys")) {
      if (!words[3].empty()) return;  // Both forms at once: the handler reports it.
      first = i + 1;
      count = words.size() - first;
      break;
    }
    if (equal_nocase(words[i], "auth")) i += 1;
    if (equal_nocase(words[i], "auth2")) i += 2;
  }
  for (size_t i = 0; i < count; ++i)
    keys->add(static_cast<uint32_t>(first + i), kRw | kAccess | kDelete);
}

// TIER DEMOTE key ... | ALL | BYTES n
void find_tier_demote_keys(CommandWords words, KeyList* keys) {
  if (words.size() == 3 && equal_nocase(words[2], "all")) return;
  if (words.size() == 4 && equal_nocase(words[2], "bytes")) return;
  for (size_t i = 2; i < words.size(); ++i) keys->add(static_cast<uint32_t>(i), kRo);
}

}  // namespace engine
