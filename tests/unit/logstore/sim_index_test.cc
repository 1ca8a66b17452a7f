// What only the simulated store can be told to do: fail, forget, and pretend not to have cached.

#define BOOST_TEST_MODULE sim_index
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include "iouring/sim_helpers.h"
#include "iouring/sim_loop.h"
#include "logstore/sim_index.h"

using logstore::IndexValue;
using logstore::kNoExpiry;
using logstore::Lookup;
using logstore::LookupState;
using logstore::SimIndex;
using logstore::UnitKey;
using logstore::UnitKind;

namespace {

struct Fixture {
  explicit Fixture(uint32_t not_cached_per_mille = 0)
      : loop(1, &clock),
        helpers(&loop),
        sim(logstore::make_sim_index(1, not_cached_per_mille, {}, &helpers)) {}

  void settle() {
    do {
      sim.index->flush_turn();
      loop.run_until_idle();
    } while (!sim.index->idle());
  }

  base::SimClock clock;
  iouring::SimLoop loop;
  iouring::SimHelpers helpers;
  SimIndex sim;
};

constexpr base::Error kFull{base::ErrorCode::kNoSpace, 28, "test"};

UnitKey key_of(const std::string& key, uint32_t namespace_id = 1) {
  return {namespace_id, 1, UnitKind::kRoot, key};
}

IndexValue value_of(uint32_t payload_bytes, int64_t expire_at_ms = kNoExpiry) {
  IndexValue value;
  value.payload_bytes = payload_bytes;
  value.expire_at_ms = expire_at_ms;
  return value;
}

}  // namespace

BOOST_AUTO_TEST_CASE(writes_that_failed_stay_pending_and_are_sent_again_by_a_retry) {
  Fixture fixture;
  logstore::KeyIndex& index = *fixture.sim.index;
  index.put(key_of("before"), value_of(1));
  fixture.settle();
  fixture.sim.store->fail_writes_with(kFull);
  index.put(key_of("during"), value_of(2));
  index.erase(key_of("before"), kNoExpiry);
  index.put(key_of("other", 2), value_of(1));
  fixture.settle();
  BOOST_TEST(!index.health().ok());
  BOOST_TEST((index.health().error().code == base::ErrorCode::kNoSpace));
  index.put(key_of("after"), value_of(3, 100));
  bool dropped = false;
  index.drop_namespace(2, [&](const base::Status& status) { dropped = status.ok(); });
  fixture.settle();
  BOOST_TEST((index.lookup(key_of("before")).state == LookupState::kAbsent));
  BOOST_TEST((index.lookup(key_of("during")).value == value_of(2)));
  BOOST_TEST((index.lookup(key_of("other", 2)).state == LookupState::kAbsent));
  BOOST_TEST(fixture.sim.store->unit_count() == 1u);

  bool recovered = true;
  index.retry([&](const base::Status& status) { recovered = status.ok(); });
  fixture.settle();
  BOOST_TEST(!recovered);
  fixture.sim.store->fail_writes_with(base::ok_status());
  index.retry([&](const base::Status& status) { recovered = status.ok(); });
  fixture.settle();
  BOOST_TEST(recovered);
  BOOST_TEST(dropped);
  BOOST_TEST(index.health().ok());
  BOOST_TEST(index.overlay_bytes() == 0u);
  BOOST_TEST(fixture.sim.store->unit_count() == 2u);
  BOOST_TEST(fixture.sim.store->row_count() == 1u);
}

BOOST_AUTO_TEST_CASE(
    a_read_that_failed_is_an_error_to_that_lookup_and_pending_writes_still_answer) {
  Fixture fixture(1000);
  logstore::KeyIndex& index = *fixture.sim.index;
  index.put(key_of("stored"), value_of(1));
  fixture.settle();
  fixture.sim.store->fail_reads_with(base::Error{base::ErrorCode::kCorrupt, 0, "test"});
  BOOST_TEST((index.lookup(key_of("stored")).state == LookupState::kNotCached));
  Lookup stored;
  Lookup pending;
  index.lookup_async(key_of("stored"), [&](const Lookup& found) { stored = found; });
  index.lookup_async(key_of("pending"), [&](const Lookup& found) { pending = found; });
  index.flush_turn();
  index.put(key_of("pending"), value_of(2));
  fixture.settle();
  BOOST_TEST((stored.state == LookupState::kError));
  BOOST_TEST((pending.value == value_of(2)));
  BOOST_TEST((index.health().error().code == base::ErrorCode::kCorrupt));
}

BOOST_AUTO_TEST_CASE(a_destroyed_store_has_lost_what_was_applied_and_can_be_filled_again) {
  Fixture fixture;
  logstore::KeyIndex& index = *fixture.sim.index;
  for (int i = 0; i < 100; ++i) index.put(key_of(std::to_string(i)), value_of(1, 5));
  fixture.settle();
  fixture.sim.store->destroy();
  BOOST_TEST((index.lookup(key_of("1")).state == LookupState::kAbsent));
  BOOST_TEST(fixture.sim.store->row_count() == 0u);
  for (int i = 0; i < 100; ++i) index.put(key_of(std::to_string(i)), value_of(2, 5));
  fixture.settle();
  BOOST_TEST((index.lookup(key_of("1")).value == value_of(2, 5)));
  BOOST_TEST(fixture.sim.store->unit_count() == 100u);
}

BOOST_AUTO_TEST_CASE(no_row_is_left_of_keys_that_were_erased_with_their_expiry) {
  Fixture fixture;
  logstore::KeyIndex& index = *fixture.sim.index;
  for (int i = 0; i < 100; ++i) index.put(key_of(std::to_string(i)), value_of(1, i));
  fixture.settle();
  BOOST_TEST(fixture.sim.store->row_count() == 100u);
  for (int i = 0; i < 100; ++i) index.erase(key_of(std::to_string(i)), i);
  fixture.settle();
  BOOST_TEST(fixture.sim.store->row_count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_cache_that_knows_nothing_is_seldom_asked) {
  Fixture fixture(1000);
  logstore::KeyIndex& index = *fixture.sim.index;
  index.put(key_of("a"), value_of(1));
  fixture.settle();
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST((index.lookup(key_of("a")).state == LookupState::kNotCached));
  fixture.sim.store->set_not_cached_per_mille(0);
  int found = 0;
  for (int i = 0; i < 1000; ++i) found += index.lookup(key_of("a")).state == LookupState::kFound;
  BOOST_TEST(found > 500);
  BOOST_TEST(found < 1000);
}

BOOST_AUTO_TEST_CASE(a_turn_s_lookups_go_out_sorted_and_in_parts) {
  Fixture fixture;
  logstore::KeyIndex& index = *fixture.sim.index;
  int answers = 0;
  for (int i = 100; i > 0; --i)
    index.lookup_async(key_of(std::to_string(i)), [&](const Lookup&) { ++answers; });
  fixture.settle();
  BOOST_TEST(answers == 100);
  BOOST_TEST(index.statistics().read_lookups == 100u);
  BOOST_TEST(index.statistics().read_batches == logstore::KeyIndexLimits{}.read_parts_max);
}
