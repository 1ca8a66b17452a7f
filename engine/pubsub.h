// PubSub: who listens to which channels, patterns and shard channels.
//
// A channel is there while somebody listens to it. A message is encoded once; what a session gets
// is appended to its output in the middle of whatever runs, as in Redis, and leaves in this turn.
//
// Loop thread only.

#ifndef BASALT_ENGINE_PUBSUB_H_
#define BASALT_ENGINE_PUBSUB_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace engine {

struct Session;

enum class SubscriptionKind : uint8_t { kChannel, kPattern, kShard };
inline constexpr size_t kSubscriptionKinds = 3;

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

// What one session listens to; a session has none until it subscribes.
class Subscriptions {
 public:
  size_t count(SubscriptionKind kind) const { return of(kind).size(); }
  bool empty() const {
    return count(SubscriptionKind::kChannel) == 0 && count(SubscriptionKind::kPattern) == 0 &&
           count(SubscriptionKind::kShard) == 0;
  }
  // In no particular order.
  std::vector<std::string> names(SubscriptionKind kind) const;

 private:
  friend class PubSub;
  // The name, and where the session stands among those that listen to it.
  using Places = TextMap<size_t>;
  Places& of(SubscriptionKind kind) { return places_[static_cast<size_t>(kind)]; }
  const Places& of(SubscriptionKind kind) const { return places_[static_cast<size_t>(kind)]; }

  std::array<Places, kSubscriptionKinds> places_;
};

class PubSub {
 public:
  // False when nothing changes.
  bool subscribe(Session* session, SubscriptionKind kind, std::string_view name);
  bool unsubscribe(Session* session, SubscriptionKind kind, std::string_view name);
  // From everything, without telling it.
  void forget(Session* session);

  // How many got it.
  size_t publish(std::string_view channel, std::string_view message);
  size_t publish_to_shard(std::string_view channel, std::string_view message);

  bool empty() const {
    return count(SubscriptionKind::kChannel) + count(SubscriptionKind::kPattern) == 0;
  }
  // Channels or patterns with listeners, and the listeners of one.
  size_t count(SubscriptionKind kind) const { return of(kind).size(); }
  size_t listeners(SubscriptionKind kind, std::string_view name) const;
  template <class Fn>
  void for_each(SubscriptionKind kind, Fn fn) const {
    for (const auto& [name, sessions] : of(kind)) fn(std::string_view(name));
  }

  // What was sent since take_sent_bytes().
  uint64_t sent_bytes() const { return sent_bytes_; }
  void forget_sent_bytes() { sent_bytes_ = 0; }

 private:
  using Listeners = std::vector<Session*>;
  TextMap<Listeners>& of(SubscriptionKind kind) { return listeners_[static_cast<size_t>(kind)]; }
  const TextMap<Listeners>& of(SubscriptionKind kind) const {
    return listeners_[static_cast<size_t>(kind)];
  }
  void remove(Session* session, SubscriptionKind kind, std::string_view name, size_t place);
  size_t send(const Listeners& to, std::string_view encoded);

  std::array<TextMap<Listeners>, kSubscriptionKinds> listeners_;
  uint64_t sent_bytes_ = 0;
};

// Appends something that is out of band to what the session gets: `encoded` is an array of RESP2,
// its first byte aside, which depends on the session's protocol.
void push_to(Session* session, std::string_view encoded);

}  // namespace engine

#endif  // BASALT_ENGINE_PUBSUB_H_
