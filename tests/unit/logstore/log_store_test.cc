#define BOOST_TEST_MODULE logstore_log_store
#include "logstore/log_store.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/logstore/model.h"

namespace logstore {
namespace {

// Reads the whole view and compares it with what was clean at its moment.
void check_view(World& world, const FrozenView& view, Model::Units expected) {
  base::Random& random = world.machine.random;
  for (const FrozenLiveMap::Segment& segment : view.live().segments()) {
    ScanOptions options;
    options.mode = static_cast<ScanMode>(random.below(3));
    options.bytes_in_flight_max = base::kIoBytesMax * (1 + random.below(3));
    options.operations_max = static_cast<uint32_t>(1 + random.below(3));
    const auto reader = view.scan(segment.id, options);
    for (;;) {
      const ScanItem item = reader->next([] {});
      if (item.kind == ScanItem::Kind::kEnd) break;
      if (item.kind == ScanItem::Kind::kWait) {
        world.turn();
        continue;
      }
      BOOST_REQUIRE((item.kind == ScanItem::Kind::kRecord));
      const UnitFields& fields = item.record.fields;
      if (view.live().dropped().contains(fields.namespace_id)) continue;
      const auto at = expected.find({fields.namespace_id, std::string(fields.key)});
      BOOST_REQUIRE(at != expected.end());
      BOOST_REQUIRE(base::as_text(item.record.payload) == at->second.value);
      BOOST_REQUIRE(fields.expire_at_ms == at->second.expire_at_ms);
      BOOST_REQUIRE((item.location == at->second.location));
      expected.erase(at);
    }
  }
  BOOST_REQUIRE(expected.empty());
}

// The databases of a model: namespaces behind three numbers, dropped now and then.
struct Databases {
  Model::Key random_key(base::Random& random, uint32_t keys) const {
    return {namespace_of[random.below(3)], std::to_string(random.below(keys))};
  }
  void flush(World& world, size_t database) {
    world.model.drop(namespace_of[database]);
    namespace_of[database] = next++;
  }
  uint32_t namespace_of[3] = {0, 1, 2};
  uint32_t next = 3;
};

void random_operation(World& world, const Databases& databases) {
  base::Random& random = world.machine.random;
  const Model::Key key = databases.random_key(random, 400);
  const uint64_t choice = random.below(100);
  if (choice < 60) {
    (void)world.model.put(key, world.random_value());
  } else if (choice < 75) {
    world.model.erase(key);
  } else {
    world.model.read(key);
  }
  if (random.one_in(2)) world.turn();
}

BOOST_AUTO_TEST_CASE(random_operations_with_compaction_and_freezes_agree_with_a_plain_map) {
  uint64_t relocations = 0;
  uint64_t views = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world(seed);
      base::Random& random = world.machine.random;
      Databases databases;
      for (int step = 0; step < 4000; ++step) {
        random_operation(world, databases);
        if (random.one_in(1500)) databases.flush(world, random.below(3));
        if (step % 500 == 0)
          BOOST_REQUIRE_EQUAL(world.store->statistics().live_bytes, world.model.live().bytes);
        if (!random.one_in(700)) continue;
        const Model::Units expected = world.model.clean_units();
        const auto view = world.store->freeze();
        for (int i = 0; i < 300; ++i) random_operation(world, databases);
        check_view(world, *view, expected);
        ++views;
      }
      world.until([&] { return world.model.pending() == 0; });
      world.turns(2000);
      const LogStoreStatistics figures = world.store->statistics();
      BOOST_TEST(figures.live_bytes == world.model.live().bytes);
      BOOST_TEST(figures.live_records == world.model.live().records);
      BOOST_TEST(figures.corrupt_records == 0u);
      BOOST_TEST(figures.pinned_segments == 0u);
      BOOST_TEST(world.model.failed_appends() == 0u);
      BOOST_TEST(world.model.read_errors() == 0u);
      const uint64_t reads = world.model.reads();
      const Model::Units clean = world.model.clean_units();
      for (const auto& [key, unit] : clean) world.model.read(key);
      world.until([&] { return world.model.reads() == reads + clean.size(); });
      relocations += world.model.relocations();
    }
  }
  BOOST_TEST(relocations > 1000u);
  BOOST_TEST(views > 20u);
}

