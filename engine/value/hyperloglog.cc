#include "engine/value/hyperloglog.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"

namespace engine {

namespace {

constexpr std::string_view kMagic = "HYLL";
constexpr size_t kEncodingAt = 4;
constexpr size_t kEstimateAt = 8;
constexpr uint64_t kOutOfDate = uint64_t{1} << 63;
constexpr uint64_t kHashSeed = 0xadc83b19;
constexpr int kIndexBits = 14;
// Bits of the hash that are left for the register's value.
constexpr int kValueBits = 64 - kIndexBits;
constexpr uint8_t kRunValueMax = 32;
constexpr size_t kRunLengthMax = 4;
constexpr size_t kShortZerosMax = 64;
// How many runs are looked at for neighbours to join.
constexpr int kJoinSteps = 5;

// MurmurHash64A by Austin Appleby, in the public domain.
uint64_t murmur_hash(std::string_view text) {
  constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  uint64_t hash = kHashSeed ^ (text.size() * kMultiplier);
  for (; text.size() >= 8; text.remove_prefix(8)) {
    uint64_t word = base::load_le<uint64_t>(text.data()) * kMultiplier;
    word = (word ^ (word >> kShift)) * kMultiplier;
    hash = (hash ^ word) * kMultiplier;
  }
  if (!text.empty()) {
    uint64_t rest = 0;
    for (size_t i = text.size(); i > 0; --i) rest = rest << 8 | static_cast<uint8_t>(text[i - 1]);
    hash = (hash ^ rest) * kMultiplier;
  }
  hash = (hash ^ (hash >> kShift)) * kMultiplier;
  return hash ^ (hash >> kShift);
}

// One run of a sparse one.
struct Run {
  uint8_t value = 0;
  size_t length = 0;
  size_t bytes = 1;  // That encode it; 0: corrupt.
};

Run run_at(std::string_view bytes, size_t at) {
  const auto first = static_cast<uint8_t>(bytes[at]);
  if ((first & 0x80) != 0)
    return {static_cast<uint8_t>((first >> 2 & 0x1f) + 1), size_t{first} % 4 + 1, 1};
  if ((first & 0x40) == 0) return {0, size_t{first} + 1, 1};
  if (at + 1 >= bytes.size()) return {0, 0, 0};
  return {0, (size_t{first} % 64 << 8 | static_cast<uint8_t>(bytes[at + 1])) + 1, 2};
}

void append_run(std::string* bytes, uint8_t value, size_t length) {
  if (length == 0) return;
  if (value != 0) {
    bytes->push_back(static_cast<char>(0x80u | (value - 1u) << 2 | (length - 1)));
  } else if (length <= kShortZerosMax) {
    bytes->push_back(static_cast<char>(length - 1));
  } else {
    bytes->push_back(static_cast<char>(0x40 | (length - 1) >> 8));
    bytes->push_back(static_cast<char>((length - 1) & 0xff));
  }
}

// Calls `take(index, value, length)` for every run; false when the runs are not those of all
// registers.
template <class Take>
bool for_each_run(std::string_view bytes, Take take) {
  size_t index = 0;
  for (size_t at = kHllHeaderBytes; at < bytes.size();) {
    const Run run = run_at(bytes, at);
    if (run.bytes == 0 || run.length > kHllRegisters - index) return false;
    take(index, run.value, run.length);
    index += run.length;
    at += run.bytes;
  }
  return index == kHllRegisters;
}

// Six bits from bit 6 * index on. The last register ends with the last byte.
uint8_t dense_register(std::string_view bytes, size_t index) {
  const size_t bit = index * 6;
  const char* const at = bytes.data() + kHllHeaderBytes + bit / 8;
  unsigned window = static_cast<uint8_t>(at[0]);
  if (bit % 8 > 2) window |= static_cast<unsigned>(static_cast<uint8_t>(at[1])) << 8;
  return static_cast<uint8_t>(window >> bit % 8 & 0x3f);
}

void set_dense_register(std::string* bytes, size_t index, uint8_t value) {
  const size_t bit = index * 6;
  char* const at = bytes->data() + kHllHeaderBytes + bit / 8;
  const unsigned mask = 0x3fu << bit % 8;
  const unsigned placed = static_cast<unsigned>(value) << bit % 8;
  at[0] = static_cast<char>((static_cast<uint8_t>(at[0]) & ~mask) | placed);
  if (bit % 8 > 2)
    at[1] = static_cast<char>((static_cast<uint8_t>(at[1]) & ~(mask >> 8)) | placed >> 8);
}

// Ertl's corrections for registers that are full and that are zero.
double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0.0;
  double y = 1.0;
  double z = 1 - x;
  double before;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (before != z);
  return z / 3;
}

double sigma(double x) {
  if (x == 1.0) return INFINITY;
  double y = 1.0;
  double z = x;
  double before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (before != z);
  return z;
}

}  // namespace

