#include "base/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace base {

namespace {
std::atomic<CheckFailureHook> failure_hook{nullptr};
}

void set_check_failure_hook(CheckFailureHook hook) { failure_hook.store(hook); }

void check_failed(const char* file, int line, const char* expression, const std::string& values) {
  const std::string message = fmt::format("{}:{}: CHECK failed: {}{}{}{}", file, line, expression,
                                          values.empty() ? "" : " (", values,
                                          values.empty() ? "" : ")");
  std::fprintf(stderr, "%s\n", message.c_str());
  std::fflush(stderr);
  if (CheckFailureHook hook = failure_hook.exchange(nullptr)) hook(message.c_str());
  std::abort();
}

}  // namespace base
