#define BOOST_TEST_MODULE command_parser
#include "resp/command_parser.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "base/memory.h"
#include "base/random.h"
#include "tests/unit/resp/parse_harness.h"

using namespace resp;
using namespace resp_test;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

std::string bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

std::string encoded(const Command& command) {
  std::string out = "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string& argument : command) out += bulk(argument);
  return out;
}

std::vector<Command> commands_of(std::string_view input) {
  const Parsed parsed = parse_whole(input);
  BOOST_TEST(parsed.error == "");
  BOOST_TEST(parsed.unconsumed_bytes == 0u);
  return parsed.commands;
}

std::string error_of(std::string_view input, bool authenticated = true) {
  // Every error is found whole and byte by byte.
  Connection whole, by_byte;
  whole.parser.set_authenticated(authenticated);
  by_byte.parser.set_authenticated(authenticated);
  const Parsed expected = parse_in_pieces(&whole, input, [&] { return input.size(); });
  const Parsed parsed = parse_in_pieces(&by_byte, input, [] { return 1; });
  BOOST_TEST(parsed.error == expected.error);
  BOOST_TEST((parsed.commands == expected.commands));
  return parsed.error;
}

// Waits for more bytes, whole and byte by byte.
bool waits(std::string_view input) {
  Connection by_byte;
  const Parsed parsed = parse_in_pieces(&by_byte, input, [] { return 1; });
  BOOST_TEST((parsed == parse_whole(input)));
  return parsed.error.empty() && parsed.commands.empty() && parsed.unconsumed_bytes == input.size();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_pipeline_is_parsed_command_by_command) {
  const Command get = {"GET", "key:000000000001"};
  const Command set = {"SET", "key:000000000001", std::string(64, 'v')};
  const Command odd = {"", "\r\n$3\r\n"s, "a\0b"s};
  BOOST_TEST((commands_of(encoded(get) + encoded(set) + encoded(odd)) ==
              std::vector<Command>{get, set, odd}));
}

BOOST_AUTO_TEST_CASE(arguments_point_into_the_input) {
  const std::string input = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\nrest";
  CommandParser parser;
  ArgumentArena arena;
  BOOST_TEST((parser.parse(input, &arena) == ParseStatus::kCommand));
  BOOST_TEST(parser.consumed() == input.size() - 4);
  BOOST_TEST((parser.arguments()[1].data() == input.data() + 17));
  BOOST_TEST(parser.idle());
}

BOOST_AUTO_TEST_CASE(argument_vectors_of_a_turn_stand_still_until_the_arena_is_cleared) {
  const std::string input = encoded(Command(700, "x")) + encoded({"GET", "k"});
  CommandParser parser;
  ArgumentArena arena;
  std::vector<std::span<const std::string_view>> kept;
  for (int i = 0; i < 50; ++i) {
    std::string_view rest = input;
    for (int j = 0; j < 2; ++j) {
      BOOST_TEST((parser.parse(rest, &arena) == ParseStatus::kCommand));
      rest.remove_prefix(parser.consumed());
      kept.push_back(parser.arguments());
    }
  }
  for (size_t i = 0; i < kept.size(); i += 2) {
    BOOST_TEST(kept[i].size() == 700u);
    BOOST_TEST(kept[i].back() == "x");
    BOOST_TEST(kept[i + 1].front() == "GET");
  }
}

BOOST_AUTO_TEST_CASE(a_steady_load_allocates_nothing) {
  const std::string input = encoded({"SET", "key:000000000001", std::string(64, 'v')});
  CommandParser parser;
  ArgumentArena arena;
  BOOST_TEST((parser.parse(input, &arena) == ParseStatus::kCommand));
  const uint64_t before = base::memory_used(base::MemoryUse::kClients);
  for (int i = 0; i < 100000; ++i) {
    BOOST_REQUIRE((parser.parse(input, &arena) == ParseStatus::kCommand));
    if (i % 100 == 0) arena.clear();
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kClients) == before);
}

BOOST_AUTO_TEST_CASE(empty_commands_are_skipped_and_dropped) {
  const Command ping = {"PING"};
  for (const auto* empty : {"*0\r\n", "*-1\r\n", "*-10\r\n", "*-9223372036854775808\r\n", "\r\n",
                            "\n", "  \r\n", "\v\f\t \n"}) {
    BOOST_TEST(
        (commands_of(std::string(empty) + empty + encoded(ping)) == std::vector<Command>{ping}));
    const Parsed parsed = parse_whole(std::string(empty) + empty);
    BOOST_TEST((parsed == Parsed{}));
  }
}

