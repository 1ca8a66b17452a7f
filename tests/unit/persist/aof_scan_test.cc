#define BOOST_TEST_MODULE persist_aof_scan
#include "persist/aof_scan.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "persist/crc64.h"

namespace persist {
namespace {

using Verdict = AofScan::Verdict;

const std::string kSet = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nhello\r\n";
const std::string kMulti = "*1\r\n$5\r\nMULTI\r\n";
const std::string kExec = "*1\r\n$4\r\nEXEC\r\n";

std::string batch(const std::string& commands, uint64_t pending_bytes = 0) {
  std::string header(kAofBatchHeaderBytes, ' ');
  format_aof_batch({crc64(0, base::as_bytes(commands)), commands.size(), pending_bytes},
                   header.data());
  return header + commands;
}

AofScan scan(const std::string& text, size_t piece_bytes = 1 << 20) {
  AofScan found;
  for (size_t at = 0; at < text.size(); at += piece_bytes)
    found.feed(base::as_bytes(std::string_view(text).substr(at, piece_bytes)));
  found.finish();
  return found;
}

void expect(const std::string& text, Verdict verdict, uint64_t good_bytes) {
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{64}, size_t{1} << 20}) {
    const AofScan found = scan(text, piece);
    BOOST_TEST((found.verdict() == verdict), found.reason() << " in pieces of " << piece);
    BOOST_TEST(found.good_bytes() == good_bytes);
  }
}

BOOST_AUTO_TEST_CASE(whole_files_with_and_without_checksums_are_whole) {
  expect("", Verdict::kWhole, 0);
  expect(kSet, Verdict::kWhole, kSet.size());
  const std::string text =
      batch("") + batch(kSet + kSet) + "#TS:1\r\n" + kSet + batch(kMulti + kSet + kExec);
  expect(text, Verdict::kWhole, text.size());
  BOOST_TEST(scan(text).commands() == 6u);
  BOOST_TEST(scan(text).batches() == 3u);
}

BOOST_AUTO_TEST_CASE(an_end_inside_of_a_command_transaction_or_batch_is_an_end_before_it) {
  for (size_t bytes = 1; bytes < kSet.size(); ++bytes)
    expect(kSet + kSet.substr(0, bytes), Verdict::kTruncated, kSet.size());
  expect(kSet + kMulti + kSet, Verdict::kTruncated, kSet.size());
  const std::string first = batch(kSet);
  const std::string second = batch(kSet + kSet);
  for (size_t bytes = 1; bytes < second.size(); ++bytes)
    expect(first + second.substr(0, bytes), Verdict::kTruncated, first.size());
}

BOOST_AUTO_TEST_CASE(sectors_that_were_lost_at_the_end_are_an_end_and_what_was_durable_is_damage) {
  const std::string first = batch(kSet);
  std::string second = batch(kSet);
  second.replace(kAofBatchHeaderBytes + 5, 20, 20, '\0');
  // The third one was made before the second was durable, or after it.
  const uint64_t behind = first.size() + second.size();
  expect(first + second + batch(kSet, second.size()), Verdict::kTruncated, first.size());
  expect(first + second + batch(kSet, 0), Verdict::kDamaged, first.size());
  BOOST_TEST(scan(first + second + batch(kSet, behind)).bad_offset() == first.size());
  expect(first + std::string(100, '\0'), Verdict::kTruncated, first.size());
  expect(kSet + std::string(100, '\0'), Verdict::kTruncated, kSet.size());
  expect(first + std::string(10, '\0') + kSet, Verdict::kTruncated, first.size());
}

BOOST_AUTO_TEST_CASE(what_was_never_written_so_is_damage) {
  expect(kSet + "x" + kSet, Verdict::kDamaged, kSet.size());
  expect(kSet + "*0\r\n", Verdict::kDamaged, kSet.size());
  expect(batch(kSet) + "*1\r\nPING\r\n", Verdict::kDamaged, batch(kSet).size());
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_of_a_batch_goes_unnoticed) {
  const std::string text = batch(kSet) + batch(kSet + kSet) + batch(kSet);
  for (size_t at = 0; at < text.size(); ++at) {
    // What a header says may be lost; what it stands before is then still what was written.
    const size_t second = kAofBatchHeaderBytes + kSet.size();
    const size_t third = second + kAofBatchHeaderBytes + 2 * kSet.size();
    const bool in_header = at < kAofBatchHeaderBytes ||
                           (at >= second && at < second + kAofBatchHeaderBytes) ||
                           (at >= third && at < third + kAofBatchHeaderBytes);
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      if (!in_header) BOOST_TEST((scan(flipped).verdict() != Verdict::kWhole));
      // A batch that a later one knew to be durable is not taken for an unfinished end.
      if (!in_header && at < third) BOOST_TEST((scan(flipped).verdict() == Verdict::kDamaged));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_can_be_cut_before_a_moment) {
  const std::string text = "#TS:10\r\n" + kSet + "#TS:20\r\n" + kSet + "#TS:30\r\n" + kSet;
  AofScan found;
  found.stop_after(20);
  found.feed(base::as_bytes(std::string_view(text)));
  found.finish();
  BOOST_TEST(found.stopped());
  BOOST_TEST(found.good_bytes() == 2 * (8 + kSet.size()));
}

}  // namespace
}  // namespace persist
