#define BOOST_TEST_MODULE page_table
#include "engine/page_table.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "base/random.h"

using namespace engine;

namespace {

logstore::RecordRef ref(uint32_t number) { return {number / 1000, number % 1000, 64}; }
logstore::Location place(uint32_t number) { return {ref(number), number * 64}; }

// A value whose pages lie at `first`, `first` + 1 and so on, and its root at `first` + 100.
uint64_t add(PageTable& table, NamespaceId id, uint32_t first, uint32_t pages) {
  const uint64_t value = table.add(id, 7, pages);
  for (uint32_t i = 0; i < pages; ++i) table.set_page(value, i, place(first + i));
  table.set_root(value, ref(first + 100));
  return value;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_value_knows_its_pages_and_its_root) {
  PageTable table;
  const uint64_t value = table.add(3, 77, 2);
  const uint64_t other = table.add(3, 78, 1);
  BOOST_TEST(value != other);
  BOOST_TEST(table.size() == 2u);
  BOOST_TEST(table.find(value)->namespace_id == 3u);
  BOOST_TEST(table.find(value)->hash == 77u);
  BOOST_TEST(table.find(value)->root == 0u);
  BOOST_TEST(table.find(value)->pages.size() == 2u);
  BOOST_TEST(table.find(value)->pages[1].ref.bytes == 0u);
  table.set_page(value, 1, place(5));
  table.set_root(value, ref(9));
  BOOST_TEST((table.find(value)->pages[1] == place(5)));
  BOOST_TEST(table.find(value)->root == ref(9).pack());
  BOOST_TEST(table.find(other)->pages[0].ref.bytes == 0u);
  BOOST_TEST(table.find(100) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_root_is_moved_and_taken_once) {
  PageTable table;
  const uint64_t value = add(table, 1, 10, 1);
  table.move_root(ref(110), ref(500));
  BOOST_TEST(table.find(value)->root == ref(500).pack());
  BOOST_TEST(table.take_root(ref(500)) == value);
  BOOST_TEST(table.find(value)->root == 0u);
  table.set_root(value, ref(110));
  BOOST_TEST(table.take_root(ref(110)) == value);
}

BOOST_AUTO_TEST_CASE(pages_are_given_up_from_the_last_to_the_first) {
  PageTable table;
  const uint64_t value = add(table, 1, 10, 3);
  logstore::Location location;
  for (const uint32_t expected : {12u, 11u, 10u}) {
    BOOST_TEST(table.pop_page(value, &location));
    BOOST_TEST((location == place(expected)));
  }
  BOOST_TEST(!table.pop_page(value, &location));
  table.erase(value);
  BOOST_TEST(table.find(value) == nullptr);
  BOOST_TEST(table.size() == 0u);
}

BOOST_AUTO_TEST_CASE(ids_are_never_used_again) {
  PageTable table;
  const uint64_t first = table.add(1, 1, 1);
  table.erase(first);
  const uint64_t second = table.add(1, 1, 1);
  BOOST_TEST(second != first);
  BOOST_TEST(table.find(first) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_dropped_namespace_is_gone_at_once_and_freed_in_steps) {
  PageTable table;
  std::vector<uint64_t> dropped;
  for (uint32_t i = 0; i < 10; ++i) dropped.push_back(add(table, 1, i * 1000, 2));
  const uint64_t kept = add(table, 2, 50'000, 2);
  // From the middle and the ends, so that what links the others has changed.
  for (const size_t at : {0u, 4u, 9u}) table.erase(dropped[at]);
  BOOST_TEST(table.size() == 8u);
  table.drop_namespace(1);
  table.drop_namespace(3);
  for (const uint64_t value : dropped) BOOST_TEST(table.find(value) == nullptr);
  BOOST_TEST(table.find(kept) != nullptr);
  BOOST_TEST(table.size() == 8u);
  BOOST_TEST(table.free_step(3));
  BOOST_TEST(table.size() == 5u);
  BOOST_TEST(table.free_step(3));
  BOOST_TEST(!table.free_step(3));
  BOOST_TEST(table.size() == 1u);
  BOOST_TEST(table.find(kept)->pages.size() == 2u);
  BOOST_TEST(table.take_root(ref(50'100)) == kept);
}

BOOST_AUTO_TEST_CASE(the_place_of_a_dropped_root_may_be_written_again_before_it_is_freed) {
  PageTable table;
  add(table, 1, 10, 1);
  table.drop_namespace(1);
  const uint64_t later = table.add(2, 1, 1);
  table.set_root(later, ref(110));
  BOOST_TEST(!table.free_step(100));
  BOOST_TEST(table.size() == 1u);
  BOOST_TEST(table.take_root(ref(110)) == later);
}

BOOST_AUTO_TEST_CASE(a_freeze_keeps_the_pages_of_values_that_change_move_or_go) {
  PageTable table;
  const uint64_t moved = add(table, 1, 10, 2);
  const uint64_t popped = add(table, 1, 20, 2);
  const uint64_t erased = add(table, 1, 30, 2);
  const uint64_t dropped = add(table, 2, 40, 2);
  const uint64_t untouched = add(table, 3, 50, 2);
  table.freeze();
  table.set_page(moved, 0, place(700));
  table.set_page(moved, 0, place(701));
  logstore::Location location;
  table.pop_page(popped, &location);
  table.pop_page(popped, &location);
  table.take_root(ref(130));
  table.erase(erased);
  table.drop_namespace(2);
  const auto expect_frozen = [&](uint64_t value, uint32_t first) {
    const PageTable::Pages* const pages = table.frozen_pages(value);
    BOOST_REQUIRE(pages != nullptr);
    BOOST_REQUIRE_EQUAL(pages->size(), 2u);
    BOOST_TEST(((*pages)[0] == place(first)));
    BOOST_TEST(((*pages)[1] == place(first + 1)));
  };
  const auto expect_all = [&] {
    expect_frozen(moved, 10);
    expect_frozen(popped, 20);
    expect_frozen(erased, 30);
    expect_frozen(dropped, 40);
    expect_frozen(untouched, 50);
  };
  expect_all();
  table.free_step(100);
  expect_all();
  BOOST_TEST((table.find(moved)->pages[0] == place(701)));
  BOOST_TEST(table.find(popped)->pages.empty());
  BOOST_TEST(table.find(erased) == nullptr);

  table.unfreeze();
  while (table.free_step(1)) {
  }
  BOOST_TEST(table.frozen_pages(erased) == nullptr);
  BOOST_TEST((table.frozen_pages(moved)->at(0) == place(701)));
  // The next freeze has what there is now.
  table.freeze();
  table.set_page(moved, 0, place(702));
  BOOST_TEST((table.frozen_pages(moved)->at(0) == place(701)));
  table.unfreeze();
}

BOOST_AUTO_TEST_CASE(random_changes_agree_with_a_plain_map) {
  PageTable table;
  struct Expected {
    NamespaceId id;
    std::vector<uint32_t> pages;
  };
  std::map<uint64_t, Expected> model;
  std::map<uint64_t, Expected> frozen;
  bool is_frozen = false;
  base::Random random(11);
  NamespaceId next_namespace = 4;
  std::vector<NamespaceId> namespaces = {1, 2, 3};
  const auto any = [&] {
    auto at = model.begin();
    std::advance(at, static_cast<ptrdiff_t>(random.below(model.size())));
    return at;
  };
  for (uint32_t step = 1; step < 20'000; ++step) {
    const uint64_t choice = random.below(100);
    if (model.empty() || choice < 40) {
      const NamespaceId id = namespaces[random.below(namespaces.size())];
      const uint64_t value = table.add(id, step, 1 + random.below(3));
      Expected expected{id, std::vector<uint32_t>(table.find(value)->pages.size())};
      model.emplace(value, std::move(expected));
    } else if (choice < 65) {
      const auto at = any();
      if (at->second.pages.empty()) continue;
      const size_t page = random.below(at->second.pages.size());
      table.set_page(at->first, page, place(step));
      at->second.pages[page] = step;
    } else if (choice < 80) {
      const auto at = any();
      logstore::Location location;
      BOOST_REQUIRE(table.pop_page(at->first, &location) == !at->second.pages.empty());
      if (!at->second.pages.empty()) at->second.pages.pop_back();
    } else if (choice < 97) {
      const auto at = any();
      table.erase(at->first);
      model.erase(at);
    } else if (choice == 97) {
      const size_t which = random.below(namespaces.size());
      table.drop_namespace(namespaces[which]);
      std::erase_if(model, [&](const auto& row) { return row.second.id == namespaces[which]; });
      namespaces[which] = next_namespace++;
    } else if (choice == 98) {
      is_frozen ? table.unfreeze() : table.freeze();
      is_frozen = !is_frozen;
      frozen = is_frozen ? model : std::map<uint64_t, Expected>();
    } else {
      table.free_step(random.below(20));
    }
    if (step % 50 != 0) continue;
    const auto agree = [&](const PageTable::Pages* pages, const Expected& expected) {
      BOOST_REQUIRE(pages != nullptr);
      BOOST_REQUIRE_EQUAL(pages->size(), expected.pages.size());
      for (size_t i = 0; i < pages->size(); ++i)
        if (expected.pages[i] != 0) BOOST_REQUIRE(((*pages)[i] == place(expected.pages[i])));
    };
    for (const auto& [value, expected] : model) agree(&table.find(value)->pages, expected);
    for (const auto& [value, expected] : frozen) agree(table.frozen_pages(value), expected);
  }
  if (is_frozen) table.unfreeze();
  while (table.free_step(10)) {
  }
  BOOST_TEST(table.size() == model.size());
}
