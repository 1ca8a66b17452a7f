// DEBUG DIGEST, DIGEST-VALUE and RELOAD. The caller waits; DIGEST lets others go on, during the
// load of RELOAD they are told -LOADING.

#include <memory>
#include <string>
#include <vector>

#include "engine/commands/debug_commands.h"
#include "engine/digest.h"
#include "engine/digest_sink.h"
#include "engine/engine.h"
#include "engine/snapshots.h"
#include "engine/value/chunked_string.h"
#include "engine/value/hash_value.h"
#include "engine/value/list_value.h"
#include "engine/value/set_value.h"
#include "engine/value/stream_codec.h"
#include "engine/value/stream_value.h"
#include "engine/value/zset_value.h"

namespace engine {

namespace {

// Until a snapshot that runs has ended.
constexpr uint64_t kRetryNs = 5'000'000;

void begin_digest(Engine& engine, uint64_t session_id) {
  if (engine.session(session_id) == nullptr) return;
  iouring::Loop& loop = *engine.environment().loop;
  if (engine.snapshots().running()) {
    loop.add_timer(loop.clock().monotonic_ns() + kRetryNs,
                   [&engine, session_id] { begin_digest(engine, session_id); });
    return;
  }
  auto digest = std::make_shared<DataDigest>();
  auto sink = std::make_unique<DigestSink>(
      engine.environment().helpers, static_cast<uint64_t>(engine.databases().count()), digest);
  engine.snapshots().begin_stream(
      std::move(sink), [&engine, session_id, digest](const base::Status& status) {
        const bool ok = status.ok();
        engine.complete(session_id, [ok, digest](resp::ReplyWriter& reply) {
          if (!ok) return reply.error("-ERR the digest could not be made: see the log");
          reply.simple_string(to_hex(digest->finish()));
        });
      });
}

void add_stream(const StreamView& stream, ValueDigest* digest) {
  stream.for_each({}, StreamId::max(), [digest](const StreamNode& node, const StreamEntry& entry) {
    digest->add_element(digest_text(entry.id));
    node.for_each_field(entry, [digest](const Element& field, const Element& value) {
      digest->add_element(ElementText(field).view());
      digest->add_element(ElementText(value).view());
    });
    return true;
  });
}

Sha1Sum digest_of(const Entry& entry, const base::KeyHasher* hasher) {
  ValueDigest digest;
  digest.begin(entry.type());
  if (entry.type() == ValueType::kHash) {
    HashView(&entry, hasher).for_each([&digest](const HashPair& pair) {
      digest.add_pair(ElementText(pair.field).view(), ElementText(pair.value).view());
    });
  } else if (entry.type() == ValueType::kList) {
    ListView(&entry).for_each(0, [&digest](const Element& element) {
      digest.add_element(ElementText(element).view());
      return true;
    });
  } else if (entry.type() == ValueType::kStream) {
    add_stream(StreamView(&entry), &digest);
  } else if (entry.type() == ValueType::kSet) {
    SetView(&entry, hasher).for_each([&digest](const Element& member) {
      digest.add_member(ElementText(member).view());
      return true;
    });
  } else if (entry.type() == ValueType::kZset) {
    ZsetView(&entry, hasher).for_each([&digest](const ScoredMember& scored) {
      digest.add_scored(ElementText(scored.member).view(), scored.score);
      return true;
    });
  } else if (entry.form() == ValueForm::kChunked) {
    const ChunkedString& chunks = *entry.chunks();
    for (size_t i = 0; i < chunks.chunk_count(); ++i) digest.add_string_piece(chunks.chunk(i));
  } else {
    digest.add_string_piece(base::as_bytes(entry.value()));
  }
  return digest.finish(entry.has_expiry());
}

}  // namespace

void debug_digest(CommandContext& context) {
  Engine& engine = context.engine();
  engine.block(&context.session());
  const uint64_t session_id = context.session().id;
  engine.environment().loop->post([&engine, session_id] { begin_digest(engine, session_id); });
}

void debug_digest_value(CommandContext& context) {
  const base::KeyHasher* const hasher = context.keyspace().shared().hasher;
  context.reply().array(context.argc() - 2);
  for (size_t i = 2; i < context.argc(); ++i) {
    const Entry* const entry = context.keyspace().peek(context.key(i));
    context.reply().simple_string(to_hex(entry == nullptr ? Sha1Sum{} : digest_of(*entry, hasher)));
  }
}

// ---- RELOAD

namespace {

class Reload : public std::enable_shared_from_this<Reload> {
 public:
  struct Steps {
    bool save = true;
    bool flush = true;
    bool merge = false;
  };

