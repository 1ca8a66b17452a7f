#include "engine/command.h"

#include "engine/engine.h"
#include "resp/numbers.h"

namespace engine {

bool equals_folded(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

bool CommandContext::word_is(size_t i, std::string_view lower) const {
  return equals_folded(words_[i], lower);
}

Key CommandContext::key(size_t word_index) const { return keyspace_->key_of(words_[word_index]); }

resp::ReplyWriter& CommandContext::reply() const { return session_->reply; }

void CommandContext::error(std::string_view line) const { engine_->reply_error(session_, line); }

int64_t CommandContext::now_ms() const { return keyspace_->shared().now_ms; }

bool CommandContext::integer_word(size_t i, int64_t* value) const {
  if (resp::parse_int64(words_[i], value)) return true;
  error(kNotIntegerError);
  return false;
}

}  // namespace engine
