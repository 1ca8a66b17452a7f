#include "engine/pubsub.h"

#include <fmt/format.h>

#include <initializer_list>

#include "base/check.h"
#include "engine/glob.h"
#include "engine/session.h"

namespace engine {

namespace {

// An array of bulks without its first byte.
std::string encode(std::initializer_list<std::string_view> words) {
  size_t bytes = 16;
  for (const std::string_view word : words) bytes += word.size() + 16;
  std::string text;
  text.reserve(bytes);
  fmt::format_to(std::back_inserter(text), "{}\r\n", words.size());
  for (const std::string_view word : words) {
    fmt::format_to(std::back_inserter(text), "${}\r\n", word.size());
    text.append(word);
    text.append("\r\n");
  }
  return text;
}

}  // namespace

void push_to(Session* session, std::string_view encoded) {
  const bool resp2 = session->reply.protocol() == resp::Protocol::kResp2;
  const std::string_view first = resp2 ? "*" : ">";
  if (session->discards_reply) [[unlikely]] {
    session->kept_pushes.append(first).append(encoded);
    return;
  }
  resp::OutputBuffer& out = session->reply.out();
  out.append(first);
  out.append(encoded);
  session->source->on_output();
}

std::vector<std::string> Subscriptions::names(SubscriptionKind kind) const {
  std::vector<std::string> names;
  for (const auto& [name, place] : of(kind)) names.push_back(name);
  return names;
}

bool PubSub::subscribe(Session* session, SubscriptionKind kind, std::string_view name) {
  if (session->subscriptions == nullptr) session->subscriptions = std::make_unique<Subscriptions>();
  Listeners& listeners = of(kind)[std::string(name)];
  const bool added =
      session->subscriptions->of(kind).emplace(std::string(name), listeners.size()).second;
  if (added) listeners.push_back(session);
  return added;
}

bool PubSub::unsubscribe(Session* session, SubscriptionKind kind, std::string_view name) {
  if (session->subscriptions == nullptr) return false;
  Subscriptions::Places& places = session->subscriptions->of(kind);
  const auto at = places.find(name);
  if (at == places.end()) return false;
  remove(session, kind, name, at->second);
  places.erase(at);
  if (session->subscriptions->empty()) session->subscriptions.reset();
  return true;
}

void PubSub::remove(Session* session, SubscriptionKind kind, std::string_view name, size_t place) {
  const auto at = of(kind).find(name);
  CHECK(at != of(kind).end());
  Listeners& listeners = at->second;
  CHECK(listeners[place] == session);
  // The last one takes the place.
  Session* const last = listeners.back();
  listeners.pop_back();
  if (listeners.empty()) {
    of(kind).erase(at);
  } else if (last != session) {
    listeners[place] = last;
    last->subscriptions->of(kind).find(name)->second = place;
  }
}

void PubSub::forget(Session* session) {
  if (session->subscriptions == nullptr) return;
  for (size_t i = 0; i < kSubscriptionKinds; ++i) {
    const auto kind = static_cast<SubscriptionKind>(i);
    for (const auto& [name, place] : session->subscriptions->of(kind))
      remove(session, kind, name, place);
  }
  session->subscriptions.reset();
}

size_t PubSub::send(const Listeners& to, std::string_view encoded) {
  for (Session* const session : to)
    if (!session->close_requested) push_to(session, encoded);
  sent_bytes_ += to.size() * encoded.size();
  return to.size();
}

size_t PubSub::publish(std::string_view channel, std::string_view message) {
  size_t receivers = 0;
  const auto& channels = of(SubscriptionKind::kChannel);
  const auto at = channels.find(channel);
  if (at != channels.end()) receivers += send(at->second, encode({"message", channel, message}));
  for (const auto& [pattern, sessions] : of(SubscriptionKind::kPattern)) {
    if (!glob_match(pattern, channel)) continue;
    receivers += send(sessions, encode({"pmessage", pattern, channel, message}));
  }
  return receivers;
}

size_t PubSub::publish_to_shard(std::string_view channel, std::string_view message) {
  const auto& channels = of(SubscriptionKind::kShard);
  const auto at = channels.find(channel);
  return at == channels.end() ? 0 : send(at->second, encode({"smessage", channel, message}));
}

size_t PubSub::listeners(SubscriptionKind kind, std::string_view name) const {
  const auto at = of(kind).find(name);
  return at == of(kind).end() ? 0 : at->second.size();
}

}  // namespace engine
