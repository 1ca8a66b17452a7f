// CommandContext: what a command's handler sees.
//
// A handler is a plain function over resident values and never waits: before it runs, the gate has
// made every key that the command's row declares resident, or has found out that it is nowhere. It
// replies exactly once. It runs on the loop's thread, with no other command in between.

#ifndef BASALT_ENGINE_COMMAND_H_
#define BASALT_ENGINE_COMMAND_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "engine/command_table.h"
#include "engine/key.h"
#include "resp/reply_writer.h"

namespace engine {

class ChunkedString;
struct EffectWord;
class Engine;
class Keyspace;
struct Request;
struct Session;

// The texts that many handlers share.
inline constexpr std::string_view kWrongTypeError =
    "-WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kSyntaxError = "-ERR syntax error";
inline constexpr std::string_view kNotIntegerError = "-ERR value is not an integer or out of range";
inline constexpr std::string_view kNotFloatError = "-ERR value is not a valid float";
inline constexpr std::string_view kNoSuchKeyError = "-ERR no such key";
inline constexpr std::string_view kOutOfRangeError = "-ERR index out of range";

class CommandContext {
 public:
  // All outlive the context.
  CommandContext(Engine* engine, Session* session, Keyspace* keyspace, const Request* request);

  // The words as the client sent them, the name first; a subcommand's name is words()[1].
  CommandWords words() const { return words_; }
  size_t argc() const { return words_.size(); }
  std::string_view word(size_t i) const { return words_[i]; }
  // The word's length, and the word itself when it was received in chunks: a reference that is the
  // caller's, once. Null: it is in word(i). Only for the chunked_word of the command's row.
  uint64_t word_bytes(size_t i) const;
  ChunkedString* take_chunks(size_t i) const;
  // Case is ignored, as Redis does for options. `lower` is in lower case.
  bool word_is(size_t i, std::string_view lower) const;

  // The key at a word, with the hash that the request has of it. Cheapest in the order in which
  // the request names its keys.
  Key key(size_t word_index) const;

  const Command& command() const { return *command_; }
  const Request& request() const { return *request_; }
  Engine& engine() const { return *engine_; }
  Session& session() const { return *session_; }
  // Of the session's database.
  Keyspace& keyspace() const { return *keyspace_; }
  resp::ReplyWriter& reply() const;
  // Replies with an error line: "-CODE text", or a text that gets "-ERR " in front.
  void error(std::string_view line) const;

  // ---- Effects (effects.h): what a command that changes the data set leaves to the append only
  // file. Without a word of its handler those are its words, if it counted changes.
  //
  // Whether anybody wants them; else the calls below do nothing.
  bool wants_effects() const;
  // This command instead, in the session's database. Several in their order, as one transaction.
  void effect(std::initializer_list<EffectWord> words) const;
  void effect(std::span<const EffectWord> words) const;
  // Word `i` as a word of an effect, in whatever form it came.
  EffectWord effect_word(size_t i) const;
  // Its words, though it counted no changes.
  void effect_as_sent() const;

  // Unix time in ms, the same throughout the command.
  int64_t now_ms() const;

  // Parses word `i` as Redis parses integers, or replies "value is not an integer or out of range"
  // and returns false.
  bool integer_word(size_t i, int64_t* value) const;

 private:
  Engine* const engine_;
  Session* const session_;
  Keyspace* const keyspace_;
  const Request* const request_;
  const Command* const command_;
  const CommandWords words_;
  mutable size_t next_key_ = 0;  // Of the request: where key() looks first.
};

// "get" == "GeT": `lower` is in lower case.
bool equals_folded(std::string_view text, std::string_view lower);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMAND_H_
