// StreamNode: some entries of a stream, packed as Redis packs them.
//
//     RDB string of the first ID (1 + 16 bytes) | an RDB string's header, 5 bytes | a listpack
//
// The listpack begins with the master entry: how many entries are there, how many are deleted, the
// fields of the first, 0. Then each entry: flags, the ID less the first one's (two numbers), its
// values; unless it has the master's fields, their number before, and each field before its value;
// at last the number of its listpack elements before that. A deleted entry stays with a flag.

#ifndef BASALT_ENGINE_VALUE_STREAM_NODE_H_
#define BASALT_ENGINE_VALUE_STREAM_NODE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/value/listpack.h"
#include "engine/value/stream_id.h"

namespace engine {

// Fields and values in turn.
using StreamFields = std::span<const std::string_view>;

// An entry within a node.
struct StreamEntry {
  StreamId id;
  bool deleted = false;
  bool same_fields = false;
  uint64_t fields = 0;
  size_t place = 0;   // Of its flags in the listpack.
  size_t values = 0;  // Of its first value, or field.
  size_t end = 0;     // Behind it.
};

class StreamNode {
 public:
  static constexpr size_t kKeyBytes = 1 + StreamId::kBytes;
  static constexpr size_t kPrefixBytes = kKeyBytes + 5;

  // A view of a whole node.
  explicit StreamNode(base::ByteSpan node);

  StreamId first_id() const { return first_id_; }
  uint64_t live() const { return live_; }
  uint64_t deleted() const { return deleted_; }
  const Listpack& pack() const { return pack_; }
  uint64_t master_fields() const { return master_fields_; }

  // Where the first entry is, and the one behind an entry.
  size_t begin() const { return begin_; }
  bool at_end(size_t place) const { return pack_.at_end(place); }
  StreamEntry read(size_t place) const;
  // The entry before `place`. REQUIRES: place > begin().
  StreamEntry read_before(size_t place) const;
  // fn(field, value) for each.
  template <class Fn>
  void for_each_field(const StreamEntry& entry, Fn fn) const;

  // The bytes of a node with one entry.
  static std::string make(StreamId id, StreamFields fields);
  // Appends the bytes of one more entry.
  void encode_entry(StreamId id, StreamFields fields, std::string* to) const;
  // What takes the place of the two numbers at the front of the listpack, and their length now.
  static std::string encode_counts(uint64_t live, uint64_t deleted);
  size_t counts_bytes() const { return counts_end_ - pack_.first(); }
  // Writes the lengths into a node whose bytes have changed; `count` is of listpack elements.
  static void write_headers(base::MutableByteSpan node, size_t count);

  // Whether a listpack from outside, judged as such, is one of a stream's nodes; how many entries
  // it has that are not deleted.
  static bool is_sound(StreamId first_id, const Listpack& pack, uint64_t* live);

 private:
  int64_t number(size_t* at) const { return pack_.read(*at, at).number; }
  bool has_master_fields(StreamFields fields) const;

  StreamId first_id_;
  Listpack pack_;
  uint64_t live_ = 0;
  uint64_t deleted_ = 0;
  uint64_t master_fields_ = 0;
  size_t counts_end_ = 0;
  size_t fields_ = 0;  // Where the master's are.
  size_t begin_ = 0;
};

// ---- How it works

template <class Fn>
void StreamNode::for_each_field(const StreamEntry& entry, Fn fn) const {
  size_t master = fields_;
  size_t at = entry.values;
  for (uint64_t i = 0; i < entry.fields; ++i) {
    const Element field =
        pack_.read(entry.same_fields ? master : at, entry.same_fields ? &master : &at);
    fn(field, pack_.read(at, &at));
  }
}

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_STREAM_NODE_H_