BOOST_AUTO_TEST_CASE(failing_operations_lose_no_clean_unit_and_stop_nothing_for_good) {
  uint64_t failed_appends = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world(seed);
      base::Random& random = world.machine.random;
      const Databases databases;
      for (int step = 0; step < 4000; ++step) {
        random_operation(world, databases);
        if (!random.one_in(100)) continue;
        const iouring::SimOperation kinds[] = {
            iouring::SimOperation::kRead, iouring::SimOperation::kWrite,
            iouring::SimOperation::kSync, iouring::SimOperation::kAllocate,
            iouring::SimOperation::kOpen, iouring::SimOperation::kUnlink};
        world.machine.disk.fail(kinds[random.below(6)], 1 + random.below(5),
                                random.one_in(2) ? -EIO : -ENOSPC, random.one_in(2));
      }
      world.until([&] { return world.model.pending() == 0; });
      failed_appends += world.model.failed_appends();
      // The faults drawn last may lie ahead still.
      for (int i = 0; i < 100; ++i) {
        (void)world.model.put({0, "last"}, "value");
        world.turns(20);
      }
      BOOST_TEST(world.store->statistics().live_bytes == world.model.live().bytes);
      const uint64_t corrupt = world.store->statistics().corrupt_records;
      for (const auto& [key, unit] : world.model.clean_units()) {
        const uint64_t reads = world.model.reads();
        for (int attempt = 0; attempt < 6 && world.model.reads() == reads; ++attempt) {
          const uint64_t answered = reads + world.model.read_errors();
          world.model.read(key);
          world.until([&] { return world.model.reads() + world.model.read_errors() > answered; });
        }
        BOOST_REQUIRE(world.model.reads() > reads);
      }
      BOOST_TEST(world.store->statistics().corrupt_records == corrupt);
      BOOST_TEST(corrupt == 0u);
    }
  }
  BOOST_TEST(failed_appends > 20u);
}

