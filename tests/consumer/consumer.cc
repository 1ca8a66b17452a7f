// A program that uses the log store as a library: puts records, gets one, iterates over all.
// usage: consumer DIRECTORY

#include <base/clock.h>
#include <base/random.h>
#include <iouring/io_schedule.h>
#include <iouring/thread_helpers.h>
#include <iouring/uring_disk.h>
#include <iouring/uring_loop.h>
#include <logstore/log_store.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr uint64_t kRecords = 1000;

std::string key_of(uint64_t number) { return "key:" + std::to_string(number); }
std::string value_of(uint64_t number) { return "value " + std::to_string(number * 7); }

int fail(const char* what) {
  std::fprintf(stderr, "%s failed\n", what);
  return 1;
}

// Appends kRecords records and makes them live. Their places, or fewer when something failed.
std::vector<logstore::Location> put(logstore::LogStore* store, iouring::Loop* loop) {
  std::vector<logstore::Location> places(kRecords);
  uint64_t done = 0;
  uint64_t failed = 0;
  for (uint64_t number = 0; number < kRecords; ++number) {
    const std::string key = key_of(number);
    const std::string value = value_of(number);
    logstore::UnitFields fields;
    fields.key = key;
    fields.hash64 = number;
    const base::ByteSpan payload[] = {base::as_bytes(value)};
    const auto written = [&done, &failed, &places, store,
                          number](base::Result<logstore::Location> place) {
      ++done;
      if (!place.ok()) {
        ++failed;
        return;
      }
      places[number] = *place;
      store->mark_live(place->ref, 0);
    };
    while (store->append_state(logstore::Stream::kDemotion) == logstore::AppendState::kBusy)
      loop->turn(1'000'000);
    if (!store->append(logstore::Stream::kDemotion, fields, payload, written).ok()) return {};
    loop->turn(0);
  }
  store->flush(logstore::Stream::kDemotion);
  while (done < kRecords) loop->turn(1'000'000);
  if (failed > 0) places.clear();
  return places;
}

bool get(logstore::LogStore* store, iouring::Loop* loop, const logstore::Location& place,
         uint64_t number) {
  const std::string key = key_of(number);
  bool answered = false;
  bool right = false;
  store->read(place, {0, number, logstore::UnitKind::kRoot, key}, iouring::IoClass::kColdRead,
              [&](const base::Result<logstore::RecordView>& record) {
                answered = true;
                right = record.ok() && base::as_text(record->payload) == value_of(number);
              });
  while (!answered) loop->turn(1'000'000);
  return right;
}

// The number of live records, each with the value that belongs to its key.
uint64_t iterate(logstore::LogStore* store, iouring::Loop* loop) {
  const std::unique_ptr<logstore::FrozenView> view = store->freeze();
  uint64_t right = 0;
  for (const auto& segment : view->live().segments()) {
    const std::unique_ptr<logstore::SegmentReader> reader = view->scan(segment.id, {});
    while (true) {
      const logstore::ScanItem item = reader->next([] {});
      if (item.kind == logstore::ScanItem::Kind::kWait) {
        loop->turn(1'000'000);
        continue;
      }
      if (item.kind != logstore::ScanItem::Kind::kRecord) break;
      const uint64_t number = item.record.fields.hash64;
      if (item.record.fields.key == key_of(number) &&
          base::as_text(item.record.payload) == value_of(number))
        ++right;
    }
  }
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return fail("usage: consumer DIRECTORY;");
  base::SystemClock clock;
  base::Random random = base::Random::from_entropy();
  auto loop = iouring::UringLoop::create(&clock, {});
  if (!loop.ok()) return fail("the ring");
  iouring::ThreadHelpers helpers(loop->get(), {});
  iouring::UringDisk uring_disk(loop->get(), &helpers, {});
  iouring::IoSchedule disk(loop->get(), &uring_disk);

  logstore::LogStoreOptions options;
  options.segment_bytes = 4 << 20;
  options.bytes_max = 64 << 20;
  logstore::LogStore::OpenFailure failure;
  auto opened =
      logstore::LogStore::open(std::string(argv[1]) + "/log", options,
                               {.disk = &disk, .loop = loop->get(), .random = &random}, &failure);
  if (!opened.ok()) return fail("open");
  const std::unique_ptr<logstore::LogStore> store = std::move(opened).value();

  const std::vector<logstore::Location> places = put(store.get(), loop->get());
  if (places.size() != kRecords) return fail("put");
  if (!get(store.get(), loop->get(), places[42], 42)) return fail("get");
  // One that is dead is not met again.
  store->mark_dead(places[0].ref, 0);
  const uint64_t met = iterate(store.get(), loop->get());
  if (met != kRecords - 1) return fail("iterate");
  std::printf("%llu records put, read back and iterated\n", static_cast<unsigned long long>(met));

  store->stop();
  while (!store->is_idle()) (*loop)->turn(1'000'000);
  return 0;
}
