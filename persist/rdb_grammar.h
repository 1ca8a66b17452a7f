// The shape of everything in an RDB file: where it ends, and whether its lengths can be.
//
// Each value type and each opcode is a short program of steps (a length, a string, n bytes, repeat
// n times); RdbSkipper runs one over bytes that arrive in pieces of any size. It does not recurse,
// keeps no bytes beyond a header's, allocates nothing, and takes constant memory whatever the
// input says. What a value means is not judged here; rdb_blobs.h judges the packed blobs within.

#ifndef BASALT_PERSIST_RDB_GRAMMAR_H_
#define BASALT_PERSIST_RDB_GRAMMAR_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/bytes.h"
#include "base/result.h"
#include "persist/rdb_blobs.h"
#include "persist/rdb_string.h"

namespace persist {

namespace grammar {

enum class Op : uint8_t {
  kLength,         // A length.
  kString,         // A string holding a blob of the kind `argument`.
  kBytes,          // `argument` bytes.
  kTextDouble,     // A length byte and as many characters, or 253, 254, 255 alone.
  kRepeat,         // A length: the steps up to the matching kEnd so many times.
  kRepeatNonzero,  // The same; none at all is an empty aggregate.
  kEnd,
  kContainer,     // A length that is an RdbContainer; chooses the blob of the string after it.
  kWhenOpcode,    // A length that is RdbModuleOpcode::kUnsigned.
  kModuleValues,  // Module values up to their end mark.
  kDone,
  kImpossible,  // Has no shape that can be known.
};

struct Step {
  Op op;
  uint8_t argument = 0;
};

}  // namespace grammar

class RdbSkipper {
 public:
  static constexpr uint64_t kUnbounded = std::numeric_limits<uint64_t>::max();

  // A skipper of nothing: done. Give it a start_*().
  RdbSkipper() = default;

  // Begins the payload of a value of this type. At most `bytes_max` bytes are left in the file or
  // the buffer: a length or count that needs more is an error where it stands.
  void start_value(uint8_t type, uint64_t bytes_max = kUnbounded);
  // Begins what follows an opcode's byte.
  void start_opcode(uint8_t opcode, uint64_t bytes_max = kUnbounded);
  // Begins one string, such as a key.
  void start_string(uint64_t bytes_max = kUnbounded);

  // Consumes bytes of `input` from its front, up to the end of what was started. Returns how many:
  // less than all only when done() or paused(). An error is kCorrupt (kUnsupported for what has no
  // knowable shape) with Redis's words where it has some; offset() says where, and the skipper is
  // of no further use.
  base::Result<size_t> feed(base::ByteSpan input);

  bool done() const { return step_ == nullptr; }
  // Bytes consumed since start_*().
  uint64_t offset() const { return offset_; }

  // With it on, feed() returns after the header of each string, before its bytes.
  void pause_at_strings(bool on) { pause_ = on; }
  bool paused() const { return paused_; }
  // The last string whose header was read.
  const RdbStringHeader& string_header() const { return string_; }

  // An aggregate without elements, once its count was read: Redis ignores such a key.
  bool empty_aggregate() const { return empty_; }

 private:
  // What is being consumed.
  enum class Reading : uint8_t { kStep, kLength, kHeader, kSkip, kBlob, kDoubleLength };

  struct Loop {
    const grammar::Step* body;
    uint64_t left;
  };

  void start(const grammar::Step* program, uint64_t bytes_max);
  base::Status begin_step();
  base::Result<size_t> gather(base::ByteSpan input);
  base::Result<size_t> parse(base::ByteSpan view) const;
  base::Status on_parsed(base::ByteSpan bytes);
  base::Status on_length(uint64_t value);
  base::Status on_module_length(uint64_t value);
  base::Status on_string_header(const RdbStringHeader& header);
  base::Status repeat(uint64_t count);
  base::Status skip(uint64_t bytes);
  base::Status end_of_item();
  static const grammar::Step* matching_end(const grammar::Step* from);

  const grammar::Step* step_ = nullptr;
  std::array<Loop, 4> loops_{};
  uint8_t loop_depth_ = 0;
  Reading reading_ = Reading::kStep;
  bool pause_ = false;
  bool paused_ = false;
  bool empty_ = false;
  BlobKind blob_ = BlobKind::kNone;       // Of the string being consumed.
  BlobKind node_blob_ = BlobKind::kNone;  // Of the next quicklist node.
  bool in_module_ = false;
  bool module_opcode_ = false;  // The length being read is an element type.
  uint64_t skip_left_ = 0;
  uint64_t offset_ = 0;
  uint64_t bytes_max_ = kUnbounded;
  RdbStringHeader string_{};
  std::array<std::byte, 24> head_{};  // A length, a header, or the first bytes of a blob.
  uint8_t head_bytes_ = 0;
  std::byte last_byte_{};
};

// Where the payload of a value of `type` at the front of `bytes` ends: its length. kCorrupt also
// when the bytes end before it does.
base::Result<uint64_t> value_bytes(uint8_t type, base::ByteSpan bytes);

}  // namespace persist

#endif  // BASALT_PERSIST_RDB_GRAMMAR_H_
