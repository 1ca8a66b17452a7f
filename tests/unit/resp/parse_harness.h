// What a connection does with a CommandParser, for tests: keeps the unconsumed bytes, in a new
// place after every piece, and may receive large bulks out of line.

#ifndef BASALT_TESTS_UNIT_RESP_PARSE_HARNESS_H_
#define BASALT_TESTS_UNIT_RESP_PARSE_HARNESS_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "resp/command_parser.h"

namespace resp_test {

using Command = std::vector<std::string>;

struct Parsed {
  std::vector<Command> commands;
  std::string error;
  size_t unconsumed_bytes = 0;

  bool operator==(const Parsed&) const = default;
};

class Connection {
 public:
  resp::CommandParser parser;
  bool receives_out_of_line = false;
  size_t out_of_line_count = 0;

  // False after a protocol error; what is received then is ignored.
  bool receive(std::string_view piece) {
    if (!parsed_.error.empty()) return false;
    while (!piece.empty() && out_of_line_left_ > 0) {
      const size_t now = std::min<size_t>(piece.size(), out_of_line_left_);
      out_of_line_.back().append(piece.substr(0, now));
      out_of_line_left_ -= now;
      piece.remove_prefix(now);
    }
    append(piece);
    return parse_all();
  }

  Parsed finish() {
    parsed_.unconsumed_bytes = bytes_;
    return parsed_;
  }

 private:
  // An exact allocation of its own, so that a sanitizer sees a byte read too far or too late.
  void append(std::string_view piece) {
    auto moved = std::make_unique_for_overwrite<char[]>(bytes_ + piece.size());
    std::copy_n(buffer_.get(), bytes_, moved.get());
    std::copy(piece.begin(), piece.end(), moved.get() + bytes_);
    buffer_ = std::move(moved);
    bytes_ += piece.size();
  }

  void drop_front(size_t bytes) {
    auto moved = std::make_unique_for_overwrite<char[]>(bytes_ - bytes);
    std::copy_n(buffer_.get() + bytes, bytes_ - bytes, moved.get());
    buffer_ = std::move(moved);
    bytes_ -= bytes;
  }

  bool parse_all() {
    size_t begin = 0;
    resp::ParseStatus status;
    do {
      status = parser.parse({buffer_.get() + begin, bytes_ - begin}, &arena_);
      if (status == resp::ParseStatus::kCommand) take_command();
      CHECK_LE(parser.consumed(), bytes_ - begin);
      begin += parser.consumed();
      arena_.clear();
    } while (status == resp::ParseStatus::kCommand);
    if (begin > 0) drop_front(begin);
    if (status == resp::ParseStatus::kError) parsed_.error = parser.error_text();
    if (status == resp::ParseStatus::kLargeBulk && receives_out_of_line) take_large_bulk();
    return status != resp::ParseStatus::kError;
  }

  void take_large_bulk() {
    const resp::LargeBulk large = parser.large_bulk();
    CHECK_LT(large.bytes_here, large.total_bytes);
    CHECK_EQ(large.offset + large.bytes_here, bytes_);
    out_of_line_.emplace_back(buffer_.get() + large.offset, large.bytes_here);
    out_of_line_left_ = large.total_bytes - large.bytes_here;
    bytes_ = large.offset;
    parser.receive_out_of_line();
    ++out_of_line_count;
  }

  void take_command() {
    const auto arguments = parser.arguments();
    CHECK(!arguments.empty());
    Command command(arguments.begin(), arguments.end());
    size_t i = 0;
    for (const resp::OutOfLineBulk bulk : parser.out_of_line()) {
      CHECK_EQ(command[bulk.argument_index].size(), 0u);
      CHECK_EQ(out_of_line_[i].size(), bulk.total_bytes);
      command[bulk.argument_index] = std::move(out_of_line_[i++]);
    }
    CHECK_EQ(i, out_of_line_.size());
    out_of_line_.clear();
    parsed_.commands.push_back(std::move(command));
  }

  resp::ArgumentArena arena_;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(0);
  size_t bytes_ = 0;
  std::vector<std::string> out_of_line_;
  uint64_t out_of_line_left_ = 0;
  Parsed parsed_;
};

// Parses `input` given in pieces of the size that `next_piece` says.
template <class NextPiece>
Parsed parse_in_pieces(Connection* connection, std::string_view input, NextPiece next_piece) {
  while (!input.empty()) {
    const size_t bytes = std::clamp<size_t>(next_piece(), 1, input.size());
    if (!connection->receive(input.substr(0, bytes))) break;
    input.remove_prefix(bytes);
  }
  Parsed parsed = connection->finish();
  // How much of the input behind an error was taken in depends on the pieces.
  if (!parsed.error.empty()) parsed.unconsumed_bytes = 0;
  return parsed;
}

inline Parsed parse_whole(std::string_view input) {
  Connection connection;
  return parse_in_pieces(&connection, input, [&] { return input.size(); });
}

}  // namespace resp_test

#endif  // BASALT_TESTS_UNIT_RESP_PARSE_HARNESS_H_
