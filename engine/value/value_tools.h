// ValueTools: what the operations on aggregates need beside the entry.

#ifndef BASALT_ENGINE_VALUE_VALUE_TOOLS_H_
#define BASALT_ENGINE_VALUE_VALUE_TOOLS_H_

#include <cstdint>

namespace base {
class KeyHasher;
}  // namespace base

namespace engine {

class EntryHeap;

// Up to which size an aggregate is one packed buffer; beyond base::kInlineValueBytesMax it is paged
// whatever these say.
struct PackedLimits {
  uint64_t hash_entries = 512;
  uint64_t hash_value_bytes = 64;
  uint64_t set_integers = 512;
  // Of a list's nodes: what a page takes, and the most elements.
  uint64_t list_node_bytes = 8192;
  uint64_t list_node_entries = 65534;
  // Of a stream's: what its listpack takes, and the most entries; 0 is no limit.
  uint64_t stream_node_bytes = 4096;
  uint64_t stream_node_entries = 100;
  uint64_t zset_entries = 128;
  uint64_t zset_value_bytes = 64;
};

struct ValueTools {
  EntryHeap* heap = nullptr;
  const base::KeyHasher* hasher = nullptr;
  PackedLimits limits;
};

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_VALUE_TOOLS_H_
