// The digest of a data set, or of a value, as Redis's DEBUG DIGEST makes it: equal data, equal
// digest, whatever the order, the encoding and the server.

#ifndef BASALT_ENGINE_DIGEST_H_
#define BASALT_ENGINE_DIGEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "engine/entry.h"
#include "engine/sha1.h"

namespace engine {

// The digest of one value. A string may come in pieces, an aggregate element by element.
//
//   value:  type, the string's bytes; xor the mark of an expiry
//           type, xor the sum of each member of a set, or of each mix of a hash's field and value,
//           or of a sorted set's member and score
//           type, mixed with each element of a list in order, of a stream with each ID, field and
//           value
//   key:    the same, begun with the key's name
class ValueDigest {
 public:
  ValueDigest() = default;
  explicit ValueDigest(std::string_view key);

  void begin(ValueType type);
  void add_string_piece(base::ByteSpan bytes) { string_.update(bytes); }
  void add_element(std::string_view element);
  // In any order.
  void add_member(std::string_view member);
  void add_pair(std::string_view field, std::string_view value);
  void add_scored(std::string_view member, double score);
  // After the last piece or element.
  Sha1Sum finish(bool has_expiry);

 private:
  Sha1Sum sum_{};
  ValueType type_ = ValueType::kString;
  Sha1 string_;
};

// Those of all keys: key digests of a database are combined in any order.
class DataDigest {
 public:
  void add_key(uint64_t database, const Sha1Sum& key_digest);
  Sha1Sum finish() const;

 private:
  std::vector<std::optional<Sha1Sum>> databases_;
};

// Forty hexadecimal digits.
std::string to_hex(const Sha1Sum& sum);

}  // namespace engine

#endif  // BASALT_ENGINE_DIGEST_H_
