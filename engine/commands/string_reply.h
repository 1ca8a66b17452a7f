// Replies with string values, however they are kept: copied when short, lent when in chunks.

#ifndef BASALT_ENGINE_COMMANDS_STRING_REPLY_H_
#define BASALT_ENGINE_COMMANDS_STRING_REPLY_H_

#include <cstdint>

#include "engine/entry.h"
#include "resp/reply_writer.h"

namespace engine {

class ChunkedString;

// The length of a string value.
uint64_t string_bytes(const Entry& entry);

// Appends [offset, offset + bytes) to `out` without copying what is long: a frozen reference to
// the string is held until the bytes were sent. REQUIRES: within the string.
void append_chunks(resp::OutputBuffer& out, ChunkedString* chunks, uint64_t offset, uint64_t bytes);

// A bulk of [offset, offset + bytes) of a string in chunks.
void reply_chunks(resp::ReplyWriter& reply, ChunkedString* chunks, uint64_t offset, uint64_t bytes);

// A bulk of the whole value. REQUIRES: a string.
inline void reply_string(resp::ReplyWriter& reply, const Entry& entry) {
  if (!entry.out_of_line()) [[likely]]
    return reply.bulk(entry.value());
  reply_chunks(reply, entry.chunks(), 0, string_bytes(entry));
}

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_STRING_REPLY_H_
