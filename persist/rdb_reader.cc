#include "persist/rdb_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "persist/crc64.h"

namespace persist {

namespace {

constexpr char kShortFile[] = "Unexpected EOF reading RDB file";
// A buffer that one long key or field made larger than this is not kept.
constexpr size_t kKeepBytesMax = 1024 * 1024;
// Of a module's data only the id at its start is kept.
constexpr size_t kModuleKeepBytes = kLengthBytesMax;

void forget(std::vector<std::byte>& buffer) {
  if (buffer.capacity() > kKeepBytesMax) {
    std::vector<std::byte>().swap(buffer);
  } else {
    buffer.clear();
  }
}

std::string_view text_of(const std::vector<std::byte>& bytes) { return base::as_text(bytes); }

}  // namespace

RdbReader::RdbReader(const Options& options) : options_(options) {
  CHECK_GT(options.whole_payload_bytes_max, kRdbStringHeaderBytesMax);
  CHECK_GT(options.piece_bytes, 0u);
}

RdbReader::~RdbReader() = default;

void RdbReader::feed(base::ByteSpan chunk) {
  CHECK(input_.empty());
  CHECK(!input_ended_);
  input_ = chunk;
  unsummed_ = chunk.data();
}

void RdbReader::end_of_input() {
  CHECK(input_.empty());
  input_ended_ = true;
}

base::Result<RdbEvent> RdbReader::next() {
  while (true) {
    const base::Result<Step> stepped = step();
    if (!stepped.ok()) return stepped.error();
    if (*stepped == Step::kEvent) return std::exchange(event_, RdbEvent());
    if (*stepped == Step::kAgain) continue;
    if (input_ended_) return fail(base::ErrorCode::kCorrupt, kShortFile, offset_);
    // The chunk is about to go: what is summed and gathered of it must not point into it.
    sum_consumed();
    if (!item_given_out_ && !in_chunk_.empty())
      gathered_.assign(in_chunk_.begin(), in_chunk_.end());
    in_chunk_ = {};
    unsummed_ = nullptr;
    return RdbEvent();
  }
}

base::Result<RdbReader::Step> RdbReader::step() {
  switch (state_) {
    case State::kSignature:
      return read_signature();
    case State::kOpcode:
      return read_opcode();
    case State::kFields:
      return read_fields();
    case State::kKeyName:
      return read_key_name();
    case State::kPayload:
      return read_payload();
    case State::kRawString:
      return read_raw_string();
    case State::kLzfString:
      return read_lzf_string();
    case State::kRawPieces:
      return read_raw_pieces();
    case State::kChecksum:
      return read_checksum();
    case State::kEnded:
    case State::kFailed:
      break;
  }
  CHECK(state_ != State::kEnded && state_ != State::kFailed);
  return Step::kInput;
}

base::Result<RdbReader::Step> RdbReader::read_signature() {
  if (!gather_bytes(kRdbHeaderBytes)) return Step::kInput;
  const std::string_view text = base::as_text(item());
  if (text.substr(0, 5) != "REDIS") {
    return fail(base::ErrorCode::kCorrupt, "Wrong signature trying to load DB from file", 0);
  }
  for (const char digit : text.substr(5)) {
    if (digit < '0' || digit > '9') {
      return fail(base::ErrorCode::kCorrupt, "Wrong signature trying to load DB from file", 0);
    }
    version_ = version_ * 10 + static_cast<unsigned>(digit - '0');
  }
  if (version_ < kRdbVersionMin || version_ > kRdbVersionMax) {
    const base::Error error =
        fail(base::ErrorCode::kUnsupported, "Can't handle RDB format version", 5);
    error_text_ = fmt::format("Can't handle RDB format version {}", version_);
    return error;
  }
  event_.kind = RdbEvent::kHeader;
  event_.version = version_;
  state_ = State::kOpcode;
  return Step::kEvent;
}

base::Result<RdbReader::Step> RdbReader::read_opcode() {
  if (input_.empty()) return Step::kInput;
  const uint64_t at = offset_;
  opcode_ = static_cast<uint8_t>(consume(1)[0]);
  start_item();
  if (is_value_type(opcode_)) {
    attributes_.type = opcode_;
    attributes_.offset = at;
    skipper_.pause_at_strings(false);
    skipper_.start_string(bytes_left());
    state_ = State::kKeyName;
  } else if (opcode_ == static_cast<uint8_t>(RdbOpcode::kEof)) {
    sum_consumed();
    unsummed_ = nullptr;
    if (version_ < kRdbVersionChecksum) return end_of_file(false);
    state_ = State::kChecksum;
  } else {
    event_.offset = at;
    skipper_.pause_at_strings(false);
    skipper_.start_opcode(opcode_, bytes_left());
    state_ = State::kFields;
  }
  return Step::kAgain;
}

base::Result<RdbReader::Step> RdbReader::read_fields() {
  const auto gathered = gather_item(options_.text_bytes_max + 2 * kRdbStringHeaderBytesMax);
  if (!gathered.ok()) return gathered.error();
  if (*gathered == Gathered::kPart) return Step::kInput;
  if (*gathered == Gathered::kFull) {
    return fail(base::ErrorCode::kUnsupported, "RDB field longer than its limit", item_offset_);
  }
  state_ = State::kOpcode;
  return fields_event(item());
}

base::Result<RdbReader::Step> RdbReader::fields_event(base::ByteSpan fields) {
  const auto length = [&fields] {
    const RdbLength decoded = decode_length(fields);
    fields = fields.subspan(decoded.bytes);
    return decoded.value;
  };
  switch (static_cast<RdbOpcode>(opcode_)) {
    case RdbOpcode::kExpireMs:
      attributes_.expire_at_ms = base::load_le<int64_t>(fields.data());
      return Step::kAgain;
    case RdbOpcode::kExpireSeconds:
      attributes_.expire_at_ms = int64_t{base::load_le<int32_t>(fields.data())} * 1000;
      return Step::kAgain;
    case RdbOpcode::kIdle:
      attributes_.idle_seconds = length();
      return Step::kAgain;
    case RdbOpcode::kFrequency:
      attributes_.frequency = static_cast<uint8_t>(fields[0]);
      return Step::kAgain;
    case RdbOpcode::kSelectDb:
      attributes_.db = length();
      event_.db = attributes_.db;
      if (attributes_.db >= options_.databases) {
        const base::Error error =
            fail(base::ErrorCode::kUnsupported, "too many databases", offset_);
        error_text_ = fmt::format(
            "FATAL: Data file was created with a Redis server configured to handle more than {} "
            "databases. Exiting",
            options_.databases);
        return error;
      }
      event_.kind = RdbEvent::kSelectDb;
      return Step::kEvent;
    case RdbOpcode::kSlotInfo:
      length();
      [[fallthrough]];
    case RdbOpcode::kResizeDb:
      event_.kind = opcode_ == static_cast<uint8_t>(RdbOpcode::kSlotInfo) ? RdbEvent::kSlotInfo
                                                                          : RdbEvent::kResizeDb;
      event_.db = attributes_.db;
      event_.keys = length();
      event_.expires = length();
      return Step::kEvent;
    case RdbOpcode::kModuleAux:
      module_name_ = module_type_name(length());
      event_.kind = RdbEvent::kModuleAux;
      event_.name = module_name_;
      return Step::kEvent;
    default:
      return texts_event(fields);
  }
}

// An aux field or a function: one or two strings.
base::Result<RdbReader::Step> RdbReader::texts_event(base::ByteSpan fields) {
  const bool is_aux = opcode_ == static_cast<uint8_t>(RdbOpcode::kAux);
  size_t name_bytes = 0;
  forget(text_);
  while (!fields.empty()) {
    const auto header = parse_string_header(fields);
    const base::ByteSpan encoded = fields.first((*header)->encoded_bytes());
    fields = fields.subspan(encoded.size());
    const auto bytes = decoded_string_bytes(encoded);
    const size_t before = text_.size();
    if (!bytes.ok() || *bytes > options_.text_bytes_max) {
      return fail(base::ErrorCode::kUnsupported, "RDB field longer than its limit", item_offset_);
    }
    text_.resize(before + *bytes);
    const base::Status decoded =
        decode_string(encoded, base::MutableByteSpan(text_).subspan(before));
    if (!decoded.ok()) return fail(base::ErrorCode::kCorrupt, decoded.error().detail, item_offset_);
    if (is_aux && before == 0 && !fields.empty()) name_bytes = text_.size();
  }
  event_.kind = is_aux ? RdbEvent::kAux : RdbEvent::kFunction;
  event_.name = text_of(text_).substr(0, name_bytes);
  event_.value = text_of(text_).substr(name_bytes);
  return Step::kEvent;
}

base::Result<RdbReader::Step> RdbReader::read_key_name() {
  const auto gathered = gather_item(options_.key_bytes_max + kRdbStringHeaderBytesMax);
  if (!gathered.ok()) return gathered.error();
  if (*gathered == Gathered::kPart) return Step::kInput;
  constexpr char kTooLong[] = "key longer than its limit";
  if (*gathered == Gathered::kFull) {
    return fail(base::ErrorCode::kUnsupported, kTooLong, item_offset_);
  }
  const auto bytes = decoded_string_bytes(item());
  if (!bytes.ok() || *bytes > options_.key_bytes_max) {
    return fail(base::ErrorCode::kUnsupported, kTooLong, item_offset_);
  }
  forget(key_);
  key_.resize(*bytes);
  const base::Status decoded = decode_string(item(), key_);
  if (!decoded.ok()) return fail(base::ErrorCode::kCorrupt, decoded.error().detail, item_offset_);

  start_item();
  skipper_.pause_at_strings(opcode_ == static_cast<uint8_t>(RdbType::kString));
  skipper_.start_value(opcode_, bytes_left());
  state_ = State::kPayload;
  return Step::kAgain;
}

base::Result<RdbReader::Step> RdbReader::read_payload() {
  const auto gathered = gather_item(options_.whole_payload_bytes_max);
  if (!gathered.ok()) return gathered.error();
  if (skipper_.paused()) {
    // The header of a string value: now its length is known.
    skipper_.pause_at_strings(false);
    const RdbStringHeader& header = skipper_.string_header();
    if (header.string_bytes > options_.whole_string_bytes_max ||
        header.encoded_bytes() > options_.whole_payload_bytes_max) {
      return begin_string_pieces(header);
    }
    return Step::kAgain;
  }
  switch (*gathered) {
    case Gathered::kPart:
      return Step::kInput;
    case Gathered::kFull:
      state_ = State::kRawPieces;
      return begin_key_event(RdbDelivery::kRawPieces);
    case Gathered::kAll:
      break;
  }
  const Step step = begin_key_event(RdbDelivery::kWhole);
  event_.payload = item();
  event_.empty_aggregate = skipper_.empty_aggregate();
  item_given_out_ = true;
  state_ = State::kOpcode;
  return step;
}

base::Result<RdbReader::Step> RdbReader::begin_string_pieces(const RdbStringHeader& header) {
  start_item();
  if (header.form == RdbStringForm::kLzf) {
    lzf_ =
        std::make_unique<LzfStream>(header.stored_bytes, header.string_bytes, options_.piece_bytes);
    state_ = State::kLzfString;
  } else {
    raw_left_ = header.stored_bytes;
    state_ = State::kRawString;
  }
  const Step step = begin_key_event(RdbDelivery::kStringPieces);
  event_.string_bytes = header.string_bytes;
  return step;
}

base::Result<RdbReader::Step> RdbReader::read_raw_string() {
  if (raw_left_ == 0) return end_of_key();
  if (input_.empty()) return Step::kInput;
  const size_t bytes = std::min<uint64_t>(raw_left_, input_.size());
  raw_left_ -= bytes;
  return piece_event(consume(bytes));
}

base::Result<RdbReader::Step> RdbReader::read_lzf_string() {
  base::ByteSpan left = input_;
  const base::Status fed = lzf_->feed(&left);
  if (!fed.ok()) return fail(base::ErrorCode::kCorrupt, fed.error().detail, offset_);
  consume(input_.size() - left.size());
  if (lzf_->piece_full() || lzf_->done()) {
    const base::ByteSpan piece = lzf_->take();
    if (!piece.empty()) return piece_event(piece);
  }
  if (!lzf_->done()) return Step::kInput;
  lzf_.reset();
  return end_of_key();
}

base::Result<RdbReader::Step> RdbReader::read_raw_pieces() {
  if (item_given_out_) forget_item();
  if (!item().empty()) {
    item_given_out_ = true;
    return piece_event(item());
  }
  if (skipper_.done()) return end_of_key();
  if (input_.empty()) return Step::kInput;
  const auto used = skipper_.feed(input_);
  if (!used.ok()) return fail_skipper(used.error());
  return piece_event(consume(*used));
}

base::Result<RdbReader::Step> RdbReader::read_checksum() {
  if (!gather_bytes(kRdbChecksumBytes)) return Step::kInput;
  const auto stored = base::load_le<uint64_t>(item().data());
  if (!options_.verify_checksum || stored == 0) return end_of_file(false);
  if (stored != crc_) {
    const base::Error error = fail(base::ErrorCode::kCorrupt, "RDB CRC error", offset_);
    error_text_ =
        fmt::format("Wrong RDB checksum expected: ({:x}) but got ({:x}). Aborting now. {}", crc_,
                    stored, error_text_);
    return error;
  }
  return end_of_file(true);
}

RdbReader::Step RdbReader::begin_key_event(RdbDelivery delivery) {
  event_ = std::exchange(attributes_, RdbEvent());
  attributes_.db = event_.db;
  event_.kind = RdbEvent::kKey;
  event_.name = text_of(key_);
  event_.delivery = delivery;
  return Step::kEvent;
}

RdbReader::Step RdbReader::piece_event(base::ByteSpan piece) {
  event_.kind = RdbEvent::kPiece;
  event_.payload = piece;
  return Step::kEvent;
}

RdbReader::Step RdbReader::end_of_key() {
  event_.kind = RdbEvent::kKeyEnd;
  state_ = State::kOpcode;
  return Step::kEvent;
}

RdbReader::Step RdbReader::end_of_file(bool checked) {
  event_.kind = RdbEvent::kEnd;
  event_.checksum_checked = checked;
  state_ = State::kEnded;
  return Step::kEvent;
}

// Consumes input up to the end of what the skipper was started on, and keeps it as the item. kFull:
// it goes on beyond `bytes_max`, which are kept.
base::Result<RdbReader::Gathered> RdbReader::gather_item(size_t bytes_max) {
  const bool keeps_all =
      state_ != State::kFields || opcode_ != static_cast<uint8_t>(RdbOpcode::kModuleAux);
  size_t allowed = input_.size();
  if (keeps_all) allowed = std::min(allowed, bytes_max - item().size());
  const auto used = skipper_.feed(input_.first(allowed));
  if (!used.ok()) return fail_skipper(used.error());
  if (keeps_all) {
    add_to_item(*used);
  } else {
    const size_t kept = std::min(*used, kModuleKeepBytes - item().size());
    add_to_item(kept);
    consume(*used - kept);
  }
  if (skipper_.done()) return Gathered::kAll;
  return keeps_all && item().size() == bytes_max ? Gathered::kFull : Gathered::kPart;
}

// Consumes input until the item has `count` bytes; false if there are too few.
bool RdbReader::gather_bytes(size_t count) {
  add_to_item(std::min(count - item().size(), input_.size()));
  return item().size() == count;
}

void RdbReader::start_item() {
  forget_item();
  item_offset_ = offset_;
}

void RdbReader::forget_item() {
  forget(gathered_);
  in_chunk_ = {};
  item_given_out_ = false;
}

void RdbReader::add_to_item(size_t bytes) {
  if (bytes == 0) return;
  const base::ByteSpan taken = consume(bytes);
  if (!gathered_.empty()) {
    gathered_.insert(gathered_.end(), taken.begin(), taken.end());
  } else {
    in_chunk_ =
        in_chunk_.empty() ? taken : base::ByteSpan(in_chunk_.data(), in_chunk_.size() + bytes);
  }
}

base::ByteSpan RdbReader::consume(size_t bytes) {
  const base::ByteSpan taken = input_.first(bytes);
  input_ = input_.subspan(bytes);
  offset_ += bytes;
  return taken;
}

void RdbReader::sum_consumed() {
  if (unsummed_ == nullptr || state_ == State::kChecksum || !options_.verify_checksum) return;
  crc_ = crc64(crc_, base::ByteSpan(unsummed_, input_.data()));
  unsummed_ = input_.data();
}

uint64_t RdbReader::bytes_left() const {
  if (options_.file_bytes == RdbSkipper::kUnbounded) return RdbSkipper::kUnbounded;
  return options_.file_bytes - std::min(options_.file_bytes, offset_);
}

base::Error RdbReader::fail(base::ErrorCode code, const char* detail, uint64_t at) {
  state_ = State::kFailed;
  offset_ = at;
  error_text_ = fmt::format("Internal error in RDB reading offset {} -> {}", at, detail);
  return {code, 0, detail};
}

base::Error RdbReader::fail_skipper(const base::Error& error) {
  const base::Error failed = fail(error.code, error.detail, item_offset_ + skipper_.offset());
  if (error.code == base::ErrorCode::kUnsupported) error_text_ += fmt::format(" {}", opcode_);
  return failed;
}

}  // namespace persist
