#include "engine/key_reactions.h"

#include "engine/blocking.h"
#include "engine/engine.h"
#include "engine/pubsub.h"

namespace engine {

KeyReactions::KeyReactions(Engine* engine) : engine_(engine) {
  engine_->databases().shared().events.listener = this;
}

KeyReactions::~KeyReactions() { engine_->databases().shared().events = {}; }

void KeyReactions::refresh() {
  uint32_t wanted = 0;
  if (!watches_.empty() || !engine_->blocking().empty()) wanted |= KeyEvents::kChanges;
  constexpr uint32_t kWhere = notify_event::kKeyspace | notify_event::kKeyevent;
  const uint32_t classes = engine_->options().notify_keyspace_events;
  if ((classes & kWhere) != 0 && !engine_->pubsub().empty()) wanted |= classes & ~kWhere;
  // What is loaded was there before.
  if (engine_->loading() != nullptr) wanted = 0;
  engine_->databases().shared().events.wanted = wanted;
}

void KeyReactions::on_key_changed(const Keyspace& keyspace, const Key& key) {
  const int database = engine_->databases().index_of(keyspace.id());
  // Nobody sees the keys of a database that was flushed.
  if (database < 0) return;
  watches_.touch(database, key);
  engine_->blocking().note_change(database, key);
}

void KeyReactions::on_key_event(const Keyspace& keyspace, const Key& key, const KeyEvent& event) {
  const int database = engine_->databases().index_of(keyspace.id());
  if (database < 0) return;
  const uint32_t classes = engine_->options().notify_keyspace_events;
  PubSub& pubsub = engine_->pubsub();
  if ((classes & notify_event::kKeyspace) != 0)
    pubsub.publish(fmt::format("__keyspace@{}__:{}", database, key.text), event.name);
  if ((classes & notify_event::kKeyevent) != 0)
    pubsub.publish(fmt::format("__keyevent@{}__:{}", database, event.name), key.text);
}

void KeyReactions::on_flush(int database) {
  watches_.touch_flushed(database);
  engine_->blocking().note_database(database);
}

void KeyReactions::on_swap(int a, int b) {
  watches_.touch_swapped(engine_->databases(), a, b);
  engine_->blocking().note_database(a);
  engine_->blocking().note_database(b);
}

}  // namespace engine
