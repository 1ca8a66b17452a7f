// Fuzzes what reads RDB: how the input is split must change neither events nor outcome, no payload
// may be delivered that the grammar or the string decoder then reads differently, and nothing is
// read outside of the input.
//
// The first eight bytes seed the splits and options. Then 'R' and an RDB file, or 'V', a type byte
// and a value's payload, or 'B', a kind and a blob.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "persist/crc64.h"
#include "persist/rdb_blobs.h"
#include "persist/rdb_grammar.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_string.h"

using persist::RdbEvent;
using persist::RdbReader;

namespace {

constexpr size_t kSeedBytes = 8;
constexpr size_t kValueBytesMax = 1 << 20;

// What a file says, summed up.
struct Outcome {
  bool ok = false;
  std::string_view detail;
  uint64_t sum = 0;  // Of all events; comparable when ok.

  void add(base::ByteSpan bytes) { sum = persist::crc64(sum, bytes); }
  void add(uint64_t number) {
    std::byte bytes[8];
    base::store_le(bytes, number);
    add(bytes);
  }
};

void check_whole_payload(const RdbEvent& event) {
  const auto bytes = persist::value_bytes(event.type, event.payload);
  CHECK(bytes.ok());
  CHECK_EQ(*bytes, event.payload.size());
}

void add_event(const RdbEvent& event, Outcome* outcome) {
  if (event.kind == RdbEvent::kPiece) return outcome->add(event.payload);
  for (const uint64_t number :
       {uint64_t{event.kind}, uint64_t{event.version}, event.db, event.keys, event.expires,
        uint64_t{event.type}, static_cast<uint64_t>(event.delivery), event.offset,
        static_cast<uint64_t>(event.expire_at_ms.value_or(-1)), event.idle_seconds.value_or(0),
        uint64_t{event.frequency.value_or(0)}, event.string_bytes}) {
    outcome->add(number);
  }
  outcome->add(base::as_bytes(event.name));
  outcome->add(base::as_bytes(event.value));
  outcome->add(event.payload);
  if (event.kind == RdbEvent::kKey && event.delivery == persist::RdbDelivery::kWhole) {
    check_whole_payload(event);
  }
}

// Every chunk is a copy of its own, so that a sanitizer sees what reaches beyond it.
Outcome read_file(base::ByteSpan file, const RdbReader::Options& options, base::Random* splits) {
  Outcome outcome;
  RdbReader reader(options);
  std::unique_ptr<std::byte[]> chunk;
  while (true) {
    const auto event = reader.next();
    if (!event.ok()) {
      outcome.detail = event.error().detail;
      CHECK(!reader.error_text().empty());
      return outcome;
    }
    if (event->kind != RdbEvent::kNeedInput) {
      add_event(*event, &outcome);
      outcome.ok = event->kind == RdbEvent::kEnd;
      if (outcome.ok) return outcome;
    } else if (file.empty()) {
      reader.end_of_input();
    } else {
      const size_t count =
          splits == nullptr
              ? file.size()
              : std::min<size_t>(file.size(), 1 + splits->below(splits->one_in(2) ? 4 : 200));
      chunk = std::make_unique<std::byte[]>(count);
      std::copy_n(file.begin(), count, chunk.get());
      file = file.subspan(count);
      reader.feed({chunk.get(), count});
    }
  }
}

void fuzz_file(base::ByteSpan file, uint64_t seed) {
  base::Random random(seed);
  RdbReader::Options options;
  options.verify_checksum = random.one_in(4);
  if (random.one_in(2)) options.file_bytes = file.size();
  if (random.one_in(2)) {
    options.whole_payload_bytes_max = 20 + random.below(100);
    options.whole_string_bytes_max = random.below(100);
    options.piece_bytes = 1 + random.below(50);
  }
  options.key_bytes_max = kValueBytesMax;
  options.text_bytes_max = 10'000;
  const Outcome whole = read_file(file, options, nullptr);
  const Outcome pieces = read_file(file, options, &random);
  CHECK_EQ(whole.ok, pieces.ok);
  CHECK_EQ(whole.detail, pieces.detail);
  if (whole.ok) CHECK_EQ(whole.sum, pieces.sum);
}

void decode_string(base::ByteSpan encoded) {
  const auto bytes = persist::decoded_string_bytes(encoded);
  if (!bytes.ok() || *bytes > kValueBytesMax) return;
  std::vector<std::byte> text(*bytes);
  if (!persist::decode_string(encoded, text).ok()) return;
  // What was decoded encodes and decodes to itself.
  std::vector<std::byte> again(persist::encoded_string_bytes_max(text.size()));
  again.resize(persist::encode_string(text, true, again.data()));
  std::vector<std::byte> twice(text.size());
  CHECK(persist::decode_string(again, twice).ok());
  CHECK(twice == text);
}

void fuzz_value(uint8_t type, base::ByteSpan payload, uint64_t seed) {
  persist::RdbSkipper whole;
  whole.start_value(type, payload.size());
  const auto used = whole.feed(payload);
  persist::RdbSkipper pieces;
  pieces.start_value(type, payload.size());
  base::Random random(seed);
  size_t at = 0;
  while (at < payload.size() && !pieces.done()) {
    const size_t count = std::min<size_t>(payload.size() - at, 1 + random.below(30));
    const auto taken = pieces.feed(payload.subspan(at, count));
    CHECK(taken.ok() || !used.ok());
    if (!taken.ok()) return;
    at += *taken;
  }
  if (!used.ok()) return;
  CHECK_EQ(whole.done(), pieces.done());
  CHECK_EQ(*used, at);
  if (type == 0 && whole.done()) decode_string(payload.first(*used));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kSeedBytes + 2) return 0;
  const auto seed = base::load_le<uint64_t>(data);
  const base::ByteSpan body = std::as_bytes(std::span(data, size)).subspan(kSeedBytes + 1);
  switch (data[kSeedBytes]) {
    case 'R':
      fuzz_file(body, seed);
      break;
    case 'V':
      fuzz_value(static_cast<uint8_t>(body[0]), body.subspan(1), seed);
      break;
    case 'B':
      (void)persist::check_blob(static_cast<persist::BlobKind>(static_cast<uint8_t>(body[0]) % 6),
                                body.subspan(1));
      break;
    default:
      break;
  }
  return 0;
}
