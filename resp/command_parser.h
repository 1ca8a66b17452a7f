// CommandParser: the request side of the protocol, incremental, exactly as Redis 7.0 reads it.
//
//   input:  | empty commands | command             | next command ...
//            ^ dropped         ^ offset 0 from then on, until it is complete
//
// The connection passes its unconsumed bytes as one view. The parser returns one command at a time
// with arguments that point into that view, and how many bytes to drop from its front. A command
// that is not complete is resumed where it stopped: nothing is scanned twice, and the bytes may
// stand elsewhere at the next call.
//
// As in Redis, the byte after a CR and the two bytes after a bulk are not looked at, and a NUL
// byte hides the end of the line that it is in.
//
// A bulk of kLargeBulkBytes or more that has not fully arrived is announced (kLargeBulk), so that
// its rest can be received straight into a value:
//   1. large_bulk() says which argument, how long, and that the input from `offset` to its end is
//      the part that is here.
//   2. Either append input as usual and call parse() again; or copy that part into the value, cut
//      the input at `offset`, and call receive_out_of_line(). The connection then reads exactly
//      the missing bytes into the value; what follows them (CR LF first) is input again, appended
//      at `offset`.
//   3. The completed command has an empty view for that argument and names it in out_of_line().

#ifndef BASALT_RESP_COMMAND_PARSER_H_
#define BASALT_RESP_COMMAND_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/counted_allocator.h"
#include "base/limits.h"
#include "resp/argument_arena.h"

namespace resp {

inline constexpr uint64_t kLargeBulkBytes = 32 * 1024;
// What a client that still has to authenticate may send.
inline constexpr int64_t kUnauthenticatedArgumentsMax = 10;
inline constexpr uint64_t kUnauthenticatedBulkBytesMax = 16 * 1024;

enum class ProtocolError : uint8_t {
  kNone,
  kTooBigInlineRequest,
  kUnbalancedQuotes,
  kTooBigMultibulkCount,
  kInvalidMultibulkLength,
  kUnauthenticatedMultibulkLength,
  kTooBigBulkCount,
  kExpectedDollar,
  kInvalidBulkLength,
  kUnauthenticatedBulkLength,
};

enum class ParseStatus : uint8_t {
  kCommand,     // arguments() holds a command of at least one argument.
  kIncomplete,  // More input is needed.
  kLargeBulk,   // More input is needed, and large_bulk() may be received out of line.
  kError,       // error(): reply with error_text() and close. Every later call says so again.
};

struct LargeBulk {
  size_t argument_index;
  uint64_t total_bytes;
  size_t offset;        // Of its first byte in the input, after consumed() was dropped.
  uint64_t bytes_here;  // From there to the input's end, less than total_bytes.
};

struct OutOfLineBulk {
  size_t argument_index;
  uint64_t total_bytes;
};

class CommandParser {
 public:
  CommandParser() = default;

  // Limits of the next header that is read. Redis asks at every header whether the client still
  // has to authenticate, so while it does, a command is executed before the next is parsed.
  void set_authenticated(bool authenticated) {
    authenticated_ = authenticated;
    update_limit();
  }
  // proto-max-bulk-len.
  void set_bulk_bytes_max(uint64_t bytes) {
    bulk_bytes_max_ = bytes;
    update_limit();
  }

  // `input`: all bytes received and not dropped yet. Empty commands (an empty line, *0, *-1) are
  // skipped. Afterwards the caller drops consumed() bytes from the front, whatever the status.
  ParseStatus parse(std::string_view input, ArgumentArena* arena);

  // Of the last parse(): the whole command and the empty ones before it, or, without a command,
  // the empty ones only.
  size_t consumed() const { return consumed_; }

  // The command, name first. Valid after kCommand as long as the input stays in place and the
  // arena is not cleared.
  std::span<const std::string_view> arguments() const { return arguments_; }
  // Its arguments that were received out of line, in order. Valid until the next parse().
  std::span<const OutOfLineBulk> out_of_line() const { return out_of_line_; }

  // REQUIRES: the last parse() returned kLargeBulk.
  LargeBulk large_bulk() const;
  // REQUIRES: as large_bulk().
  void receive_out_of_line();

  ProtocolError error() const { return error_; }
  // "Protocol error: ..." word for word as Redis replies it, without "-ERR " and CR LF.
  std::string error_text() const;

  // Between two commands: no byte of a next one has been looked at.
  bool idle() const { return arguments_total_ == 0 && scanned_ == 0; }

 private:
  struct Slice {
    uint64_t offset;
    uint64_t bytes;
  };
  static constexpr uint64_t kUnknown = UINT64_MAX;

  enum class Step : uint8_t { kDone, kIncomplete, kError };

  void update_limit();
  Step read_count(std::string_view input);
  Step read_arguments(std::string_view input, ArgumentArena* arena);
  Step read_inline(std::string_view input, ArgumentArena* arena);
  Step read_bulk_length(std::string_view input);
  // Finds the CR of the header line at position_; kDone sets *cr to its offset.
  Step find_header_end(std::string_view input, ProtocolError too_big, size_t* cr);
  Step fail(ProtocolError error);
  void save(std::string_view input, std::span<const std::string_view> views);
  void restore(std::string_view input, std::string_view* views) const;
  void finish_command();

  // Offsets into the input of the command being read.
  size_t position_ = 0;           // The next byte to interpret.
  size_t scanned_ = 0;            // No end of line between position_ and here; 0: not scanned.
  uint64_t arguments_total_ = 0;  // 0: between two commands.
  uint64_t arguments_read_ = 0;
  uint64_t bulk_bytes_ = kUnknown;  // Of the argument being read, once its header is.
  bool bulk_is_out_of_line_ = false;
  bool authenticated_ = true;
  ProtocolError error_ = ProtocolError::kNone;
  char unexpected_byte_ = 0;
  uint64_t bulk_bytes_max_ = base::kBulkBytesMaxDefault;
  uint64_t bulk_limit_ = base::kBulkBytesMaxDefault;  // The lower of both limits.

  size_t consumed_ = 0;
  size_t input_bytes_ = 0;  // Of the last parse(), after dropping.
  std::span<const std::string_view> arguments_;
  // Only used by commands that did not arrive in one piece.
  std::vector<Slice, base::CountedAllocator<Slice, base::MemoryUse::kClients>> saved_;
  std::vector<OutOfLineBulk> out_of_line_;
};

}  // namespace resp

#endif  // BASALT_RESP_COMMAND_PARSER_H_
