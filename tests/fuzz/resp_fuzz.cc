// Fuzzes the protocol: how input is split must not change what is parsed, what was parsed must
// parse again from its canonical form, and nothing is read outside of the input.
//
// The first eight bytes seed the splits and options; the rest is the stream. Another first byte
// 'R' sends it to the reply parser instead.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/random.h"
#include "resp/reply_parser.h"
#include "resp/reply_writer.h"
#include "tests/unit/resp/parse_harness.h"

using resp_test::Connection;
using resp_test::Parsed;

namespace {

constexpr size_t kSeedBytes = 8;

void set_options(Connection* connection, uint64_t seed) {
  // A low limit now and then, so that short inputs reach it.
  if ((seed & 1) != 0) connection->parser.set_bulk_bytes_max(1000);
  if ((seed & 6) == 6) connection->parser.set_authenticated(false);
}

// The harness moves all its bytes at each piece: many pieces for short inputs only.
uint64_t next_piece_max(base::Random* random, size_t stream_bytes) {
  return 1 + stream_bytes / 20 + random->below(random->one_in(2) ? 8 : 500);
}

std::string canonical(const std::vector<resp_test::Command>& commands) {
  resp::BlockPool pool;
  resp::OutputBuffer out(&pool);
  resp::ReplyWriter writer(&out);
  for (const auto& command : commands) {
    writer.array(command.size());
    for (const std::string& argument : command) writer.bulk(argument);
  }
  return out.pending_copy();
}

void fuzz_requests(uint64_t seed, std::string_view stream) {
  base::Random random(seed);
  Connection whole, split;
  set_options(&whole, seed);
  set_options(&split, seed);
  split.receives_out_of_line = random.one_in(2);
  const uint64_t piece_max = next_piece_max(&random, stream.size());
  const Parsed expected = parse_in_pieces(&whole, stream, [&] { return stream.size(); });
  const Parsed parsed =
      parse_in_pieces(&split, stream, [&] { return 1 + random.below(piece_max); });
  CHECK(parsed.commands == expected.commands);
  CHECK_EQ(parsed.error, expected.error);

  const Parsed again = resp_test::parse_whole(canonical(expected.commands));
  CHECK(again.commands == expected.commands);
  CHECK_EQ(again.error, "");
  CHECK_EQ(again.unconsumed_bytes, 0u);
}

// The replies as text, then the error's if there is one.
template <class NextPiece>
std::string read_replies(std::string_view stream, NextPiece next_piece) {
  resp::ReplyParser parser(1 << 20);
  std::string text;
  while (!stream.empty()) {
    const size_t bytes = std::min<size_t>(next_piece(), stream.size());
    parser.feed(stream.substr(0, bytes));
    stream.remove_prefix(bytes);
    while (true) {
      const auto reply = parser.next();
      if (!reply.ok()) return text + reply.error().to_string();
      if (!reply.value().has_value()) break;
      text += reply.value()->to_string() + "\n";
    }
  }
  return text;
}

void fuzz_replies(uint64_t seed, std::string_view stream) {
  base::Random random(seed);
  const std::string expected = read_replies(stream, [&] { return stream.size(); });
  const uint64_t piece_max = next_piece_max(&random, stream.size());
  const std::string text = read_replies(stream, [&] { return 1 + random.below(piece_max); });
  CHECK_EQ(text, expected);

  // An error that carries any bytes is one line.
  resp::BlockPool pool;
  resp::OutputBuffer out(&pool);
  resp::ReplyWriter(&out).error(stream);
  CHECK_EQ(out.pending_copy().find_first_of("\r\n"), out.pending_bytes() - 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kSeedBytes) return 0;
  const auto seed = base::load_le<uint64_t>(data);
  const std::string_view stream(reinterpret_cast<const char*>(data) + kSeedBytes,
                                size - kSeedBytes);
  if (data[0] == 'R') {
    fuzz_replies(seed, stream);
  } else {
    fuzz_requests(seed, stream);
  }
  return 0;
}
