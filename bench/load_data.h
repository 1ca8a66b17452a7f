// Keys and values that derive from a number, so that every reply can be verified.
//
// Value of key i, with a length n and a tag t:
//   n >= 16:  tag (4 bytes LE) | length (4 bytes LE) | stream(i, t, n)
//   n <  16:  stream(i, t, n)
// The stream is SplitMix64: incompressible, and different for each of its three seeds.

#ifndef BASALT_BENCH_LOAD_DATA_H_
#define BASALT_BENCH_LOAD_DATA_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

// Whether key `number` is among the `from`th to `to`th percent of a fixed random order.
bool in_subset(uint64_t number, uint32_t from_percent, uint32_t to_percent);

// Appends "key:" and the number, padded with zeros to `key_bytes`. REQUIRES: key_bytes >= 16.
void append_key(std::string* out, uint64_t number, uint32_t key_bytes);

void append_value(std::string* out, uint64_t number, uint32_t tag, uint32_t value_bytes);

// Whether `value` is the one of key `number` with this tag and length, to the last byte.
bool value_is(std::string_view value, uint64_t number, uint32_t tag, uint32_t value_bytes);

}  // namespace bench

#endif  // BASALT_BENCH_LOAD_DATA_H_
