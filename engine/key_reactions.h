// KeyReactions: what the engine does when something happened to a key.
//
// Loop thread only.

#ifndef BASALT_ENGINE_KEY_REACTIONS_H_
#define BASALT_ENGINE_KEY_REACTIONS_H_

#include "engine/key_events.h"
#include "engine/watches.h"

namespace engine {

class Engine;

class KeyReactions final : public KeyListener {
 public:
  // `engine` outlives it.
  explicit KeyReactions(Engine* engine);
  ~KeyReactions();

  Watches& watches() { return watches_; }
  // Asks for what is needed now and for nothing else: after watches, subscriptions or
  // notify-keyspace-events changed.
  void refresh();

  // KeyListener.
  void on_key_changed(const Keyspace& keyspace, const Key& key) override;
  void on_key_event(const Keyspace& keyspace, const Key& key, const KeyEvent& event) override;
  void on_flush(int database) override;
  void on_swap(int a, int b) override;

 private:
  Engine* const engine_;
  Watches watches_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_KEY_REACTIONS_H_
