// Result<T>: the value of an operation or the Error that kept it from one.
//
// Used for operating errors (I/O, space) and for untrusted bytes. Programmer errors are CHECKs; a
// user's errors are RESP error replies.

#ifndef BASALT_BASE_RESULT_H_
#define BASALT_BASE_RESULT_H_

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace base {

enum class ErrorCode {
  kIo,           // The kernel reported a failure; sys_errno says which.
  kNoSpace,      // The device or the configured limit is full.
  kNoMemory,     // It does not fit the memory budget.
  kCorrupt,      // Bytes from a disk that fail their checks.
  kProtocol,     // Bytes from a socket that break the protocol.
  kNotFound,     // No such file, key or record.
  kBusy,         // Held by somebody else; may be tried again.
  kInvalid,      // A parameter out of its range.
  kUnsupported,  // Not offered by this kernel, or a newer format.
  kCancelled,    // Given up on request.
};

const char* error_code_name(ErrorCode code);

// `detail` is a string literal (static lifetime) or empty; Errors are cheap to copy.
struct Error {
  ErrorCode code;
  int sys_errno = 0;
  const char* detail = "";

  // One line for a log: "I/O error: Input/output error (segment header)".
  std::string to_string() const;

  // The Error of a negative kernel result (-errno).
  static Error from_errno(int positive_errno, const char* detail = "");
};

template <class T = std::monostate>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, error) {}         // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() & {
    CHECK(ok());
    return std::get<0>(state_);
  }
  const T& value() const& {
    CHECK(ok());
    return std::get<0>(state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  const Error& error() const {
    CHECK(!ok());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

// The outcome of an operation without a value.
using Status = Result<std::monostate>;
inline Status ok_status() { return Status(std::monostate{}); }

}  // namespace base

// Leaves the enclosing function with the error of `expression` if it has one.
#define RETURN_IF_ERROR(expression)                                  \
  do {                                                               \
    if (auto basalt_status = (expression); !basalt_status.ok())      \
      return basalt_status.error();                                  \
  } while (false)

#endif  // BASALT_BASE_RESULT_H_
