#include "engine/value/large_string.h"

#include "engine/value/chunked_string.h"

namespace engine {

namespace {

constexpr size_t kValueIdOffset = 0;
constexpr size_t kBytesOffset = 8;
constexpr size_t kPageCountOffset = 16;
constexpr size_t kPageBytesOffset = 20;

}  // namespace

void encode_large_root(const LargeString& large, std::byte* to) {
  base::store_le<uint64_t>(to + kValueIdOffset, large.value_id);
  base::store_le<uint64_t>(to + kBytesOffset, large.bytes);
  base::store_le<uint32_t>(to + kPageCountOffset,
                           static_cast<uint32_t>(large_page_count(large.bytes)));
  base::store_le<uint32_t>(to + kPageBytesOffset, static_cast<uint32_t>(kLargePageBytes));
}

base::Result<LargeString> decode_large_root(base::ByteSpan payload) {
  const base::Error corrupt{base::ErrorCode::kCorrupt, 0, "root of a large string"};
  if (payload.size() != kLargeRootBytes) return corrupt;
  LargeString large;
  large.value_id = base::load_le<uint64_t>(payload.data() + kValueIdOffset);
  large.bytes = base::load_le<uint64_t>(payload.data() + kBytesOffset);
  if (large.bytes <= base::kInlineValueBytesMax || large.bytes > kChunkedStringBytesMax)
    return corrupt;
  if (base::load_le<uint32_t>(payload.data() + kPageCountOffset) != large_page_count(large.bytes))
    return corrupt;
  if (base::load_le<uint32_t>(payload.data() + kPageBytesOffset) != kLargePageBytes) return corrupt;
  return large;
}

}  // namespace engine
