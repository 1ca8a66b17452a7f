// Streams from RDB payloads of types 15, 19 and 21. value_codec.h is what others call.

#ifndef BASALT_ENGINE_VALUE_STREAM_CODEC_H_
#define BASALT_ENGINE_VALUE_STREAM_CODEC_H_

#include <string>

#include "engine/value/stream_id.h"
#include "engine/value/value_codec.h"

namespace engine {

bool is_stream_type(uint8_t rdb_type);
// As the functions of value_codec.h. REQUIRES: is_stream_type(), here and below.
base::Result<OwnedValue> decode_stream(uint8_t rdb_type, base::ByteSpan payload);
// For digests: of each entry its ID, then fields and values.
base::Status read_stream(base::ByteSpan payload, ElementSink* sink);
base::Result<uint64_t> stream_bytes(base::ByteSpan payload);
// An ID as digests have it.
std::string digest_text(StreamId id);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_STREAM_CODEC_H_
