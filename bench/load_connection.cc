#include "bench/load_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <iterator>

namespace bench {
namespace {

constexpr size_t kReceiveBytes = 64 * 1024;

bool parse_number(std::string_view text, int64_t* number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

LoadConnection::LoadConnection(const LoadOptions* options, Work* work, const base::Clock* clock)
    : options_(options), work_(work), clock_(clock) {}

LoadConnection::~LoadConnection() {
  if (descriptor_ >= 0) close(descriptor_);
}

base::Status LoadConnection::connect() {
  descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return base::Error::from_errno(errno, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_->port);
  if (inet_pton(AF_INET, options_->host.c_str(), &address.sin_addr) != 1) {
    return base::Error{base::ErrorCode::kInvalid, 0, "the host is not an IPv4 address"};
  }
  if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return base::Error::from_errno(errno, "connect");
  }
  int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fcntl(descriptor_, F_SETFL, O_NONBLOCK) != 0) {
    return base::Error::from_errno(errno, "fcntl");
  }
  return base::ok_status();
}

bool LoadConnection::begin() {
  output_.clear();
  written_ = 0;
  expected_.clear();
  keys_.clear();
  answered_ = 0;
  while (expected_.size() < options_->pipeline && work_->may_begin()) add_request();
  if (expected_.empty()) return false;
  sent_ns_ = clock_->monotonic_ns();
  return write_more();
}

bool LoadConnection::advance() {
  if (wants_to_write() && !write_more()) return false;
  if (!read_more() || !take_replies()) return false;
  return answered_ < expected_.size() || begin();
}

void LoadConnection::add_command(std::string_view name, size_t arguments) {
  fmt::format_to(std::back_inserter(output_), "*{}\r\n", arguments + 1);
  add_bulk(name);
}

void LoadConnection::add_bulk(std::string_view bytes) {
  char head[24];
  auto end = fmt::format_to(head, "${}\r\n", bytes.size());
  output_.append(head, static_cast<size_t>(end - head));
  output_.append(bytes);
  output_.append("\r\n");
}

void LoadConnection::add_request() {
  Operation operation = work_->draws_set() ? Operation::kSet : options_->operation;
  bool many = operation == Operation::kMset || operation == Operation::kMget;
  bool writes = operation == Operation::kSet || operation == Operation::kMset;
  uint32_t wanted = many ? options_->keys_per_request : 1;
  auto first = static_cast<uint32_t>(keys_.size());
  uint64_t key = 0;
  while (keys_.size() - first < wanted && work_->next_key(&key)) keys_.push_back(key);
  size_t count = keys_.size() - first;

  static constexpr std::string_view kNames[] = {"GET", "SET", "MSET", "MGET", "DEL", "PEXPIRE"};
  bool lives = operation == Operation::kSet && options_->time_to_live_ms > 0;
  bool expires = operation == Operation::kExpire;
  add_command(kNames[static_cast<size_t>(operation)], count * (writes ? 2 : 1) + (lives     ? 2
                                                                                  : expires ? 1
                                                                                            : 0));
  for (size_t at = first; at < keys_.size(); ++at) {
    scratch_.clear();
    append_key(&scratch_, keys_[at], options_->key_bytes);
    add_bulk(scratch_);
    if (!writes) continue;
    scratch_.clear();
    append_value(&scratch_, keys_[at], options_->tag, options_->value_bytes);
    add_bulk(scratch_);
  }
  if (lives) add_bulk("PX");
  if (lives || expires) add_bulk(std::to_string(options_->time_to_live_ms));
  expected_.push_back({operation, first, static_cast<uint32_t>(count)});
}

bool LoadConnection::write_more() {
  while (written_ < output_.size()) {
    ssize_t sent =
        send(descriptor_, output_.data() + written_, output_.size() - written_, MSG_NOSIGNAL);
    if (sent >= 0) {
      written_ += static_cast<size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return true;
    } else if (errno != EINTR) {
      work_->outcome.error(base::Error::from_errno(errno, "send").to_string());
      return false;
    }
  }
  return true;
}

bool LoadConnection::read_more() {
  size_t held = input_.size();
  input_.resize(held + kReceiveBytes);
  ssize_t received = recv(descriptor_, input_.data() + held, kReceiveBytes, 0);
  input_.resize(held + static_cast<size_t>(received > 0 ? received : 0));
  if (received > 0) return true;
  if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true;
  work_->outcome.error(received == 0 ? "the server closed the connection"
                                     : base::Error::from_errno(errno, "recv").to_string());
  return false;
}

bool LoadConnection::take_replies() {
  uint64_t now_ns = 0;
  while (answered_ < expected_.size()) {
    Parsed parsed = take_reply();
    if (parsed == Parsed::kPart) break;
    if (parsed == Parsed::kBroken) {
      work_->outcome.error("the reply is not what the command answers");
      return false;
    }
    if (now_ns == 0) now_ns = clock_->monotonic_ns();
    work_->outcome.latency.add(now_ns - sent_ns_);
    ++work_->outcome.requests;
    ++answered_;
  }
  if (parsed_ == input_.size()) {
    input_.clear();
    parsed_ = 0;
  } else if (parsed_ > kReceiveBytes) {
    input_.erase(0, parsed_);
    parsed_ = 0;
  }
  return true;
}

bool LoadConnection::line_at(size_t at, std::string_view* line) const {
  size_t end = input_.find("\r\n", at);
  if (end == std::string::npos) return false;
  *line = std::string_view(input_).substr(at, end - at);
  return true;
}

bool LoadConnection::bulk_at(size_t at, size_t bytes) const {
  return input_.size() - at >= bytes + 2;
}

LoadConnection::Parsed LoadConnection::take_reply() {
  const Expected& expected = expected_[answered_];
  std::string_view line;
  if (!line_at(parsed_, &line)) return Parsed::kPart;
  if (line.empty()) return Parsed::kBroken;
  size_t at = parsed_ + line.size() + 2;
  if (line[0] == '-') {
    work_->outcome.error(line);
    parsed_ = at;
    return Parsed::kWhole;
  }
  switch (expected.operation) {
    case Operation::kSet:
    case Operation::kMset:
      if (line != "+OK") return Parsed::kBroken;
      break;
    case Operation::kDel:
    case Operation::kExpire:
      if (line == ":0") judge_missing();
      break;
    case Operation::kGet:
    case Operation::kMget: {
      Parsed parsed = take_value(expected, line, &at);
      if (parsed != Parsed::kWhole) return parsed;
      break;
    }
  }
  parsed_ = at;
  return Parsed::kWhole;
}

LoadConnection::Parsed LoadConnection::take_value(const Expected& expected, std::string_view line,
                                                  size_t* at) {
  int64_t number = 0;
  bool array = expected.operation == Operation::kMget;
  if (array && line != fmt::format("*{}", expected.count)) return Parsed::kBroken;
  // Judged only when whole, so that nothing is counted twice.
  size_t position = array ? *at : parsed_;
  std::vector<std::string_view> values;
  for (uint32_t index = 0; index < expected.count; ++index) {
    std::string_view head;
    if (!line_at(position, &head)) return Parsed::kPart;
    if (head.empty() || head[0] != '$' || !parse_number(head.substr(1), &number)) {
      return Parsed::kBroken;
    }
    position += head.size() + 2;
    if (number < 0) {
      values.push_back({});
      continue;
    }
    if (!bulk_at(position, static_cast<size_t>(number))) return Parsed::kPart;
    values.push_back({input_.data() + position, static_cast<size_t>(number)});
    position += static_cast<size_t>(number) + 2;
  }
  for (uint32_t index = 0; index < expected.count; ++index) {
    if (values[index].data() == nullptr) {
      judge_missing();
    } else {
      judge(keys_[expected.first + index], values[index]);
    }
  }
  *at = position;
  return Parsed::kWhole;
}

void LoadConnection::judge(uint64_t key, std::string_view value) {
  ++work_->outcome.found;
  if (options_->absent == Absent::kExpected ||
      !value_is(value, key, options_->tag, options_->value_bytes)) {
    if (work_->outcome.wrong_values++ == 0) {
      fmt::print(stderr, "basalt-load: the value of key {} is wrong: {} bytes\n", key,
                 value.size());
    }
  }
}

void LoadConnection::judge_missing() {
  ++work_->outcome.missing;
  if (options_->absent == Absent::kFails) work_->outcome.error("a key is missing");
}

}  // namespace bench
