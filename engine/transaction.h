// Transaction: what a session has queued since MULTI, with the bytes of the words.
//
// Loop thread only.

#ifndef BASALT_ENGINE_TRANSACTION_H_
#define BASALT_ENGINE_TRANSACTION_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/counted_allocator.h"
#include "engine/command_table.h"
#include "engine/gate.h"
#include "engine/large_command.h"

namespace engine {

class Transaction {
 public:
  Transaction() = default;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Copies the words and takes over a value in chunks.
  void add(const Request& request);
  size_t size() const { return commands_.size(); }
  // Of the words and values.
  uint64_t bytes() const { return text_.size() + large_bytes_; }
  // What the copies take.
  uint64_t allocated_bytes() const;
  // Flags that any of the commands has, and those that all have.
  uint32_t any_flags() const { return any_flags_; }
  uint32_t all_flags() const { return all_flags_; }

  // A command was refused when it should have been queued: EXEC will fail.
  bool failed = false;
  // Executing: EXEC has begun, and this many of the commands are done.
  bool executing = false;
  size_t done = 0;

  // Finds the keys of the commands that are not done, each with its database: SELECT and SWAPDB
  // among them are followed. The session's database is `database`.
  void find_keys(const Databases& databases, int database);
  std::span<const RequestKey> keys() const { return keys_; }
  bool key_too_long() const { return key_too_long_; }
  // REQUIRES: not done, and find_keys().
  Request request(size_t i);
  // fn(LargeCommand&) for the values that are in chunks.
  template <class Fn>
  void for_each_large(Fn fn) {
    for (Queued& queued : commands_)
      if (queued.large != nullptr) fn(*queued.large);
  }

 private:
  template <class T>
  using Counted = std::vector<T, base::CountedAllocator<T, base::MemoryUse::kClients>>;

  struct Queued {
    const Command* command;
    uint32_t first_word;
    uint32_t word_count;
    uint32_t first_key = 0;
    uint32_t key_count = 0;
    std::unique_ptr<LargeCommand> large;
  };
  struct Word {
    uint64_t offset;
    uint64_t bytes;
  };
  class DatabaseTrack;

  CommandWords words_of(const Queued& queued) const {
    return CommandWords(views_).subspan(queued.first_word, queued.word_count);
  }
  void make_views();
  void find_keys_of(const Databases& databases, const DatabaseTrack& track, Queued* queued);

  Counted<Queued> commands_;
  Counted<Word> words_;
  Counted<char> text_;
  Counted<std::string_view> views_;  // Of words_, once nothing is added any more.
  Counted<RequestKey> keys_;
  uint64_t large_bytes_ = 0;
  uint32_t any_flags_ = 0;
  uint32_t all_flags_ = ~0u;
  bool key_too_long_ = false;
};

}  // namespace engine

#endif  // BASALT_ENGINE_TRANSACTION_H_
