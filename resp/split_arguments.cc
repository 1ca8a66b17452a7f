#include "resp/split_arguments.h"

#include <memory>

namespace resp {

namespace {

// isspace of the C locale.
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

class Splitter {
 public:
  Splitter(std::string_view line, char* text)
      : at_(line.data()), end_(line.data() + line.size()), to_(text) {}

  bool skip_blanks() {
    while (is_blank(peek())) ++at_;
    return peek() != '\0';
  }

  // One argument, decoded; false when a quote is not closed as it must be.
  bool next(std::string_view* argument) {
    const char* const begin = to_;
    while (true) {
      const char c = peek();
      // Vertical tab and form feed separate arguments but do not end one.
      if (c == '\0' || c == ' ' || c == '\n' || c == '\r' || c == '\t') break;
      ++at_;
      if (c == '"' || c == '\'') {
        if (!(c == '"' ? double_quoted() : single_quoted())) return false;
        break;
      }
      *to_++ = c;
    }
    *argument = {begin, static_cast<size_t>(to_ - begin)};
    return true;
  }

 private:
  char peek(size_t ahead = 0) const {
    return static_cast<size_t>(end_ - at_) > ahead ? at_[ahead] : '\0';
  }

  bool closed_by_blank() const { return peek() == '\0' || is_blank(peek()); }

  bool double_quoted() {
    while (true) {
      const char c = peek();
      if (c == '\0') return false;
      ++at_;
      if (c == '"') return closed_by_blank();
      if (c != '\\' || peek() == '\0') {
        *to_++ = c;
      } else if (peek() == 'x' && hex_value(peek(1)) >= 0 && hex_value(peek(2)) >= 0) {
        *to_++ = static_cast<char>(hex_value(peek(1)) * 16 + hex_value(peek(2)));
        at_ += 3;
      } else {
        *to_++ = unescaped(*at_++);
      }
    }
  }

  bool single_quoted() {
    while (true) {
      const char c = peek();
      if (c == '\0') return false;
      ++at_;
      if (c == '\'') return closed_by_blank();
      if (c == '\\' && peek() == '\'') {
        *to_++ = *at_++;
      } else {
        *to_++ = c;
      }
    }
  }

  const char* at_;
  const char* const end_;
  char* to_;
};

}  // namespace

std::optional<size_t> split_arguments(std::string_view line, char* text,
                                      std::string_view* arguments) {
  Splitter splitter(line.substr(0, line.find('\0')), text);
  size_t count = 0;
  while (splitter.skip_blanks()) {
    if (!splitter.next(&arguments[count])) return std::nullopt;
    ++count;
  }
  return count;
}

bool split_arguments(std::string_view line, std::vector<std::string>* arguments) {
  const auto text = std::make_unique<char[]>(line.size());
  std::vector<std::string_view> views(split_arguments_max(line.size()) + 1);
  const auto count = split_arguments(line, text.get(), views.data());
  if (!count.has_value()) return false;
  arguments->insert(arguments->end(), views.begin(),
                    views.begin() + static_cast<std::ptrdiff_t>(*count));
  return true;
}

}  // namespace resp