HllHit hll_hit(std::string_view element) {
  const uint64_t hash = murmur_hash(element);
  const uint64_t rest = hash >> kIndexBits | uint64_t{1} << kValueBits;
  return {static_cast<uint32_t>(hash % kHllRegisters),
          static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

uint64_t hll_estimate(const HllRegisters& registers) {
  std::array<int, 64> histogram{};
  for (const uint8_t value : registers) ++histogram[value];
  constexpr double kCount = kHllRegisters;
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2).
  double z = kCount * tau((kCount - histogram[kValueBits + 1]) / kCount);
  for (size_t value = kValueBits; value >= 1; --value) z = (z + histogram[value]) * 0.5;
  z += kCount * sigma(histogram[0] / kCount);
  return static_cast<uint64_t>(llroundl(static_cast<long double>(kAlpha * kCount * kCount / z)));
}

HyperLogLog::HyperLogLog() : bytes_(kHllHeaderBytes, '\0') {
  std::memcpy(bytes_.data(), kMagic.data(), kMagic.size());
  bytes_[kEncodingAt] = 1;
  append_run(&bytes_, 0, kHllRegisters);
}

bool HyperLogLog::looks_valid(std::string_view bytes) {
  if (bytes.size() < kHllHeaderBytes || !bytes.starts_with(kMagic)) return false;
  const auto encoding = static_cast<uint8_t>(bytes[kEncodingAt]);
  return encoding == 1 || (encoding == 0 && bytes.size() == kHllDenseBytes);
}

HyperLogLog::Update HyperLogLog::raise(HllHit hit, size_t sparse_bytes_max) {
  return is_dense() ? raise_dense(hit) : raise_sparse(hit, sparse_bytes_max);
}

HyperLogLog::Update HyperLogLog::raise_dense(HllHit hit) {
  if (dense_register(bytes_, hit.index) >= hit.value) return Update::kUnchanged;
  set_dense_register(&bytes_, hit.index, hit.value);
  return Update::kRaised;
}

HyperLogLog::Update HyperLogLog::raise_sparse(HllHit hit, size_t sparse_bytes_max) {
  const auto raise_as_dense = [&] { return make_dense() ? raise_dense(hit) : Update::kCorrupt; };
  if (hit.value > kRunValueMax) return raise_as_dense();
  size_t first = 0;
  size_t at = kHllHeaderBytes;
  size_t before = at;
  Run run;
  for (; at < bytes_.size(); first += run.length, at += run.bytes) {
    run = run_at(bytes_, at);
    if (run.bytes == 0) return Update::kCorrupt;
    if (hit.index < first + run.length) break;
    before = at;
  }
  if (at >= bytes_.size()) return Update::kCorrupt;
  if (run.value >= hit.value) return Update::kUnchanged;
  std::string split;
  append_run(&split, run.value, hit.index - first);
  append_run(&split, hit.value, 1);
  append_run(&split, run.value, first + run.length - hit.index - 1);
  if (split.size() > run.bytes && bytes_.size() + split.size() - run.bytes > sparse_bytes_max)
    return raise_as_dense();
  bytes_.replace(at, run.bytes, split);
  join_runs(before);
  return Update::kRaised;
}

void HyperLogLog::join_runs(size_t at) {
  for (int steps = kJoinSteps; steps > 0 && at < bytes_.size(); --steps) {
    const Run run = run_at(bytes_, at);
    if (run.bytes == 0) return;
    if (run.value != 0 && at + 1 < bytes_.size()) {
      const Run next = run_at(bytes_, at + 1);
      const size_t length = run.length + next.length;
      if (next.value == run.value && length <= kRunLengthMax) {
        std::string joined;
        append_run(&joined, run.value, length);
        bytes_.replace(at, 2, joined);
        continue;
      }
    }
    at += run.bytes;
  }
}

bool HyperLogLog::make_dense() {
  if (is_dense()) return true;
  std::string dense = bytes_.substr(0, kHllHeaderBytes);
  dense.resize(kHllDenseBytes);
  dense[kEncodingAt] = 0;
  const bool complete = for_each_run(bytes_, [&dense](size_t index, uint8_t value, size_t length) {
    if (value == 0) return;
    for (size_t i = 0; i < length; ++i) set_dense_register(&dense, index + i, value);
  });
  if (complete) bytes_ = std::move(dense);
  return complete;
}

bool HyperLogLog::merge_into(HllRegisters* registers) const {
  if (!is_dense()) {
    return for_each_run(bytes_, [registers](size_t index, uint8_t value, size_t length) {
      for (size_t i = index; i < index + length; ++i)
        if ((*registers)[i] < value) (*registers)[i] = value;
    });
  }
  for (size_t i = 0; i < kHllRegisters; ++i)
    if (const uint8_t value = dense_register(bytes_, i); (*registers)[i] < value)
      (*registers)[i] = value;
  return true;
}

std::optional<uint64_t> HyperLogLog::cached_estimate() const {
  const auto estimate = base::load_le<uint64_t>(bytes_.data() + kEstimateAt);
  if ((estimate & kOutOfDate) != 0) return std::nullopt;
  return estimate;
}

void HyperLogLog::set_cached_estimate(uint64_t estimate) {
  base::store_le(bytes_.data() + kEstimateAt, estimate);
}

void HyperLogLog::invalidate_estimate() {
  bytes_[kEstimateAt + 7] = static_cast<char>(bytes_[kEstimateAt + 7] | 0x80);
}

std::string HyperLogLog::decode_sparse() const {
  CHECK(!is_dense());
  std::string text;
  for (size_t at = kHllHeaderBytes; at < bytes_.size();) {
    const Run run = run_at(bytes_, at);
    if (run.bytes == 0) break;
    if (!text.empty()) text += ' ';
    if (run.value != 0)
      text += fmt::format("v:{},{}", run.value, run.length);
    else
      text += fmt::format("{}:{}", run.bytes == 1 ? 'z' : 'Z', run.length);
    at += run.bytes;
  }
  return text;
}

}  // namespace engine
