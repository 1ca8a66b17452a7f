#include "engine/aof_replay.h"

#include <algorithm>

#include "base/memory.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"

namespace engine {

namespace {

constexpr size_t kBatchCommands = 32;

bool is_word(CommandWords words, std::string_view lower) {
  return words.size() == 1 && equals_folded(words[0], lower);
}

}  // namespace

AofReplay::AofReplay(Engine* engine, std::string path, uint64_t offset, uint64_t end)
    : engine_(engine),
      path_(std::move(path)),
      file_(engine->environment().loop, engine->environment().disk, path_,
            {.operations_max = static_cast<uint32_t>(engine->options().snapshot_io_depth),
             .bytes_max = static_cast<uint64_t>(engine->options().snapshot_buffer)}),
      skip_bytes_(offset),
      left_bytes_(end - offset),
      buffer_offset_(offset),
      output_(&blocks_),
      session_(engine->next_session_id(), this, &output_) {
  session_.replays = true;
  result_.good_bytes = offset;
  engine_->add_session(&session_);
}

AofReplay::~AofReplay() {
  engine_->remove_session(&session_);
  if (large_ == nullptr) return;
  if (ChunkedString* const value = large_->take_value())
    engine_->databases().shared().condemned_chunks.push_back(value);
}

void AofReplay::begin(Done done) {
  done_ = std::move(done);
  file_.set_on_ready([this] { waits_ = false; });
  file_.open([this](const base::Status& status) {
    if (!status.ok())
      return fail(fmt::format("Fatal error: can't open the append log file {} for reading: {}",
                              path_, status.error().to_string()));
    waits_ = false;
  });
}

void AofReplay::cancel() { fail("The load was given up"); }

bool AofReplay::step() {
  if (ended_ || waits_ || session_.parked) return false;
  if (runs_transaction_) return run_transaction();
  if (large_ != nullptr && large_->is_complete()) return run_large();
  if (needs_input_) return take_input();
  gather();
  return !batch_.empty() ? run_batch() : !ended_;
}

// ---- Input

bool AofReplay::take_input() {
  if (at_end_) {
    end_of_file();
    return false;
  }
  // A long value comes in as there is room for it.
  if (large_ != nullptr && engine_->tier() != nullptr &&
      engine_->budget().excess(base::memory_used_total()) > 0 && !engine_->gate().exhausted())
    return false;
  base::Result<persist::FileStreamReader::Chunk> chunk = file_.next();
  if (!chunk.ok()) {
    fail(fmt::format("Unrecoverable error reading the append only file {}: {}", path_,
                     chunk.error().to_string()));
    return false;
  }
  if (chunk->bytes.empty() && !chunk->end) {
    waits_ = true;
    return false;
  }
  const size_t skipped = std::min<uint64_t>(skip_bytes_, chunk->bytes.size());
  const size_t taken = std::min<uint64_t>(left_bytes_, chunk->bytes.size() - skipped);
  skip_bytes_ -= skipped;
  left_bytes_ -= taken;
  at_end_ = chunk->end;
  append_input(base::as_text(chunk->bytes.subspan(skipped, taken)));
  needs_input_ = at_end_;
  return true;
}

void AofReplay::append_input(std::string_view bytes) {
  if (executed_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(executed_));
    buffer_offset_ += executed_;
    parsed_ -= executed_;
    executed_ = 0;
  }
  if (large_ != nullptr) bytes.remove_prefix(large_->append(bytes));
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void AofReplay::gather() {
  batch_.clear();
  arena_.clear();
  while (batch_.size() < kBatchCommands) {
    const persist::AofReader::Status status = reader_.next(view().substr(parsed_), &arena_);
    parsed_ += reader_.consumed();
    // Annotations in front of the next command are done with.
    if (batch_.empty() && status != persist::AofReader::Status::kCommand) executed_ = parsed_;
    switch (status) {
      case persist::AofReader::Status::kCommand:
        if (large_ != nullptr) {
          large_->complete(reader_.arguments(), reader_.parser().out_of_line()[0].argument_index);
          return;
        }
        batch_.push_back({parsed_, reader_.arguments(), {}});
        break;
      case persist::AofReader::Status::kNeedInput:
        needs_input_ = batch_.empty();
        if (needs_input_ && !reader_.inside() && !in_transaction_) note_good();
        return;
      case persist::AofReader::Status::kLargeBulk:
        if (!batch_.empty()) return;
        needs_input_ = true;
        begin_large();
        return;
      case persist::AofReader::Status::kError:
        if (batch_.empty()) fail_format();
        return;
    }
  }
}

// Receives the value in chunks, if the command takes it so.
void AofReplay::begin_large() {
  const resp::LargeBulk bulk = reader_.parser().large_bulk();
  if (in_transaction_ || bulk.name_bytes == 0 || bulk.total_bytes <= base::kInlineValueBytesMax ||
      bulk.total_bytes > kChunkedStringBytesMax)
    return;
  const std::string_view name = view().substr(parsed_ + bulk.name_offset, bulk.name_bytes);
  const Command* const command = engine_->commands().resolve({&name, 1});
  if (command == nullptr || command->chunked_word != bulk.argument_index) return;
  const Budget& budget = engine_->budget();
  if (budget.limited() && bulk.total_bytes > budget.request_bytes_max())
    return fail(fmt::format("A value of {} bytes in {} does not fit: maxmemory allows {}",
                            bulk.total_bytes, path_, budget.request_bytes_max()));
  large_ = std::make_unique<LargeCommand>(bulk.total_bytes);
  const size_t at = parsed_ + bulk.offset;
  large_->append(view().substr(at));
  buffer_.resize(at);
  reader_.parser().receive_out_of_line();
}

// ---- Execution

AofReplay::Ran AofReplay::execute(const Request& request) {
  if (request.command == nullptr) {
    fail(fmt::format("Unknown command '{}' reading the append only file {}",
                     request.words[0].substr(0, 128), path_));
    return Ran::kFailed;
  }
  session_.failed = false;
  const Outcome outcome = engine_->execute(&session_, request);
  if (outcome == Outcome::kParked) return Ran::kWaits;
  const std::string reply = session_.failed ? output_.pending_copy() : std::string();
  output_.clear();
  if (outcome == Outcome::kBlocked || reply.starts_with("-OOM")) {
    fail(fmt::format("The command {} at offset {} of {} can't be executed: {}",
                     request.command->full_name, offset(), path_, reply));
    return Ran::kFailed;
  }
  ++commands_;
  if (session_.failed && ++errors_ == 1)
    engine_->log().warning("The command {} at offset {} of {} is answered with: {}",
                           request.command->full_name, offset(), path_,
                           reply.substr(0, reply.find('\r')));
  return Ran::kDone;
}

bool AofReplay::take_into_transaction(const Item& item) {
  if (is_word(item.words, "multi")) {
    transaction_begin_ = offset();
    in_transaction_ = true;
  } else if (is_word(item.words, "exec")) {
    runs_transaction_ = in_transaction_;
    in_transaction_ = false;
  } else if (in_transaction_) {
    transaction_.emplace_back(item.words.begin(), item.words.end());
  } else {
    return false;
  }
  return true;
}

void AofReplay::note_good() { result_.good_bytes = offset(); }

bool AofReplay::run_batch() {
  for (Item& item : batch_) item.request = engine_->prepare(session_, item.words);
  for (const Item& item : batch_) engine_->prefetch_entries(session_, item.request);
  engine_->begin_batch();
  uint64_t ahead = 0;
  for (const Item& item : batch_) {
    if (session_.parked) {
      engine_->look_ahead(&session_, item.request, ++ahead);
      continue;
    }
    if (!take_into_transaction(item)) {
      const Ran ran = execute(item.request);
      if (ran == Ran::kFailed) break;
      if (ran == Ran::kWaits) continue;
    }
    executed_ = item.end;
    if (!in_transaction_ && !runs_transaction_) note_good();
    if (runs_transaction_) break;
  }
  engine_->end_batch();
  if (parsed_ != executed_) {
    reader_.rewind();
    parsed_ = executed_;
  }
  return !session_.parked && !ended_;
}

bool AofReplay::run_large() {
  Request request = engine_->prepare(session_, large_->words());
  request.large = large_.get();
  engine_->begin_batch();
  const Ran ran = execute(request);
  engine_->end_batch();
  if (ran != Ran::kDone) return false;
  if (ChunkedString* const value = large_->take_value())
    engine_->databases().shared().condemned_chunks.push_back(value);
  buffer_offset_ += large_->value_bytes();
  large_.reset();
  executed_ = parsed_;
  note_good();
  return true;
}

bool AofReplay::run_transaction() {
  for (size_t i = 0; i < kBatchCommands && !transaction_.empty(); ++i) {
    const Words& words = transaction_.front();
    const std::vector<std::string_view> views(words.begin(), words.end());
    const Request request = engine_->prepare(session_, views);
    engine_->begin_batch();
    const Ran ran = execute(request);
    engine_->end_batch();
    if (ran != Ran::kDone) return false;
    transaction_.pop_front();
  }
  if (!transaction_.empty()) return true;
  runs_transaction_ = false;
  note_good();
  return true;
}

// ---- The end

void AofReplay::end_of_file() {
  result_.truncated = reader_.inside() || in_transaction_ || large_ != nullptr;
  if (in_transaction_) {
    engine_->log().warning("Revert incomplete MULTI/EXEC transaction from AOF file");
    result_.good_bytes = transaction_begin_;
  }
  end();
}

void AofReplay::fail_format() {
  fail(
      fmt::format("Bad file format reading the append only file {} at offset {}: make a backup of "
                  "your AOF file, then use basalt-check-aof --fix <filename.manifest>",
                  path_, offset()));
}

void AofReplay::fail(std::string text) {
  if (ended_) return;
  result_.failure = std::move(text);
  end();
}

void AofReplay::end() {
  ended_ = true;
  file_.close([this] {
    Done done = std::move(done_);
    done(result_);
  });
}

}  // namespace engine
