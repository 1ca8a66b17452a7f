// What a record of the log costs: encoding and decoding alone, then appending and reading on the
// real ring and disk. The CPU column is the loop's thread; "each" is one record. The store lies in
// ./log_store_bench.tmp, which must be on the device to be measured and is removed afterwards.

#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "iouring/io_schedule.h"
#include "iouring/thread_helpers.h"
#include "iouring/uring_disk.h"
#include "iouring/uring_loop.h"
#include "logstore/log_store.h"

namespace {

using logstore::Location;

constexpr const char* kDirectory = "log_store_bench.tmp";
constexpr uint64_t kWaitNs = 1'000'000'000;

struct Machine {
  Machine() {
    auto made = iouring::UringLoop::create(&clock, {});
    CHECK(made.ok());
    loop = std::move(made).value();
    helpers = std::make_unique<iouring::ThreadHelpers>(loop.get(), iouring::ThreadHelpersOptions{});
    disk = std::make_unique<iouring::UringDisk>(loop.get(), helpers.get(),
                                                iouring::UringDiskOptions{});
    schedule = std::make_unique<iouring::IoSchedule>(loop.get(), disk.get());
  }
  base::SystemClock clock;
  std::unique_ptr<iouring::UringLoop> loop;
  std::unique_ptr<iouring::ThreadHelpers> helpers;
  std::unique_ptr<iouring::UringDisk> disk;
  std::unique_ptr<iouring::IoSchedule> schedule;
};

// A store on the real disk with its caller: numbered keys.
struct Store {
  explicit Store(const logstore::LogStoreOptions& options) {
    std::filesystem::remove_all(kDirectory);
    logstore::LogStore::OpenFailure failure;
    auto opened = logstore::LogStore::open(
        kDirectory, options,
        {.disk = machine.schedule.get(), .loop = machine.loop.get(), .random = &random}, &failure);
    CHECK(opened.ok());
    store = std::move(opened).value();
    store->set_on_relocated([](const logstore::Relocation&) {});
  }
  ~Store() {
    store->stop();
    while (!store->is_idle()) machine.loop->turn(kWaitNs);
    store.reset();
    for (int i = 0; i < 10; ++i) machine.loop->turn(0);
    std::filesystem::remove_all(kDirectory);
  }

  static std::string key_of(uint64_t number) {
    std::string digits = std::to_string(number);
    return "key:" + std::string(12 - digits.size(), '0') + digits;
  }

  void append(uint64_t number, std::string_view value, bool keep) {
    const std::string key = key_of(number);
    logstore::UnitFields fields;
    fields.hash64 = number;
    fields.key = key;
    const base::ByteSpan parts[] = {base::as_bytes(value)};
    for (;;) {
      const auto at = store->append(logstore::Stream::kDemotion, fields, parts,
                                    [this, keep](base::Result<Location> written) {
                                      CHECK(written.ok());
                                      if (keep) store->mark_live(written->ref, 0);
                                      ++written_;
                                    });
      if (at.ok()) {
        if (keep) locations.push_back(*at);
        ++appended_;
        return;
      }
      CHECK(at.error().code == base::ErrorCode::kBusy);
      machine.loop->turn(kWaitNs);
    }
  }
  void drain() {
    store->flush(logstore::Stream::kDemotion);
    while (written_ != appended_) machine.loop->turn(kWaitNs);
  }

