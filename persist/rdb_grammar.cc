#include "persist/rdb_grammar.h"

#include <algorithm>
#include <cstring>

#include "persist/rdb_format.h"

namespace persist {

namespace {

using grammar::Op;
using grammar::Step;

constexpr uint8_t blob(BlobKind kind) { return static_cast<uint8_t>(kind); }
// The argument of a kString step whose blob the kContainer step before it chose.
constexpr uint8_t kNodeBlob = 0xff;

constexpr Step kEndStep{Op::kEnd};
constexpr Step kDoneStep{Op::kDone};
constexpr Step kLengthStep{Op::kLength};
constexpr Step kTextStep{Op::kString, blob(BlobKind::kNone)};

// clang-format off
constexpr Step kNothing[] = {kDoneStep};
constexpr Step kImpossible[] = {{Op::kImpossible}};
constexpr Step kOneLength[] = {kLengthStep, kDoneStep};
constexpr Step kTwoLengths[] = {kLengthStep, kLengthStep, kDoneStep};
constexpr Step kThreeLengths[] = {kLengthStep, kLengthStep, kLengthStep, kDoneStep};
constexpr Step kOneByte[] = {{Op::kBytes, 1}, kDoneStep};
constexpr Step kFourBytes[] = {{Op::kBytes, 4}, kDoneStep};
constexpr Step kEightBytes[] = {{Op::kBytes, 8}, kDoneStep};
constexpr Step kOneString[] = {kTextStep, kDoneStep};
constexpr Step kTwoStrings[] = {kTextStep, kTextStep, kDoneStep};
constexpr Step kModuleAux[] = {
    kLengthStep, {Op::kWhenOpcode}, kLengthStep, {Op::kModuleValues}, kDoneStep};

constexpr Step kZiplistStep{Op::kString, blob(BlobKind::kZiplist)};
constexpr Step kListpackStep{Op::kString, blob(BlobKind::kListpack)};
constexpr Step kStreamIdStep{Op::kString, blob(BlobKind::kStreamId)};
constexpr Step kSome{Op::kRepeatNonzero};
constexpr Step kAny{Op::kRepeat};
constexpr Step kMillisecondsStep{Op::kBytes, 8};
constexpr Step kRawIdStep{Op::kBytes, 16};

constexpr Step kStrings[] = {kSome, kTextStep, kEndStep, kDoneStep};
constexpr Step kPairs[] = {kSome, kTextStep, kTextStep, kEndStep, kDoneStep};
constexpr Step kZsetText[] = {kSome, kTextStep, {Op::kTextDouble}, kEndStep, kDoneStep};
constexpr Step kZsetBinary[] = {kSome, kTextStep, {Op::kBytes, 8}, kEndStep, kDoneStep};
constexpr Step kModuleValue[] = {kLengthStep, {Op::kModuleValues}, kDoneStep};
constexpr Step kZiplist[] = {kZiplistStep, kDoneStep};
constexpr Step kListpack[] = {kListpackStep, kDoneStep};
constexpr Step kIntset[] = {{Op::kString, blob(BlobKind::kIntset)}, kDoneStep};
constexpr Step kZipmap[] = {{Op::kString, blob(BlobKind::kZipmap)}, kDoneStep};
constexpr Step kQuicklist[] = {kSome, kZiplistStep, kEndStep, kDoneStep};
constexpr Step kQuicklist2[] = {
    kSome, {Op::kContainer}, {Op::kString, kNodeBlob}, kEndStep, kDoneStep};
constexpr Step kHashMetadataOld[] = {
    kSome, kLengthStep, kTextStep, kTextStep, kEndStep, kDoneStep};
constexpr Step kHashMetadata[] = {
    kMillisecondsStep, kSome, kLengthStep, kTextStep, kTextStep, kEndStep, kDoneStep};
constexpr Step kHashListpackEx[] = {kMillisecondsStep, kListpackStep, kDoneStep};

constexpr Step kStream1[] = {
    // Listpacks under their first id.
    kAny, kStreamIdStep, kListpackStep, kEndStep,
    // Length and last id.
    kLengthStep, kLengthStep, kLengthStep,
    // Groups: name, last id; pending entries: id, delivery time and count.
    kAny, kTextStep, kLengthStep, kLengthStep,
      kAny, kRawIdStep, kMillisecondsStep, kLengthStep, kEndStep,
      // Consumers: name, seen time; pending ids.
      kAny, kTextStep, kMillisecondsStep,
        kAny, kRawIdStep, kEndStep,
      kEndStep,
    kEndStep,
    kDoneStep};

constexpr Step kStream2[] = {
    kAny, kStreamIdStep, kListpackStep, kEndStep,
    // Length, last id, first id, largest deleted id, entries added.
    kLengthStep, kLengthStep, kLengthStep, kLengthStep, kLengthStep, kLengthStep, kLengthStep,
    kLengthStep,
    // Groups: name, last id, entries read; pending entries.
    kAny, kTextStep, kLengthStep, kLengthStep, kLengthStep,
      kAny, kRawIdStep, kMillisecondsStep, kLengthStep, kEndStep,
      kAny, kTextStep, kMillisecondsStep,
        kAny, kRawIdStep, kEndStep,
      kEndStep,
    kEndStep,
    kDoneStep};

constexpr Step kStream3[] = {
    kAny, kStreamIdStep, kListpackStep, kEndStep,
    kLengthStep, kLengthStep, kLengthStep, kLengthStep, kLengthStep, kLengthStep, kLengthStep,
    kLengthStep,
    kAny, kTextStep, kLengthStep, kLengthStep, kLengthStep,
      kAny, kRawIdStep, kMillisecondsStep, kLengthStep, kEndStep,
      // Consumers: name, seen time, active time; pending ids.
      kAny, kTextStep, kMillisecondsStep, kMillisecondsStep,
        kAny, kRawIdStep, kEndStep,
      kEndStep,
    kEndStep,
    kDoneStep};
// clang-format on

constexpr std::array<const Step*, kRdbTypes> kValues = {
    kOneString,        // string
    kStrings,          // list
    kStrings,          // set
    kZsetText,         // zset
    kPairs,            // hash
    kZsetBinary,       // zset 2
    kImpossible,       // module before its release
    kModuleValue,      // module 2
    kImpossible,       // no type
    kZipmap,           // hash zipmap
    kZiplist,          // list ziplist
    kIntset,           // set intset
    kZiplist,          // zset ziplist
    kZiplist,          // hash ziplist
    kQuicklist,        // list quicklist
    kStream1,          // stream
    kListpack,         // hash listpack
    kListpack,         // zset listpack
    kQuicklist2,       // list quicklist 2
    kStream2,          // stream 2
    kListpack,         // set listpack
    kStream3,          // stream 3
    kHashMetadataOld,  // hash with field expiry, before its release
    kListpack,         // the same in a listpack
    kHashMetadata,     // hash with field expiry
    kHashListpackEx,   // the same in a listpack
};

const Step* opcode_program(uint8_t opcode) {
  switch (static_cast<RdbOpcode>(opcode)) {
    case RdbOpcode::kSlotInfo:
      return kThreeLengths;
    case RdbOpcode::kFunction2:
      return kOneString;
    case RdbOpcode::kFunctionPreRelease:
      return kImpossible;
    case RdbOpcode::kModuleAux:
      return kModuleAux;
    case RdbOpcode::kIdle:
      return kOneLength;
    case RdbOpcode::kFrequency:
      return kOneByte;
    case RdbOpcode::kAux:
      return kTwoStrings;
    case RdbOpcode::kResizeDb:
      return kTwoLengths;
    case RdbOpcode::kExpireMs:
      return kEightBytes;
    case RdbOpcode::kExpireSeconds:
      return kFourBytes;
    case RdbOpcode::kSelectDb:
      return kOneLength;
    case RdbOpcode::kEof:
      return kNothing;
  }
  return kImpossible;
}

base::Error corrupt(const char* detail) { return {base::ErrorCode::kCorrupt, 0, detail}; }
constexpr char kBeyondEnd[] = "Unexpected EOF reading RDB file: a length goes beyond its end";

}  // namespace

void RdbSkipper::start_value(uint8_t type, uint64_t bytes_max) {
  start(type < kRdbTypes ? kValues[type] : kImpossible, bytes_max);
}

void RdbSkipper::start_opcode(uint8_t opcode, uint64_t bytes_max) {
  start(opcode_program(opcode), bytes_max);
}

void RdbSkipper::start_string(uint64_t bytes_max) { start(kOneString, bytes_max); }

void RdbSkipper::start(const Step* program, uint64_t bytes_max) {
  const bool pause = pause_;
  *this = RdbSkipper();
  pause_ = pause;
  step_ = program;
  bytes_max_ = bytes_max;
}

base::Result<size_t> RdbSkipper::feed(base::ByteSpan input) {
  size_t used = 0;
  paused_ = false;
  while (step_ != nullptr && !paused_) {
    const base::ByteSpan rest = input.subspan(used);
    size_t taken = 0;
    if (reading_ == Reading::kStep) {
      RETURN_IF_ERROR(begin_step());
    } else if (rest.empty()) {
      break;
    } else if (reading_ == Reading::kSkip) {
      taken = std::min<uint64_t>(skip_left_, rest.size());
      skip_left_ -= taken;
      offset_ += taken;
      last_byte_ = rest[taken - 1];
      if (skip_left_ == 0) RETURN_IF_ERROR(end_of_item());
    } else {
      const auto gathered = gather(rest);
      if (!gathered.ok()) return gathered.error();
      taken = *gathered;
    }
    used += taken;
  }
  return used;
}

// Decides what a step has to read; steps that read nothing are done here.
base::Status RdbSkipper::begin_step() {
  blob_ = BlobKind::kNone;
  head_bytes_ = 0;
  switch (step_->op) {
    case Op::kLength:
    case Op::kRepeat:
    case Op::kRepeatNonzero:
    case Op::kContainer:
    case Op::kWhenOpcode:
      reading_ = Reading::kLength;
      break;
    case Op::kString:
      blob_ = step_->argument == kNodeBlob ? node_blob_ : static_cast<BlobKind>(step_->argument);
      reading_ = Reading::kHeader;
      break;
    case Op::kBytes:
      return skip(step_->argument);
    case Op::kTextDouble:
      reading_ = Reading::kDoubleLength;
      break;
    case Op::kModuleValues:
      in_module_ = true;
      module_opcode_ = true;
      reading_ = Reading::kLength;
      break;
    case Op::kEnd: {
      Loop& loop = loops_[loop_depth_ - 1u];
      if (--loop.left > 0) {
        step_ = loop.body;
      } else {
        --loop_depth_;
        ++step_;
      }
      break;
    }
    case Op::kDone:
      step_ = nullptr;
      break;
    case Op::kImpossible:
      return base::Error{base::ErrorCode::kUnsupported, 0, "Unknown RDB encoding type"};
  }
  return base::ok_status();
}

// Reads something of a few bytes: from the input itself if it is all there, else byte by byte
// through head_.
base::Result<size_t> RdbSkipper::gather(base::ByteSpan input) {
  size_t taken = 0;
  while (true) {
    base::ByteSpan view = input;
    if (head_bytes_ > 0) view = base::ByteSpan(head_).first(head_bytes_);
    const auto parsed = parse(view);
    if (!parsed.ok()) return parsed.error();
    if (*parsed > 0) {
      const size_t bytes = head_bytes_ > 0 ? taken : *parsed;
      offset_ += bytes;
      RETURN_IF_ERROR(on_parsed(view.first(*parsed)));
      return bytes;
    }
    if (head_bytes_ == 0) {
      // All of the input is a part of it.
      std::memcpy(head_.data(), input.data(), input.size());
      head_bytes_ = static_cast<uint8_t>(input.size());
      offset_ += input.size();
      return input.size();
    }
    if (taken == input.size()) {
      offset_ += taken;
      return taken;
    }
    head_[head_bytes_++] = input[taken++];
  }
}

// How many bytes of `view` the thing being read takes; 0 if it goes on beyond them.
base::Result<size_t> RdbSkipper::parse(base::ByteSpan view) const {
  switch (reading_) {
    case Reading::kLength: {
      const RdbLength length = decode_length(view);
      if (!length.valid || length.special) return corrupt("Invalid length encoding");
      return size_t{length.bytes};
    }
    case Reading::kHeader: {
      const auto header = parse_string_header(view);
      if (!header.ok()) return header.error();
      return header->has_value() ? size_t{(*header)->header_bytes} : size_t{0};
    }
    case Reading::kBlob: {
      const size_t wanted = std::min<uint64_t>(string_.stored_bytes, kBlobPrefixBytes);
      return view.size() < wanted ? size_t{0} : wanted;
    }
    default:
      return size_t{1};  // kDoubleLength.
  }
}

base::Status RdbSkipper::on_parsed(base::ByteSpan bytes) {
  const Reading reading = reading_;
  last_byte_ = bytes.back();
  switch (reading) {
    case Reading::kLength:
      return on_length(decode_length(bytes).value);
    case Reading::kHeader:
      return on_string_header(**parse_string_header(bytes));
    case Reading::kBlob:
      RETURN_IF_ERROR(check_blob_prefix(blob_, bytes, string_.stored_bytes));
      return skip(string_.stored_bytes - bytes.size());
    default: {
      const auto length = static_cast<uint8_t>(bytes[0]);
      return skip(length >= 253 ? 0 : length);  // 253 to 255 are NaN and the infinities.
    }
  }
}

base::Status RdbSkipper::on_length(uint64_t value) {
  if (in_module_) return on_module_length(value);
  switch (step_->op) {
    case Op::kRepeat:
      return repeat(value);
    case Op::kRepeatNonzero:
      empty_ = value == 0;
      return repeat(value);
    case Op::kContainer:
      if (value == static_cast<uint64_t>(RdbContainer::kPlain)) {
        node_blob_ = BlobKind::kNone;
      } else if (value == static_cast<uint64_t>(RdbContainer::kPacked)) {
        node_blob_ = BlobKind::kListpack;
      } else {
        return corrupt("Quicklist integrity check failed.");
      }
      break;
    case Op::kWhenOpcode:
      if (value != static_cast<uint64_t>(RdbModuleOpcode::kUnsigned)) {
        return corrupt("bad when_opcode");
      }
      break;
    default:
      break;
  }
  return end_of_item();
}

base::Status RdbSkipper::on_module_length(uint64_t value) {
  if (!module_opcode_) return end_of_item();
  if (value == static_cast<uint64_t>(RdbModuleOpcode::kEof)) {
    in_module_ = false;
    return end_of_item();
  }
  module_opcode_ = false;
  head_bytes_ = 0;
  switch (value) {
    case static_cast<uint64_t>(RdbModuleOpcode::kSigned):
    case static_cast<uint64_t>(RdbModuleOpcode::kUnsigned):
      return base::ok_status();
    case static_cast<uint64_t>(RdbModuleOpcode::kFloat):
      return skip(4);
    case static_cast<uint64_t>(RdbModuleOpcode::kDouble):
      return skip(8);
    case static_cast<uint64_t>(RdbModuleOpcode::kString):
      reading_ = Reading::kHeader;
      return base::ok_status();
    default:
      return corrupt("Error reading integer from module value");
  }
}

base::Status RdbSkipper::on_string_header(const RdbStringHeader& header) {
  string_ = header;
  paused_ = pause_;
  if (header.stored_bytes > bytes_max_ - std::min(bytes_max_, offset_)) return corrupt(kBeyondEnd);
  if (blob_ == BlobKind::kNone) return skip(header.stored_bytes);
  // A compressed blob shows its length only.
  if (header.form == RdbStringForm::kRaw && header.stored_bytes > 0) {
    RETURN_IF_ERROR(check_blob_bytes(blob_, header.stored_bytes));
    head_bytes_ = 0;
    reading_ = Reading::kBlob;
    return base::ok_status();
  }
  RETURN_IF_ERROR(check_blob_bytes(blob_, header.string_bytes));
  blob_ = BlobKind::kNone;
  return skip(header.stored_bytes);
}

base::Status RdbSkipper::repeat(uint64_t count) {
  // Every element takes at least a byte.
  if (count > bytes_max_ - std::min(bytes_max_, offset_)) return corrupt(kBeyondEnd);
  if (count == 0) {
    step_ = matching_end(step_);
    return end_of_item();
  }
  CHECK_LT(loop_depth_, loops_.size());
  loops_[loop_depth_++] = {step_ + 1, count};
  return end_of_item();
}

const Step* RdbSkipper::matching_end(const Step* from) {
  int depth = 0;
  for (const Step* step = from;; ++step) {
    if (step->op == Op::kRepeat || step->op == Op::kRepeatNonzero) ++depth;
    if (step->op == Op::kEnd && --depth == 0) return step;
  }
}

base::Status RdbSkipper::skip(uint64_t bytes) {
  skip_left_ = bytes;
  reading_ = Reading::kSkip;
  if (bytes == 0) return end_of_item();
  return base::ok_status();
}

// What the step, or the module value within it, had to read is consumed.
base::Status RdbSkipper::end_of_item() {
  if (blob_ != BlobKind::kNone) RETURN_IF_ERROR(check_blob_end(blob_, last_byte_));
  if (in_module_) {
    module_opcode_ = true;
    head_bytes_ = 0;
    reading_ = Reading::kLength;
    return base::ok_status();
  }
  ++step_;
  reading_ = Reading::kStep;
  return base::ok_status();
}

base::Result<uint64_t> value_bytes(uint8_t type, base::ByteSpan bytes) {
  RdbSkipper skipper;
  skipper.start_value(type, bytes.size());
  const auto used = skipper.feed(bytes);
  if (!used.ok()) return used.error();
  if (!skipper.done()) return corrupt("Unexpected EOF reading RDB file");
  return skipper.offset();
}

}  // namespace persist
