#include "engine/effects.h"

#include <utility>

#include "engine/gate.h"
#include "engine/session.h"
#include "engine/value/chunked_string.h"
#include "resp/numbers.h"

namespace engine {

namespace {

// A unit's buffer that one large command made long is given back.
constexpr size_t kTextBytesKept = 256 * 1024;

}  // namespace

void Effects::set_sink(EffectSink* sink) {
  sink_ = sink;
  databases_->shared().deletions = sink == nullptr ? nullptr : this;
}

// ---- Commands

Effects::Running Effects::begin_command(const Request& request) {
  const Running running{databases_->shared().changes, request_, replaced_, large_};
  request_ = &request;
  replaced_ = false;
  large_ = request.large == nullptr ? nullptr : request.large->share_value();
  begin_unit();
  return running;
}

void Effects::end_command(const Running& running, const Session& session, const Request& request) {
  const bool changed =
      databases_->shared().changes != running.changes_before &&
      (request.command->flags & (command_flag::kWrite | command_flag::kMayReplicate)) != 0;
  // A handler that ended without effect or reply runs again, with more room.
  if (changed && !replaced_ && !session.wants_room) add_words(session.database);
  give_up(large_);
  request_ = running.outer_request;
  replaced_ = running.outer_replaced;
  large_ = running.outer_large;
  end_unit();
}

void Effects::end_unit() {
  CHECK_GT(depth_, 0);
  if (--depth_ == 0 && !unit_.commands.empty()) flush();
}

void Effects::flush() {
  if (sink_ != nullptr) sink_->on_effects(unit_);
  for (const EffectUnit::Insertion& insertion : unit_.insertions) give_up(insertion.chunks);
  unit_.insertions.clear();
  unit_.commands.clear();
  unit_.text.clear();
  if (unit_.text.capacity() > kTextBytesKept) std::exchange(unit_.text, {});
}

// The last reference is freed in slices.
void Effects::give_up(ChunkedString* chunks) {
  if (chunks == nullptr) return;
  if (chunks->shared()) return ChunkedString::release(chunks);
  databases_->shared().condemned_chunks.push_back(chunks);
}

// ---- Encoding

void Effects::append_header(char kind, uint64_t number) {
  char text[resp::kIntegerTextBytes + 3];
  text[0] = kind;
  char* end = resp::format_int64(static_cast<int64_t>(number), text + 1);
  *end++ = '\r';
  *end++ = '\n';
  unit_.text.append(text, static_cast<size_t>(end - text));
}

void Effects::append_word(const EffectWord& word) {
  if (word.is_large) {
    append_header('$', large_->size());
    unit_.insertions.push_back({unit_.text.size(), large_->freeze()});
  } else if (word.is_number) {
    char digits[resp::kIntegerTextBytes];
    const char* const end = resp::format_int64(word.number, digits);
    append_header('$', static_cast<uint64_t>(end - digits));
    unit_.text.append(digits, static_cast<size_t>(end - digits));
  } else {
    append_header('$', word.text.size());
    unit_.text.append(word.text);
  }
  unit_.text.append("\r\n");
}

void Effects::end_append(int database) {
  unit_.commands.push_back({database, unit_.text.size()});
  if (depth_ == 0) flush();
}

void Effects::add(int database, std::span<const EffectWord> words) {
  if (!wanted()) return;
  replaced_ = true;
  append_header('*', words.size());
  for (const EffectWord& word : words) append_word(word);
  end_append(database);
}

void Effects::add_words(int database) {
  if (!wanted()) return;
  replaced_ = true;
  const CommandWords words = request_->words;
  append_header('*', words.size());
  for (size_t i = 0; i < words.size(); ++i) {
    EffectWord word(words[i]);
    word.is_large = large_ != nullptr && request_->large->value_word() == i;
    append_word(word);
  }
  end_append(database);
}

// ---- Deletions

void Effects::append_deletion(NamespaceId id, std::string_view key, bool lazy) {
  const int database = databases_->index_of(id);
  // What is being dropped has nothing to say any more.
  if (database < 0) return;
  append_header('*', 2);
  append_word(lazy ? "UNLINK" : "DEL");
  append_word(key);
  end_append(database);
}

void Effects::on_expired(NamespaceId id, std::string_view key) {
  append_deletion(id, key, lazy_expire_);
}

void Effects::on_evicted(NamespaceId id, std::string_view key) {
  if (wanted()) append_deletion(id, key, lazy_evict_);
}

}  // namespace engine
