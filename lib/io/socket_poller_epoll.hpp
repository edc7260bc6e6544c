#pragma once

#include <memory>

#include "io/socket_poller.hpp"

namespace rt {

// Null where the system has no epoll.
std::unique_ptr<SocketPoller> make_epoll_poller(Reactor& reactor);

}  // namespace rt
