#include "iouring/socket_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/bytes.h"

namespace iouring {

namespace {

const sockaddr_in& as_v4(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr_in&>(address.storage);
}
const sockaddr_in6& as_v6(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr_in6&>(address.storage);
}

std::string unix_path_of(const SocketAddress& address) {
  const auto& name = reinterpret_cast<const sockaddr_un&>(address.storage);
  if (address.bytes <= offsetof(sockaddr_un, sun_path)) return "";
  const size_t room = address.bytes - offsetof(sockaddr_un, sun_path);
  return std::string(name.sun_path, strnlen(name.sun_path, room));
}

}  // namespace

bool SocketAddress::is_loopback() const {
  if (family() == AF_UNIX) return true;
  if (family() == AF_INET) return ntohl(as_v4(*this).sin_addr.s_addr) >> 24 == 127;
  if (family() != AF_INET6) return false;
  const in6_addr& v6 = as_v6(*this).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return v6.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(as_v4(*this).sin_port);
  if (family() == AF_INET6) return ntohs(as_v6(*this).sin6_port);
  return 0;
}

std::string SocketAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = "";
  switch (family()) {
    case AF_UNIX:
      return unix_path_of(*this) + ":0";
    case AF_INET:
      inet_ntop(AF_INET, &as_v4(*this).sin_addr, text, sizeof text);
      return fmt::format("{}:{}", text, port());
    case AF_INET6:
      inet_ntop(AF_INET6, &as_v6(*this).sin6_addr, text, sizeof text);
      return fmt::format("[{}]:{}", text, port());
    default:
      return "?:0";
  }
}

base::Result<SocketAddress> resolve_address(const std::string& address, uint16_t port) {
  const std::string host = address == "*" ? "0.0.0.0" : address == "::*" ? "::" : address;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  if (getaddrinfo(host.c_str(), service.c_str(), &hints, &found) != 0 || found == nullptr)
    return base::Error{base::ErrorCode::kInvalid, 0, "not an address of a host"};
  SocketAddress result;
  std::memcpy(&result.storage, found->ai_addr, found->ai_addrlen);
  result.bytes = found->ai_addrlen;
  freeaddrinfo(found);
  return result;
}

base::Result<SocketAddress> unix_address(const std::string& path) {
  SocketAddress result;
  auto& name = reinterpret_cast<sockaddr_un&>(result.storage);
  if (path.empty() || path.size() >= sizeof name.sun_path)
    return base::Error{base::ErrorCode::kInvalid, ENAMETOOLONG, "path of a unix socket"};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  result.bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return result;
}

}  // namespace iouring
