// ReplyParser: the reply side of the protocol, for tests, tools and a replica's link.
//
// Not for the hot path: replies are owned trees. Input may come in any pieces.

#ifndef BASALT_RESP_REPLY_PARSER_H_
#define BASALT_RESP_REPLY_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace resp {

struct Reply {
  enum class Type : uint8_t {
    kSimpleString,  // text
    kError,         // text, with its code and without '-'
    kInteger,       // integer
    kBulk,          // text
    kNull,          // $-1, *-1 or _
    kArray,         // elements
    kMap,           // elements: key, value, key, value ...
    kSet,           // elements
    kPush,          // elements
    kDouble,        // number, and text as it was sent
    kBoolean,       // integer 0 or 1
    kBigNumber,     // text
    kVerbatim,      // text without the format, which is in `format`
  };

  Type type = Type::kNull;
  int64_t integer = 0;
  double number = 0;
  std::string text;
  std::string format;
  std::vector<Reply> elements;
  std::vector<Reply> attributes;  // key, value ... of a `|` in front of this reply.

  bool is_error() const { return type == Type::kError; }
  // One line like redis-cli's raw structure, for messages of failed tests:
  // `["a", 1, (nil), {"k": 1.5}]`.
  std::string to_string() const;
};

class ReplyParser {
 public:
  // Bounds on what a peer can make us hold.
  static constexpr size_t kDepthMax = 64;
  static constexpr size_t kLineBytesMax = 1024 * 1024;

  explicit ReplyParser(uint64_t bulk_bytes_max = 512ull * 1024 * 1024)
      : bulk_bytes_max_(bulk_bytes_max) {}

  void feed(std::string_view bytes);

  // The next complete reply, nothing if more bytes are needed, or kProtocol; after an error every
  // later call returns it again.
  base::Result<std::optional<Reply>> next();

  // Bytes fed that no returned reply contains.
  std::string_view unread() const { return std::string_view(buffer_).substr(position_); }

 private:
  struct Open {
    Reply reply;
    uint64_t elements_left;
    bool is_attribute;
  };
  enum class Step : uint8_t { kReply, kOpened, kIncomplete, kError };

  Step read_element(Reply* reply);
  // `line` is a header without type byte and CR LF; `end` and `begin` are offsets behind those.
  Step read_line_reply(char type, std::string_view line, size_t end, Reply* reply);
  Step read_bulk(char type, std::string_view line, size_t begin, Reply* reply);
  Step open_aggregate(char type, std::string_view line, size_t end, Reply* reply);
  Step accept(size_t end, Step step, Reply* reply);
  Step fail(const char* detail);
  bool close_into_parent(Reply* reply);

  const uint64_t bulk_bytes_max_;
  std::string buffer_;
  size_t position_ = 0;
  size_t scanned_ = 0;
  std::vector<Open> open_;
  std::vector<Reply> attributes_;  // Complete, for the next reply that begins.
  std::optional<base::Error> error_;
};

}  // namespace resp

#endif  // BASALT_RESP_REPLY_PARSER_H_
