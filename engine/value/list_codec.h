// Lists from RDB payloads: strings, ziplists, and the two kinds of quicklists, which are a count
// and then nodes. value_codec.h is what others call.

#ifndef BASALT_ENGINE_VALUE_LIST_CODEC_H_
#define BASALT_ENGINE_VALUE_LIST_CODEC_H_

#include "engine/value/value_codec.h"

namespace engine {

// What is before the RDB string of the one node of a packed list.
inline constexpr std::byte kOnePackedNode[] = {std::byte{1}, std::byte{2}};

bool is_list_type(uint8_t rdb_type);
// A list of nodes.
bool is_quicklist_type(uint8_t rdb_type);

// As the functions of value_codec.h. REQUIRES: is_list_type().
base::Result<OwnedValue> decode_list(uint8_t rdb_type, base::ByteSpan payload,
                                     const ValueTools& tools);
// REQUIRES: is_quicklist_type(), here and below.
base::Status read_quicklist(uint8_t rdb_type, base::ByteSpan payload, ElementSink* sink);
bool is_empty_quicklist(uint8_t rdb_type, base::ByteSpan payload);
base::Result<uint64_t> quicklist_bytes(uint8_t rdb_type, base::ByteSpan payload);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_LIST_CODEC_H_