BOOST_AUTO_TEST_CASE(an_empty_command_leaves_nothing_behind_for_the_next) {
  // A header that follows in pieces must not meet the state of the empty one.
  Connection connection;
  connection.receive("*0\r\n*2\r\n$4\r\nECHO");
  connection.receive("\r\n$1\r\na\r\n");
  connection.receive("\r\n*-5\r\n*1\r");
  connection.receive("\n$4\r\nPING\r\n");
  BOOST_TEST((connection.finish().commands == std::vector<Command>{{"ECHO", "a"}, {"PING"}}));
}

BOOST_AUTO_TEST_CASE(the_byte_after_a_cr_and_the_end_of_a_bulk_are_not_looked_at) {
  BOOST_TEST((commands_of("*1\rX$4\rYPINGZZPING\r\n") == std::vector<Command>{{"PING"}, {"PING"}}));
}

BOOST_AUTO_TEST_CASE(inline_commands_are_split_at_blanks) {
  BOOST_TEST((commands_of("PING\n") == std::vector<Command>{{"PING"}}));
  BOOST_TEST((commands_of("PING\r\r\n") == std::vector<Command>{{"PING"}}));
  BOOST_TEST((commands_of("\vPING\f\n") == std::vector<Command>{{"PING\f"}}));
  BOOST_TEST((commands_of(" *1\r\n$4\r\n") == std::vector<Command>{{"*1"}, {"$4"}}));
  BOOST_TEST((commands_of("SET  a\tb \r\nGET a\r\n") ==
              std::vector<Command>{{"SET", "a", "b"}, {"GET", "a"}}));
  BOOST_TEST((commands_of("ECHO a\rb\r\n") == std::vector<Command>{{"ECHO", "a", "b"}}));
  BOOST_TEST((commands_of("ECHO \"a\\x41\\n\"\r\n\"\"\r\n") ==
              std::vector<Command>{{"ECHO", "aA\n"}, {""}}));
}

BOOST_AUTO_TEST_CASE(inline_and_multibulk_commands_mix) {
  BOOST_TEST((commands_of("PING\r\n*1\r\n$4\r\nPING\r\nPING\n") ==
              std::vector<Command>{{"PING"}, {"PING"}, {"PING"}}));
}

BOOST_AUTO_TEST_CASE(a_nul_hides_the_end_of_its_line) {
  BOOST_TEST(waits("EC\0HO\r\nPING\r\n"sv));
  BOOST_TEST(waits("*1\r\n\0\r\n"sv));
  BOOST_TEST(waits("*\0\r\n"sv));
  BOOST_TEST(error_of("\0\r\n"s + std::string(65536, '1')) ==
             "Protocol error: too big inline request");
  BOOST_TEST(error_of("*\0"s + std::string(70000, '1') + "\r\n") ==
             "Protocol error: too big mbulk count string");
}

BOOST_AUTO_TEST_CASE(lengths_of_multibulks_are_checked_as_redis_does) {
  for (const auto* bad :
       {"*a\r\n", "*\r\n", "*01\r\n", "*+1\r\n", "*-0\r\n", "*1 \r\n", "*-\r\n", "*2147483648\r\n",
        "*9223372036854775808\r\n", "*-9223372036854775809\r\n", "*99999999999999999999999\r\n"}) {
    BOOST_TEST(error_of(bad) == "Protocol error: invalid multibulk length");
  }
  BOOST_TEST(waits("*2147483647\r\n"));
  BOOST_TEST(waits("*1048577\r\n"));
  BOOST_TEST(error_of("*2147483647\r\nPING\r\n") == "Protocol error: expected '$', got 'P'");
}

BOOST_AUTO_TEST_CASE(lengths_of_bulks_are_checked_as_redis_does) {
  for (const auto* bad : {"$-1\r\n", "$a\r\n", "$\r\n", "$04\r\nPING\r\n", "$536870913\r\n",
                          "$99999999999999999999999\r\n", "$+4\r\nPING\r\n", "$-0\r\n"}) {
    BOOST_TEST(error_of("*1\r\n"s + bad) == "Protocol error: invalid bulk length");
  }
  BOOST_TEST(waits("*1\r\n$536870912\r\n"));
}

BOOST_AUTO_TEST_CASE(a_bulk_begins_with_a_dollar) {
  BOOST_TEST(waits("*1\r\nPING"));
  BOOST_TEST(error_of("*1\r\nPING\r\n") == "Protocol error: expected '$', got 'P'");
  BOOST_TEST(error_of("*1\r\n\xff\r\n") == "Protocol error: expected '$', got '\xff'");
  // The reply writer turns these into spaces, as Redis does.
  BOOST_TEST(error_of("*1\r\n\r\n") == "Protocol error: expected '$', got '\r'");
  BOOST_TEST(error_of("*1\r\n\n\r\n") == "Protocol error: expected '$', got '\n'");
  BOOST_TEST(error_of("*2\r\n$1\r\na\r\n*1\r\n") == "Protocol error: expected '$', got '*'");
}

