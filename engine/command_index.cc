#include <fmt/format.h>

#include "base/bytes.h"
#include "base/check.h"
#include "engine/command_table.h"
#include "engine/config_syntax.h"

namespace engine {
namespace {

// Eight bytes with A-Z made lower, others untouched.
uint64_t fold(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low = bytes & (0x7f * kOnes);
  const uint64_t at_least_a = low + (0x80 - 'A') * kOnes;
  const uint64_t beyond_z = low + (0x7f - 'Z') * kOnes;
  const uint64_t upper = (at_least_a ^ beyond_z) & ~bytes & (0x80 * kOnes);
  return bytes | (upper >> 2);
}

struct NameWords {
  uint64_t head = 0;
  uint64_t tail = 0;
};

// Head and tail overlap in names below 16 bytes, and below 8 both are the whole name.
NameWords words_of(std::string_view name) {
  const char* at = name.data();
  const size_t size = name.size();
  if (size >= 8) {
    return {fold(base::load_le<uint64_t>(at)), fold(base::load_le<uint64_t>(at + size - 8))};
  }
  uint64_t bytes = 0;
  if (size >= 4) {
    bytes = base::load_le<uint32_t>(at) |
            (uint64_t{base::load_le<uint32_t>(at + size - 4)} << (8 * (size - 4)));
  } else if (size > 0) {
    bytes = static_cast<uint8_t>(at[0]);
    bytes |= uint64_t{static_cast<uint8_t>(at[size / 2])} << (8 * (size / 2));
    bytes |= uint64_t{static_cast<uint8_t>(at[size - 1])} << (8 * (size - 1));
  }
  bytes = fold(bytes);
  return {bytes, bytes};
}

size_t hash_of(const NameWords& words, size_t size) {
  // Two odd constants; the high bits of the product depend on all bytes.
  const uint64_t mixed = (words.head ^ (words.tail * 0x9e3779b97f4a7c15) ^ size);
  return static_cast<size_t>((mixed * 0xff51afd7ed558ccd) >> 40);
}

constexpr size_t kBytesInWords = 16;
constexpr size_t kErrorArgumentBytes = 128;

std::string without_line_ends(std::string text) {
  for (char& c : text)
    if (c == '\r' || c == '\n') c = ' ';
  return text;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

// As C's "%.128s" shows it: up to 128 bytes, ending at a zero byte.
std::string_view shown(std::string_view text, size_t bytes_max) {
  return text.substr(0, bytes_max).substr(0, text.find('\0'));
}

constexpr std::string_view kAclCategoryNames[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting"};

}  // namespace

std::span<const std::string_view> acl_category_names() { return kAclCategoryNames; }

uint32_t acl_category_by_name(std::string_view name) {
  for (size_t bit = 0; bit < std::size(kAclCategoryNames); ++bit)
    if (equal_nocase(name, kAclCategoryNames[bit])) return 1u << bit;
  return 0;
}

const Command* find_subcommand(const Command& container, std::string_view name) {
  for (const Command& sub : subcommands(container))
    if (equal_nocase(name, sub.name)) return &sub;
  return nullptr;
}

CommandIndex::CommandIndex(Include include) : include_(include) {
  size_t slots = 64;
  while (slots < 4 * all_commands().size()) slots *= 2;
  slots_.resize(slots);
  names_.resize(slots);
  for (const Command& command : all_commands()) {
    if (command.is_subcommand()) continue;
    if (include == Include::kImplemented && !is_implemented(command)) continue;
    CHECK(insert(command.full_name, command));
  }
}

size_t CommandIndex::slot_of(std::string_view name) const {
  const NameWords words = words_of(name);
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash_of(words, name.size()) & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.row == 0) return at;
    if (slot.head != words.head || slot.tail != words.tail || slot.length != name.size()) continue;
    if (name.size() <= kBytesInWords || equal_nocase(name, names_[at])) return at;
  }
}

const Command* CommandIndex::find(std::string_view name) const {
  const Slot& slot = slots_[slot_of(name)];
  return slot.row == 0 ? nullptr : &all_commands()[slot.row - 1];
}

bool CommandIndex::insert(std::string_view name, const Command& command) {
  const size_t at = slot_of(name);
  if (slots_[at].row != 0) return false;
  const NameWords words = words_of(name);
  slots_[at] = {words.head, words.tail, static_cast<uint32_t>(name.size()),
                static_cast<uint32_t>(command.id) + 1};
  names_[at] = std::string(name);
  return true;
}

void CommandIndex::rebuild_without(size_t removed) {
  const std::vector<Slot> slots = std::move(slots_);
  const std::vector<std::string> names = std::move(names_);
  slots_.assign(slots.size(), Slot{});
  names_.assign(names.size(), std::string());
  for (size_t at = 0; at < slots.size(); ++at) {
    if (at == removed || slots[at].row == 0) continue;
    CHECK(insert(names[at], all_commands()[slots[at].row - 1]));
  }
}

const Command* CommandIndex::find_full_name(std::string_view full_name) const {
  const size_t bar = full_name.find('|');
  if (bar == std::string_view::npos) return find(full_name);
  const std::string_view words[] = {full_name.substr(0, bar), full_name.substr(bar + 1)};
  const Command* const command = resolve(words);
  return command != nullptr && command->is_subcommand() ? command : nullptr;
}

const Command* CommandIndex::resolve(CommandWords words) const {
  const Command* const command = find(words[0]);
  if (command == nullptr || command->subcommand_count == 0 || words.size() == 1) return command;
  const Command* const sub = find_subcommand(*command, words[1]);
  return sub != nullptr && lists(*sub) ? sub : nullptr;
}

bool CommandIndex::lists(const Command& command) const {
  return include_ == Include::kAll || is_implemented(command);
}

std::string_view CommandIndex::rename(std::string_view from, std::string_view to) {
  const size_t at = slot_of(from);
  if (slots_[at].row == 0) return "No such command in rename-command";
  const Command& command = all_commands()[slots_[at].row - 1];
  if (!to.empty() && !equal_nocase(from, to) && find(to) != nullptr)
    return "Target command name already exists";
  rebuild_without(at);
  if (!to.empty()) CHECK(insert(to, command));
  return {};
}

std::vector<const Command*> CommandIndex::commands() const {
  std::vector<const Command*> found;
  std::vector<bool> present(all_commands().size());
  for (const Slot& slot : slots_)
    if (slot.row != 0) present[slot.row - 1] = true;
  for (const Command& command : all_commands())
    if (present[command.id]) found.push_back(&command);
  return found;
}

std::string CommandIndex::unknown_command_error(CommandWords words) const {
  const Command* const container = find(words[0]);
  if (container != nullptr && container->subcommand_count != 0 && words.size() > 1) {
    return without_line_ends(fmt::format("unknown subcommand '{}'. Try {} HELP.",
                                         shown(words[1], kErrorArgumentBytes),
                                         upper_case(shown(words[0], words[0].size()))));
  }
  std::string arguments;
  for (size_t i = 1; i < words.size() && arguments.size() < kErrorArgumentBytes; ++i)
    arguments += fmt::format("'{}' ", shown(words[i], kErrorArgumentBytes - arguments.size()));
  return without_line_ends(fmt::format("unknown command '{}', with args beginning with: {}",
                                       shown(words[0], kErrorArgumentBytes), arguments));
}

std::string wrong_arity_error(const Command& command) {
  return fmt::format("wrong number of arguments for '{}' command", command.full_name);
}

}  // namespace engine