  Reload(Engine* engine, uint64_t session_id, const Steps& steps)
      : engine_(engine), session_id_(session_id), steps_(steps) {}

  void begin() {
    iouring::Loop& loop = *engine_->environment().loop;
    if (engine_->snapshots().running() || engine_->loading() != nullptr) {
      loop.add_timer(loop.clock().monotonic_ns() + kRetryNs,
                     [self = shared_from_this()] { self->begin(); });
      return;
    }
    if (!steps_.save) return load();
    const base::Status begun =
        engine_->snapshots().begin_save([self = shared_from_this()](const base::Status& status) {
          status.ok() ? self->load() : self->end("-ERR");
        });
    if (!begun.ok()) end("-ERR");
  }

 private:
  void load() {
    const std::string path = engine_->options().dir + "/" + engine_->options().dbfilename;
    if (!engine_->environment().disk->file_status(path).ok())
      return end("-ERR Error trying to load the RDB dump, check server logs.");
    if (steps_.flush)
      for (int i = 0; i < engine_->databases().count(); ++i) engine_->databases().flush(i);
    loading_ = std::make_unique<Loading>(engine_, path);
    loading_->set_replaces(steps_.merge);
    engine_->set_loading(loading_.get());
    loading_->begin(
        [self = shared_from_this()](const std::string& failure) { self->loaded(failure); });
  }

  // The loading calls this and must outlive the turn.
  void loaded(const std::string& failure) {
    if (!failure.empty()) engine_->log().warning("{}", failure);
    const bool ok = failure.empty();
    engine_->environment().loop->post([self = shared_from_this(), ok] {
      self->engine_->set_loading(nullptr);
      self->loading_.reset();
      if (ok) self->engine_->log().warning("DB reloaded by DEBUG RELOAD");
      self->end(ok ? "" : "-ERR Error trying to load the RDB dump, check server logs.");
    });
  }

  void end(std::string_view error) {
    engine_->complete(session_id_, [error](resp::ReplyWriter& reply) {
      error.empty() ? reply.ok() : reply.error(error);
    });
  }

  Engine* const engine_;
  const uint64_t session_id_;
  const Steps steps_;
  std::unique_ptr<Loading> loading_;
};

bool has_cold_keys(Engine& engine) {
  for (int i = 0; i < engine.databases().count(); ++i)
    if (engine.databases().at(i).residence().counts().cold_keys != 0) return true;
  return false;
}

}  // namespace

void debug_reload(CommandContext& context) {
  Reload::Steps steps;
  for (size_t i = 2; i < context.argc(); ++i) {
    if (context.word_is(i, "merge")) {
      steps.merge = true;
    } else if (context.word_is(i, "noflush")) {
      steps.flush = false;
    } else if (context.word_is(i, "nosave")) {
      steps.save = false;
    } else {
      return context.error(
          "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    }
  }
  Engine& engine = context.engine();
  // Whether the file's keys are there already would have to be asked of the index, key by key.
  if (!steps.flush && has_cold_keys(engine))
    return context.error("-ERR DEBUG RELOAD NOFLUSH needs all keys in memory");
  engine.block(&context.session());
  const auto reload = std::make_shared<Reload>(&engine, context.session().id, steps);
  engine.environment().loop->post([reload] { reload->begin(); });
}

}  // namespace engine
