#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "engine/commands/command_limits.h"
#include "engine/commands/key_commands.h"
#include "engine/commands/string_reply.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"
#include "engine/value/codec.h"
#include "engine/value/counted_tree.h"
#include "engine/value/value_codec.h"
#include "persist/crc64.h"

namespace engine {

namespace {

constexpr size_t kTreePieceBytes = 16 * 1024;

struct ReleaseChunks {
  void operator()(ChunkedString* chunks) const { ChunkedString::release(chunks); }
};
using OwnedChunks = std::unique_ptr<ChunkedString, ReleaseChunks>;

// Type byte, length, the chunks as they are, footer.
void dump_chunks(resp::ReplyWriter& reply, ChunkedString* chunks) {
  std::array<std::byte, 1 + persist::kLengthBytesMax> head;
  head[0] = std::byte{kStringType};
  const size_t head_bytes = 1 + raw_header(chunks->size(), head.data() + 1);
  uint64_t crc = persist::crc64(0, {head.data(), head_bytes});
  for (size_t i = 0; i < chunks->chunk_count(); ++i) crc = persist::crc64(crc, chunks->chunk(i));
  std::array<std::byte, kDumpFooterBytes> footer;
  dump_footer(crc, footer.data());

  reply.bulk_header(head_bytes + chunks->size() + kDumpFooterBytes);
  reply.out().append(base::as_text({head.data(), head_bytes}));
  append_chunks(reply.out(), chunks, 0, chunks->size());
  reply.out().append(base::as_text(footer));
  reply.bulk_end();
}

// Type byte, count, the elements, footer.
void dump_tree(resp::ReplyWriter& reply, const Entry& entry) {
  const CountedTree& tree = *entry.tree();
  std::array<std::byte, 1 + persist::kLengthBytesMax> head;
  head[0] = std::byte{rdb_type_of(entry)};
  const size_t head_bytes = 1 + encode_tree_header(tree, head.data() + 1);
  reply.bulk_header(head_bytes + tree_payload_bytes(entry.type(), tree) + kDumpFooterBytes);
  reply.out().append(base::as_text({head.data(), head_bytes}));
  uint64_t crc = persist::crc64(0, {head.data(), head_bytes});
  std::array<std::byte, kTreePieceBytes> piece;
  TreeReader reader = tree_payload(entry.type(), tree);
  while (const size_t count = reader.read(piece)) {
    crc = persist::crc64(crc, {piece.data(), count});
    reply.out().append(base::as_text({piece.data(), count}));
  }
  std::array<std::byte, kDumpFooterBytes> footer;
  dump_footer(crc, footer.data());
  reply.out().append(base::as_text(footer));
  reply.bulk_end();
}

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;
  int64_t idle_seconds = -1;
  int64_t frequency = -1;
};

bool parse_number_option(const CommandContext& context, size_t i, RestoreOptions* options) {
  const bool idle = context.word_is(i, "idletime");
  int64_t* const value = idle ? &options->idle_seconds : &options->frequency;
  if (!context.integer_word(i + 1, value)) return false;
  if (idle && *value < 0) {
    context.error("Invalid IDLETIME value, must be >= 0");
    return false;
  }
  if (!idle && (*value < 0 || *value > 255)) {
    context.error("Invalid FREQ value, must be >= 0 and <= 255");
    return false;
  }
  return true;
}

bool parse_options(const CommandContext& context, RestoreOptions* options) {
  for (size_t i = 4; i < context.argc(); ++i) {
    const bool more = i + 1 < context.argc();
    if (context.word_is(i, "replace")) {
      options->replace = true;
    } else if (context.word_is(i, "absttl")) {
      options->absolute = true;
    } else if (more && ((context.word_is(i, "idletime") && options->frequency == -1) ||
                        (context.word_is(i, "freq") && options->idle_seconds == -1))) {
      if (!parse_number_option(context, i, options)) return false;
      ++i;
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

// A dumped value of a type that there is, after its footer was checked; replies with the error.
std::optional<Dumped> dumped_value(const CommandContext& context) {
  const base::Result<Dumped> dumped = check_dump(base::as_bytes(context.word(3)));
  if (!dumped.ok()) {
    context.error(std::string("-") + dumped.error().detail);
    return std::nullopt;
  }
  if (dumped->type == kStringType || is_aggregate_type(dumped->type)) return *dumped;
  context.error("Basalt does not hold values of this type yet");
  return std::nullopt;
}

// What the payload holds, as chunks, or null when it is damaged.
OwnedChunks decode_chunks(base::ByteSpan payload, uint64_t bytes) {
  OwnedChunks chunks(ChunkedString::create());
  StringDecoder decoder(bytes);
  if (!decoder.feed(payload).ok()) return nullptr;
  while (chunks->size() < bytes) {
    base::MutableByteSpan to = chunks->extend(bytes - chunks->size());
    while (!to.empty()) {
      const base::Result<size_t> made = decoder.read(to);
      if (!made.ok() || *made == 0) return nullptr;
      to = to.subspan(*made);
    }
  }
  std::byte more;
  const base::Result<size_t> rest = decoder.read({&more, 1});
  return rest.ok() && decoder.done() ? std::move(chunks) : nullptr;
}

struct Restored {
  std::string text;
  OwnedChunks chunks;                   // Of a long string.
  std::optional<OwnedValue> aggregate;  // Of another type.
};

// Each replies with the error when it returns nothing.
std::optional<Restored> decode_elements(const CommandContext& context, const Dumped& dumped) {
  const base::Result<uint64_t> bytes = decompressed_bytes(dumped.type, dumped.payload);
  if (bytes.ok() && *bytes > dumped.payload.size() + base::kInlineValueBytesMax &&
      !may_take(context, *bytes))
    return std::nullopt;
  if (bytes.ok()) {
    base::Result<OwnedValue> value = decode_aggregate(
        dumped.type, dumped.payload, context.keyspace().shared().value_tools(), DecodeFor::kLoad);
    if (value.ok()) {
      Restored restored;
      restored.aggregate.emplace(std::move(*value));
      return restored;
    }
  }
  context.error(std::string("-") + kRestoreFormatError);
  return std::nullopt;
}

std::optional<Restored> decode_text(const CommandContext& context, base::ByteSpan payload) {
  const base::Result<uint64_t> bytes = decoded_length(payload);
  Restored restored;
  bool ok = bytes.ok();
  if (ok) {
    if (!fits_string(context, *bytes)) return std::nullopt;
    // A compressed payload may hold far more than the gate was told of.
    if (*bytes > payload.size() + base::kInlineValueBytesMax && !may_take(context, *bytes))
      return std::nullopt;
    if (*bytes > base::kInlineValueBytesMax) {
      restored.chunks = decode_chunks(payload, *bytes);
      ok = restored.chunks != nullptr;
    } else {
      restored.text.resize(*bytes);
      auto* const to = reinterpret_cast<std::byte*>(restored.text.data());
      ok = decode_string(payload, {to, restored.text.size()}).ok();
    }
  }
  if (ok) return restored;
  context.error(std::string("-") + kRestoreFormatError);
  return std::nullopt;
}

void put_restored(Keyspace& keyspace, const Key& key, Restored* restored, int64_t expiry_ms) {
  const SetOptions how{.expiry_ms = expiry_ms != 0 ? expiry_ms : kNoExpiry};
  if (restored->aggregate.has_value()) {
    EntryOptions options = keyspace.fresh_options();
    options.expiry_ms = how.expiry_ms;
    keyspace.add(key, restored->aggregate->into_entry(keyspace.heap(), key.text, options));
  } else if (restored->chunks != nullptr) {
    keyspace.set_chunks(key, restored->chunks.release(), how);
  } else {
    keyspace.set(key, restored->text, how);
  }
}

void set_access(Keyspace& keyspace, const Key& key, const RestoreOptions& options) {
  const AccessClock& access = keyspace.shared().access;
  Entry* const entry = keyspace.peek(key);
  if (access.lfu() && options.frequency >= 0) {
    entry->set_access(access.from_frequency(static_cast<uint8_t>(options.frequency)));
  } else if (!access.lfu() && options.idle_seconds >= 0) {
    entry->set_access(access.from_idle(static_cast<uint64_t>(options.idle_seconds)));
  }
}

// The words with the moment in place of the time to live.
void effect_of_restore(const CommandContext& context, int64_t expiry_ms) {
  if (!context.wants_effects()) return;
  std::vector<EffectWord> words;
  for (size_t i = 0; i < context.argc(); ++i) words.push_back(context.effect_word(i));
  words[2] = expiry_ms;
  words.emplace_back("ABSTTL");
  context.effect(words);
}

}  // namespace

void dump_command(CommandContext& context) {
  const Entry* const entry = context.keyspace().find(context.key(1));
  if (entry == nullptr) return context.reply().null();
  if (entry->form() == ValueForm::kChunked) return dump_chunks(context.reply(), entry->chunks());
  if (entry->form() == ValueForm::kPaged) return dump_tree(context.reply(), *entry);
  std::vector<std::byte> payload(encoded_value_bytes_max(*entry));
  payload.resize(encode_value(*entry, context.engine().options().rdbcompression, payload.data()));
  context.reply().bulk(dump(rdb_type_of(*entry), payload));
}

void restore_command(CommandContext& context) {
  RestoreOptions options;
  if (!parse_options(context, &options)) return;
  Keyspace& keyspace = context.keyspace();
  const Key key = context.key(1);
  if (!options.replace && keyspace.exists(key))
    return context.error("-BUSYKEY Target key name already exists.");
  int64_t expiry_ms = 0;
  if (!context.integer_word(2, &expiry_ms)) return;
  if (expiry_ms < 0) return context.error("Invalid TTL value, must be >= 0");
  const std::optional<Dumped> dumped = dumped_value(context);
  if (!dumped.has_value()) return;
  std::optional<Restored> restored = dumped->type == kStringType
                                         ? decode_text(context, dumped->payload)
                                         : decode_elements(context, *dumped);
  if (!restored.has_value()) return;

  const bool replaces = keyspace.exists(key) && keyspace.erase(key);
  // A sum that overflows is a moment long past, as it is for Redis.
  if (expiry_ms != 0 && !options.absolute)
    expiry_ms = static_cast<int64_t>(static_cast<uint64_t>(expiry_ms) +
                                     static_cast<uint64_t>(context.now_ms()));
  if (expiry_ms != 0 && expiry_ms <= context.now_ms() && keyspace.shared().expires_keys) {
    if (replaces) {
      keyspace.changed(key, kDelEvent);
      context.effect({"DEL", key.text});
    }
    return context.reply().ok();
  }
  if (expiry_ms != 0 && !options.absolute) effect_of_restore(context, expiry_ms);
  put_restored(keyspace, key, &*restored, expiry_ms);
  set_access(keyspace, key, options);
  keyspace.changed(key, {notify_event::kGeneric, "restore"});
  context.reply().ok();
}

}  // namespace engine