  Machine machine;
  base::Random random{1};
  std::unique_ptr<logstore::LogStore> store;
  std::vector<Location> locations;
  uint64_t appended_ = 0;
  uint64_t written_ = 0;
};

void encode_record(benchmark::State& state) {
  const std::string value(static_cast<size_t>(state.range(0)), 'v');
  const std::string key = Store::key_of(7);
  std::vector<std::byte> to(logstore::record_bytes(key.size(), value.size()));
  logstore::UnitFields fields;
  fields.key = key;
  const base::ByteSpan parts[] = {base::as_bytes(value)};
  for (auto _ : state) {
    logstore::encode_record({}, fields, parts, to);
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(to.size()));
}
BENCHMARK(encode_record)->Arg(64)->Arg(1024)->Arg(65536);

void decode_record(benchmark::State& state) {
  const std::string value(static_cast<size_t>(state.range(0)), 'v');
  const std::string key = Store::key_of(7);
  std::vector<std::byte> bytes(logstore::record_bytes(key.size(), value.size()));
  logstore::UnitFields fields;
  fields.key = key;
  const base::ByteSpan parts[] = {base::as_bytes(value)};
  logstore::encode_record({}, fields, parts, bytes);
  for (auto _ : state) {
    auto view = logstore::decode_record(bytes, {});
    benchmark::DoNotOptimize(view);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK(decode_record)->Arg(64)->Arg(1024)->Arg(65536);

// Nothing is kept, so segments are recycled; the device's bandwidth is the bound of the time.
void append(benchmark::State& state) {
  logstore::LogStoreOptions options;
  options.bytes_max = 16 * base::kSegmentBytes;
  Store world(options);
  const std::string value(static_cast<size_t>(state.range(0)), 'v');
  uint64_t number = 0;
  for (auto _ : state) world.append(number++, value, false);
  world.drain();
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(value.size()));
}
BENCHMARK(append)->Arg(64)->Arg(1024)->Arg(65536)->MinTime(2)->UseRealTime();

// Random reads with 64 in flight, each verified in full.
void read(benchmark::State& state) {
  logstore::LogStoreOptions options;
  options.bytes_max = 64 * base::kSegmentBytes;
  options.read_depth = 64;
  Store world(options);
  world.machine.schedule->set_limit(iouring::IoClass::kColdRead, {64, 64 * base::kIoBytesMax});
  const std::string value(static_cast<size_t>(state.range(0)), 'v');
  const uint64_t records = (512u << 20) / value.size();
  for (uint64_t i = 0; i < records; ++i) world.append(i, value, true);
  world.drain();
  uint64_t in_flight = 0;
  for (auto _ : state) {
    const uint64_t number = world.random.below(records);
    const std::string key = Store::key_of(number);
    ++in_flight;
    world.store->read(world.locations[number], {0, number, logstore::UnitKind::kRoot, key},
                      iouring::IoClass::kColdRead,
                      [&](const base::Result<logstore::RecordView>& view) {
                        CHECK(view.ok());
                        --in_flight;
                      });
    while (in_flight >= 64) world.machine.loop->turn(kWaitNs);
  }
  while (in_flight > 0) world.machine.loop->turn(kWaitNs);
  state.SetItemsProcessed(state.iterations());
  const logstore::LogStoreStatistics figures = world.store->statistics();
  state.counters["reads_each"] =
      static_cast<double>(figures.reads) / static_cast<double>(state.iterations());
  state.counters["bytes_each"] =
      static_cast<double>(figures.read_bytes) / static_cast<double>(state.iterations());
}
BENCHMARK(read)->Arg(1024)->Arg(4096)->Iterations(200'000)->UseRealTime();

// Emptying segments of which every other record is dead: CPU per record moved.
void compact(benchmark::State& state) {
  logstore::LogStoreOptions options;
  options.bytes_max = 64 * base::kSegmentBytes;
  const std::string value(static_cast<size_t>(state.range(0)), 'v');
  const uint64_t records = (256u << 20) / value.size();
  for (auto _ : state) {
    state.PauseTiming();
    auto world = std::make_unique<Store>(options);
    for (uint64_t i = 0; i < records; ++i) world->append(i, value, true);
    world->drain();
    for (uint64_t i = 0; i < records; i += 2) world->store->mark_dead(world->locations[i].ref, 0);
    state.ResumeTiming();
    world->store->compact_all();
    do {
      if (!world->store->compact_step(100'000)) world->machine.loop->turn(1'000'000);
      world->machine.loop->turn(0);
    } while (world->store->is_compacting());
    state.PauseTiming();
    const auto figures = world->store->statistics();
    state.counters["moved"] = static_cast<double>(figures.relocated_records);
    world.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(compact)->Arg(1024)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
