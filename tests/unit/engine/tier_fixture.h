// What the tests of the tiering parts share: an engine on the simulated machine of tests/sim, and
// one session on it whose commands are waited for.

#ifndef BASALT_TESTS_UNIT_ENGINE_TIER_FIXTURE_H_
#define BASALT_TESTS_UNIT_ENGINE_TIER_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/world.h"

namespace engine {

inline sim::WorldOptions roomy_options() {
  sim::WorldOptions options;
  options.maxmemory = 64 * 1024 * 1024;
  options.not_cached_per_mille = 0;
  return options;
}

class Machine {
 public:
  explicit Machine(const sim::WorldOptions& options = roomy_options()) : world(options) {
    world.start();
    world.until([this] { return world.tier().can_demote(); }, "the first segment");
    client = make_client(&replies);
  }
  ~Machine() {
    client.reset();
    world.stop();
  }

  std::unique_ptr<sim::Client> make_client(std::vector<std::string>* into) {
    return std::make_unique<sim::Client>(
        &world.engine(), 0, [into](const sim::Client&, const sim::Words&, std::string_view reply) {
          into->emplace_back(reply);
        });
  }

  // Executes what the client has as far as it goes now.
  void run(sim::Client* of) {
    if (!of->may_execute()) return;
    of->take(of->waiting());
    world.engine().begin_batch();
    of->run();
    world.engine().end_batch();
  }
  // One turn in which the clients execute.
  void turn(const std::vector<sim::Client*>& clients) {
    world.turn([&] {
      for (sim::Client* each : clients) run(each);
    });
  }

  // The command's reply, waited for.
  std::string execute(sim::Words words) {
    client->add(std::move(words));
    for (int i = 0; client->waiting() != 0; ++i) {
      if (i == 100'000) throw sim::Failure{"no reply"};
      turn({client.get()});
    }
    return replies.back();
  }

  Keyspace& keyspace() { return world.engine().databases().at(0); }
  Key key(std::string_view text) { return keyspace().key_of(text); }
  Entry* resident(std::string_view text) { return keyspace().resident(key(text)); }
  bool begin_demotion(std::string_view text) {
    return world.engine().background().demoter()->demote_key(keyspace(), key(text));
  }
  // Writes the key to the log and drops it.
  void make_cold(std::string_view text) {
    begin_demotion(text);
    world.until([&] { return world.tier().demotions_in_flight() == 0; }, "a demotion");
    if (resident(text) != nullptr) begin_demotion(text);
  }
  const TierStatistics& statistics() { return world.tier().statistics(); }

  sim::World world;
  std::vector<std::string> replies;
  std::unique_ptr<sim::Client> client;
};

}  // namespace engine

#endif  // BASALT_TESTS_UNIT_ENGINE_TIER_FIXTURE_H_
