#include "resp/command_parser.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "resp/numbers.h"
#include "resp/split_arguments.h"

namespace resp {

namespace {

// "*N\r\n" or "$N\r\n" with at most four digits, at `at` (which points to the type byte). Returns
// what follows it, or null where the general way has to look: the end of the input is near, the
// number is longer, or it is none.
//
// One comparison per digit beats the conversion of eight bytes at once without branches: lengths
// repeat from command to command, so the branches are predicted and the next header's position
// does not wait for the arithmetic. (MSET of 10: 95 ns against 218; SET of random lengths: 19
// against 42.)
inline const char* read_short_header(const char* at, const char* end, uint64_t* number) {
  constexpr ptrdiff_t kLongestShortHeader = 7;
  if (end - at < kLongestShortHeader) return nullptr;
  const auto digit = [at](int index) {
    return static_cast<uint32_t>(static_cast<unsigned char>(at[index])) - '0';
  };
  uint32_t value = digit(1);
  if (value > 9) return nullptr;
  if (at[2] == '\r') {
    *number = value;
    return at + 4;
  }
  if (value == 0) return nullptr;
  for (int index = 2; index <= 4; ++index) {
    if (digit(index) > 9) return nullptr;
    value = value * 10 + digit(index);
    if (at[index + 1] == '\r') {
      *number = value;
      return at + index + 3;
    }
  }
  return nullptr;
}

}  // namespace

void CommandParser::update_limits() {
  if (error_ != ProtocolError::kNone) return;
  count_limit_ = authenticated_ ? kArgumentsAtOnceMax : kUnauthenticatedArgumentsMax;
  bulk_limit_ =
      authenticated_ ? bulk_bytes_max_ : std::min(bulk_bytes_max_, kUnauthenticatedBulkBytesMax);
}

ParseStatus CommandParser::parse(std::string_view input, ArgumentArena* arena) {
  consumed_ = 0;
  if (arguments_total_ == 0 && position_ == 0 && scanned_ == 0) [[likely]] {
    if (!out_of_line_.empty()) out_of_line_.clear();
    if (parse_whole(input, arena)) [[likely]]
      return ParseStatus::kCommand;
  }
  return resume(input, arena);
}

// The way of nearly every command: all of it is here and its headers are short. Otherwise what it
// read is kept, and resume() goes on from there.
bool CommandParser::parse_whole(std::string_view input, ArgumentArena* arena) {
  const char* at = input.data();
  const char* const end = at + input.size();
  uint64_t count = 0;
  if (input.empty() || *at != '*') return false;
  at = read_short_header(at, end, &count);
  if (at == nullptr || count == 0 || count > count_limit_) return false;

  std::string_view* const arguments = arena->reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t bytes = 0;
    const char* const header = at;
    at = at != end && *at == '$' ? read_short_header(at, end, &bytes) : nullptr;
    if (at == nullptr || bytes > bulk_limit_ || static_cast<size_t>(end - at) < bytes + 2)
        [[unlikely]] {
      stop_inside(input, header, count, {arguments, i});
      return false;
    }
    arguments[i] = {at, bytes};
    at += bytes + 2;
  }
  consumed_ = static_cast<size_t>(at - input.data());
  arguments_ = arena->commit(count);
  return true;
}

// Leaves the state of a command of `total` arguments of which `read` are done and the next header
// is `at`.
void CommandParser::stop_inside(std::string_view input, const char* at, uint64_t total,
                                std::span<const std::string_view> read) {
  for (const std::string_view argument : read)
    read_.push_back({static_cast<uint64_t>(argument.data() - input.data()), argument.size()});
  arguments_total_ = total;
  position_ = static_cast<size_t>(at - input.data());
}

