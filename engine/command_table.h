// The one table of commands: what every command and subcommand of Redis 7.0.15, and Basalt's own,
// is called, takes and touches, and which function runs it.
//
// A row is written in command_table.cc. To implement a command, write its handler and name it in
// the row; a row without a handler is metadata only: clients get Redis's "unknown command", and
// COMMAND does not list it. What COMMAND DOCS tells beyond the row is in command_metadata.h.
//
// Rows are immutable and live for ever; CommandIndex (names to rows) belongs to a server, so that
// rename-command can change it. Counters per command are arrays over Command::id.

#ifndef BASALT_ENGINE_COMMAND_TABLE_H_
#define BASALT_ENGINE_COMMAND_TABLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

class CommandContext;
using CommandFunction = void (*)(CommandContext&);
// The words of a command as the client sent them, the name first.
using CommandWords = std::span<const std::string_view>;

namespace command_flag {
inline constexpr uint32_t kWrite = 1u << 0;
inline constexpr uint32_t kReadOnly = 1u << 1;
inline constexpr uint32_t kDenyOom = 1u << 2;
inline constexpr uint32_t kAdmin = 1u << 3;
inline constexpr uint32_t kPubSub = 1u << 4;
inline constexpr uint32_t kNoScript = 1u << 5;
inline constexpr uint32_t kBlocking = 1u << 6;
inline constexpr uint32_t kLoading = 1u << 7;
inline constexpr uint32_t kStale = 1u << 8;
inline constexpr uint32_t kSkipMonitor = 1u << 9;
inline constexpr uint32_t kSkipSlowlog = 1u << 10;
inline constexpr uint32_t kAsking = 1u << 11;
inline constexpr uint32_t kFast = 1u << 12;
inline constexpr uint32_t kNoAuth = 1u << 13;
inline constexpr uint32_t kNoMandatoryKeys = 1u << 14;
inline constexpr uint32_t kNoAsyncLoading = 1u << 15;
inline constexpr uint32_t kNoMulti = 1u << 16;
inline constexpr uint32_t kMovableKeys = 1u << 17;  // Derived from the key specs.
inline constexpr uint32_t kAllowBusy = 1u << 18;
// Not shown by COMMAND.
inline constexpr uint32_t kMayReplicate = 1u << 19;
inline constexpr uint32_t kProtected = 1u << 20;  // enable-debug-command and the like.
inline constexpr uint32_t kTouchesArbitraryKeys = 1u << 21;
inline constexpr uint32_t kSystem = 1u << 22;  // Doc flag "syscmd".
}  // namespace command_flag

// ACL categories. A row names those of its group; @read, @write, @admin, @dangerous, @pubsub,
// @blocking, @fast and @slow are derived from the flags as Redis does.
namespace acl_category {
inline constexpr uint32_t kKeyspace = 1u << 0;
inline constexpr uint32_t kRead = 1u << 1;
inline constexpr uint32_t kWriteCategory = 1u << 2;
inline constexpr uint32_t kSet = 1u << 3;
inline constexpr uint32_t kSortedSet = 1u << 4;
inline constexpr uint32_t kList = 1u << 5;
inline constexpr uint32_t kHash = 1u << 6;
inline constexpr uint32_t kString = 1u << 7;
inline constexpr uint32_t kBitmap = 1u << 8;
inline constexpr uint32_t kHyperLogLog = 1u << 9;
inline constexpr uint32_t kGeo = 1u << 10;
inline constexpr uint32_t kStream = 1u << 11;
inline constexpr uint32_t kPubSubCategory = 1u << 12;
inline constexpr uint32_t kAdminCategory = 1u << 13;
inline constexpr uint32_t kFastCategory = 1u << 14;
inline constexpr uint32_t kSlow = 1u << 15;
inline constexpr uint32_t kBlockingCategory = 1u << 16;
inline constexpr uint32_t kDangerous = 1u << 17;
inline constexpr uint32_t kConnection = 1u << 18;
inline constexpr uint32_t kTransaction = 1u << 19;
inline constexpr uint32_t kScripting = 1u << 20;
}  // namespace acl_category

// Bit n of acl_categories is called kAclCategoryNames[n].
std::span<const std::string_view> acl_category_names();
// 0 when there is no such category; case is ignored.
uint32_t acl_category_by_name(std::string_view name);

// What a command does to a key (the flags of Redis 7's key specs).
namespace key_flag {
inline constexpr uint16_t kRo = 1u << 0;      // Reads the value.
inline constexpr uint16_t kRw = 1u << 1;      // Changes the value, or its metadata.
inline constexpr uint16_t kOw = 1u << 2;      // Overwrites without reading.
inline constexpr uint16_t kRm = 1u << 3;      // Deletes without reading.
inline constexpr uint16_t kAccess = 1u << 4;  // Returns, copies or uses user data of the value.
inline constexpr uint16_t kUpdate = 1u << 5;
inline constexpr uint16_t kInsert = 1u << 6;
inline constexpr uint16_t kDelete = 1u << 7;
inline constexpr uint16_t kNotKey = 1u << 8;      // A channel that is routed like a key.
inline constexpr uint16_t kIncomplete = 1u << 9;  // The spec may miss keys.
inline constexpr uint16_t kVariable = 1u << 10;   // The flags depend on the arguments.
}  // namespace key_flag