BOOST_AUTO_TEST_CASE(the_append_state_names_why_and_the_owner_is_woken) {
  LogStoreOptions options = World::small_options();
  options.bytes_max = 6 * kSegmentBytesMin;
  World world(1, options);
  BOOST_TEST((world.store->append_state(Stream::kDemotion) == AppendState::kBusy));
  int woken = 0;
  world.store->set_on_writable(Stream::kDemotion, [&] { ++woken; });
  world.until([&] { return woken == 1; });
  BOOST_TEST((world.store->append_state(Stream::kDemotion) == AppendState::kReady));
  UnitFields fields;
  fields.key = "key";
  const auto append_small = [&] {
    return world.store->append(Stream::kDemotion, fields, {}, [](base::Result<Location>) {});
  };
  base::Result<Location> appended = append_small();
  for (uint32_t i = 0; appended.ok() || appended.error().code == base::ErrorCode::kBusy; ++i) {
    (void)world.model.put({0, std::to_string(i)}, std::string(20'000, 'v'));
    world.turn();
    BOOST_REQUIRE_LT(i, 10'000u);
    appended = append_small();
  }
  BOOST_TEST((appended.error().code == base::ErrorCode::kNoSpace));
  BOOST_TEST((world.store->append_state(Stream::kDemotion) == AppendState::kFull));
  world.until([&] { return world.model.pending() == 0; });
  const int woken_before = woken;
  for (const auto& [key, unit] : world.model.clean_units()) world.model.erase(key);
  world.until([&] { return woken > woken_before; });
  BOOST_TEST((world.store->append_state(Stream::kDemotion) == AppendState::kReady));
}

BOOST_AUTO_TEST_CASE(a_record_larger_than_a_unit_is_refused) {
  World world(1);
  UnitFields fields;
  fields.key = "key";
  const std::string large(base::kUnitBytesMax, 'v');
  const base::ByteSpan parts[] = {base::as_bytes(large)};
  const auto refused =
      world.store->append(Stream::kDemotion, fields, parts, [](base::Result<Location>) {});
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == base::ErrorCode::kInvalid));
}

BOOST_AUTO_TEST_CASE(a_record_in_a_write_buffer_is_read_from_it) {
  World world(1);
  world.until([&] { return world.store->append_state(Stream::kDemotion) == AppendState::kReady; });
  UnitFields fields;
  fields.key = "key";
  const base::ByteSpan parts[] = {base::as_bytes("value")};
  bool written = false;
  const auto location = world.store->append(Stream::kDemotion, fields, parts,
                                            [&](base::Result<Location>) { written = true; });
  BOOST_REQUIRE(location.ok());
  bool read = false;
  world.store->read(*location, {0, 0, UnitKind::kRoot, "key"}, iouring::IoClass::kSnapshot,
                    [&](const base::Result<RecordView>& view) {
                      read = true;
                      BOOST_TEST(!written);
                      BOOST_REQUIRE(view.ok());
                      BOOST_TEST(base::as_text(view->payload) == "value");
                    });
  world.until([&] { return read && written; });
  BOOST_TEST(world.store->statistics().reads == 0u);
}

BOOST_AUTO_TEST_CASE(pre_images_are_read_back_and_their_space_returns_with_the_view) {
  World world(1);
  auto view = world.store->freeze();
  std::vector<Written> images;
  int read = 0;
  for (int i = 0; i < 100; ++i) {
    world.until(
        [&] { return world.store->append_state(Stream::kPreImage) == AppendState::kReady; });
    Written image{"key" + std::to_string(i), std::string(10'000, static_cast<char>(i)), {}};
    UnitFields fields;
    fields.namespace_id = 1;
    fields.hash64 = image.key.size();
    fields.key = image.key;
    const base::ByteSpan parts[] = {base::as_bytes(image.value)};
    const auto location =
        world.store->append(Stream::kPreImage, fields, parts, [](base::Result<Location>) {});
    BOOST_REQUIRE(location.ok());
    image.location = *location;
    images.push_back(image);
  }
  for (const Written& image : images)
    world.store->read(image.location, image.unit(), iouring::IoClass::kSnapshot,
                      [&](const base::Result<RecordView>& record) {
                        BOOST_REQUIRE(record.ok());
                        ++read;
                      });
  world.until([&] { return read == 100; });
  BOOST_TEST(world.store->statistics().pinned_segments >= 2u);
  view.reset();
  world.until([&] { return world.store->statistics().segments == 0; });
}

BOOST_AUTO_TEST_CASE(a_view_pins_what_it_shows_while_everything_is_overwritten) {
  LogStoreOptions options = World::small_options();
  options.bytes_max = 64u << 20;
  World world(3, options);
  for (int i = 0; i < 300; ++i) world.put({0, std::to_string(i)}, std::string(5000, 'a'));
  world.until([&] { return world.model.pending() == 0; });
  const Model::Units expected = world.model.clean_units();
  auto view = world.store->freeze();
  for (int round = 0; round < 5; ++round)
    for (int i = 0; i < 300; ++i) world.put({0, std::to_string(i)}, std::string(5000, 'b'));
  world.model.drop(0);
  world.turns(500);
  BOOST_TEST(world.store->statistics().pinned_segments >= 3u);
  check_view(world, *view, expected);
  view.reset();
  BOOST_TEST(world.store->statistics().pinned_segments == 0u);
  // The active segments of two streams.
  world.until([&] { return world.store->statistics().segments <= 2; });
}

BOOST_AUTO_TEST_CASE(a_store_opens_again_after_a_crash_and_begins_empty) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Machine machine(seed);
    LogStore::OpenFailure failure;
    const Environment environment{
        .disk = &machine.disk, .loop = &machine.loop, .random = &machine.random};
    for (int round = 0; round < 3; ++round) {
      auto opened = LogStore::open(kTier, World::small_options(), environment, &failure);
      BOOST_REQUIRE(opened.ok());
      std::unique_ptr<LogStore> store = std::move(opened).value();
      BOOST_TEST(store->statistics().live_records == 0u);
      BOOST_TEST(store->statistics().disk_bytes <= 2 * kSegmentBytesMin);
      machine.until([&] { return store->append_state(Stream::kDemotion) == AppendState::kReady; });
      UnitFields fields;
      fields.key = "key";
      for (int i = 0; i < 20; ++i) {
        (void)store->append(Stream::kDemotion, fields, {}, [](base::Result<Location>) {});
        machine.turn();
      }
      store->stop();
      machine.until([&] { return store->is_idle(); });
      store.reset();
      machine.loop.drop_all();
      machine.disk.crash(seed);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_run) {
  const auto run = [](uint64_t seed) {
    World world(seed);
    const Databases databases;
    for (int step = 0; step < 1000; ++step) random_operation(world, databases);
    return world.machine.loop.trace_hash();
  };
  BOOST_TEST(run(7) == run(7));
  BOOST_TEST(run(7) != run(8));
}

}  // namespace
}  // namespace logstore