ParseStatus CommandParser::resume(std::string_view input, ArgumentArena* arena) {
  if (error_ != ProtocolError::kNone) return ParseStatus::kError;
  CHECK_GE(input.size(), position_);
  while (true) {
    if (arguments_total_ == 0) {
      if (input.empty()) return stop(input, Step::kIncomplete);
      const bool is_inline = input[0] != '*';
      const Step step = is_inline ? read_inline(input, arena) : read_count(input);
      if (step != Step::kDone) return stop(input, step);
      if (is_inline && !arguments_.empty()) return finish_inline();
      if (arguments_total_ == 0) {
        // An empty command. Its bytes go at once: a client may send nothing else.
        consumed_ += position_;
        input.remove_prefix(position_);
        position_ = scanned_ = 0;
        continue;
      }
    }
    const Step step = read_arguments(input);
    return step == Step::kDone ? finish(input, arena) : stop(input, step);
  }
}

ParseStatus CommandParser::stop(std::string_view input, Step step) {
  input_bytes_ = input.size();
  if (step == Step::kError) return ParseStatus::kError;
  return waits_for_large_bulk(input.size()) ? ParseStatus::kLargeBulk : ParseStatus::kIncomplete;
}

ParseStatus CommandParser::finish_inline() {
  consumed_ += position_;
  position_ = scanned_ = 0;
  input_bytes_ = 0;
  return ParseStatus::kCommand;
}

ParseStatus CommandParser::finish(std::string_view input, ArgumentArena* arena) {
  std::string_view* to = arena->reserve(read_.size());
  for (const Slice slice : read_) *to++ = input.substr(slice.offset, slice.bytes);
  arguments_ = arena->commit(read_.size());
  read_.clear();
  if (read_.capacity() > kArgumentsAtOnceMax) read_.shrink_to_fit();
  consumed_ += position_;
  position_ = scanned_ = 0;
  arguments_total_ = 0;
  input_bytes_ = 0;
  return ParseStatus::kCommand;
}

CommandParser::Step CommandParser::read_count(std::string_view input) {
  size_t cr = 0;
  const Step step = find_line_end(input, '\r', ProtocolError::kTooBigMultibulkCount, &cr);
  if (step != Step::kDone) return step;
  if (cr + 2 > input.size()) return Step::kIncomplete;
  int64_t count = 0;
  if (!parse_int64(input.substr(1, cr - 1), &count) || count > std::numeric_limits<int>::max())
    return fail(ProtocolError::kInvalidMultibulkLength);
  if (count > kUnauthenticatedArgumentsMax && !authenticated_)
    return fail(ProtocolError::kUnauthenticatedMultibulkLength);
  position_ = cr + 2;
  arguments_total_ = count > 0 ? static_cast<uint64_t>(count) : 0;
  return Step::kDone;
}

CommandParser::Step CommandParser::read_arguments(std::string_view input) {
  while (read_.size() < arguments_total_) {
    if (bulk_bytes_ == kUnknown) {
      const Step step = read_bulk_length(input);
      if (step != Step::kDone) return step;
    }
    const uint64_t bytes = bulk_is_out_of_line_ ? 0 : bulk_bytes_;
    if (input.size() - position_ < bytes + 2) return Step::kIncomplete;
    read_.push_back({position_, bytes});
    position_ += bytes + 2;
    bulk_bytes_ = kUnknown;
    bulk_is_out_of_line_ = false;
  }
  return Step::kDone;
}

CommandParser::Step CommandParser::read_bulk_length(std::string_view input) {
  size_t cr = 0;
  const Step step = find_line_end(input, '\r', ProtocolError::kTooBigBulkCount, &cr);
  if (step != Step::kDone) return step;
  if (cr + 2 > input.size()) return Step::kIncomplete;
  if (input[position_] != '$') {
    unexpected_byte_ = input[position_];
    return fail(ProtocolError::kExpectedDollar);
  }
  int64_t bytes = 0;
  if (!parse_int64(input.substr(position_ + 1, cr - position_ - 1), &bytes) || bytes < 0 ||
      static_cast<uint64_t>(bytes) > bulk_bytes_max_) {
    return fail(ProtocolError::kInvalidBulkLength);
  }
  if (static_cast<uint64_t>(bytes) > bulk_limit_)
    return fail(ProtocolError::kUnauthenticatedBulkLength);
  position_ = cr + 2;
  bulk_bytes_ = static_cast<uint64_t>(bytes);
  return Step::kDone;
}

