#include "engine/commands/hyperloglog_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include "engine/commands/string_edit.h"
#include "engine/engine.h"
#include "engine/value/hyperloglog.h"

namespace engine {

namespace {

constexpr KeyEvent kPfaddEvent = {notify_event::kString, "pfadd"};
constexpr std::string_view kNoHllError = "-WRONGTYPE Key is not a valid HyperLogLog string value.";
constexpr std::string_view kCorruptError = "-INVALIDOBJ Corrupted HLL object detected";
// A sparse one describes each register at most once, in a byte.
constexpr uint64_t kHllBytesMax = kHllHeaderBytes + 2 * kHllRegisters;

enum class Found : uint8_t { kAbsent, kHll, kRefused };

// The HyperLogLog of the key, copied; replies with the error when there is something else.
Found load(const CommandContext& context, const Entry* entry, std::optional<HyperLogLog>* hll) {
  if (entry == nullptr) return Found::kAbsent;
  if (entry->type() != ValueType::kString) {
    context.error(kWrongTypeError);
    return Found::kRefused;
  }
  const StringPieces string(entry);
  std::string bytes(std::min(string.bytes(), kHllBytesMax), '\0');
  string.read(0, {reinterpret_cast<std::byte*>(bytes.data()), bytes.size()});
  if (!HyperLogLog::looks_valid(bytes)) {
    context.error(kNoHllError);
    return Found::kRefused;
  }
  if (string.bytes() > kHllBytesMax) {
    context.error(kCorruptError);
    return Found::kRefused;
  }
  hll->emplace(std::move(bytes));
  return Found::kHll;
}

void store(const CommandContext& context, const Key& key, const HyperLogLog& hll) {
  context.keyspace().set(key, hll.bytes(), {.keep_expiry = true, .form = ValueForm::kRaw});
}

size_t sparse_bytes_max(const CommandContext& context) {
  return static_cast<size_t>(context.engine().options().hll_sparse_max_bytes);
}

// Merges the HyperLogLogs of the keys from word `first` on; false with the error replied.
bool merge_keys(const CommandContext& context, size_t first, HllRegisters* registers,
                bool* any_dense) {
  for (size_t i = first; i < context.argc(); ++i) {
    std::optional<HyperLogLog> hll;
    switch (load(context, context.keyspace().find(context.key(i)), &hll)) {
      case Found::kAbsent:
        continue;
      case Found::kRefused:
        return false;
      case Found::kHll:
        break;
    }
    *any_dense = *any_dense || hll->is_dense();
    if (hll->merge_into(registers)) continue;
    context.error(kCorruptError);
    return false;
  }
  return true;
}

// Raises the destination's registers to the merged ones; false when it is corrupt.
bool raise_all(const HllRegisters& registers, size_t bytes_max, HyperLogLog* hll) {
  for (uint32_t i = 0; i < kHllRegisters; ++i) {
    if (registers[i] == 0) continue;
    if (hll->raise({i, registers[i]}, bytes_max) == HyperLogLog::Update::kCorrupt) return false;
  }
  return true;
}

void count_one(CommandContext& context) {
  const Key key = context.key(1);
  std::optional<HyperLogLog> hll;
  const Found found = load(context, context.keyspace().find(key), &hll);
  if (found == Found::kRefused) return;
  if (found == Found::kAbsent) return context.reply().integer(0);
  if (const std::optional<uint64_t> cached = hll->cached_estimate())
    return context.reply().integer(static_cast<int64_t>(*cached));
  const auto registers = std::make_unique<HllRegisters>();
  if (!hll->merge_into(registers.get())) return context.error(kCorruptError);
  const uint64_t estimate = hll_estimate(*registers);
  hll->set_cached_estimate(estimate);
  store(context, key, *hll);
  context.keyspace().changed(key, {});
  context.reply().integer(static_cast<int64_t>(estimate));
}

void reply_registers(const CommandContext& context, const HyperLogLog& hll) {
  const auto registers = std::make_unique<HllRegisters>();
  hll.merge_into(registers.get());
  context.reply().array(kHllRegisters);
  for (const uint8_t value : *registers) context.reply().integer(value);
}

// Adds numbered elements and compares the estimate with their number, both encodings alike.
bool estimates_well(size_t elements, double error_max) {
  HyperLogLog hll;
  HyperLogLog dense;
  dense.make_dense();
  for (size_t i = 0; i < elements; ++i) {
    const HllHit hit = hll_hit(fmt::format("element:{}", i));
    if (hll.raise(hit, kHllDenseBytes) != dense.raise(hit, 0)) return false;
  }
  const auto registers = std::make_unique<HllRegisters>();
  const auto same = std::make_unique<HllRegisters>();
  if (!hll.merge_into(registers.get()) || !dense.merge_into(same.get())) return false;
  const auto estimate = static_cast<double>(hll_estimate(*registers));
  const auto count = static_cast<double>(elements);
  return *registers == *same && std::fabs(estimate - count) <= error_max * count;
}

}  // namespace

void pfadd_command(CommandContext& context) {
  const Key key = context.key(1);
  std::optional<HyperLogLog> hll;
  const Found found = load(context, context.keyspace().peek(key), &hll);
  if (found == Found::kRefused) return;
  if (found == Found::kAbsent) hll.emplace();
  bool changed = found == Found::kAbsent;
  for (size_t i = 2; i < context.argc(); ++i) {
    const HyperLogLog::Update update =
        hll->raise(hll_hit(context.word(i)), sparse_bytes_max(context));
    if (update == HyperLogLog::Update::kCorrupt) return context.error(kCorruptError);
    changed = changed || update == HyperLogLog::Update::kRaised;
  }
  if (changed) {
    hll->invalidate_estimate();
    store(context, key, *hll);
    context.keyspace().changed(key, kPfaddEvent);
  }
  context.reply().integer(changed ? 1 : 0);
}

void pfcount_command(CommandContext& context) {
  if (context.argc() == 2) return count_one(context);
  const auto registers = std::make_unique<HllRegisters>();
  bool any_dense = false;
  if (!merge_keys(context, 1, registers.get(), &any_dense)) return;
  context.reply().integer(static_cast<int64_t>(hll_estimate(*registers)));
}

void pfmerge_command(CommandContext& context) {
  const auto registers = std::make_unique<HllRegisters>();
  bool any_dense = false;
  if (!merge_keys(context, 1, registers.get(), &any_dense)) return;
  const Key to = context.key(1);
  std::optional<HyperLogLog> hll;
  if (load(context, context.keyspace().peek(to), &hll) == Found::kAbsent) hll.emplace();
  if ((any_dense && !hll->make_dense()) || !raise_all(*registers, sparse_bytes_max(context), &*hll))
    return context.error(kCorruptError);
  hll->invalidate_estimate();
  store(context, to, *hll);
  // PFMERGE has no event of its own.
  context.keyspace().changed(to, kPfaddEvent);
  context.reply().ok();
}

void pfdebug_command(CommandContext& context) {
  const Key key = context.key(2);
  std::optional<HyperLogLog> hll;
  const Found found = load(context, context.keyspace().find(key), &hll);
  if (found == Found::kAbsent) return context.error("The specified key does not exist");
  if (found == Found::kRefused) return;
  const bool was_dense = hll->is_dense();
  if (context.word_is(1, "encoding"))
    return context.reply().simple_string(was_dense ? "dense" : "sparse");
  if (context.word_is(1, "decode")) {
    if (was_dense) return context.error("HLL encoding is not sparse");
    return context.reply().bulk(hll->decode_sparse());
  }
  const bool shows_registers = context.word_is(1, "getreg");
  if (!shows_registers && !context.word_is(1, "todense"))
    return context.error(fmt::format("Unknown PFDEBUG subcommand '{}'", context.word(1)));
  if (!hll->make_dense()) return context.error(kCorruptError);
  if (!was_dense) {
    store(context, key, *hll);
    context.keyspace().changed(key, {});
  }
  if (shows_registers) return reply_registers(context, *hll);
  context.reply().integer(was_dense ? 0 : 1);
}

void pfselftest_command(CommandContext& context) {
  // Three standard errors of 1.04 / sqrt(16384) each; small sets are counted almost exactly.
  constexpr double kErrorMax = 3 * 0.008125;
  if (!estimates_well(10, 0) || !estimates_well(1000, kErrorMax) ||
      !estimates_well(20'000, kErrorMax))
    return context.error("TESTFAILED the estimate is too far from the number of elements");
  context.reply().ok();
}

}  // namespace engine
