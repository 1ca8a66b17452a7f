// ValueAccess: how commands on aggregates find, make and change the value of a key.

#ifndef BASALT_ENGINE_COMMANDS_VALUE_ACCESS_H_
#define BASALT_ENGINE_COMMANDS_VALUE_ACCESS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/command.h"
#include "engine/keyspace.h"
#include "engine/value/counted_tree.h"
#include "engine/value/element.h"

namespace engine {

// The entry at a key for a command that reads it, null when there is none; nothing after the
// WRONGTYPE reply when it has another type.
std::optional<const Entry*> read_value(const CommandContext& context, const Key& key,
                                       ValueType type);
// The same for a command that will change it: neither counted nor touched.
std::optional<Entry*> peek_value(const CommandContext& context, const Key& key, ValueType type);

// A value while a command changes it. REQUIRES: nothing else changes the keyspace meanwhile.
class ValueEdit {
 public:
  // Of the value that is there, or of a new one, made by `make` (new_hash, new_set).
  using Make = Entry* (*)(EntryHeap&, std::string_view, EntryOptions);
  ValueEdit(Keyspace& keyspace, const Key& key, Make make);
  // REQUIRES: the key exists.
  ValueEdit(Keyspace& keyspace, const Key& key);
  ValueEdit(const ValueEdit&) = delete;
  ValueEdit& operator=(const ValueEdit&) = delete;

  Entry*& entry() { return entry_; }
  const ValueTools& tools() const { return tools_; }
  // Puts the value into the keyspace; an empty one is deleted with its key. `changes` are counted,
  // and if there are any they are told: the event, if they have one, and the "del" of a key.
  void finish(uint64_t elements, uint64_t changes, const KeyEvent& event = {});

 private:
  Keyspace& keyspace_;
  const Key key_;
  const ValueTools tools_;
  Dictionary::Slot slot_;
  Entry* entry_;
};

// An element as a bulk.
void reply_element(resp::ReplyWriter& reply, const Element& element);

// Word `i` as a count of either sign, as Redis bounds it; false after the reply.
bool count_word(const CommandContext& context, size_t i, int64_t* count);

// The options of HSCAN and SSCAN from word 3 on, and the cursor in word 2.
struct ElementScan {
  uint64_t cursor = 0;
  uint64_t count = 10;
  std::optional<std::string_view> pattern;

  bool accepts(const Element& element) const;
};
// False after the reply.
bool parse_scan_cursor(const CommandContext& context, ElementScan* scan);
bool parse_scan_options(const CommandContext& context, ElementScan* scan);
void reply_empty_scan(resp::ReplyWriter& reply);

// Walks a tree from the cursor on: fn(bytes of the element). Returns the next cursor.
template <class Fn>
uint64_t scan_tree(const CommandContext& context, const CountedTree& tree, const ElementScan& scan,
                   Fn fn);

// ---- How it works

uint32_t scan_position(const CommandContext& context, uint64_t cursor);
uint64_t scan_cursor(const CommandContext& context, uint32_t tag);

template <class Fn>
uint64_t scan_tree(const CommandContext& context, const CountedTree& tree, const ElementScan& scan,
                   Fn fn) {
  TreeCursor at(tree, tree.rank_of_tag(scan_position(context, scan.cursor)));
  uint32_t last_tag = 0;
  for (uint64_t i = 0; !at.at_end(); at.next(), ++i) {
    const TreeItem item = at.item();
    // A cursor names a tag: what has the same one goes together.
    if (i >= scan.count && item.tag != last_tag) return scan_cursor(context, item.tag);
    last_tag = item.tag;
    fn(item.bytes);
  }
  return 0;
}

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_VALUE_ACCESS_H_
