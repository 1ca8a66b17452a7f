// StreamEffects: what reading and claiming for a group has done, as commands that do it again: an
// XCLAIM per entry, where the group stands, the consumer that was made.

#ifndef BASALT_ENGINE_COMMANDS_STREAM_EFFECTS_H_
#define BASALT_ENGINE_COMMANDS_STREAM_EFFECTS_H_

#include <string_view>

#include "engine/command.h"
#include "engine/commands/stream_arguments.h"
#include "engine/engine.h"

namespace engine {

class StreamEffects {
 public:
  // All outlive this.
  StreamEffects(const CommandContext& context, std::string_view key, std::string_view group)
      : context_(context), key_(key), group_(group) {}

  // The entry was given to the consumer, or taken from everybody.
  void given(const StreamGroup& group, const StreamConsumer& consumer, const Pending& pending) {
    if (!context_.wants_effects()) return;
    const StreamIdText id(pending.id);
    const StreamIdText last(group.last_id);
    context_.effect({"XCLAIM", key_, group_, consumer.name, "0", id.view(), "TIME",
                     pending.delivered_ms, "RETRYCOUNT", static_cast<int64_t>(pending.deliveries),
                     "FORCE", "JUSTID", "LASTID", last.view()});
    ++told_;
  }
  // The group's place has changed.
  void moved(const StreamGroup& group) {
    if (!context_.wants_effects()) return;
    const StreamIdText last(group.last_id);
    context_.effect(
        {"XGROUP", "SETID", key_, group_, last.view(), "ENTRIESREAD", group.entries_read});
    ++told_;
  }
  void created(const StreamConsumer& consumer) {
    if (!context_.wants_effects()) return;
    context_.effect({"XGROUP", "CREATECONSUMER", key_, group_, consumer.name});
    ++told_;
  }
  // The command's own words are no effect, even if there was none.
  void finish() {
    if (context_.wants_effects() && told_ == 0) context_.engine().effects().add_nothing();
  }

 private:
  const CommandContext& context_;
  const std::string_view key_;
  const std::string_view group_;
  uint64_t told_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_STREAM_EFFECTS_H_
