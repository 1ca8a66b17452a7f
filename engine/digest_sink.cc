#include "engine/digest_sink.h"

#include <algorithm>

#include "base/memory.h"
#include "engine/value/codec.h"
#include "engine/value/value_codec.h"
#include "engine/value/value_type.h"

namespace engine {

namespace {

persist::RdbReader::Options reader_options(uint64_t databases) {
  persist::RdbReader::Options options;
  options.verify_checksum = false;
  options.databases = databases;
  return options;
}

// Mixes the elements of a payload into a digest.
class DigestElements final : public ElementSink {
 public:
  DigestElements(ValueType type, ValueDigest* digest) : type_(type), digest_(digest) {}

  void begin(uint64_t) override {}
  base::Status add(const Element& element) override {
    const ElementText text(element);
    if (type_ == ValueType::kList || type_ == ValueType::kStream) {
      digest_->add_element(text.view());
    } else if (type_ != ValueType::kHash) {
      digest_->add_member(text.view());
    } else if (!has_field_) {
      field_ = text.view();
    } else {
      digest_->add_pair(field_, text.view());
    }
    has_field_ = !has_field_;
    return base::ok_status();
  }
  base::Status add_scored(const Element& member, double score) override {
    digest_->add_scored(ElementText(member).view(), score);
    return base::ok_status();
  }

 private:
  const ValueType type_;
  ValueDigest* const digest_;
  std::string field_;
  bool has_field_ = false;
};

}  // namespace

DigestSink::DigestSink(iouring::Helpers* helpers, uint64_t databases,
                       std::shared_ptr<DataDigest> digest)
    : helpers_(helpers), digest_(std::move(digest)), reader_(reader_options(databases)) {
  for (size_t i = 0; i < kBuffers; ++i) {
    void* const bytes = base::allocate(persist::kStreamBufferBytes, base::MemoryUse::kSnapshot);
    free_.push_back({static_cast<std::byte*>(bytes), persist::kStreamBufferBytes});
  }
}

DigestSink::~DigestSink() {
  CHECK_EQ(running_, 0u);
  for (const base::MutableByteSpan buffer : free_)
    base::deallocate(buffer.data(), base::MemoryUse::kSnapshot);
}

base::MutableByteSpan DigestSink::acquire() {
  CHECK(!free_.empty());
  const base::MutableByteSpan buffer = free_.back();
  free_.pop_back();
  return buffer;
}

void DigestSink::release(base::MutableByteSpan buffer) { free_.push_back(buffer); }

void DigestSink::submit(base::MutableByteSpan buffer, size_t bytes) {
  statistics_.bytes += bytes;
  ++running_;
  helpers_->run(
      iouring::HelperClass::kStream, [this, buffer, bytes] { consume(buffer.first(bytes)); },
      [this, buffer] { on_consumed(buffer); });
}

void DigestSink::on_consumed(base::MutableByteSpan buffer) {
  --running_;
  free_.push_back(buffer);
  if (on_room_) on_room_();
  end_if_idle();
}

void DigestSink::finish(persist::StreamCallback done) {
  finished_ = std::move(done);
  // Through the helper once more, for nothing may be called back inside this call.
  ++running_;
  helpers_->run(
      iouring::HelperClass::kStream, [] {},
      [this] {
        --running_;
        end_if_idle();
      });
}

void DigestSink::abort(base::InlineFunction<void()> done) {
  aborted_ = std::move(done);
  ++running_;
  helpers_->run(
      iouring::HelperClass::kStream, [] {},
      [this] {
        --running_;
        end_if_idle();
      });
}

// Whoever is called may destroy the sink.
void DigestSink::end_if_idle() {
  if (running_ != 0) return;
  if (aborted_) {
    base::InlineFunction<void()> done = std::move(aborted_);
    return done();
  }
  if (!finished_) return;
  persist::StreamCallback done = std::move(finished_);
  done(failure_);
}

// ---- On the helper

void DigestSink::consume(base::ByteSpan bytes) {
  if (!failure_.ok()) return;
  reader_.feed(bytes);
  while (true) {
    const base::Result<persist::RdbEvent> event = reader_.next();
    if (!event.ok()) {
      failure_ = event.error();
      return;
    }
    if (event->kind == persist::RdbEvent::kNeedInput || event->kind == persist::RdbEvent::kEnd)
      return;
    take(*event);
  }
}

void DigestSink::take(const persist::RdbEvent& event) {
  switch (event.kind) {
    case persist::RdbEvent::kKey:
      value_ = ValueDigest(event.name);
      value_.begin(value_type_of(event.type));
      rdb_type_ = event.type;
      database_ = event.db;
      has_expiry_ = event.expire_at_ms.has_value();
      if (event.delivery == persist::RdbDelivery::kWhole) add_whole(event.payload);
      return;
    case persist::RdbEvent::kPiece:
      if (rdb_type_ == kStringType) return value_.add_string_piece(event.payload);
      gathered_.insert(gathered_.end(), event.payload.begin(), event.payload.end());
      return;
    case persist::RdbEvent::kKeyEnd:
      if (rdb_type_ != kStringType) {
        add_aggregate(gathered_);
        gathered_ = {};
      }
      return digest_->add_key(database_, value_.finish(has_expiry_));
    default:
      return;
  }
}

void DigestSink::add_aggregate(base::ByteSpan payload) {
  DigestElements elements(value_type_of(rdb_type_), &value_);
  const base::Status read = read_elements(rdb_type_, payload, &elements);
  if (!read.ok()) failure_ = read;
}

void DigestSink::add_whole(base::ByteSpan payload) {
  if (rdb_type_ != kStringType) {
    add_aggregate(payload);
    return digest_->add_key(database_, value_.finish(has_expiry_));
  }
  const base::Result<uint64_t> length = decoded_length(payload);
  if (!length.ok()) {
    failure_ = length.error();
    return;
  }
  scratch_.resize(std::max<size_t>(scratch_.size(), *length));
  const base::Result<size_t> decoded = decode_string(payload, {scratch_.data(), *length});
  if (!decoded.ok()) {
    failure_ = decoded.error();
    return;
  }
  value_.add_string_piece({scratch_.data(), *length});
  digest_->add_key(database_, value_.finish(has_expiry_));
}

}  // namespace engine
