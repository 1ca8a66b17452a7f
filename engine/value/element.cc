#include "engine/value/element.h"

#include "base/check.h"
#include "persist/rdb_format.h"
#include "persist/rdb_string.h"

namespace engine {

size_t encode_rdb_element(std::string_view text, std::byte* to) {
  return persist::encode_string(base::as_bytes(text), false, to);
}

Element read_rdb_element(base::ByteSpan bytes, size_t* taken) {
  const persist::RdbLength length = persist::decode_length(bytes);
  CHECK(length.valid && length.bytes > 0);
  if (!length.special) {
    *taken = length.bytes + length.value;
    return Element::of_text(base::as_text(bytes.subspan(length.bytes, length.value)));
  }
  *taken = 1 + (size_t{1} << length.value);
  const std::byte* const number = bytes.data() + 1;
  switch (static_cast<persist::RdbStringEncoding>(length.value)) {
    case persist::RdbStringEncoding::kInt8:
      return Element::of_number(base::load_le<int8_t>(number));
    case persist::RdbStringEncoding::kInt16:
      return Element::of_number(base::load_le<int16_t>(number));
    case persist::RdbStringEncoding::kInt32:
      return Element::of_number(base::load_le<int32_t>(number));
    case persist::RdbStringEncoding::kLzf:
      break;
  }
  CHECK(false);  // Pages hold nothing compressed.
  return {};
}

}  // namespace engine
