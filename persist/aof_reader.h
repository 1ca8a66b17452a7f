// AofReader: the commands of an append only file, from its bytes.
//
//   #TS:1732098765\r\n                          annotations, skipped
//   *3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n   commands
//
// Stricter than the parser of a connection: a command begins with '*' and has at least one word.
// No I/O.

#ifndef BASALT_PERSIST_AOF_READER_H_
#define BASALT_PERSIST_AOF_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "resp/argument_arena.h"
#include "resp/command_parser.h"

namespace persist {

// Redis reads annotations in pieces of so much: the rest of a longer line would be a command.
inline constexpr size_t kAnnotationBytesMax = 1024;

class AofReader {
 public:
  enum class Status : uint8_t {
    kCommand,    // arguments()
    kNeedInput,  // Of the next command, as far as there is one, a part is missing.
    kLargeBulk,  // The same, and parser().large_bulk() may be received apart.
    kError,      // What is at the front is no command.
  };

  AofReader();

  // `input`: the bytes of the file that were not consumed. Afterwards the caller drops, or leaves
  // out of the next input, consumed() bytes, whatever the status.
  Status next(std::string_view input, resp::ArgumentArena* arena);
  size_t consumed() const { return consumed_; }
  // Valid as CommandParser's.
  std::span<const std::string_view> arguments() const { return parser_.arguments(); }
  // The last next() left a part of a command or of an annotation.
  bool inside() const { return inside_; }
  resp::CommandParser& parser() { return parser_; }
  // Forgets what was read of a command: it is read again from its first byte.
  void rewind();

 private:
  Status need(bool inside) {
    inside_ = inside;
    return Status::kNeedInput;
  }

  resp::CommandParser parser_;
  size_t consumed_ = 0;
  bool inside_ = false;
  bool in_command_ = false;  // The parser holds a part of one.
};

}  // namespace persist

#endif  // BASALT_PERSIST_AOF_READER_H_