CommandParser::Step CommandParser::read_inline(std::string_view input, ArgumentArena* arena) {
  size_t newline = 0;
  const Step step = find_line_end(input, '\n', ProtocolError::kTooBigInlineRequest, &newline);
  if (step != Step::kDone) return step;
  const bool has_cr = newline > 0 && input[newline - 1] == '\r';
  const std::string_view line = input.substr(0, has_cr ? newline - 1 : newline);
  std::string_view* const arguments = arena->reserve(split_arguments_max(line.size()));
  // Copied although most lines have no quotes: inline commands are typed by people.
  const auto count = split_arguments(line, arena->bytes(line.size()), arguments);
  if (!count.has_value()) return fail(ProtocolError::kUnbalancedQuotes);
  arguments_ = arena->commit(*count);
  position_ = newline + 1;
  return Step::kDone;
}

// Looks for the end of the line that begins at position_, from where the last call stopped.
CommandParser::Step CommandParser::find_line_end(std::string_view input, char terminator,
                                                 ProtocolError too_big, size_t* at) {
  const size_t limit = std::min<size_t>(input.size(), position_ + base::kInlineCommandBytesMax + 1);
  const size_t from = std::max(scanned_, position_);
  const std::string_view unscanned = input.substr(from, limit - from);
  if (!unscanned.starts_with('\0')) {  // Otherwise the end is known to be hidden.
    const size_t end = unscanned.find(terminator);
    const size_t nul = unscanned.substr(0, end).find('\0');
    if (end != std::string_view::npos && nul == std::string_view::npos) {
      *at = scanned_ = from + end;
      return Step::kDone;
    }
    scanned_ = from + std::min(nul, unscanned.size());
  }
  if (input.size() - position_ > base::kInlineCommandBytesMax) return fail(too_big);
  return Step::kIncomplete;
}

CommandParser::Step CommandParser::fail(ProtocolError error) {
  error_ = error;
  count_limit_ = 0;  // Nothing is taken at once any more.
  return Step::kError;
}

bool CommandParser::waits_for_large_bulk(size_t input_bytes) const {
  return bulk_bytes_ != kUnknown && bulk_bytes_ >= kLargeBulkBytes && !bulk_is_out_of_line_ &&
         input_bytes - position_ < bulk_bytes_;
}

LargeBulk CommandParser::large_bulk() const {
  CHECK(waits_for_large_bulk(input_bytes_));
  const Slice name = read_.empty() ? Slice{0, 0} : read_.front();
  return {.name_offset = name.offset,
          .name_bytes = name.bytes,
          .argument_index = read_.size(),
          .total_bytes = bulk_bytes_,
          .offset = position_,
          .bytes_here = input_bytes_ - position_};
}

void CommandParser::receive_out_of_line() {
  CHECK(waits_for_large_bulk(input_bytes_));
  out_of_line_.push_back({.argument_index = read_.size(), .total_bytes = bulk_bytes_});
  bulk_is_out_of_line_ = true;
  input_bytes_ = position_;
}

std::string CommandParser::error_text() const {
  switch (error_) {
    case ProtocolError::kNone:
      return "";
    case ProtocolError::kTooBigInlineRequest:
      return "Protocol error: too big inline request";
    case ProtocolError::kUnbalancedQuotes:
      return "Protocol error: unbalanced quotes in request";
    case ProtocolError::kTooBigMultibulkCount:
      return "Protocol error: too big mbulk count string";
    case ProtocolError::kInvalidMultibulkLength:
      return "Protocol error: invalid multibulk length";
    case ProtocolError::kUnauthenticatedMultibulkLength:
      return "Protocol error: unauthenticated multibulk length";
    case ProtocolError::kTooBigBulkCount:
      return "Protocol error: too big bulk count string";
    case ProtocolError::kInvalidBulkLength:
      return "Protocol error: invalid bulk length";
    case ProtocolError::kUnauthenticatedBulkLength:
      return "Protocol error: unauthenticated bulk length";
    case ProtocolError::kExpectedDollar:
      return fmt::format("Protocol error: expected '$', got '{}'", unexpected_byte_);
  }
  CHECK(false);
}

}  // namespace resp
