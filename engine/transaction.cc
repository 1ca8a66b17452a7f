#include "engine/transaction.h"

#include <numeric>

#include "base/limits.h"
#include "engine/command_keys.h"
#include "engine/databases.h"
#include "resp/numbers.h"

namespace engine {

// Which database the words of a command mean, behind the SELECTs and SWAPDBs before it.
class Transaction::DatabaseTrack {
 public:
  DatabaseTrack(int count, int current) : current_(current), mapping_(static_cast<size_t>(count)) {
    std::iota(mapping_.begin(), mapping_.end(), 0);
  }

  int current() const { return mapping_[static_cast<size_t>(current_)]; }
  // The database of that number; kNoDatabase when there is none.
  int of(int32_t number) const {
    return exists(number) ? mapping_[static_cast<size_t>(number)] : kNoDatabase;
  }
  void follow(std::string_view command, CommandWords words) {
    int64_t first = 0;
    int64_t second = 0;
    if (command == "select" && resp::parse_int64(words[1], &first) && exists(first)) {
      current_ = static_cast<int>(first);
    } else if (command == "swapdb" && resp::parse_int64(words[1], &first) &&
               resp::parse_int64(words[2], &second) && exists(first) && exists(second)) {
      std::swap(mapping_[static_cast<size_t>(first)], mapping_[static_cast<size_t>(second)]);
    }
  }

 private:
  bool exists(int64_t number) const {
    return number >= 0 && number < static_cast<int64_t>(mapping_.size());
  }

  int current_;
  std::vector<int> mapping_;
};

void Transaction::add(const Request& request) {
  Queued queued{.command = request.command,
                .first_word = static_cast<uint32_t>(words_.size()),
                .word_count = static_cast<uint32_t>(request.words.size()),
                .large = nullptr};
  for (const std::string_view word : request.words) {
    words_.push_back({text_.size(), word.size()});
    text_.insert(text_.end(), word.begin(), word.end());
  }
  if (request.large != nullptr) {
    large_bytes_ += request.large->value_bytes();
    queued.large = request.large->detach();
  }
  any_flags_ |= request.command->flags;
  all_flags_ &= request.command->flags;
  commands_.push_back(std::move(queued));
}

uint64_t Transaction::allocated_bytes() const {
  return commands_.capacity() * sizeof(Queued) + words_.capacity() * sizeof(Word) +
         text_.capacity() + large_bytes_;
}

void Transaction::make_views() {
  if (!views_.empty()) return;
  views_.reserve(words_.size());
  for (const Word& word : words_) views_.push_back({text_.data() + word.offset, word.bytes});
}

void Transaction::find_keys(const Databases& databases, int database) {
  make_views();
  keys_.clear();
  key_too_long_ = false;
  DatabaseTrack track(databases.count(), database);
  for (size_t i = done; i < commands_.size(); ++i) {
    Queued& queued = commands_[i];
    find_keys_of(databases, track, &queued);
    track.follow(queued.command->name, words_of(queued));
  }
}

void Transaction::find_keys_of(const Databases& databases, const DatabaseTrack& track,
                               Queued* queued) {
  const CommandWords words = words_of(*queued);
  const Keyspace& keyspace = databases.at(track.current());
  queued->first_key = static_cast<uint32_t>(keys_.size());
  for_each_key(*queued->command, words, [&](const KeyRef& ref) {
    const Key key = keyspace.key_of(words[ref.position]);
    key_too_long_ |= key.text.size() > base::kKeyBytesMax;
    keys_.push_back({key, ref.access, track.current()});
    if (ref.also_database == kNoDatabase || track.of(ref.also_database) == kNoDatabase) return;
    keys_.push_back({key, KeyAccess::kMeta, track.of(ref.also_database)});
  });
  queued->key_count = static_cast<uint32_t>(keys_.size()) - queued->first_key;
}

Request Transaction::request(size_t i) {
  CHECK_LE(done, i);
  const Queued& queued = commands_[i];
  Request request;
  request.command = queued.command;
  request.flags = queued.command->flags;
  request.words = words_of(queued);
  request.large = queued.large.get();
  request.keys = std::span<const RequestKey>(keys_).subspan(queued.first_key, queued.key_count);
  return request;
}

}  // namespace engine
