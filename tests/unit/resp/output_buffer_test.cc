#define BOOST_TEST_MODULE output_buffer
#include "resp/output_buffer.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "base/memory.h"
#include "base/random.h"

using namespace resp;

namespace {

// Takes what is gathered with `iovec_count` pieces; the kernel's part of a send.
std::string gathered(OutputBuffer* buffer, size_t iovec_count, uint64_t until = UINT64_MAX) {
  std::vector<iovec> iovecs(iovec_count);
  const size_t count = buffer->gather(iovecs, until);
  std::string bytes;
  for (size_t i = 0; i < count; ++i)
    bytes.append(static_cast<const char*>(iovecs[i].iov_base), iovecs[i].iov_len);
  BOOST_TEST(buffer->in_flight_bytes() == bytes.size());
  return bytes;
}

struct Owner {
  std::string bytes;
  int releases = 0;
  Lease lease() {
    return {.release = [](void* owner) { ++static_cast<Owner*>(owner)->releases; }, .owner = this};
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(bytes_leave_in_the_order_they_came) {
  BlockPool pool;
  OutputBuffer buffer(&pool);
  BOOST_TEST(buffer.empty());
  buffer.append("+OK\r\n");
  char* const at = buffer.room(10);
  at[0] = 'x';
  buffer.written(at + 1);
  BOOST_TEST(buffer.pending_copy() == "+OK\r\nx");
  BOOST_TEST(gathered(&buffer, 4) == "+OK\r\nx");
  buffer.append("more");  // While the first part is in flight.
  buffer.sent();
  BOOST_TEST(buffer.pending_bytes() == 4u);
  BOOST_TEST(gathered(&buffer, 4) == "more");
  buffer.sent();
  BOOST_TEST(buffer.empty());
  BOOST_TEST(buffer.produced() == 10u);
}

BOOST_AUTO_TEST_CASE(bytes_in_flight_stay_in_place_while_more_is_appended) {
  BlockPool pool;
  OutputBuffer buffer(&pool);
  buffer.append("first");
  iovec iov;
  BOOST_TEST(buffer.gather({&iov, 1}) == 1u);
  for (int i = 0; i < 10000; ++i) buffer.append("0123456789");
  BOOST_TEST(std::string(static_cast<char*>(iov.iov_base), iov.iov_len) == "first");
  buffer.sent();
  BOOST_TEST(buffer.pending_bytes() == 100000u);
}

BOOST_AUTO_TEST_CASE(an_empty_buffer_holds_no_block) {
  const uint64_t before = base::memory_used(base::MemoryUse::kClients);
  {
    BlockPool pool;
    OutputBuffer buffer(&pool);
    buffer.append(std::string(300000, 'x'));
    BOOST_TEST(buffer.block_bytes() >= 300000u);
    while (!buffer.empty()) {
      gathered(&buffer, 2);
      buffer.sent();
    }
    BOOST_TEST(buffer.block_bytes() == 0u);
  }
  BOOST_TEST(base::memory_used(base::MemoryUse::kClients) == before);
}

BOOST_AUTO_TEST_CASE(a_steady_load_allocates_nothing) {
  BlockPool pool;
  OutputBuffer buffer(&pool);
  const std::string reply(1200, 'r');
  for (int i = 0; i < 3; ++i) {
    buffer.append(reply);
    gathered(&buffer, 4);
    buffer.sent();
  }
  const uint64_t before = base::memory_used(base::MemoryUse::kClients);
  buffer.append(reply);
  BOOST_TEST(base::memory_used(base::MemoryUse::kClients) == before);
  iovec iovecs[4];
  BOOST_TEST(buffer.gather(iovecs) == 1u);  // The block follows what the last burst needed.
}

BOOST_AUTO_TEST_CASE(borrowed_bytes_are_released_once_when_sent) {
  BlockPool pool;
  OutputBuffer buffer(&pool);
  Owner a{std::string(1000, 'a')}, b{std::string(10, 'b')};
  buffer.append("<");
  buffer.append_borrowed(a.bytes, a.lease());
  buffer.append("><");
  buffer.append_borrowed(b.bytes, b.lease());
  buffer.append(">");
  const std::string expected = "<" + a.bytes + "><" + b.bytes + ">";
  BOOST_TEST(buffer.pending_copy() == expected);
  BOOST_TEST(buffer.produced() == expected.size());
  BOOST_TEST(buffer.block_bytes() == 1024u);  // Short texts around values share a block.
  std::array<iovec, 2> iovecs;
  BOOST_TEST(buffer.gather(iovecs) == 2u);
  BOOST_TEST(iovecs[1].iov_base == static_cast<const void*>(a.bytes.data()));
  BOOST_TEST(a.releases == 0);
  buffer.sent();
  BOOST_TEST(a.releases == 1);
  BOOST_TEST(gathered(&buffer, 9) == "><" + b.bytes + ">");
  buffer.sent();
  BOOST_TEST(a.releases == 1);
  BOOST_TEST(b.releases == 1);
}

BOOST_AUTO_TEST_CASE(clear_releases_what_was_borrowed) {
  BlockPool pool;
  Owner owner{"value"};
  {
    OutputBuffer buffer(&pool);
    buffer.append_borrowed(owner.bytes, owner.lease());
    buffer.clear();
    BOOST_TEST(owner.releases == 1);
    BOOST_TEST(buffer.empty());
    buffer.append_borrowed(owner.bytes, owner.lease());
  }
  BOOST_TEST(owner.releases == 2);
}

BOOST_AUTO_TEST_CASE(only_what_is_before_a_position_leaves) {
  BlockPool pool;
  OutputBuffer buffer(&pool);
  buffer.append("durable");
  const uint64_t position = buffer.produced();
  buffer.append("waiting");
  BOOST_TEST(gathered(&buffer, 4, position) == "durable");
  buffer.sent();
  BOOST_TEST(gathered(&buffer, 4, position) == "");
  buffer.sent();
  BOOST_TEST(gathered(&buffer, 4) == "waiting");
}

BOOST_AUTO_TEST_CASE(what_was_appended_can_be_taken_back) {
  BlockPool pool;
  OutputBuffer buffer(&pool);
  Owner owner{"value"};
  buffer.append("kept");
  gathered(&buffer, 1);
  const uint64_t position = buffer.produced();
  buffer.append("x");
  buffer.append_borrowed(owner.bytes, owner.lease());
  const uint64_t behind = buffer.produced();
  buffer.append(std::string(5000, 'y'));
  buffer.truncate(behind);
  BOOST_TEST(buffer.pending_copy() == "keptxvalue");
  BOOST_TEST(owner.releases == 0);
  buffer.truncate(position);
  BOOST_TEST(owner.releases == 1);
  buffer.append("!");
  BOOST_TEST(buffer.pending_copy() == "kept!");
  buffer.sent();
  BOOST_TEST(buffer.pending_copy() == "!");
}

BOOST_AUTO_TEST_CASE(holes_are_filled_and_closed) {
  BlockPool pool;
  OutputBuffer buffer(&pool);
  buffer.append("a");
  const auto outer = buffer.open_hole(20);
  buffer.append("b");
  const auto inner = buffer.open_hole(20);
  buffer.append(std::string(100000, 'c'));  // Leaves the block of both.
  buffer.fill_hole(inner, "[inner]");
  buffer.append("d");
  buffer.fill_hole(outer, "[outer]");
  const std::string expected = "a[outer]b[inner]" + std::string(100000, 'c') + "d";
  BOOST_TEST((buffer.pending_copy() == expected));
  BOOST_TEST(buffer.produced() == expected.size());
  BOOST_TEST((gathered(&buffer, 100) == expected));
}

BOOST_AUTO_TEST_CASE(random_use_matches_a_string) {
  constexpr uint64_t kSeed = 4711;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  base::Random random(kSeed);
  BlockPool pool;
  for (int round = 0; round < 200; ++round) {
    OutputBuffer buffer(&pool);
    std::vector<std::unique_ptr<Owner>> owners;
    std::string model;  // Everything not sent.
    std::string in_flight;
    for (int step = 0; step < 200; ++step) {
      const std::string bytes(random.below(random.one_in(10) ? 70000 : 50),
                              static_cast<char>('a' + random.below(26)));
      switch (random.below(7)) {
        case 0:
        case 1:
          buffer.append(bytes);
          model += bytes;
          break;
        case 2:
          owners.push_back(std::make_unique<Owner>(Owner{bytes}));
          buffer.append_borrowed(owners.back()->bytes, owners.back()->lease());
          model += bytes;
          break;
        case 3: {
          const auto hole = buffer.open_hole(24);
          const auto inner = buffer.open_hole(9);
          buffer.append(bytes);
          buffer.fill_hole(inner, "0123");
          buffer.fill_hole(hole, bytes.substr(0, random.below(25)));
          buffer.truncate(buffer.produced() - bytes.size());
          const size_t header = buffer.pending_bytes() - model.size() - 4;
          model += bytes.substr(0, header) + "0123";
          break;
        }
        case 4: {
          const uint64_t position = buffer.produced();
          buffer.append(bytes);
          buffer.append_borrowed("borrowed", {});
          buffer.append(bytes);
          buffer.truncate(position);
          break;
        }
        case 5:
          if (!in_flight.empty()) break;
          in_flight = gathered(&buffer, 1 + random.below(5),
                               buffer.produced() - random.below(model.size() + 1));
          BOOST_REQUIRE(model.starts_with(in_flight));
          break;
        case 6:
          buffer.sent();
          model.erase(0, in_flight.size());
          in_flight.clear();
          break;
      }
      BOOST_REQUIRE(buffer.pending_bytes() == model.size());
      if (step % 10 == 0) BOOST_REQUIRE((buffer.pending_copy() == model));
    }
    buffer.clear();
    for (const auto& owner : owners) BOOST_REQUIRE(owner->releases == 1);
  }
}
