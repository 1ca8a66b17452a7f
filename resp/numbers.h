// Numbers as Redis reads and writes them: the strict integers and floats of arguments and values.
//
// The rules are those of Redis 7.0's util.c and object.c, because clients see them: which texts
// count as a number decides errors, encodings and the bytes that INCRBYFLOAT stores.

#ifndef BASALT_RESP_NUMBERS_H_
#define BASALT_RESP_NUMBERS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace resp {

// The longest text of an int64 or uint64: "-9223372036854775808".
inline constexpr size_t kIntegerTextBytes = 20;
// The longest text of format_double.
inline constexpr size_t kDoubleTextBytes = 32;
// The longest text of format_human, and one more than the longest that parse_long_double reads.
inline constexpr size_t kLongDoubleTextBytes = 5 * 1024;

// string2ll: an optional '-', no leading zero, no "-0", no spaces, no '+', in range. On false
// `*value` is untouched. So exactly the texts that format_int64 produces are accepted.
bool parse_int64(std::string_view text, int64_t* value);

// string2d as getDoubleFromObject uses it: everything strtod takes (inf, hexadecimal, '+'), but
// not empty, no space before or after, no NaN, no overflow, no underflow to zero.
bool parse_double(std::string_view text, double* value);

// string2ld, the rule of getLongDoubleFromObject (INCRBYFLOAT): as parse_double with strtold, and
// refuses texts of kLongDoubleTextBytes or more.
bool parse_long_double(std::string_view text, long double* value);

// Decimal digits in `value`, 1 to 20.
int digit_count(uint64_t value);

// Write decimal text without a terminator and return its end. `to` has kIntegerTextBytes.
char* format_uint64(uint64_t value, char* to);
char* format_int64(int64_t value, char* to);

// d2string: integers as such, else %.17g; "nan", "inf", "-inf", "-0". The form of scores in
// listpacks and of ZSCORE's storage. Returns the end; `to` has kDoubleTextBytes.
char* format_double(double value, char* to);

// ld2string in human mode (INCRBYFLOAT, HINCRBYFLOAT): %.17Lf without trailing zeros, never an
// exponent, never "-0". Returns the end; `to` has kLongDoubleTextBytes.
char* format_human(long double value, char* to);

}  // namespace resp

#endif  // BASALT_RESP_NUMBERS_H_
