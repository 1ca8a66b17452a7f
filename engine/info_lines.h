// How a section of INFO is written.

#ifndef BASALT_ENGINE_INFO_LINES_H_
#define BASALT_ENGINE_INFO_LINES_H_

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

namespace engine {

class InfoLines {
 public:
  // `text` outlives the lines.
  InfoLines(std::string* text, std::string_view title) : text_(text) {
    fmt::format_to(std::back_inserter(*text_), "# {}\r\n", title);
  }
  template <class Value>
  void add(std::string_view name, const Value& value) {
    fmt::format_to(std::back_inserter(*text_), "{}:{}\r\n", name, value);
  }

 private:
  std::string* const text_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_INFO_LINES_H_