BOOST_AUTO_TEST_CASE(lines_are_at_most_64_kib_long) {
  const std::string longest(65536, '1');
  BOOST_TEST(waits(longest));
  BOOST_TEST((commands_of(longest + "\n") == std::vector<Command>{{longest}}));
  BOOST_TEST(error_of(longest + "1") == "Protocol error: too big inline request");
  BOOST_TEST(waits("*" + longest.substr(1)));
  BOOST_TEST(error_of("*" + longest) == "Protocol error: too big mbulk count string");
  BOOST_TEST(waits("*1\r\n$" + longest.substr(1)));
  BOOST_TEST(error_of("*1\r\n$" + longest) == "Protocol error: too big bulk count string");
  BOOST_TEST(error_of("*1\r\nx" + longest) == "Protocol error: too big bulk count string");
}

BOOST_AUTO_TEST_CASE(unbalanced_quotes_are_an_error) {
  for (const auto* bad : {"ECHO \"abc\r\n", "ECHO 'abc\r\n", "ECHO \"abc\"d\r\n", "ECHO 'abc'd\r\n",
                          "ECHO \"abc\\\r\n"}) {
    BOOST_TEST(error_of(bad) == "Protocol error: unbalanced quotes in request");
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_must_authenticate_sends_ten_arguments_of_16_kib_at_most) {
  BOOST_TEST(error_of("*11\r\n", false) == "Protocol error: unauthenticated multibulk length");
  BOOST_TEST(error_of("*10\r\n", false) == "");
  BOOST_TEST(error_of("*2\r\n$16385\r\n", false) == "Protocol error: unauthenticated bulk length");
  BOOST_TEST(error_of("*2\r\n$16384\r\n", false) == "");
  BOOST_TEST(error_of("*2147483648\r\n", false) == "Protocol error: invalid multibulk length");
  BOOST_TEST(error_of("*1\r\n$536870913\r\n", false) == "Protocol error: invalid bulk length");

  Connection connection;
  connection.parser.set_authenticated(false);
  connection.receive("*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n");
  connection.parser.set_authenticated(true);
  connection.receive(encoded(Command(11, std::string(20000, 'x'))));
  BOOST_TEST(connection.finish().commands.size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_longest_bulk_is_an_option) {
  Connection connection;
  connection.parser.set_bulk_bytes_max(100);
  BOOST_TEST(connection.receive(encoded({std::string(100, 'x')})));
  BOOST_TEST(!connection.receive(encoded({std::string(101, 'x')})));
  BOOST_TEST(connection.finish().error == "Protocol error: invalid bulk length");
  CommandParser unlimited;
  ArgumentArena arena;
  unlimited.set_bulk_bytes_max(UINT64_MAX);
  BOOST_TEST(
      (unlimited.parse("*1\r\n$9223372036854775807\r\n", &arena) == ParseStatus::kLargeBulk));
}

BOOST_AUTO_TEST_CASE(an_error_stays) {
  CommandParser parser;
  ArgumentArena arena;
  BOOST_TEST((parser.parse("*a\r\n", &arena) == ParseStatus::kError));
  parser.set_authenticated(true);
  BOOST_TEST((parser.parse("*1\r\n$4\r\nPING\r\n", &arena) == ParseStatus::kError));
  BOOST_TEST(parser.consumed() == 0u);
  BOOST_TEST((parser.error() == ProtocolError::kInvalidMultibulkLength));
}

BOOST_AUTO_TEST_CASE(a_large_bulk_is_announced_while_it_has_not_arrived) {
  const std::string value(kLargeBulkBytes, 'v');
  const std::string input = "*0\r\n" + encoded({"SET", "k", value, "NX"});
  CommandParser parser;
  ArgumentArena arena;
  BOOST_TEST((parser.parse(input.substr(0, 50), &arena) == ParseStatus::kLargeBulk));
  BOOST_TEST(parser.consumed() == 4u);
  const LargeBulk large = parser.large_bulk();
  BOOST_TEST(large.argument_index == 2u);
  BOOST_TEST(large.total_bytes == value.size());
  BOOST_TEST(large.offset == 28u);
  BOOST_TEST(large.bytes_here == 18u);
  const std::string rest = input.substr(4);
  // Its last byte is here, its CR LF is not: nothing left to receive out of line.
  BOOST_TEST((parser.parse(std::string_view(rest).substr(0, 28 + value.size()), &arena) ==
              ParseStatus::kIncomplete));
  BOOST_TEST((parser.parse(rest, &arena) == ParseStatus::kCommand));
  BOOST_TEST(parser.arguments()[2].size() == value.size());
  BOOST_TEST(parser.out_of_line().empty());
}

BOOST_AUTO_TEST_CASE(a_bulk_below_the_bound_is_not_announced) {
  CommandParser parser;
  ArgumentArena arena;
  BOOST_TEST((parser.parse("*1\r\n$32767\r\nx", &arena) == ParseStatus::kIncomplete));
}

BOOST_AUTO_TEST_CASE(large_bulks_received_out_of_line_are_named_with_the_command) {
  const std::string a(40000, 'a'), b(100000, 'b');
  const Command first = {"MSET", "k1", a, "k2", b, "k3", "c"}, second = {"GET", "k1"};
  Connection connection;
  connection.receives_out_of_line = true;
  const Parsed parsed =
      parse_in_pieces(&connection, encoded(first) + encoded(second), [] { return 1000; });
  BOOST_TEST((parsed.commands == std::vector<Command>{first, second}));
  BOOST_TEST(connection.out_of_line_count == 2u);
  BOOST_TEST(parsed.error == "");
}

BOOST_AUTO_TEST_CASE(arguments_that_are_only_announced_take_no_memory) {
  const uint64_t before = base::memory_used(base::MemoryUse::kClients);
  Connection connection;
  connection.receive("*2147483647\r\n$1\r\na\r\n$536870912\r\n");
  BOOST_TEST(base::memory_used(base::MemoryUse::kClients) - before < 1024u);
}

BOOST_AUTO_TEST_CASE(commands_of_many_arguments_arrive_in_any_pieces) {
  Command many = {"MSET"};
  for (int i = 0; i < 20000; ++i) many.push_back("argument " + std::to_string(i));
  for (const size_t piece : {size_t{1} << 30, size_t{16384}, size_t{777}}) {
    Connection connection;
    const Parsed parsed = parse_in_pieces(&connection, encoded(many), [&] { return piece; });
    BOOST_TEST((parsed.commands == std::vector<Command>{many}));
  }
}

namespace {

std::string random_stream(base::Random* random) {
  static const std::vector<std::string> kOdd = {"*0\r\n",
                                                "\r\n",
                                                "*-1\r\n",
                                                "PING\r\n",
                                                "ECHO \"a b\\x41\"\n",
                                                "*1\rX$4\rYPINGZZ",
                                                "*2\r\n$0\r\n\r\n$0\r\n\r\n",
                                                "'single \\' quoted' x\r\n"};
  static const std::vector<std::string> kBad = {
      "*x\r\n", "*1\r\n:1\r\n", "*1\r\n$-1\r\n", "ECHO \"\r\n", "*1\r\n$99999999999\r\n", "*\0"s};
  std::string stream;
  const uint64_t commands = 1 + random->below(8);
  for (uint64_t i = 0; i < commands; ++i) {
    if (random->one_in(4)) {
      stream += kOdd[random->below(kOdd.size())];
      continue;
    }
    if (random->one_in(20)) stream += kBad[random->below(kBad.size())];
    Command command;
    const uint64_t count = 1 + random->below(random->one_in(10) ? 60 : 5);
    for (uint64_t j = 0; j < count; ++j) {
      uint64_t bytes = random->below(random->one_in(3) ? 2000 : 12);
      if (random->one_in(40)) bytes = 30000 + random->below(40000);
      command.emplace_back(bytes, static_cast<char>(random->below(256)));
    }
    stream += encoded(command);
  }
  if (random->one_in(3)) stream.resize(random->below(stream.size()) + 1);
  return stream;
}

}  // namespace

BOOST_AUTO_TEST_CASE(any_split_parses_like_the_whole) {
  constexpr uint64_t kSeed = 20261120;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  base::Random random(kSeed);
  size_t commands = 0, errors = 0, out_of_line = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::string stream = random_stream(&random);
    const Parsed expected = parse_whole(stream);
    commands += expected.commands.size();
    errors += expected.error.empty() ? 0 : 1;
    for (const uint64_t piece_max : {7u, 300u, 20000u}) {
      if (piece_max == 7 && stream.size() > 5000) continue;
      Connection connection;
      connection.receives_out_of_line = random.one_in(2);
      const Parsed parsed =
          parse_in_pieces(&connection, stream, [&] { return 1 + random.below(piece_max); });
      BOOST_TEST_INFO("round " << round << " of seed " << kSeed);
      BOOST_REQUIRE((parsed.commands == expected.commands));
      BOOST_REQUIRE(parsed.error == expected.error);
      if (connection.out_of_line_count == 0)
        BOOST_REQUIRE(parsed.unconsumed_bytes == expected.unconsumed_bytes);
      out_of_line += connection.out_of_line_count;
    }
  }
  BOOST_TEST(commands > 2000u);
  BOOST_TEST(errors > 50u);
  BOOST_TEST(out_of_line > 50u);
}
