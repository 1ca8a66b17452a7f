#include "engine/listeners.h"

#include <cerrno>
#include <utility>

namespace engine {

Listeners::Listeners(Engine* engine, iouring::Net* net, AcceptCallback on_accept)
    : engine_(engine), net_(net), on_accept_(std::move(on_accept)) {}

base::Status Listeners::open(std::string* message) {
  RETURN_IF_ERROR(open_tcp(&tcp_, message));
  tcp_port_ = engine_->options().port;
  RETURN_IF_ERROR(open_unix(message));
  if (tcp_.empty() && !unix_.has_value()) {
    *message = "Configured to not listen anywhere, exiting.";
    return base::Error{base::ErrorCode::kInvalid};
  }
  engine_->config().on_change({"port"}, [this](const Options&) { return follow_port(); });
  engine_->config().on_change({"bind"}, [this](const Options&) { return follow_bind(); });
  return base::ok_status();
}

void Listeners::close() {
  close_all(&tcp_);
  if (unix_.has_value()) net_->close_listener(*unix_);
  unix_.reset();
}

std::string Listeners::follow_port() {
  // Back at the value of before, after it could not be changed.
  if (engine_->options().port == tcp_port_) return {};
  std::vector<iouring::ListenerId> opened;
  std::string message;
  if (!open_tcp(&opened, &message).ok()) return "Unable to listen on this port. Check server logs.";
  close_all(&tcp_);
  tcp_ = std::move(opened);
  tcp_port_ = engine_->options().port;
  return {};
}

std::string Listeners::follow_bind() {
  // First closed: an address and "*" exclude each other.
  close_all(&tcp_);
  std::string message;
  if (!open_tcp(&tcp_, &message).ok()) return "Failed to bind to specified addresses.";
  tcp_port_ = engine_->options().port;
  return {};
}

base::Status Listeners::open_unix(std::string* message) {
  const Options& options = engine_->options();
  if (options.unixsocket.empty()) return base::ok_status();
  iouring::ListenOptions unix_options;
  unix_options.unix_path = options.unixsocket;
  unix_options.unix_mode = static_cast<uint32_t>(options.unixsocketperm);
  const base::Result<iouring::ListenerId> listener = listen(unix_options);
  if (!listener.ok()) {
    *message = fmt::format("Failed opening Unix socket: {}: {}", options.unixsocket,
                           listener.error().to_string());
    return listener.error();
  }
  unix_ = *listener;
  return base::ok_status();
}

base::Status Listeners::open_tcp(std::vector<iouring::ListenerId>* opened, std::string* message) {
  const Options& options = engine_->options();
  if (options.port == 0) return base::ok_status();
  for (const std::string& address : options.bind) {
    const base::Status status = open_address(address, opened, message);
    if (status.ok()) continue;
    close_all(opened);
    return status;
  }
  return base::ok_status();
}

base::Status Listeners::open_address(const std::string& configured,
                                     std::vector<iouring::ListenerId>* opened,
                                     std::string* message) {
  const Options& options = engine_->options();
  const bool optional = configured.starts_with('-');
  const std::string address = optional ? configured.substr(1) : configured;
  iouring::ListenOptions tcp_options;
  tcp_options.address = address;
  tcp_options.port = static_cast<uint16_t>(options.port);
  tcp_options.backlog = static_cast<int>(options.tcp_backlog);
  tcp_options.keepalive_s = static_cast<uint32_t>(options.tcp_keepalive);
  const base::Result<iouring::ListenerId> listener = listen(tcp_options);
  if (listener.ok()) {
    opened->push_back(*listener);
    return base::ok_status();
  }
  const int error = listener.error().sys_errno;
  if (optional && (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)) return base::ok_status();
  // As in Redis, "::*" is an implicit part of the default bind: a host without IPv6 does not fail.
  if (address == "::*" && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL))
    return base::ok_status();
  std::string owner;
  if (error == EADDRINUSE) {
    const int pid = iouring::find_port_owner(static_cast<uint16_t>(options.port));
    owner = pid != 0 ? fmt::format(", held by process {}", pid) : "";
    owner += ". Stop it or choose another port";
  }
  engine_->log().warning("Warning: Could not create server TCP listening socket {}:{}: bind: {}",
                         address, options.port, listener.error().to_string());
  *message = fmt::format("Failed listening on port {} (TCP), aborting{}.", options.port, owner);
  return listener.error();
}

base::Result<iouring::ListenerId> Listeners::listen(const iouring::ListenOptions& options) {
  return net_->listen(options, [this](iouring::SocketId socket) { on_accept_(socket); });
}

void Listeners::close_all(std::vector<iouring::ListenerId>* listeners) {
  for (const iouring::ListenerId listener : *listeners) net_->close_listener(listener);
  listeners->clear();
}

}  // namespace engine
