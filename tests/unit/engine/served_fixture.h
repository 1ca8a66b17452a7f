// What the tests of the server's parts share: a server on the simulated machine and a simulated
// net, whose clients the test holds.

#ifndef BASALT_TESTS_UNIT_ENGINE_SERVED_FIXTURE_H_
#define BASALT_TESTS_UNIT_ENGINE_SERVED_FIXTURE_H_

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/server.h"
#include "iouring/sim_net.h"
#include "tests/unit/engine/tier_fixture.h"

namespace engine {

inline std::string bulk(std::string_view text) {
  return fmt::format("${}\r\n", text.size()) + std::string(text) + "\r\n";
}

template <class... Words>
std::string command(const Words&... words) {
  std::string encoded = fmt::format("*{}\r\n", sizeof...(words));
  (encoded.append(bulk(words)), ...);
  return encoded;
}

struct Served {
  explicit Served(const sim::WorldOptions& options = roomy_options()) : machine(options) {
    machine.world.engine().config().mutable_options().bind = {"*"};
    server.emplace(&machine.world.engine(), &net);
    std::string message;
    BOOST_REQUIRE_MESSAGE(server->listen(&message).ok(), message);
  }
  ~Served() {
    server->stop();
    for (int i = 0; i < 10'000 && !server->stopped(); ++i) server->turn();
    server.reset();
  }

  iouring::SimNet::ClientId connect() { return net.connect(iouring::ListenerId{0}); }
  // What the client gets until it has so many bytes.
  std::string receive(iouring::SimNet::ClientId client, size_t bytes) {
    std::string text;
    for (int i = 0; i < 200'000 && text.size() < bytes; ++i) {
      server->turn();
      text += net.client_take(client);
    }
    return text;
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) server->turn();
  }
  uint64_t chunk_bytes() const { return base::memory_used(base::MemoryUse::kChunks); }

  Machine machine;
  iouring::SimNet net{&machine.world.loop()};
  std::optional<Server> server;
};

}  // namespace engine

#endif  // BASALT_TESTS_UNIT_ENGINE_SERVED_FIXTURE_H_
