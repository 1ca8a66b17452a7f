// Strings as bytes for commands that look at bits and registers: read in pieces where they lie, and
// changed in place, whether inline or in chunks.

#ifndef BASALT_ENGINE_COMMANDS_STRING_EDIT_H_
#define BASALT_ENGINE_COMMANDS_STRING_EDIT_H_

#include <sys/uio.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "engine/commands/string_reply.h"
#include "engine/entry.h"
#include "engine/keyspace.h"

namespace engine {

// The bytes of a string value, or none for a null entry. The view lives until the next change.
class StringPieces {
 public:
  explicit StringPieces(const Entry* entry)
      : entry_(entry), bytes_(entry == nullptr ? 0 : string_bytes(*entry)) {}

  uint64_t bytes() const { return bytes_; }
  // Copies from `offset` on; what is behind the end reads as zero.
  void read(uint64_t offset, base::MutableByteSpan to) const;
  uint8_t byte(uint64_t offset) const {
    std::byte value[1];
    read(offset, value);
    return static_cast<uint8_t>(value[0]);
  }
  // Calls `take(ByteSpan)` for the pieces of [offset, offset + bytes), in order, until it returns
  // false. REQUIRES: within the string.
  template <class Take>
  void each(uint64_t offset, uint64_t bytes, Take take) const {
    if (bytes == 0) return;
    if (!entry_->out_of_line()) {
      take(base::as_bytes(entry_->value().substr(offset, bytes)));
      return;
    }
    for (const iovec& piece : pieces_of_chunks(offset, bytes))
      if (!take({static_cast<const std::byte*>(piece.iov_base), piece.iov_len})) return;
  }

 private:
  std::vector<iovec> pieces_of_chunks(uint64_t offset, uint64_t bytes) const;

  const Entry* entry_;
  uint64_t bytes_;
};

// A string that is being changed: made if the key is absent, lengthened with zeros to at least
// `bytes_min`, raw from now on. The key counts as changed once. Valid until the next command.
// REQUIRES: the key is absent or a string; bytes_min > 0.
class StringEdit {
 public:
  StringEdit(Keyspace& keyspace, const Key& key, uint64_t bytes_min);

  // REQUIRES: within the string.
  void write(uint64_t offset, base::ByteSpan bytes);
  void set_byte(uint64_t offset, uint8_t value) {
    const std::byte byte[1] = {static_cast<std::byte>(value)};
    write(offset, byte);
  }
  StringPieces pieces() const { return StringPieces(entry_); }

 private:
  Entry* entry_ = nullptr;
};

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_STRING_EDIT_H_
