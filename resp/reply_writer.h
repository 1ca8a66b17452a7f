// ReplyWriter: replies in RESP2 or RESP3, appended to an OutputBuffer.
//
// One call is one reply or the header of one aggregate; the caller then writes as many elements as
// it announced. Where the protocols differ the writer decides, as Redis 7.0's addReply* functions
// do, so commands never ask which one the client speaks.

#ifndef BASALT_RESP_REPLY_WRITER_H_
#define BASALT_RESP_REPLY_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "resp/numbers.h"
#include "resp/output_buffer.h"

namespace resp {

enum class Protocol : uint8_t { kResp2 = 2, kResp3 = 3 };

class ReplyWriter {
 public:
  // `out` outlives the writer.
  explicit ReplyWriter(OutputBuffer* out) : out_(out) {}

  void set_protocol(Protocol protocol) { protocol_ = protocol; }
  Protocol protocol() const { return protocol_; }
  OutputBuffer& out() { return *out_; }

  // Simple replies. CR and LF in texts become spaces, for a text may come from a client.
  void ok() { out_->append("+OK\r\n"); }
  void pong() { out_->append("+PONG\r\n"); }
  void queued() { out_->append("+QUEUED\r\n"); }
  void simple_string(std::string_view text);
  // `text` starts with its own code ("WRONGTYPE Operation ...") after a '-', or without a '-' gets
  // "ERR " in front. Newlines at its ends are cut.
  void error(std::string_view text);
  void integer(int64_t value);

  // Strings.
  void bulk(std::string_view bytes) {
    if (bytes.size() > kCopiedAtOnceBytes) [[unlikely]]
      return long_bulk(bytes);
    char* to = out_->room(bytes.size() + kHeaderBytesMax + 2);
    to = put_header(to, '$', bytes.size());
    std::memcpy(to, bytes.data(), bytes.size());
    to += bytes.size();
    std::memcpy(to, "\r\n", 2);
    out_->written(to + 2);
  }
  // "$N\r\n" alone: N bytes follow through out() (append_borrowed), then bulk_end().
  void bulk_header(uint64_t bytes) { header('$', bytes); }
  void bulk_end() { out_->append("\r\n"); }
  void bulk_integer(int64_t value);
  // RESP3: text with a three-letter format ("txt", "mkd"); RESP2: a bulk.
  // REQUIRES: format has 3 bytes.
  void verbatim(std::string_view format, std::string_view text);

  // Nothing: `_` in RESP3, where RESP2 has a null bulk and a null array.
  void null() { out_->append(protocol_ == Protocol::kResp2 ? "$-1\r\n" : "_\r\n"); }
  void null_array() { out_->append(protocol_ == Protocol::kResp2 ? "*-1\r\n" : "_\r\n"); }

  // Numbers.
  // RESP2: a bulk of %.17g. RESP3: `,`. Infinities are inf and -inf.
  void number(double value);
  // A bulk in RESP2, `,` in RESP3, without exponent (format_human).
  void human_number(long double value);
  // RESP2: :1 or :0.
  void boolean(bool value);
  // Decimal digits; RESP2: a bulk.
  void big_number(std::string_view digits);

  // Headers of aggregates. A map of n pairs is 2n elements of an array in RESP2.
  void array(uint64_t elements) { header('*', elements); }
  void map(uint64_t pairs) {
    protocol_ == Protocol::kResp2 ? header('*', pairs * 2) : header('%', pairs);
  }
  void set(uint64_t elements) { header(protocol_ == Protocol::kResp2 ? '*' : '~', elements); }
  // Out of band; an ordinary array in RESP2, as pub/sub has it.
  void push(uint64_t elements) { header(protocol_ == Protocol::kResp2 ? '*' : '>', elements); }
  // REQUIRES: RESP3.
  void attribute(uint64_t pairs);

  // Aggregates whose length is known only at their end, last opened first closed. Their bytes
  // move then, as far as they are in the header's block.
  using Deferred = OutputBuffer::Hole;
  Deferred deferred() { return out_->open_hole(kHeaderBytesMax); }
  void end_array(Deferred deferred, uint64_t elements) { fill(deferred, '*', elements); }
  void end_map(Deferred deferred, uint64_t pairs) {
    protocol_ == Protocol::kResp2 ? fill(deferred, '*', pairs * 2) : fill(deferred, '%', pairs);
  }
  void end_set(Deferred deferred, uint64_t elements) {
    fill(deferred, protocol_ == Protocol::kResp2 ? '*' : '~', elements);
  }
  void end_push(Deferred deferred, uint64_t elements) {
    fill(deferred, protocol_ == Protocol::kResp2 ? '*' : '>', elements);
  }

 private:
  // A type byte, 20 digits, CR LF.
  static constexpr size_t kHeaderBytesMax = 1 + kIntegerTextBytes + 2;
  static constexpr size_t kCopiedAtOnceBytes = OutputBuffer::kRoomBytesMax - 64;

  static char* put_header(char* to, char type, uint64_t number) {
    to[0] = type;
    if (number < 10) {
      to[1] = static_cast<char>('0' + number);
      to += 2;
    } else if (number < 100) {
      to[1] = static_cast<char>('0' + number / 10);
      to[2] = static_cast<char>('0' + number % 10);
      to += 3;
    } else {
      to = format_uint64(number, to + 1);
    }
    std::memcpy(to, "\r\n", 2);
    return to + 2;
  }
  void header(char type, uint64_t number) {
    char* const to = out_->room(kHeaderBytesMax);
    out_->written(put_header(to, type, number));
  }
  void fill(Deferred deferred, char type, uint64_t number) {
    char text[kHeaderBytesMax];
    char* const end = put_header(text, type, number);
    out_->fill_hole(deferred, {text, static_cast<size_t>(end - text)});
  }
  void long_bulk(std::string_view bytes);
  void scalar(char type, std::string_view text);
  void append_sanitised(std::string_view text);

  OutputBuffer* out_;
  Protocol protocol_ = Protocol::kResp2;
};

}  // namespace resp

#endif  // BASALT_RESP_REPLY_WRITER_H_
