#include "engine/digest.h"

#include <fmt/format.h>

#include "resp/numbers.h"

namespace engine {

namespace {

// xor with the sum of some bytes.
void xor_with(Sha1Sum& digest, const Sha1Sum& sum) {
  for (size_t i = 0; i < digest.size(); ++i) digest[i] ^= sum[i];
}

Sha1Sum sum_of(base::ByteSpan bytes) {
  Sha1 sha;
  sha.update(bytes);
  return sha.finish();
}

// Redis's mixDigest with what was summed already: the order of mixes matters.
void mix(Sha1Sum& digest, const Sha1Sum& sum) {
  xor_with(digest, sum);
  digest = sum_of(std::as_bytes(std::span(digest)));
}

std::array<std::byte, 4> big_endian(uint32_t value) {
  return {static_cast<std::byte>(value >> 24), static_cast<std::byte>(value >> 16),
          static_cast<std::byte>(value >> 8), static_cast<std::byte>(value)};
}

// The numbers that Redis gives the types.
uint32_t type_number(ValueType type) {
  switch (type) {
    case ValueType::kString:
      return 0;
    case ValueType::kList:
      return 1;
    case ValueType::kSet:
      return 2;
    case ValueType::kZset:
      return 3;
    case ValueType::kHash:
      return 4;
    case ValueType::kStream:
      break;
  }
  return 6;
}

}  // namespace

ValueDigest::ValueDigest(std::string_view key) { mix(sum_, sum_of(base::as_bytes(key))); }

void ValueDigest::begin(ValueType type) {
  type_ = type;
  mix(sum_, sum_of(big_endian(type_number(type))));
}

void ValueDigest::add_element(std::string_view element) {
  mix(sum_, sum_of(base::as_bytes(element)));
}

void ValueDigest::add_member(std::string_view member) {
  xor_with(sum_, sum_of(base::as_bytes(member)));
}

void ValueDigest::add_pair(std::string_view field, std::string_view value) {
  Sha1Sum pair{};
  mix(pair, sum_of(base::as_bytes(field)));
  mix(pair, sum_of(base::as_bytes(value)));
  xor_with(sum_, sum_of(std::as_bytes(std::span(pair))));
}

void ValueDigest::add_scored(std::string_view member, double score) {
  char text[resp::kDoubleTextBytes];
  const char* const end = resp::format_double(score, text);
  add_pair(member, {text, static_cast<size_t>(end - text)});
}

Sha1Sum ValueDigest::finish(bool has_expiry) {
  if (type_ == ValueType::kString) mix(sum_, string_.finish());
  if (has_expiry) xor_with(sum_, sum_of(base::as_bytes(std::string_view("!!expire!!"))));
  return sum_;
}

void DataDigest::add_key(uint64_t database, const Sha1Sum& key_digest) {
  if (databases_.size() <= database) databases_.resize(database + 1);
  std::optional<Sha1Sum>& keys = databases_[database];
  if (!keys.has_value()) keys = Sha1Sum{};
  xor_with(*keys, sum_of(std::as_bytes(std::span(key_digest))));
}

Sha1Sum DataDigest::finish() const {
  Sha1Sum digest{};
  for (size_t i = 0; i < databases_.size(); ++i) {
    if (!databases_[i].has_value()) continue;
    mix(digest, sum_of(big_endian(static_cast<uint32_t>(i))));
    xor_with(digest, *databases_[i]);
  }
  return digest;
}

std::string to_hex(const Sha1Sum& sum) {
  std::string text;
  for (const uint8_t byte : sum) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

}  // namespace engine
