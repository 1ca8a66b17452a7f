#include "engine/loading.h"

#include <algorithm>
#include <cstring>

#include "base/memory.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"
#include "engine/value/codec.h"
#include "engine/value/large_string.h"
#include "engine/value/value_codec.h"
#include "persist/rdb_format.h"

namespace engine {

namespace {

constexpr int kEventsPerStep = 32;
constexpr uint64_t kEntryBytes = 128;

}  // namespace

Loading::Loading(Engine* engine, std::string path)
    : engine_(engine),
      path_(std::move(path)),
      file_(engine->environment().loop, engine->environment().disk, path_,
            {.operations_max = static_cast<uint32_t>(engine->options().snapshot_io_depth),
             .bytes_max = static_cast<uint64_t>(engine->options().snapshot_buffer)}) {
  statistics_.started_ms = engine->now_ms();
}

Loading::~Loading() { ChunkedString::release(large_.chunks); }

void Loading::begin(Done done) {
  done_ = std::move(done);
  file_.set_on_ready([this] { waits_ = false; });
  file_.open([this](const base::Status& status) {
    if (!status.ok())
      return fail(fmt::format("Can't open {}: {}", path_, status.error().to_string()));
    statistics_.file_bytes = file_.file_bytes();
    persist::RdbReader::Options options;
    options.verify_checksum = engine_->options().rdbchecksum;
    options.databases = static_cast<uint64_t>(engine_->databases().count());
    options.file_bytes = file_.file_bytes();
    reader_ = std::make_unique<persist::RdbReader>(options);
    waits_ = false;
  });
}

bool Loading::step() {
  if (ended_ || reader_ == nullptr) return false;
  if (read_whole_) {
    if (appends_in_flight_ == 0) succeed();
    return false;
  }
  if (waits_) return false;
  for (int i = 0; i < kEventsPerStep; ++i) {
    if (!has_pending_) {
      base::Result<persist::RdbEvent> event = reader_->next();
      statistics_.loaded_bytes = reader_->offset();
      if (!event.ok()) {
        fail(fmt::format("{} in {}. The file is left as it is.", reader_->error_text(), path_));
        return false;
      }
      pending_ = *event;
    }
    has_pending_ = !handle(pending_);
    if (ended_ || read_whole_ || waits_) return false;
    // Whatever held it up (memory, the log) is on its way.
    if (has_pending_) return false;
  }
  return true;
}

bool Loading::take_input() {
  base::Result<persist::FileStreamReader::Chunk> chunk = file_.next();
  if (!chunk.ok()) {
    fail(fmt::format("Can't read {}: {}", path_, chunk.error().to_string()));
    return true;
  }
  if (chunk->bytes.empty() && !chunk->end) {
    waits_ = true;
    return false;
  }
  if (chunk->bytes.empty()) {
    reader_->end_of_input();
  } else {
    reader_->feed(chunk->bytes);
  }
  return true;
}

bool Loading::handle(const persist::RdbEvent& event) {
  switch (event.kind) {
    case persist::RdbEvent::kNeedInput:
      return take_input();
    case persist::RdbEvent::kKey:
      return load_key(event);
    case persist::RdbEvent::kPiece:
      return load_piece(event);
    case persist::RdbEvent::kKeyEnd:
      return finish_large();
    case persist::RdbEvent::kFunction:
      engine_->log().warning("A function library in {} is skipped: functions are not held yet",
                             path_);
      return true;
    case persist::RdbEvent::kModuleAux:
      engine_->log().warning("Data of module {} in {} is skipped", event.name, path_);
      return true;
    case persist::RdbEvent::kEnd:
      read_whole_ = true;
      return true;
    default:
      return true;
  }
}

// True when `bytes` more may be taken now.
bool Loading::make_room(uint64_t bytes) {
  Budget& budget = engine_->budget();
  if (!budget.limited() ||
      budget.room(base::memory_used_total()) >= static_cast<int64_t>(bytes + kEntryBytes))
    return true;
  if (engine_->tier() != nullptr) return false;
  if (engine_->evict_for(bytes + kEntryBytes)) return true;
  const double done = statistics_.file_bytes == 0
                          ? 1.0
                          : std::max(0.001, static_cast<double>(statistics_.loaded_bytes) /
                                                static_cast<double>(statistics_.file_bytes));
  fail(fmt::format(
      "{} does not fit: about {} bytes are needed and maxmemory is {}. Raise "
      "maxmemory, turn the cold tier on (tier yes), or choose a maxmemory-policy that "
      "evicts.",
      path_, static_cast<uint64_t>(static_cast<double>(base::memory_used_total()) / done),
      engine_->options().maxmemory));
  return false;
}

// The same for what cannot go to the tier: it stays, and others go.
bool Loading::make_room_to_stay(uint64_t bytes) {
  if (engine_->tier() == nullptr) return make_room(bytes);
  // As much as a command may take: what a server held it loads again.
  if (engine_->budget().room(base::memory_used_total()) >= static_cast<int64_t>(bytes)) return true;
  if (engine_->gate().exhausted()) fail(too_large_to_stay());
  return false;
}

std::string Loading::too_large_to_stay() const {
  return fmt::format(
      "{} does not fit: values larger than {} bytes stay in memory, and maxmemory is {}. Raise "
      "maxmemory.",
      path_, kRecordPayloadBytesMax, engine_->options().maxmemory);
}

bool Loading::load_key(const persist::RdbEvent& event) {
  if (event.type != kStringType && !is_aggregate_type(event.type)) {
    fail(
        fmt::format("{} holds a value of a type that Basalt does not hold yet (RDB type {}, key "
                    "'{}', offset {}). The file is left as it is.",
                    path_, event.type, event.name, event.offset));
    return true;
  }
  Keyspace& keyspace = engine_->databases().at(static_cast<int>(event.db));
  const Key key = keyspace.key_of(event.name);
  const int64_t expiry_ms = event.expire_at_ms.value_or(kNoExpiry);
  const bool expired = !keeps_expired_ && expiry_ms != kNoExpiry && expiry_ms <= engine_->now_ms();
  if (keyspace.resident(key) != nullptr) {
    if (!replaces_) {
      fail(fmt::format("{} has the key '{}' twice (offset {})", path_, key.text, event.offset));
      return false;
    }
    keyspace.erase(key);
  }
  if (event.delivery == persist::RdbDelivery::kStringPieces)
    return begin_large(keyspace, event, expired);
  if (event.delivery == persist::RdbDelivery::kRawPieces) {
    begin_gathering(keyspace, event, expired);
    return true;
  }
  if (expired) {
    ++statistics_.keys_expired;
    return true;
  }
  if (event.empty_aggregate || is_empty_aggregate(event.type, event.payload)) {
    engine_->log().notice("An empty key in {} is skipped: '{}'", path_, event.name);
    return true;
  }
  if (event.payload.size() > kRecordPayloadBytesMax || !is_written_type(event.type)) {
    if (!make_room_to_stay(event.payload.size())) return ended_;
    load_aggregate(keyspace, key, event, event.payload);
    return true;
  }
  if (engine_->tier() != nullptr && engine_->budget().excess(base::memory_used_total()) > 0)
    return load_cold(keyspace, key, event);
  if (!make_room(event.payload.size())) return ended_;
  load_entry(keyspace, key, event);
  return true;
}

bool Loading::load_cold(Keyspace& keyspace, const Key& key, const persist::RdbEvent& event) {
  Tier& tier = *engine_->tier();
  if (!tier.can_demote()) return false;
  logstore::UnitFields fields;
  fields.namespace_id = keyspace.id();
  fields.rdb_type = event.type;
  fields.hash64 = key.hash;
  fields.expire_at_ms = event.expire_at_ms.value_or(logstore::kNoExpiry);
  fields.key = key.text;
  ++appends_in_flight_;
  const bool taken = tier.append_loaded(keyspace, fields, event.payload, [this](bool written) {
    --appends_in_flight_;
    if (!written)
      fail(fmt::format("The cold tier could not take a value of {}: see the lines above", path_));
  });
  if (!taken) {
    --appends_in_flight_;
    return false;
  }
  ++statistics_.keys_loaded;
  ++statistics_.keys_cold;
  return true;
}

void Loading::load_aggregate(Keyspace& keyspace, const Key& key, const persist::RdbEvent& event,
                             base::ByteSpan payload) {
  base::Result<OwnedValue> value =
      decode_aggregate(event.type, payload, keyspace.shared().value_tools(), DecodeFor::kLoad);
  if (!value.ok())
    return fail(fmt::format("A value in {} is damaged (key '{}', offset {})", path_, key.text,
                            event.offset));
  EntryOptions options = keyspace.fresh_options();
  options.expiry_ms = event.expire_at_ms.value_or(kNoExpiry);
  options.access = access_of(event);
  keyspace.add(key, value->into_entry(keyspace.heap(), key.text, options));
  ++statistics_.keys_loaded;
}

void Loading::load_entry(Keyspace& keyspace, const Key& key, const persist::RdbEvent& event) {
  if (event.type != kStringType) return load_aggregate(keyspace, key, event, event.payload);
  const base::Result<uint64_t> length = decoded_length(event.payload);
  if (!length.ok() || *length > base::kInlineValueBytesMax)
    return fail(fmt::format("A string in {} is damaged (offset {})", path_, event.offset));
  scratch_.resize(std::max<size_t>(scratch_.size(), *length));
  if (!decode_string(event.payload, {scratch_.data(), *length}).ok())
    return fail(fmt::format("A string in {} is damaged (offset {})", path_, event.offset));
  EntryOptions options = keyspace.fresh_options();
  options.expiry_ms = event.expire_at_ms.value_or(kNoExpiry);
  options.access = access_of(event);
  keyspace.add(
      key, keyspace.heap().create(key.text, base::as_text({scratch_.data(), *length}), options));
  ++statistics_.keys_loaded;
}

uint32_t Loading::access_of(const persist::RdbEvent& event) const {
  const AccessClock& access = engine_->databases().shared().access;
  if (access.lfu() && event.frequency.has_value()) return access.from_frequency(*event.frequency);
  if (!access.lfu() && event.idle_seconds.has_value()) return access.from_idle(*event.idle_seconds);
  return access.fresh();
}

bool Loading::begin_large(Keyspace& keyspace, const persist::RdbEvent& event, bool expired) {
  if (event.string_bytes > kChunkedStringBytesMax) {
    fail(fmt::format("A string in {} is longer than 512 MB (offset {})", path_, event.offset));
    return true;
  }
  const Budget& budget = engine_->budget();
  const uint64_t used = base::memory_used_total();
  const bool cold = !expired && engine_->tier() != nullptr && budget.limited() &&
                    (budget.excess(used) > 0 ||
                     budget.room(used) < static_cast<int64_t>(event.string_bytes + kEntryBytes));
  if (!expired && !cold && !make_room(event.string_bytes)) return ended_;
  large_.keyspace = &keyspace;
  large_.key = event.name;
  large_.expiry_ms = event.expire_at_ms.value_or(kNoExpiry);
  large_.skip = expired;
  if (expired) {
    ++statistics_.keys_expired;
  } else if (cold) {
    begin_cold_large(event.string_bytes);
  } else {
    large_.chunks = ChunkedString::create();
  }
  return true;
}

void Loading::begin_cold_large(uint64_t string_bytes) {
  ++appends_in_flight_;
  large_.page.reserve(kLargePageBytes);
  large_.value_id = engine_->tier()->begin_large_load(
      *large_.keyspace, large_.keyspace->key_of(large_.key), large_.expiry_ms, string_bytes,
      [this, alive = std::weak_ptr<bool>(alive_)](bool written) {
        if (alive.expired()) return;
        --appends_in_flight_;
        if (!written)
          fail(fmt::format("The cold tier could not take a value of {}: see the lines above",
                           path_));
      });
}

void Loading::begin_gathering(Keyspace& keyspace, const persist::RdbEvent& event, bool expired) {
  large_.keyspace = &keyspace;
  large_.key = event.name;
  large_.gathers = true;
  const uint64_t maxmemory = engine_->options().maxmemory;
  large_.payload_bytes_max =
      maxmemory == 0 ? statistics_.file_bytes : std::min(statistics_.file_bytes, maxmemory);
  large_.payload = PageRegion(large_.payload_bytes_max, base::MemoryUse::kChunks);
  large_.skip = expired;
  large_.event = event;
  if (expired) ++statistics_.keys_expired;
}

bool Loading::gather_piece(const persist::RdbEvent& event) {
  if (!make_room_to_stay(event.payload.size())) return ended_;
  const uint64_t end = large_.payload_bytes + event.payload.size();
  if (end > large_.payload_bytes_max) {
    fail(too_large_to_stay());
    return true;
  }
  large_.payload.charge_to(end);
  std::memcpy(large_.payload.data() + large_.payload_bytes, event.payload.data(),
              event.payload.size());
  large_.payload_bytes = end;
  return true;
}

bool Loading::load_piece(const persist::RdbEvent& event) {
  if (large_.skip) return true;
  if (large_.gathers) return gather_piece(event);
  if (large_.value_id != 0) return load_cold_piece(event);
  large_.chunks->append(event.payload);
  return true;
}

bool Loading::load_cold_piece(const persist::RdbEvent& event) {
  while (large_.piece_taken < event.payload.size()) {
    if (large_.page.size() == kLargePageBytes && !flush_page()) return false;
    const base::ByteSpan rest = event.payload.subspan(large_.piece_taken);
    const size_t count = std::min(rest.size(), kLargePageBytes - large_.page.size());
    large_.page.insert(large_.page.end(), rest.begin(),
                       rest.begin() + static_cast<ptrdiff_t>(count));
    large_.piece_taken += count;
  }
  large_.piece_taken = 0;
  return true;
}

bool Loading::flush_page() {
  if (!engine_->tier()->large_writes().append_page(large_.value_id, large_.page)) return false;
  large_.page.clear();
  return true;
}

bool Loading::finish_large() {
  if (large_.value_id != 0) {
    if (!flush_page()) return false;
    ++statistics_.keys_cold;
    ++statistics_.keys_loaded;
  } else if (large_.gathers && !large_.skip) {
    load_aggregate(*large_.keyspace, large_.keyspace->key_of(large_.key), large_.event,
                   {large_.payload.data(), large_.payload_bytes});
  } else if (!large_.skip) {
    SetOptions options;
    options.expiry_ms = large_.expiry_ms;
    large_.keyspace->set_chunks(large_.keyspace->key_of(large_.key), large_.chunks, options);
    ++statistics_.keys_loaded;
  }
  large_ = Large{};
  return true;
}

void Loading::fail(std::string text) {
  if (ended_) return;
  failure_ = std::move(text);
  end();
}

void Loading::succeed() { end(); }

void Loading::end() {
  ended_ = true;
  if (large_.value_id != 0) engine_->tier()->large_writes().cancel(large_.value_id);
  file_.close([this] {
    Done done = std::move(done_);
    done(failure_);
  });
}

}  // namespace engine
