// CHECK: always-on assertions for programmer errors and invariants.
//
// A failed CHECK prints the expression, both values and the place, then aborts. It is never used
// on input: bytes from a socket or a disk are judged by Result (base/result.h).

#ifndef BASALT_BASE_CHECK_H_
#define BASALT_BASE_CHECK_H_

#include <fmt/format.h>

#include <string>
#include <type_traits>

namespace base {

// Called once with the message before the process aborts, so that the server can write its crash
// report. Null (the default) prints to stderr only.
using CheckFailureHook = void (*)(const char* message);
void set_check_failure_hook(CheckFailureHook hook);

[[noreturn]] void check_failed(const char* file, int line, const char* expression,
                               const std::string& values);

namespace check_internal {

template <class T>
std::string value_text(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return fmt::format("{}", static_cast<long long>(value));
  } else if constexpr (std::is_pointer_v<T>) {
    return fmt::format("{}", static_cast<const void*>(value));
  } else if constexpr (fmt::is_formattable<T>::value) {
    return fmt::format("{}", value);
  } else {
    return "?";
  }
}

}  // namespace check_internal
}  // namespace base

#define CHECK(condition)                                                \
  do {                                                                  \
    if (__builtin_expect(!(condition), 0))                              \
      ::base::check_failed(__FILE__, __LINE__, #condition, "");         \
  } while (false)

#define BASALT_CHECK_OP(a, op, b)                                                     \
  do {                                                                                \
    const auto& basalt_check_a = (a);                                                 \
    const auto& basalt_check_b = (b);                                                 \
    if (__builtin_expect(!(basalt_check_a op basalt_check_b), 0))                     \
      ::base::check_failed(__FILE__, __LINE__, #a " " #op " " #b,                     \
                           ::base::check_internal::value_text(basalt_check_a) +       \
                               " against " +                                          \
                               ::base::check_internal::value_text(basalt_check_b));   \
  } while (false)

#define CHECK_EQ(a, b) BASALT_CHECK_OP(a, ==, b)
#define CHECK_NE(a, b) BASALT_CHECK_OP(a, !=, b)
#define CHECK_LT(a, b) BASALT_CHECK_OP(a, <, b)
#define CHECK_LE(a, b) BASALT_CHECK_OP(a, <=, b)
#define CHECK_GT(a, b) BASALT_CHECK_OP(a, >, b)
#define CHECK_GE(a, b) BASALT_CHECK_OP(a, >=, b)

#endif  // BASALT_BASE_CHECK_H_
