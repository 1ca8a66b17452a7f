#define BOOST_TEST_MODULE persist_aof_reader
#include "persist/aof_reader.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

namespace persist {
namespace {

using Status = AofReader::Status;

const std::string kCommands =
    "#TS:1732098765\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
    "#note\n*1\r\n$4\r\nPING\r\n";

// Feeds the text in pieces and joins what is read; "!" at an error.
std::string read(const std::string& text, size_t piece_bytes) {
  AofReader reader;
  resp::ArgumentArena arena;
  std::string found;
  std::string input;
  for (size_t at = 0; at < text.size();) {
    input += text.substr(at, piece_bytes);
    at += std::min(piece_bytes, text.size() - at);
    for (bool more = true; more;) {
      const Status status = reader.next(input, &arena);
      if (status == Status::kCommand)
        for (const std::string_view word : reader.arguments()) found += std::string(word) + " ";
      input.erase(0, reader.consumed());
      if (status == Status::kError) return found + "!";
      more = status == Status::kCommand;
    }
  }
  return found + (reader.inside() ? "..." : "");
}

BOOST_AUTO_TEST_CASE(commands_are_read_and_annotations_skipped_in_pieces_of_any_size) {
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{1000}})
    BOOST_TEST(read(kCommands, piece) == "SELECT 0 SET a 1 PING ");
}

BOOST_AUTO_TEST_CASE(an_end_inside_of_a_command_is_told_from_an_end_behind_one) {
  for (size_t bytes = 1; bytes < kCommands.size(); ++bytes) {
    const std::string found = read(kCommands.substr(0, bytes), 1000);
    const bool at_end = kCommands.substr(0, bytes).ends_with("0\r\n") || bytes == 16 ||
                        kCommands.substr(0, bytes).ends_with("$1\r\n1\r\n") ||
                        kCommands.substr(0, bytes).ends_with("#note\n");
    BOOST_TEST(found.ends_with("...") != at_end, "after " << bytes << " bytes: " << found);
  }
}

BOOST_AUTO_TEST_CASE(what_a_connection_would_forgive_is_damage_here) {
  BOOST_TEST(read("PING\r\n", 10) == "!");
  BOOST_TEST(read("\r\n*1\r\n$4\r\nPING\r\n", 100) == "!");
  BOOST_TEST(read("*0\r\n", 10) == "!");
  BOOST_TEST(read("*-1\r\n", 10) == "!");
  BOOST_TEST(read("*1\r\nPING\r\n", 100) == "!");
  BOOST_TEST(read("#" + std::string(2000, 'x') + "\n", 4000) == "!");
}

}  // namespace
}  // namespace persist
