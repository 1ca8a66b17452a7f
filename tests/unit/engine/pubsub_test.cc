#define BOOST_TEST_MODULE pubsub
#include "engine/pubsub.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <set>

#include "base/random.h"
#include "engine/glob.h"
#include "engine/session.h"
#include "resp/block_pool.h"

using namespace engine;
using enum SubscriptionKind;

namespace {

struct Listener final : CommandSource {
  explicit Listener(uint64_t id) : output(&blocks), session(id, this, &output) {}
  void on_runnable() override {}
  void on_output() override { ++told; }
  std::string take() {
    const std::string text = output.pending_copy();
    output.clear();
    return text;
  }

  resp::BlockPool blocks;
  resp::OutputBuffer output;
  Session session;
  int told = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_goes_to_the_channel_and_to_matching_patterns) {
  PubSub pubsub;
  Listener a(1);
  Listener b(2);
  BOOST_TEST(pubsub.subscribe(&a.session, kChannel, "news"));
  BOOST_TEST(!pubsub.subscribe(&a.session, kChannel, "news"));
  BOOST_TEST(pubsub.subscribe(&b.session, kPattern, "n*"));
  BOOST_TEST(pubsub.subscribe(&b.session, kShard, "news"));
  BOOST_TEST(pubsub.publish("news", "x") == 2u);
  BOOST_TEST(a.take() == "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n");
  BOOST_TEST(b.take() == "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$1\r\nx\r\n");
  BOOST_TEST(a.told == 1);
  BOOST_TEST(pubsub.publish_to_shard("news", "y") == 1u);
  BOOST_TEST(b.take() == "*3\r\n$8\r\nsmessage\r\n$4\r\nnews\r\n$1\r\ny\r\n");
  BOOST_TEST(pubsub.publish("other", "x") == 0u);
  pubsub.forget(&a.session);
  pubsub.forget(&b.session);
  BOOST_TEST(pubsub.empty());
}

BOOST_AUTO_TEST_CASE(in_resp3_messages_are_pushes) {
  PubSub pubsub;
  Listener a(1);
  a.session.reply.set_protocol(resp::Protocol::kResp3);
  pubsub.subscribe(&a.session, kChannel, "c");
  pubsub.publish("c", "x");
  BOOST_TEST(a.take() == ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n");
  pubsub.forget(&a.session);
}

BOOST_AUTO_TEST_CASE(what_is_pushed_outlives_a_reply_that_is_dropped) {
  PubSub pubsub;
  Listener a(1);
  pubsub.subscribe(&a.session, kChannel, "c");
  a.session.discards_reply = true;
  pubsub.publish("c", "x");
  BOOST_TEST(a.take().empty());
  BOOST_TEST(a.session.kept_pushes == "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n");
  pubsub.forget(&a.session);
}

BOOST_AUTO_TEST_CASE(random_subscriptions_are_those_of_a_plain_model) {
  base::Random random(7);
  PubSub pubsub;
  std::vector<std::unique_ptr<Listener>> listeners;
  for (uint64_t i = 0; i < 8; ++i) listeners.push_back(std::make_unique<Listener>(i));
  std::array<std::map<std::string, std::set<size_t>>, kSubscriptionKinds> model;
  for (int step = 0; step < 5000; ++step) {
    const size_t who = random.below(listeners.size());
    const auto kind = static_cast<SubscriptionKind>(random.below(kSubscriptionKinds));
    const std::string name(1, static_cast<char>('a' + random.below(6)));
    Session* const session = &listeners[who]->session;
    auto& of_kind = model[static_cast<size_t>(kind)];
    switch (random.below(8)) {
      case 0:
        pubsub.forget(session);
        for (auto& each : model)
          for (auto& [key, members] : each) members.erase(who);
        break;
      case 1:
      case 2:
      case 3:
        BOOST_REQUIRE_EQUAL(pubsub.unsubscribe(session, kind, name), of_kind[name].erase(who) != 0);
        break;
      default:
        BOOST_REQUIRE_EQUAL(pubsub.subscribe(session, kind, name),
                            of_kind[name].insert(who).second);
    }
    BOOST_REQUIRE_EQUAL(pubsub.listeners(kind, name), of_kind[name].size());
    const size_t expected = model[0][name].size() + model[1][name].size();
    BOOST_REQUIRE_EQUAL(pubsub.publish(name, "x"), expected);
    for (const auto& listener : listeners) listener->take();
  }
  for (const auto& listener : listeners) pubsub.forget(&listener->session);
  BOOST_TEST(pubsub.count(kChannel) + pubsub.count(kPattern) + pubsub.count(kShard) == 0u);
}
