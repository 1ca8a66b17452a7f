#include "resp/numbers.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "base/check.h"

namespace resp {

namespace {

constexpr char kDigitPairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
    "949596979899";

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// strtod and strtold want a terminator, which a view does not have. `Parse` is one of them.
template <class Float, class Parse>
bool parse_terminated(const char* text, size_t bytes, Parse parse, Float* value) {
  if (bytes == 0 || is_blank(text[0])) return false;
  char* end = nullptr;
  errno = 0;
  const Float parsed = parse(text, &end);
  if (static_cast<size_t>(end - text) != bytes || std::isnan(parsed)) return false;
  const bool out_of_range = std::isinf(parsed) || std::fpclassify(parsed) == FP_ZERO;
  if (errno == EINVAL || (errno == ERANGE && out_of_range)) return false;
  *value = parsed;
  return true;
}

}  // namespace

bool parse_int64(std::string_view text, int64_t* value) {
  if (text.empty() || text.size() > kIntegerTextBytes) return false;
  const bool negative = text[0] == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.size() == 1 && digits[0] == '0' && !negative) {
    *value = 0;
    return true;
  }
  if (digits.empty() || digits[0] < '1' || digits[0] > '9') return false;
  uint64_t magnitude = 0;
  for (const char c : digits) {
    const auto digit = static_cast<uint64_t>(static_cast<unsigned char>(c) - '0');
    if (digit > 9) return false;
    if (__builtin_mul_overflow(magnitude, 10u, &magnitude) ||
        __builtin_add_overflow(magnitude, digit, &magnitude)) {
      return false;
    }
  }
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (magnitude > (negative ? kMax + 1 : kMax)) return false;
  *value = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  return true;
}

bool parse_double(std::string_view text, double* value) {
  const auto parse = [](const char* from, char** end) { return std::strtod(from, end); };
  char copy[256];
  if (text.size() < sizeof copy) {
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    return parse_terminated(copy, text.size(), parse, value);
  }
  return parse_terminated(std::string(text).c_str(), text.size(), parse, value);
}

bool parse_long_double(std::string_view text, long double* value) {
  if (text.size() >= kLongDoubleTextBytes) return false;
  char copy[kLongDoubleTextBytes];
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return parse_terminated(
      copy, text.size(), [](const char* from, char** end) { return std::strtold(from, end); },
      value);
}

int digit_count(uint64_t value) {
  int count = 1;
  while (value >= 10000) {
    value /= 10000;
    count += 4;
  }
  if (value >= 1000) return count + 3;
  if (value >= 100) return count + 2;
  return value >= 10 ? count + 1 : count;
}

char* format_uint64(uint64_t value, char* to) {
  char* const end = to + digit_count(value);
  char* at = end;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &kDigitPairs[(value % 100) * 2], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(at - 2, &kDigitPairs[value * 2], 2);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return end;
}

char* format_int64(int64_t value, char* to) {
  if (value >= 0) return format_uint64(static_cast<uint64_t>(value), to);
  *to = '-';
  return format_uint64(0 - static_cast<uint64_t>(value), to + 1);
}

char* format_double(double value, char* to) {
  // Within 2^52 the conversion to an integer and back is exact, and far faster than %.17g.
  constexpr double kExact = 4503599627370496.0;
  if (std::isnan(value)) {
    std::memcpy(to, "nan", 3);
    return to + 3;
  }
  if (std::isinf(value)) {
    const std::string_view text = value < 0 ? "-inf" : "inf";
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  if (value > -kExact && value < kExact && !(value == 0 && std::signbit(value))) {
    const auto integer = static_cast<int64_t>(value);
    if (static_cast<double>(integer) == value) return format_int64(integer, to);
  }
  const int length = std::snprintf(to, kDoubleTextBytes, "%.17g", value);
  CHECK(length > 0 && static_cast<size_t>(length) < kDoubleTextBytes);
  return to + length;
}

char* format_human(long double value, char* to) {
  if (std::isinf(value)) {
    const std::string_view text = value < 0 ? "-inf" : "inf";
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  const int length = std::snprintf(to, kLongDoubleTextBytes, "%.17Lf", value);
  CHECK(length > 0 && static_cast<size_t>(length) < kLongDoubleTextBytes);
  char* end = to + length;
  if (std::memchr(to, '.', static_cast<size_t>(length)) != nullptr) {
    while (end[-1] == '0') --end;
    if (end[-1] == '.') --end;
  }
  if (end - to == 2 && to[0] == '-' && to[1] == '0') {
    to[0] = '0';
    --end;
  }
  return end;
}

}  // namespace resp
