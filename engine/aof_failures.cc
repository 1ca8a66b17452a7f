// What the append only file does when the disk fails.
//
//   a write failed   the same bytes are written again, once a second, at the same place
//   a sync failed    the file is cut at its last durable byte; the next increment gets what the
//                    buffer kept; both are named by a durable manifest; then writes go on
//
// Until then writes are refused with the cause and reads go on. Whoever waited for a reply that has
// seen what failed is closed: whether it will last is unknown.

#include <algorithm>
#include <cerrno>
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
// database of the first effect that it gets. Each step is tried again until it succeeds.
void Aof::replace_poisoned() {
  replacing_ = true;
  if (replacement_) return poisoned_cut_ ? name_replacement() : cut_poisoned();
  poisoned_cut_ = false;
  if (poisoned_name_.empty()) {
    poisoned_name_ = poisoned_file_name();
    poisoned_bytes_ = writer_.durable_file_bytes();
  }
  replacement_named_ = writer_.switching();
  if (replacement_named_) {
    // It is empty, and gets what is left of the one before too.
    engine_->environment().disk->close(writer_.take_next(), [](int32_t) {});
    return create_replacement(manifest_.increments().back().name);
  }
  next_ = manifest_;
  create_replacement(next_.add_increment().name);
}

std::string Aof::poisoned_file_name() const {
  const std::vector<persist::AofFile>& files = manifest_.increments();
  return files[files.size() - (writer_.switching() ? 2 : 1)].name;
}

void Aof::create_replacement(const std::string& name) {
  std::string head = increment_head();
  if (!selections_.empty()) head += select_command(selections_.front().database);
  replacement_head_bytes_ = head.size();
  files().create(name, std::move(head), [this](base::Result<iouring::File> file) {
    if (!file.ok()) return fail_replacement(file.error());
    replacement_ = *file;
    cut_poisoned();
  });
}

// What the writer has not kept (appendfsync no) stays in the file, good or not: a new base follows.
void Aof::cut_poisoned() {
  if (writer_.synced() < buffer_.begin()) {
    scheduled_ = true;
    poisoned_bytes_ = std::max(poisoned_bytes_, writer_.file_bytes());
  }
  if (writer_.has_file()) return cut_poisoned(writer_.release_file());
  files().reopen(poisoned_name_, [this](base::Result<iouring::File> file) {
    file.ok() ? cut_poisoned(*file) : fail_replacement(file.error());
  });
}

void Aof::cut_poisoned(iouring::File file) {
  files().cut_and_close(file, poisoned_bytes_, [this](const base::Status& cut) {
    if (!cut.ok()) return fail_replacement(cut.error());
    poisoned_cut_ = true;
    name_replacement();
  });
}

void Aof::name_replacement() {
  if (replacement_named_) return on_replacement_named(base::ok_status());
  files().write(next_, [this](const base::Status& status) { on_replacement_named(status); });
}

void Aof::fail_replacement(const base::Error& error) {
  replacing_ = false;
  failure_ = error.sys_errno != 0 ? error.sys_errno : EIO;
}

void Aof::on_replacement_named(const base::Status& status) {
  if (!status.ok()) return fail_replacement(status.error());
  if (!replacement_named_) manifest_ = next_;
  replacing_ = false;
  poisoned_ = false;
  poisoned_name_.clear();
  writer_.replace_file(std::exchange(replacement_, {}), replacement_head_bytes_);
}

void Aof::note_recovery() {
  if (poisoned_ || writer_.written() != writer_.sealed()) return;
  failure_ = 0;
  engine_->log().warning("AOF write error looks solved. The server can write again.");
}

}  // namespace engine
