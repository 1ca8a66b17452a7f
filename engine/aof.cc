#include "engine/aof.h"

#include <cstring>
#include <utility>

#include "engine/engine.h"
#include "engine/snapshots.h"
#include "engine/value/chunked_string.h"
#include "persist/aof_checksum.h"
#include "persist/crc64.h"

namespace engine {

namespace {

constexpr std::string_view kMulti = "*1\r\n$5\r\nMULTI\r\n";
constexpr std::string_view kExec = "*1\r\n$4\r\nEXEC\r\n";

}  // namespace

Aof::Aof(Engine* engine)
    : engine_(engine),
      buffer_(&engine->databases().shared().condemned_chunks),
      writer_(engine->environment().loop, engine->environment().disk, &buffer_, this),
      manifest_(engine->options().appendfilename),
      next_(manifest_) {
  writer_.set_policy(engine->options().appendfsync);
  engine->config().on_change({"appendfsync"}, [this](const Options& options) {
    writer_.set_policy(options.appendfsync);
    update_gate();
    return std::string();
  });
  engine->config().on_change({"appendonly"}, [this](const Options& options) {
    if (options.appendonly && state_ == State::kOff) enable();
    if (!options.appendonly && state_ != State::kOff) disable();
    return std::string();
  });
}

Aof::~Aof() = default;

AofFiles& Aof::files() {
  if (files_ == nullptr)
    files_ = std::make_unique<AofFiles>(engine_->environment().disk, engine_->options().dir,
                                        engine_->options().appenddirname);
  return *files_;
}

// ---- The stream

std::string Aof::increment_head() const {
  if (!engine_->options().aof_checksum) return {};
  std::string head(persist::kAofBatchHeaderBytes, ' ');
  persist::format_aof_batch({}, head.data());
  return head;
}

void Aof::begin_batch() {
  if (batch_open_) return;
  batch_open_ = true;
  batch_header_ =
      engine_->options().aof_checksum ? buffer_.reserve(persist::kAofBatchHeaderBytes) : nullptr;
  batch_begin_ = buffer_.end();
}

// Whatever follows belongs to the next batch, and this one may be written.
void Aof::seal_batch() {
  if (!batch_open_) return;
  batch_open_ = false;
  if (batch_header_ == nullptr) return;
  persist::AofBatchHeader header;
  header.bytes = buffer_.end() - batch_begin_;
  header.pending_bytes = batch_begin_ - persist::kAofBatchHeaderBytes - writer_.durable_until();
  for (uint64_t at = batch_begin_; at < buffer_.end();) {
    const base::ByteSpan bytes = buffer_.at(at, SIZE_MAX);
    header.crc = persist::crc64(header.crc, bytes);
    at += bytes.size();
  }
  persist::format_aof_batch(header, reinterpret_cast<char*>(batch_header_));
}

void Aof::sync_now() {
  seal_batch();
  writer_.sync_now();
}

void Aof::annotate_time() {
  const int64_t seconds = engine_->now_ms() / 1000;
  if (!engine_->options().aof_timestamp_enabled || seconds <= annotated_seconds_) return;
  annotated_seconds_ = seconds;
  buffer_.append(fmt::format("#TS:{}\r\n", seconds));
}

std::string Aof::select_command(int database) {
  const std::string number = std::to_string(database);
  return fmt::format("*2\r\n$6\r\nSELECT\r\n${}\r\n{}\r\n", number.size(), number);
}

void Aof::select(int database) {
  if (!selections_.empty() && selections_.back().database == database) return;
  selections_.push_back({buffer_.end(), database});
  buffer_.append(select_command(database));
}

void Aof::append_unit(const EffectUnit& unit, size_t from, size_t end, size_t* insertion) {
  const std::string_view text = unit.text;
  for (; *insertion < unit.insertions.size() && unit.insertions[*insertion].at < end;
       ++*insertion) {
    const EffectUnit::Insertion& value = unit.insertions[*insertion];
    buffer_.append(text.substr(from, value.at - from));
    buffer_.append(value.chunks->freeze());
    from = value.at;
  }
  buffer_.append(text.substr(from, end - from));
}

void Aof::on_effects(const EffectUnit& unit) {
  const uint64_t before = buffer_.end();
  begin_batch();
  annotate_time();
  const bool is_transaction = unit.commands.size() > 1;
  if (is_transaction) buffer_.append(kMulti);
  size_t from = 0;
  size_t insertion = 0;
  for (const EffectUnit::Command& command : unit.commands) {
    select(command.database);
    append_unit(unit, from, command.end, &insertion);
    from = command.end;
  }
  if (is_transaction) buffer_.append(kExec);
  statistics_.current_bytes += buffer_.end() - before;
}

// ---- Turns

void Aof::update_gate() {
  OutputGate& gate = engine_->output_gate();
  gate.set_end(writer_.sealed());
  const bool promises = (state_ == State::kOn || draining_) && failure_ == 0;
  if (!promises) return gate.release(writer_.sealed());
  const Options& options = engine_->options();
  const bool rests = options.no_appendfsync_on_rewrite && engine_->snapshots().running();
  gate.release(options.appendfsync == AppendFsync::kAlways && !rests ? writer_.synced()
                                                                     : writer_.written());
}

void Aof::end_turn() {
  if (!batch_open_) return;
  seal_batch();
  writer_.flush();
  update_gate();
}

void Aof::tick() {
  if (writer_.has_file()) {
    writer_.set_resting(engine_->options().no_appendfsync_on_rewrite &&
                        engine_->snapshots().running());
    writer_.tick();
    update_gate();
  }
  if (draining_) close_drained();
  if (failure_ != 0) tick_failure();
  tick_rewrite();
}

void Aof::on_progress() {
  while (selections_.size() > 1 && selections_[1].offset <= writer_.synced())
    selections_.pop_front();
  if (failure_ != 0) note_recovery();
  update_gate();
  if (draining_) close_drained();
}

bool Aof::is_idle() const {
  return writer_.is_idle() && (files_ == nullptr || !files_->busy()) && !rewriting_ &&
         !removing_history_;
}

// ---- Off

// Nothing more is appended; what is there is synced, then the file is closed.
void Aof::stop_stream() {
  engine_->effects().set_sink(nullptr);
  draining_ = writer_.has_file();
  sync_now();
  update_gate();
}

void Aof::disable() {
  if (state_ == State::kOff) return;
  state_ = State::kOff;
  scheduled_ = false;
  if (base_running_) engine_->snapshots().cancel();
  stop_stream();
  close_drained();
}

void Aof::close_drained() {
  if (!draining_ || replacing_ || !writer_.is_idle() || writer_.switching()) return;
  // What could not be written is given up with the file.
  if (!synced() && failure_ == 0) return;
  draining_ = false;
  failure_ = 0;
  poisoned_ = false;
  if (writer_.has_file())
    engine_->environment().disk->close(writer_.release_file(), [](int32_t) {});
  buffer_.drop_before(buffer_.end());
  update_gate();
}

}  // namespace engine
