// What the append only file does when the disk fails.
//
//   a write failed   the same bytes are written again, once a second, at the same place
//   a sync failed    the file is cut at its last durable byte; the next increment gets what the
//                    buffer kept; both are named by a durable manifest; then writes go on
//
// Until then writes are refused with the cause and reads go on. Whoever waited for a reply that has
// seen what failed is closed: whether it will last is unknown.

#include <cstring>
#include <utility>

#include "engine/aof.h"
#include "engine/engine.h"
#include "engine/snapshots.h"

namespace engine {

namespace {

constexpr int64_t kRetryMs = 1000;

}  // namespace

std::string Aof::failure_text() const { return std::strerror(failure_); }

void Aof::on_failure(AofWriter::Step step, int32_t result) {
  const bool first = failure_ == 0;
  failure_ = -result;
  retry_at_ms_ = engine_->now_ms() + kRetryMs;
  if (step == AofWriter::Step::kSync) poisoned_ = true;
  if (first && step == AofWriter::Step::kSync)
    engine_->log().warning("Fail to fsync the AOF file: {}. It is not written any more",
                           failure_text());
  if (first && step == AofWriter::Step::kWrite)
    engine_->log().warning("Error writing to the AOF file: {}", failure_text());
  // What the increment since the freeze gets now is not what the base leaves out.
  if (base_running_) engine_->snapshots().cancel();
  engine_->output_gate().give_up();
}

void Aof::tick_failure() {
  if (replacing_ || draining_ || engine_->now_ms() < retry_at_ms_ || !writer_.is_idle()) return;
  retry_at_ms_ = engine_->now_ms() + kRetryMs;
  if (state_ != State::kOn) return;
  if (!poisoned_) return writer_.retry();
  if (!files().busy()) replace_poisoned();
}

// The increment of a rewrite that was under way serves; else there is a new one. It begins with the
// database of the first effect that it gets.
void Aof::replace_poisoned() {
  replacing_ = true;
  // Named by a manifest that was not made durable.
  if (replacement_) return name_replacement();
  replacement_named_ = writer_.switching();
  if (replacement_named_) {
    // It is empty, and gets what is left of the one before too.
    engine_->environment().disk->close(writer_.take_next(), [](int32_t) {});
    return create_replacement(manifest_.increments().back().name);
  }
  next_ = manifest_;
  create_replacement(next_.add_increment().name);
}

void Aof::create_replacement(const std::string& name) {
  std::string head;
  if (!selections_.empty()) head = select_command(selections_.front().database);
  replacement_head_bytes_ = head.size();
  files().create(name, std::move(head), [this](base::Result<iouring::File> file) {
    if (!file.ok()) return fail_replacement(file.error());
    replacement_ = *file;
    cut_poisoned();
  });
}

void Aof::cut_poisoned() {
  // Under appendfsync no the buffer has not kept what was written: the file stays as it is, and a
  // new base makes up for it.
  const bool kept = writer_.synced() >= buffer_.begin();
  const uint64_t bytes = kept ? writer_.durable_file_bytes() : writer_.file_bytes();
  files().cut_and_close(writer_.release_file(), bytes, [this, kept](const base::Status& cut) {
    if (!cut.ok() || !kept) {
      engine_->log().warning("The append only file can't be cut: a new base follows");
      scheduled_ = true;
    }
    name_replacement();
  });
}

void Aof::name_replacement() {
  if (replacement_named_) return on_replacement_named(base::ok_status());
  files().write(next_, [this](const base::Status& status) { on_replacement_named(status); });
}

void Aof::fail_replacement(const base::Error& error) {
  replacing_ = false;
  failure_ = error.sys_errno;
}

void Aof::on_replacement_named(const base::Status& status) {
  if (!status.ok()) return fail_replacement(status.error());
  if (!replacement_named_) manifest_ = next_;
  replacing_ = false;
  poisoned_ = false;
  writer_.replace_file(std::exchange(replacement_, {}), replacement_head_bytes_);
}

void Aof::note_recovery() {
  if (poisoned_ || writer_.written() != buffer_.end()) return;
  failure_ = 0;
  engine_->log().warning("AOF write error looks solved. The server can write again.");
}

}  // namespace engine
