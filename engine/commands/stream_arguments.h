// StreamArguments: the words that commands on streams share, and how they reply with entries.

#ifndef BASALT_ENGINE_COMMANDS_STREAM_ARGUMENTS_H_
#define BASALT_ENGINE_COMMANDS_STREAM_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/command.h"
#include "engine/commands/value_access.h"
#include "engine/value/stream_value.h"

namespace engine {

// "<ms>-<sequence>".
class StreamIdText {
 public:
  explicit StreamIdText(StreamId id);
  std::string_view view() const { return {text_, length_}; }

 private:
  char text_[48];
  size_t length_;
};

// An ID as clients write it; where the sequence is missing it is `missing`. "-" and "+" are no IDs
// unless `ends` says so. `*has_sequence`, if given, allows "<ms>-*" and is false then.
bool parse_stream_id(std::string_view text, StreamId* id, uint64_t missing, bool ends,
                     bool* has_sequence = nullptr);

// Word `i`; false after the reply, here and below.
bool id_word(const CommandContext& context, size_t i, StreamId* id, uint64_t missing = 0);
// The start or the end of an interval, which may be open: "(<id>".
bool interval_start(const CommandContext& context, size_t i, StreamId* id);
bool interval_end(const CommandContext& context, size_t i, StreamId* id);
// An integer with a text of its own for what is none.
bool integer_or(const CommandContext& context, size_t i, int64_t* value, std::string_view error);

// The options of XADD and XTRIM from word 2 on.
struct StreamAddition {
  StreamTrim trim;
  bool creates = true;
  bool has_id = false;
  bool has_sequence = true;
  StreamId id;
  size_t id_word = 0;
};
bool parse_addition(const CommandContext& context, bool is_addition, StreamAddition* addition);

void reply_id(resp::ReplyWriter& reply, StreamId id);
void reply_entry(resp::ReplyWriter& reply, const StreamNode& node, const StreamEntry& entry);
// The entry of this ID; false without a reply when there is none.
bool reply_entry_of(resp::ReplyWriter& reply, const StreamView& stream, StreamId id);
// "unknown subcommand or wrong number of arguments".
void subcommand_error(const CommandContext& context);

// A stream while a command changes it. REQUIRES: nothing else changes the keyspace meanwhile.
class StreamEdit {
 public:
  StreamEdit(Keyspace& keyspace, const Key& key);

  CountedTree* tree() const { return tree_; }
  StreamState& state() const { return stream_state(tree_); }
  void finish(uint64_t changes, const KeyEvent& event = {}) { edit_.finish(1, changes, event); }

 private:
  ValueEdit edit_;
  CountedTree* const tree_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_STREAM_ARGUMENTS_H_
