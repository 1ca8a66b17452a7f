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

CommandContext::CommandContext(Engine* engine, Session* session, Keyspace* keyspace,
                               const Request* request)
    : engine_(engine),
      session_(session),
      keyspace_(keyspace),
      request_(request),
      command_(request->command),
      words_(request->words) {}

bool CommandContext::word_is(size_t i, std::string_view lower) const {
  return equals_folded(words_[i], lower);
}

uint64_t CommandContext::word_bytes(size_t i) const {
  const LargeCommand* const large = request_->large;
  return large != nullptr && large->value_word() == i ? large->value_bytes() : words_[i].size();
}

ChunkedString* CommandContext::take_chunks(size_t i) const {
  LargeCommand* const large = request_->large;
  return large != nullptr && large->value_word() == i ? large->take_value() : nullptr;
}

Key CommandContext::key(size_t word_index) const {
  const std::string_view word = words_[word_index];
  const std::span<const RequestKey> keys = request_->keys;
  // The same bytes at the same place have the same hash.
  const auto is_it = [&](size_t i) {
    return keys[i].key.text.data() == word.data() && keys[i].key.text.size() == word.size();
  };
  for (size_t tries = 0; tries < 2; ++tries) {
    if (next_key_ < keys.size() && is_it(next_key_)) [[likely]]
      return keys[next_key_++].key;
    next_key_ = 0;
  }
  return keyspace_->key_of(word);
}

resp::ReplyWriter& CommandContext::reply() const { return session_->reply; }

void CommandContext::error(std::string_view line) const { engine_->reply_error(session_, line); }

bool CommandContext::wants_effects() const { return engine_->effects().wanted(); }

void CommandContext::effect(std::initializer_list<EffectWord> words) const {
  engine_->effects().add(session_->database, words);
}

void CommandContext::effect(std::span<const EffectWord> words) const {
  engine_->effects().add(session_->database, words);
}

EffectWord CommandContext::effect_word(size_t i) const {
  EffectWord word(words_[i]);
  word.is_large = request_->large != nullptr && request_->large->value_word() == i;
  return word;
}

void CommandContext::effect_as_sent() const { engine_->effects().add_words(session_->database); }

int64_t CommandContext::now_ms() const { return keyspace_->shared().now_ms; }

bool CommandContext::integer_word(size_t i, int64_t* value) const {
  if (resp::parse_int64(words_[i], value)) return true;
  error(kNotIntegerError);
  return false;
}

}  // namespace engine
