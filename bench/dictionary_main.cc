// Measures the dictionary, the entries and the cold filter: bytes per key, lookups with and without
// prefetch, the worst insert, a flood of colliding keys, defragmentation. Times are thread CPU.
//
//     dictionary [memory | find | flood | defragment | filter ...]      (all when none is named)

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "engine/cold_filter.h"
#include "engine/defragmenter.h"
#include "engine/dictionary.h"
#include "engine/entry.h"

namespace {

using engine::Dictionary;
using engine::Entry;
using engine::EntryHeap;

const base::SystemClock kClock;

uint64_t resident_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  unsigned long long pages = 0;
  if (file == nullptr || std::fscanf(file, "%*u %llu", &pages) != 1) pages = 0;
  if (file != nullptr) std::fclose(file);
  return pages * 4096;
}

double mib(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
double per(uint64_t amount, uint64_t count) {
  return static_cast<double>(amount) / static_cast<double>(count);
}

// A sixteen-byte key, formatted by hand: fmt costs more than the lookup.
std::string_view key_of(uint64_t i, char* out) {
  std::memcpy(out, "key:", 4);
  for (int at = 15; at >= 4; --at, i /= 10) out[at] = static_cast<char>('0' + i % 10);
  return {out, 16};
}

struct Keyspace {
  explicit Keyspace(Dictionary::HashFunction function = nullptr)
      : random(1),
        hasher(base::KeyHasher::with_random_secret(random)),
        dictionary(&heap, &hasher, function) {}

  void fill(uint64_t keys, size_t value_bytes) {
    const std::string value(value_bytes, 'v');
    char text[16];
    for (uint64_t i = 0; i < keys; ++i) {
      const std::string_view key = key_of(i, text);
      const uint64_t begin = kClock.thread_cpu_ns();
      dictionary.insert(dictionary.hash_of(key), heap.create(key, value, {}));
      insert_ns.push_back(static_cast<uint32_t>(kClock.thread_cpu_ns() - begin));
    }
  }

  base::Random random;
  base::KeyHasher hasher;
  EntryHeap heap;
  Dictionary dictionary;
  std::vector<uint32_t> insert_ns;
};

void print_inserts(const char* what, std::vector<uint32_t>& ns) {
  uint64_t sum = 0;
  for (const uint32_t one : ns) sum += one;
  std::sort(ns.begin(), ns.end());
  fmt::print("  {}: insert {:.0f} ns, p99.9 {} ns, max {} us\n", what, per(sum, ns.size()),
             ns[ns.size() * 999 / 1000], ns.back() / 1000);
}

void measure_memory() {
  fmt::print("memory\n");
  struct Row {
    uint64_t keys;
    size_t value_bytes;
  };
  for (const Row row : {Row{5'000'000, 8}, Row{10'000'000, 100}}) {
    Keyspace keyspace;
    keyspace.insert_ns.resize(row.keys);
    std::fill(keyspace.insert_ns.begin(), keyspace.insert_ns.end(), 1);
    keyspace.insert_ns.clear();
    const uint64_t before = resident_bytes();
    keyspace.fill(row.keys, row.value_bytes);
    const uint64_t mid_resize = keyspace.dictionary.resizing();
    while (keyspace.dictionary.resize_step(1000)) {
    }
    const uint64_t resident = resident_bytes() - before;
    fmt::print("  {}M keys x {} B: {:.1f} B per key resident, {:.1f} counted (table {:.1f}){}\n",
               row.keys / 1'000'000, row.value_bytes, per(resident, row.keys),
               per(keyspace.heap.bytes() + keyspace.dictionary.table_bytes(), row.keys),
               per(keyspace.dictionary.table_bytes(), row.keys),
               mid_resize ? ", was resizing" : "");
    print_inserts("  fill", keyspace.insert_ns);
  }
}

template <class Body>
double ns_each(uint64_t count, Body&& body) {
  const uint64_t begin = kClock.thread_cpu_ns();
  body();
  return per(kClock.thread_cpu_ns() - begin, count);
}

void measure_find() {
  constexpr uint64_t kKeys = 4'000'000;
  constexpr uint64_t kFinds = 2'000'000;
  constexpr size_t kBatch = 16;
  Keyspace keyspace;
  keyspace.fill(kKeys, 8);
  const Dictionary& dictionary = keyspace.dictionary;
  base::Random random(2);
  char text[kBatch][16];
  uint64_t hashes[kBatch];
  uint64_t sum = 0;
  const double making = ns_each(kFinds, [&] {
    for (uint64_t i = 0; i < kFinds; ++i)
      sum += dictionary.hash_of(key_of(random.below(kKeys), text[0]));
  });
  const auto find_all = [&](uint64_t first_key) {
    return ns_each(kFinds, [&] {
      for (uint64_t i = 0; i < kFinds; ++i) {
        const auto key = key_of(first_key + random.below(kKeys), text[0]);
        sum += dictionary.find(dictionary.hash_of(key), key) != nullptr;
      }
    });
  };
  const double hit = find_all(0);
  const double miss = find_all(kKeys);
  const double batched = ns_each(kFinds, [&] {
    for (uint64_t i = 0; i < kFinds; i += kBatch) {
      for (size_t j = 0; j < kBatch; ++j) {
        hashes[j] = dictionary.hash_of(key_of(random.below(kKeys), text[j]));
        dictionary.prefetch_bucket(hashes[j]);
      }
      for (const uint64_t hash : hashes) dictionary.prefetch_entry(hash);
      for (size_t j = 0; j < kBatch; ++j)
        sum += dictionary.find(hashes[j], {text[j], 16})->access();
    }
  });
  fmt::print("find, {}M keys (key-making and hash {:.0f} ns included)\n", kKeys / 1'000'000,
             making);
  fmt::print("  hit {:.0f} ns, batches of 16 with prefetch {:.0f} ns, miss {:.0f} ns  [{}]\n", hit,
             batched, miss, sum % 10);
  uint64_t visited = 0;
  const double walk = ns_each(kKeys, [&] {
    uint64_t position = 0;
    do {
      position = keyspace.dictionary.scan(position, 16, [&](Entry*, uint64_t) { ++visited; });
    } while (position != 0);
  });
  const double draw = ns_each(kFinds, [&] {
    for (uint64_t i = 0; i < kFinds; ++i) sum += keyspace.dictionary.random_entry(random)->access();
  });
  std::vector<Entry*> drawn(16);
  const double sampled = ns_each(kFinds, [&] {
    for (uint64_t i = 0; i < kFinds; i += drawn.size()) {
      keyspace.dictionary.sample(random, drawn);
      for (const Entry* const entry : drawn) sum += entry->access();
    }
  });
  fmt::print("  scan {:.0f} ns per key, random entry {:.0f} ns, sample of 16 {:.0f} ns each\n",
             walk, draw, sampled);
}

uint64_t all_collide(const base::KeyHasher&, std::string_view) { return 0x123456789abcdef0; }

void measure_flood() {
  fmt::print("flood, 1M keys\n");
  for (const bool flood : {false, true}) {
    Keyspace keyspace(flood ? all_collide : nullptr);
    keyspace.insert_ns.reserve(1'000'000);
    keyspace.fill(1'000'000, 8);
    char text[16];
    const double find = ns_each(1'000'000, [&] {
      for (uint64_t i = 0; i < 1'000'000; ++i) {
        const auto key = key_of(keyspace.random.below(1'000'000), text);
        if (keyspace.dictionary.find(keyspace.dictionary.hash_of(key), key) == nullptr)
          std::abort();
      }
    });
    print_inserts(flood ? "all hashes equal" : "random hashes", keyspace.insert_ns);
    fmt::print("    find {:.0f} ns\n", find);
  }
}

void measure_defragment() {
  fmt::print("defragment: 5M entries of 16 B + 8 B, a random 90 % freed\n");
  const uint64_t before = resident_bytes();
  Keyspace keyspace;
  keyspace.fill(5'000'000, 8);
  std::vector<uint32_t>().swap(keyspace.insert_ns);
  fmt::print("  full: resident {:.0f} MiB\n", mib(resident_bytes() - before));
  uint64_t position = 0;
  do {
    position = keyspace.dictionary.scan(position, 64, [&](Entry* entry, uint64_t hash) {
      if (keyspace.random.below(10) != 0)
        keyspace.heap.destroy(keyspace.dictionary.erase(hash, entry->key()));
    });
  } while (position != 0);
  while (keyspace.dictionary.resize_step(1000)) {
  }
  const auto used = [&] { return keyspace.heap.bytes() + keyspace.dictionary.table_bytes(); };
  fmt::print("  freed: resident {:.0f} MiB for {:.0f} used\n", mib(resident_bytes() - before),
             mib(used()));
  for (int pass = 1; pass <= 2; ++pass) {
    engine::Defragmenter defragmenter(&keyspace.heap);
    Dictionary* const all[] = {&keyspace.dictionary};
    uint64_t steps = 0, worst_ns = 0;
    const uint64_t begin = kClock.thread_cpu_ns();
    for (bool more = true; more; ++steps) {
      const uint64_t step_begin = kClock.thread_cpu_ns();
      more = defragmenter.step(all, 64);
      worst_ns = std::max(worst_ns, kClock.thread_cpu_ns() - step_begin);
    }
    fmt::print(
        "  pass {}: resident {:.0f} MiB, moved {} entries, {:.1f} ms in {} steps, worst {} us\n",
        pass, mib(resident_bytes() - before), defragmenter.moved_entries(),
        per(kClock.thread_cpu_ns() - begin, 1'000'000), steps, worst_ns / 1000);
  }
}

void measure_filter() {
  constexpr uint64_t kKeys = 20'000'000;
  engine::ColdFilter filter;
  base::Random random(3);
  const double add = ns_each(kKeys, [&] {
    for (uint64_t i = 0; i < kKeys; ++i) filter.add(random.next());
  });
  uint64_t maybe = 0;
  constexpr uint64_t kAsks = 4'000'000;
  const double ask = ns_each(kAsks, [&] {
    for (uint64_t i = 0; i < kAsks; ++i) maybe += filter.may_contain(random.next());
  });
  fmt::print("filter, 20M keys: add {:.0f} ns, ask {:.0f} ns, 'maybe' {:.2f} %, {:.2f} B per key\n",
             add, ask, 100 * per(maybe, kAsks), per(filter.bytes(), kKeys));
}

}  // namespace

int main(int argc, char** argv) {
  base::configure_allocator();
  struct Part {
    const char* name;
    void (*measure)();
  };
  const std::vector<std::string_view> wanted(argv + 1, argv + argc);
  for (const Part part :
       {Part{"memory", measure_memory}, Part{"find", measure_find}, Part{"flood", measure_flood},
        Part{"defragment", measure_defragment}, Part{"filter", measure_filter}}) {
    if (wanted.empty() || std::count(wanted.begin(), wanted.end(), part.name) != 0) part.measure();
  }
  return 0;
}
