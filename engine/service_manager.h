// Tells the service manager (systemd, or whoever set NOTIFY_SOCKET) how the server is: the protocol
// of sd_notify(3), which is one datagram.

#ifndef BASALT_ENGINE_SERVICE_MANAGER_H_
#define BASALT_ENGINE_SERVICE_MANAGER_H_

#include <string_view>

#include "engine/options.h"

namespace engine {

// Sends `state` ("READY=1", lines of NAME=VALUE) to the socket that NOTIFY_SOCKET names, a path or
// an abstract name behind '@'. Returns at once in any case. False when nobody asked to be told,
// when `supervised` says nobody is to be, or when it could not be sent.
bool notify_service_manager(const Options& options, std::string_view state);

}  // namespace engine

#endif  // BASALT_ENGINE_SERVICE_MANAGER_H_