// Where a run of keys begins, and how it goes on.
struct KeySpec {
  enum class Begin : uint8_t { kIndex, kKeyword, kUnknown };
  enum class Find : uint8_t { kRange, kKeyNumber, kUnknown };

  uint16_t flags = 0;
  Begin begin = Begin::kIndex;
  int16_t index = 0;              // kIndex: the first key's word. kKeyword: where to start looking.
  std::string_view keyword = {};  // kKeyword: the first key follows this word.
  Find find = Find::kRange;
  // kRange: last key relative to the first (negative: from the end), step, limit.
  // kKeyNumber: index of the count relative to the begin, first key likewise, step.
  int16_t find_a = 0;
  int16_t find_b = 1;
  int16_t find_c = 0;
  std::string_view notes = {};
};

// What must be known of a key's value before the handler may run.
enum class KeyAccess : uint8_t {
  kNone,   // The command has no keys.
  kMeta,   // Existence, type, expiry and length: the index alone answers for a cold key.
  kValue,  // The value must be resident. (A key that the spec only overwrites or removes needs
           // kMeta even then.)
};

struct KeyRef;
class KeyList;
// Finds the keys of a command whose specs cannot (SORT, SET ... GET, MIGRATE): see command_keys.h.
using KeyFinder = void (*)(CommandWords words, KeyList* keys);

struct Command {
  std::string_view full_name;  // "get"; of a subcommand "config|get".
  std::string_view name;       // "get" in both cases.
  int16_t arity;               // Words including the name(s); negative: at least that many.
  uint32_t flags;
  uint32_t acl_categories;
  std::span<const KeySpec> key_specs;
  KeyAccess access;
  // All specs are plain ranges with reliable flags: for_each_key() needs no KeyFinder.
  bool has_plain_keys;
  KeyFinder key_finder;
  CommandFunction handler;  // Null: not implemented, or a container such as CONFIG.
  // The word that the handler takes in chunks where it is long (CommandContext::take_chunks); 0: it
  // takes all words in one piece.
  uint8_t chunked_word;
  // The legacy position of keys as COMMAND shows it; 0, 0, 0 without keys.
  int16_t first_key;
  int16_t last_key;
  int16_t key_step;
  uint16_t id;                // Index into all_commands().
  uint16_t subcommand_count;  // They follow the row in all_commands().
  uint16_t container_id;      // Own id unless it is a subcommand.

  bool has(uint32_t flag) const { return (flags & flag) != 0; }
  bool is_subcommand() const { return container_id != id; }
  // `words` includes the name(s).
  bool arity_fits(size_t words) const {
    return arity >= 0 ? words == static_cast<size_t>(arity) : words >= static_cast<size_t>(-arity);
  }
};

// Every row, containers directly before their subcommands, ordered by name.
std::span<const Command> all_commands();
// The subcommands of a container; empty for others.
std::span<const Command> subcommands(const Command& container);
// It has a handler, or one of its subcommands has.
bool is_implemented(const Command& command);
// The subcommand of that name, implemented or not; null if there is none. Case is ignored.
const Command* find_subcommand(const Command& container, std::string_view name);

// Names to rows: a hash table over the words of the name, folded to lower case.
//
// find() costs one probe for nearly every command and allocates nothing.
class CommandIndex {
 public:
  enum class Include { kImplemented, kAll };

  explicit CommandIndex(Include include = Include::kImplemented);

  // The top-level command of that name; null if there is none. Case is ignored.
  const Command* find(std::string_view name) const;
  // As find, and "config|get" finds the subcommand.
  const Command* find_full_name(std::string_view full_name) const;
  // What these words run: a command, the subcommand of a container, or a container alone when it
  // is the only word (its arity then fails). Null: answer unknown_command_error().
  // REQUIRES: words is not empty.
  const Command* resolve(CommandWords words) const;

  // rename-command; an empty new name removes it. Returns Redis's reason when it cannot, else an
  // empty text.
  std::string_view rename(std::string_view from, std::string_view to);

  // The top-level commands that can be found, ordered by row.
  std::vector<const Command*> commands() const;
  // Whether COMMAND lists this row: subcommands too, by their handlers.
  bool lists(const Command& command) const;

  // Redis's texts for an unknown command or subcommand, for ReplyWriter::error().
  std::string unknown_command_error(CommandWords words) const;

 private:
  struct Slot {
    uint64_t head = 0;  // The first eight bytes of the name, folded; zero-padded.
    uint64_t tail = 0;  // The last eight, likewise.
    uint32_t length = 0;
    uint32_t row = 0;  // Index into all_commands() + 1; 0: free.
  };

  size_t slot_of(std::string_view name) const;
  bool insert(std::string_view name, const Command& command);
  void rebuild_without(size_t slot);

  Include include_;
  std::vector<Slot> slots_;         // A power of two, at most a quarter full.
  std::vector<std::string> names_;  // Of each slot; read for names above 16 bytes only.
};

// "wrong number of arguments for 'get' command", for ReplyWriter::error().
std::string wrong_arity_error(const Command& command);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMAND_TABLE_H_
