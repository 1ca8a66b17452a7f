// Element: a string within an aggregate, as packed buffers and pages hold it: its bytes, or the
// number that its text is.

#ifndef BASALT_ENGINE_VALUE_ELEMENT_H_
#define BASALT_ENGINE_VALUE_ELEMENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "resp/numbers.h"

namespace engine {

struct Element {
  std::string_view text;  // Of a string; a view of where it lies.
  int64_t number = 0;
  bool is_number = false;

  static Element of_text(std::string_view text) { return {text, 0, false}; }
  static Element of_number(int64_t number) { return {{}, number, true}; }
};

// An element's text, made where it is a number.
class ElementText {
 public:
  explicit ElementText(const Element& element) : view_(element.text) {
    if (!element.is_number) return;
    const char* const end = resp::format_int64(element.number, digits_.data());
    view_ = {digits_.data(), static_cast<size_t>(end - digits_.data())};
  }
  ElementText(const ElementText&) = delete;
  ElementText& operator=(const ElementText&) = delete;

  std::string_view view() const { return view_; }

 private:
  std::array<char, resp::kIntegerTextBytes> digits_;
  std::string_view view_;
};

inline std::string text_of(const Element& element) {
  return std::string(ElementText(element).view());
}

// A text that is looked for among elements.
struct ElementProbe {
  explicit ElementProbe(std::string_view wanted) : text(wanted) {
    is_number = resp::parse_int64(text, &number);
  }
  // Packed buffers hold the text of every number as the number.
  bool is(const Element& element) const {
    if (!element.is_number) return element.text == text;
    return is_number && element.number == number;
  }

  std::string_view text;
  int64_t number = 0;
  bool is_number = false;
};

// ---- RDB strings, the elements of pages: as they are, or small numbers; never compressed

// A text of this length takes at most so many bytes.
constexpr size_t rdb_element_bytes_max(size_t text_bytes) { return text_bytes + 24; }
// Writes the encoding that each text has exactly one of; how many bytes it took.
size_t encode_rdb_element(std::string_view text, std::byte* to);
// The element at the front of `bytes`, which encode_rdb_element() has written.
Element read_rdb_element(base::ByteSpan bytes, size_t* taken);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_ELEMENT_H_
