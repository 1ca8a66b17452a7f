#include <fmt/format.h>

#include <memory>
#include <string>

#include "base/memory.h"
#include "engine/commands/scan_commands.h"
#include "engine/engine.h"
#include "engine/key_walk.h"
#include "resp/numbers.h"

namespace engine {

namespace {

// Keys of a step, so that a turn's part of the work stays short while there are cold keys.
constexpr size_t kStepKeys = 4096;
// A reply up to this length needs no leave of the budget.
constexpr size_t kFreeBytes = 1024 * 1024;

// The elements of a reply in the making, counted as memory of clients.
class Elements {
 public:
  Elements() = default;
  ~Elements() { base::charge(base::MemoryUse::kClients, -static_cast<int64_t>(charged_)); }
  Elements(const Elements&) = delete;
  Elements& operator=(const Elements&) = delete;

  void add(std::string_view key) {
    char digits[resp::kIntegerTextBytes];
    const char* const end = resp::format_uint64(key.size(), digits);
    text_ += '$';
    text_.append(digits, static_cast<size_t>(end - digits));
    text_ += "\r\n";
    text_ += key;
    text_ += "\r\n";
    ++count_;
  }
  // Tells the count of memory how much there is by now.
  void charge() {
    base::charge(base::MemoryUse::kClients,
                 static_cast<int64_t>(text_.capacity()) - static_cast<int64_t>(charged_));
    charged_ = text_.capacity();
  }

  uint64_t count() const { return count_; }
  std::string_view text() const { return text_; }

 private:
  std::string text_;
  uint64_t count_ = 0;
  size_t charged_ = 0;
};

// A step of KEYS carries the reply along.
struct KeysStep final : KeyStep {
  uint64_t session_id = 0;
  std::unique_ptr<Elements> elements = std::make_unique<Elements>();
  std::string error;  // Ends the command.
};

std::string too_long_error(const Engine& engine, size_t bytes) {
  return fmt::format(
      "-OOM KEYS needs more than {} bytes for its reply, limit {}: use SCAN to go through the keys",
      bytes, engine.budget().request_bytes_max());
}

// Takes the keys of an answered step into the reply; true when it was the last.
bool absorb(const Engine& engine, KeysStep* step) {
  // The command may as well have come after what dropped the namespace.
  if (step->gone) step->elements = std::make_unique<Elements>();
  for (const KeyStep::Found& found : step->keys) step->elements->add(found.key);
  step->elements->charge();
  step->keys.clear();
  step->from = step->next;
  if (step->failed) step->error = kKeyIndexError;
  const Budget& budget = engine.budget();
  const size_t bytes = step->elements->text().size();
  if (bytes > kFreeBytes && budget.limited() &&
      (bytes > budget.request_bytes_max() || budget.room(base::memory_used_total()) < 0))
    step->error = too_long_error(engine, bytes);
  return step->next == 0 || !step->error.empty();
}

void release_elements(void* owner) { delete static_cast<Elements*>(owner); }

void reply_keys(Engine& engine, Session* session, KeysStep* step) {
  if (!step->error.empty()) return engine.reply_error(session, step->error);
  session->reply.array(step->elements->count());
  const std::string_view text = step->elements->text();
  if (text.empty()) return;
  session->reply.out().append_borrowed(text, {release_elements, step->elements.release()});
}

void resume(Engine& engine, std::unique_ptr<KeysStep> step);

// Takes steps. Returns the last one, absorbed; null when the next one is answered later.
std::unique_ptr<KeysStep> go_on(Engine& engine, std::unique_ptr<KeysStep> step) {
  const auto as_keys_step = [](std::unique_ptr<KeyStep> base) {
    return std::unique_ptr<KeysStep>(static_cast<KeysStep*>(base.release()));
  };
  do {
    step->done = [&engine, as_keys_step](std::unique_ptr<KeyStep> answered) {
      resume(engine, as_keys_step(std::move(answered)));
    };
    step = as_keys_step(take_step(engine, std::move(step)));
  } while (step != nullptr && !absorb(engine, step.get()));
  return step;
}

// A later turn: the step that was waited for is there.
void resume(Engine& engine, std::unique_ptr<KeysStep> step) {
  const uint64_t session_id = step->session_id;
  if (engine.session(session_id) == nullptr) return;
  if (!absorb(engine, step.get())) step = go_on(engine, std::move(step));
  if (step == nullptr) return;
  engine.complete(session_id, [&engine, session_id, &step](resp::ReplyWriter&) {
    reply_keys(engine, engine.session(session_id), step.get());
  });
}

}  // namespace

void keys_command(CommandContext& context) {
  auto step = std::make_unique<KeysStep>();
  step->namespace_id = context.keyspace().id();
  if (context.word(1) != "*") step->filter.pattern = context.word(1);
  step->keys_max = kStepKeys;
  step->session_id = context.session().id;
  step = go_on(context.engine(), std::move(step));
  if (step == nullptr) return context.engine().block(&context.session());
  reply_keys(context.engine(), &context.session(), step.get());
}

}  // namespace engine
