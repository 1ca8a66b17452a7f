#include "resp/reply_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "resp/numbers.h"

namespace resp {

namespace {

std::string joined(const std::vector<Reply>& elements, bool pairs) {
  std::string text;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) text += pairs && i % 2 == 1 ? ": " : ", ";
    text += elements[i].to_string();
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out + '"';
}

}  // namespace

std::string Reply::to_string() const {
  std::string prefix;
  if (!attributes.empty()) prefix = "|{" + joined(attributes, true) + "} ";
  switch (type) {
    case Type::kSimpleString:
      return prefix + text;
    case Type::kError:
      return prefix + "(error) " + text;
    case Type::kInteger:
      return prefix + std::to_string(integer);
    case Type::kBulk:
    case Type::kVerbatim:
      return prefix + quoted(text);
    case Type::kNull:
      return prefix + "(nil)";
    case Type::kArray:
      return prefix + "[" + joined(elements, false) + "]";
    case Type::kMap:
      return prefix + "{" + joined(elements, true) + "}";
    case Type::kSet:
      return prefix + "~{" + joined(elements, false) + "}";
    case Type::kPush:
      return prefix + ">[" + joined(elements, false) + "]";
    case Type::kDouble:
    case Type::kBigNumber:
      return prefix + text;
    case Type::kBoolean:
      return prefix + (integer != 0 ? "true" : "false");
  }
  CHECK(false);
  return {};
}

void ReplyParser::feed(std::string_view bytes) {
  if (position_ == buffer_.size()) {
    buffer_.clear();
    scanned_ = position_ = 0;
  } else if (position_ > buffer_.size() / 2) {
    buffer_.erase(0, position_);
    scanned_ -= std::min(scanned_, position_);
    position_ = 0;
  }
  buffer_.append(bytes);
}

base::Result<std::optional<Reply>> ReplyParser::next() {
  while (!error_.has_value()) {
    Reply reply;
    const Step step = read_element(&reply);
    if (step == Step::kIncomplete) return std::optional<Reply>();
    if (step == Step::kOpened) continue;
    if (step == Step::kReply && close_into_parent(&reply))
      return std::optional<Reply>(std::move(reply));
  }
  return *error_;
}

// Hands a complete reply to the aggregate it belongs to, and that to its own when it is complete
// with it. True when `reply` belongs to none.
bool ReplyParser::close_into_parent(Reply* reply) {
  while (!open_.empty()) {
    Open& parent = open_.back();
    parent.reply.elements.push_back(std::move(*reply));
    if (--parent.elements_left > 0) return false;
    *reply = std::move(parent.reply);
    const bool is_attribute = parent.is_attribute;
    open_.pop_back();
    if (is_attribute) {
      attributes_ = std::move(reply->elements);
      return false;
    }
  }
  return true;
}

ReplyParser::Step ReplyParser::read_element(Reply* reply) {
  const size_t end = buffer_.find("\r\n", std::max(position_, scanned_));
  if (end == std::string::npos) {
    // A CR may be the last byte.
    scanned_ = buffer_.empty() ? 0 : std::max(position_, buffer_.size() - 1);
    if (buffer_.size() - position_ > kLineBytesMax) return fail("too long a line in a reply");
    return Step::kIncomplete;
  }
  if (end == position_) return fail("empty line in a reply");
  const char type = buffer_[position_];
  const std::string_view line =
      std::string_view(buffer_).substr(position_ + 1, end - position_ - 1);
  switch (type) {
    case '$':
    case '=':
      return read_bulk(type, line, end + 2, reply);
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      return open_aggregate(type, line, end + 2, reply);
    default:
      return read_line_reply(type, line, end + 2, reply);
  }
}

// Everything before `end` is read; pending attributes belong to the reply that ends or opens here.
ReplyParser::Step ReplyParser::accept(size_t end, Step step, Reply* reply) {
  position_ = scanned_ = end;
  reply->attributes = std::exchange(attributes_, {});
  return step;
}

ReplyParser::Step ReplyParser::read_line_reply(char type, std::string_view line, size_t end,
                                               Reply* reply) {
  switch (type) {
    case '+':
      reply->type = Reply::Type::kSimpleString;
      break;
    case '-':
      reply->type = Reply::Type::kError;
      break;
    case ':':
      reply->type = Reply::Type::kInteger;
      if (!parse_int64(line, &reply->integer)) return fail("bad integer in a reply");
      break;
    case '_':
      reply->type = Reply::Type::kNull;
      break;
    case '#':
      reply->type = Reply::Type::kBoolean;
      if (line != "t" && line != "f") return fail("bad boolean in a reply");
      reply->integer = line == "t";
      break;
    case ',':
      reply->type = Reply::Type::kDouble;
      if (line == "nan" || line == "-nan") {
        reply->number = std::nan("");
      } else if (!parse_double(line, &reply->number)) {
        return fail("bad double in a reply");
      }
      break;
    case '(':
      reply->type = Reply::Type::kBigNumber;
      break;
    default:
      return fail("unknown type of reply");
  }
  reply->text = line;
  return accept(end, Step::kReply, reply);
}

ReplyParser::Step ReplyParser::read_bulk(char type, std::string_view line, size_t begin,
                                         Reply* reply) {
  int64_t bytes = 0;
  if (!parse_int64(line, &bytes) || bytes < -1) return fail("bad bulk length in a reply");
  if (bytes == -1) return accept(begin, Step::kReply, reply);
  const auto length = static_cast<uint64_t>(bytes);
  if (length > bulk_bytes_max_) return fail("too long a bulk in a reply");
  if (buffer_.size() - begin < length + 2) return Step::kIncomplete;
  if (buffer_.compare(begin + length, 2, "\r\n") != 0) return fail("bulk without end in a reply");
  reply->type = Reply::Type::kBulk;
  reply->text = buffer_.substr(begin, length);
  if (type == '=') {
    if (length < 4 || reply->text[3] != ':') return fail("bad verbatim string in a reply");
    reply->type = Reply::Type::kVerbatim;
    reply->format = reply->text.substr(0, 3);
    reply->text.erase(0, 4);
  }
  return accept(begin + length + 2, Step::kReply, reply);
}

ReplyParser::Step ReplyParser::open_aggregate(char type, std::string_view line, size_t end,
                                              Reply* reply) {
  int64_t count = 0;
  if (!parse_int64(line, &count) || count < -1 || count > INT32_MAX)
    return fail("bad length of an aggregate in a reply");
  if (count == -1) return accept(end, Step::kReply, reply);
  const bool pairs = type == '%' || type == '|';
  reply->type = pairs         ? Reply::Type::kMap
                : type == '~' ? Reply::Type::kSet
                : type == '>' ? Reply::Type::kPush
                              : Reply::Type::kArray;
  if (count == 0 && type != '|') return accept(end, Step::kReply, reply);
  if (open_.size() >= kDepthMax) return fail("too deep a reply");
  const Step step = accept(end, Step::kOpened, reply);
  if (count == 0) return step;  // An attribute of no pairs belongs to nobody.
  open_.push_back({.reply = std::move(*reply),
                   .elements_left = static_cast<uint64_t>(count) * (pairs ? 2 : 1),
                   .is_attribute = type == '|'});
  return step;
}

ReplyParser::Step ReplyParser::fail(const char* detail) {
  error_ = base::Error{.code = base::ErrorCode::kProtocol, .sys_errno = 0, .detail = detail};
  return Step::kError;
}

}  // namespace resp
