// The log store on the kernel's ring and a real file system: what the simulation takes for granted.

#define BOOST_TEST_MODULE logstore_log_store_uring
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "iouring/io_schedule.h"
#include "iouring/thread_helpers.h"
#include "iouring/uring_disk.h"
#include "iouring/uring_loop.h"
#include "logstore/log_store.h"

namespace logstore {
namespace {

constexpr uint64_t kWaitNs = 1'000'000'000;

struct Ring {
  Ring() {
    loop = std::move(iouring::UringLoop::create(&clock, {})).value();
    helpers = std::make_unique<iouring::ThreadHelpers>(loop.get(), iouring::ThreadHelpersOptions{});
    disk = std::make_unique<iouring::UringDisk>(loop.get(), helpers.get(),
                                                iouring::UringDiskOptions{});
    schedule = std::make_unique<iouring::IoSchedule>(loop.get(), disk.get());
    // /var/tmp: a real file system, for O_DIRECT, where /tmp may be a tmpfs.
    char name[] = "/var/tmp/basalt-tier-XXXXXX";
    BOOST_REQUIRE(mkdtemp(name) != nullptr);
    directory = name;
  }
  ~Ring() {
    for (int i = 0; i < 20; ++i) loop->turn(0);
    schedule.reset();
    disk.reset();
    std::filesystem::remove_all(directory);
  }
  base::Result<std::unique_ptr<LogStore>> open(LogStore::OpenFailure* failure) {
    LogStoreOptions options;
    options.bytes_max = 16 * base::kSegmentBytes;
    return LogStore::open(directory + "/tier", options,
                          {.disk = schedule.get(), .loop = loop.get(), .random = &random}, failure);
  }
  template <class Condition>
  void until(LogStore& store, Condition condition) {
    while (!condition()) {
      loop->turn(store.compact_step(100'000) ? 0 : 1'000'000);
    }
  }
  void close(std::unique_ptr<LogStore> store) {
    store->stop();
    while (!store->is_idle()) loop->turn(kWaitNs);
  }

  base::SystemClock clock;
  base::Random random{1};
  std::unique_ptr<iouring::UringLoop> loop;
  std::unique_ptr<iouring::ThreadHelpers> helpers;
  std::unique_ptr<iouring::UringDisk> disk;
  std::unique_ptr<iouring::IoSchedule> schedule;
  std::string directory;
};

std::string value_of(uint64_t number) {
  return std::string(5000 + number % 3000, static_cast<char>('a' + number % 26));
}

BOOST_AUTO_TEST_CASE(records_are_written_read_back_and_compacted_on_a_real_disk) {
  Ring ring;
  LogStore::OpenFailure failure;
  auto opened = ring.open(&failure);
  BOOST_REQUIRE(opened.ok());
  std::unique_ptr<LogStore> store = std::move(opened).value();
  constexpr uint64_t kRecords = 30'000;  // About 200 MB: three segments.
  std::vector<Location> locations(kRecords);
  store->set_on_relocated([&](const Relocation& moved) {
    BOOST_REQUIRE((locations[moved.unit.hash64] == moved.from));
    locations[moved.unit.hash64] = moved.to;
  });
  uint64_t written = 0;
  for (uint64_t i = 0; i < kRecords; ++i) {
    const std::string key = "key" + std::to_string(i);
    const std::string value = value_of(i);
    UnitFields fields;
    fields.hash64 = i;
    fields.key = key;
    const base::ByteSpan parts[] = {base::as_bytes(value)};
    ring.until(*store, [&] {
      return store
          ->append(Stream::kDemotion, fields, parts,
                   [&, i](base::Result<Location> at) {
                     BOOST_REQUIRE(at.ok());
                     locations[i] = *at;
                     store->mark_live(at->ref, 0);
                     ++written;
                   })
          .ok();
    });
  }
  ring.until(*store, [&] { return written == kRecords; });
  for (uint64_t i = 0; i < kRecords; ++i)
    if (i % 3 != 0) store->mark_dead(locations[i].ref, 0);
  ring.until(*store,
             [&] { return store->statistics().compactions >= 2 && !store->is_compacting(); });
  BOOST_TEST(store->statistics().relocated_records > kRecords / 6);
  uint64_t read = 0;
  for (uint64_t i = 0; i < kRecords; i += 3) {
    const std::string key = "key" + std::to_string(i);
    store->read(locations[i], {0, i, UnitKind::kRoot, key}, iouring::IoClass::kColdRead,
                [&, i](const base::Result<RecordView>& view) {
                  BOOST_REQUIRE(view.ok());
                  BOOST_REQUIRE(base::as_text(view->payload) == value_of(i));
                  ++read;
                });
  }
  ring.until(*store, [&] { return read == (kRecords + 2) / 3; });
  BOOST_TEST(store->statistics().corrupt_records == 0u);
  BOOST_TEST(store->statistics().io_errors == 0u);
  ring.close(std::move(store));
}

BOOST_AUTO_TEST_CASE(a_second_store_on_the_directory_is_refused_with_the_owner) {
  Ring ring;
  LogStore::OpenFailure failure;
  auto first = ring.open(&failure);
  BOOST_REQUIRE(first.ok());
  const auto second = ring.open(&failure);
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST((second.error().code == base::ErrorCode::kBusy));
  ring.close(std::move(first).value());
}

BOOST_AUTO_TEST_CASE(a_store_that_was_never_used_may_be_destroyed_at_once) {
  Ring ring;
  LogStore::OpenFailure failure;
  auto opened = ring.open(&failure);
  BOOST_REQUIRE(opened.ok());
  BOOST_TEST((*opened)->is_idle());
}

}  // namespace
}  // namespace logstore
