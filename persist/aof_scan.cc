#include "persist/aof_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "persist/aof_reader.h"
#include "persist/crc64.h"

namespace persist {

namespace {

constexpr std::string_view kTimePrefix = "#TS:";
constexpr size_t kNameBytes = 6;
// "*1048576\r\n" and "$536870912\r\n".
constexpr size_t kHeaderLineBytesMax = 32;

bool is_name(std::string_view name, std::string_view upper) {
  return std::equal(name.begin(), name.end(), upper.begin(), upper.end(), [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

// The number behind the first byte of a line that ends with CR LF.
bool number_of(std::string_view line, uint64_t* number) {
  if (line.size() < 4 || !line.ends_with("\r\n")) return false;
  const auto [end, error] =
      std::from_chars(line.data() + 1, line.data() + line.size() - 2, *number);
  return error == std::errc() && end == line.data() + line.size() - 2;
}

}  // namespace

void AofScan::feed(base::ByteSpan bytes) {
  std::string_view rest = base::as_text(bytes);
  while (!rest.empty() && !stopped_) {
    // Headers are no part of what they count, and no command goes beyond its batch.
    const bool counts = in_batch();
    const size_t taken = take(counts ? rest.substr(0, batch_left_) : rest);
    if (counts) count_batch(rest.substr(0, taken));
    offset_ += taken;
    rest.remove_prefix(taken);
    if (in_batch() && batch_left_ == 0) end_batch();
  }
}

bool AofScan::in_batch() const {
  return batch_.has_value() && state_ != State::kLost &&
         offset_ >= batch_begin_ + kAofBatchHeaderBytes;
}

size_t AofScan::take(std::string_view bytes) {
  switch (state_) {
    case State::kStart:
    case State::kLine:
    case State::kBulkHeader:
      return take_line(bytes);
    case State::kBulk:
    case State::kBulkEnd:
      return take_bulk(bytes);
    case State::kLost:
      break;
  }
  look_for_header(bytes);
  return bytes.size();
}

// ---- Lines

size_t AofScan::take_line(std::string_view bytes) {
  if (state_ == State::kStart) {
    item_begin_ = offset_;
    if (bytes[0] != '*' && bytes[0] != '#') {
      line_ = bytes[0];
      lose("Expected prefix '*'");
      return 0;
    }
    state_ = State::kLine;
  }
  const size_t limit = !line_.empty()
                           ? (line_[0] == '#' ? kAnnotationBytesMax : kHeaderLineBytesMax)
                       : bytes[0] == '#' ? kAnnotationBytesMax
                                         : kHeaderLineBytesMax;
  const size_t end = bytes.find('\n');
  const size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
  line_.append(bytes.substr(0, std::min(taken, limit)));
  if (line_.size() >= limit && line_.back() != '\n') {
    lose("a line is too long");
    return 0;
  }
  if (end != std::string_view::npos) end_line();
  return taken;
}

void AofScan::end_line() {
  if (line_[0] == '#') {
    annotation();
  } else if (state_ == State::kLine) {
    begin_command();
  } else {
    begin_bulk();
  }
  line_.clear();
}

void AofScan::begin_command() {
  if (!number_of(line_, &words_left_) || words_left_ == 0) return lose("bad number of words");
  words_total_ = words_left_;
  first_word_ = true;
  name_.clear();
  state_ = State::kBulkHeader;
}

void AofScan::begin_bulk() {
  if (line_[0] != '$' || !number_of(line_, &bulk_left_)) return lose("Expected prefix '$'");
  bulk_left_ += 2;
  state_ = State::kBulk;
}

void AofScan::annotation() {
  state_ = State::kStart;
  if (line_.find('\0') != std::string::npos) return lose("zeros in an annotation");
  if (const auto header = parse_aof_batch(line_)) return begin_batch(*header);
  if (std::string_view(line_).starts_with(kTimePrefix)) {
    int64_t seconds = 0;
    std::from_chars(line_.data() + kTimePrefix.size(), line_.data() + line_.size(), seconds);
    has_times_ = true;
    if (until_seconds_.has_value() && seconds > *until_seconds_) {
      stopped_ = true;
      good_bytes_ = batch_.has_value() ? batch_begin_ : item_begin_;
      return;
    }
  }
}

// ---- Words

size_t AofScan::take_bulk(std::string_view bytes) {
  const size_t taken = std::min<uint64_t>(bulk_left_, bytes.size());
  if (first_word_ && name_.size() < kNameBytes)
    name_.append(bytes.substr(0, std::min(taken, kNameBytes - name_.size())));
  bulk_left_ -= taken;
  if (bulk_left_ == 0) end_bulk();
  return taken;
}

void AofScan::end_bulk() {
  first_word_ = false;
  state_ = State::kBulkHeader;
  if (--words_left_ == 0) end_command();
}

void AofScan::end_command() {
  state_ = State::kStart;
  ++commands_;
  const std::string_view name = std::string_view(name_).substr(0, name_.find('\r'));
  if (words_total_ == 1 && is_name(name, "MULTI")) {
    in_transaction_ = true;
    transaction_begin_ = item_begin_;
  } else if (words_total_ == 1 && is_name(name, "EXEC")) {
    in_transaction_ = false;
  }
}

// ---- Batches

void AofScan::begin_batch(const AofBatchHeader& header) {
  if (batch_.has_value()) return lose("a batch begins inside of another");
  batch_ = header;
  batch_begin_ = item_begin_;
  batch_left_ = header.bytes;
  crc_ = 0;
}

void AofScan::count_batch(std::string_view bytes) {
  crc_ = crc64(crc_, base::as_bytes(bytes));
  batch_left_ -= bytes.size();
}

void AofScan::end_batch() {
  if (state_ != State::kStart) return lose("a command goes beyond its batch");
  if (crc_ != batch_->crc) return lose("the checksum of a batch does not fit");
  batch_.reset();
  ++batches_;
}

// ---- Damage

void AofScan::lose(std::string reason) {
  if (state_ == State::kLost) return;
  state_ = State::kLost;
  reason_ = std::move(reason);
  bad_offset_ = batch_.has_value() ? batch_begin_ : item_begin_;
  // What the disk had not taken reads as zeros.
  in_hole_ = line_.find('\0') != std::string::npos;
  only_zeros_ = in_hole_ && line_.find_first_not_of('\0') == std::string::npos;
  line_.clear();
}

// Whether a later batch knew that the lost place had been durable.
void AofScan::look_for_header(std::string_view bytes) {
  only_zeros_ =
      only_zeros_ && std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '#') line_.clear();
    if (line_.size() < kAofBatchHeaderBytes) line_.push_back(bytes[i]);
    if (bytes[i] != '\n') continue;
    const uint64_t begin = offset_ + i + 1 - kAofBatchHeaderBytes;
    if (const auto header = parse_aof_batch(line_); header && header->pending_bytes <= begin)
      durable_said_ = std::max(durable_said_, begin - header->pending_bytes);
    line_.clear();
  }
}

void AofScan::finish() {
  if (state_ == State::kLost) {
    const bool was_durable = durable_said_ > bad_offset_;
    // Without batches a file is cut where it ends, not where it turns into something else.
    const bool torn =
        !was_durable && (batch_.has_value() || only_zeros_ || (batches_ > 0 && in_hole_));
    verdict_ = torn ? Verdict::kTruncated : Verdict::kDamaged;
    good_bytes_ = in_transaction_ ? std::min(transaction_begin_, bad_offset_) : bad_offset_;
    return;
  }
  if (stopped_) return;
  if (state_ == State::kStart && !in_transaction_ && !batch_.has_value()) {
    good_bytes_ = offset_;
    return;
  }
  verdict_ = Verdict::kTruncated;
  bad_offset_ = batch_.has_value() ? batch_begin_ : item_begin_;
  if (in_transaction_) bad_offset_ = std::min(bad_offset_, transaction_begin_);
  good_bytes_ = bad_offset_;
  reason_ =
      in_transaction_ ? "Reached EOF before reading EXEC for MULTI" : "Unexpected end of file";
}

}  // namespace persist
