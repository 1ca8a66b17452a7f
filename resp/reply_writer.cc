#include "resp/reply_writer.h"

#include <algorithm>

#include "base/check.h"

namespace resp {

void ReplyWriter::append_sanitised(std::string_view text) {
  // In pieces, because a text can be longer than room() gives.
  while (!text.empty()) {
    const size_t now = std::min(text.size(), OutputBuffer::kRoomBytesMax);
    char* const to = out_->room(now);
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(now), to,
                   [](char c) { return c == '\r' || c == '\n' ? ' ' : c; });
    out_->written(to + now);
    text.remove_prefix(now);
  }
}

void ReplyWriter::simple_string(std::string_view text) {
  out_->append("+");
  append_sanitised(text);
  out_->append("\r\n");
}

void ReplyWriter::error(std::string_view text) {
  const size_t first = text.find_first_not_of("\r\n");
  text = first == std::string_view::npos ? std::string_view() : text.substr(first);
  text = text.substr(0, text.find_last_not_of("\r\n") + 1);
  if (text.empty() || text[0] != '-') out_->append("-ERR ");
  append_sanitised(text);
  out_->append("\r\n");
}

void ReplyWriter::integer(int64_t value) {
  if (value >= 0) return header(':', static_cast<uint64_t>(value));
  char* to = out_->room(kHeaderBytesMax);
  *to = ':';
  to = format_int64(value, to + 1);
  std::memcpy(to, "\r\n", 2);
  out_->written(to + 2);
}

void ReplyWriter::long_bulk(std::string_view bytes) {
  bulk_header(bytes.size());
  out_->append(bytes);
  bulk_end();
}

void ReplyWriter::bulk_integer(int64_t value) {
  char text[kIntegerTextBytes];
  bulk({text, static_cast<size_t>(format_int64(value, text) - text)});
}

void ReplyWriter::verbatim(std::string_view format, std::string_view text) {
  CHECK_EQ(format.size(), 3u);
  if (protocol_ == Protocol::kResp2) return bulk(text);
  header('=', text.size() + 4);
  out_->append(format);
  out_->append(":");
  out_->append(text);
  bulk_end();
}

void ReplyWriter::number(double value) {
  char text[kDoubleTextBytes];
  scalar(',', {text, static_cast<size_t>(format_double(value, text) - text)});
}

void ReplyWriter::human_number(long double value) {
  char text[kLongDoubleTextBytes];
  scalar(',', {text, static_cast<size_t>(format_human(value, text) - text)});
}

void ReplyWriter::big_number(std::string_view digits) { scalar('(', digits); }

// A line of its own type in RESP3, a bulk in RESP2.
void ReplyWriter::scalar(char type, std::string_view text) {
  if (protocol_ == Protocol::kResp2) return bulk(text);
  out_->append({&type, 1});
  out_->append(text);
  out_->append("\r\n");
}

void ReplyWriter::boolean(bool value) {
  if (protocol_ == Protocol::kResp2) {
    out_->append(value ? ":1\r\n" : ":0\r\n");
  } else {
    out_->append(value ? "#t\r\n" : "#f\r\n");
  }
}

void ReplyWriter::attribute(uint64_t pairs) {
  CHECK(protocol_ == Protocol::kResp3);
  header('|', pairs);
}

}  // namespace resp
