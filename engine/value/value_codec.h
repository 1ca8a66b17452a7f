// Values of entries of every type to RDB payloads and back; codec.h has the strings.
//
//   string  kPlain, kRaw   RDB type 0    an RDB string
//   hash    kPlain         RDB type 16   the listpack as one RDB string
//           kPaged         RDB type 4    a count, then the elements of the tree in order
//   set     kPlain         RDB type 11   the intset as one RDB string
//           kPaged         RDB type 2    a count, then the elements of the tree in order
//   list    kPlain         RDB type 18   one node: the listpack as one RDB string
//           kPaged         RDB type 18   a count, then the nodes of the tree in order
//   stream  kPaged         RDB type 19   the same, then the tree's tail
//   zset    kPlain         RDB type 17   the listpack as one RDB string
//           kPaged         RDB type 5    a count, then members and binary scores in order
//
// So a packed value is encoded by copying, and a tree by copying its elements. What other encodings
// hold (ziplist, zipmap, listpack sets, scores as text, lists of strings or ziplists) is read too.

#ifndef BASALT_ENGINE_VALUE_VALUE_CODEC_H_
#define BASALT_ENGINE_VALUE_VALUE_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "engine/entry.h"
#include "engine/value/counted_tree.h"
#include "engine/value/element.h"
#include "engine/value/value_tools.h"

namespace engine {

// Larger payloads do not fit one record of the log, whatever the key.
inline constexpr uint64_t kRecordPayloadBytesMax =
    base::kUnitBytesMax - base::kKeyBytesMax - base::kDiskAlignBytes;

// ---- To RDB. REQUIRES: not a ChunkedString, here and below.

// The type byte of the entry's payload.
uint8_t rdb_type_of(const Entry& entry);
// A bound for encode_value().
uint64_t encoded_value_bytes_max(const Entry& entry);
// Encodes; `compress` is rdbcompression. Returns the payload's length. REQUIRES: that much room.
size_t encode_value(const Entry& entry, bool compress, std::byte* to);
// The start of a tree's payload, before what tree_payload() reads; at most
// persist::kLengthBytesMax.
size_t encode_tree_header(const CountedTree& tree, std::byte* to);
// The rest of it, of a value of this type, and its length.
TreeReader tree_payload(ValueType type, const CountedTree& tree);
uint64_t tree_payload_bytes(ValueType type, const CountedTree& tree);
// A bound for it, known at once.
uint64_t tree_payload_bytes_max(ValueType type, const CountedTree& tree);

// Whether the entry's value can go to the log: a string, or an aggregate of one record at most.
bool is_demotable(const Entry& entry);

// ---- From RDB

// A value without an entry.
class OwnedValue {
 public:
  OwnedValue(ValueType type, std::string bytes) : type_(type), bytes_(std::move(bytes)) {}
  // Owns `tree` (one reference).
  OwnedValue(ValueType type, CountedTree* tree) : type_(type), tree_(tree) {}
  OwnedValue(OwnedValue&& other) noexcept
      : type_(other.type_), bytes_(std::move(other.bytes_)), tree_(other.tree_) {
    other.tree_ = nullptr;
  }
  OwnedValue& operator=(OwnedValue&&) = delete;
  ~OwnedValue() { CountedTree::release(tree_); }

  ValueType type() const { return type_; }
  // An entry that owns the value; this is empty then.
  Entry* into_entry(EntryHeap& heap, std::string_view key, EntryOptions options);

 private:
  ValueType type_;
  std::string bytes_;
  CountedTree* tree_ = nullptr;
};

// Whether decode_aggregate() knows payloads of this type: of all but strings.
bool is_aggregate_type(uint8_t rdb_type);
// Whether redis-server 7.0 reads the type, so that such a payload may go on to a file as it is.
bool is_written_type(uint8_t rdb_type);

// A packed payload without elements; of others the count is told by who skips them
// (persist/rdb_grammar.h). Redis skips such keys in a file.
bool is_empty_aggregate(uint8_t rdb_type, base::ByteSpan payload);

// How long the payload's strings are together, by what their headers say. kCorrupt when it is
// damaged, as far as that shows. REQUIRES: is_aggregate_type().
base::Result<uint64_t> decompressed_bytes(uint8_t rdb_type, base::ByteSpan payload);

enum class DecodeFor : uint8_t {
  kLoad,  // As Redis loads: small values become packed.
  kTier,  // The form that the payload's type says, as it was when it was demoted.
};
// kCorrupt: the payload is damaged. kInvalid: it has no elements. REQUIRES: is_aggregate_type().
base::Result<OwnedValue> decode_aggregate(uint8_t rdb_type, base::ByteSpan payload,
                                          const ValueTools& tools, DecodeFor decode_for);

// Takes the elements of a payload in its order; of a hash field, value, field, value.
class ElementSink {
 public:
  // Before the first: how many follow; 0 for a value of nodes.
  virtual void begin(uint64_t count) = 0;
  // A view of the payload, or of memory that the next element overwrites.
  virtual base::Status add(const Element& element) = 0;
  // Instead, of sorted sets.
  virtual base::Status add_scored(const Element&, double) {
    return base::Error{base::ErrorCode::kCorrupt, 0, "value"};
  }

 protected:
  ~ElementSink() = default;
};
// The error is the sink's, or kCorrupt. REQUIRES: is_aggregate_type().
base::Status read_elements(uint8_t rdb_type, base::ByteSpan payload, ElementSink* sink);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_VALUE_CODEC_H_
