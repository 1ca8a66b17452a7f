#define BOOST_TEST_MODULE engine_fetch_table
#include "engine/fetch_table.h"

#include <boost/test/unit_test.hpp>

#include "engine/session.h"
#include "resp/block_pool.h"

namespace engine {
namespace {

struct Waiter final : CommandSource {
  Waiter() : output(&blocks), session(1, this, &output) {}
  void on_runnable() override {}
  resp::BlockPool blocks;
  resp::OutputBuffer output;
  Session session;
};

const Key kKey{"key", 7};

// A slot whose answer has come, so that it may be closed.
FetchId open_answered(FetchTable& table, NamespaceId namespace_id, const Key& key) {
  const FetchId id = table.open(namespace_id, key);
  table.get(id)->stage = FetchStage::kArrived;
  return id;
}

BOOST_AUTO_TEST_CASE(all_who_need_a_key_find_one_slot) {
  FetchTable table;
  const FetchId id = table.open(1, kKey);
  FetchId found;
  BOOST_TEST(table.find(1, kKey, &found) == table.get(id));
  BOOST_TEST((found == id));
  BOOST_TEST(table.find(2, kKey, &found) == nullptr);
  BOOST_TEST(table.find(1, Key{"other", 7}, &found) == nullptr);
}

BOOST_AUTO_TEST_CASE(keys_of_one_hash_have_slots_of_their_own) {
  FetchTable table;
  const FetchId one = table.open(1, kKey);
  const FetchId other = table.open(1, Key{"other", 7});
  BOOST_TEST(!(one == other));
  FetchId found;
  BOOST_REQUIRE(table.find(1, Key{"other", 7}, &found) != nullptr);
  BOOST_TEST((found == other));
}

BOOST_AUTO_TEST_CASE(a_slot_lives_until_its_last_hold_is_given_back) {
  FetchTable table;
  Waiter first;
  Waiter second;
  const FetchId id = open_answered(table, 1, kKey);
  table.hold(id, &first.session);
  table.hold(id, &second.session);
  table.hold(id, &second.session);
  BOOST_TEST(!table.release(id, &second.session));
  BOOST_TEST(!table.release(id, &first.session));
  BOOST_TEST(table.release(id, &second.session));
  table.close(id);
  BOOST_TEST(table.empty());
}

BOOST_AUTO_TEST_CASE(a_change_of_the_key_makes_its_slot_stale_and_the_next_need_opens_another) {
  FetchTable table;
  const FetchId old = table.open(1, kKey);
  table.invalidate(1, 7, "key");
  BOOST_TEST(table.get(old)->stale);
  BOOST_TEST(table.stale_count() == 1u);
  FetchId found;
  BOOST_TEST(table.find(1, kKey, &found) == nullptr);
  const FetchId fresh = table.open(1, kKey);
  BOOST_TEST(!table.get(fresh)->stale);
  // Closing the stale one leaves the other where it is.
  table.get(old)->stage = FetchStage::kAbsent;
  table.close(old);
  BOOST_TEST(table.find(1, kKey, &found) == table.get(fresh));
}

BOOST_AUTO_TEST_CASE(a_change_of_another_key_of_the_same_hash_changes_nothing) {
  FetchTable table;
  const FetchId id = table.open(1, kKey);
  table.invalidate(1, 7, "other");
  table.invalidate(2, 7, "key");
  BOOST_TEST(!table.get(id)->stale);
}

BOOST_AUTO_TEST_CASE(dropping_a_namespace_makes_its_slots_stale_and_no_others) {
  FetchTable table;
  const FetchId gone = table.open(1, kKey);
  const FetchId gone_too = table.open(1, Key{"other", 9});
  const FetchId stays = table.open(2, kKey);
  table.invalidate_namespace(1);
  BOOST_TEST(table.get(gone)->stale);
  BOOST_TEST(table.get(gone_too)->stale);
  BOOST_TEST(!table.get(stays)->stale);
  BOOST_TEST(table.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_id_of_a_closed_slot_names_nothing_even_when_its_place_is_used_again) {
  FetchTable table;
  const FetchId old = open_answered(table, 1, kKey);
  table.close(old);
  BOOST_TEST(table.get(old) == nullptr);
  const FetchId fresh = table.open(1, Key{"other", 9});
  BOOST_TEST(fresh.index == old.index);
  BOOST_TEST(table.get(old) == nullptr);
  BOOST_TEST(table.get(fresh)->key == "other");
}

}  // namespace
}  // namespace engine
