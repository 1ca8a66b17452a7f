// The RDB codec in memory, and a snapshot's bytes on their way to a file. Run one at a time:
//   ninja -C build bench/rdb_bench && build/bench/rdb_bench [--benchmark_filter=...]
// The file streams write to BASALT_BENCH_DIR, else /var/tmp.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "iouring/thread_helpers.h"
#include "iouring/uring_disk.h"
#include "persist/crc64.h"
#include "persist/file_stream.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_string.h"
#include "persist/rdb_writer.h"

namespace {

std::vector<std::byte> random_bytes(size_t count) {
  base::Random random(1);
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = std::byte(random.next() & 0xff);
  return bytes;
}

void count_bytes(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes));
}

void crc64_sum(benchmark::State& state) {
  const auto bytes = random_bytes(static_cast<size_t>(state.range(0)));
  uint64_t crc = 0;
  for (auto _ : state) benchmark::DoNotOptimize(crc = persist::crc64(crc, bytes));
  count_bytes(state, bytes.size());
}
BENCHMARK(crc64_sum)->Arg(64)->Arg(1024)->Arg(262144);

void crc64_of_two(benchmark::State& state) {
  uint64_t crc = 1;
  for (auto _ : state) benchmark::DoNotOptimize(crc = persist::crc64_combine(crc, 7, 262143));
}
BENCHMARK(crc64_of_two);

void encode_raw(benchmark::State& state) {
  const auto bytes = random_bytes(static_cast<size_t>(state.range(0)));
  std::vector<std::byte> to(persist::encoded_string_bytes_max(bytes.size()));
  for (auto _ : state) {
    benchmark::DoNotOptimize(persist::encode_string(bytes, state.range(1) != 0, to.data()));
  }
  count_bytes(state, bytes.size());
}
BENCHMARK(encode_raw)->ArgsProduct({{64, 1024, 65536, 1 << 20}, {0, 1}});

void decode_raw(benchmark::State& state) {
  const auto bytes = random_bytes(static_cast<size_t>(state.range(0)));
  std::vector<std::byte> encoded(persist::encoded_string_bytes_max(bytes.size()));
  encoded.resize(persist::encode_string(bytes, false, encoded.data()));
  std::vector<std::byte> to(bytes.size());
  for (auto _ : state) benchmark::DoNotOptimize(persist::decode_string(encoded, to).ok());
  count_bytes(state, bytes.size());
}
BENCHMARK(decode_raw)->Arg(64)->Arg(1024)->Arg(65536)->Arg(1 << 20);

class Buffers final : public persist::RdbOutput {
 public:
  explicit Buffers(std::vector<std::byte>* file) : file_(file), buffer_(base::kIoBytesMax) {}
  base::MutableByteSpan next_buffer(size_t filled) override {
    if (file_ != nullptr)
      file_->insert(file_->end(), buffer_.begin(),
                    buffer_.begin() + static_cast<std::ptrdiff_t>(filled));
    return buffer_;
  }

 private:
  std::vector<std::byte>* file_;
  std::vector<std::byte> buffer_;
};

// 256 KiB of payloads of `value` bytes, as a batch of the cold pass.
size_t write_keys(persist::RdbWriter& writer, base::ByteSpan payload) {
  const size_t count = base::kIoBytesMax / payload.size();
  char key[] = "key:0000000000";
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(key + 6, &i, sizeof i);
    writer.key({.type = 0, .key = std::string_view(key, 14)});
    writer.payload(payload);
  }
  return count;
}

std::vector<std::byte> payload_of(size_t value_bytes) {
  const auto value = random_bytes(value_bytes);
  std::vector<std::byte> payload(persist::encoded_string_bytes_max(value_bytes));
  payload.resize(persist::encode_string(value, false, payload.data()));
  return payload;
}

void frame_keys(benchmark::State& state) {
  const auto payload = payload_of(static_cast<size_t>(state.range(0)));
  Buffers buffers(nullptr);
  persist::RdbWriter writer({}, &buffers);
  int64_t keys = 0;
  for (auto _ : state) keys += static_cast<int64_t>(write_keys(writer, payload));
  state.SetItemsProcessed(keys);
  state.SetBytesProcessed(static_cast<int64_t>(writer.bytes()));
}
BENCHMARK(frame_keys)->Arg(100)->Arg(1024)->Arg(65000);

void read_keys(benchmark::State& state) {
  std::vector<std::byte> file;
  Buffers buffers(&file);
  persist::RdbWriter writer({}, &buffers);
  writer.begin({});
  const auto payload = payload_of(static_cast<size_t>(state.range(0)));
  for (int i = 0; i < 64; ++i) write_keys(writer, payload);
  writer.end();
  buffers.next_buffer(writer.finish());
  int64_t keys = 0;
  for (auto _ : state) {
    persist::RdbReader reader({});
    base::ByteSpan left = file;
    while (true) {
      const auto event = reader.next();
      if (event->kind == persist::RdbEvent::kNeedInput) {
        const size_t count = std::min<size_t>(left.size(), base::kIoBytesMax);
        reader.feed(left.first(count));
        left = left.subspan(count);
      } else if (event->kind == persist::RdbEvent::kKey) {
        ++keys;
      } else if (event->kind == persist::RdbEvent::kEnd) {
        break;
      }
    }
  }
  state.SetItemsProcessed(keys);
  count_bytes(state, file.size());
}
BENCHMARK(read_keys)->Arg(100)->Arg(1024)->Arg(65000);

// A file of 1 GiB, durable and renamed. CPU is that of the whole process, io-wq included.
void stream_to_file(benchmark::State& state) {
  const char* directory = std::getenv("BASALT_BENCH_DIR");
  const std::string path =
      std::string(directory == nullptr ? "/var/tmp" : directory) + "/basalt-bench";
  const auto bytes = random_bytes(persist::kStreamBufferBytes);
  const base::SystemClock clock;
  auto loop = std::move(iouring::UringLoop::create(&clock, {})).value();
  iouring::ThreadHelpers helpers(loop.get(), {});
  iouring::UringDisk disk(loop.get(), &helpers, {});
  constexpr int kBuffers = 4096;
  for (auto _ : state) {
    persist::FileStreamWriter::Options options;
    options.temporary_path = path + ".tmp";
    options.target_path = path;
    options.direct = state.range(0) != 0;
    persist::FileStreamWriter writer(loop.get(), &disk, options);
    writer.open([](base::Status status) { CHECK(status.ok()); });
    for (int i = 0; i < kBuffers; ++i) {
      while (writer.buffers_free() == 0) loop->turn(iouring::kWaitForever);
      const base::MutableByteSpan buffer = writer.acquire();
      std::memcpy(buffer.data(), bytes.data(), bytes.size());
      writer.submit(buffer, bytes.size());
    }
    bool over = false;
    writer.finish([&over](base::Status status) {
      CHECK(status.ok());
      over = true;
    });
    while (!over) loop->turn(iouring::kWaitForever);
  }
  CHECK(disk.remove_file(path).ok());
  count_bytes(state, kBuffers * persist::kStreamBufferBytes);
}
BENCHMARK(stream_to_file)
    ->ArgName("direct")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(1)
    ->Repetitions(3)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
