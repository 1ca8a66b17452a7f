#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace base {

const char* error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kIo: return "I/O error";
    case ErrorCode::kNoSpace: return "no space";
    case ErrorCode::kNoMemory: return "out of memory budget";
    case ErrorCode::kCorrupt: return "corrupt data";
    case ErrorCode::kProtocol: return "protocol error";
    case ErrorCode::kNotFound: return "not found";
    case ErrorCode::kBusy: return "busy";
    case ErrorCode::kInvalid: return "invalid";
    case ErrorCode::kUnsupported: return "not supported";
    case ErrorCode::kCancelled: return "cancelled";
  }
  return "unknown error";
}

std::string Error::to_string() const {
  std::string text = error_code_name(code);
  if (sys_errno != 0) text += ": " + std::system_category().message(sys_errno);
  if (*detail != '\0') text += std::string(" (") + detail + ")";
  return text;
}

Error Error::from_errno(int positive_errno, const char* detail) {
  CHECK_GT(positive_errno, 0);
  switch (positive_errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return {ErrorCode::kNoSpace, positive_errno, detail};
    case ENOENT: return {ErrorCode::kNotFound, positive_errno, detail};
    case ENOMEM: return {ErrorCode::kNoMemory, positive_errno, detail};
    case ECANCELED: return {ErrorCode::kCancelled, positive_errno, detail};
    case EOPNOTSUPP:
    case ENOSYS: return {ErrorCode::kUnsupported, positive_errno, detail};
    default: return {ErrorCode::kIo, positive_errno, detail};
  }
}

}  // namespace base
