#include "engine/commands/string_reply.h"

#include <vector>

#include "engine/value/chunked_string.h"

namespace engine {

namespace {

// Lending a piece costs a node in the buffer and an iovec of its own: what is shorter is copied.
constexpr uint64_t kCopiedBytesMax = 16 * 1024;

void release_chunks(void* owner) { ChunkedString::release(static_cast<ChunkedString*>(owner)); }

std::string_view text_of(const iovec& piece) {
  return {static_cast<const char*>(piece.iov_base), piece.iov_len};
}

}  // namespace

uint64_t string_bytes(const Entry& entry) {
  return entry.out_of_line() ? entry.chunks()->size() : entry.value().size();
}

void append_chunks(resp::OutputBuffer& out, ChunkedString* chunks, uint64_t offset,
                   uint64_t bytes) {
  if (bytes == 0) return;
  std::vector<iovec> pieces;
  if (bytes <= kCopiedBytesMax) {
    chunks->get_range(offset, bytes, &pieces);
    for (const iovec& piece : pieces) out.append(text_of(piece));
    return;
  }
  ChunkedString* const frozen = chunks->freeze();
  frozen->get_range(offset, bytes, &pieces);
  for (size_t i = 0; i + 1 < pieces.size(); ++i) out.append_borrowed(text_of(pieces[i]), {});
  // Pieces leave in order, so the last one's lease covers them all.
  out.append_borrowed(text_of(pieces.back()), {release_chunks, frozen});
}

void reply_chunks(resp::ReplyWriter& reply, ChunkedString* chunks, uint64_t offset,
                  uint64_t bytes) {
  reply.bulk_header(bytes);
  append_chunks(reply.out(), chunks, offset, bytes);
  reply.bulk_end();
}

}  // namespace engine
