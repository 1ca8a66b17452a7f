#include "engine/commands/string_edit.h"

#include <cstring>
#include <string>

#include "base/limits.h"
#include "engine/value/chunked_string.h"

namespace engine {

namespace {

// The slot's string as chunks of its own, at least `bytes` long.
void lengthen_chunks(Keyspace& keyspace, Dictionary::Slot slot, uint64_t bytes) {
  Entry* const entry = slot.entry();
  ChunkedString* chunks;
  if (entry->form() == ValueForm::kChunked) {
    chunks = ChunkedString::writable(entry->chunks());
    entry->set_chunks(chunks);
  } else {
    chunks = ChunkedString::create(base::as_bytes(entry->value()));
    keyspace.put(slot, keyspace.heap().with_chunks(entry, chunks));
  }
  if (chunks->size() < bytes) chunks->resize(bytes);
}

void create_zeros(Keyspace& keyspace, const Key& key, uint64_t bytes) {
  if (bytes <= base::kInlineValueBytesMax)
    return keyspace.set(key, std::string(bytes, '\0'), {.form = ValueForm::kRaw});
  ChunkedString* const chunks = ChunkedString::create();
  chunks->resize(bytes);
  keyspace.set_chunks(key, chunks, {});
}

}  // namespace

void StringPieces::read(uint64_t offset, base::MutableByteSpan to) const {
  const uint64_t here = offset < bytes_ ? std::min<uint64_t>(bytes_ - offset, to.size()) : 0;
  if (here > 0 && entry_->out_of_line()) {
    entry_->chunks()->copy_range(offset, to.first(here));
  } else if (here > 0) {
    std::memcpy(to.data(), entry_->value().data() + offset, here);
  }
  std::fill(to.begin() + static_cast<std::ptrdiff_t>(here), to.end(), std::byte{0});
}

std::vector<iovec> StringPieces::pieces_of_chunks(uint64_t offset, uint64_t bytes) const {
  std::vector<iovec> pieces;
  entry_->chunks()->get_range(offset, bytes, &pieces);
  return pieces;
}

StringEdit::StringEdit(Keyspace& keyspace, const Key& key, uint64_t bytes_min) {
  const Dictionary::Slot slot = keyspace.modify(key);
  if (!slot) {
    create_zeros(keyspace, key, bytes_min);
    entry_ = keyspace.resident(key);
    return;
  }
  const Entry* const entry = slot.entry();
  const uint64_t bytes = std::max(string_bytes(*entry), bytes_min);
  if (entry->out_of_line() || bytes > base::kInlineValueBytesMax) {
    lengthen_chunks(keyspace, slot, bytes);
  } else {
    keyspace.put(slot, keyspace.heap().with_value_bytes(slot.entry(), bytes, ValueForm::kRaw));
  }
  entry_ = slot.entry();
}

void StringEdit::write(uint64_t offset, base::ByteSpan bytes) {
  if (entry_->out_of_line()) return entry_->chunks()->set_range(offset, bytes);
  std::memcpy(entry_->mutable_value() + offset, bytes.data(), bytes.size());
}

}  // namespace engine
