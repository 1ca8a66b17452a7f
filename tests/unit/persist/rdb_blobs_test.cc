#define BOOST_TEST_MODULE rdb_blobs
#include "persist/rdb_blobs.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/unit/persist/rdb_samples.h"

using persist::BlobKind;
using persist::check_blob;

namespace {

struct Blob {
  BlobKind kind;
  std::string bytes;
  uint64_t entries;
};

std::vector<Blob> blobs() {
  const std::string text(300, 'x');
  return {
      {BlobKind::kZiplist, samples::ziplist({}), 0},
      {BlobKind::kZiplist, samples::ziplist({"a", text, "b", text, ""}), 5},
      {BlobKind::kListpack, samples::listpack({}), 0},
      {BlobKind::kListpack, samples::listpack({"a", text, "b", text, ""}), 5},
      {BlobKind::kIntset, samples::intset(2, {-5, 0, 7}), 3},
      {BlobKind::kIntset, samples::intset(8, {-5000000000, 5000000000}), 2},
      {BlobKind::kZipmap, samples::zipmap(), 4},
  };
}

}  // namespace

BOOST_AUTO_TEST_CASE(good_blobs_have_their_number_of_entries) {
  for (const Blob& blob : blobs()) {
    const auto entries = check_blob(blob.kind, base::as_bytes(blob.bytes));
    BOOST_REQUIRE(entries.ok());
    BOOST_CHECK_EQUAL(*entries, blob.entries);
  }
}

BOOST_AUTO_TEST_CASE(number_encodings_are_entries) {
  using samples::Builder;
  // Listpack: 7 bits, 13 bits, 16, 24, 32 and 64 bits.
  const std::string pack = Builder()
                               .byte(5)
                               .byte(1)
                               .byte(0xc1)
                               .byte(0)
                               .byte(2)
                               .byte(0xf1)
                               .little(1, 2)
                               .byte(3)
                               .byte(0xf2)
                               .little(1, 3)
                               .byte(4)
                               .byte(0xf3)
                               .little(1, 4)
                               .byte(5)
                               .byte(0xf4)
                               .little(1, 8)
                               .byte(9)
                               .str();
  const std::string whole =
      Builder().little(6 + pack.size() + 1, 4).little(6, 2).raw(pack).byte(0xff).str();
  BOOST_CHECK_EQUAL(check_blob(BlobKind::kListpack, base::as_bytes(whole)).value(), 6u);
  // Ziplist: 16, 32, 64, 24, 8 bits and an immediate.
  const std::string zip = Builder()
                              .byte(0)
                              .byte(0xc0)
                              .little(1, 2)
                              .byte(4)
                              .byte(0xd0)
                              .little(1, 4)
                              .byte(6)
                              .byte(0xe0)
                              .little(1, 8)
                              .byte(10)
                              .byte(0xf0)
                              .little(1, 3)
                              .byte(5)
                              .byte(0xfe)
                              .byte(1)
                              .byte(3)
                              .byte(0xf5)
                              .str();
  const std::string list = Builder()
                               .little(10 + zip.size() + 1, 4)
                               .little(10 + zip.size() - 2, 4)
                               .little(6, 2)
                               .raw(zip)
                               .byte(0xff)
                               .str();
  BOOST_CHECK_EQUAL(check_blob(BlobKind::kZiplist, base::as_bytes(list)).value(), 6u);
}

BOOST_AUTO_TEST_CASE(a_truncated_blob_is_corrupt) {
  for (const Blob& blob : blobs()) {
    for (size_t length = 0; length < blob.bytes.size(); ++length) {
      BOOST_REQUIRE(!check_blob(blob.kind, base::as_bytes(blob.bytes).first(length)).ok());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_set_out_of_order_is_corrupt) {
  const std::string same = samples::intset(4, {1, 1});
  BOOST_CHECK(!check_blob(BlobKind::kIntset, base::as_bytes(same)).ok());
  const std::string down = samples::intset(4, {2, 1});
  BOOST_CHECK(!check_blob(BlobKind::kIntset, base::as_bytes(down)).ok());
}

BOOST_AUTO_TEST_CASE(damaged_structure_never_reads_outside) {
  const uint64_t seed = 21;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  uint64_t refused = 0;
  for (const Blob& blob : blobs()) {
    for (int round = 0; round < 2000; ++round) {
      // A copy of exactly its size, so that a sanitizer sees the end.
      std::vector<std::byte> bad(blob.bytes.size());
      std::copy_n(base::as_bytes(blob.bytes).begin(), bad.size(), bad.begin());
      bad[random.below(bad.size())] = std::byte(random.next() & 0xff);
      refused += check_blob(blob.kind, bad).ok() ? 0 : 1;
    }
  }
  BOOST_CHECK_GT(refused, 3000u);
}
