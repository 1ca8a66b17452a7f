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
// byte hides the end of the line that it is in. A line's end must be among its first 64 KiB and one
// byte; Redis accepts a longer line where the end happens to arrive in the same read.
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
  // The command's name in the input; empty while that is what is being read.
  size_t name_offset;
  size_t name_bytes;
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
    update_limits();
  }
  // proto-max-bulk-len.
  void set_bulk_bytes_max(uint64_t bytes) {
    bulk_bytes_max_ = bytes;
    update_limits();
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

  // The last parse() left no part of a command behind.
  bool idle() const { return arguments_total_ == 0 && input_bytes_ == 0; }

 private:
  struct Slice {
    uint64_t offset;
    uint64_t bytes;
  };
  enum class Step : uint8_t { kDone, kIncomplete, kError };

  static constexpr uint64_t kUnknown = UINT64_MAX;
  // Longer commands go the general way, which allocates only as their arguments arrive.
  static constexpr uint64_t kArgumentsAtOnceMax = 1024;

  void update_limits();
  bool parse_whole(std::string_view input, ArgumentArena* arena);
  void stop_inside(std::string_view input, const char* at, uint64_t total,
                   std::span<const std::string_view> read);
  ParseStatus resume(std::string_view input, ArgumentArena* arena);
  ParseStatus stop(std::string_view input, Step step);
  ParseStatus finish(std::string_view input, ArgumentArena* arena);
  ParseStatus finish_inline();
  Step read_count(std::string_view input);
  Step read_arguments(std::string_view input);
  Step read_bulk_length(std::string_view input);
  Step read_inline(std::string_view input, ArgumentArena* arena);
  Step find_line_end(std::string_view input, char terminator, ProtocolError too_big, size_t* at);
  Step fail(ProtocolError error);
  bool waits_for_large_bulk(size_t input_bytes) const;

  // The command being read. Offsets are into the input, from this command's first byte.
  size_t position_ = 0;             // The next byte to interpret.
  size_t scanned_ = 0;              // From position_ to here there is no end of line.
  uint64_t arguments_total_ = 0;    // 0: its count is not read yet.
  uint64_t bulk_bytes_ = kUnknown;  // Of the argument being read.
  bool bulk_is_out_of_line_ = false;
  std::vector<Slice, base::CountedAllocator<Slice, base::MemoryUse::kClients>> read_;
  std::vector<OutOfLineBulk> out_of_line_;

  bool authenticated_ = true;
  uint64_t bulk_bytes_max_ = base::kBulkBytesMaxDefault;
  // What parse_whole takes: the lower of all limits that apply.
  uint64_t count_limit_ = kArgumentsAtOnceMax;
  uint64_t bulk_limit_ = base::kBulkBytesMaxDefault;

  // Of the last parse().
  ProtocolError error_ = ProtocolError::kNone;
  char unexpected_byte_ = 0;
  size_t consumed_ = 0;
  size_t input_bytes_ = 0;  // Left of an incomplete command.
  std::span<const std::string_view> arguments_;
};

}  // namespace resp

#endif  // BASALT_RESP_COMMAND_PARSER_H_
