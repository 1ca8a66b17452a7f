// Effects: what commands have done to the data set, as commands that do it again.
//
// They go to a sink: the append only file. Without one nothing is gathered; what remains is one
// branch per command.
//
//   begin_command   the handler runs      end_command
//                   add(), key_deleted()  its own words, if it counted changes and added nothing
//
// A command that is not deterministic, or that depends on the time, adds what it did in place of
// its words: SPOP adds an SREM, EXPIRE a PEXPIREAT. What expires or is evicted is deleted by a
// command of its own, before the one that met it.
//
// All effects between the outermost begin_unit() and its end_unit() are one unit: the sink makes a
// transaction of those with more than one command. A command is a unit, and so is a transaction
// with the commands in it.
//
// Loop thread only.

#ifndef BASALT_ENGINE_EFFECTS_H_
#define BASALT_ENGINE_EFFECTS_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/databases.h"

namespace engine {

class ChunkedString;
struct Request;
struct Session;

// One word of an effect.
struct EffectWord {
  EffectWord(std::string_view word) : text(word) {}    // NOLINT: implicit
  EffectWord(const char* word) : text(word) {}         // NOLINT: implicit
  EffectWord(const std::string& word) : text(word) {}  // NOLINT: implicit
  // In decimal.
  EffectWord(int64_t value) : is_number(true), number(value) {}  // NOLINT: implicit

  std::string_view text;
  bool is_number = false;
  bool is_large = false;  // The value that the request at hand has in chunks.
  int64_t number = 0;
};

// The commands of a unit, in the protocol's form.
struct EffectUnit {
  struct Command {
    int database;
    size_t end;  // In `text`.
  };
  // A long string that belongs at a place of `text`.
  struct Insertion {
    size_t at;
    ChunkedString* chunks;  // One reference.
  };

  std::vector<Command> commands;
  std::string text;
  std::vector<Insertion> insertions;
};

class EffectSink {
 public:
  // The unit's text is valid during the call; the references of its insertions stay the unit's.
  virtual void on_effects(const EffectUnit& unit) = 0;

 protected:
  ~EffectSink() = default;
};

class Effects final : public DeletionObserver {
 public:
  // What has to be kept of a command while it runs.
  struct Running {
    uint64_t changes_before = 0;
    const Request* outer_request = nullptr;
    bool outer_replaced = false;
    ChunkedString* outer_large = nullptr;
  };

  explicit Effects(Databases* databases) : databases_(databases) {}
  Effects(const Effects&) = delete;
  Effects& operator=(const Effects&) = delete;

  bool wanted() const { return sink_ != nullptr; }
  // Null ends it; a unit that is open then goes nowhere.
  void set_sink(EffectSink* sink);
  // Of keys that expire or are evicted: UNLINK instead of DEL (lazyfree-lazy-*).
  void set_lazy(bool expire, bool evict) {
    lazy_expire_ = expire;
    lazy_evict_ = evict;
  }

  // The engine's, around every handler while wanted(). They nest.
  Running begin_command(const Request& request);
  void end_command(const Running& running, const Session& session, const Request& request);

  // Whoever changes the data set outside of commands, or with several, opens the unit himself.
  // Nothing happens unless wanted().
  void begin_unit() { ++depth_; }
  void end_unit();

  // One more command of the unit at hand, or a unit of its own outside of one. Inside of a handler
  // it stands in place of the command's words.
  void add(int database, std::span<const EffectWord> words);
  void add(int database, std::initializer_list<EffectWord> words) {
    add(database, std::span<const EffectWord>(words.begin(), words.size()));
  }
  // The words of the command that runs, whether or not it counted changes.
  void add_words(int database);
  // The command that runs has no effect, though it counted changes.
  void add_nothing() { replaced_ = true; }

  // DeletionObserver.
  void on_expired(NamespaceId id, std::string_view key) override;
  void on_evicted(NamespaceId id, std::string_view key);

 private:
  void give_up(ChunkedString* chunks);
  void append_deletion(NamespaceId id, std::string_view key, bool lazy);
  void append_word(const EffectWord& word);
  void append_header(char kind, uint64_t number);
  void end_append(int database);
  void flush();

  Databases* const databases_;
  EffectSink* sink_ = nullptr;
  EffectUnit unit_;
  int depth_ = 0;
  const Request* request_ = nullptr;  // Of the command that runs.
  ChunkedString* large_ = nullptr;    // What its large word holds.
  bool replaced_ = false;
  bool lazy_expire_ = false;
  bool lazy_evict_ = false;
};

}  // namespace engine

#endif  // BASALT_ENGINE_EFFECTS_H_
