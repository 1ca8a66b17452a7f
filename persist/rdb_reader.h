// RdbReader: turns the bytes of an RDB file, fed in pieces of any size, into events.
//
// It holds no more than one key, one payload of whole_payload_bytes_max and one piece, whatever the
// file says; nothing is allocated from a length that the bytes at hand do not back. A value that is
// larger arrives in pieces. No I/O, any thread (one at a time).
//
//   while (true) {
//     Result<RdbEvent> event = reader.next();          // An error ends the load: error_text().
//     if (event->kind == RdbEvent::kNeedInput) {
//       chunk = read more;
//       if (chunk.empty()) reader.end_of_input(); else reader.feed(chunk);
//     } ...
//   }

#ifndef BASALT_PERSIST_RDB_READER_H_
#define BASALT_PERSIST_RDB_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "persist/lzf.h"
#include "persist/rdb_format.h"
#include "persist/rdb_grammar.h"

namespace persist {

// How a key's value is delivered.
enum class RdbDelivery : uint8_t {
  kWhole,         // RdbEvent::payload is the complete encoded payload.
  kStringPieces,  // A string: kPiece events carry its own bytes, decoded, in order.
  kRawPieces,     // kPiece events carry the encoded payload's bytes, in order.
};

// One event. Views are valid until the next call of the reader.
struct RdbEvent {
  enum Kind : uint8_t {
    kNeedInput,  // Everything fed is used up.
    kHeader,     // version
    kAux,        // name, value
    kFunction,   // value: a library's code
    kModuleAux,  // name: the module's; its data was skipped
    kSelectDb,   // db
    kResizeDb,   // keys, expires
    kSlotInfo,   // keys, expires of one cluster slot
    kKey,        // db, name, type, expire_at_ms, idle_seconds, frequency, delivery, ...
    kPiece,      // payload: a part of the last key's value
    kKeyEnd,     // After the last piece
    kEnd,        // The file is complete, its checksum good: checksum_checked says if it had one
  };
  Kind kind = kNeedInput;
  unsigned version = 0;
  std::string_view name;
  std::string_view value;
  uint64_t db = 0;
  uint64_t keys = 0;
  uint64_t expires = 0;
  uint8_t type = 0;
  RdbDelivery delivery = RdbDelivery::kWhole;
  bool empty_aggregate = false;  // Redis skips such a key. Known for kWhole only.
  bool checksum_checked = false;
  std::optional<int64_t> expire_at_ms;
  std::optional<uint64_t> idle_seconds;
  std::optional<uint8_t> frequency;
  base::ByteSpan payload;
  // kStringPieces: the length of the string, not yet proven by its bytes.
  uint64_t string_bytes = 0;
  uint64_t offset = 0;  // In the file, of the opcode or type byte.
};

class RdbReader {
 public:
  struct Options {
    bool verify_checksum = true;  // rdbchecksum.
    // Databases this server has; a file that selects another is refused.
    uint64_t databases = 16;
    // The file's size if known: lengths beyond it are refused where they stand.
    uint64_t file_bytes = RdbSkipper::kUnbounded;
    // A payload up to this is delivered whole, unless it is a string longer than the second.
    size_t whole_payload_bytes_max = base::kUnitBytesMax;
    size_t whole_string_bytes_max = base::kInlineValueBytesMax;
    // Pieces of a decompressed string have this size (the last may be shorter); other pieces have
    // the size in which the file was fed.
    size_t piece_bytes = base::kChunkBytes;
    // Longer keys, aux fields and function libraries are refused.
    size_t key_bytes_max = base::kBulkBytesMaxDefault;
    size_t text_bytes_max = 16 * 1024 * 1024;
  };

  explicit RdbReader(const Options& options);
  ~RdbReader();
  RdbReader(const RdbReader&) = delete;
  RdbReader& operator=(const RdbReader&) = delete;

  // Gives the next bytes of the file, which stay valid and unchanged until next() returns
  // kNeedInput. REQUIRES: next() returned kNeedInput, or nothing was fed yet.
  void feed(base::ByteSpan chunk);
  // There are no more bytes: from now on needing some is the error of a short file.
  void end_of_input();

  // The next event. kCorrupt: the file is damaged or short; kUnsupported: a newer version, a module
  // before its release, a limit above. After an error or kEnd it must not be called again.
  base::Result<RdbEvent> next();

  // Bytes of the file consumed: progress, and after an error the place of it.
  uint64_t offset() const { return offset_; }
  // After an error: one line with Redis's wording and the offset, for the log.
  const std::string& error_text() const { return error_text_; }
  // After kEnd: what was fed beyond the end (the AOF tail of an old preamble file).
  base::ByteSpan unread() const { return input_; }

 private:
  enum class State : uint8_t {
    kSignature,
    kOpcode,
    kFields,  // What follows an opcode.
    kKeyName,
    kPayload,  // While it may still be delivered whole.
    kRawString,
    kLzfString,
    kRawPieces,
    kChecksum,
    kEnded,
    kFailed,
  };
  // What a step came to.
  enum class Step : uint8_t { kAgain, kEvent, kInput };
  enum class Gathered : uint8_t { kAll, kPart, kFull };

  base::Result<Step> step();
  base::Result<Step> read_signature();
  base::Result<Step> read_opcode();
  base::Result<Step> read_fields();
  base::Result<Step> read_key_name();
  base::Result<Step> read_payload();
  base::Result<Step> read_raw_string();
  base::Result<Step> read_lzf_string();
  base::Result<Step> read_raw_pieces();
  base::Result<Step> read_checksum();

  base::Result<Step> fields_event(base::ByteSpan fields);
  base::Result<Step> texts_event(base::ByteSpan fields);
  base::Result<Step> begin_string_pieces(const RdbStringHeader& header);
  Step begin_key_event(RdbDelivery delivery);
  Step piece_event(base::ByteSpan piece);
  Step end_of_key();
  Step end_of_file(bool checked);

  base::Result<Gathered> gather_item(size_t bytes_max);
  bool gather_bytes(size_t count);
  void start_item();
  void forget_item();
  void add_to_item(size_t bytes);
  base::ByteSpan item() const { return gathered_.empty() ? in_chunk_ : base::ByteSpan(gathered_); }
  base::ByteSpan consume(size_t bytes);
  void sum_consumed();
  uint64_t bytes_left() const;
  base::Error fail(base::ErrorCode code, const char* detail, uint64_t at);
  base::Error fail_skipper(const base::Error& error);

  const Options options_;
  base::ByteSpan input_;                 // Fed and not consumed.
  const std::byte* unsummed_ = nullptr;  // In the chunk: where the checksum has got to.
  bool input_ended_ = false;
  State state_ = State::kSignature;
  uint64_t offset_ = 0;
  uint64_t crc_ = 0;
  unsigned version_ = 0;

  RdbSkipper skipper_;
  // The bytes of the item being read: a view of the chunk while they lie in one, else gathered.
  std::vector<std::byte> gathered_;
  base::ByteSpan in_chunk_;
  uint64_t item_offset_ = 0;
  bool item_given_out_ = false;
  uint8_t opcode_ = 0;
  std::vector<std::byte> key_;
  std::vector<std::byte> text_;  // Decoded fields.
  std::string module_name_;
  uint64_t raw_left_ = 0;
  std::unique_ptr<LzfStream> lzf_;
  RdbEvent attributes_;  // Of the next key.
  RdbEvent event_;
  std::string error_text_;
};

}  // namespace persist

#endif  // BASALT_PERSIST_RDB_READER_H_
