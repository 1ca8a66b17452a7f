// Socket addresses: from an option's text and to the text that Redis prints.

#ifndef BASALT_IOURING_SOCKET_ADDRESS_H_
#define BASALT_IOURING_SOCKET_ADDRESS_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace iouring {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  bool is_loopback() const;
  uint16_t port() const;
  // "127.0.0.1:6379", "[::1]:6379" or "/path:0"; an unnamed unix address has an empty path.
  std::string to_string() const;
};

// `address` is an IPv4 or IPv6 address, a host name, "*" (all of IPv4) or "::*" (all of IPv6).
base::Result<SocketAddress> resolve_address(const std::string& address, uint16_t port);
// kInvalid when the path does not fit a socket address.
base::Result<SocketAddress> unix_address(const std::string& path);

}  // namespace iouring

#endif  // BASALT_IOURING_SOCKET_ADDRESS_H_
