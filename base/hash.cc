#include "base/hash.h"

#include <climits>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/random.h"

namespace base {

static_assert(KeyHasher::kSecretBytes >= XXH3_SECRET_SIZE_MIN);

KeyHasher KeyHasher::with_random_secret(Random& random) {
  Secret secret;
  for (size_t i = 0; i < secret.size(); i += sizeof(uint64_t)) {
    const uint64_t word = random.next();
    std::memcpy(secret.data() + i, &word, sizeof word);
  }
  return KeyHasher(secret);
}

uint64_t KeyHasher::hash64(std::string_view key) const {
  return XXH3_64bits_withSecret(key.data(), key.size(), secret_.data(), secret_.size());
}

}  // namespace base
