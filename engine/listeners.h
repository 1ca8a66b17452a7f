// Listeners: the sockets a server accepts clients on, as bind, port and unixsocket say.
//
// CONFIG SET bind and port change the TCP ones while the server runs; clients that are connected
// stay. Loop thread only.

#ifndef BASALT_ENGINE_LISTENERS_H_
#define BASALT_ENGINE_LISTENERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/function.h"
#include "engine/engine.h"
#include "iouring/net.h"

namespace engine {

class Listeners {
 public:
  using AcceptCallback = base::InlineFunction<void(iouring::SocketId)>;

  // Both outlive the listeners. `on_accept` runs for each new connection (iouring/net.h).
  Listeners(Engine* engine, iouring::Net* net, AcceptCallback on_accept);
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // At start; from then on CONFIG SET is followed. The text of an error is complete for the log.
  base::Status open(std::string* message);
  // Nobody is accepted any more.
  void close();

 private:
  // Each returns an empty text, or the reason why not; then the server listens as before (port)
  // or not at all until it is called with the values of before (bind), which CONFIG SET does.
  std::string follow_port();
  std::string follow_bind();

  base::Status open_unix(std::string* message);
  // All addresses of bind, or none of them.
  base::Status open_tcp(std::vector<iouring::ListenerId>* opened, std::string* message);
  base::Status open_address(const std::string& address, std::vector<iouring::ListenerId>* opened,
                            std::string* message);
  base::Result<iouring::ListenerId> listen(const iouring::ListenOptions& options);
  void close_all(std::vector<iouring::ListenerId>* listeners);

  Engine* const engine_;
  iouring::Net* const net_;
  AcceptCallback on_accept_;
  std::vector<iouring::ListenerId> tcp_;
  int64_t tcp_port_ = 0;  // Of tcp_.
  std::optional<iouring::ListenerId> unix_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_LISTENERS_H_
