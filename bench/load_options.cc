#include "bench/load_options.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>

namespace bench {
namespace {

using Setter = std::function<bool(const std::string&)>;

template <class T>
Setter number(T* field) {
  return [field](const std::string& text) {
    char* end = nullptr;
    errno = 0;
    unsigned long long value = std::strtoull(text.c_str(), &end, 10);
    if (errno != 0 || text.empty() || *end != '\0' || value > std::numeric_limits<T>::max()) {
      return false;
    }
    *field = static_cast<T>(value);
    return true;
  };
}

template <class T>
Setter choice(T* field, std::map<std::string, T> names) {
  return [field, names = std::move(names)](const std::string& text) {
    auto found = names.find(text);
    if (found == names.end()) return false;
    *field = found->second;
    return true;
  };
}

std::map<std::string, Setter> setters(LoadOptions* options) {
  return {
      {"--host", [options](const std::string& text) { return !(options->host = text).empty(); }},
      {"--port", number(&options->port)},
      {"--clients", number(&options->clients)},
      {"--pipeline", number(&options->pipeline)},
      {"--operation", choice<Operation>(&options->operation, {{"get", Operation::kGet},
                                                              {"set", Operation::kSet},
                                                              {"mset", Operation::kMset},
                                                              {"mget", Operation::kMget},
                                                              {"del", Operation::kDel},
                                                              {"expire", Operation::kExpire}})},
      {"--set-percent", number(&options->set_percent)},
      {"--keys-per-request", number(&options->keys_per_request)},
      {"--first-key", number(&options->first_key)},
      {"--keys", number(&options->keys)},
      {"--key-bytes", number(&options->key_bytes)},
      {"--subset-from", number(&options->subset_from)},
      {"--subset-to", number(&options->subset_to)},
      {"--value-bytes", number(&options->value_bytes)},
      {"--tag", number(&options->tag)},
      {"--time-to-live-ms", number(&options->time_to_live_ms)},
      {"--requests", number(&options->requests)},
      {"--seconds",
       [options](const std::string& text) {
         options->seconds = std::strtod(text.c_str(), nullptr);
         return options->seconds > 0;
       }},
      {"--absent", choice<Absent>(&options->absent, {{"fails", Absent::kFails},
                                                     {"allowed", Absent::kAllowed},
                                                     {"expected", Absent::kExpected}})},
      {"--seed", number(&options->seed)},
  };
}

base::Error invalid(const std::string& text) {
  fmt::print(stderr, "basalt-load: {}\n", text);
  return {base::ErrorCode::kInvalid};
}

bool consistent(const LoadOptions& options) {
  bool ends = options.each_key_once || options.requests > 0 || options.seconds > 0;
  return ends && options.clients > 0 && options.pipeline > 0 && options.keys > 0 &&
         options.keys_per_request > 0 && options.key_bytes >= 16 && options.key_bytes <= 1024 &&
         options.set_percent <= 100 && options.subset_from < options.subset_to &&
         options.subset_to <= 100;
}

}  // namespace

base::Result<LoadOptions> parse_load_options(const std::vector<std::string>& arguments) {
  LoadOptions options;
  auto by_name = setters(&options);
  for (size_t at = 0; at < arguments.size(); ++at) {
    const std::string& name = arguments[at];
    if (name == "--each-key-once") {
      options.each_key_once = true;
      continue;
    }
    auto found = by_name.find(name);
    if (found == by_name.end()) return invalid("unknown option " + name);
    if (at + 1 == arguments.size() || !found->second(arguments[at + 1])) {
      return invalid("a value is missing or wrong for " + name);
    }
    ++at;
  }
  if (!consistent(options)) {
    return invalid(
        "needs --each-key-once, --requests or --seconds, and counts above 0; "
        "--key-bytes is 16 to 1024");
  }
  return options;
}

}  // namespace bench
