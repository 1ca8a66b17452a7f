#define BOOST_TEST_MODULE block_pool
#include "resp/block_pool.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <vector>

#include "base/memory.h"

using namespace resp;

namespace {

uint64_t counted() { return base::memory_used(base::MemoryUse::kClients); }

}  // namespace

BOOST_AUTO_TEST_CASE(blocks_are_powers_of_two_from_a_least_size_on) {
  BOOST_TEST(BlockPool::block_bytes(0) == BlockPool::kBlockBytesMin);
  BOOST_TEST(BlockPool::block_bytes(1024) == 1024u);
  BOOST_TEST(BlockPool::block_bytes(1025) == 2048u);
  BOOST_TEST(BlockPool::block_bytes(65'536) == 65'536u);
  BOOST_TEST(BlockPool::block_bytes(65'537) == 131'072u);
}

BOOST_AUTO_TEST_CASE(the_last_returned_block_of_a_size_is_the_first_handed_out) {
  BlockPool pool;
  char* const first = pool.take(1024);
  char* const second = pool.take(1024);
  char* const larger = pool.take(2048);
  std::memset(first, 1, 1024);
  std::memset(second, 2, 1024);
  std::memset(larger, 3, 2048);
  pool.give(first, 1024);
  pool.give(larger, 2048);
  pool.give(second, 1024);
  BOOST_TEST(static_cast<void*>(pool.take(1024)) == second);
  BOOST_TEST(static_cast<void*>(pool.take(2048)) == larger);
  BOOST_TEST(static_cast<void*>(pool.take(1024)) == first);
  for (char* const block : {first, second}) pool.give(block, 1024);
  pool.give(larger, 2048);
}

BOOST_AUTO_TEST_CASE(a_size_keeps_so_many_spare_blocks_and_gives_the_others_back) {
  for (const size_t bytes : {size_t{1024}, size_t{4096}, BlockPool::kPooledBytesMax}) {
    BlockPool pool;
    const uint64_t before = counted();
    const size_t kept = BlockPool::kSpareBytesMax / bytes;
    std::vector<char*> blocks;
    for (size_t i = 0; i < kept + 3; ++i) blocks.push_back(pool.take(bytes));
    const uint64_t each = (counted() - before) / blocks.size();
    BOOST_TEST(each >= bytes);
    for (char* const block : blocks) pool.give(block, bytes);
    BOOST_TEST(counted() - before == kept * each);
    pool.release_spare();
    BOOST_TEST(counted() == before);
    pool.give(pool.take(bytes), bytes);
    BOOST_TEST(counted() == before + each);
  }
}

BOOST_AUTO_TEST_CASE(large_blocks_are_never_kept) {
  BlockPool pool;
  const uint64_t before = counted();
  char* const block = pool.take(2 * BlockPool::kPooledBytesMax);
  std::memset(block, 1, 2 * BlockPool::kPooledBytesMax);
  BOOST_TEST(counted() >= before + 2 * BlockPool::kPooledBytesMax);
  pool.give(block, 2 * BlockPool::kPooledBytesMax);
  BOOST_TEST(counted() == before);
}

BOOST_AUTO_TEST_CASE(a_pool_that_goes_leaves_nothing_counted) {
  const uint64_t before = counted();
  {
    BlockPool pool;
    for (const size_t bytes : {1024u, 2048u, 65'536u}) pool.give(pool.take(bytes), bytes);
    BOOST_TEST(counted() > before);
  }
  BOOST_TEST(counted() == before);
}
